"""Sheet: drawing for exports, where no style sheet reaches: every attribute inline, every text with its fonts."""

from dataclasses import dataclass
from typing import Final
from unicodedata import bidirectional

from markupsafe import escape

from punchcard.chart.html import number
from punchcard.chart.palette import FONTS, KOREAN_FONTS, Palette

MARK: Final = "\u200f"
CHARACTER: Final = 0.56  # width of a character of our sans-serif in parts of its size, a little generous


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the sheet, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, *, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> "Box":
        """The box without margins."""
        return Box(self.x + left, self.y + top, self.width - left - right, self.height - top - bottom)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel at percent coordinates."""
        return self.x + self.width * x / 100, self.y + self.height * y / 100


@dataclass(frozen=True, slots=True)
class Look:
    """How a text is set. `colour` is for text on a colour of its own; otherwise the role decides."""

    size: float = 12
    role: str = "text"
    weight: int = 400
    colour: str | None = None


PLAIN: Final = Look()
MUTED: Final = Look(role="muted")
SMALL: Final = Look(size=11, role="muted")
STRONG: Final = Look(weight=700)
TITLE: Final = Look(size=18, weight=700)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn with: the colours, the fonts and the direction of writing."""

    palette: Palette
    tag: str = "en"
    rtl: bool = False

    @property
    def fonts(self) -> str:
        """The font list; it ends in sans-serif, without which vl-convert drops the whole text."""
        return KOREAN_FONTS if self.tag.startswith("ko") else FONTS

    def text(
        self, x: float, y: float, words: str, look: Look = PLAIN, *, anchor: str = "start", room: float | None = None
    ) -> str:
        """A line of text by its baseline, cut with an ellipsis to fit `room` pixels; `start` is left in Arabic too."""
        if room is not None:
            most = max(1, int(room / (look.size * CHARACTER)))
            words = words if len(words) <= most else words[: max(1, most - 1)] + "…"
        if any(bidirectional(character) in ("R", "AL") for character in words):
            words = f"{MARK}{words}{MARK}"  # else resvg sets the full stop of an Arabic sentence before its first word
        return (
            f'<text x="{number(x)}" y="{number(y)}" font-family="{escape(self.fonts)}" '
            f'font-size="{number(look.size)}" font-weight="{look.weight}" text-anchor="{anchor}" '
            f'fill="{look.colour or self.palette[look.role]}">{escape(words)}</text>'
        )

    def dot(self, x: float, y: float, role: str, *, radius: float, outlined: bool = False) -> str:
        """A filled circle, with a rim in the colour of the ground if it lies on a line."""
        rim = f' stroke="{self.palette["surface"]}" stroke-width="2"' if outlined else ' fill-opacity="0.8"'
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{self.palette[role]}"{rim}/>'

    def box(self, box: Box, role: str, *, opacity: float = 1, radius: float = 0) -> str:
        """A filled rectangle."""
        return (
            f'<rect x="{number(box.x)}" y="{number(box.y)}" width="{number(max(0, box.width))}" '
            f'height="{number(max(0, box.height))}" rx="{number(radius)}" fill="{self.palette[role]}"'
            f"{_opacity(opacity)}/>"
        )

    def line(self, path: str, role: str, *, width: float = 1, dashed: bool = False) -> str:
        """A stroked path."""
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        return (
            f'<path d="{path}" fill="none" stroke="{self.palette[role]}" stroke-width="{number(width)}" '
            f'stroke-linejoin="round" stroke-linecap="round"{dash}/>'
        )

    def shape(self, path: str, role: str, *, opacity: float = 1) -> str:
        """A filled path."""
        return f'<path d="{path}" fill="{self.palette[role]}"{_opacity(opacity)}/>'


def width_of(words: str, size: float) -> float:
    """About how wide a text is, in pixels."""
    return len(words) * size * CHARACTER


def _opacity(opacity: float) -> str:
    return "" if opacity == 1 else f' fill-opacity="{number(opacity)}"'
