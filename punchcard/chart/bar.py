"""Bar: a ranking, one thing a row, with its figure; a click narrows the page to it."""

from dataclasses import dataclass
from typing import ClassVar

from punchcard.chart.flags import flagged
from punchcard.chart.layout.frame import Key
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.rows import InRows, Row, Rows, Span
from punchcard.chart.series import as_number, before
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result


@dataclass(frozen=True, slots=True)
class Place:
    """One thing of a ranking."""

    name: Cell
    value: float | None
    before: float | None = None
    share: float | None = None
    other: bool = False
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Bar(InRows):
    """Horizontal bars in the order of the result, the comparison as a tick on each; `total` is the margin, if asked."""

    kind: ClassVar[str] = "bar"
    by: Column
    measure: Column
    places: tuple[Place, ...]
    comparison: Column | None = None
    total: float | None = None

    @classmethod
    def of(cls, result: Result) -> "Bar":
        """The ranking of a result: its first label, its first measure, that measure's comparison and share."""
        by, measure = result.of_role("label", "time")[0], result.of_role("measure")[0]
        comparison = next((one for one in result.of_role("comparison") if one.of in (None, measure.name)), None)
        share = next((one for one in result.of_role("measure") if one.name == "share"), None)
        nothing = (None,) * len(result.rows)
        earlier = result.column(comparison.name) if comparison else nothing
        shares = result.column(share.name) if share else nothing
        others, hidden = flagged(result, "other"), flagged(result, "suppressed", of=measure.name)
        totals = flagged(result, "total")
        figures = zip(result.column(by.name), result.column(measure.name), earlier, shares, strict=True)
        places: list[Place] = []
        total = None
        for row, (name, value, was, part) in enumerate(figures):
            known = None if row in hidden else as_number(value)
            if row in totals:
                total = known
                continue
            places.append(Place(name, known, as_number(was), as_number(part), row in others, row in hidden))
        return cls(by, measure, tuple(places), comparison, total)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.places

    def grid(self, voice: Voice) -> Grid:
        """The data table."""
        unit = self.measure.unit
        heads = [Head(self.by.title, numeric=False), Head(self.measure.title)]
        if self.comparison:
            heads.append(Head(before(self.comparison.title, self.measure, voice)))
        lines: list[Line] = []
        for place in self.places:
            cells = [GridCell(self._figure(place, voice, exact=True))]
            if self.comparison:
                cells.append(GridCell(voice.format.exact(place.before, unit)))
            lines.append(Line((GridCell(self._label(place, voice), numeric=False),), tuple(cells)))
        return Grid((tuple(heads),), tuple(lines), self.measure.title)

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        known = [value for place in self.places for value in (place.value, place.before) if value is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        low, high = min(low, 0.0), max(high, 0.0)
        reach = high - low or 1.0
        zero = -low / reach * 100
        rows = tuple(self._row(place, zero, reach, voice) for place in self.places)
        return Rows(
            rows,
            zero=zero if low < 0 else None,
            plain=low < 0,
            legend=self._legend(voice),
            caption=self._caption(voice),
        )

    def _caption(self, voice: Voice) -> str:
        if self.total is None:
            return ""
        return voice._("Total, recomputed: %(total)s", total=voice.format.exact(self.total, self.measure.unit))

    def _label(self, place: Place, voice: Voice) -> str:
        return voice._("Other") if place.other else voice.format.label(place.name, self.by.unit)

    def _legend(self, voice: Voice) -> tuple[Key, ...]:
        if self.comparison is None:
            return ()
        return (
            Key(self.measure.title, "s1"),
            Key(before(self.comparison.title, self.measure, voice), "text", look="tick"),
        )

    def _row(self, place: Place, zero: float, reach: float, voice: Voice) -> Row:
        spans: list[Span] = []
        if place.value is not None:
            end = zero + place.value / reach * 100
            spans.append(Span(min(zero, end), max(zero, end), "other" if place.other else "s1"))
        if place.before is not None:
            at = zero + place.before / reach * 100
            spans.append(Span(at, at, "text", "tick"))
        href = None if place.other else voice.link(self.by.name, place.name)
        strong = voice.format.exact(place.share, "ratio") if place.share is not None else ""
        figure = self._figure(place, voice)
        return Row(self._label(place, voice), figure, tuple(spans), href, strong=strong, muted=place.other)

    def _figure(self, place: Place, voice: Voice, *, exact: bool = False) -> str:
        if place.suppressed:
            return voice._("hidden")
        if exact:
            return voice.format.exact(place.value, self.measure.unit)
        largest = max((abs(one.value) for one in self.places if one.value is not None), default=0)
        return voice.format.full(place.value, self.measure.unit, largest=largest)
