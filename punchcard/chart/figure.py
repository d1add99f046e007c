"""Figure: one number that matters: big, with its change, an interval if it has one, and a line of how it came about."""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from punchcard.chart.html import element, figure
from punchcard.chart.layout.grid import Grid
from punchcard.chart.layout.scene import Area, Mark, drawn, plane
from punchcard.chart.layout.scene import Line as Stroke
from punchcard.chart.layout.sheet import Box, Look, Sheet
from punchcard.chart.scale import scale
from punchcard.chart.series import Plot, as_number, plot
from punchcard.chart.voice import Voice
from punchcard.format import Change
from punchcard.result import Column, Result


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its comparison. `versus` names the other period ("previous 90 days")."""

    kind: ClassVar[str] = "figure"
    measure: Column
    value: float | None
    before: float | None = None
    low: float | None = None
    high: float | None = None
    versus: str = ""
    trend: Plot | None = None

    @classmethod
    def of(cls, result: Result, *, trend: Result | None = None, versus: str = "") -> "Figure":
        """The figure of a result of one row; `trend` is the same measure over time, for the sparkline."""
        measure = result.of_role("measure")[0]
        row = dict(zip((column.name for column in result.columns), result.rows[0], strict=True)) if result.rows else {}
        beside = {
            column.role: as_number(row.get(column.name)) for column in result.columns if column.of == measure.name
        }
        return cls(
            measure,
            as_number(row.get(measure.name)),
            beside.get("comparison"),
            beside.get("low"),
            beside.get("high"),
            versus,
            plot(trend) if trend and trend.rows else None,
        )

    @property
    def empty(self) -> bool:
        """Never: a figure without a value is a dash, which says so."""
        return False

    def change(self, voice: Voice) -> Change | None:
        """How far it moved, if that can be said."""
        return voice.format.change(self.value, self.before, self.measure.unit, self.measure.better)

    def html(self, voice: Voice) -> Markup:
        """The figure for a page."""
        exact = voice.format.exact(self.value, self.measure.unit)
        big = element("p", figure(voice.format.short(self.value, self.measure.unit)), class_="big", title=exact)
        spark = (
            element("div", plane(_spark(self.trend)), class_="spark")
            if self.trend and not self.trend.empty
            else Markup("")
        )
        return Markup("").join((big, self._delta(voice), self._interval(voice), spark))

    def grid(self, voice: Voice) -> Grid | None:
        """The data table of the sparkline, if there is one."""
        return self.trend.grid(voice) if self.trend else None

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The figure for an export."""
        side, anchor = (box.x + box.width, "end") if sheet.rtl else (box.x, "start")
        short = voice.format.short(self.value, self.measure.unit)
        parts = [sheet.text(side, box.y + 44, short, Look(size=44, weight=700), anchor=anchor)]
        change = self.change(voice)
        if change:
            words = f"{change.arrow} {change.text} {self.versus}".strip()
            parts.append(sheet.text(side, box.y + 72, words, Look(size=14, role=_tone(change)), anchor=anchor))
        if self.trend and not self.trend.empty:
            parts.append(drawn(_spark(self.trend), box.inset(top=96, bottom=8), sheet))
        return "".join(parts)

    def _delta(self, voice: Voice) -> Markup:
        change = self.change(voice)
        if change is None:
            words = voice._("no comparison") if self.versus else ""
            return element("p", words, class_="delta") if words else Markup("")
        moved = element(
            "b", element("i", change.arrow, aria_hidden="true"), " ", change.text, class_=f"n {_tone(change)}"
        )
        return element("p", moved, " ", element("span", self.versus), class_="delta")

    def _interval(self, voice: Voice) -> Markup:
        if self.low is None or self.high is None:
            return Markup("")
        unit = self.measure.unit
        words = voice._(
            "between %(low)s and %(high)s",
            low=voice.format.short(self.low, unit),
            high=voice.format.short(self.high, unit),
        )
        return element("p", words, class_="delta")


def sparkline(trend: Result) -> Markup:
    """The course of a measure over time as a small line, for a line of a table; nothing if it never had a value."""
    course = plot(trend)
    return Markup("") if course.empty else element("div", plane(_spark(course)), class_="spark", aria_hidden="true")


def _spark(trend: Plot) -> tuple[Mark, ...]:
    values = trend.series[0].values
    axis = scale(values, zero=False)
    last = max(1, len(values) - 1)
    # The sparkline keeps to the inner 92 percent: its strokes must not be cut at the edges.
    points = tuple(
        None if value is None else (place / last * 100, 96 - axis.at(value) * 0.92)
        for place, value in enumerate(values)
    )
    known = tuple(point for point in points if point is not None)
    return (Area(known, tuple((x, 100.0) for x, _ in known), "s1"), Stroke(points, "s1"))


def _tone(change: Change) -> str:
    return "muted" if change.good is None else "good" if change.good else "bad"
