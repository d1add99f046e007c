"""Waterfall: from an opening figure by steps up and down to a closing one."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.flags import flagged
from punchcard.chart.layout.frame import Frame, Framed, place_ticks, value_ticks
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.scene import Bar, Mark
from punchcard.chart.layout.scene import Line as Stroke
from punchcard.chart.scale import scale
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Step:
    """One column: a level that stands on the ground, or a change that hangs from the step before."""

    name: Cell
    value: float
    level: bool


@dataclass(frozen=True, slots=True)
class Waterfall(Framed):
    """Rows flagged `total` are levels; all others are changes. Ups are green, downs red, and both carry their sign."""

    kind: ClassVar[str] = "waterfall"
    by: Column
    measure: Column
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, result: Result) -> "Waterfall":
        """The steps of a result, in order."""
        by, measure = result.of_role("label")[0], result.of_role("measure")[0]
        levels = flagged(result, "total")
        rows = zip(result.column(by.name), result.column(measure.name), strict=True)
        steps = tuple(Step(name, as_number(value) or 0.0, row in levels) for row, (name, value) in enumerate(rows))
        return cls(by, measure, steps)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(step.value for step in self.steps)

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        unit = self.measure.unit
        lines = tuple(
            Line(
                (GridCell(voice.format.label(step.name, self.by.unit), numeric=False),),
                (
                    GridCell(
                        voice.format.exact(step.value, unit) if step.level else voice.format.signed(step.value, unit)
                    ),
                ),
                "total" if step.level else None,
            )
            for step in self.steps
        )
        return Grid(((Head(self.by.title, numeric=False), Head(self.measure.title)),), lines, self.measure.title)

    def frame(self, voice: Voice) -> Frame:
        """The chart as marks and labels."""
        spans = self._spans()
        axis = scale([end for span in spans for end in span])
        pitch = 100 / len(self.steps)
        marks: list[Mark] = []
        for place, (step, (start, end)) in enumerate(zip(self.steps, spans, strict=True)):
            top, low = 100 - axis.at(max(start, end)), 100 - axis.at(min(start, end))
            role = "s1" if step.level else "good" if step.value >= 0 else "bad"
            marks.append(Bar(pitch * (place + 0.15), top, pitch * 0.7, low - top, role))
            if place + 1 < len(self.steps):
                y = 100 - axis.at(end)
                marks.append(Stroke(((pitch * (place + 0.85), y), (pitch * (place + 1.15), y)), "muted", thin=True))
        words = tuple(
            (pitch * (place + 0.5), 100 - axis.at(max(span)), self._figure(step, voice))
            for place, (step, span) in enumerate(zip(self.steps, spans, strict=True))
        )
        labels = tuple(voice.format.label(step.name, self.by.unit) for step in self.steps)
        centres = tuple(pitch * (place + 0.5) for place in range(len(self.steps)))
        ticks = place_ticks(labels, centres, room=10)
        return Frame(tuple(marks), value_ticks(axis, self.measure.unit, voice), ticks, pointing="band", words=words)

    def _figure(self, step: Step, voice: Voice) -> str:
        text = voice.format.short(step.value, self.measure.unit)
        return text if step.level or step.value <= 0 else f"+{text}"

    def _spans(self) -> list[tuple[float, float]]:
        spans: list[tuple[float, float]] = []
        level = 0.0
        for step in self.steps:
            start = 0.0 if step.level else level
            level = step.value if step.level else level + step.value
            spans.append((start, level))
        return spans
