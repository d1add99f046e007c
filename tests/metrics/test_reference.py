"""Every metric of the library equals its reference: over a period, in each bucket, in each group, and as of a moment.

A metric added to the library under an id of the design is covered by being there. A metric of our own has no reference
and must be in OWN, with a test that knows its figures by hand.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from punchcard.errors import QueryError
from punchcard.period import add_months
from punchcard.project import LIBRARY
from tests.metrics.groups import NAMES, dimensions_of
from tests.metrics.ours import Ours, bounds, ours, ours_until_the_end, spoken
from tests.metrics.theirs import named, needs_later, theirs
from tests.oracle.asked import Asked, asked_of
from tests.oracle.design import metrics
from tests.oracle.harness import restricted
from tests.oracle.reference import WHOLE, Cut

SEEDS = (0, 1, 2, 3)


def library_metrics() -> list[str]:
    """The ids of the library's metrics, without reading a project."""
    found: list[str] = []
    for file in sorted((LIBRARY / "metrics").glob("*.yaml")):
        found += [line.split(":")[0] for line in file.read_text().splitlines() if line[:1].isalpha()]
    return found


METRICS = library_metrics()


class Pair:
    """The product and the reference over one world."""

    def __init__(self, number: int, design: Path, folder: Path) -> None:
        self.theirs: Asked = asked_of(design, number)
        self.ours: Ours = ours(number, folder)
        first, after = (self.ours.calendar.day(day) for day in (self.theirs.seeded.start, self.theirs.seeded.end))
        self.month = spoken(first, after)
        self.quarter = spoken((first - timedelta(days=70)).replace(day=1), after)
        self.periods = (
            self.month,
            spoken(first + timedelta(days=3), first + timedelta(days=16)),
            spoken(first - timedelta(days=60), after - timedelta(days=17)),
            "2019-01-01..2019-01-31",  # before there was anything
        )

    def reference(self, metric: str, period: str, cut: Cut = WHOLE) -> float | None:
        """What the reference says of a period."""
        parameters = self.theirs.parameters | bounds(period, self.ours.calendar)
        return theirs(self.theirs.reference, metric, parameters, cut)

    def named(self, metric: str) -> frozenset[str]:
        """The parameters that the metric is asked with."""
        return named(self.theirs.reference, metric)


@cache
def pair(number: int, design: Path, folder: Path) -> Pair:
    """The product and the reference over the world of a number, built once."""
    return Pair(number, design, folder)


def same(ours: float | None, theirs: float | None) -> bool:
    """Whether two figures agree; the reference gives nothing where we say that there were none."""
    if ours is None or theirs is None:
        return not ours and not theirs
    return ours == pytest.approx(theirs, rel=1e-7, abs=1e-6)


@pytest.fixture(params=METRICS)
def metric(request: pytest.FixtureRequest, shared: Path) -> str:
    """A metric of the library that the design has too."""
    name: str = request.param
    if name not in metrics(shared / "design"):
        pytest.skip("ours alone: see test_traps.py")
    return name


def test_a_metric_equals_its_reference(metric: str, shared: Path, folder: Path) -> None:
    for number in SEEDS:
        both = pair(number, shared / "design", folder)
        for period in both.periods:
            value = both.ours.value(metric, period, named=both.named(metric))
            assert same(value, both.reference(metric, period)), (number, period, value)


def test_each_bucket_of_a_trend_is_the_metric_of_that_month(metric: str, shared: Path, folder: Path) -> None:
    for number in SEEDS[:2]:
        both = pair(number, shared / "design", folder)
        buckets = both.ours.buckets(metric, both.quarter, "month", named=both.named(metric))
        assert buckets
        for month, value in buckets.items():
            period = spoken(month, add_months(month, 1))
            assert same(value, both.reference(metric, period)), (number, month, value, both.reference(metric, period))


def test_each_group_of_a_breakdown_is_the_metric_of_its_rows(metric: str, shared: Path, folder: Path) -> None:
    both = pair(0, shared / "design", folder)
    reads = frozenset(metrics(shared / "design")[metric]["reads"])
    for dimension in dimensions_of(metric, reads):
        try:
            groups = both.ours.groups(metric, both.month, NAMES[dimension], named=both.named(metric))
        except QueryError:
            continue  # refused: the metric says nothing about one value of the dimension
        for group, value in groups.items():
            expected = both.reference(metric, both.month, restricted(dimension, group))  # type: ignore[arg-type]
            assert same(value, expected), (dimension, group, value, expected)


def test_what_happens_later_changes_no_report(metric: str, shared: Path, folder: Path) -> None:
    for number in SEEDS[:2]:
        both = pair(number, shared / "design", folder)
        if needs_later(both.theirs.reference, metric):
            continue
        then = ours_until_the_end(number, folder).value(metric, both.month, named=both.named(metric))
        now = both.ours.value(metric, both.month, named=both.named(metric))
        assert then == (now if now is None else pytest.approx(now)), (number, then, now)
