"""Audience: whom a campaign is for, its control drawn by lot, taken out as a file or sent to another system.

What the page shows before is the question's own answer: reach and consents, the effect past campaigns had, the smallest
that would be seen, the control suggested. Target and control come by the same draw as `punchcard audience`.
"""

import os
from dataclasses import replace
from datetime import datetime

import msgspec
from litestar import Response, Router, get, post
from litestar.response import Redirect
from msgspec import structs

from punchcard.analyses.reach import Audience
from punchcard.audience import Drawn, asked, draw, for_the_operator, heads
from punchcard.delivery import Delivery, account, deliver, enter
from punchcard.errors import QueryError
from punchcard.exports.csv import of_rows
from punchcard.query import Query, converted, from_url, to_url
from punchcard.web import audience_view, pages, view
from punchcard.web.address import Address
from punchcard.web.changes import SEE_OTHER, Form
from punchcard.web.dashboards import HTML
from punchcard.web.forms import disposition
from punchcard.web.missing import found
from punchcard.web.ours import ours
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import DRAWN, Spot, in_force, tile

DRAW, CONTROL, HOOK = "draw", "control", "hook"


def address_of(query: Query) -> Address:
    """The page on which the audience of a question is drawn."""
    return Address.of(DRAWN, to_url(query))


@get("/", sync_to_thread=True, media_type=HTML)
def page(visit: Here) -> str:
    """The audience as it would be, and once the draw has a name, as it is drawn."""
    for_the_operator(visit.site.viewer)
    query, name = _asked(visit), (visit.address.get(DRAW) or "").strip()
    here = address_of(query)
    drawn = draw(visit.site.programme, query, visit.site.viewer, name) if name else None
    shown = audience_view.AudiencePage(
        visit.shell(visit._("Audience"), "dashboards", (view.Anchor(visit._("Dashboards"), "/dashboards"),)),
        in_force(visit, visit.site.ask(query)),
        # The page as a whole belongs to its address, so the tile is not renewed alone.
        replace(tile(visit, _spot(visit, query, here)), part=""),
        tuple(view.Hidden(key, value) for key, value in here.pairs),
        f"{asked(query).control * 100:g}",
        name,
        None if drawn is None else _taken(visit, drawn, here),
        _hooks(visit, query, name),
        tuple(_line(visit, one) for one in account(visit.site.programme.project.folder)),
    )
    return pages.page(shown)


@get("/file", sync_to_thread=True)
def file(visit: Here) -> Response[bytes]:
    """Target and control as CSV."""
    drawn = draw(visit.site.programme, _asked(visit), visit.site.viewer, visit.address.get(DRAW) or "")
    name = disposition(f"{visit._('Audience')} {drawn.name}.csv")
    return Response(of_rows(heads(), drawn.rows()), media_type="text/csv", headers={"Content-Disposition": name})


@post("/send", status_code=SEE_OTHER, sync_to_thread=True)
def send(visit: Here, data: Form) -> Redirect:
    """Send target and control to a web hook of the settings, write it down, and show the account."""
    ours(visit, data)
    query, name = from_url(data.get("question", "")), data.get(DRAW, "")
    project = visit.site.programme.project
    chosen = data.get(HOOK, "")
    hook = found(project.settings.hooks, chosen, visit._("web hook"))
    drawn = draw(visit.site.programme, query, visit.site.viewer, name)
    enter(project.folder, deliver(drawn, chosen, hook, os.environ))
    return Redirect(f"{address_of(query).to(draw=name)}#account", status_code=SEE_OTHER)


def _asked(visit: Visit) -> Query:
    """The question in the address, with the share of control that the form says, if it says one."""
    query = from_url(visit.address.query)
    ask, percent = asked(query), visit.address.get(CONTROL)
    if percent is None:
        return query
    try:
        share = float(percent) / 100
    except ValueError:
        raise QueryError(f"the control is a number of per cent, not '{percent}'") from None
    return structs.replace(query, ask=converted(msgspec.to_builtins(structs.replace(ask, control=share)), Audience))


def _spot(visit: Visit, query: Query, here: Address) -> Spot:
    title = visit._("From everybody to the target")
    return Spot("audience", title, lambda: query, Address("/explore/tile", here.pairs), here, width=12)


def _taken(visit: Visit, drawn: Drawn, here: Address) -> audience_view.Taken:
    exact = visit.format.exact
    return audience_view.Taken(
        exact(drawn.target, "members"),
        exact(drawn.control, "members"),
        str(here.below("file").to(**{DRAW: drawn.name})),
    )


def _hooks(visit: Visit, query: Query, name: str) -> tuple[audience_view.HookForm, ...]:
    """A form for each web hook of the settings; each carries the whole question along."""
    kept = (("token", visit.site.token), ("question", to_url(query)), (DRAW, name))
    return tuple(
        audience_view.HookForm(
            visit._("Send to %(hook)s", hook=hook.title or key),
            hook.url.split("?", 1)[0],
            tuple(view.Hidden(*pair) for pair in (*kept, (HOOK, key))),
        )
        for key, hook in visit.site.programme.project.settings.hooks.items()
    )


def _line(visit: Visit, one: Delivery) -> audience_view.DeliveryLine:
    last = one.tries[-1]
    exact = visit.format.exact
    return audience_view.DeliveryLine(
        visit.moment(datetime.fromisoformat(last.at)),
        one.draw,
        one.hook,
        one.to,
        exact(one.target, "members"),
        exact(one.control, "members"),
        exact(len(one.tries), "count"),
        f"{last.status} {last.said}" if last.status is not None else last.said,
        one.digest[:12],
        one.signed,
        one.delivered,
    )


routes = Router(DRAWN, route_handlers=[page, file, send], include_in_schema=False)
