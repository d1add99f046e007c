"""Explore for behaviour: a question put together from activities by clicks; the address is the question.

A form adds to the address what it has to say (a condition, a window); it is folded into the question when it is read.
"""

from dataclasses import replace

from litestar import Response, Router, get
from litestar.params import FromPath

from punchcard.activities import offered
from punchcard.analyses.behaviour import Behaviour, in_titles
from punchcard.errors import QueryError, did_you_mean
from punchcard.query import Query, from_url
from punchcard.web import behaviour_question as questions
from punchcard.web import forms, pages, saved, view
from punchcard.web.address import Address
from punchcard.web.bar import bar
from punchcard.web.behaviour_choices import BEGINNINGS, COMPARED, EXPLORED, beginning, funnel_views, kinds, titles
from punchcard.web.behaviour_parts import additions, exclusions, operators, options, part_of, title_of, units, views
from punchcard.web.behaviour_question import FORMULA, FUNNELS, PATH, address_of, asking, base, places, written
from punchcard.web.dashboards import HTML, narrowing_choices
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import Spot, has_members, members_address, tile

PERIOD = "last_12_months"


def asked(visit: Visit) -> Query:
    """The question in the address, with what a form adds to it; `kind` alone begins one."""
    address = questions.bare(visit.address)
    if address.get("ask") is None:
        kind = visit.address.get("kind") or "funnel"
        if kind not in BEGINNINGS:
            raise QueryError(f"there is no page for '{kind}'{did_you_mean(kind, BEGINNINGS)}")
        period = address.get("period") or PERIOD
        ask = beginning(visit, kind, offered(visit.site.programme, visit.site.viewer, period))
        address = address.to(period=period, ask=questions.encoded(ask))
    query = from_url(address.query)
    if not isinstance(query.ask, Behaviour) or query.ask.__struct_config__.tag not in EXPLORED:
        raise QueryError("the question in the address is none of behaviour; see /explore")
    return asking(query, questions.folded(written(query), visit.address))


def shown(visit: Visit) -> view.BehaviourPage:
    """The page for the question in the address; what was typed and cannot be used stands where it was, with why."""
    rest, typed_in = questions.without_typed(visit.address)
    error = ""
    try:
        query = asked(visit)
    except QueryError as mistake:
        if not typed_in:
            raise
        error, query = mistake.message, asked(replace(visit, address=rest))
    ask = written(query)
    page = address_of(query)
    every = offered(visit.site.programme, visit.site.viewer, query.period)
    is_funnel = ask["kind"] in FUNNELS
    window = base(ask).get("window", {}) if is_funnel else None
    return view.BehaviourPage(
        visit.shell(visit._("Explore"), "explore"),
        kinds(visit, ask["kind"]),
        *_in_words(visit, query),
        tuple(part_of(visit, query, ask, place, every) for place in places(ask)),
        additions(query, ask, every),
        tuple(
            _mistaken(one, typed_in, error) for one in (*views(visit, query, ask), *options(visit, query, ask, every))
        ),
        filter_bar(visit, query, page),
        replace(tile(visit, spot(visit, query)), part=""),
        tuple(view.Hidden(name, value) for name, value in page.pairs),
        operators(visit),
        None if window is None else (str(window.get("n", 7)), str(window.get("unit", "day"))),
        units(visit),
        exclusions(visit, query, ask, every) if is_funnel and len(base(ask)["steps"]) > 1 else None,
        str(members_address(query)) if has_members(visit, query) else "",
        "/saved/tile",
        saved.keep(visit, query),
        saved.own(visit),
        f"{PATH}/part",
        visit._("Add a series") if ask["kind"] == FORMULA else visit._("Add a step"),
    )


def _mistaken(one: view.Options, typed_in: dict[str, str], error: str) -> view.Options:
    """A setting with what was typed for it and cannot be used."""
    if not error or one.typed is None or one.typed.name not in typed_in:
        return one
    return replace(one, typed=replace(one.typed, value=typed_in[one.typed.name], error=error), changed=True)


def _in_words(visit: Visit, query: Query) -> tuple[str, str]:
    """The question as a sentence, and what else there is to know of how it is answered."""
    first, stop, rest = in_titles(query.ask.method(visit.catalog), visit.catalog).partition(". ")
    return first + stop.rstrip(), rest


def spot(visit: Visit, query: Query) -> Spot:
    """The place of the answer."""
    page = address_of(query)
    ask = written(query)
    steps = [str(questions.at(ask, place).get("activity") or visit._("any activity")) for place in places(ask)]
    named = " → ".join(title_of(visit, one) for one in steps)
    kind = titles(visit).get(ask["kind"]) or f"{titles(visit)['funnel']}, {funnel_views(visit)[ask['kind']]}"
    if ask["kind"] == FORMULA:
        names = (one["as"] for one in questions.series(ask))
        series = ", ".join(f"{name}: {title_of(visit, step)}" for name, step in zip(names, steps, strict=True))
        named = f"{ask['formula']} ({series})"
    title = f"{kind}: {named}" if named else kind
    return Spot("answer", title, lambda: query, Address(f"{PATH}/tile", page.pairs), page, 12, 460, opened=True)


def filter_bar(visit: Visit, query: Query, page: Address) -> view.FilterBar:
    """The period, and who is asked about: members by attribute, segment scheme and segment."""
    changing = visit.site.programme.histories(visit.site.viewer)
    fields = [
        view.FilterField(visit.titled(name), str(Address(f"{PATH}/values", page.pairs).to(of=name)))
        for name in changing
    ]
    if visit.catalog.segments:
        fields.append(view.FilterField(visit._("Segment"), str(Address(f"{PATH}/values", page.pairs).to(of="segment"))))
    found = bar(visit, page, period=query.period, compare=query.compare, fields=tuple(fields))
    compared = query.ask.__struct_config__.tag in COMPARED
    return found if compared else replace(found, menus=(), compare_toggle=None)


@get("/", sync_to_thread=True, media_type=HTML)
def whole(visit: Here) -> str:
    """The page."""
    return pages.page(shown(visit))


@get("/part", sync_to_thread=True, media_type=HTML)
def part(visit: Here) -> str:
    """The question and its answer anew."""
    return pages.behaviour_part(shown(visit))


@get("/values", sync_to_thread=True, media_type=HTML)
def values(visit: Here) -> str:
    """The values of what members can be filtered by."""
    query = asked(visit)
    return narrowing_choices(visit, address_of(query), query, visit.catalog.metrics)


@get("/tile/{form:str}", sync_to_thread=True)
def form(visit: Here, form: FromPath[str]) -> Response[bytes]:
    """The answer in another form: its method, its table, a file."""
    return forms.reply(visit, spot(visit, asked(visit)), form)


routes = Router(PATH, route_handlers=[whole, part, values, form], include_in_schema=False)
