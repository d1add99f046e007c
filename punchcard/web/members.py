"""Members: the list behind a figure, as long as the figure says; and everything that one member did."""

from collections.abc import Iterator
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath

from punchcard.analyses.behaviour import Behaviour, activity_title, as_written
from punchcard.analyses.returning import STATES, Lifecycle
from punchcard.answer import Answer
from punchcard.errors import QueryError
from punchcard.exports.csv import of_rows
from punchcard.members import Members, behind, history, rule_behind
from punchcard.query import Query, from_url, to_url
from punchcard.result import Cell, Column
from punchcard.web import pages, view
from punchcard.web.address import Address
from punchcard.web.dashboards import HTML
from punchcard.web.forms import disposition
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import AT, explore_address, figure_of, in_force

PAGE = 200
MOST_FIGURES = 400
MOST_DEEDS = 1000


@get("/members", sync_to_thread=True, media_type=HTML, include_in_schema=False)
def listed(visit: Here) -> str:
    """The members behind a figure of the question in the address; with `ref`, that member; else the way to one."""
    ref = visit.address.get("ref")
    if ref:
        return pages.page(of_one(visit, ref))
    if visit.address.get("ask") is None:
        return pages.page(view.MembersPage(visit.shell(visit._("Members"), "members"), "", (), (), "", None))
    query, at = _asked(visit)
    answer = visit.site.ask(query)
    figures = tuple(_figures(visit, answer))
    needed = {name for name, _ in _labels(answer)}
    shell = visit.shell(visit._("Members"), "members")
    question = " · ".join((answer.method, *in_force(visit, answer)))
    explore = explore_address(query)
    if not at and needed:
        return pages.page(view.MembersPage(shell, question, (), figures, "", None, explore=explore))
    found = behind(visit.site.programme, query, visit.site.viewer, at)
    start = _start(visit)
    here = visit.address
    lines = tuple(_line(visit, found, place) for place in range(start, min(start + PAGE, len(found.refs))))
    return pages.page(
        view.MembersPage(
            shell,
            question,
            tuple(_said(visit, answer, name, value) for name, value in at.items()),
            figures,
            visit.format.exact(len(found.refs), "members"),
            lines,
            visit.catalog.metric(found.figure).title if found.figure else "",
            str(Address("/members.csv", here.to(start=None, lang=None).pairs)),
            explore,
            str(here.to(start=str(max(0, start - PAGE)))) if start else None,
            str(here.to(start=str(start + PAGE))) if start + PAGE < len(found.refs) else None,
            _keeping(visit, query, at) if found.refs else (),
            rule_behind(visit.site.programme, query, visit.site.viewer, at) is not None,
        )
    )


@get("/members.csv", sync_to_thread=True, include_in_schema=False)
def file(visit: Here) -> Response[bytes]:
    """The whole list as a file."""
    query, at = _asked(visit)
    found = behind(visit.site.programme, query, visit.site.viewer, at)
    heads = [visit._("Member")]
    rows: list[tuple[Cell, ...]] = [(ref,) for ref in found.refs]
    if found.figure:
        heads.append(visit.catalog.metric(found.figure).title)
        rows = list(zip(found.refs, found.values, strict=True))
    content = of_rows(heads, rows, byte_order_mark=visit.address.get("bom") == "1")
    name = " ".join((visit._("Members"), *at.values()))
    return Response(content, media_type="text/csv", headers={"Content-Disposition": disposition(f"{name}.csv")})


@get("/members/{ref:str}", sync_to_thread=True, media_type=HTML, include_in_schema=False)
def one(visit: Here, ref: FromPath[str]) -> str:
    """Everything that one member did."""
    return pages.page(of_one(visit, ref))


def of_one(visit: Visit, ref: str) -> view.MemberPage:
    """The page of one member."""
    wanted = visit.address.get("activity")
    found = history(visit.site.programme, ref, visit.site.viewer, wanted, MOST_DEEDS)
    whole = sum(found.counts.values())
    here = visit.address.only("ref")
    choices = [view.Anchor(visit._("Everything"), str(here), wanted is None, visit.format.exact(whole, "count"))]
    choices += [
        view.Anchor(
            activity_title(name, visit.catalog),
            str(here.to(activity=name)),
            name == wanted,
            visit.format.exact(count, "count"),
        )
        for name, count in found.counts.items()
    ]
    total = whole if wanted is None else found.counts.get(wanted, 0)
    cut = visit._("The latest %(count)s are shown.", count=MOST_DEEDS) if total > MOST_DEEDS else ""
    crumbs = (view.Anchor(visit._("Members"), "/members"),)
    deeds = tuple(
        view.Deed(
            visit.moment(deed.time),
            activity_title(deed.activity, visit.catalog),
            tuple(view.Fact(name, _value(visit, value)) for name, value in deed.properties.items()),
        )
        for deed in found.occurrences
    )
    return view.MemberPage(visit.shell(ref, "members", crumbs), ref, tuple(choices), deeds, cut)


def address_of(ref: str) -> str:
    """The page of a member; a number with a slash in it is a parameter."""
    return str(Address("/members", (("ref", ref),))) if "/" in ref else f"/members/{quote(ref, safe='')}"


def _value(visit: Visit, value: Cell) -> str:
    return visit.format.exact(value, "number") if isinstance(value, float) else visit.format.label(value)


def _asked(visit: Visit) -> tuple[Query, dict[str, str]]:
    return from_url(visit.address.to(lang=None).query), figure_of(visit.address.pairs)


def _keeping(visit: Visit, query: Query, at: dict[str, str]) -> tuple[view.Hidden, ...]:
    """What the form carries along that makes a segment of a list; the operator alone writes files."""
    if visit.site.viewer.brands is not None:
        return ()
    labels = (view.Hidden(AT + name, value) for name, value in at.items())
    return (view.Hidden("token", visit.site.token), view.Hidden("question", to_url(query)), *labels)


def _start(visit: Visit) -> int:
    text = visit.address.get("start") or "0"
    if not text.isdigit():
        raise QueryError(f"'start' is the place of the first member shown, not '{text}'")
    return int(text)


def _line(visit: Visit, found: Members, place: int) -> view.MemberLine:
    ref = found.refs[place]
    if not found.figure:
        return view.MemberLine(ref, address_of(ref))
    value = found.values[place]
    unit = visit.catalog.metric(found.figure).unit
    text = visit.format.label(value, unit)
    return view.MemberLine(ref, address_of(ref), text)


def _labels(answer: Answer) -> list[tuple[str, str]]:
    """The columns that name a row, with their units."""
    return [(one.name, one.unit) for one in answer.result.of_role("label", "time")]


def _figures(visit: Visit, answer: Answer) -> Iterator[view.Anchor]:
    """Every row of the answer as a link to its members."""
    result, base = answer.result, Address.of("/members", to_url(answer.query))
    labels = _labels(answer)
    apart = [result.index(one.name) for one in result.of_role("flag") if one.name in ("total", "other")]
    count, of_members = _counted(answer)
    for row in [row for row in result.rows if not any(row[place] for place in apart)][:MOST_FIGURES]:
        here = base
        for name, _ in labels:
            here = here.to(**{AT + name: as_written(row[result.index(name)])})
        text = " · ".join(visit.format.label(row[result.index(name)], unit) for name, unit in labels)
        if isinstance(answer.query.ask, Lifecycle):
            for state in STATES:
                yield _figure(visit, here.to(**{f"{AT}state": state}), f"{text} · {state}", row[result.index(state)])
        elif count is None:
            yield _figure(visit, here, text, None)
        elif of_members:
            yield _figure(visit, here, text, row[result.index(count.name)])
        else:
            said = f"{count.title}: {visit.format.label(row[result.index(count.name)], count.unit)}"
            yield _figure(visit, here, text, said)


def _counted(answer: Answer) -> tuple[Column | None, bool]:
    """The measure that says most about who is behind a row, and whether it counts them."""
    ask, measures = answer.query.ask, answer.result.of_role("measure")
    if not isinstance(ask, Behaviour):
        return next((one for one in measures if one.unit in ("members", "number", "count")), None), True
    told = ask.people()
    if told is None:
        return (measures[0] if measures else None), False
    return answer.result.columns[answer.result.index(told)], True


def _figure(visit: Visit, address: Address, text: str, count: Cell) -> view.Anchor:
    """A figure with how many are behind it, or with a text that says what else it counts."""
    current = set(address.pairs) <= set(visit.address.pairs)
    hint = "" if count is None else visit.format.label(count, "members")
    return view.Anchor(text, str(address), current, hint)


def _said(visit: Visit, answer: Answer, name: str, value: str) -> str:
    if name == "dropped":
        return visit._("Went no further")
    words = {"node": visit._("There"), "state": visit._("State"), "position": visit._("Place on the path")}
    title = words.get(name) or next((one.title for one in answer.result.columns if one.name == name), name)
    return f"{title}: {value or visit.format.label(None)}"
