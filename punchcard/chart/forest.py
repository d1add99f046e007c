"""Forest: many experiments of one kind under one another: each effect with its interval, and what they say together.

A short stroke marks each effect drawn to the mean of all, which is what to expect next time; grey is what is not
proven. The last row is the mean of the true effects with its interval.
"""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.flags import flagged
from punchcard.chart.layout.frame import Key
from punchcard.chart.layout.grid import Grid
from punchcard.chart.layout.rows import InRows, Row, Rows, Span
from punchcard.chart.scale import Scale, roomy
from punchcard.chart.series import as_number
from punchcard.chart.table import Table
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Tree:
    """One line: an effect with its interval, drawn to the mean, and whether it is proven, pooled or withheld."""

    name: Cell
    value: float | None
    low: float | None
    high: float | None
    shrunk: float | None
    proven: bool
    pooled: bool


@dataclass(frozen=True, slots=True)
class Forest(InRows):
    """A line an experiment; the table has all that the result says of each."""

    kind: ClassVar[str] = "forest"
    result: Result
    by: Column
    measure: Column
    trees: tuple[Tree, ...]

    @classmethod
    def of(cls, result: Result) -> "Forest":
        """The effects of a result: its first label and measure with its bounds, `shrunk`, flags `proven`, `pooled`."""
        by, measure = result.of_role("label")[0], result.of_role("measure")[0]
        bounds = {column.role: column.name for column in result.columns if column.of == measure.name}
        names = (by.name, measure.name, bounds["low"], bounds["high"], "shrunk")
        proven, pooled = flagged(result, "proven"), flagged(result, "pooled")
        trees = tuple(
            Tree(name, as_number(value), as_number(low), as_number(high), as_number(shrunk), at in proven, at in pooled)
            for at, (name, value, low, high, shrunk) in enumerate(zip(*map(result.column, names), strict=True))
        )
        return cls(result, by, measure, trees)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.trees

    def grid(self, voice: Voice) -> Grid:
        """The data table: everything that is known of each."""
        return Table.of(self.result, bars=()).grid(voice)

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        axis = roomy(v for one in self.trees for v in (one.low, one.value, one.high))
        legend = [Key(voice._("Effect with its interval, proven"), "s3")]
        if any(not one.proven and one.value is not None for one in self.trees):
            legend.append(Key(voice._("Not proven"), "muted"))
        if any(one.shrunk is not None for one in self.trees):
            legend.append(Key(voice._("Drawn to the mean"), "text", look="tick"))
        rows = tuple(self._row(one, axis, voice) for one in self.trees)
        return Rows(rows, numeric=True, plain=True, zero=axis.at(0.0), legend=tuple(legend))

    def _row(self, one: Tree, axis: Scale, voice: Voice) -> Row:
        label = voice._("All together") if one.pooled else voice.format.label(one.name, self.by.unit)
        href = None if one.pooled else voice.link(self.by.name, one.name)
        if one.value is None:
            return Row(label, voice._("withheld"), (), href, muted=True)
        at = axis.at
        role = "s3" if one.proven else "muted"
        spans: list[Span] = []
        if one.low is not None and one.high is not None:
            spans.append(Span(at(one.low), at(one.high), "s1" if one.pooled else role, "bar" if one.pooled else "line"))
        if not one.pooled:
            spans.append(Span(at(one.value), at(one.value), role, "dot"))
        if one.shrunk is not None:
            spans.append(Span(at(one.shrunk), at(one.shrunk), "text", "tick"))
        words = voice._("proven") if one.proven else voice._("not proven")
        effect = voice.format.signed(one.value, self.measure.unit)
        return Row(label, words, tuple(spans), href, strong=effect)
