"""Frame: a plane with a value axis, an axis of places, and a legend. Time runs left to right in every language."""

from dataclasses import dataclass

from markupsafe import Markup

from punchcard.chart.html import element, number
from punchcard.chart.layout.scene import Mark, drawn, plane
from punchcard.chart.layout.sheet import MUTED, SMALL, Box, Look, Sheet, width_of
from punchcard.chart.scale import Scale, spread
from punchcard.chart.voice import Voice

ROOM = 7  # labels that fit under the narrowest wide chart; on a phone every other one is hidden by the style sheet


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at a percent of its axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend, with a `square`, a `dash` or a `tick` as the mark is drawn."""

    text: str
    role: str
    look: str = "square"
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything to be drawn around and inside the axes.

    `pointing` says how hover finds a row of the data table: the nearest `point` of evenly spread ones,
    the `band` under the pointer, the nearest of `places` on the plane, or `none`.
    `words` are figures written above a place of the plane. `edges` are the first days of the buckets and the day
    after the last, given when a period can be brushed.
    """

    marks: tuple[Mark, ...]
    y: tuple[Tick, ...]
    x: tuple[Tick, ...]
    legend: tuple[Key, ...] = ()
    pointing: str = "point"
    places: tuple[tuple[float, float], ...] = ()
    edges: tuple[str, ...] = ()
    words: tuple[tuple[float, float, str], ...] = ()
    x_title: str = ""
    y_title: str = ""

    def html(self, voice: Voice) -> Markup:
        """The frame for a page."""
        gutter = max((len(tick.text) for tick in self.y), default=0)
        plot = element(
            "div",
            element("div", *(self._y_label(tick) for tick in self.y), class_="ys"),
            element(
                "div", self._grid(), plane(self.marks), *(self._word(*word) for word in self.words), class_="plane"
            ),
            element("div", *(self._x_label(tick) for tick in self.x), class_="xs"),
            class_="plot",
            dir="ltr",
            style=f"--gutter:{gutter}ch",
            data_pointing=self.pointing,
            data_places=" ".join(f"{number(x)},{number(y)}" for x, y in self.places) or None,
            data_edges=" ".join(self.edges) or None,
            role="group",
            tabindex="0",
            aria_label=voice._("Chart. Arrow keys read the values one by one."),
        )
        return Markup("").join(
            (keys(self.legend), self._title(self.y_title, "yt"), plot, self._title(self.x_title, "xt"))
        )

    def svg(self, box: Box, sheet: Sheet) -> str:
        """The frame for an export."""
        parts: list[str] = []
        inside = box
        if self.legend:
            parts.append(keys_drawn(self.legend, box, sheet))
            inside = inside.inset(top=26)
        if self.y_title:
            parts.append(sheet.text(inside.x, inside.y + 12, self.y_title, SMALL))
            inside = inside.inset(top=20)
        gutter = max((width_of(tick.text, 11) for tick in self.y), default=0) + 10
        inside = inside.inset(left=gutter, bottom=24 + (18 if self.x_title else 0), top=6, right=6)
        for tick in self.y:
            x, y = inside.at(0, 100 - tick.at)
            parts.append(sheet.line(f"M{number(x)} {number(y)}h{number(inside.width)}", "border"))
            parts.append(sheet.text(x - 8, y + 4, tick.text, SMALL, anchor="end"))
        parts.append(drawn(self.marks, inside, sheet))
        for at, down, text in self.words:
            x, y = inside.at(at, down)
            parts.append(sheet.text(x, y - 5, text, Look(size=11, weight=500), anchor="middle"))
        for tick in self.x:
            x, y = inside.at(tick.at, 100)
            parts.append(sheet.text(x, y + 18, tick.text, SMALL, anchor="middle"))
        if self.x_title:
            x, y = inside.at(50, 100)
            parts.append(sheet.text(x, y + 36, self.x_title, SMALL, anchor="middle"))
        return "".join(parts)

    def _grid(self) -> Markup:
        return element("div", *(element("i", style=f"bottom:{number(tick.at)}%") for tick in self.y), class_="lines")

    @staticmethod
    def _word(x: float, y: float, text: str) -> Markup:
        return element("b", text, style=f"left:{number(x)}%;top:{number(y)}%")

    @staticmethod
    def _y_label(tick: Tick) -> Markup:
        return element("span", tick.text, style=f"bottom:{number(tick.at)}%")

    @staticmethod
    def _x_label(tick: Tick) -> Markup:
        edge = "first" if tick.at < 4 else "last" if tick.at > 96 else None
        return element("span", element("bdi", tick.text), class_=edge, style=f"left:{number(tick.at)}%")

    @staticmethod
    def _title(text: str, class_: str) -> Markup:
        return element("div", text, class_=f"axis {class_}") if text else Markup("")


def value_ticks(axis: Scale, unit: str, voice: Voice) -> tuple[Tick, ...]:
    """The labels of a value axis."""
    return tuple(
        Tick(axis.at(value), voice.format.axis(value, unit, step=axis.step, high=axis.high)) for value in axis.ticks
    )


def place_ticks(labels: tuple[str, ...], centres: tuple[float, ...], *, room: int = ROOM) -> tuple[Tick, ...]:
    """The labels of evenly spread places, thinned to those that fit."""
    return tuple(Tick(centres[place], labels[place]) for place in spread(len(labels), room))


def keys(legend: tuple[Key, ...]) -> Markup:
    """A legend for a page; an entry with an address is a link."""
    if not legend:
        return Markup("")
    return element("ul", *(element("li", _key(key)) for key in legend), class_="keys")


def _key(key: Key) -> Markup:
    swatch = element("i", class_=f"{key.look} {key.role}")
    name = element("bdi", key.text)
    return element("a", swatch, name, href=key.href) if key.href else element("span", swatch, name)


def keys_drawn(legend: tuple[Key, ...], box: Box, sheet: Sheet) -> str:
    """A legend for an export, 26 pixels high; it begins where reading begins."""
    parts: list[str] = []
    at = 0.0
    for key in legend:
        room = 17 + width_of(key.text, MUTED.size)
        x = box.x + box.width - at - 12 if sheet.rtl else box.x + at
        match key.look:
            case "dash":
                parts.append(sheet.line(f"M{number(x)} {number(box.y + 8)}h12", key.role, width=1.5, dashed=True))
            case "tick":
                parts.append(sheet.box(Box(x + 5, box.y + 2, 2, 12), key.role))
            case _:
                parts.append(sheet.box(Box(x, box.y + 3, 10, 10), key.role, radius=2))
        text_at, anchor = (x - 6, "end") if sheet.rtl else (x + 17, "start")
        parts.append(sheet.text(text_at, box.y + 12, key.text, MUTED, anchor=anchor))
        at += room + 18
    return "".join(parts)


class Framed:
    """A chart that is drawn in a frame."""

    __slots__ = ()

    def frame(self, voice: Voice) -> Frame:
        """The chart as marks and labels."""
        raise NotImplementedError

    def html(self, voice: Voice) -> Markup:
        """The chart for a page."""
        return self.frame(voice).html(voice)

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The chart for an export."""
        return self.frame(voice).svg(box, sheet)
