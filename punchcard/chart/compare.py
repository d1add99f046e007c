"""Compare: two sides row by row: a butterfly of amounts, or a dumbbell of two figures on one axis."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from punchcard.chart.layout.frame import Key
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.rows import InRows, Row, Rows, Span
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result

Look = Literal["butterfly", "dumbbell"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing as both sides have it."""

    name: Cell
    left: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Compare(InRows):
    """Two measures (or a measure and its comparison) of the same things."""

    kind: ClassVar[str] = "compare"
    by: Column
    left: Column
    right: Column
    pairs: tuple[Pair, ...]
    look: Look = "dumbbell"

    @classmethod
    def of(cls, result: Result, *, look: Look = "dumbbell") -> "Compare":
        """The pairs of a result: its first label and its first two figures."""
        by, (left, right) = (result.of_role("label")[0], result.of_role("measure", "comparison")[:2])
        rows = zip(result.column(by.name), result.column(left.name), result.column(right.name), strict=True)
        pairs = tuple(Pair(name, as_number(one), as_number(other)) for name, one, other in rows)
        return cls(by, left, right, pairs, look)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.pairs

    def grid(self, voice: Voice) -> Grid:
        """The data table, with the difference."""
        heads = (
            Head(self.by.title, numeric=False),
            Head(self.left.title, role="s1"),
            Head(self.right.title, role="s2"),
            Head(voice._("Difference")),
        )
        lines = tuple(
            Line(
                (GridCell(voice.format.label(pair.name, self.by.unit), numeric=False),),
                (
                    GridCell(voice.format.exact(pair.left, self.left.unit)),
                    GridCell(voice.format.exact(pair.right, self.right.unit)),
                    GridCell(self._difference(pair, voice)),
                ),
            )
            for pair in self.pairs
        )
        return Grid((heads,), lines, f"{self.left.title}, {self.right.title}")

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        legend = (Key(self.left.title, "s1"), Key(self.right.title, "s2"))
        known = [value for pair in self.pairs for value in (pair.left, pair.right) if value is not None]
        if self.look == "butterfly":
            most = max((abs(value) for value in known), default=1.0) or 1.0
            rows = tuple(self._wings(pair, most, voice) for pair in self.pairs)
            return Rows(rows, numeric=True, plain=True, legend=legend)
        low, high = min((*known, 0.0)), max((*known, 0.0))
        reach = (high - low) * 1.04 or 1.0
        rows = tuple(self._dumbbell(pair, low - reach * 0.02, reach, voice) for pair in self.pairs)
        return Rows(rows, numeric=True, plain=True, legend=legend)

    def _wings(self, pair: Pair, most: float, voice: Voice) -> Row:
        left, right = (abs(value or 0.0) / most * 49.5 for value in (pair.left, pair.right))
        spans = (Span(49.5 - left, 49.5, "s1"), Span(50.5, 50.5 + right, "s2"))
        words = f"{voice.format.short(pair.left, self.left.unit)} | {voice.format.short(pair.right, self.right.unit)}"
        return self._row(pair, words, spans, voice)

    def _dumbbell(self, pair: Pair, low: float, reach: float, voice: Voice) -> Row:
        spans: list[Span] = []
        ends = [None if value is None else (value - low) / reach * 100 for value in (pair.left, pair.right)]
        if ends[0] is not None and ends[1] is not None:
            spans.append(Span(min(ends[0], ends[1]), max(ends[0], ends[1]), "other", "line"))
        spans += [Span(at, at, role, "dot") for at, role in zip(ends, ("s1", "s2"), strict=True) if at is not None]
        return self._row(pair, self._difference(pair, voice), tuple(spans), voice)

    def _row(self, pair: Pair, words: str, spans: tuple[Span, ...], voice: Voice) -> Row:
        label = voice.format.label(pair.name, self.by.unit)
        return Row(label, words, spans, voice.link(self.by.name, pair.name))

    def _difference(self, pair: Pair, voice: Voice) -> str:
        if pair.left is None or pair.right is None:
            return voice.format.exact(None, self.left.unit)
        share = self.left.unit in ("ratio", "probability", "share")
        moved = voice.format.signed(pair.left - pair.right, "pp" if share else self.left.unit)
        return voice._("%(points)s pp", points=moved) if share else moved
