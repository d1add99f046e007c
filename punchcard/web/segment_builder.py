"""The builder of segments: a rule put together by clicks, saved as a file of the project, changed, taken out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody
from litestar.response import Redirect

from punchcard.activities import offered, properties
from punchcard.catalog.segment import Condition, Segment
from punchcard.catalog.segment_words import condition_in_words, segment_in_words
from punchcard.errors import QueryError
from punchcard.exports.csv import of_rows
from punchcard.members import behind, rule_behind
from punchcard.plan import check
from punchcard.plan.segment import counted, written
from punchcard.query import from_url
from punchcard.web import pages, segment_lists, segment_views, view
from punchcard.web.address import Address
from punchcard.web.changes import SEE_OTHER, Form, change, one_at_a_time
from punchcard.web.dashboard_file import file_name, numbered
from punchcard.web.dashboards import HTML
from punchcard.web.forms import disposition
from punchcard.web.missing import found
from punchcard.web.ours import ours
from punchcard.web.rules import (
    GROUPS,
    INTO,
    RULE,
    TITLE,
    Plain,
    contrary,
    grouped,
    moved,
    plain,
    rule_of,
    segment_of,
    turned,
    with_rule,
    without,
)
from punchcard.web.segment_file import home, with_segment, without_segment
from punchcard.web.segment_size import AT, PATH, day_of, moment, size_of, sized
from punchcard.web.segment_use import used_in
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import figure_of, in_force
from punchcard.web.undo import DONE

NEW: Final = f"{PATH}/new"
EDIT: Final = "edit"  # the segment that is changed
CARRIED: Final = (RULE, EDIT, "title", "meaning", AT, INTO)
LARGEST_LIST: Final = 32_000_000  # bytes: a million numbers, with room


@get("/new", sync_to_thread=True, media_type=HTML)
def build(visit: Here) -> str:
    """A rule put together by clicks."""
    return pages.page(builder(visit))


@get("/new/part", sync_to_thread=True, media_type=HTML)
def build_part(visit: Here) -> str:
    """The rule and its count anew."""
    return pages.segment_part(builder(visit))


def builder(visit: Visit) -> segment_views.BuilderPage:
    """The page for the rule in the address."""
    rule, segment, mistakes = _asked(visit)
    here = with_rule(Address(NEW, visit.address.only(*CARRIED).pairs), rule)
    changed = visit.address.get(EDIT)
    own = None if changed is None else found(visit.catalog.segments, changed, visit._("segment"))
    mistakes += _mistakes(visit, segment, changed or TITLE)
    size, doubts, members = "", (), ""
    day = None
    try:
        day = day_of(visit)
    except QueryError as error:
        mistakes.append(error.message)
    if rule and not mistakes:
        name = f"unsaved_{sha256(msgspec.json.encode(segment)).hexdigest()[:12]}"
        supposed = visit.site.programme.supposing(name, segment)
        size = sized(visit, supposed, name, day).now
        doubts = tuple(note.text for note in supposed.doubts(name, visit.site.viewer))
        members = str(Address(f"{NEW}/members.csv", here.pairs))
    programme, viewer = visit.site.programme, visit.site.viewer
    known = properties(programme, viewer)
    title = visit._("New segment") if own is None else visit._("Change %(segment)s", segment=own.title)
    crumbs = [view.Anchor(visit._("Segments"), PATH)]
    if own is not None:
        crumbs.append(view.Anchor(own.title, f"{PATH}/{changed}"))
    listing = visit.address.get("list") if visit.address.get("add") is None else None
    carried = tuple(view.Hidden(name, value) for name, value in here.pairs if name != INTO)
    return segment_views.BuilderPage(
        visit.shell(title, "segments", tuple(crumbs)),
        tuple(_lines(visit, rule, segment, here)),
        segment_in_words(visit.catalog, segment) if rule else "",
        size,
        moment(visit, day, here),
        tuple(mistakes),
        doubts,
        members,
        carried,
        _groups(visit, rule, segment, here),
        tuple(
            view.Hidden(written(visit.catalog, one.name), f"{one.title} ({one.volume:,})")
            for one in offered(programme, viewer)
        ),
        tuple(one.name for one in known),
        tuple(one.name for one in known if not one.is_text),
        tuple(view.Hidden(name, title) for name, title in _countable(visit)),
        (*programme.histories(viewer), "member.gender", "member.country", "member.city", "member.age_band"),
        tuple(view.Hidden(name, one.title) for name, one in visit.catalog.segments.items() if name != changed),
        segment_lists.files(visit),
        segment_lists.columns(visit, listing, here) if listing else (),
        (view.Hidden("token", visit.site.token), *carried),
        visit.address.get("title") or (own.title if own is not None else ""),
        visit.address.get("meaning") or (own.meaning if own is not None else ""),
        own.title if own is not None else "",
        used_in(visit, changed) if changed is not None else (),
    )


def _asked(visit: Visit) -> tuple[Plain, Segment, list[str]]:
    """The rule in the address, as a segment with its lists read; what a form adds wrongly is told, the rest stays."""
    mistakes: list[str] = []
    try:
        rule = rule_of(visit.address)
        segment = segment_of(rule)
    except QueryError as error:
        mistakes.append(str(error))
        rule = rule_of(visit.address.only(RULE))
        segment = segment_of(rule)
    try:
        segment = segment_lists.read_into(visit, segment)
    except QueryError as error:
        mistakes.append(str(error))
    return rule, segment, mistakes


def _mistakes(visit: Visit, segment: Segment, name: str) -> list[str]:
    if not segment.all and not segment.any:
        return []
    catalog = replace(visit.catalog, segments={**visit.catalog.segments, name: segment})
    return [message for one, _, message in check.segments(catalog) if one == name]


def _countable(visit: Visit) -> list[tuple[str, str]]:
    """The metrics of which a segment can be made."""
    found: list[tuple[str, str]] = []
    for name, metric in visit.catalog.metrics.items():
        try:
            counted(visit.catalog, Condition(metric=name, at_least=1))
        except QueryError:
            continue
        if not getattr(metric, "parameters", None):
            found.append((name, metric.title))
    return sorted(found, key=lambda one: one[1])


def _groups(visit: Visit, rule: Plain, segment: Segment, here: Address) -> tuple[view.Anchor, ...]:
    """The groups that a form can add to, by their place in the rule."""
    wanted = here.get(INTO) or "all"
    top = (("all", visit._("in any case (and)")), ("any", visit._("or another one (or)")))
    inner = [
        (f"{place}.{'all' if one.all else 'any'}", visit._("in the group: %(group)s", group=said[:60]))
        for place, one in _places(segment)
        if one.all or one.any
        for said in (condition_in_words(visit.catalog, one),)
    ]
    return tuple(view.Anchor(text, place, place == wanted) for place, text in (*top, *inner))


def _places(segment: Segment) -> Iterator[tuple[str, Condition]]:
    """Each condition with its place as the address writes it: `all.2.any.0`."""
    for place, condition in segment.conditions():
        yield place.replace("[", ".").replace("]", ""), condition


def _lines(visit: Visit, rule: Plain, segment: Segment, here: Address) -> Iterator[segment_views.ConditionLine]:
    for group in GROUPS:
        conditions: tuple[Condition, ...] = getattr(segment, group)
        for number, condition in enumerate(conditions):
            yield _line(visit, rule, condition, f"{group}.{number}", here)


def _line(visit: Visit, rule: Plain, condition: Condition, place: str, here: Address) -> segment_views.ConditionLine:
    inner = "all" if condition.all else "any"
    members: tuple[Condition, ...] = condition.all or condition.any
    rest = here.to(**{INTO: None})
    within, into = grouped(rule, place)
    switched = turned(rule, place) if members else moved(rule, place) if place.count(".") == 1 else None
    return segment_views.ConditionLine(
        condition_in_words(visit.catalog, condition),
        str(with_rule(rest, without(rule, place))),
        str(with_rule(here, contrary(rule, place))),
        "" if switched is None else str(with_rule(rest, switched)),
        str(here.to(**{INTO: f"{place}.{inner}"}) if members else with_rule(here, within).to(**{INTO: into})),
        condition.negated,
        place.rsplit(".", 2)[-2] == "any",
        tuple(_line(visit, rule, one, f"{place}.{inner}.{number}", here) for number, one in enumerate(members)),
        segment_lists.of_condition(visit, condition),
    )


@get("/new/members.csv", sync_to_thread=True)
def members(visit: Here) -> Response[bytes]:
    """The members whom a rule means before it is saved, as a file."""
    rule, segment, mistakes = _asked(visit)
    for message in mistakes or _mistakes(visit, segment, TITLE):
        raise QueryError(message)
    if not rule:
        raise QueryError("the rule has no condition yet; add one")
    supposed = visit.site.programme.supposing("unsaved", segment)
    query = msgspec.structs.replace(size_of("unsaved", day_of(visit)), compare=None)
    refs = behind(supposed, query, visit.site.viewer, {}).refs
    content = of_rows([visit._("Member")], [(ref,) for ref in refs])
    headers = {"Content-Disposition": disposition(f"{visit._('Members')}.csv")}
    return Response(content, media_type="text/csv", headers=headers)


@post("/list", status_code=SEE_OTHER, sync_to_thread=True, request_max_body_size=LARGEST_LIST)
def take_list(visit: Here, data: MultipartBody[dict[str, Any]]) -> Redirect:
    """Take a list of members, a file or pasted numbers, into the rule that is being built."""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    ours(visit, texts)
    given = data.get("file")
    content = given.file.read() if isinstance(given, UploadFile) else b""
    called = given.filename if isinstance(given, UploadFile) and content else texts.get("called", "")
    with one_at_a_time:
        name, column = segment_lists.kept(visit, content or texts.get("refs", "").encode(), called)
    here = Address(NEW, tuple((key, value) for key, value in texts.items() if key in CARRIED and value))
    sure = column is not None or len(segment_lists.columns(visit, name, here)) == 1
    return Redirect(str(here.to(add="list" if sure else None, list=name, column=column)), status_code=SEE_OTHER)


@get("/list.csv", sync_to_thread=True)
def unknown(visit: Here) -> Response[bytes]:
    """The numbers of a list that nobody has."""
    name, column = visit.address.get("list") or "", visit.address.get("column") or ""
    content = segment_lists.unknown_csv(visit, name, column)
    headers = {"Content-Disposition": disposition(f"{Path(name).stem} {visit._('unknown')}.csv")}
    return Response(content, media_type="text/csv", headers=headers)


@post("/save", status_code=SEE_OTHER, sync_to_thread=True)
def save(visit: Here, data: Form) -> Redirect:
    """Write a rule into a file of the project: a new segment, or one that is changed in its place."""
    ours(visit, data)
    title = _title(data)
    rule = rule_of(Address("", ((RULE, data.get(RULE, "")),)))
    if not rule:
        raise QueryError("the rule has no condition yet; add one")
    bare = segment_lists.read_into(visit, segment_of(rule, title))
    meaning = data.get("meaning", "").strip()[:300] or segment_in_words(visit.catalog, bare)
    segment = segment_of(rule, title, meaning)
    with one_at_a_time:
        changed = data.get(EDIT)
        if changed:
            found(visit.catalog.segments, changed, visit._("segment"))
        name = changed or _free(visit, title)
        for message in _mistakes(visit, segment, name):
            raise QueryError(message)
        said = (
            visit._("%(segment)s was changed.", segment=title)
            if changed
            else visit._("%(segment)s was saved.", segment=title)
        )
        done = _put(visit, name, segment, said, back=f"{PATH}/{name}" if changed else PATH)
    return Redirect(f"{PATH}/{name}?{DONE}={done}", status_code=SEE_OTHER)


@post("/behind", status_code=SEE_OTHER, sync_to_thread=True)
def save_behind(visit: Here, data: Form) -> Redirect:
    """Make a segment of the members behind a figure: the rule that says who they are, or else a list of them."""
    ours(visit, data)
    title = _title(data)
    query, at = from_url(data.get("question", "")), figure_of(tuple(data.items()))
    programme, viewer = visit.site.programme, visit.site.viewer
    answer = visit.site.ask(query)
    meaning = " · ".join((answer.method, *in_force(visit, answer), *(f"{name}: {one}" for name, one in at.items())))
    rule = rule_behind(programme, query, viewer, at)
    refs = () if rule is not None else behind(programme, query, viewer, at).refs
    if rule is None and not refs:
        raise QueryError("nobody is behind this figure, so there is nobody to keep")
    with one_at_a_time:
        name, beside = _free(visit, title), dict[str, str | None]()
        if rule is None:
            beside[f"segments/{name}.csv"] = of_rows(["member"], [(ref,) for ref in refs]).decode("utf-8")
            rule = Condition(list=f"{name}.csv")
        segment = Segment(title=title, meaning=meaning[:600], all=(rule,))
        for message in _mistakes(visit, segment, name):
            raise QueryError(message)
        done = _put(visit, name, segment, visit._("%(segment)s was saved.", segment=title), back=PATH, beside=beside)
    return Redirect(f"{PATH}/{name}?{DONE}={done}", status_code=SEE_OTHER)


@post("/delete", status_code=SEE_OTHER, sync_to_thread=True)
def delete(visit: Here, data: Form) -> Redirect:
    """Take a segment out of the project, with the lists that it alone has; whatever uses it is in the way."""
    ours(visit, data)
    name = data.get("name", "")
    segment = found(visit.catalog.segments, name, visit._("segment"))
    users = used_in(visit, name)
    if users:
        some = ", ".join(f"'{one.text}'" for one in users)
        raise QueryError(f"'{segment.title}' is used in {some}; take it out there first")
    with one_at_a_time:
        path = _home(visit, name)
        others = [one for key, one in visit.catalog.segments.items() if key != name]
        own = _lists((segment,)) - _lists(others)
        texts: dict[str, str | None] = {f"segments/{file}": None for file in own}
        texts[f"segments/{path.name}"] = without_segment(path.read_text(encoding="utf-8"), name)
        done = change(visit, visit._("%(segment)s was deleted.", segment=segment.title), texts, PATH)
    return Redirect(f"{PATH}?{DONE}={done}", status_code=SEE_OTHER)


def _title(data: dict[str, str]) -> str:
    title = data.get("title", "").strip()[:80]
    if not title:
        raise QueryError("a segment needs a title")
    return title


def _lists(segments: Sequence[Segment]) -> set[str]:
    return {one.list for segment in segments for _, one in segment.conditions() if one.list is not None}


def _home(visit: Visit, name: str) -> Path:
    path = home(visit.site.programme.project.folder / "segments", name)
    if path is None:
        raise QueryError(f"segment '{name}' is in no file of the project, so it cannot be changed here")
    return path


def _free(visit: Visit, title: str) -> str:
    """A name for a new segment that no other has."""
    folder, wanted = visit.site.programme.project.folder / "segments", file_name(title)
    ways = {str(path).strip("/").split("/")[0] for one in handlers for path in one.paths}
    taken = {"overlap", *ways, *visit.catalog.segments, *(path.stem for path in folder.glob("*.*"))}
    return next(one for one in numbered(wanted) if one not in taken)


def _put(
    visit: Visit, name: str, segment: Segment, said: str, back: str, beside: dict[str, str | None] | None = None
) -> str:
    """Put a segment into its file, or into one of its own, with what lies beside it; gives the name of the change."""
    folder = visit.site.programme.project.folder / "segments"
    path = home(folder, name) or folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    told = {"title": segment.title, "meaning": segment.meaning, **plain(segment)}
    return change(visit, said, {**(beside or {}), f"segments/{path.name}": with_segment(text, name, told)}, back)


handlers = [build, build_part, members, take_list, unknown, save, save_behind, delete]
