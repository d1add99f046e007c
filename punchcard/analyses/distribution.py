"""Distribution: how a figure per member (receipt, store, ...) is spread: a histogram with its quartiles."""

import math
from typing import Annotated, ClassVar

from msgspec import Meta

from punchcard.analyses.base import (
    Analysis,
    DimensionName,
    Found,
    dimension,
    dimension_name,
    first_fact,
    label,
    measure,
    not_compared,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart
from punchcard.chart import Distribution as Histogram
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.cells import Figure, spread, summary
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.bins import bins, in_words
from punchcard.stats.disclosure import ALL, Support, hidden


class Distribution(Analysis, frozen=True, kw_only=True, tag="distribution"):
    """One row a bin `[from, to)`: how many units (members, receipts, ...) have a figure in it.

    The top 1 % share the last bin, so that one giant does not flatten the rest; a note gives minimum, quartiles,
    mean and maximum.
    """

    of_cells: ClassVar[bool] = True

    metric: Annotated[str, Meta(description="The metric that each unit has a figure of.")]
    per: Annotated[DimensionName, Meta(description="The units that are counted, such as member_id.")] = "member_id"
    bins: Annotated[int, Meta(ge=2, le=60, description="About how many bins.")] = 20

    def find(self, frame: Frame) -> Found:
        """The bins."""
        cut = frame.cut((dimension(frame, self.per),))
        figure = Figure(self.metric, "value")
        shown = measure(frame.catalog, self.metric)
        unit = label(frame, self.per, (self.metric,))
        columns = (
            Column("from", shown.title, "label", shown.unit),
            Column("to", "to", "label", shown.unit),
            Column("count", f"Number by {unit.title.lower()}", "measure", "count"),
        )
        (facts,) = frame.run(summary(frame.scope(), cut, figure))
        count, least, q1, median, q3, high, most, mean = (as_number(value) for value in facts)
        if not count or least is None or high is None or most is None:
            return Found(Result(columns, (), (Note("no_data", "No rows match this period and these filters."),)))
        if not math.isfinite(least) or not math.isfinite(high):
            raise QueryError("the figure is infinite for some; it has no distribution")
        edges = bins(least, high, self.bins)
        number = len(edges) - 1
        spreading = frame.run(spread(frame.scope(), cut, figure, edges[:-1]))
        counted: dict[Cell, Cell] = {row[0]: row[1] for row in spreading}
        rows = tuple(
            (
                edges[place],
                None if place == number - 1 and most >= edges[number] else edges[place + 1],
                counted.get(place, 0),
            )
            for place in range(number)
        )
        if frame.viewer.brands is not None:
            few = self._few(frame, [int(as_number(counted.get(place, 0)) or 0) for place in range(number)])
            rows = tuple((*row[:2], math.nan if place in few else row[2]) for place, row in enumerate(rows))
            if len(few) == number:
                return Found(Result(columns, rows))
            least = most = None  # the figures of two single members
        named = (("minimum", least), ("quarter", q1), ("median", median), ("three quarters", q3), ("mean", mean))
        told = in_words(int(count), (*named, ("maximum", most)))
        return Found(Result(columns, rows, (Note("summary", told), *not_compared(frame))))

    def _few(self, frame: Frame, counts: list[int]) -> frozenset[int]:
        """The bins that a brand's viewer must not see; QueryError if it is not members who are counted."""
        fact = first_fact(frame.catalog, self.metric)
        member = None if fact is None else frame.catalog.fact(fact).member
        if dimension_name(self.per) != member:
            raise QueryError("a brand sees how a figure is spread over members only")
        cells = {(place,): Support(count) for place, count in enumerate(counts)}
        gone = hidden({**cells, (ALL,): Support(sum(counts))}, frame.privacy)
        return frozenset(place for place in range(len(counts)) if (place,) in gone or (ALL,) in gone)

    def chart(self, found: Found) -> Chart:
        """A histogram."""
        return Histogram.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            f"The figure is computed for each {dimension_name(self.per)} with any row, then counted in bins of equal"
            " width; the last bin also holds whatever lies above it."
        )

    def used(self) -> tuple[str, ...]:
        """The metric."""
        return (self.metric,)

    def dimensions(self) -> tuple[str, ...]:
        """What it is per."""
        return (dimension_name(self.per),)
