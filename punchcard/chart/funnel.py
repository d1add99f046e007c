"""Funnel: the steps of a way, how many reached each, how many of the step before."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.rows import InRows, Row, Rows, Span
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Funnel(InRows):
    """Step bars: the share of the first step, the count, and under each what part of it went on."""

    kind: ClassVar[str] = "funnel"
    step: Column
    measure: Column
    steps: tuple[Cell, ...]
    counts: tuple[float | None, ...]

    @classmethod
    def of(cls, result: Result) -> "Funnel":
        """The funnel of a result: its label column in order, its first measure."""
        step, measure = result.of_role("label")[0], result.of_role("measure")[0]
        counts = tuple(as_number(value) for value in result.column(measure.name))
        return cls(step, measure, result.column(step.name), counts)

    @property
    def empty(self) -> bool:
        """Whether nobody even began."""
        return not self.counts or not self.counts[0]

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        return Rows(tuple(self._row(place, voice) for place in range(len(self.steps))))

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        heads = (
            Head(self.step.title, numeric=False),
            Head(self.measure.title),
            Head(voice._("of the first step")),
            Head(voice._("of the step before")),
        )
        lines = tuple(
            Line(
                (GridCell(voice.format.label(step), numeric=False),),
                (
                    GridCell(
                        voice.format.exact(self.counts[place], self.measure.unit), href=self._behind(place, voice)
                    ),
                    GridCell(voice.format.exact(self._share(place, 0), "ratio")),
                    GridCell(voice.format.exact(self._share(place, place - 1) if place else None, "ratio")),
                ),
            )
            for place, step in enumerate(self.steps)
        )
        return Grid((heads,), lines, self.measure.title)

    def _share(self, place: int, of: int) -> float | None:
        count, whole = self.counts[place], self.counts[of]
        return count / whole if count is not None and whole else None

    def _row(self, place: int, voice: Voice) -> Row:
        share = self._share(place, 0)
        return Row(
            voice.format.label(self.steps[place]),
            voice.format.exact(self.counts[place], self.measure.unit),
            (Span(0, min(1.0, share or 0.0) * 100, "s1"),),
            voice.link(self.step.name, self.steps[place]) or self._behind(place, voice),
            strong=voice.format.exact(share, "ratio"),
            below=self._onward(place, voice),
            below_href=self._lost(place, voice),
        )

    def _onward(self, place: int, voice: Voice) -> str:
        """What part of a step went on to the next; and how many did not, where each is in one of the two."""
        if place + 1 == len(self.steps) or (share := self._share(place + 1, place)) is None:
            return ""
        said = f"↓ {voice.format.exact(share, 'ratio')}"
        if self._lost(place, voice) is None:
            return said
        lost = (self.counts[place] or 0.0) - (self.counts[place + 1] or 0.0)
        return f"{said} · " + voice._("%(count)s went no further", count=voice.format.exact(lost, self.measure.unit))

    def _lost(self, place: int, voice: Voice) -> str | None:
        """Who got to a step and not to the next."""
        if place + 1 == len(self.steps) or not self.counts[place]:
            return None
        return voice.behind({self.step.name: self.steps[place + 1], "dropped": True})

    def _behind(self, place: int, voice: Voice) -> str | None:
        return voice.behind({self.step.name: self.steps[place]}) if self.counts[place] else None
