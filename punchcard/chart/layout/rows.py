"""Rows: one line a thing: its name, marks on a common track, its figure. Rankings, funnels, intervals, comparisons."""

from dataclasses import dataclass

from markupsafe import Markup

from punchcard.chart.html import element, figure, number
from punchcard.chart.layout.frame import Key, keys, keys_drawn
from punchcard.chart.layout.sheet import MUTED, Box, Sheet, width_of
from punchcard.chart.voice import Voice


@dataclass(frozen=True, slots=True)
class Span:
    """A mark on a track between two percents: a `bar`, a thin `line`, or with equal ends a `dot` or a `tick`."""

    start: float
    end: float
    role: str
    kind: str = "bar"
    partial: bool = False

    def html(self) -> Markup:
        """As an element; sides are logical."""
        style = f"inset-inline-start:{number(self.start)}%"
        if self.kind in ("bar", "line"):
            style += f";inline-size:{number(self.end - self.start)}%"
        return element("i", class_=f"{self.kind} {self.role}{' part' if self.partial else ''}", style=style)

    def svg(self, track: Box, sheet: Sheet, *, mirrored: bool) -> str:
        """In pixels."""
        start, end = (100 - self.end, 100 - self.start) if mirrored else (self.start, self.end)
        left, right = (track.x + track.width * start / 100, track.x + track.width * end / 100)
        middle = track.y + track.height / 2
        match self.kind:
            case "bar":
                bar = Box(left, track.y, right - left, track.height)
                return sheet.box(bar, self.role, radius=3, opacity=0.45 if self.partial else 1)
            case "line":
                return sheet.box(Box(left, middle - 2.5, right - left, 5), self.role, radius=2.5)
            case "dot":
                return sheet.dot(left, middle, self.role, radius=6, outlined=True)
            case _:
                return sheet.box(Box(left - 1, track.y - 3, 2, track.height + 6), self.role)


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `strong` stands before the figure (a share), `below` under the track (what was lost on the way)."""

    label: str
    figure: str
    spans: tuple[Span, ...]
    href: str | None = None
    strong: str = ""
    below: str = ""
    below_href: str | None = None
    muted: bool = False

    def html(self) -> Markup:
        """As a list item."""
        name = element("bdi", self.label, title=self.label)
        return element(
            "li",
            element("a", name, href=self.href, class_="name") if self.href else element("span", name, class_="name"),
            element("span", *(span.html() for span in self.spans), class_="track"),
            element(
                "span",
                element("b", self.strong, class_="n") if self.strong else "",
                figure(self.figure),
                class_="value",
            ),
            self._below(),
            class_="muted" if self.muted else None,
        )

    def _below(self) -> Markup:
        if not self.below:
            return Markup("")
        words = element("a", self.below, href=self.below_href) if self.below_href else self.below
        return element("small", words, class_="n")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with one track in common.

    `numeric` keeps the track left to right in every language, as an axis of numbers that has a zero does;
    otherwise bars grow from where reading begins. `plain` leaves out the grey ground of the track.
    """

    rows: tuple[Row, ...]
    numeric: bool = False
    plain: bool = False
    zero: float | None = None
    legend: tuple[Key, ...] = ()
    caption: str = ""

    def html(self) -> Markup:
        """The rows for a page."""
        classes = "rows" + (" numeric" if self.numeric else "") + (" plain" if self.plain else "")
        style = f"--zero:{number(self.zero)}%" if self.zero is not None else None
        rows = element("ol", *(row.html() for row in self.rows), class_=classes, style=style, data_pointing="row")
        return Markup("").join(
            (keys(self.legend), rows, element("p", self.caption, class_="foot") if self.caption else "")
        )

    def svg(self, box: Box, sheet: Sheet) -> str:
        """The rows for an export."""
        parts: list[str] = []
        if self.legend:
            parts.append(keys_drawn(self.legend, box, sheet))
            box = box.inset(top=30)
        if self.caption:
            side, anchor = (box.x + box.width, "end") if sheet.rtl else (box.x, "start")
            parts.append(sheet.text(side, box.y + box.height - 4, self.caption, MUTED, anchor=anchor))
            box = box.inset(bottom=24)
        names = min(box.width * 0.28, max(width_of(row.label, 12) for row in self.rows) + 12)
        figures = max(width_of(f"{row.strong} {row.figure}", 12) for row in self.rows) + 16
        pitch = min(44.0, box.height / len(self.rows))
        mirrored = sheet.rtl and not self.numeric
        left = box.x + (figures if sheet.rtl else names)
        track = box.width - names - figures
        for place, row in enumerate(self.rows):
            top = box.y + pitch * place
            middle = top + pitch / 2 + 4
            name_at, anchor = (box.x + box.width, "end") if sheet.rtl else (box.x, "start")
            parts.append(sheet.text(name_at, middle, row.label, anchor=anchor, room=names - 8))
            bar = Box(left, top + pitch * 0.2, track, pitch * 0.6)
            if not self.plain:
                parts.append(sheet.box(bar, "track", radius=3))
            if self.zero is not None:
                zero = 100 - self.zero if mirrored else self.zero
                at = bar.x + bar.width * zero / 100
                parts.append(sheet.line(f"M{number(at)} {number(top)}v{number(pitch)}", "muted", dashed=True))
            parts.extend(span.svg(bar, sheet, mirrored=mirrored) for span in row.spans)
            figure_at, anchor = (box.x, "start") if sheet.rtl else (box.x + box.width, "end")
            words = f"{row.strong} {row.figure}".strip()
            parts.append(sheet.text(figure_at, middle, words, MUTED, anchor=anchor))
        return "".join(parts)


class InRows:
    """A chart that is drawn as rows."""

    __slots__ = ()

    def rows(self, voice: Voice) -> Rows:
        """The chart as rows."""
        raise NotImplementedError

    def html(self, voice: Voice) -> Markup:
        """The chart for a page."""
        return self.rows(voice).html()

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The chart for an export."""
        return self.rows(voice).svg(box, sheet)
