"""Segments: all of them with their sizes, one with its members, how several overlap."""

from dataclasses import replace
from datetime import date

import msgspec
from litestar import Router, get
from litestar.params import FromPath
from markupsafe import Markup

from punchcard.analyses.base import Wanted
from punchcard.analyses.overlap import METRIC, Overlap
from punchcard.analyses.trend import Trend
from punchcard.catalog.filter import Filter
from punchcard.catalog.segment import Segment
from punchcard.catalog.segment_words import segment_in_words
from punchcard.chart.figure import sparkline
from punchcard.errors import PunchcardError
from punchcard.query import Query, to_url
from punchcard.web import pages, segment_builder, segment_views, view
from punchcard.web.address import Address
from punchcard.web.dashboards import HTML
from punchcard.web.explore import address_of
from punchcard.web.missing import found
from punchcard.web.rules import plain, with_rule
from punchcard.web.segment_size import AT, PATH, Size, course_of, day_of, moment, period_of, size_of, sized
from punchcard.web.segment_use import used_in, uses
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import Spot, tile

MOST = 12


@get("/", sync_to_thread=True, media_type=HTML)
def listing(visit: Here) -> str:
    """All segments, each with its size."""
    day = day_of(visit)
    users = uses(visit)
    return pages.page(
        segment_views.SegmentsPage(
            visit.shell(visit._("Segments"), "segments"),
            moment(visit, day, Address(PATH)),
            tuple(
                _line(visit, name, one, day, len(users.get(name, ()))) for name, one in visit.catalog.segments.items()
            ),
            str(Address(f"{PATH}/overlap", () if day is None else ((AT, day.isoformat()),))),
            f"{PATH}/new" if visit.site.viewer.brands is None else None,
        )
    )


def _line(visit: Visit, name: str, one: Segment, day: date | None, used: int) -> segment_views.SegmentLine:
    size, course, trouble = Size("", "", ""), Markup(""), ""
    try:
        size = sized(visit, visit.site.programme, name, day)
        course = sparkline(visit.site.ask(course_of(name)).result)
    except PunchcardError as error:
        trouble = error.message
    href = Address(f"{PATH}/{name}", () if day is None else ((AT, day.isoformat()),))
    return segment_views.SegmentLine(
        name,
        one.title,
        str(href),
        segment_in_words(visit.catalog, one),
        size.now,
        size.before,
        size.change,
        used,
        course,
        trouble,
    )


@get("/{name:str}", sync_to_thread=True, media_type=HTML)
def one(visit: Here, name: FromPath[str]) -> str:
    """Everything about a segment."""
    segment = found(visit.catalog.segments, name, visit._("segment"))
    day = day_of(visit)
    query = Query(
        ask=Trend(metrics=(Wanted(metric=METRIC, title=segment.title),)),
        period="last_12_months",
        filters=(Filter(segment=name),),
    )
    page = address_of(query)
    title = visit._("%(segment)s over time", segment=segment.title)
    spot = Spot("size", title, lambda: query, Address("/explore/tile", page.pairs), page, width=12, href=str(page))
    members = Address.of("/members", to_url(msgspec.structs.replace(size_of(name, day), compare=None)))
    operator = visit.site.viewer.brands is None  # a brand sees figures about its members, but no list of them
    crumbs = (view.Anchor(visit._("Segments"), PATH),)
    rule = with_rule(Address(f"{PATH}/new"), plain(segment))
    return pages.page(
        segment_views.SegmentPage(
            visit.shell(segment.title, "segments", crumbs),
            name,
            segment.meaning,
            segment_in_words(visit.catalog, segment),
            sized(visit, visit.site.programme, name, day).now,
            moment(visit, day, Address(f"{PATH}/{name}")),
            tuple(note.text for note in visit.site.programme.doubts(name, visit.site.viewer)),
            str(members) if operator else "",
            str(Address("/members.csv", members.pairs)),
            str(rule.to(edit=name)) if operator else None,
            str(rule.to(title=visit._("%(segment)s, copy", segment=segment.title)[:80])) if operator else None,
            used_in(visit, name),
            tile(visit, spot),
            (view.Hidden("token", visit.site.token), view.Hidden("name", name)) if operator else (),
        )
    )


@get("/overlap", sync_to_thread=True, media_type=HTML)
def overlap(visit: Here) -> str:
    """How the chosen segments overlap."""
    day = day_of(visit)
    chosen = tuple(name for name in visit.catalog.segments if name in visit.address.every("s"))
    choices = tuple(
        view.Anchor(one.title, name, name in chosen, hint=one.meaning) for name, one in visit.catalog.segments.items()
    )
    here = Address(f"{PATH}/overlap", tuple(("s", name) for name in chosen))
    shell = visit.shell(visit._("Overlap of segments"), "segments", (view.Anchor(visit._("Segments"), PATH),))
    page = segment_views.OverlapPage(shell, choices, MOST, moment(visit, day, here))
    for name in visit.address.every("s"):
        found(visit.catalog.segments, name, visit._("segment"))
    if len(chosen) > MOST:
        message = visit._("%(count)s segments at once cannot be read; choose up to 12.", count=len(chosen))
        return pages.page(replace(page, message=message))
    if len(chosen) < 2:
        return pages.page(page)
    query = Query(ask=Overlap(segments=chosen), period=period_of(day))
    address = address_of(query)
    spot = Spot(
        "overlap",
        visit._("Who is in exactly these"),
        lambda: query,
        Address("/explore/tile", address.pairs),
        Address(f"{PATH}/overlap", visit.address.pairs),
        width=12,
        opened=True,
    )
    return pages.page(replace(page, tile=tile(visit, spot)))


routes = Router(
    PATH,
    route_handlers=[listing, overlap, *segment_builder.handlers, one],
    include_in_schema=False,
)
