"""Scene: marks on a plane of 100 x 100, drawn once as stretchable SVG for a page and once in pixels for an export.

A stroke keeps its width however the plane is stretched, and a dot is a line of no length with a round end,
so it stays round. Colours are roles: a class in a page, a value in an export.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from punchcard.chart.html import element, number, void
from punchcard.chart.layout.sheet import Box, Sheet

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle. `partial` marks a period that is not over yet."""

    x: float
    y: float
    width: float
    height: float
    role: str
    href: str | None = None
    partial: bool = False

    def html(self) -> Markup:
        """As an element; a link of it is for the mouse: the legend and the data table have it for everybody."""
        rectangle = void(
            "rect",
            class_=f"{self.role} part" if self.partial else self.role,
            x=number(self.x),
            y=number(self.y),
            width=number(self.width),
            height=number(self.height),
        )
        return element("a", rectangle, href=self.href, tabindex="-1") if self.href else rectangle

    def svg(self, box: Box, sheet: Sheet) -> str:
        """In pixels."""
        x, y = box.at(self.x, self.y)
        size = Box(x, y, box.width * self.width / 100, box.height * self.height / 100)
        return sheet.box(size, self.role, opacity=0.45 if self.partial else 1)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; None breaks it."""

    points: tuple[Point | None, ...]
    role: str
    dashed: bool = False
    thin: bool = False

    def html(self) -> Markup:
        """As an element."""
        look = "l" + (" dash" if self.dashed else "") + (" thin" if self.thin else "")
        return void("path", class_=f"{look} {self.role}", d=path(self.points))

    def svg(self, box: Box, sheet: Sheet) -> str:
        """In pixels."""
        there = path(None if point is None else box.at(*point) for point in self.points)
        return sheet.line(there, self.role, width=1.25 if self.thin else 2, dashed=self.dashed)


@dataclass(frozen=True, slots=True)
class Area:
    """The surface between an upper and a lower line of the same places."""

    upper: tuple[Point, ...]
    lower: tuple[Point, ...]
    role: str
    solid: bool = False

    def html(self) -> Markup:
        """As an element."""
        outline = path((*self.upper, *reversed(self.lower))) + "Z"
        return void("path", class_=self.role if self.solid else f"a {self.role}", d=outline)

    def svg(self, box: Box, sheet: Sheet) -> str:
        """In pixels."""
        outline = path(box.at(*point) for point in (*self.upper, *reversed(self.lower))) + "Z"
        return sheet.shape(outline, self.role, opacity=1 if self.solid else 0.13)


@dataclass(frozen=True, slots=True)
class Dot:
    """A round mark of a fixed size in pixels."""

    x: float
    y: float
    role: str
    size: int = 7

    def html(self) -> Markup:
        """As an element: a line of no length, whose round end is the dot."""
        return void("path", class_=f"d {self.role}", stroke_width=self.size, d=f"M{number(self.x)} {number(self.y)}h0")

    def svg(self, box: Box, sheet: Sheet) -> str:
        """In pixels."""
        x, y = box.at(self.x, self.y)
        return sheet.dot(x, y, self.role, radius=self.size / 2)


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A band that flows from one side to the other, `thick` percent high at both ends."""

    x0: float
    y0: float
    x1: float
    y1: float
    thick: float
    role: str
    href: str | None = None

    def html(self) -> Markup:
        """As an element; a link of it is for the mouse: the data table has it for everybody."""
        band = void("path", class_=f"rib {self.role}", d=self._outline(self._corners()))
        return element("a", band, href=self.href, tabindex="-1") if self.href else band

    def svg(self, box: Box, sheet: Sheet) -> str:
        """In pixels."""
        return sheet.shape(self._outline([box.at(*corner) for corner in self._corners()]), self.role, opacity=0.35)

    def _corners(self) -> list[Point]:
        return [
            (self.x0, self.y0),
            (self.x1, self.y1),
            (self.x1, self.y1 + self.thick),
            (self.x0, self.y0 + self.thick),
        ]

    @staticmethod
    def _outline(corners: list[Point]) -> str:
        (x0, top0), (x1, top1), (_, low1), (_, low0) = corners
        middle = number((x0 + x1) / 2)
        a, b, c, d = number(top0), number(top1), number(low1), number(low0)
        left, right = number(x0), number(x1)
        return f"M{left} {a}C{middle} {a} {middle} {b} {right} {b}V{c}C{middle} {c} {middle} {d} {left} {d}Z"


Mark = Bar | Line | Area | Dot | Ribbon


def plane(marks: Iterable[Mark], *, class_: str | None = None) -> Markup:
    """The marks as SVG that stretches to whatever box the page gives it."""
    return element(
        "svg",
        *(mark.html() for mark in marks),
        class_=class_,
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def drawn(marks: Iterable[Mark], box: Box, sheet: Sheet) -> str:
    """The marks in pixels, for an export."""
    return "".join(mark.svg(box, sheet) for mark in marks)


def path(points: Iterable[Point | None]) -> str:
    """Points as path data; None lifts the pen.

    >>> path([(0, 1), (2, 3), None, (4, 5), (6, 7)])
    'M0 1L2 3M4 5L6 7'
    """
    pen_down = False
    steps: list[str] = []
    for point in points:
        if point is None:
            pen_down = False
            continue
        steps.append(f"{'L' if pen_down else 'M'}{number(point[0])} {number(point[1])}")
        pen_down = True
    return "".join(steps)
