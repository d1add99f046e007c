"""A chart on a page: the picture, and under it the table of its figures, which hover reads too."""

from typing import Final

from markupsafe import Markup

from punchcard.chart.drawable import Drawable
from punchcard.chart.html import element
from punchcard.chart.voice import Voice

INLINE_ROWS: Final = 200  # a longer data table is fetched when it is wanted
TABLES: Final = frozenset(("table", "heat", "pivot"))  # kinds that are tables themselves


def draw(chart: Drawable, voice: Voice, *, table_href: str | None = None, opened: bool = False) -> Markup:
    """The chart with its data table, `opened` or not; `table_href` is where a long one is to be had (`data_table`)."""
    if chart.empty:
        return nothing(voice)
    picture = element("div", chart.html(voice), class_=f"chart {chart.kind}")
    if chart.kind in TABLES:
        return picture
    return picture + _details(chart, voice, table_href, opened=opened)


def data_table(chart: Drawable, voice: Voice) -> Markup:
    """The data table alone: the reply to `table_href`."""
    grid = chart.grid(voice)
    return grid.html(class_="grid") if grid else Markup("")


def nothing(voice: Voice) -> Markup:
    """What a chart without figures says."""
    return element(
        "div",
        element("p", voice._("No data in this period")),
        element("p", voice._("Choose a longer period, or take away a filter."), class_="hint"),
        class_="nothing",
    )


def failed(message: str, voice: Voice) -> Markup:
    """What a tile says whose question could not be answered."""
    return element(
        "div",
        element("p", voice._("This figure could not be computed")),
        element("p", message, class_="hint"),
        class_="nothing failed",
        role="alert",
    )


def _details(chart: Drawable, voice: Voice, table_href: str | None, *, opened: bool) -> Markup:
    grid = chart.grid(voice)
    if grid is None:
        return Markup("")
    if table_href and len(grid.lines) > INLINE_ROWS:
        table = element("a", voice._("Show all rows"), href=table_href)
        source = table_href
    else:
        table, source = grid.html(class_="grid"), None
    region = element("div", table, class_="scroll", tabindex="0", role="group", aria_label=voice._("Table"))
    return element("details", element("summary", voice._("Data")), region, class_="data", open=opened, data_src=source)
