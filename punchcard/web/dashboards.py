"""Dashboards: the frame of the page at once, each tile when it is ready, and every tile alone."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Stream

from punchcard.analyses.ranking import Ranking
from punchcard.catalog.catalog import Catalog
from punchcard.dashboard import Control, Dashboard, View, question
from punchcard.errors import QueryError
from punchcard.plan.dimension import is_history
from punchcard.query import Query
from punchcard.result import Cell
from punchcard.web import filters, forms, pages, view
from punchcard.web.address import Address
from punchcard.web.bar import bar, reading_menu
from punchcard.web.layout import AS_DECLARED, COOKIE
from punchcard.web.missing import found
from punchcard.web.site import Here, Visit, metrics_of, questions
from punchcard.web.tiles import HEIGHTS, Spot, tile

HTML = "text/html"
SEE_OTHER: Final = 303
A_YEAR = 31_536_000
Form = URLEncodedBody[dict[str, str]]
# Tiles computed at a time, over all readers: more would only take turns on the processors.
TOGETHER = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tile")
VALUES = 100  # values of a dimension offered in a list


def page_address(name: str, visit: Visit) -> Address:
    """The address of a dashboard as the reader has set it."""
    return Address(f"/d/{name}", visit.address.pairs).to(lang=None, of=None)


def view_of(visit: Visit, dashboard: Dashboard, page: Address) -> View:
    """What the reader has chosen: all of it is in the address."""
    return View(
        period=page.get("period"),
        compare=page.get("compare"),
        filters=filters.read(page),
        reading=page.get("reading"),  # type: ignore[arg-type]  # `question` decodes it and says what is wrong
        known_at=page.get("known_at"),
        choices={
            control.name: chosen
            for control in dashboard.choices()
            if control.name is not None and (chosen := choice(visit, dashboard, control, page)) is not None
        },
    )


def choice(visit: Visit, dashboard: Dashboard, control: Control, page: Address) -> str | None:
    """What is chosen of a named control: what the address says, else its nth option or value."""
    given = page.get(control.name or "")
    if given is not None:
        return given
    offered = [value for value, _ in choices(visit, dashboard, control, page)]
    return offered[min(control.nth, len(offered)) - 1] if offered else None


def choices(visit: Visit, dashboard: Dashboard, control: Control, page: Address) -> list[tuple[str, str]]:
    """The values that a named control offers, each with its title."""
    if control.dimension is None:
        return list(control.options.items())
    asked = values_of(visit, dashboard, control, page.to(f=None))
    return [(str(value), visit.format.label(value)) for value, _ in asked if value is not None]


def values_of(visit: Visit, dashboard: Dashboard, control: Control, page: Address) -> list[tuple[Cell, Cell]]:
    """The values of a control's dimension with their figures, the largest first."""
    dimension = control.dimension or ""
    metric = control.metric or _metric_for(visit, dashboard, dimension)
    return _largest(visit, Query(ask=_by(metric, dimension), period=page.get("period") or dashboard.period))


def _metric_for(visit: Visit, dashboard: Dashboard, dimension: str) -> str:
    """The first metric of the dashboard that can be read by a dimension."""
    for name in metrics_of(dashboard):
        if visit.readable(name, dimension):
            return name
    raise QueryError(f"no metric of this dashboard can be read by '{dimension}'; name one in the control's 'metric'")


def spots(visit: Visit, name: str, dashboard: Dashboard, page: Address) -> tuple[Spot, ...]:
    """The places of a dashboard's tiles."""
    return tuple(spot(visit, name, dashboard, page, place) for place in range(len(dashboard.tiles)))


def spot(visit: Visit, name: str, dashboard: Dashboard, page: Address, place: int) -> Spot:
    """The place of one tile."""
    declared = dashboard.tiles[place]

    def asked() -> Query:
        return question(dashboard, declared, view_of(visit, dashboard, page))

    return Spot(
        str(place),
        declared.title,
        asked,
        Address(f"/d/{name}/t/{place}", page.pairs),
        page,
        declared.width,
        HEIGHTS.get(str(declared.ask.get("kind")), 300),
        str(Address(f"/d/{declared.link}", page.pairs).only("period", "compare", "f")) if declared.link else None,
        declared.hint,
        arrange=view.Arrange(f"/d/{name}/layout", page.query, place in visit.layout.first),
    )


def filter_bar(visit: Visit, name: str, dashboard: Dashboard, page: Address) -> view.FilterBar:
    """The controls of a dashboard."""
    compare = page.get("compare") or dashboard.compare
    menus = [_menu(visit, dashboard, control, page) for control in dashboard.choices()]
    if _changes(dashboard, filters.read(page)):
        menus.append(reading_menu(visit, page, page.get("reading") or "at_event"))
    fields = tuple(
        view.FilterField(title, src=str(Address(f"/d/{name}/values", page.pairs).to(of=dimension)))
        for dimension, title in narrowings(visit, dashboard).items()
    )
    return bar(
        visit,
        page,
        period=page.get("period") or dashboard.period,
        compare=None if compare == "none" else compare,
        metrics=metrics_of(dashboard),
        menus=tuple(menus),
        fields=(*fields, *_segments(visit.catalog, name, page)),
        part=f"/d/{name}/bar",
    )


def narrowings(visit: Visit, dashboard: Dashboard) -> dict[str, str]:
    """What the reader can filter by, with its title: the dashboard's own controls, then all that every metric knows."""
    found = {one.dimension: one.title for one in dashboard.controls if one.name is None and one.dimension is not None}
    metrics = metrics_of(dashboard)
    known = [visit.readings(metric) for metric in metrics]
    for dimension in known[0] if known else ():
        if dimension not in found and all(dimension in names for names in known):
            found[dimension] = visit.titled(dimension, metrics)
    return found


def _segments(catalog: Catalog, name: str, page: Address) -> tuple[view.FilterField, ...]:
    if not catalog.segments:
        return ()
    return (view.FilterField("Segment", src=str(Address(f"/d/{name}/values", page.pairs).to(of="segment"))),)


def _menu(visit: Visit, dashboard: Dashboard, control: Control, page: Address) -> view.Menu:
    key = control.name or ""
    offered = dict(choices(visit, dashboard, control, page))
    now = choice(visit, dashboard, control, page)
    anchors = tuple(view.Anchor(title, str(page.to(**{key: value})), value == now) for value, title in offered.items())
    title = offered.get(now, now) if now is not None else visit._("nothing to choose")
    return view.Menu(f"choice-{key}", control.title, title, anchors)


def _changes(dashboard: Dashboard, narrowing: filters.Filters) -> bool:
    """Whether anything on the dashboard depends on when a member's attribute is read."""
    named = [dimension for query in questions(dashboard) for dimension in query.ask.dimensions()]
    named += [control.dimension for control in dashboard.controls if control.dimension is not None]
    named += [one.dimension or "segment" for one in narrowing]
    return any(is_history(name) for name in named)


@get("/", sync_to_thread=True, media_type=HTML)
def whole(visit: Here, name: FromPath[str]) -> Stream:
    """A dashboard: its frame first, then each tile as it is ready."""
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    page = page_address(name, visit)
    places, folded = visit.layout.arranged(spots(visit, name, dashboard, page))
    shown = view.DashboardPage(
        visit.shell(dashboard.title, "dashboards", (view.Anchor(visit._("Dashboards"), "/dashboards"),)),
        dashboard.question,
        filter_bar(visit, name, dashboard, page),
        tuple(one.slot for one in places),
        str(page),
        related=tuple(
            view.Anchor(visit.dashboards[link].title, str(Address(f"/d/{link}", page.pairs).only("period", "f")))
            for link in dashboard.links
            if link in visit.dashboards
        ),
        file=f"/d/{name}/file" if visit.own_file(name) is not None else None,
        parts=f"/d/{name}/parts",
        folded=tuple(view.Hidden(one.id, one.title) for one in folded),
        arrange=view.Arrange(f"/d/{name}/layout", page.query, arranged=visit.layout != AS_DECLARED),
    )
    return Stream(pages.stream(shown, drawn(visit, places)), media_type=HTML)


async def drawn(visit: Visit, places: tuple[Spot, ...]) -> AsyncIterator[view.Tile]:
    """The tiles in order of readiness; a slow one holds up no other."""
    loop = asyncio.get_running_loop()
    tasks = [loop.run_in_executor(TOGETHER, tile, visit, one) for one in places]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()


@get("/parts", sync_to_thread=True, media_type=HTML)
def parts(visit: Here, name: FromPath[str]) -> Stream:
    """The filter bar and all tiles anew, for a page that is there already."""
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    page = page_address(name, visit)
    anew = filter_bar(visit, name, dashboard, page)
    tiles = drawn(visit, visit.layout.arranged(spots(visit, name, dashboard, page))[0])
    return Stream(pages.parts(anew, tiles, visit.language), media_type=HTML)


@get("/bar", sync_to_thread=True, media_type=HTML)
def controls(visit: Here, name: FromPath[str]) -> str:
    """The filter bar alone."""
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    return pages.bar(filter_bar(visit, name, dashboard, page_address(name, visit)), visit.language)


@get("/values", sync_to_thread=True, media_type=HTML)
def values(visit: Here, name: FromPath[str]) -> str:
    """The values of one dimension to filter by, the largest first."""
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    page, dimension = page_address(name, visit), visit.address.get("of") or ""
    if dimension == "segment":
        return pages.choices(segment_choices(visit, page), visit.language)
    found(narrowings(visit, dashboard), dimension, visit._("filter"))
    controls = (one for one in dashboard.controls if one.name is None and one.dimension == dimension)
    control = next(controls, Control(title=dimension, dimension=dimension))
    asked = values_of(visit, dashboard, control, page)
    return pages.choices(value_choices(visit, page, filters.read(page), dimension, asked), visit.language)


def value_choices(
    visit: Visit, page: Address, narrowing: filters.Filters, dimension: str, asked: list[tuple[Cell, Cell]]
) -> tuple[view.Anchor, ...]:
    """Values as links that tick them, those ticked already at the top even if they are none of the largest."""
    ticked = filters.chosen(narrowing, dimension)
    offered = [filters.scalar(value) for value, _ in asked]
    every = (*(one for one in ticked if one not in offered), *offered)
    return tuple(
        view.Anchor(
            visit.format.label(value),
            str(filters.write(page, filters.toggled(narrowing, dimension, value))),
            value in ticked,
        )
        for value in every
    )


def segment_choices(visit: Visit, page: Address) -> tuple[view.Anchor, ...]:
    """The project's segments as links that keep only their members, or no longer."""
    narrowing = filters.read(page)
    in_force = {one.segment for one in narrowing if one.segment is not None}
    return tuple(
        view.Anchor(
            segment.title,
            str(filters.write(page, filters.with_segment(narrowing, name))),
            name in in_force,
            segment.meaning,
        )
        for name, segment in visit.catalog.segments.items()
    )


def narrowing_choices(visit: Visit, page: Address, query: Query, metrics: Iterable[str]) -> str:
    """The values of the dimension `of` in the address to filter a question by, the largest by the first such metric."""
    dimension = visit.address.get("of") or ""
    if dimension == "segment":
        return pages.choices(segment_choices(visit, page), visit.language)
    metric = next((name for name in metrics if visit.readable(name, dimension)), None)
    if metric is None:
        raise QueryError(f"nothing in this question can be read by '{dimension}'")
    asked = _largest(visit, Query(ask=_by(metric, dimension), period=query.period, parameters=query.parameters))
    return pages.choices(value_choices(visit, page, query.filters, dimension, asked), visit.language)


def _by(metric: str, dimension: str) -> Ranking:
    return Ranking(metrics=(metric,), by=dimension, top=VALUES, total=False)


def _largest(visit: Visit, query: Query) -> list[tuple[Cell, Cell]]:
    found = visit.site.ask(query).result
    other = found.index("other")
    return [(row[0], row[1]) for row in found.rows if not row[other]]


@get("/t/{place:int}", sync_to_thread=True, media_type=HTML)
def alone(visit: Here, name: FromPath[str], place: FromPath[int]) -> str:
    """One tile."""
    return pages.tile(tile(visit, _spot(visit, name, place)), visit.language)


@get("/t/{place:int}/{form:str}", sync_to_thread=True)
def form(visit: Here, name: FromPath[str], place: FromPath[int], form: FromPath[str]) -> Response[bytes]:
    """One tile in another form: its method, its table, a file."""
    return forms.reply(visit, _spot(visit, name, place), form)


def _spot(visit: Visit, name: str, place: int) -> Spot:
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    number = found({str(at): at for at in range(len(dashboard.tiles))}, str(place), visit._("tile"))
    return spot(visit, name, dashboard, page_address(name, visit), number)


@post("/layout", status_code=SEE_OTHER, sync_to_thread=True)
def arrange(visit: Here, name: FromPath[str], data: Form) -> Redirect:
    """Keep a tile of the reader's own page first, fold it away, or (`reset`) have all as declared again."""
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    deed, place, query = (data.get(one, "") for one in ("do", "place", "query"))
    layout = AS_DECLARED
    if deed != "reset":
        if not place.isdigit() or int(place) >= len(dashboard.tiles):
            raise QueryError(f"the dashboard has no tile {place or 'without a number'}")
        layout = visit.layout.after(deed, int(place))
    seconds = A_YEAR if layout != AS_DECLARED else 0
    cookie = Cookie(key=COOKIE, value=layout.written, path=f"/d/{name}", max_age=seconds, httponly=True, samesite="lax")
    return Redirect(f"/d/{name}{'?' if query else ''}{query}", status_code=SEE_OTHER, cookies=[cookie])


routes = Router(
    "/d/{name:str}",
    route_handlers=[whole, parts, controls, values, alone, form, arrange],
    include_in_schema=False,
)
