"""Pages: views to HTML. A dashboard leaves in pieces: its frame at once, each tile when it is ready."""

from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from punchcard.i18n import Language
from punchcard.web import audience_view, segment_views, view

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"
PART_ENDS: Final = "<!--part-->"  # cannot occur in a part: all text in it is escaped
_TILES_HERE: Final = "\x00tiles\x00"  # cannot occur in a page

_TEMPLATE_OF: Final[dict[type, str]] = {
    view.HomePage: "home.html",
    view.ExplorePage: "explore.html",
    view.BehaviourPage: "behaviour.html",
    view.CataloguePage: "catalogue.html",
    view.MetricPage: "metric.html",
    view.TablePage: "table.html",
    view.ColumnPage: "column.html",
    view.DataPage: "data.html",
    view.FilePage: "file.html",
    view.MembersPage: "members.html",
    view.MemberPage: "member.html",
    view.MessagePage: "message.html",
    segment_views.SegmentsPage: "segments.html",
    segment_views.SegmentPage: "segment.html",
    segment_views.OverlapPage: "overlap.html",
    segment_views.BuilderPage: "segment_new.html",
    audience_view.AudiencePage: "audience.html",
}

Page = (
    view.HomePage
    | view.ExplorePage
    | view.BehaviourPage
    | view.CataloguePage
    | view.MetricPage
    | view.TablePage
    | view.ColumnPage
    | view.DataPage
    | view.FilePage
    | view.MembersPage
    | view.MemberPage
    | view.MessagePage
    | segment_views.SegmentsPage
    | segment_views.SegmentPage
    | segment_views.OverlapPage
    | segment_views.BuilderPage
    | audience_view.AudiencePage
)


def page(shown: Page) -> str:
    """A whole page."""
    return _rendered(_TEMPLATE_OF[type(shown)], shown.shell.language, page=shown, shell=shown.shell)


async def stream(shown: view.DashboardPage, tiles: AsyncIterator[view.Tile]) -> AsyncIterator[str]:
    """A dashboard in pieces: the frame with a held place for each tile, the tiles as they come, the end."""
    opening, closing = around(shown)
    yield opening
    async for one in tiles:
        yield tile(one, shown.shell.language)
    yield closing


async def parts(anew: view.FilterBar, tiles: AsyncIterator[view.Tile], language: Language) -> AsyncIterator[str]:
    """The filter bar and the tiles of a page that is already there, each with a mark behind it."""
    yield bar(anew, language) + PART_ENDS
    async for one in tiles:
        yield tile(one, language) + PART_ENDS


def whole(shown: view.DashboardPage, tiles: Iterator[view.Tile]) -> str:
    """A dashboard in one piece, when all its tiles are there already."""
    opening, closing = around(shown)
    return "".join((opening, *(tile(one, shown.shell.language) for one in tiles), closing))


def around(shown: view.DashboardPage) -> tuple[str, str]:
    """What stands before and after the tiles of a dashboard."""
    text = _rendered("dashboard.html", shown.shell.language, page=shown, shell=shown.shell, tiles_here=_TILES_HERE)
    opening, _, closing = text.partition(_TILES_HERE)
    return opening, closing


def tile(shown: view.Tile, language: Language) -> str:
    """One tile, for its place in a page that is already there."""
    return _rendered("tile.html", language, tile=shown)


def bar(shown: view.FilterBar, language: Language) -> str:
    """The filter bar anew, after something in the address has changed."""
    return _rendered("bar.html", language, bar=shown)


def how(shown: tuple[view.Method, ...], language: Language) -> str:
    """How the figures of a tile are computed, for its popover."""
    return _rendered("how.html", language, methods=shown)


def choices(shown: tuple[view.Anchor, ...], language: Language) -> str:
    """The values of a filter, for its list."""
    return _rendered("choices.html", language, choices=shown)


def failed(message: str, language: Language) -> str:
    """What stands in the place of a part that could not be made."""
    return _rendered("failed.html", language, message=message)


def explore_part(shown: view.ExplorePage) -> str:
    """The question and its answer anew, without the page around them."""
    return _rendered("explore_part.html", shown.shell.language, page=shown)


def behaviour_part(shown: view.BehaviourPage) -> str:
    """The question of behaviour and its answer anew, without the page around them."""
    return _rendered("behaviour_part.html", shown.shell.language, page=shown)


def segment_part(shown: segment_views.BuilderPage) -> str:
    """The rule that is being built and its count anew, without the page around them."""
    return _rendered("segment_new_part.html", shown.shell.language, page=shown)


def _rendered(template: str, language: Language, **values: object) -> str:
    return (
        _environment()
        .get_template(template)
        .render(_=language._, ngettext=language.ngettext, language=language, **values)
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
