"""A chart as a file of SVG that needs no page: for PNG, documents and slides."""

from dataclasses import dataclass
from typing import Final

from punchcard.chart.draw import TABLES, nothing
from punchcard.chart.drawable import Drawable
from punchcard.chart.layout.ledger import height_of
from punchcard.chart.layout.sheet import MUTED, SMALL, TITLE, Box, Sheet
from punchcard.chart.palette import LIGHT, Palette
from punchcard.chart.voice import Voice

MARGIN: Final = 28
TALLEST: Final = 2000  # pixels; a table of more rows says how many are left out


@dataclass(frozen=True, slots=True)
class Picture:
    """What stands around a chart in a file: its title, what it covers (period and filters), where it comes from."""

    title: str
    subtitle: str = ""
    foot: str = ""
    palette: Palette = LIGHT
    width: int = 960
    height: int = 540


def standalone(chart: Drawable, voice: Voice, picture: Picture) -> str:
    """The chart as a whole SVG document with every attribute in place."""
    width = picture.width
    height = max(picture.height, min(TALLEST, _needed(chart, voice)))
    sheet = Sheet(picture.palette, voice.language.tag, voice.language.direction == "rtl")
    box = Box(0, 0, width, height).inset(left=MARGIN, right=MARGIN, top=MARGIN, bottom=MARGIN + 6)
    side, anchor = (box.x + box.width, "end") if sheet.rtl else (box.x, "start")
    parts = [sheet.box(Box(0, 0, width, height), "surface")]
    parts.append(sheet.text(side, box.y + 14, picture.title, TITLE, anchor=anchor, room=box.width))
    parts.append(sheet.text(side, box.y + 36, picture.subtitle, MUTED, anchor=anchor, room=box.width))
    parts.append(sheet.text(side, height - 14, picture.foot, SMALL, anchor=anchor, room=box.width))
    if chart.empty:
        parts.append(sheet.text(width / 2, height / 2, nothing(voice).striptags(), MUTED, anchor="middle"))
    else:
        parts.append(chart.svg(box.inset(top=56 if picture.subtitle else 38), voice, sheet))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def _needed(chart: Drawable, voice: Voice) -> int:
    """How high a table must be for all its rows; any other chart fits any height."""
    grid = chart.grid(voice) if chart.kind in TABLES and not chart.empty else None
    return round(height_of(grid)) + 56 + 2 * MARGIN + 6 if grid else 0
