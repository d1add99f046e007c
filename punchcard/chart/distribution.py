"""Distribution: a histogram: how many fall between which bounds."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.layout.frame import Frame, Framed, Tick, place_ticks, value_ticks
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.scene import Bar
from punchcard.chart.scale import scale
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Column, Result


@dataclass(frozen=True, slots=True)
class Bin:
    """How many are in [start, end); without an end, from start up."""

    start: float
    end: float | None
    count: float | None


@dataclass(frozen=True, slots=True)
class Distribution(Framed):
    """A histogram: the label columns of its result hold each bin's start and end (none: open), the measure counts."""

    kind: ClassVar[str] = "distribution"
    value: Column
    measure: Column
    bins: tuple[Bin, ...]

    @classmethod
    def of(cls, result: Result) -> "Distribution":
        """The bins of a result, in order."""
        (start, end), measure = (result.of_role("label")[:2], result.of_role("measure")[0])
        rows = zip(result.column(start.name), result.column(end.name), result.column(measure.name), strict=True)
        bins = tuple(Bin(as_number(low) or 0.0, as_number(high), as_number(count)) for low, high, count in rows)
        return cls(start, measure, bins)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(one.count for one in self.bins)

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        whole = sum(one.count or 0.0 for one in self.bins)
        heads = (Head(self.value.title, numeric=False), Head(self.measure.title), Head(voice._("Share")))
        lines = tuple(
            Line(
                (GridCell(self._range(one, voice), numeric=False),),
                (
                    GridCell(voice.format.exact(one.count, self.measure.unit), href=self._behind(one, voice)),
                    GridCell(voice.format.exact((one.count or 0.0) / whole if whole else None, "ratio")),
                ),
            )
            for one in self.bins
        )
        return Grid((heads,), lines, self.measure.title)

    def frame(self, voice: Voice) -> Frame:
        """The chart as marks and labels."""
        axis = scale([one.count for one in self.bins])
        pitch = 100 / len(self.bins)
        bars = tuple(
            Bar(
                pitch * (place + 0.03),
                100 - axis.at(one.count or 0.0),
                pitch * 0.94,
                axis.at(one.count or 0.0),
                "s1",
                self._behind(one, voice),
            )
            for place, one in enumerate(self.bins)
        )
        edges = tuple(voice.format.short(one.start, self.value.unit) for one in self.bins)
        starts = tuple(pitch * place for place in range(len(self.bins)))
        ticks = place_ticks(edges, starts)
        last = self.bins[-1]
        if last.end is not None and ticks[-1].at < 100 - 2 * pitch:
            ticks += (Tick(100.0, voice.format.short(last.end, self.value.unit)),)
        return Frame(
            bars, value_ticks(axis, self.measure.unit, voice), ticks, pointing="band", x_title=self.value.title
        )

    def _behind(self, one: Bin, voice: Voice) -> str | None:
        return voice.behind({self.value.name: one.start}) if one.count else None

    def _range(self, one: Bin, voice: Voice) -> str:
        low = voice.format.exact(one.start, self.value.unit)
        if one.end is None:
            return voice._("%(low)s and more", low=low)
        return f"{low} – {voice.format.exact(one.end, self.value.unit)}"
