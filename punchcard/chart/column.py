"""Column: figures by bucket, side by side, stacked, or as shares of a whole."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from punchcard.chart.layout.frame import Frame, Framed, place_ticks, value_ticks
from punchcard.chart.layout.grid import Grid
from punchcard.chart.layout.scene import Bar, Mark
from punchcard.chart.scale import Scale, scale
from punchcard.chart.series import Plot, plot
from punchcard.chart.voice import Voice
from punchcard.result import Result

Mode = Literal["grouped", "stacked", "share"]
GAP = 0.28  # of a place's width, left free between its columns and the next


@dataclass(frozen=True, slots=True)
class Column(Framed):
    """Columns: `grouped` side by side, `stacked` where parts add up, `share` as parts of 100 %."""

    kind: ClassVar[str] = "column"
    plot: Plot
    mode: Mode = "grouped"

    @classmethod
    def of(cls, result: Result, *, mode: Mode = "grouped") -> "Column":
        """The columns of a result: see `series.plot`."""
        return cls(plot(result), mode)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.plot.empty

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        return self.plot.grid(voice)

    def frame(self, voice: Voice) -> Frame:
        """The chart as marks and labels."""
        count = len(self.plot.places)
        parts = [self._parts(place) for place in range(count)]
        axis = scale([end for column in parts for start, end in column for end in (start, end)])
        if self.mode == "share":
            axis = Scale(0.0, 1.0, 0.25)
        unit = "ratio" if self.mode == "share" else self.plot.measure.unit
        centres = tuple((place + 0.5) / count * 100 for place in range(count))
        marks = [mark for place, column in enumerate(parts) for mark in self._column(place, column, axis, voice)]
        return Frame(
            tuple(marks),
            value_ticks(axis, unit, voice),
            place_ticks(self.plot.labels(voice), centres),
            self.plot.legend(voice),
            pointing="band",
            edges=self.plot.edges(),
        )

    def _parts(self, place: int) -> list[tuple[float, float]]:
        """From where to where each series' part of one place reaches."""
        values = [series.values[place] or 0.0 for series in self.plot.series]
        if self.mode == "grouped":
            return [(0.0, value) for value in values]
        if self.mode == "share":
            whole = sum(values)
            values = [value / whole if whole else 0.0 for value in values]
        parts: list[tuple[float, float]] = []
        up = down = 0.0
        for value in values:
            if value >= 0:
                parts.append((up, up + value))
                up += value
            else:
                parts.append((down, down + value))
                down += value
        return parts

    def _column(self, place: int, parts: list[tuple[float, float]], axis: Scale, voice: Voice) -> list[Mark]:
        count, series = len(self.plot.places), self.plot.series
        lanes = len(series) if self.mode == "grouped" else 1
        pitch = 100 / count
        width = pitch * (1 - GAP) / lanes
        marks: list[Mark] = []
        for lane, ((start, end), one) in enumerate(zip(parts, series, strict=True)):
            if start == end:
                continue
            x = pitch * place + pitch * GAP / 2 + (width * lane if self.mode == "grouped" else 0)
            top, low = 100 - axis.at(max(start, end)), 100 - axis.at(min(start, end))
            href = voice.link(self.plot.by.name, one.name) if self.plot.by and not one.other else None
            if self.plot.by is None and self.plot.place.role == "label":
                href = voice.link(self.plot.place.name, self.plot.places[place])
            href = href or voice.behind(self.plot.at(place, one))
            width_drawn = width * (0.94 if lanes > 1 else 1)
            marks.append(Bar(x, top, width_drawn, low - top, one.role, href, partial=place in self.plot.incomplete))
        return marks
