"""Grid: cells under headings. Tables, pivots and heat maps are grids, and so is the data table of every chart."""

from dataclasses import dataclass

from markupsafe import Markup

from punchcard.chart.html import element, figure, number
from punchcard.chart.layout.sheet import Box, Sheet, width_of


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and as it may be a share of an in-cell bar, a shade of the ramp, an address, a tone."""

    text: str
    numeric: bool = True
    bar: float | None = None
    shade: int | None = None
    href: str | None = None
    tone: str | None = None  # good, bad or muted
    title: str | None = None

    def html(self, *, header: bool = False, span: int = 1) -> Markup:
        inner = (
            figure(self.text)
            if self.numeric and self.text
            else element("bdi", self.text)
            if self.text
            else Markup("")
        )
        if self.href:
            inner = element("a", inner, href=self.href)
        if self.bar is not None:
            inner = (
                element("i", class_="cellbar", style=f"inline-size:{number(self.bar)}%")
                + inner
            )
        classes = [self.tone] if self.tone else []
        if self.numeric and not header:
            classes.append("num")
        if self.bar is not None:
            classes.append("hasbar")
        if self.shade is not None:
            classes.append(f"r{self.shade}")
        return element(
            "th" if header else "td",
            inner,
            class_=" ".join(classes) or None,
            scope=("rowgroup" if span > 1 else "row") if header else None,
            rowspan=span if span > 1 else None,
            title=self.title,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """A heading over one or more columns; `sort` is where a click on it leads."""

    text: str
    numeric: bool = True
    span: int = 1
    role: str | None = None  # the colour of the series below it, which hover shows too
    href: str | None = None
    sorted: str | None = None  # ascending or descending

    def html(self) -> Markup:
        inner = element("bdi", self.text) if self.text else Markup("")
        if self.href:
            inner = element("a", inner, href=self.href)
        return element(
            "th" if self.text else "td",
            inner,
            scope=("colgroup" if self.span > 1 else "col") if self.text else None,
            colspan=self.span if self.span > 1 else None,
            class_="num"
            if self.numeric and self.span == 1
            else "group"
            if self.span > 1
            else None,
            data_role=self.role,
            aria_sort=self.sorted,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its headings (a `None` is covered by the group heading above), its cells; `kind` is total or subtotal."""

    heads: tuple[Cell | None, ...]
    cells: tuple[Cell, ...]
    kind: str | None = None
    spans: tuple[int, ...] = ()

    def html(self) -> Markup:
        spans = self.spans or (1,) * len(self.heads)
        heads = (
            head.html(header=True, span=span)
            for head, span in zip(self.heads, spans, strict=True)
            if head is not None
        )
        return element(
            "tr", *heads, *(cell.html() for cell in self.cells), class_=self.kind
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """Headings in one or more levels, rows, and what the table is, for a reader who cannot see the chart."""

    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[Line, ...]
    caption: str

    def html(self, *, class_: str | None = None, pointing: str | None = None) -> Markup:
        """The grid as a table."""
        return element(
            "table",
            element("caption", self.caption, class_="sr"),
            element(
                "thead",
                *(
                    element("tr", *(head.html() for head in level))
                    for level in self.heads
                ),
            ),
            element("tbody", *(line.html() for line in self.lines)),
            class_=class_,
            data_pointing=pointing,
        )

    def svg(self, box: Box, sheet: Sheet) -> str:
        """The grid for an export; rows that do not fit are counted in a last line."""
        parts: list[str] = []
        pitch = 26.0
        room = int(box.height // pitch)
        levels, lines = len(self.heads), self.lines
        hidden = max(0, levels + len(lines) - room)
        if hidden:
            hidden += 1
            lines = lines[: len(lines) - hidden]
        widths = self._widths(box.width)
        for level, heads in enumerate(self.heads):
            parts.extend(
                _head_drawn(heads, widths, box, box.y + level * pitch, pitch, sheet)
            )
        for place, line in enumerate(lines):
            top = box.y + (levels + place) * pitch
            parts.append(_line_drawn(line, widths, box, top, pitch, sheet))
        if hidden:
            y = box.y + (levels + len(lines)) * pitch + 17
            parts.append(
                sheet.text(box.x + 6, y, f"+ {hidden} …", size=11, role="muted")
            )
        return "".join(parts)

    def _widths(self, room: float) -> list[float]:
        """Columns as wide as their longest text, stretched or squeezed to the room there is."""
        rows = [
            [
                *(head.text if head else "" for head in line.heads),
                *(cell.text for cell in line.cells),
            ]
            for line in self.lines
        ]
        rows.append([head.text for head in self.heads[-1] for _ in range(head.span)])
        longest = [
            max(width_of(row[place], 12) for row in rows if place < len(row)) + 14
            for place in range(len(rows[0]))
        ]
        return [width * room / sum(longest) for width in longest]


def _head_drawn(
    heads: tuple[Head, ...],
    widths: list[float],
    box: Box,
    top: float,
    pitch: float,
    sheet: Sheet,
) -> list[str]:
    parts: list[str] = []
    place = 0
    for head in heads:
        start, width = sum(widths[:place]), sum(widths[place : place + head.span])
        parts.append(
            _text_in(
                head.text,
                head.numeric,
                start,
                width,
                box,
                top,
                pitch,
                sheet,
                role="muted",
                size=11,
            )
        )
        place += head.span
    parts.append(
        sheet.line(
            f"M{number(box.x)} {number(top + pitch)}h{number(box.width)}", "border"
        )
    )
    return parts


def _line_drawn(
    line: Line, widths: list[float], box: Box, top: float, pitch: float, sheet: Sheet
) -> str:
    parts: list[str] = []
    cells = [*(head or Cell("") for head in line.heads), *line.cells]
    for place, cell in enumerate(cells):
        start, width = sum(widths[:place]), widths[place]
        left = box.x + (box.width - start - width if sheet.rtl else start)
        colour = None
        if cell.shade is not None:
            parts.append(
                sheet.box(
                    Box(left + 1, top + 1, width - 2, pitch - 2),
                    f"r{cell.shade}",
                    radius=3,
                )
            )
            colour = sheet.palette.ink[cell.shade]
        elif cell.bar is not None:
            parts.append(
                sheet.box(
                    Box(left, top + 4, (width - 6) * cell.bar / 100, pitch - 8),
                    "soft",
                    radius=3,
                )
            )
        weight = 650 if line.kind == "total" else 400
        numeric = cell.numeric and place >= len(line.heads)
        parts.append(
            _text_in(
                cell.text,
                numeric,
                start,
                width,
                box,
                top,
                pitch,
                sheet,
                colour=colour,
                weight=weight,
            )
        )
    return "".join(parts)


def _text_in(
    words: str,
    numeric: bool,
    start: float,
    width: float,
    box: Box,
    top: float,
    pitch: float,
    sheet: Sheet,
    *,
    role: str = "text",
    colour: str | None = None,
    size: float = 12,
    weight: int = 400,
) -> str:
    left = box.x + (box.width - start - width if sheet.rtl else start)
    at_end = numeric != sheet.rtl
    x = left + width - 6 if at_end else left + 6
    anchor = "end" if at_end else "start"
    y = top + pitch / 2 + 4
    return sheet.text(
        x,
        y,
        words,
        size=size,
        role=role,
        colour=colour,
        anchor=anchor,
        weight=weight,
        room=width - 8,
    )
