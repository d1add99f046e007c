"""Saved: a question from Explore becomes a tile in a file of the project, which can be looked at and taken back."""

from hashlib import sha256
from pathlib import Path

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from punchcard.dashboard import Tile
from punchcard.errors import QueryError
from punchcard.query import Query, from_url, to_url
from punchcard.web import pages, view
from punchcard.web.changes import SEE_OTHER, Form, change, one_at_a_time
from punchcard.web.dashboard_file import decoded, file_name, new_file, numbered, with_tile, without_tile
from punchcard.web.dashboards import HTML
from punchcard.web.missing import NotFound, found
from punchcard.web.ours import ours
from punchcard.web.site import Here, Visit
from punchcard.web.undo import DONE


def own(visit: Visit) -> tuple[view.Hidden, ...]:
    """The dashboards that tiles can be added to, by name and title."""
    return tuple(view.Hidden(name, one.title) for name, one in visit.dashboards.items() if visit.own_file(name))


def keep(visit: Visit, query: Query) -> tuple[view.Hidden, ...]:
    """What the form for saving carries along."""
    return (view.Hidden("token", visit.site.token), view.Hidden("question", to_url(query)))


@post("/saved/tile", status_code=SEE_OTHER, sync_to_thread=True)
def save(visit: Here, data: Form) -> Redirect:
    """Write a question into a dashboard's file."""
    ours(visit, data)
    query = from_url(data.get("question", ""))
    visit.site.ask(query)  # what cannot be answered is not saved
    tile = _tile(data.get("title", "").strip()[:80] or "Saved", query, own_period=data.get("period") == "own")
    with one_at_a_time:
        name = known = data.get("dashboard", "")
        if known:
            path = _file(visit, name)
            text = with_tile(path.read_text(encoding="utf-8"), tile)
        else:
            title = data.get("new", "").strip()[:80] or tile.title
            name = _free(visit, file_name(title))
            path = visit.folder / f"{name}.yaml"
            text = new_file(title, query.period, query.compare, tile)
        dashboard = decoded(text, path, visit.catalog, visit.dashboards)
        said = visit._("'%(tile)s' is on the dashboard.", tile=tile.title)
        done = change(visit, said, {f"dashboards/{path.name}": text}, f"/d/{name}" if known else "/dashboards")
    return Redirect(f"/d/{name}?{DONE}={done}#t-{len(dashboard.tiles) - 1}", status_code=SEE_OTHER)


@get("/d/{name:str}/file", sync_to_thread=True, media_type=HTML)
def file(visit: Here, name: FromPath[str]) -> str:
    """The file of a dashboard of the project, with a way to take tiles out of it."""
    dashboard = found(visit.dashboards, name, visit._("dashboard"))
    path = _file(visit, name)
    text = path.read_text(encoding="utf-8")
    crumbs = (view.Anchor(visit._("Dashboards"), "/dashboards"), view.Anchor(dashboard.title, f"/d/{name}"))
    return pages.page(
        view.FilePage(
            visit.shell(f"dashboards/{path.name}", "dashboards", crumbs),
            text,
            tuple(tile.title for tile in dashboard.tiles),
            f"/d/{name}/file/remove",
            (view.Hidden("token", visit.site.token), view.Hidden("text", _digest(text))),
        )
    )


@post("/d/{name:str}/file/remove", status_code=SEE_OTHER, sync_to_thread=True)
def remove(visit: Here, name: FromPath[str], data: Form) -> Redirect:
    """Take one tile out of a dashboard's file; the file goes with its last tile."""
    ours(visit, data)
    with one_at_a_time:
        path = _file(visit, name)
        text = path.read_text(encoding="utf-8")
        place = data.get("place", "")
        if _digest(text) != data.get("text") or not place.isdigit() or int(place) >= len(visit.dashboards[name].tiles):
            raise QueryError("the file has changed since you looked at it; look again before you take a tile out")
        shorter = without_tile(text, int(place))
        said = visit._("'%(tile)s' was taken out.", tile=visit.dashboards[name].tiles[int(place)].title)
        back = "/dashboards" if shorter is None else f"/d/{name}/file"
        done = change(visit, said, {f"dashboards/{path.name}": shorter}, back)
    return Redirect(f"{back}?{DONE}={done}", status_code=SEE_OTHER)


def _tile(title: str, query: Query, *, own_period: bool) -> Tile:
    return Tile(
        title=title,
        ask=msgspec.to_builtins(query.ask),
        filters=tuple(msgspec.to_builtins(query.filters)),
        period=query.period if own_period else None,
        compare=query.compare if own_period else None,
        reading=query.reading if query.reading != "at_event" else None,
        parameters=query.parameters,
    )


def _file(visit: Visit, name: str) -> Path:
    path = visit.own_file(name)
    if path is None:
        raise NotFound(f"no dashboard '{name}' among the project's own files")
    return path


def _free(visit: Visit, name: str) -> str:
    taken = {*visit.dashboards, *(path.stem for path in visit.folder.glob("*.yaml"))}
    return next(one for one in numbered(name) if one not in taken)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


routes = Router("/", route_handlers=[save, file, remove], include_in_schema=False)
