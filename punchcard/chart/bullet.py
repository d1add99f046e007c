"""Bullet: how far each thing is on the way to its target, and where it should be by now."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.rows import InRows, Row, Rows, Span
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Aim:
    """One thing, what it reached and what it should reach."""

    name: Cell
    value: float | None
    target: float | None


@dataclass(frozen=True, slots=True)
class Bullet(InRows):
    """A row a target: the bar is the share reached, the tick at the end the target."""

    kind: ClassVar[str] = "bullet"
    by: Column
    measure: Column
    target: Column
    aims: tuple[Aim, ...]

    @classmethod
    def of(cls, result: Result) -> "Bullet":
        """The aims of a result: its first label, its first two measures (the figure, the target)."""
        by, (measure, target) = (result.of_role("label")[0], result.of_role("measure")[:2])
        rows = zip(result.column(by.name), result.column(measure.name), result.column(target.name), strict=True)
        return cls(by, measure, target, tuple(Aim(name, as_number(v), as_number(t)) for name, v, t in rows))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.aims

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        heads = (
            Head(self.by.title, numeric=False),
            Head(self.measure.title),
            Head(self.target.title),
            Head(voice._("Reached")),
        )
        unit = self.measure.unit
        lines = tuple(
            Line(
                (GridCell(voice.format.label(aim.name, self.by.unit), numeric=False),),
                (
                    GridCell(voice.format.exact(aim.value, unit)),
                    GridCell(voice.format.exact(aim.target, unit)),
                    GridCell(voice.format.exact(_reached(aim), "ratio")),
                ),
            )
            for aim in self.aims
        )
        return Grid((heads,), lines, self.measure.title)

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        most = max((share for aim in self.aims if (share := _reached(aim)) is not None), default=1.0)
        full = 100 / max(1.0, most)
        return Rows(tuple(self._row(aim, full, voice) for aim in self.aims))

    def _row(self, aim: Aim, full: float, voice: Voice) -> Row:
        share = _reached(aim)
        spans: list[Span] = []
        if share is not None:
            spans.append(Span(0, max(0.0, share) * full, "s1"))
        spans.append(Span(full, full, "text", "tick"))
        unit = self.measure.unit
        words = voice._(
            "%(value)s of %(target)s",
            value=voice.format.short(aim.value, unit),
            target=voice.format.short(aim.target, unit),
        )
        label = voice.format.label(aim.name, self.by.unit)
        link = voice.link(self.by.name, aim.name)
        return Row(label, words, tuple(spans), link, strong=voice.format.exact(share, "ratio"))


def _reached(aim: Aim) -> float | None:
    if aim.value is None or not aim.target:
        return None
    return aim.value / aim.target
