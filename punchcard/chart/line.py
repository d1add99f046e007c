"""Line and area: figures over time, the comparison dashed, a period that is not over yet dashed too."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.layout.frame import Frame, Framed, place_ticks, value_ticks
from punchcard.chart.layout.grid import Grid
from punchcard.chart.layout.scene import Area, Dot, Mark, Point
from punchcard.chart.layout.scene import Line as Stroke
from punchcard.chart.scale import Scale, scale
from punchcard.chart.series import Number, Plot, Series, plot
from punchcard.chart.voice import Voice
from punchcard.result import Result


@dataclass(frozen=True, slots=True)
class Line(Framed):
    """Lines over time; `area` fills down to zero, `stacked` sets areas on top of each other."""

    kind: ClassVar[str] = "line"
    plot: Plot
    area: bool = False
    stacked: bool = False

    @classmethod
    def of(cls, result: Result, *, area: bool = False, stacked: bool = False) -> "Line":
        """The lines of a result: see `series.plot`."""
        return cls(plot(result), area, stacked)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.plot.empty

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        return self.plot.grid(voice)

    def frame(self, voice: Voice) -> Frame:
        """The chart as marks and labels."""
        drawn = self.plot
        levels = _stacked(drawn.series) if self.stacked else tuple(series.values for series in drawn.series)
        bounds = [values for series in drawn.series for values in (series.low, series.high)]
        known = [value for values in (*levels, *bounds) for value in values if value is not None]
        # A line may leave zero out when it would flatten everything into one stroke; an area never may.
        zero = self.area or self.stacked or not known or min(known) < 0.75 * max(known)
        axis = scale(known, zero=zero)
        centres = _centres(len(drawn.places))
        marks: list[Mark] = []
        floor: tuple[Number, ...] = (0.0,) * len(drawn.places)
        for series, values in zip(drawn.series, levels, strict=True):
            marks += self._series(series, values, floor, axis, centres)
            floor = values if self.stacked else floor
        return Frame(
            tuple(marks),
            value_ticks(axis, drawn.measure.unit, voice),
            place_ticks(drawn.labels(voice), centres),
            drawn.legend(voice),
            pointing="point",
            edges=drawn.edges(),
        )

    def _series(
        self,
        series: Series,
        values: tuple[Number, ...],
        floor: tuple[Number, ...],
        axis: Scale,
        centres: tuple[float, ...],
    ) -> list[Mark]:
        points = _points(values, axis, centres)
        if series.comparison:
            return [Stroke(points, series.role, dashed=True, thin=True)]
        marks: list[Mark] = []
        if series.low:
            marks += _bands(_points(series.high, axis, centres), _points(series.low, axis, centres), series.role)
        if self.area or self.stacked:
            marks += _bands(points, _points(floor, axis, centres), series.role, solid=self.stacked)
        if self.stacked:
            return marks
        done = tuple(None if place in self.plot.incomplete else point for place, point in enumerate(points))
        marks.append(Stroke(done, series.role))
        marks += [Dot(*point, series.role, size=6) for point in _lonely(done)]
        unfinished = tuple(
            point if self.plot.incomplete & {place - 1, place, place + 1} else None
            for place, point in enumerate(points)
        )
        if self.plot.incomplete:
            marks.append(Stroke(unfinished, series.role, dashed=True))
        return marks


def _centres(count: int) -> tuple[float, ...]:
    if count == 1:
        return (50.0,)
    return tuple(place / (count - 1) * 100 for place in range(count))


def _points(values: tuple[Number, ...], axis: Scale, centres: tuple[float, ...]) -> tuple[Point | None, ...]:
    return tuple(None if value is None else (x, 100 - axis.at(value)) for x, value in zip(centres, values, strict=True))


def _bands(
    upper: tuple[Point | None, ...], lower: tuple[Point | None, ...], role: str, *, solid: bool = False
) -> list[Mark]:
    """The surface between two lines, one piece for each run without a gap."""
    pieces: list[Mark] = []
    run: list[tuple[Point, Point]] = []
    for pair in (*zip(upper, lower, strict=True), (None, None)):
        if pair[0] is not None and pair[1] is not None:
            run.append((pair[0], pair[1]))
            continue
        if len(run) > 1:
            pieces.append(Area(tuple(top for top, _ in run), tuple(low for _, low in run), role, solid=solid))
        run = []
    return pieces


def _lonely(points: tuple[Point | None, ...]) -> list[Point]:
    """Points with a gap on both sides, which a line cannot show."""
    around = (None, *points, None)
    return [
        point
        for before, point, after in zip(around, points, around[2:], strict=False)
        if point is not None and before is None and after is None
    ]


def _stacked(series: tuple[Series, ...]) -> tuple[tuple[Number, ...], ...]:
    levels: list[tuple[Number, ...]] = []
    below: tuple[float, ...] = (0.0,) * len(series[0].values) if series else ()
    for one in series:
        below = tuple(level + (value or 0.0) for level, value in zip(below, one.values, strict=True))
        levels.append(below)
    return tuple(levels)
