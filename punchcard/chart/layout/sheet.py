"""Sheet: drawing for exports, where no style sheet reaches: every attribute inline, every text with its fonts."""

from dataclasses import dataclass

from markupsafe import escape

from punchcard.chart.html import number
from punchcard.chart.palette import FONTS, KOREAN_FONTS, Palette

CHARACTER = 0.56  # width of a character of our sans-serif in parts of its size, a little generous


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the sheet, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def inset(
        self, *, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0
    ) -> "Box":
        """The box without margins."""
        return Box(
            self.x + left,
            self.y + top,
            self.width - left - right,
            self.height - top - bottom,
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel at percent coordinates."""
        return self.x + self.width * x / 100, self.y + self.height * y / 100


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
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        role: str = "text",
        colour: str | None = None,
        anchor: str = "start",
        weight: int = 400,
        room: float | None = None,
    ) -> str:
        """A line of text by its baseline; cut with an ellipsis to fit `room` pixels. `start` is left, also in Arabic."""
        if room is not None:
            most = max(1, int(room / (size * CHARACTER)))
            words = words if len(words) <= most else words[: max(1, most - 1)] + "…"
        # resvg lays a right-to-left run out from its anchor as a left-to-right reader expects: anchors are physical here.
        return (
            f'<text x="{number(x)}" y="{number(y)}" font-family="{escape(self.fonts)}" font-size="{number(size)}" '
            f'font-weight="{weight}" text-anchor="{anchor}" fill="{colour or self.palette[role]}">{escape(words)}</text>'
        )

    def box(self, box: Box, role: str, *, opacity: float = 1, radius: float = 0) -> str:
        """A filled rectangle."""
        return (
            f'<rect x="{number(box.x)}" y="{number(box.y)}" width="{number(max(0, box.width))}" '
            f'height="{number(max(0, box.height))}" rx="{number(radius)}" fill="{self.palette[role]}"'
            f"{_opacity(opacity)}/>"
        )

    def line(
        self, path: str, role: str, *, width: float = 1, dashed: bool = False
    ) -> str:
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
