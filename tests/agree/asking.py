"""What the tests of all analyses share: a world with its oracle, the filters they use, and how figures are compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from punchcard.answer import Answer
from punchcard.plan.rows import OTHER
from punchcard.programme import Programme
from tests.agree.oracle import Oracle, Read, Span, Value
from tests.agree.world import Row, World, opened
from tests.agree.worlds import SEASONS, Season, worlds

quickly = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])

Condition = Callable[[Row, Span, "datetime | None"], bool]


@dataclass(frozen=True)
class Case:
    """A world in a season, opened, with its oracle and a period to ask about."""

    season: Season
    world: World
    first: date
    last: date
    now: datetime
    programme: Programme = field(repr=False)
    oracle: Oracle = field(repr=False)

    @property
    def period(self) -> str:
        """The period as a question names it."""
        return f"{self.first}..{self.last}"

    @property
    def span(self) -> Span:
        """The period as the oracle knows it."""
        return self.oracle.period(self.first, self.last)

    def ask(self, analysis: Mapping[str, Any], **frame: Any) -> Answer:
        """The product's answer."""
        return self.programme.ask({"ask": analysis, "period": self.period, **frame})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A world and a period of it; the present is somewhere in the season, or after it."""
    season = draw(st.sampled_from(SEASONS))
    world = draw(worlds(season))
    days = (season.last - season.first).days
    start = draw(st.sampled_from((0, 0, 4, 9)))
    first = season.first + timedelta(days=start)
    last = first + timedelta(days=draw(st.sampled_from((days, 13, 8, 0))))
    last = min(last, season.last)
    now = season.midnight(season.last + timedelta(days=draw(st.sampled_from((-5, 20)))))
    return Case(season, world, first, last, now, opened(world, now), Oracle(world, now))


@dataclass(frozen=True)
class Sieve:
    """A filter: as a question writes it, and as a condition."""

    asked: Mapping[str, Any]
    holds: Callable[[Oracle, Row, Span, "datetime | None"], bool]

    @property
    def of_lines(self) -> bool:
        """Whether only lines can be filtered by it."""
        return self.asked.get("dimension", "").startswith(("category", "product"))

    @property
    def of_purchases(self) -> bool:
        """Whether memberships cannot be filtered by it."""
        return (
            self.asked.get("dimension", "") in ("time.weekday", "time.hour", "channel", "kind", "day") or self.of_lines
        )


def among(dimension: str, wanted: tuple[Any, ...], reading: str = "at_event", negated: bool = False) -> Sieve:
    """Rows whose dimension has one of some values."""
    known = {"b1": 1, "b2": 2, "s1": 1, "s2": 2, "m1": 1, "m2": 2}
    values = {known.get(value, value) for value in wanted}

    def holds(oracle: Oracle, row: Row, span: Span, event: datetime | None) -> bool:
        return bool(oracle.dimension(row, Read(dimension, reading), span, event) & values) is not negated

    return Sieve({"dimension": dimension, "in": list(wanted), "reading": reading, "not": negated}, holds)


def ranged(dimension: str, least: Any = None, below: Any = None, negated: bool = False) -> Sieve:
    """Rows whose dimension lies in a half-open range."""
    bounds = {key: value for key, value in (("at_least", least), ("below", below)) if value is not None}

    def holds(oracle: Oracle, row: Row, span: Span, event: datetime | None) -> bool:
        inside = any(
            value is not None and (least is None or str_or(value) >= least) and (below is None or str_or(value) < below)
            for value in oracle.dimension(row, Read(dimension), span, event)
        )
        return inside is not negated

    return Sieve({"dimension": dimension, **bounds, "not": negated}, holds)


def str_or(value: Any) -> Any:
    """A date as a question writes it."""
    return value.isoformat() if isinstance(value, date) else value


def containing(dimension: str, part: str, negated: bool = False) -> Sieve:
    """Rows whose dimension contains a text, whatever its case."""

    def holds(oracle: Oracle, row: Row, span: Span, event: datetime | None) -> bool:
        values = oracle.dimension(row, Read(dimension), span, event)
        return any(value is not None and part.lower() in value.lower() for value in values) is not negated

    return Sieve({"dimension": dimension, "contains": part, "not": negated}, holds)


def within(segment: str, reading: str = "at_event", negated: bool = False) -> Sieve:
    """Rows of members in a segment."""

    def holds(oracle: Oracle, row: Row, span: Span, event: datetime | None) -> bool:
        moment = oracle.moment(row, reading, span, event)
        return oracle.inside(segment, row["member_id"], moment) is not negated

    return Sieve({"segment": segment, "reading": reading, "not": negated}, holds)


SEGMENTS = ("regulars", "spenders", "quiet", "young", "unknown_age", "gold", "women", "listed", "mixed")
READINGS = ("at_event", "at_start", "now")


@st.composite
def sieves(draw: st.DrawFn, readings: tuple[str, ...] = READINGS) -> Sieve:
    """A filter of any form."""
    negated, reading = draw(st.booleans()), draw(st.sampled_from(readings))
    return draw(
        st.sampled_from(
            (
                among("channel", ("pos", None), negated=negated),
                among("kind", ("return",), negated=negated),
                among("brand_id", ("b1", None), negated=negated),
                among("store_id", ("s1", "s2", "nowhere"), negated=negated),
                among("store_id", (None,), negated=negated),
                among("member_id", ("m1", "m2"), negated=negated),
                among("category_l1", ("Dairy", None), negated=negated),
                among("product.is_private_label", (True,), negated=negated),
                among("product.is_private_label", (None,), negated=negated),
                among("store.region", ("North", None), negated=negated),
                among("time.weekday", (1, 7), negated=negated),
                among("attribute.age", ("18-39", None), reading, negated),
                among("segment.value", ("A",), reading, negated),
                ranged("time.hour", 9, 21, negated),
                ranged("time.hour", least=0.5, negated=negated),
                ranged("day", "2024-02-29", "2024-10-27", negated),
                ranged("channel", "b", "q", negated),
                containing("channel", "O", negated),
                *(within(segment, reading, negated) for segment in SEGMENTS),
            )
        )
    )


def every(oracle: Oracle, chosen: list[Sieve], also: Condition | None = None) -> Condition:
    """All filters together, and perhaps one condition more."""

    def holds(row: Row, span: Span, event: datetime | None) -> bool:
        mine = all(sieve.holds(oracle, row, span, event) for sieve in chosen)
        return mine and (also is None or also(row, span, event))

    return holds


def by_value(
    case: Case, by: str, metrics: tuple[str, ...], top: int, holds: Condition | None = None
) -> dict[Any, Condition]:
    """The groups of a dimension as they should be shown, the largest by the first metric first, the others as one."""
    oracle, read = case.oracle, Read(by)

    def values(row: Row) -> set[Any]:
        return {reference(by, value) for value in oracle.dimension(row, read, case.span)}

    def one_of(groups: set[Any]) -> Condition:
        def inside(row: Row, span: Span, event: datetime | None) -> bool:
            return bool(values(row) & groups) and (holds is None or holds(row, span, event))

        return inside

    rows = [row for row in oracle.lines if case.span.start <= row["ts"] < case.span.end]
    rows = [row for row in rows if holds is None or holds(row, case.span, None)]
    found = {value for row in rows for value in values(row)}
    size = {group: oracle.figure(metrics[0], case.span, one_of({group})) for group in found}
    order = sorted(found, key=lambda group: (size[group] is None, -float(size[group] or 0), group is None, group))
    if len(order) <= top + 1:
        return {group: one_of({group}) for group in order}
    return {group: one_of({group}) for group in order[:top]} | {OTHER: one_of(set(order[top:]))}


def reference(by: str, value: Any) -> Any:
    """An id as people know it."""
    letters = {"store_id": "s", "member_id": "m", "brand_id": "b"}
    return f"{letters[by]}{value}" if by in letters and value is not None else value


def same(given: Any, expected: Value) -> bool:
    """Whether a figure is the expected one: exact if it is exact, else to the last digits of a double."""
    if given is None or expected is None:
        return given is None and expected is None
    if isinstance(expected, float) or isinstance(given, float):
        return abs(float(given) - float(expected)) <= 1e-9 * max(1.0, abs(float(expected)))
    return Decimal(given) == Decimal(expected)


def agree(given: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """Both tables hold the same keys and, under each, the same figures."""
    assert given.keys() == expected.keys()
    wrong = {key: (given[key], expected[key]) for key in expected if not _all_same(given[key], expected[key])}
    assert not wrong, wrong


def _all_same(given: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return len(given) == len(expected) and all(same(g, e) for g, e in zip(given, expected, strict=True))
    return same(given, expected)
