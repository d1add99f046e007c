"""Ledger: a grid drawn in pixels, for exports."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from punchcard.chart.html import number
from punchcard.chart.layout.grid import Cell, Grid, Head, Line
from punchcard.chart.layout.sheet import PLAIN, SMALL, Box, Look, Sheet, width_of

PITCH: Final = 26.0
LEAST: Final = (
    7.0  # pixels, the smallest size of text: a figure is never cut short, as its head would be another figure
)


def ledger(grid: Grid, box: Box, sheet: Sheet) -> str:
    """The grid; rows that do not fit are counted in a last line."""
    room = int(box.height // PITCH) - len(grid.heads)
    lines = grid.lines if len(grid.lines) <= room else grid.lines[: max(0, room - 1)]
    widths = _widths(grid)
    size = max(LEAST, min(PLAIN.size, PLAIN.size * box.width / sum(widths)))
    edges = tuple(accumulate((width * box.width / sum(widths) for width in widths), initial=0.0))
    drawing = _Drawing(box, sheet, edges, size)
    parts = [drawing.heads(heads, level) for level, heads in enumerate(grid.heads)]
    parts += [drawing.line(line, len(grid.heads) + place) for place, line in enumerate(lines)]
    left_out = len(grid.lines) - len(lines)
    if left_out:
        parts.append(
            drawing.text(f"+ {left_out} …", 0, 1, len(grid.heads) + len(lines), numeric=False, look=drawing.small)
        )
    return "".join(parts)


def height_of(grid: Grid) -> float:
    """How high the grid is with all its rows."""
    return PITCH * (len(grid.heads) + len(grid.lines))


def _widths(grid: Grid) -> list[float]:
    """How wide each column would like to be."""
    rows = [
        [*(head.text if head else "" for head in line.heads), *(cell.text for cell in line.cells)]
        for line in grid.lines
    ]
    rows.append([head.text for head in grid.heads[-1] for _ in range(head.span)])
    return [max(width_of(text, PLAIN.size) for text in column) + 14 for column in zip(*rows, strict=False)]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Where rows and columns lie on the sheet."""

    box: Box
    sheet: Sheet
    edges: tuple[float, ...]
    size: float

    @property
    def small(self) -> Look:
        """How headings are set."""
        return Look(min(SMALL.size, self.size), SMALL.role)

    def heads(self, heads: tuple[Head, ...], level: int) -> str:
        starts = list(accumulate((head.span for head in heads), initial=0))
        parts = [
            self.text(head.text, start, start + head.span, level, numeric=head.numeric, look=self.small)
            for head, start in zip(heads, starts, strict=False)
        ]
        bottom = self.box.y + (level + 1) * PITCH
        parts.append(self.sheet.line(f"M{number(self.box.x)} {number(bottom)}h{number(self.box.width)}", "border"))
        return "".join(parts)

    def line(self, line: Line, row: int) -> str:
        weight = 700 if line.kind == "total" else 400
        cells = (*(head or Cell("", numeric=False) for head in line.heads), *line.cells)
        return "".join(self.cell(cell, place, row, weight) for place, cell in enumerate(cells))

    def cell(self, cell: Cell, place: int, row: int, weight: int) -> str:
        ground = self.place(place, place + 1, row)
        colour = self.sheet.palette.ink[cell.shade] if cell.shade is not None else None
        parts: list[str] = []
        if cell.shade is not None:
            parts.append(self.sheet.box(ground.inset(left=1, top=1, right=1, bottom=1), f"r{cell.shade}", radius=3))
        elif cell.bar is not None:
            unused = (ground.width - 6) * (1 - cell.bar / 100)
            sides = {"left": unused + 6} if self.sheet.rtl else {"right": unused + 6}
            parts.append(self.sheet.box(ground.inset(top=4, bottom=4, **sides), "soft", radius=3))
        look = Look(self.size, weight=weight, colour=colour)
        parts.append(self.text(cell.text, place, place + 1, row, numeric=cell.numeric, look=look))
        return "".join(parts)

    def place(self, start: int, end: int, row: int) -> Box:
        left, right = self.edges[start], self.edges[end]
        if self.sheet.rtl:
            left, right = self.box.width - right, self.box.width - left
        return Box(self.box.x + left, self.box.y + row * PITCH, right - left, PITCH)

    def text(self, words: str, start: int, end: int, row: int, *, numeric: bool, look: Look) -> str:
        ground = self.place(start, end, row)
        at_right = numeric != self.sheet.rtl
        x = ground.x + (ground.width - 6 if at_right else 6)
        y = ground.y + PITCH / 2 + 4
        room = None if numeric else ground.width - 8
        return self.sheet.text(x, y, words, look, anchor="end" if at_right else "start", room=room)
