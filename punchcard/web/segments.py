"""Segments: all of them with their sizes, one with its members, a rule put together by clicks, how several overlap."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
import yaml
from litestar import Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from punchcard.activities import offered, properties
from punchcard.analyses.base import Wanted
from punchcard.analyses.number import Number
from punchcard.analyses.overlap import METRIC, Overlap
from punchcard.analyses.trend import Trend
from punchcard.catalog.filter import Filter
from punchcard.catalog.segment import Condition, Segment
from punchcard.catalog.segment_words import condition_in_words, segment_in_words
from punchcard.chart.series import as_number
from punchcard.errors import PunchcardError, QueryError
from punchcard.exports.csv import of_rows
from punchcard.members import behind, rule_behind
from punchcard.plan import check
from punchcard.plan.segment import counted, written
from punchcard.programme import Programme
from punchcard.query import Query, from_url, to_url
from punchcard.web import pages, segment_views, view
from punchcard.web.address import Address
from punchcard.web.dashboard_file import file_name
from punchcard.web.dashboards import HTML
from punchcard.web.explore import address_of
from punchcard.web.missing import found
from punchcard.web.rules import RULE, Plain, changed, plain, rule_of, segment_of, with_rule
from punchcard.web.saved import SEE_OTHER, Form, one_at_a_time, ours
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import Spot, figure_of, in_force, tile

PATH = "/segments"
PERIOD = "last_30_days"
MOST = 12


def size_of(name: str) -> Query:
    """How many are in a segment at the end of the last 30 days, and were before them."""
    return Query(
        ask=Number(metrics=(METRIC,)),
        period=PERIOD,
        compare="previous_period",
        filters=(Filter(segment=name),),
    )


def _moment(visit: Visit) -> str:
    programme = visit.site.programme
    return visit.format.day(programme.today(visit.site.viewer))


def _size(visit: Visit, programme: Programme, name: str) -> tuple[str, str, str]:
    """The size, the size before, and the difference, as the reader writes them."""
    row = programme.ask(size_of(name), visit.site.viewer).result.rows[0]
    now, before = as_number(row[0]), as_number(row[1])
    said = visit.format
    if now is None or before is None:
        return said.exact(now, "members"), said.exact(before, "members"), ""
    sign = "+" if now > before else ""
    return said.exact(now, "members"), said.exact(before, "members"), sign + said.exact(now - before, "members")


def used_in(visit: Visit, name: str) -> tuple[view.Anchor, ...]:
    """The dashboards and the other segments that name a segment."""
    marks = (f'"segment":"{name}"', f'"in.{name}"')
    boards = [
        view.Anchor(one.title, f"/d/{key}", hint=one.question)
        for key, one in visit.dashboards.items()
        if any(mark in msgspec.json.encode(one).decode() for mark in marks)
    ]
    others = [
        view.Anchor(one.title, f"{PATH}/{key}", hint=one.meaning)
        for key, one in visit.catalog.segments.items()
        if any(condition.segment == name for _, condition in one.conditions())
    ]
    return (*boards, *others)


@get("/", sync_to_thread=True, media_type=HTML)
def listing(visit: Here) -> str:
    """All segments, each with its size."""
    return pages.page(
        segment_views.SegmentsPage(
            visit.shell(visit._("Segments"), "segments"),
            _moment(visit),
            tuple(_line(visit, name, one) for name, one in visit.catalog.segments.items()),
            f"{PATH}/overlap",
            f"{PATH}/new" if visit.site.viewer.brands is None else None,
        )
    )


def _line(visit: Visit, name: str, one: Segment) -> segment_views.SegmentLine:
    size, before, change, trouble = "", "", "", ""
    try:
        size, before, change = _size(visit, visit.site.programme, name)
    except PunchcardError as error:
        trouble = error.message
    rule = segment_in_words(visit.catalog, one)
    used = len(used_in(visit, name))
    return segment_views.SegmentLine(name, one.title, f"{PATH}/{name}", rule, size, before, change, used, trouble)


@get("/{name:str}", sync_to_thread=True, media_type=HTML)
def one(visit: Here, name: FromPath[str]) -> str:
    """Everything about a segment."""
    segment = found(visit.catalog.segments, name, visit._("segment"))
    query = Query(
        ask=Trend(metrics=(Wanted(metric=METRIC, title=segment.title),)),
        period="last_12_months",
        filters=(Filter(segment=name),),
    )
    page = address_of(query)
    title = visit._("%(segment)s over time", segment=segment.title)
    spot = Spot("size", title, lambda: query, Address("/explore/tile", page.pairs), page, width=12, href=str(page))
    members = Address.of("/members", to_url(msgspec.structs.replace(size_of(name), compare=None)))
    operator = visit.site.viewer.brands is None  # a brand sees figures about its members, but no list of them
    crumbs = (view.Anchor(visit._("Segments"), PATH),)
    return pages.page(
        segment_views.SegmentPage(
            visit.shell(segment.title, "segments", crumbs),
            name,
            segment.meaning,
            segment_in_words(visit.catalog, segment),
            _size(visit, visit.site.programme, name)[0],
            _moment(visit),
            tuple(note.text for note in visit.site.programme.doubts(name, visit.site.viewer)),
            str(members) if operator else "",
            str(Address("/members.csv", members.pairs)),
            str(with_rule(Address(f"{PATH}/new"), plain(segment))) if operator else None,
            used_in(visit, name),
            tile(visit, spot),
        )
    )


@get("/overlap", sync_to_thread=True, media_type=HTML)
def overlap(visit: Here) -> str:
    """How the chosen segments overlap."""
    chosen = tuple(name for name in visit.catalog.segments if name in visit.address.every("s"))
    choices = tuple(
        view.Anchor(one.title, name, name in chosen, hint=one.meaning) for name, one in visit.catalog.segments.items()
    )
    shell = visit.shell(visit._("Overlap of segments"), "segments", (view.Anchor(visit._("Segments"), PATH),))
    page = segment_views.OverlapPage(shell, choices, MOST)
    for name in visit.address.every("s"):
        found(visit.catalog.segments, name, visit._("segment"))
    if len(chosen) > MOST:
        message = visit._("%(count)s segments at once cannot be read; choose up to 12.", count=len(chosen))
        return pages.page(replace(page, message=message))
    if len(chosen) < 2:
        return pages.page(page)
    query = Query(ask=Overlap(segments=chosen), period=PERIOD)
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


@get("/new", sync_to_thread=True, media_type=HTML)
def build(visit: Here) -> str:
    """A rule put together by clicks."""
    return pages.page(_builder(visit))


@get("/new/part", sync_to_thread=True, media_type=HTML)
def build_part(visit: Here) -> str:
    """The rule and its count anew."""
    return pages.segment_part(_builder(visit))


def _builder(visit: Visit) -> segment_views.BuilderPage:
    mistakes: list[str] = []
    try:
        rule = rule_of(visit.address)
        segment = segment_of(rule)
    except QueryError as error:
        # What a form adds wrongly is told, and the rest stays.
        mistakes.append(str(error))
        rule = rule_of(visit.address.only("rule"))
        segment = segment_of(rule)
    mistakes += _mistakes(visit, segment)
    here = with_rule(Address(f"{PATH}/new"), rule)
    size, doubts = "", ()
    if rule and not mistakes:
        name = f"unsaved_{sha256(msgspec.json.encode(rule)).hexdigest()[:12]}"
        supposed = visit.site.programme.supposing(name, segment)
        size = _size(visit, supposed, name)[0]
        doubts = tuple(note.text for note in supposed.doubts(name, visit.site.viewer))
    programme, viewer = visit.site.programme, visit.site.viewer
    known = properties(programme, viewer)
    metrics = tuple(view.Hidden(name, title) for name, title in _countable(visit))
    return segment_views.BuilderPage(
        visit.shell(visit._("New segment"), "segments", (view.Anchor(visit._("Segments"), PATH),)),
        tuple(_conditions(visit, rule, segment, here)),
        segment_in_words(visit.catalog, segment) if rule else "",
        size,
        _moment(visit),
        tuple(mistakes),
        doubts,
        tuple(view.Hidden(name, value) for name, value in here.pairs),
        tuple(
            view.Hidden(written(visit.catalog, one.name), f"{one.title} ({one.volume:,})")
            for one in offered(programme, viewer)
        ),
        tuple(one.name for one in known),
        tuple(one.name for one in known if not one.is_text),
        metrics,
        (*programme.histories(viewer), "member.gender", "member.country", "member.city", "member.age_band"),
        tuple(view.Hidden(name, one.title) for name, one in visit.catalog.segments.items()),
        (view.Hidden("token", visit.site.token), *(view.Hidden(name, value) for name, value in here.pairs)),
    )


def _mistakes(visit: Visit, segment: Segment) -> list[str]:
    if not segment.all and not segment.any:
        return []
    catalog = replace(visit.catalog, segments={**visit.catalog.segments, "?": segment})
    return [message for name, _, message in check.segments(catalog) if name == "?"]


def _countable(visit: Visit) -> list[tuple[str, str]]:
    """The metrics of which a segment can be made."""
    found: list[tuple[str, str]] = []
    for name, metric in visit.catalog.metrics.items():
        try:
            counted(visit.catalog, segment_of({"all": [{"metric": name, "at_least": 1}]}).all[0])
        except QueryError:
            continue
        if not getattr(metric, "parameters", None):
            found.append((name, metric.title))
    return sorted(found, key=lambda one: one[1])


def _conditions(visit: Visit, rule: Plain, segment: Segment, here: Address) -> list[segment_views.ConditionLine]:
    lines: list[segment_views.ConditionLine] = []
    for group, conditions in (("all", segment.all), ("any", segment.any)):
        for place, condition in enumerate(conditions):
            written: dict[str, Any] = dict(rule[group][place])
            negated = (
                {**written, "not": True} if not condition.negated else {k: v for k, v in written.items() if k != "not"}
            )
            lines.append(
                segment_views.ConditionLine(
                    condition_in_words(visit.catalog, condition),
                    str(with_rule(here, changed(rule, group, place, None))),
                    str(with_rule(here, changed(rule, group, place, negated))),
                    str(with_rule(here, changed(rule, group, place, None, "any" if group == "all" else "all"))),
                    condition.negated,
                    group == "any",
                )
            )
    return lines


@post("/save", status_code=SEE_OTHER, sync_to_thread=True)
def save(visit: Here, data: Form) -> Redirect:
    """Write a rule into a file of the project."""
    ours(visit, data)
    title = data.get("title", "").strip()[:80]
    if not title:
        raise QueryError("a segment needs a title")
    rule = rule_of(Address("", ((RULE, data.get(RULE, "")),)))
    unsaid = segment_of(rule, title)
    meaning = data.get("meaning", "").strip()[:300] or segment_in_words(visit.catalog, unsaid)
    segment = segment_of(rule, title, meaning)
    if not rule:
        raise QueryError("the rule has no condition yet; add one")
    for message in _mistakes(visit, segment):
        raise QueryError(message)
    with one_at_a_time:
        name = _free(visit, title)
        _written(visit, name, segment)
    return Redirect(f"{PATH}/{name}", status_code=SEE_OTHER)


@post("/behind", status_code=SEE_OTHER, sync_to_thread=True)
def save_behind(visit: Here, data: Form) -> Redirect:
    """Make a segment of the members behind a figure: the rule that says who they are, or else a list of them."""
    ours(visit, data)
    title = data.get("title", "").strip()[:80]
    if not title:
        raise QueryError("a segment needs a title")
    query, at = from_url(data.get("question", "")), figure_of(tuple(data.items()))
    programme, viewer = visit.site.programme, visit.site.viewer
    answer = visit.site.ask(query)
    meaning = " · ".join((answer.method, *in_force(visit, answer), *(f"{name}: {one}" for name, one in at.items())))
    rule = rule_behind(programme, query, viewer, at)
    refs = () if rule is not None else behind(programme, query, viewer, at).refs
    if rule is None and not refs:
        raise QueryError("nobody is behind this figure, so there is nobody to keep")
    with one_at_a_time:
        name = _free(visit, title)
        if rule is None:
            _put(visit, f"{name}.csv", of_rows(["member"], [(ref,) for ref in refs]).decode("utf-8"))
            rule = Condition(list=f"{name}.csv", refs=refs)
        segment = Segment(title=title, meaning=meaning[:600], all=(rule,))
        for message in _mistakes(visit, segment):
            raise QueryError(message)
        _written(visit, name, segment)
    return Redirect(f"{PATH}/{name}", status_code=SEE_OTHER)


def _free(visit: Visit, title: str) -> str:
    """A name for a new segment that no other has."""
    folder, wanted = visit.site.programme.project.folder / "segments", file_name(title)
    taken = {"new", "overlap", "behind", *visit.catalog.segments, *(path.stem for path in folder.glob("*.*"))}
    return next(one for one in (wanted, *(f"{wanted}_{count}" for count in range(2, 1000))) if one not in taken)


def _written(visit: Visit, name: str, segment: Segment) -> None:
    """Put a segment into a file of its own, and let the programme know it."""
    told = {name: {"title": segment.title, "meaning": segment.meaning, **plain(segment)}}
    _put(visit, f"{name}.yaml", yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110))
    programme = visit.site.programme
    catalog = replace(visit.catalog, segments={**visit.catalog.segments, name: segment})
    programme.project = replace(programme.project, catalog=catalog)


def _put(visit: Visit, file: str, text: str) -> None:
    folder = visit.site.programme.project.folder / "segments"
    folder.mkdir(exist_ok=True)
    beside = folder / f".{file}.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / file)


routes = Router(
    PATH, route_handlers=[listing, overlap, build, build_part, save, save_behind, one], include_in_schema=False
)
