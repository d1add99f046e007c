"""A chart as a file of SVG that needs no page: for PNG, documents and slides."""

from typing import Final

from punchcard.chart.draw import nothing
from punchcard.chart.drawable import Drawable
from punchcard.chart.layout.sheet import Box, Sheet
from punchcard.chart.palette import PALETTES
from punchcard.chart.voice import Voice

WIDTH: Final = 960
HEIGHT: Final = 540
MARGIN: Final = 28
FOOT: Final = 34


def standalone(
    chart: Drawable,
    voice: Voice,
    *,
    title: str,
    subtitle: str = "",
    foot: str = "",
    theme: str = "light",
    width: int = WIDTH,
    height: int = HEIGHT,
) -> str:
    """The chart with its title, what it covers (period and filters), and where it comes from."""
    rtl = voice.language.direction == "rtl"
    sheet = Sheet(PALETTES[theme], voice.language.tag, rtl)
    box = Box(0, 0, width, height).inset(
        left=MARGIN, right=MARGIN, top=MARGIN, bottom=FOOT if foot else MARGIN
    )
    side, anchor = (box.x + box.width, "end") if rtl else (box.x, "start")
    parts = [sheet.box(Box(0, 0, width, height), "surface")]
    parts.append(
        sheet.text(
            side, box.y + 14, title, size=18, weight=650, anchor=anchor, room=box.width
        )
    )
    if subtitle:
        parts.append(
            sheet.text(
                side,
                box.y + 36,
                subtitle,
                size=12,
                role="muted",
                anchor=anchor,
                room=box.width,
            )
        )
    if foot:
        parts.append(
            sheet.text(
                side,
                height - 14,
                foot,
                size=11,
                role="muted",
                anchor=anchor,
                room=box.width,
            )
        )
    inside = box.inset(top=56 if subtitle else 38)
    if chart.empty:
        parts.append(
            sheet.text(
                width / 2,
                height / 2,
                nothing(voice).striptags(),
                role="muted",
                anchor="middle",
            )
        )
    else:
        parts.append(chart.svg(inside, voice, sheet))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )
