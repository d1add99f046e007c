"""The colours. Exports take them from here; `web/static/punchcard.css` holds the same, which a test makes sure of."""

from dataclasses import dataclass
from typing import Final

FONTS: Final = 'Inter, system-ui, "Segoe UI", "Noto Sans", "Noto Sans Arabic", "Noto Sans KR", sans-serif'
KOREAN_FONTS: Final = '"Noto Sans CJK KR", ' + FONTS
SERIES: Final = 6  # categories that get a colour of their own; the rest are "other"


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme. Colours are asked for by role, as in the style sheet: `palette["s1"]`, `palette["muted"]`."""

    name: str
    roles: dict[str, str]
    categories: tuple[str, ...]
    ramp: tuple[str, ...]
    ink: tuple[str, ...]  # the readable text on each colour of the ramp

    def __getitem__(self, role: str) -> str:
        return self.roles[role]


def _palette(name: str, roles: dict[str, str], categories: str, steps: str, inks: tuple[str, str]) -> Palette:
    """Colours by role; after the bar in `steps` the second ink is the readable one."""
    colours = tuple(categories.split())
    low, _, high = steps.partition("|")
    ramp = (*low.split(), *high.split())
    series = {f"s{place}": colour for place, colour in enumerate(colours, start=1)}
    shades = {f"r{place}": colour for place, colour in enumerate(ramp)}
    ink = (inks[0],) * len(low.split()) + (inks[1],) * len(high.split())
    return Palette(name, {**roles, **series, **shades}, colours, ramp, ink)


LIGHT: Final = _palette(
    "light",
    {
        "bg": "#f6f7f9",
        "surface": "#ffffff",
        "border": "#e1e4ea",
        "text": "#171a21",
        "muted": "#5b6472",
        "accent": "#2456c7",
        "soft": "#d8e1f5",
        "track": "#eef0f4",
        "good": "#0f6b4f",
        "bad": "#b3261e",
        "other": "#8a93a1",
    },
    "#2456c7 #b3400a #109e93 #4a1d7a #b8830c #7a0f3a",
    "#eef3fe #dbe6fd #c0d3fb #9db9f6 #7799ec | #4a70d6 #355cc8 #2445a6 #172f7a",
    ("#171a21", "#ffffff"),
)
DARK: Final = _palette(
    "dark",
    {
        "bg": "#0f1116",
        "surface": "#171a21",
        "border": "#2b303a",
        "text": "#eceef2",
        "muted": "#a5adba",
        "accent": "#8fb0ff",
        "soft": "#263556",
        "track": "#232833",
        "good": "#5fd3a5",
        "bad": "#ff9a90",
        "other": "#7b8494",
    },
    "#7ea6ff #e08a52 #4fe3dc #8f63d2 #f2d24b #c9486a",
    "#1b2233 #202c4a #263a68 #2e4a8a #3a5eae #4870c6 | #6f94e2 #97b4f2 #c5d6fb",
    ("#ffffff", "#0b1020"),
)
PALETTES: Final = {palette.name: palette for palette in (LIGHT, DARK)}


def shade(value: float, low: float, high: float) -> int:
    """The step of the ramp for a value between the least and the greatest shown."""
    steps = len(LIGHT.ramp)
    if high <= low:
        return steps // 2
    return min(steps - 1, max(0, int((value - low) / (high - low) * steps)))


def series_role(place: int, *, other: bool = False) -> str:
    """The colour role of the nth series, from 0."""
    return "other" if other or place >= SERIES else f"s{place + 1}"
