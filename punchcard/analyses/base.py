"""What all analyses share: the figures and dimensions they name, and the columns that come of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta, Struct
from msgspec import field as named

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Dimension, Filter, Reading, Scalar
from punchcard.catalog.metric import Aggregate, facts_of
from punchcard.chart import Chart
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame, hide
from punchcard.plan.cells import Figure, fitting, wanted_dimensions
from punchcard.plan.dimension import TIME_PARTS, describe
from punchcard.result import Cell, Column, Note, Result


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A metric with a name of its own, filters of its own, or parameters."""

    metric: str
    name: str = named(name="as", default="")
    title: str = ""
    filters: tuple[Filter, ...] = ()
    parameters: dict[str, Scalar] = named(name="with", default_factory=dict[str, Scalar])
    at: str = ""


class By(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A dimension, and when it is read if it changes over time."""

    dimension: str
    reading: Reading | None = None


MetricNames = Annotated[tuple[str | Wanted, ...], Meta(min_length=1, max_length=24, description="Metrics, by name.")]
DimensionName = Annotated[str | By, Meta(description="A dimension to break down by, like store.region or category_l1.")]


@dataclass(frozen=True, slots=True)
class Found:
    """What an analysis found: the result, and the same figure over time for a sparkline, if it has one."""

    result: Result
    trend: Result | None = None


class Analysis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", omit_defaults=True):
    """A kind of question. Its fields are its parameters; the decoder picks the kind by its tag.

    `of_cells` says that all its figures come from `Frame.cells`, or are hidden as those are, so that none tells a brand
    of single members. Of any other kind a brand sees only rows that count enough members.
    """

    of_cells: ClassVar[bool] = False

    def find(self, frame: Frame) -> Found:
        """The figures."""
        raise NotImplementedError

    def chart(self, found: Found) -> Chart:
        """How they are drawn unless the reader wants otherwise."""
        raise NotImplementedError

    def method(self, catalog: Catalog) -> str:
        """How the analysis is computed, in words; each metric adds its own method."""
        raise NotImplementedError

    def used(self) -> tuple[str, ...]:
        """The metrics it names, for look-ups of method texts."""
        return ()

    def dimensions(self) -> tuple[str, ...]:
        """The dimensions it breaks down by."""
        return ()


def figures(wanted: Sequence[str | Wanted]) -> tuple[Figure, ...]:
    """The figures of a list of metrics; QueryError if two would have the same name."""
    found: list[Figure] = []
    for one in wanted:
        if isinstance(one, str):
            found.append(Figure(one, one))
        else:
            found.append(Figure(one.metric, one.name or one.metric, one.filters, one.parameters, one.at))
    names = [figure.name for figure in found]
    for name in names:
        if names.count(name) > 1:
            raise QueryError(f"two figures are called '{name}'; give one another name with 'as'")
    return tuple(found)


def metric_names(wanted: Sequence[str | Wanted]) -> tuple[str, ...]:
    """The metrics of a list."""
    return tuple(one if isinstance(one, str) else one.metric for one in wanted)


def measure(catalog: Catalog, wanted: str | Wanted) -> Column:
    """The column of a metric."""
    name = wanted if isinstance(wanted, str) else wanted.metric
    metric = catalog.metric(name)
    if isinstance(wanted, str):
        return Column(wanted, metric.title, "measure", metric.unit, better=metric.better)
    return Column(wanted.name or name, wanted.title or metric.title, "measure", metric.unit, better=metric.better)


def dimension(frame: Frame, wanted: str | By) -> Dimension:
    """A dimension as the frame reads it."""
    if isinstance(wanted, str):
        return Dimension(name=wanted, reading=frame.reading)
    return Dimension(name=wanted.dimension, reading=wanted.reading or frame.reading)


def dimension_name(wanted: str | By) -> str:
    """The name of a dimension."""
    return wanted if isinstance(wanted, str) else wanted.dimension


def label(frame: Frame, wanted: str | By, metrics: Sequence[str | Wanted]) -> Column:
    """The column of a dimension, titled as the first metric's fact knows it."""
    name = dimension_name(wanted)
    part = name.removeprefix("time.")
    unit = part if name.startswith("time.") and part in TIME_PARTS else "text"
    return Column(
        name, describe(frame.catalog, first_fact(frame.catalog, metric_names(metrics)[0]), name), "label", unit
    )


def first_fact(catalog: Catalog, metric: str) -> str | None:
    """The fact whose rows a metric counts first, if it counts any."""
    for leaf in catalog.leaves(metric):
        facts = facts_of(leaf)
        if facts:
            return facts[0]
    return None


def additive(frame: Frame, name: str, by: Sequence[str]) -> bool:
    """Whether a metric's cells by these dimensions may be put together by adding."""
    metric = frame.catalog.metric(name)
    if isinstance(metric, Aggregate):
        metric = fitting(frame.catalog, metric, wanted_dimensions(frame.cut(), (), ()) + tuple(by))
    return metric.additivity == "additive" and not any(one.startswith(("segment.", "in.")) for one in by)


def without_few(result: Result, people: int) -> Result:
    """A result without the figures of each row that counts some members, but fewer than these, or none at all.

    Nor are there notes with figures: a minimum is that of one member.
    """
    counts = [place for place, column in enumerate(result.columns) if column.unit == "members"]
    figures = [place for place, column in enumerate(result.columns) if column.role not in ("label", "time", "flag")]
    rows: list[tuple[Cell, ...]] = []
    for row in result.rows:
        few = not counts or any(0 < (as_number(row[place]) or 0) < people for place in counts)
        rows.append(tuple(hide(value) if few and place in figures else value for place, value in enumerate(row)))
    return Result(result.columns, tuple(rows), tuple(note for note in result.notes if not note.figures))


def flag(name: str) -> Column:
    """A column that says something of a row; see `chart.flags` for the names charts know."""
    return Column(name, name, "flag", "flag")


def no_rows(frame: Frame, values: Sequence[Cell]) -> tuple[Note, ...]:
    """A note that there is nothing to compute from, if so: then counts are 0, and rates are none."""
    if any(value is not None and (value != 0 or isinstance(value, float)) for value in values):
        return ()
    return (Note("no_data", "No rows match this period and these filters."),)


def not_compared(frame: Frame) -> tuple[Note, ...]:
    """A note that the comparison which was asked for is not shown, if one was."""
    if frame.comparison is None:
        return ()
    return (Note("not_compared", "Shows its own period only, without the comparison."),)


def part(value: Cell, whole: Cell) -> float | None:
    """A figure as a share of another; none if either is not known or the whole is nothing.

    >>> part(1, 4), part(1, 0)
    (0.25, None)
    """
    some, of = as_number(value), as_number(whole)
    return None if some is None or not of else some / of
