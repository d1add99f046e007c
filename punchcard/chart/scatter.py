"""Scatter: one dot a thing, two figures against each other."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.layout.frame import Frame, Framed, Key, Tick, value_ticks
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.scene import Dot
from punchcard.chart.palette import series_role
from punchcard.chart.scale import Scale, scale
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Point:
    """One thing with its two figures; `group` colours it."""

    name: Cell
    x: float
    y: float
    group: Cell = None


@dataclass(frozen=True, slots=True)
class Scatter(Framed):
    """Points of the first label by the first two measures; a second label colours them."""

    kind: ClassVar[str] = "scatter"
    by: Column
    x: Column
    y: Column
    points: tuple[Point, ...]
    groups: tuple[Cell, ...] = ()
    group: Column | None = None

    @classmethod
    def of(cls, result: Result) -> "Scatter":
        """The points of a result; a row that lacks one of the figures has no place and stays out."""
        by, *more = result.of_role("label")
        x, y = result.of_role("measure")[:2]
        group = more[0] if more else None
        names = result.column(group.name) if group else (None,) * len(result.rows)
        rows = zip(result.column(by.name), result.column(x.name), result.column(y.name), names, strict=True)
        points = tuple(
            Point(name, across, up, belongs)
            for name, one, other, belongs in rows
            if (across := as_number(one)) is not None and (up := as_number(other)) is not None
        )
        groups = tuple(dict.fromkeys(point.group for point in points)) if group else ()
        return cls(by, x, y, points, groups, group)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.points

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        heads = [Head(self.by.title, numeric=False), Head(self.x.title), Head(self.y.title)]
        if self.group:
            heads.insert(1, Head(self.group.title, numeric=False))
        lines: list[Line] = []
        for point in self.points:
            names = [GridCell(voice.format.label(point.name, self.by.unit), numeric=False)]
            if self.group:
                names.append(GridCell(voice.format.label(point.group, self.group.unit), numeric=False))
            figures = (voice.format.exact(point.x, self.x.unit), voice.format.exact(point.y, self.y.unit))
            lines.append(Line(tuple(names), tuple(GridCell(text) for text in figures)))
        return Grid((tuple(heads),), tuple(lines), f"{self.x.title}, {self.y.title}")

    def frame(self, voice: Voice) -> Frame:
        """The chart as marks and labels."""
        across, up = (_axis([point.x for point in self.points]), _axis([point.y for point in self.points]))
        places = tuple((across.at(point.x), 100 - up.at(point.y)) for point in self.points)
        roles = {name: series_role(place) for place, name in enumerate(self.groups)}
        dots = tuple(Dot(x, y, roles.get(point.group, "s1")) for (x, y), point in zip(places, self.points, strict=True))
        legend = tuple(Key(voice.format.label(name), roles[name]) for name in self.groups) if self.group else ()
        ticks = tuple(
            Tick(across.at(value), voice.format.axis(value, self.x.unit, step=across.step, high=across.high))
            for value in across.ticks
        )
        return Frame(
            dots,
            value_ticks(up, self.y.unit, voice),
            ticks,
            legend,
            pointing="places",
            places=places,
            x_title=self.x.title,
            y_title=self.y.title,
        )


def _axis(values: list[float]) -> Scale:
    """Zero is on the axis unless all points would huddle in its far half."""
    return scale(values, zero=not values or min(values) < 0.5 * max(values))
