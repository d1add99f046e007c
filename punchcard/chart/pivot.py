"""Pivot: figures by groups of rows and groups of columns, every margin asked anew."""

from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Literal

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

Key = tuple[Cell, ...]
Look = Literal["plain", "heat"]


@dataclass(frozen=True, slots=True)
class Pivot:
    """A cross table. `figures` are by row key, column key and measure; a margin's key has `TOTAL` where it sums over.

    With the look `heat` the inner cells are shaded; margins never are.
    """

    kind: ClassVar[str] = "pivot"
    down: tuple[Column, ...]
    across: tuple[Column, ...]
    measures: tuple[Column, ...]
    rows: tuple[Key, ...]
    columns: tuple[Key, ...]
    figures: dict[tuple[Key, Key, str], Cell]
    hidden: frozenset[tuple[Key, Key, str]] = frozenset()
    look: Look = "plain"

    @classmethod
    def of(cls, result: Result, *, across: tuple[str, ...] = (), look: Look = "plain") -> "Pivot":
        """The cross table of a result: `across` names the columns set on top; the other labels go down.

        A row whose flag `total_<label>` is set is a margin over that label, as a plain `total` is over all of them.
        """
        labels = result.of_role("label", "time")
        top = tuple(column for column in labels if column.name in across)
        side = tuple(column for column in labels if column.name not in across)
        measures = result.of_role("measure")
        summed = {column.name: _summed(result, column.name) for column in labels}
        positions = {column.name: result.index(column.name) for column in result.columns}
        silent = {measure.name: flagged(result, "suppressed", of=measure.name) for measure in measures}
        rows: dict[Key, None] = {}
        columns: dict[Key, None] = {}
        figures: dict[tuple[Key, Key, str], Cell] = {}
        hidden: set[tuple[Key, Key, str]] = set()
        for number, cells in enumerate(result.rows):
            row = tuple(TOTAL if number in summed[one.name] else cells[positions[one.name]] for one in side)
            column = tuple(TOTAL if number in summed[one.name] else cells[positions[one.name]] for one in top)
            rows[row] = columns[column] = None
            for measure in measures:
                figures[row, column, measure.name] = cells[positions[measure.name]]
                if number in silent[measure.name]:
                    hidden.add((row, column, measure.name))
        return cls(side, top, measures, _grouped(rows), _grouped(columns), figures, frozenset(hidden), look)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.figures

    def html(self, voice: Voice) -> Markup:
        """The cross table for a page."""
        table = self.grid(voice).html(class_="grid pivot", pointing="cell")
        return element("div", table, class_="scroll", tabindex="0", role="group", aria_label=voice._("Table"))

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The cross table for an export."""
        return ledger(self.grid(voice), box, sheet)

    def grid(self, voice: Voice) -> Grid:
        """The cross table as cells."""
        range_of = {measure.name: self._range(measure.name) for measure in self.measures}
        lines: list[Line] = []
        for place, row in enumerate(self.rows):
            heads, spans = self._headings(place, voice)
            cells = tuple(
                self._cell(row, column, measure, range_of[measure.name], voice)
                for column in self.columns
                for measure in self.measures
            )
            kind = "total" if row and row[0] is TOTAL else "subtotal" if TOTAL in row else None
            lines.append(Line(heads, cells, kind, spans))
        return Grid(self._tops(voice), tuple(lines), ", ".join(measure.title for measure in self.measures))

    def _tops(self, voice: Voice) -> tuple[tuple[Head, ...], ...]:
        """One level of headings for each column on top, one more if several measures share it."""
        levels: list[tuple[Head, ...]] = []
        several = len(self.measures) > 1
        for level, column in enumerate(self.across):
            last = level == len(self.across) - 1
            corner = tuple(Head(one.title if last and not several else "", numeric=False) for one in self.down)
            groups: list[Head] = []
            for key, members in groupby(self.columns, key=lambda one: one[: level + 1]):
                name = voice._("Total") if key[-1] is TOTAL else voice.format.label(key[-1], column.unit)
                repeated = level > 0 and key[-1] is TOTAL and key[-2] is TOTAL
                groups.append(Head("" if repeated else name, span=len(list(members)) * len(self.measures)))
            levels.append(corner + tuple(groups))
        if several or not self.across:
            corner = tuple(Head(one.title, numeric=False) for one in self.down)
            levels.append(corner + tuple(Head(one.title) for _ in self.columns for one in self.measures))
        return tuple(levels)

    def _headings(self, place: int, voice: Voice) -> tuple[tuple[GridCell | None, ...], tuple[int, ...]]:
        """The headings of a row; a group's name stands once, over all its rows."""
        row = self.rows[place]
        heads: list[GridCell | None] = []
        spans: list[int] = []
        for level, value in enumerate(row):
            group = row[: level + 1]
            innermost = level == len(row) - 1
            if not innermost and place and self.rows[place - 1][: level + 1] == group:
                heads.append(None)
                spans.append(1)
                continue
            size = 1 if innermost else sum(1 for other in self.rows if other[: level + 1] == group)
            heads.append(self._heading(level, value, row, voice))
            spans.append(size)
        return tuple(heads), tuple(spans)

    def _heading(self, level: int, value: Cell, row: Key, voice: Voice) -> GridCell:
        column = self.down[level]
        if value is TOTAL:
            first = level == 0 or row[level - 1] is not TOTAL
            return GridCell(voice._("Total, recomputed") if first else "", numeric=False)
        name = voice.format.label(value, column.unit)
        return GridCell(name, numeric=False, href=voice.link(column.name, value))

    def _range(self, measure: str) -> tuple[float, float]:
        inner = [
            known
            for (row, column, name), value in self.figures.items()
            if name == measure and TOTAL not in row and TOTAL not in column and (known := as_number(value)) is not None
        ]
        return min(inner, default=0.0), max(inner, default=0.0)

    def _cell(self, row: Key, column: Key, measure: Column, reach: tuple[float, float], voice: Voice) -> GridCell:
        place = (row, column, measure.name)
        if place in self.hidden:
            return GridCell(voice._("hidden"), tone="muted")
        value = as_number(self.figures.get(place))
        if value is None:
            return GridCell(voice.format.exact(None, measure.unit), tone="muted")
        inner = TOTAL not in row and TOTAL not in column
        text = voice.format.full(value, measure.unit, largest=max(abs(reach[0]), abs(reach[1])))
        return GridCell(text, shade=shade(value, *reach) if self.look == "heat" and inner else None)


class _Total(str):
    """The mark of a margin in a key; equal only to itself, whatever a brand may be called."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


TOTAL = _Total("total")


def _summed(result: Result, label: str) -> frozenset[int]:
    own = f"total_{label}"
    rows: set[int] = set()
    for column in result.of_role("flag"):
        if column.name in ("total", own):
            rows.update(row for row, value in enumerate(result.column(column.name)) if value)
    return frozenset(rows)


def _grouped(keys: dict[Key, None]) -> tuple[Key, ...]:
    """Keys with equal beginnings together, groups in order of appearance, margins last in their group."""
    seen: list[dict[Cell, int]] = []
    for key in keys:
        for level, value in enumerate(key):
            if level == len(seen):
                seen.append({})
            seen[level].setdefault(value, len(seen[level]))
    return tuple(
        sorted(keys, key=lambda key: [(value is TOTAL, seen[level][value]) for level, value in enumerate(key)])
    )
