"""Upset: how sets overlap. Each set with its size; below, who is in exactly these and no others, the largest first.

A set has a number; a part of the whole shows the numbers of the sets that it lies in.
"""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from punchcard.chart.flags import flagged
from punchcard.chart.html import element
from punchcard.chart.html import figure as written
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.rows import Row, Rows, Span
from punchcard.chart.layout.sheet import MUTED, Box, Look, Sheet, width_of
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Column, Result

SHOWN = 30  # parts that are drawn; the table has all
DOT = 22.0  # pixels, of a picture for a file


@dataclass(frozen=True, slots=True)
class Part:
    """Who is in exactly the sets marked True; no count where it may not be shown."""

    inside: tuple[bool, ...]
    count: float | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Upset:
    """Sets, their sizes, and the parts into which they cut the whole."""

    kind: ClassVar[str] = "upset"
    sets: tuple[Column, ...]
    sizes: tuple[float | None, ...]
    parts: tuple[Part, ...]
    measure: Column

    @classmethod
    def of(cls, result: Result) -> "Upset":
        """The sets are the label columns; a row flagged `total` with one of them true is its size."""
        sets, measure = result.of_role("label"), result.of_role("measure")[0]
        places = [result.index(one.name) for one in sets]
        totals, hidden = flagged(result, "total"), flagged(result, "suppressed", of=measure.name)
        sizes: list[float | None] = [None] * len(sets)
        parts: list[Part] = []
        for number, row in enumerate(result.rows):
            value = None if number in hidden else as_number(row[result.index(measure.name)])
            marks = [row[place] for place in places]
            if number not in totals:
                parts.append(Part(tuple(mark is True for mark in marks), value, number in hidden))
            elif marks.count(True) == 1:
                sizes[marks.index(True)] = value
        return cls(sets, tuple(sizes), tuple(parts), measure)

    @property
    def empty(self) -> bool:
        """Whether there is nobody at all."""
        return not self.parts

    def html(self, voice: Voice) -> Markup:
        """The chart for a page."""
        most = self._most()
        parts = element("ol", *(self._line(part, most, voice) for part in self._drawn()), class_="rows parts")
        rest = len(self.parts) - len(self._drawn())
        more = element("p", voice._("%(count)s smaller parts are in the table.", count=rest), class_="foot")
        return element("div", self._sets(voice).html(), parts, more if rest else "", class_="upset")

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The chart for an export."""
        sets = self._sets(voice)
        room = box.height * len(self.sets) / (len(self.sets) + len(self._drawn()) + 1)
        pieces = [sets.svg(Box(box.x, box.y, box.width, room), sheet)]
        top, pitch = box.y + room + 12, (box.height - room - 12) / max(1, len(self._drawn()))
        radius = min(DOT, pitch) * 0.4
        most, dots = self._most(), len(self.sets) * DOT
        figures = max((width_of(self._count(part, voice), 12) for part in self._drawn()), default=0) + 16
        for place, part in enumerate(self._drawn()):
            middle = top + pitch * (place + 0.5)
            for number, inside in enumerate(part.inside):
                across = box.x + DOT * (number + 0.5)
                across = 2 * box.x + box.width - across if sheet.rtl else across
                pieces.append(sheet.dot(across, middle, "s1" if inside else "track", radius=radius, outlined=True))
                if inside:
                    look = Look(size=10, role="surface", weight=700)
                    pieces.append(sheet.text(across, middle + 4, str(number + 1), look, anchor="middle"))
            left = box.x + (figures if sheet.rtl else dots + 8)
            track = Box(left, middle - pitch * 0.3, box.width - dots - 8 - figures, pitch * 0.6)
            if part.count is not None:
                pieces.append(Span(0, part.count / most * 100, "s1").svg(track, sheet, mirrored=sheet.rtl))
            at, anchor = (box.x, "start") if sheet.rtl else (box.x + box.width, "end")
            pieces.append(sheet.text(at, middle + 4, self._count(part, voice), MUTED, anchor=anchor))
        return "".join(pieces)

    def grid(self, voice: Voice) -> Grid:
        """The data table: a row a part, with a tick under each set that it lies in."""
        heads = (*(Head(one.title, numeric=False) for one in self.sets), Head(self.measure.title))
        lines = tuple(
            Line(
                tuple(GridCell(voice.format.label(one), numeric=False) for one in part.inside),
                (GridCell(self._count(part, voice), href=self._behind(part, voice)),),
            )
            for part in self.parts
        )
        return Grid((heads,), lines, self.measure.title)

    def _drawn(self) -> tuple[Part, ...]:
        return self.parts[:SHOWN]

    def _most(self) -> float:
        return max((part.count or 0 for part in self.parts), default=0) or 1.0

    def _sets(self, voice: Voice) -> Rows:
        most = max((size or 0 for size in self.sizes), default=0) or 1.0
        rows: list[Row] = []
        for number, (one, size) in enumerate(zip(self.sets, self.sizes, strict=True), 1):
            spans = () if size is None else (Span(0, size / most * 100, "s2"),)
            text = voice._("hidden") if size is None else voice.format.exact(size, self.measure.unit)
            rows.append(
                Row(f"{number} · {one.title}", text, spans, voice.link("segment", one.name.removeprefix("in.")))
            )
        return Rows(tuple(rows), plain=True)

    def _line(self, part: Part, most: float, voice: Voice) -> Markup:
        dots = [
            element("i", str(number) if inside else "", class_="in" if inside else "out")
            for number, inside in enumerate(part.inside, 1)
        ]
        said = self._said(part, voice)
        href = self._behind(part, voice)
        name = element("span", *dots, class_="dots", aria_hidden="true")
        text = element("span", said, class_="unseen")
        bar = "" if part.count is None else Span(0, part.count / most * 100, "s1").html()
        return element(
            "li",
            element("a", name, text, href=href, class_="name", title=said)
            if href
            else element("span", name, text, class_="name", title=said),
            element("span", bar, class_="track"),
            element("span", written(self._count(part, voice)), class_="value"),
        )

    def _behind(self, part: Part, voice: Voice) -> str | None:
        return voice.behind({one.name: held for one, held in zip(self.sets, part.inside, strict=True)})

    def _said(self, part: Part, voice: Voice) -> str:
        inside = [one.title for one, held in zip(self.sets, part.inside, strict=True) if held]
        if not inside:
            return voice._("in none of them")
        return voice._("only in %(sets)s", sets=" + ".join(inside))

    def _count(self, part: Part, voice: Voice) -> str:
        return voice._("hidden") if part.hidden else voice.format.exact(part.count, self.measure.unit)
