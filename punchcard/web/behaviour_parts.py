"""The parts of a page that puts a question of behaviour together: its activities, what can be added, its settings."""

from typing import Any

import msgspec

from punchcard.activities import Offered, Property, properties
from punchcard.analyses.counting import ActivityFormula
from punchcard.errors import QueryError
from punchcard.query import Query
from punchcard.web import behaviour_question as questions
from punchcard.web import view
from punchcard.web.behaviour_choices import Setting, funnel_views, measures, place_title, settings
from punchcard.web.behaviour_question import (
    FORMULA,
    FUNNELS,
    TYPED,
    Ask,
    address_of,
    asking,
    base,
    look,
    places,
    rebased,
    setting,
)
from punchcard.web.dashboards import VALUES
from punchcard.web.site import Visit

MOST_STEPS = 20
KEPT = ("optional", "as", "measure", "of")  # what is said of a place, whatever activity stands there


def title_of(visit: Visit, name: str) -> str:
    """What people call an activity."""
    activity = visit.catalog.activities.get(name)
    return name if activity is None else activity.title


def part_of(visit: Visit, query: Query, ask: Ask, place: str, every: tuple[Offered, ...]) -> view.Part:
    """An activity of the question: what it is now, what it may be instead, and its conditions."""
    pick = questions.at(ask, place)
    activity = pick.get("activity")
    known = properties(visit.site.programme, visit.site.viewer, (activity,) if isinstance(activity, str) else ())

    def to(changed: Ask) -> str:
        return str(address_of(query, questions.put(ask, place, changed)))

    rest = {name: value for name, value in pick.items() if name in KEPT}
    instead = [
        view.MetricChoice(visit._("Any activity"), to(rest), visit._("Whatever it is"), current=not activity),
        *(_choice(visit, one, to({**rest, "activity": one.name}), one.name == activity) for one in every),
    ]
    return view.Part(
        f"part-{place}",
        place_title(visit, ask["kind"], place, str(pick.get("as", ""))),
        visit._("Any activity") if activity is None else title_of(visit, str(activity)),
        tuple(instead),
        tuple(_conditions(visit, query, ask, place)),
        tuple(one.name for one in known),
        tuple(dict.fromkeys(value for one in known for value in one.values))[:VALUES],
        place,
        **_moves(query, ask, place),
        optional=_optional(visit, query, ask, place),
        settings=_counted(visit, query, ask, place, [one.name for one in known if not one.is_text]),
    )


def _counted(visit: Visit, query: Query, ask: Ask, place: str, numbers: list[str]) -> tuple[view.Options, ...]:
    """What is counted of a series: the measure, and the property that it is of."""
    if ask["kind"] != FORMULA:
        return ()
    pick = questions.at(ask, place)

    def to(text: str, **changed: str) -> view.Anchor:
        asked_then = questions.measured({**pick, **changed}, numbers)
        if "of" in asked_then and not numbers:
            return view.Anchor(text, "", why_not=visit._("there is no property with numbers"))
        current = all(pick.get(name, "members") == value for name, value in changed.items())
        return _anchor(query, text, questions.put(ask, place, asked_then), current=current)

    measure = view.Options(
        visit._("Counted"), tuple(to(text, measure=name) for name, text in measures(visit).items()), f"measure-{place}"
    )
    if "of" not in pick:
        return (measure,)
    return (measure, view.Options(visit._("The property"), tuple(to(one, of=one) for one in numbers), f"of-{place}"))


def _conditions(visit: Visit, query: Query, ask: Ask, place: str) -> list[view.Chip]:
    """The conditions on an activity, each with the question without it."""
    pick, words = questions.at(ask, place), dict(_operators(visit))
    where: list[Ask] = list(pick.get("where", ()))
    found: list[view.Chip] = []
    for n, one in enumerate(where):
        said = f"{one['property']} {words.get(one.get('operator', 'is'), one.get('operator'))}"
        without = questions.put(ask, place, {**pick, "where": [*where[:n], *where[n + 1 :]]})
        found.append(view.Chip(f"{said} {', '.join(map(str, one.get('values', ())))}", str(address_of(query, without))))
    return found


def _moves(query: Query, ask: Ask, place: str) -> dict[str, str]:
    """Where a step can go: away, before the one before, behind the next; a series, away if the formula lets it."""
    if ask["kind"] == FORMULA:
        every = questions.series(ask)
        rest = {**ask, "figures": [one for n, one in enumerate(every) if str(n) != place]}
        return {} if (gone := _anchor(query, "", rest, current=False)).why_not else {"remove": gone.href}
    steps: list[Ask] = list(base(ask).get("steps", ()))
    if len(steps) < 2:
        return {}
    n = int(place)

    def to(changed: list[Ask]) -> str:
        return str(address_of(query, questions.with_steps(ask, changed)))

    moves = {"remove": to([*steps[:n], *steps[n + 1 :]])} if len(steps) > _least(ask) else {}
    if n:
        moves["earlier"] = to([*steps[: n - 1], steps[n], steps[n - 1], *steps[n + 1 :]])
    if n + 1 < len(steps):
        moves["later"] = to([*steps[:n], steps[n + 1], steps[n], *steps[n + 2 :]])
    return moves


def _least(ask: Ask) -> int:
    """How many steps a funnel needs at least."""
    return 1 if ask["kind"] == "funnel" else 2


def _optional(visit: Visit, query: Query, ask: Ask, place: str) -> view.Anchor | None:
    """Whether a step between the first and the last may be left out."""
    if ask["kind"] not in FUNNELS or not 0 < int(place) < len(base(ask)["steps"]) - 1:
        return None
    pick = questions.at(ask, place)
    now = bool(pick.get("optional"))
    return _anchor(
        query, visit._("May be left out"), questions.put(ask, place, {**pick, "optional": not now}), current=now
    )


def _choice(visit: Visit, one: Offered, href: str, current: bool = False) -> view.MetricChoice:
    volume = visit._("%(count)s in the period", count=visit.format.exact(one.volume, "count"))
    return view.MetricChoice(one.title, href, f"{volume} · {one.meaning}", words=one.name, current=current)


def additions(query: Query, ask: Ask, every: tuple[Offered, ...]) -> tuple[view.MetricChoice, ...]:
    """The steps that a funnel may get, or the series of a formula."""
    most = len(ActivityFormula.letters) if ask["kind"] == FORMULA else MOST_STEPS
    if questions.numbered(ask) is None or len(places(ask)) >= most:
        return ()
    return tuple(
        view.MetricChoice(
            one.title,
            str(address_of(query, questions.with_another(ask, one.name))),
            f"{one.volume:,} · {one.meaning}",
            words=one.name,
        )
        for one in every
    )


def exclusions(visit: Visit, query: Query, ask: Ask, every: tuple[Offered, ...]) -> view.Exclusions:
    """What must not happen between the steps of a funnel."""
    steps, there = len(base(ask)["steps"]), list(base(ask).get("exclusions", ()))
    chips: list[view.Chip] = []
    for n, one in enumerate(there):
        said = visit._(
            "%(activity)s between %(after)s and %(before)s",
            activity=visit._("any activity") if one.get("activity") is None else title_of(visit, str(one["activity"])),
            after=one["after_step"],
            before=one["before_step"],
        )
        without = rebased(ask, {**base(ask), "exclusions": [*there[:n], *there[n + 1 :]]})
        chips.append(view.Chip(said, str(address_of(query, questions.given(without)))))
    return view.Exclusions(
        tuple(chips),
        tuple(view.Hidden(one.name, one.title) for one in every),
        tuple(str(n) for n in range(1, steps)),
        tuple(str(n) for n in range(2, steps + 1)),
    )


def views(visit: Visit, query: Query, ask: Ask) -> tuple[view.Options, ...]:
    """How a funnel can be looked at."""
    if ask["kind"] not in FUNNELS:
        return ()
    choices = (
        _anchor(query, text, questions.as_funnel(ask, kind), current=kind == ask["kind"])
        for kind, text in funnel_views(visit).items()
    )
    return (view.Options(visit._("Show"), tuple(choices)),)


def options(visit: Visit, query: Query, ask: Ask, every: tuple[Offered, ...]) -> list[view.Options]:
    """The settings of the question."""
    names = tuple(
        dict.fromkeys(str(name) for place in places(ask) if (name := questions.at(ask, place).get("activity")))
    )
    known = properties(visit.site.programme, visit.site.viewer, names)
    steps = len(base(ask).get("steps", ()))
    return [
        _option(visit, query, ask, one, known, every)
        for one in settings(visit, ask["kind"], steps)
        if not one.when or look(_home(ask, one), one.when) is not None
    ]


def _home(ask: Ask, one: Setting) -> Ask:
    return base(ask) if one.inner else ask


def _option(
    visit: Visit, query: Query, ask: Ask, one: Setting, known: tuple[Property, ...], every: tuple[Offered, ...]
) -> view.Options:
    now = look(_home(ask, one), one.path, _default(query, one))
    changed = look(_home(ask, one), one.path) not in (None, (), _default(query, one))
    where = f"set-{one.path.replace('.', '-')}"
    if one.of == "typed":
        path = f"funnel.{one.path}" if one.inner and "funnel" in ask else one.path
        return view.Options(
            one.title,
            (),
            where,
            view.Input(f"{TYPED}{path}", one.title, questions.said(now)),
            more=one.more,
            changed=changed,
        )
    numbers = [prop.name for prop in known if not prop.is_text]

    def to(text: str, value: Any) -> view.Anchor:
        home = _home(ask, one)
        if one.path in BREAKDOWNS:
            home = setting(home, "against", None)  # a group of another breakdown
        other = questions.toggled(home, one.path, value) if one.many else setting(home, one.path, value)
        current = value in (now or ()) if one.many else value == now
        asked_then = questions.consistent(rebased(ask, other) if one.inner else other, numbers)
        return _anchor(query, text, asked_then, current=current)

    if one.of == "group" and (reason := _uncompared(visit, ask)):
        choices = (view.Anchor(visit._("the largest group"), "", current=True, why_not=reason),)
        return view.Options(one.title, choices, more=one.more, changed=changed)
    choices = tuple(to(text, value) for value, text in _values(visit, query, one, known, every).items())
    return view.Options(one.title, choices, where if one.of else "", more=one.more, changed=changed)


def _values(
    visit: Visit, query: Query, one: Setting, known: tuple[Property, ...], every: tuple[Offered, ...]
) -> dict[Any, str]:
    """What a setting may be, by name; nothing is a choice where nothing need be said."""
    none: dict[Any, str] = {} if one.many or _required(query, one) else {None: visit._("nothing")}
    match one.of:
        case "text" if (query.ask.__struct_config__.tag, one.path) in _DIVIDED:
            segments = {f"in.{name}": segment.title for name, segment in visit.catalog.segments.items()}
            return none | {prop.name: prop.name for prop in known if prop.is_text} | segments
        case "text" | "number":
            return none | {prop.name: prop.name for prop in known if prop.is_text == (one.of == "text")}
        case "group":
            return {None: visit._("the largest group")} | {name: name for name in _groups(visit, query)}
        case "activity":
            return none | {activity.name: activity.title for activity in every}
        case _:
            return dict(one.values)


# Settings that divide by what was done or by who did it.
_DIVIDED = (("segmentation", "breakdown"), ("funnel", "breakdown.property"))


BREAKDOWNS = ("breakdown", "breakdown.property")


def _uncompared(visit: Visit, ask: Ask) -> str:
    """Why the groups of a breakdown are not compared, if so."""
    if visit.site.viewer.brands is not None:
        return visit._("groups are compared for the operator of the programme only")
    if ask["kind"] == "funnel" and ask.get("count", "members") != "members":
        return visit._("groups are compared where members are counted")
    if ask["kind"] == "retention" and ask.get("cohort") != "first_time":
        return visit._("groups are compared where each member is in one cohort: the first time ever")
    return ""


def _groups(visit: Visit, query: Query) -> tuple[str, ...]:
    """The groups of the answer, one of which others can be compared with."""
    try:
        found = visit.site.ask(asking(query, setting(questions.written(query), "against", None))).result
    except QueryError:
        return ()  # the answer itself says what is wrong
    return tuple(dict.fromkeys(str(label) for label in found.column("value") if label is not None))


def _required(query: Query, one: Setting) -> bool:
    """Whether a setting must be said: the field of the analysis has no default."""
    fields = {known.name: known for known in msgspec.structs.fields(query.ask)}
    return one.path == "of" or (one.path in fields and fields[one.path].required)


def _default(query: Query, one: Setting) -> Any:
    """What a setting is unless it is said."""
    home = getattr(query.ask, "funnel", query.ask) if one.inner else query.ask
    fields = {known.name: known for known in msgspec.structs.fields(home)}
    if one.path == "to_step":
        return getattr(query.ask, "last", None)
    if one.path == "breakdown.attribution":
        return "first_touch"
    found = fields.get(one.path)
    return None if found is None or found.default is msgspec.NODEFAULT else found.default


def _anchor(query: Query, text: str, changed: Ask, *, current: bool) -> view.Anchor:
    try:
        asking(query, changed)
    except QueryError as error:
        return view.Anchor(text, "", current, why_not=error.message)
    return view.Anchor(text, str(address_of(query, changed)), current)


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
        "second": visit._("seconds"),
        "minute": visit._("minutes"),
        "hour": visit._("hours"),
        "day": visit._("days"),
        "week": visit._("weeks"),
        "session": visit._("sessions"),
    }
    return tuple(view.Hidden(name, text) for name, text in names.items())
