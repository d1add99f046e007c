"""Heat: a matrix whose cells are coloured by their figure, and still say it."""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from punchcard.chart.flags import flagged
from punchcard.chart.html import element
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.ledger import ledger
from punchcard.chart.layout.sheet import Box, Sheet
from punchcard.chart.palette import shade
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Heat:
    """Rows by columns by figure."""

    kind: ClassVar[str] = "heat"
    row: Column
    column: Column
    measure: Column
    rows: tuple[Cell, ...]
    columns: tuple[Cell, ...]
    values: tuple[tuple[float | None, ...], ...]
    hidden: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def of(cls, result: Result) -> "Heat":
        """The matrix of a result: its first two label or time columns, its first measure."""
        row, column = result.of_role("label", "time")[:2]
        measure = result.of_role("measure")[0]
        rows = tuple(dict.fromkeys(result.column(row.name)))
        columns = tuple(dict.fromkeys(result.column(column.name)))
        if all(isinstance(value, int | float) for value in columns):
            columns = tuple(sorted(columns))  # type: ignore[type-var]
        down = {value: place for place, value in enumerate(rows)}
        across = {value: place for place, value in enumerate(columns)}
        values: list[list[float | None]] = [[None] * len(columns) for _ in rows]
        silent = flagged(result, "suppressed", of=measure.name)
        hidden: set[tuple[int, int]] = set()
        cells = zip(result.column(row.name), result.column(column.name), result.column(measure.name), strict=True)
        for place, (one, other, value) in enumerate(cells):
            if place in silent:
                hidden.add((down[one], across[other]))
            else:
                values[down[one]][across[other]] = as_number(value)
        return cls(row, column, measure, rows, columns, tuple(tuple(line) for line in values), frozenset(hidden))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for line in self.values for value in line)

    def html(self, voice: Voice) -> Markup:
        """The matrix for a page."""
        table = self.grid(voice).html(class_="heat", pointing="cell")
        return element("div", table, class_="scroll", tabindex="0", role="group", aria_label=voice._("Table"))

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The matrix for an export."""
        return ledger(self.grid(voice), box, sheet)

    def grid(self, voice: Voice) -> Grid:
        """The matrix as cells."""
        known = [value for line in self.values for value in line if value is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        heads = [Head(self.row.title, numeric=False)]
        heads += [Head(voice.format.label(value, self.column.unit)) for value in self.columns]
        lines = tuple(
            Line(
                (
                    GridCell(
                        voice.format.label(name, self.row.unit), numeric=False, href=voice.link(self.row.name, name)
                    ),
                ),
                tuple(self._cell(place, across, low, high, voice) for across in range(len(self.columns))),
            )
            for place, name in enumerate(self.rows)
        )
        return Grid((tuple(heads),), lines, self.measure.title)

    def _cell(self, down: int, across: int, low: float, high: float, voice: Voice) -> GridCell:
        if (down, across) in self.hidden:
            return GridCell(voice._("hidden"), tone="muted")
        value = self.values[down][across]
        at = {self.row.name: self.rows[down], self.column.name: self.columns[across]}
        if value is None:
            return GridCell("")
        unit = self.measure.unit
        # A share in a narrow cell is written in whole percent; the exact one is in the cell's title.
        share = unit == "ratio"
        text = (
            voice.format.axis(round(value, 2), unit, step=0.01, high=1.0) if share else voice.format.short(value, unit)
        )
        href = voice.behind(at) if value else None
        return GridCell(text, shade=shade(value, low, high), title=voice.format.exact(value, unit), href=href)
