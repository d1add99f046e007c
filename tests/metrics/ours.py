"""Ours: the product over a seeded world: a store filled and derived as an import would, and questions to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from punchcard.catalog.filter import Dimension, Filter, Scalar
from punchcard.engines.duckdb import DuckDB
from punchcard.intake.derive import derive
from punchcard.period import Bucket, Calendar, Period, of_days, previous
from punchcard.plan.cells import Figure, cells
from punchcard.plan.rows import Cut
from punchcard.plan.scope import Scope
from punchcard.programme import Programme
from punchcard.project import Project, read
from punchcard.viewer import OPERATOR
from tests.oracle.seed import Seeded, seed
from tests.oracle.seeded.world import Cell
from tests.oracle.store import fill_store, forget_after

FAR = datetime(2100, 1, 1, tzinfo=UTC)

# What the reference calls its parameters; where a metric of ours takes none of the name, it is filtered instead.
PARAMETERS = {
    "cat": ("category", "category_l1"),
    "cat2": ("other_category", "category_l1"),
    "lab": ("label", "label"),
    "tier": ("tier", "tier_id"),
    "scheme": ("scheme", "scheme_id"),
    "seg": ("segment", "segment_id"),
    "seg2": ("other_segment", "segment_id"),
    "camp": ("campaign", "campaign_id"),
    "cac": ("acquisition_cost", None),
    "exp": ("experiment", "experiment_id"),
    "gcg": ("global_control", "experiment_id"),
}


class Ours:
    """A programme over one world, and short questions to it."""

    def __init__(self, programme: Programme, parameters: Mapping[str, Cell]) -> None:
        self.programme = programme
        self.catalog = programme.project.catalog
        self.parameters = parameters

    @property
    def calendar(self) -> Calendar:
        """The world's calendar."""
        return self.catalog.calendar

    def value(
        self, metric: str, period: str, *, named: Iterable[str] = (), filters: Sequence[Any] = ()
    ) -> float | None:
        """A metric over a period; `named` are the reference's parameters that it needs."""
        rows = self.asked(metric, period, {"kind": "number", "metrics": [metric]}, named=named, filters=filters)
        return number(rows[0][0])

    def buckets(self, metric: str, period: str, grain: str, *, named: Iterable[str] = ()) -> dict[date, float | None]:
        """A metric in each bucket of a period."""
        ask = {"kind": "trend", "metrics": [metric], "grain": grain}
        return {row[0]: number(row[1]) for row in self.asked(metric, period, ask, named=named)}

    def groups(
        self, metric: str, period: str, dimension: str, *, named: Iterable[str] = ()
    ) -> dict[object, float | None]:
        """A metric for each value of a dimension, ids by their number."""
        given, wanted = self._given(metric, named)
        first, last = (date.fromisoformat(day) for day in period.split(".."))
        span = of_days(first, date.fromordinal(last.toordinal() + 1), self.calendar)
        bucket = Bucket(first, span.start, span.end, previous(span, self.calendar).start, complete=True)
        filters = msgspec.convert(wanted, tuple[Filter, ...])
        cut = Cut((bucket,), by=(Dimension(name=dimension),), filters=filters, parameters=given)
        scope = Scope(self.catalog, OPERATOR, FAR)
        rows = self.programme.engine.run(cells(scope, cut, (Figure(metric, "value"),))).rows
        ids = dimension.endswith("_id")  # a seeded reference is the id as text
        return {int(str(row[0])) if ids and row[0] is not None else row[0]: number(row[1]) for row in rows}

    def asked(
        self,
        metric: str,
        period: str,
        ask: Mapping[str, Any],
        *,
        named: Iterable[str] = (),
        filters: Sequence[Any] = (),
    ) -> tuple[tuple[Any, ...], ...]:
        """The rows of an answer."""
        given, wanted = self._given(metric, named)
        query = {"ask": dict(ask), "period": period, "filters": [*filters, *wanted], "with": given}
        return self.programme.ask(query).result.rows

    def _given(self, metric: str, named: Iterable[str]) -> tuple[dict[str, Scalar], list[dict[str, Any]]]:
        """The parameters and filters that stand for the reference's parameters."""
        parts = [self.catalog.metric(part) for part in self.catalog.parts(metric)]
        declared = {parameter for part in parts for parameter in part.parameters}
        given: dict[str, Scalar] = {}
        filters: list[dict[str, Any]] = []
        for name in named:
            parameter, dimension = PARAMETERS[name]
            value = self.parameters[name]
            assert isinstance(value, str | int)
            if parameter in declared:
                given[parameter] = value
            elif dimension is not None:
                filters.append({"dimension": dimension, "in": [value]})
        return given, filters


def number(value: object) -> float | None:
    """A cell as a number."""
    return None if value is None else float(value)  # type: ignore[arg-type]


def spoken(first: date, after: date) -> str:
    """A period of local days [first, after) as a question names it."""
    return f"{first}..{date.fromordinal(after.toordinal() - 1)}"


def bounds(period: str, calendar: Calendar) -> dict[str, Cell]:
    """The reference's parameters of a period."""
    first, last = (date.fromisoformat(day) for day in period.split(".."))
    span: Period = of_days(first, date.fromordinal(last.toordinal() + 1), calendar)
    return {"p0": previous(span, calendar).start, "t0": span.start, "t1": span.end}


def project_of(folder: Path, zone: str) -> Project:
    """A project with the built-in library only."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "punchcard.yaml").write_text(
        f"name: Seeded\nzone: {zone}\ncurrency: EUR\ncurrencies: [EUR, PLN, USD]\ntoday: '2100-01-01'\n"
    )
    project, mistakes = read(folder)
    assert project is not None, mistakes
    assert not mistakes
    return project


def ours_of(seeded: Seeded, folder: Path, *, until: datetime | None = None) -> Ours:
    """A store filled with a world, up to a moment or wholly, and derived."""
    con = duckdb.connect()
    fill_store(con, seeded)
    if until is not None:
        forget_after(con, until, seeded.zone)
    con.execute("create schema intake")
    con.execute("create table intake.state (name varchar, value varchar)")
    project = project_of(folder, seeded.zone)
    derive(con, project.catalog, FAR)
    return Ours(Programme(project, DuckDB(con)), seeded.parameters())


@cache
def ours(number_: int, folder: Path) -> Ours:
    """The product over the world of a number, built once."""
    return ours_of(seed(number_), folder / str(number_))


@cache
def ours_until_the_end(number_: int, folder: Path) -> Ours:
    """The product over a world in which nothing has happened since the end of its period."""
    seeded = seed(number_)
    return ours_of(seeded, folder / f"{number_}-until", until=seeded.end)
