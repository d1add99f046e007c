"""Grid: cells under headings. Tables, pivots and heat maps are grids, and so is the data table of every chart."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from punchcard.chart.html import element, number


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
        """As a cell of a table."""
        # A cell of figures is left to right as a whole, which costs no element; beside a bar only the text is.
        plain = self.numeric and not header and self.bar is None
        inner = escape(self.text) if plain else element("bdi", self.text, class_="n" if self.numeric else None)
        if self.href:
            inner = element("a", inner, href=self.href)
        if self.bar is not None:
            inner = element("i", class_="cellbar", style=f"inline-size:{number(self.bar)}%") + inner
        classes = [self.tone] if self.tone else []
        if self.numeric and not header:
            classes.append("num" if plain else "num beside")
        if self.bar is not None:
            classes.append("hasbar")
        if self.shade is not None:
            classes.append(f"r{self.shade}")
        return element(
            "th" if header and self.text else "td",
            inner,
            class_=" ".join(classes) or None,
            scope=("rowgroup" if span > 1 else "row") if header and self.text else None,
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
        """As a heading of a table."""
        inner = element("bdi", self.text) if self.text else Markup("")
        if self.href:
            inner = element("a", inner, href=self.href)
        return element(
            "th" if self.text else "td",
            inner,
            scope=("colgroup" if self.span > 1 else "col") if self.text else None,
            colspan=self.span if self.span > 1 else None,
            class_="num" if self.numeric and self.span == 1 else "group" if self.span > 1 else None,
            data_role=self.role,
            aria_sort=self.sorted,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its headings (a `None` is covered by the group's above), its cells; `kind` is total or subtotal."""

    heads: tuple[Cell | None, ...]
    cells: tuple[Cell, ...]
    kind: str | None = None
    spans: tuple[int, ...] = ()

    def html(self) -> Markup:
        """As a row of a table."""
        spans = self.spans or (1,) * len(self.heads)
        heads = (
            head.html(header=True, span=span) for head, span in zip(self.heads, spans, strict=True) if head is not None
        )
        return element("tr", *heads, *(cell.html() for cell in self.cells), class_=self.kind)


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
            element("thead", *(element("tr", *(head.html() for head in level)) for level in self.heads)),
            element("tbody", *(line.html() for line in self.lines)),
            class_=class_,
            data_pointing=pointing,
        )
