"""Explore for behaviour: a question put together from activities by clicks; the address is the question.

A form adds to the address what it has to say (a condition, a window); it is folded into the question when it is read.
"""

from dataclasses import replace
from typing import Any

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from punchcard.activities import Offered, Property, offered, properties
from punchcard.analyses import AnyAnalysis
from punchcard.analyses.behaviour import Behaviour, in_titles
from punchcard.errors import QueryError, did_you_mean
from punchcard.query import Query, converted, from_url, to_url
from punchcard.web import forms, pages, saved, view
from punchcard.web.address import Address
from punchcard.web.bar import bar
from punchcard.web.behaviour_choices import BEGINNINGS, TEXT, Ask, Setting, kinds, settings, titles
from punchcard.web.dashboards import HTML, VALUES, narrowing_choices
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import Spot, members_address, tile

PATH = "/explore/behaviour"
PERIOD = "last_12_months"
OWN = ("lang", "of", "kind", "at", "property", "operator", "value", "n", "unit")
MOST_STEPS = 20


def asked(visit: Visit) -> Query:
    """The question in the address, with what a form adds to it; `kind` alone begins one."""
    address = visit.address
    for name in OWN:
        address = address.to(**{name: None})
    if address.get("ask") is None:
        kind = visit.address.get("kind") or "funnel"
        if kind not in BEGINNINGS:
            raise QueryError(f"there is no page for '{kind}'{did_you_mean(kind, BEGINNINGS)}")
        ask: Ask = {"kind": kind, **BEGINNINGS[kind]}
        if kind == "funnel":
            ask["steps"] = [{"activity": one.name} for one in offered(visit.site.programme, visit.site.viewer)[:2]]
            ask["steps"] = ask["steps"] or [{}]
        address = address.to(period=address.get("period") or PERIOD, ask=msgspec.json.encode(ask).decode())
    query = from_url(address.query)
    if not isinstance(query.ask, Behaviour) or query.ask.__struct_config__.tag not in BEGINNINGS:
        raise QueryError("the question in the address is none of behaviour; see /explore")
    return asking(query, _folded(visit, written(query)))


def written(query: Query) -> Ask:
    """The analysis as plain values, without what was not given."""
    return _given(msgspec.to_builtins(query.ask))


def _given(value: Any) -> Any:
    match value:
        case dict():
            return {name: _given(one) for name, one in value.items() if one is not None and one not in ([], ())}  # type: ignore[misc]
        case list() | tuple():
            return [_given(one) for one in value]  # type: ignore[misc]
        case _:
            return value


def asking(query: Query, ask: Ask) -> Query:
    """The question with another analysis."""
    return msgspec.structs.replace(query, ask=converted(ask, AnyAnalysis))  # type: ignore[arg-type]


def _folded(visit: Visit, ask: Ask) -> Ask:
    address = visit.address
    if name := address.get("property"):
        operator, value = address.get("operator") or "is", address.get("value") or ""
        condition: Ask = {"property": name, "operator": operator}
        if operator not in ("is_set", "is_not_set"):
            condition["values"] = [value]
        place = address.get("at") or ""
        pick = _at(ask, place) if place in places(ask) else {}
        ask = _with(ask, place, {**pick, "where": [*pick.get("where", ()), condition]})
    if (n := address.get("n")) and ask["kind"] == "funnel":
        if not n.isdigit():
            raise QueryError(f"a window is a whole number of units, not '{n}'")
        ask = {**ask, "window": {"n": int(n), "unit": address.get("unit") or "day"}}
    return ask


def places(ask: Ask) -> list[str]:
    """Where activities stand in a question: a step's number, or a field."""
    match ask["kind"]:
        case "funnel":
            return [str(place) for place in range(len(ask["steps"]))]
        case "retention":
            return ["start", "returning"]
        case _:
            return ["activity"]


def _at(ask: Ask, place: str) -> Ask:
    if ask["kind"] == "funnel":
        return ask["steps"][int(place)]
    return ask.get(place, {})


def _with(ask: Ask, place: str, changed: Ask) -> Ask:
    if place not in places(ask):
        raise QueryError(f"the question has no place '{place}'{did_you_mean(place, places(ask))}")
    if ask["kind"] == "funnel":
        return {**ask, "steps": [changed if str(n) == place else step for n, step in enumerate(ask["steps"])]}
    return {**ask, place: changed}


def address_of(query: Query, ask: Ask | None = None) -> Address:
    """The address of a question on this page, perhaps with another analysis."""
    pairs = Address.of(PATH, to_url(query))
    return pairs if ask is None else pairs.to(ask=msgspec.json.encode(ask).decode())


def shown(visit: Visit) -> view.BehaviourPage:
    """The page for the question in the address."""
    query = asked(visit)
    ask = written(query)
    page = address_of(query)
    kind = ask["kind"]
    every = offered(visit.site.programme, visit.site.viewer)
    keep = tuple(view.Hidden(name, value) for name, value in page.pairs)
    window = ask.get("window", {"n": 7, "unit": "day"}) if kind == "funnel" else None
    return view.BehaviourPage(
        visit.shell(visit._("Explore"), "explore"),
        kinds(visit, kind),
        in_titles(query.ask.method(visit.catalog), visit.catalog),
        tuple(_part(visit, query, ask, place, every) for place in places(ask)),
        _additions(query, ask, every),
        tuple(_options(visit, query, ask)),
        filter_bar(visit, query, page),
        replace(tile(visit, spot(visit, query)), part=""),
        keep,
        operators(visit),
        None if window is None else (str(window.get("n", 7)), str(window.get("unit", "day"))),
        units(visit),
        str(members_address(query)),
        "/saved/tile",
        saved.keep(visit, query),
        saved.own(visit),
        f"{PATH}/part",
    )


def spot(visit: Visit, query: Query) -> Spot:
    """The place of the answer."""
    page = address_of(query)
    ask = written(query)
    steps = [str(_at(ask, place).get("activity") or visit._("any activity")) for place in places(ask)]
    named = " → ".join(_title(visit, one) for one in steps)
    title = f"{titles(visit)[ask['kind']]}: {named}"
    return Spot("answer", title, lambda: query, Address(f"{PATH}/tile", page.pairs), page, 12, 460, opened=True)


def _title(visit: Visit, name: str) -> str:
    activity = visit.catalog.activities.get(name)
    return name if activity is None else activity.title


def _part(visit: Visit, query: Query, ask: Ask, place: str, every: tuple[Offered, ...]) -> view.Part:
    pick = _at(ask, place)
    activity = pick.get("activity")
    text = visit._("Any activity") if activity is None else _title(visit, str(activity))
    known = properties(visit.site.programme, visit.site.viewer, (activity,) if isinstance(activity, str) else ())
    where: list[Ask] = list(pick.get("where", ()))

    def to(changed: Ask) -> str:
        return str(address_of(query, changed))

    conditions = tuple(
        view.Chip(
            f"{one['property']} {dict(_operators(visit)).get(one.get('operator', 'is'))}"
            f" {', '.join(map(str, one.get('values', ())))}",
            to(_with(ask, place, {**pick, "where": [*where[:n], *where[n + 1 :]]})),
        )
        for n, one in enumerate(where)
    )
    instead = [
        view.MetricChoice(
            visit._("Any activity"),
            to(_with(ask, place, {})),
            visit._("Whatever it is"),
            current=not activity,
        )
    ]
    instead += [_choice(one, to(_with(ask, place, {"activity": one.name})), one.name == activity) for one in every]
    steps: list[Ask] = list(ask.get("steps", ()))
    moves = {"remove": "", "earlier": "", "later": ""}
    if ask["kind"] == "funnel" and len(steps) > 1:
        n = int(place)
        moves["remove"] = to(_kept(ask, [*steps[:n], *steps[n + 1 :]]))
        if n:
            moves["earlier"] = to(_kept(ask, [*steps[: n - 1], steps[n], steps[n - 1], *steps[n + 1 :]]))
        if n + 1 < len(steps):
            moves["later"] = to(_kept(ask, [*steps[:n], steps[n + 1], steps[n], *steps[n + 2 :]]))
    return view.Part(
        f"part-{place}",
        _place_title(visit, ask, place),
        text,
        tuple(instead),
        conditions,
        tuple(one.name for one in known),
        tuple(dict.fromkeys(value for one in known for value in one.values))[:VALUES],
        place,
        **moves,
    )


def _kept(ask: Ask, steps: list[Ask]) -> Ask:
    """The funnel with other steps; what names a step that is gone goes too."""
    rest = {name: value for name, value in ask.items() if name != "exclusions"}
    breakdown = rest.get("breakdown")
    if breakdown and breakdown.get("step", 1) > len(steps):
        rest.pop("breakdown")
    return {**rest, "steps": steps}


def _place_title(visit: Visit, ask: Ask, place: str) -> str:
    if ask["kind"] == "funnel":
        return visit._("Step %(number)s", number=int(place) + 1)
    return {"start": visit._("They begin with"), "returning": visit._("They come back with")}.get(
        place, visit._("Activity")
    )


def _choice(one: Offered, href: str, current: bool = False) -> view.MetricChoice:
    return view.MetricChoice(one.title, href, f"{one.volume:,} · {one.meaning}", words=one.name, current=current)


def _additions(query: Query, ask: Ask, every: tuple[Offered, ...]) -> tuple[view.MetricChoice, ...]:
    steps: list[Ask] = list(ask.get("steps", ()))
    if ask["kind"] != "funnel" or len(steps) >= MOST_STEPS:
        return ()
    return tuple(
        _choice(one, str(address_of(query, {**ask, "steps": [*steps, {"activity": one.name}]}))) for one in every
    )


def _options(visit: Visit, query: Query, ask: Ask) -> list[view.Options]:
    names = tuple(str(name) for place in places(ask) if (name := _at(ask, place).get("activity")))
    known = properties(visit.site.programme, visit.site.viewer, names)
    return [_option(visit, query, ask, one, known) for one in settings(visit, ask["kind"])]


def _option(visit: Visit, query: Query, ask: Ask, one: Setting, known: tuple[Property, ...]) -> view.Options:
    now = ask.get(one.field, _default(query, one.field))
    if one.of == TEXT:
        values: dict[Any, str] = {None: visit._("nothing")}
        values |= {prop.name: prop.name for prop in known if prop.is_text}
        if isinstance(now, dict):
            now = now["property"]  # type: ignore[index]
    else:
        values = dict(one.values)
    choices: list[view.Anchor] = []
    for value, text in values.items():
        changed = {name: kept for name, kept in ask.items() if name != one.field}
        if value is not None:
            in_place = value
            if one.field == "breakdown" and ask["kind"] == "funnel":
                in_place = {"property": value}
            changed[one.field] = in_place
        choices.append(_anchor(query, text, changed, current=value == now))
    return view.Options(one.title, tuple(choices), id=f"set-{one.field}" if one.of == TEXT else "")


def _anchor(query: Query, text: str, changed: Ask, *, current: bool) -> view.Anchor:
    try:
        asking(query, changed)
    except QueryError as error:
        return view.Anchor(text, "", current, why_not=error.message)
    return view.Anchor(text, str(address_of(query, changed)), current)


def _default(query: Query, name: str) -> Any:
    return getattr(query.ask, name, None)


def _operators(visit: Visit) -> list[tuple[str, str]]:
    return [
        ("is", visit._("is")),
        ("is_not", visit._("is not")),
        ("contains", visit._("contains")),
        ("at_least", visit._("is at least")),
        ("at_most", visit._("is at most")),
        ("is_set", visit._("is given")),
        ("is_not_set", visit._("is not given")),
    ]


def operators(visit: Visit) -> tuple[view.Hidden, ...]:
    """How a property can be compared."""
    return tuple(view.Hidden(name, text) for name, text in _operators(visit))


def units(visit: Visit) -> tuple[view.Hidden, ...]:
    """The units of a window."""
    names = {
        "minute": visit._("minutes"),
        "hour": visit._("hours"),
        "day": visit._("days"),
        "week": visit._("weeks"),
        "session": visit._("sessions"),
    }
    return tuple(view.Hidden(name, text) for name, text in names.items())


def filter_bar(visit: Visit, query: Query, page: Address) -> view.FilterBar:
    """The period, and who is asked about: members by attribute, segment scheme and segment."""
    changing = visit.site.programme.histories(visit.site.viewer)
    fields = [
        view.FilterField(visit.titled(name), str(Address(f"{PATH}/values", page.pairs).to(of=name)))
        for name in changing
    ]
    if visit.catalog.segments:
        fields.append(view.FilterField(visit._("Segment"), str(Address(f"{PATH}/values", page.pairs).to(of="segment"))))
    found = bar(visit, page, period=query.period, compare=None, fields=tuple(fields))
    return replace(found, menus=(), compare_toggle=None)  # a question of behaviour is compared with nothing


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
