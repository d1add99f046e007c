"""Interval: estimates with their bounds against zero; grey is what is not proven.

An estimate is proven if its interval keeps clear of zero, unless the result's flag `proven` knows better: many tests at
once ask for more than that.
"""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.flags import flagged
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.rows import InRows, Row, Rows, Span
from punchcard.chart.scale import Scale, roomy
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate and its interval."""

    name: Cell
    value: float | None
    low: float | None
    high: float | None
    proven: bool


@dataclass(frozen=True, slots=True)
class Interval(InRows):
    """A forest plot: a row an estimate."""

    kind: ClassVar[str] = "interval"
    by: Column
    measure: Column
    estimates: tuple[Estimate, ...]
    told: bool = False

    @classmethod
    def of(cls, result: Result) -> "Interval":
        """The estimates of a result: its first label, its first measure with the `low` and `high` of it."""
        by, measure = result.of_role("label", "time")[0], result.of_role("measure")[0]
        bounds = {column.role: column.name for column in result.columns if column.of == measure.name}
        columns = (result.column(name) for name in (by.name, measure.name, bounds["low"], bounds["high"]))
        told = any(column.name == "proven" for column in result.of_role("flag"))
        proven = flagged(result, "proven")
        estimates = tuple(
            _estimate(name, as_number(value), as_number(low), as_number(high), row in proven if told else None)
            for row, (name, value, low, high) in enumerate(zip(*columns, strict=True))
        )
        return cls(by, measure, estimates, told)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.estimates

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        axis = roomy(v for one in self.estimates for v in (one.low, one.value, one.high))
        rows = tuple(self._row(one, axis, voice) for one in self.estimates)
        grey = voice._("Grey: not proven.") if self.told else voice._("Grey: the interval crosses zero, not proven.")
        caption = "" if all(one.proven for one in self.estimates) else grey
        return Rows(rows, numeric=True, plain=True, zero=axis.at(0.0), caption=caption)

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        heads = (
            Head(self.by.title, numeric=False),
            Head(self.measure.title),
            Head(voice._("low")),
            Head(voice._("high")),
            Head(voice._("Proven")),
        )
        unit = self.measure.unit
        lines = tuple(
            Line(
                (GridCell(voice.format.label(one.name, self.by.unit), numeric=False),),
                (
                    GridCell(voice.format.signed(one.value, unit)),
                    GridCell(voice.format.signed(one.low, unit)),
                    GridCell(voice.format.signed(one.high, unit)),
                    GridCell(voice._("yes") if one.proven else voice._("no")),
                ),
            )
            for one in self.estimates
        )
        return Grid((heads,), lines, self.measure.title)

    def _row(self, one: Estimate, axis: Scale, voice: Voice) -> Row:
        role = "muted" if not one.proven else "s3"
        spans: list[Span] = []
        if one.low is not None and one.high is not None:
            spans.append(Span(axis.at(one.low), axis.at(one.high), role, "line"))
        if one.value is not None:
            spans.append(Span(axis.at(one.value), axis.at(one.value), role, "dot"))
        label = voice.format.label(one.name, self.by.unit)
        figure = voice.format.signed(one.value, self.measure.unit)
        return Row(label, figure, tuple(spans), voice.link(self.by.name, one.name))


def _estimate(name: Cell, value: float | None, low: float | None, high: float | None, proven: bool | None) -> Estimate:
    clear = low is not None and high is not None and (low > 0 or high < 0)
    return Estimate(name, value, low, high, clear if proven is None else proven)
