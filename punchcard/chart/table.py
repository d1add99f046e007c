"""Table: rows as they are, figures by unit, in-cell bars, a total that was asked anew.

A column of unit `row` takes the unit of each row from the flag column `unit`: a row is a metric of its own there.
"""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from punchcard.chart.flags import flagged
from punchcard.chart.html import element
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.ledger import ledger
from punchcard.chart.layout.sheet import Box, Sheet
from punchcard.chart.series import as_number, before
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result

SHOWN = ("label", "time", "measure", "comparison", "low", "high")
PER_ROW = "row"  # the unit of a column whose every row has its own, named by the flag column `unit`


@dataclass(frozen=True, slots=True)
class Table:
    """All columns of a result but its flags. `bars` names the measures that get a bar in each cell."""

    kind: ClassVar[str] = "table"
    result: Result
    bars: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Result, *, bars: tuple[str, ...] | None = None) -> "Table":
        """The table of a result; the first measure gets bars unless told otherwise."""
        first = tuple(column.name for column in result.of_role("measure")[:1])
        return cls(result, first if bars is None else bars)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.result.rows

    def html(self, voice: Voice) -> Markup:
        """The table for a page."""
        table = self.grid(voice).html(class_="grid")
        return element("div", table, class_="scroll", tabindex="0", role="group", aria_label=voice._("Table"))

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The table for an export."""
        return ledger(self.grid(voice), box, sheet)

    def grid(self, voice: Voice) -> Grid:
        """The table as cells."""
        columns = [column for column in self.result.columns if column.role in SHOWN]
        headings = [column for column in columns if column.role in ("label", "time")]
        figures = [column for column in columns if column not in headings]
        totals, others = flagged(self.result, "total"), flagged(self.result, "other")
        largest = {column.name: self._largest(column, totals) for column in figures}
        lines = tuple(
            Line(
                tuple(self._heading(column, row, row in totals, row in others, voice) for column in headings),
                tuple(self._figure(column, row, largest[column.name], row in totals, voice) for column in figures),
                "total" if row in totals else None,
            )
            for row in range(len(self.result.rows))
        )
        heads = [Head(column.title, numeric=False) for column in headings] + [
            Head(self._title(column, voice)) for column in figures
        ]
        return Grid((tuple(heads),), lines, ", ".join(column.title for column in figures))

    def _title(self, column: Column, voice: Voice) -> str:
        measure = next((one for one in self.result.columns if one.name == column.of), None)
        return before(column.title, measure, voice) if column.role == "comparison" and measure else column.title

    def _unit(self, column: Column, row: int) -> str:
        """The unit of a cell: its column's, or its row's where each row is another figure."""
        return str(self.result.column("unit")[row]) if column.unit == PER_ROW else column.unit

    def _largest(self, column: Column, totals: frozenset[int]) -> float:
        values = (as_number(value) for row, value in enumerate(self.result.column(column.name)) if row not in totals)
        return max((abs(value) for value in values if value is not None), default=0.0)

    def _cell(self, column: Column, row: int) -> Cell:
        return self.result.rows[row][self.result.index(column.name)]

    def _heading(self, column: Column, row: int, total: bool, other: bool, voice: Voice) -> GridCell:
        value = self._cell(column, row)
        if total:
            first = column is self.result.of_role("label", "time")[0]
            return GridCell(voice._("Total, recomputed") if first else "", numeric=False)
        href = None if other else voice.link(column.name, value)
        name = voice._("Other") if other and isinstance(value, str) else voice.format.label(value, column.unit)
        return GridCell(name, numeric=False, href=href, tone="muted" if other else None)

    def _figure(self, column: Column, row: int, largest: float, total: bool, voice: Voice) -> GridCell:
        if row in flagged(self.result, "suppressed", of=column.name):
            return GridCell(voice._("hidden"), tone="muted")
        value = self._cell(column, row)
        if value is None or isinstance(value, str):
            return GridCell(voice.format.label(value), tone="muted" if value is None else None)
        known = as_number(value)
        bar = None
        if column.name in self.bars and not total and known is not None and known >= 0 and largest:
            bar = known / largest * 100
        # Rows of several units have no greatest in common.
        top = abs(known or 0.0) if column.unit == PER_ROW else largest
        return GridCell(voice.format.full(known, self._unit(column, row), largest=top), bar=bar)
