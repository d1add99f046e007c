"""What Explore offers for each kind of behaviour: its first question, and the settings that clicks and forms change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from punchcard.activities import Offered, Property, properties
from punchcard.web import view
from punchcard.web.address import Address
from punchcard.web.behaviour_question import FORMULA, FUNNELS, Ask
from punchcard.web.site import Visit

BEGINNINGS: Final[Mapping[str, Ask]] = {
    "segmentation": {"activity": {}, "grain": "month"},
    FORMULA: {"formula": "A / B", "figures": [], "grain": "month"},
    "funnel": {"steps": []},
    "retention": {"start": {}, "returning": {}, "grain": "month"},
    "lifecycle": {"activity": {}, "grain": "month"},
    "stickiness": {"activity": {}, "grain": "month"},
    "paths": {"activity": {}},
    "sessions": {"grain": "month"},
    "frequency": {"activity": {}},
    "interval": {"activity": {}},
    "lifetime_value": {"value": "value", "grain": "month"},
    "attribution": {"channel": "channel"},
    "composition": {"by": "channel", "grain": "month"},
    "property_distribution": {"of": "value"},
    "impact": {"grain": "week"},
    "drivers": {},
}
COMPARED: Final = ("segmentation", FORMULA)  # the kinds that can be set beside another period
EXPLORED: Final = frozenset((*BEGINNINGS, *FUNNELS))  # the kinds that have a page to change them
TOUCHES: Final = ("touched", "message_clicked", "message_opened", "message_received")  # what conversions are owed to


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its path (a dot leads inside), its title, and what it may be.

    `values` are named; `of` asks for a property, an activity, a group of the breakdown or something typed instead, and
    `many` for several.
    `more` ones are out of the way until they are wanted; `inner` ones belong to the funnel that a question is about.
    `when` names another setting without which this one means nothing.
    """

    path: str
    title: str
    values: Mapping[Any, str] = field(default_factory=dict[Any, str])
    of: Literal["", "text", "number", "activity", "group", "typed"] = ""
    many: bool = False
    more: bool = False
    inner: bool = False
    when: str = ""


def beginning(visit: Visit, kind: str, every: Sequence[Offered]) -> Ask:
    """The first question of a kind, put together from what there is most of."""
    ask: Ask = {"kind": kind, **BEGINNINGS[kind]}
    names = [one.name for one in every]
    first = "purchase" if "purchase" in names else next(iter(names), None)
    some: Ask = {"activity": first} if first is not None else {}
    if kind == "funnel":
        ask["steps"] = [{"activity": name} for name in (names * 2)[:2]] or [{}, {}]
    if kind == FORMULA:
        ask["figures"] = [{"as": name, **some, "measure": what} for name, what in (("A", "times"), ("B", "members"))]
    if kind == "impact":
        other = next((name for name in names if name != first), first)
        ask |= {"first": {"activity": other} if other is not None else {}, "then": some}
    if kind == "composition":
        ask |= {"activity": some, "by": _preferred(_known(visit, first), "channel", is_text=True)}
    if kind == "property_distribution":
        ask |= {"activity": some, "of": _preferred(_known(visit, first), "value", is_text=False)}
    if kind == "lifetime_value":
        ask |= {"joining": some, "earning": some}
        ask["value"] = _preferred(_known(visit, first), "value", is_text=False)
    if kind == "attribution":
        touch = next((name for name in TOUCHES if name in names), None) or next(
            (name for name in names if name != first), first
        )
        ask |= {"touch": {"activity": touch} if touch is not None else {}, "conversion": some}
        ask["channel"] = _preferred(_known(visit, touch), "channel", is_text=True)
    return ask


def _known(visit: Visit, activity: str | None) -> tuple[Property, ...]:
    names = () if activity is None else (activity,)
    return properties(visit.site.programme, visit.site.viewer, names)


def _preferred(known: Sequence[Property], name: str, *, is_text: bool) -> str:
    names = [one.name for one in known if one.is_text is is_text]
    return name if name in names else next(iter(names), name)


def kinds(visit: Visit, current: str | None) -> tuple[view.Anchor, ...]:
    """The kinds of questions, metrics first."""
    period = visit.address.get("period")
    here = Address("/explore/behaviour", () if period is None else (("period", period),))
    metrics = view.Anchor(visit._("Metrics"), "/explore", current is None)
    now = "funnel" if current in FUNNELS else current
    return (
        metrics,
        *(view.Anchor(title, str(here.to(kind=kind)), kind == now) for kind, title in titles(visit).items()),
    )


def titles(visit: Visit) -> dict[str, str]:
    """The kinds of behaviour by name."""
    _ = visit._
    return {
        "segmentation": _("Activity over time"),
        FORMULA: _("Formula"),
        "funnel": _("Funnel"),
        "retention": _("Retention"),
        "lifecycle": _("Lifecycle"),
        "stickiness": _("Stickiness"),
        "paths": _("Paths"),
        "sessions": _("Sessions"),
        "frequency": _("How often"),
        "interval": _("Time in between"),
        "lifetime_value": _("Lifetime value"),
        "attribution": _("Attribution"),
        "composition": _("What it is made of"),
        "property_distribution": _("How values are spread"),
        "impact": _("Before and after"),
        "drivers": _("What goes with coming back"),
    }


def funnel_views(visit: Visit) -> dict[str, str]:
    """How a funnel can be looked at."""
    return {
        "funnel": visit._("step by step"),
        "funnel_trend": visit._("over time"),
        "funnel_time": visit._("time to convert"),
    }


def place_title(visit: Visit, kind: str, place: str, name: str = "") -> str:
    """What stands at a place of a question; a series has a name."""
    if kind == FORMULA:
        return visit._("Series %(name)s", name=name)
    if kind in FUNNELS:
        return visit._("Step %(number)s", number=int(place) + 1)
    return {
        "start": visit._("They begin with"),
        "returning": visit._("They come back with"),
        "joining": visit._("They join with"),
        "earning": visit._("They are worth"),
        "touch": visit._("Touches"),
        "first": visit._("The first time they did"),
        "then": visit._("What they did before and after"),
        "conversion": visit._("Conversions"),
    }.get(place, visit._("Activity"))


def settings(visit: Visit, kind: str, steps: int = 0) -> tuple[Setting, ...]:
    """What can be set for a kind; `steps` is how many a funnel has."""
    if kind in FUNNELS:
        return (*_outer(visit, kind, steps), *_funnel(visit, kind, steps))
    return _SETTINGS.get(kind, _only_grain)(visit)


def _grain(visit: Visit, *names: str) -> Setting:
    _ = visit._
    known = {
        "hour": _("hour"),
        "day": _("day"),
        "week": _("week"),
        "month": _("month"),
        "quarter": _("quarter"),
        "year": _("year"),
    }
    return Setting("grain", _("By"), {name: known[name] for name in names or ("day", "week", "month")})


def _only_grain(visit: Visit) -> tuple[Setting, ...]:
    return (_grain(visit),)


def _nothing(_visit: Visit) -> tuple[Setting, ...]:
    return ()


def _yes(visit: Visit) -> dict[Any, str]:
    return {False: visit._("no"), True: visit._("yes")}


def _gap(visit: Visit, name: str) -> Setting:
    gap = {30: "30 min", 240: "4 h", 1440: "24 h"} | ({} if name == "inner" else {10080: "7 d"})
    path = "gap_minutes" if name == "sessions" else "session_gap_minutes"
    return Setting(path, visit._("A pause ends a session"), gap, more=name != "sessions", inner=name == "inner")


def _outer(visit: Visit, kind: str, steps: int) -> tuple[Setting, ...]:
    """What a funnel over time, or its time to convert, is asked beside the funnel."""
    if kind == "funnel":
        return ()
    numbers = {n: str(n) for n in range(1, steps + 1)}
    ends = (
        Setting("from_step", visit._("From step"), {n: text for n, text in numbers.items() if n < steps}),
        Setting("to_step", visit._("To step"), {n: text for n, text in numbers.items() if n > 1}),
    )
    return (_grain(visit), *ends) if kind == "funnel_trend" else ends


def _funnel(visit: Visit, kind: str, steps: int) -> tuple[Setting, ...]:
    _ = visit._
    order = {"ordered": _("one after another"), "any": _("in any order"), "strict": _("nothing in between")}
    count = {"members": _("members"), "attempts": _("attempts"), "sessions": _("sessions")}
    entry = {"furthest": _("the attempt that gets furthest"), "first": _("the first attempt")}
    touch = {"first_touch": _("the first"), "last_touch": _("the last"), "step": _("the one at a step")}
    excluded = {"leave": _("they leave the funnel"), "still_enter": _("they stop where they were")}
    finish = {"window": _("the window ends"), "period": _("the period ends")}
    ties = {None: _("as they arrived"), 1: "≤ 1 s", 5: "≤ 5 s", 60: "≤ 60 s"}
    of_steps = (
        Setting("count", _("Counted"), count),
        Setting("breakdown.property", _("Broken down by"), of="text"),
        Setting("breakdown.attribution", _("Which value of it"), touch, more=True, when="breakdown"),
        Setting(
            "breakdown.step",
            _("The value at step"),
            {n: str(n) for n in range(1, steps + 1)},
            more=True,
            when="breakdown.step",
        ),
        Setting("against", _("Groups are compared with"), of="group", more=True, when="breakdown"),
        Setting("sum_of", _("Also add up"), of="number", more=True),
    )
    common = (
        Setting("order", _("Order"), order, more=True, inner=True),
        Setting("entry", _("Which attempt"), entry, more=True, inner=True),
        Setting("hold", _("The same at every step"), of="text", many=True, more=True, inner=True),
        Setting("excluded", _("Who does what must not happen"), excluded, more=True, inner=True, when="exclusions"),
        Setting("finish", _("Steps count until"), finish, more=True, inner=True),
        Setting("tolerance_seconds", _("At the same instant"), ties, more=True, inner=True),
        _gap(visit, "inner"),
    )
    return (*of_steps, *common) if kind == "funnel" else common


def _retention(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    mode = {
        "on": _("in that period"),
        "on_or_after": _("then or later"),
        "on_or_before": _("by then"),
        "streak": _("in each one so far"),
        "brackets": _("in a span of periods"),
    }
    cohort = {"recurring": _("each time they begin"), "first_time": _("the first time ever")}
    clock = {"calendar": _("calendar"), "rolling": _("from the own start")}
    return (
        _grain(visit, "hour", "day", "week", "month"),
        Setting("mode", _("Came back"), mode),
        Setting("brackets", _("Spans, such as 1, 2-3, 4-6"), of="typed", when="brackets"),
        Setting("breakdown", _("Broken down by"), of="text"),
        Setting("cohort", _("Cohort"), cohort, more=True),
        Setting("against", _("Groups are compared with"), of="group", more=True, when="breakdown"),
        Setting("clock", _("Time counts"), clock, more=True),
        Setting("intervals", _("How many columns"), {5: "5", 11: "11", 23: "23"}, more=True),
        Setting("min_occurrences", _("At least so many times"), {1: "1", 2: "2", 3: "3", 5: "5"}, more=True),
        Setting("sum_of", _("Also add up"), of="number", more=True),
    )


def _stickiness(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    over = {None: _("no"), "week": _("week"), "month": _("month"), "quarter": _("quarter")}
    return (
        _grain(visit),
        Setting("cumulative", _("At least so many"), _yes(visit)),
        Setting("over", _("Mean over time by"), over, more=True),
        Setting("min_occurrences", _("At least so many times"), {1: "1", 2: "2", 3: "3", 5: "5"}, more=True),
    )


def _paths(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    return (
        Setting("count", _("Counted"), {"sessions": _("sessions"), "members": _("members")}),
        Setting("max_steps", _("Longest path"), {3: "3", 5: "5", 8: "8"}),
        Setting("start", _("From"), of="activity", more=True),
        Setting("end", _("Up to"), of="activity", more=True),
        Setting("hide", _("Leave out"), of="activity", many=True, more=True),
        Setting("by", _("Nodes are values of"), of="text", more=True),
        Setting("collapse", _("The same in a row counts once"), _yes(visit), more=True),
        Setting("top", _("How many moves"), {20: "20", 50: "50", 100: "100"}, more=True),
        _gap(visit, "paths"),
    )


def measures(visit: Visit) -> dict[Any, str]:
    """What can be counted of an activity."""
    _ = visit._
    return {
        "members": _("members"),
        "times": _("times"),
        "active_share": _("share of active members"),
        "average": _("times a member"),
        "sum": _("sum of a property"),
        "mean": _("mean of a property"),
        "min": _("least value of a property"),
        "median": _("middle value of a property"),
        "max": _("greatest value of a property"),
    }


def _segmentation(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    return (
        _grain(visit, "hour", "day", "week", "month", "quarter", "year"),
        Setting("measure", _("Counted"), measures(visit)),
        Setting("of", _("The property"), of="number", when="of"),
        Setting("breakdown", _("Broken down by"), of="text"),
        *_up_to_each(visit),
    )


def _up_to_each(visit: Visit) -> tuple[Setting, ...]:
    rolling = {1: "1", 3: "3", 7: "7", 28: "28"}
    return (
        Setting("cumulative", visit._("Since the start"), _yes(visit), more=True),
        Setting("rolling", visit._("Members of so many up to each"), rolling, more=True),
    )


def _formula(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    unit = {"number": _("a number"), "ratio": _("a share"), "currency": _("money")}
    return (
        Setting("formula", _("Formula"), of="typed"),
        _grain(visit, "hour", "day", "week", "month", "quarter", "year"),
        Setting("unit", _("Written as"), unit),
        Setting("breakdown", _("Broken down by"), of="text"),
        *_up_to_each(visit),
    )


def _sessions(visit: Visit) -> tuple[Setting, ...]:
    return (_grain(visit, "hour", "day", "week", "month"), _gap(visit, "sessions"))


def _lifetime(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    clock = {"rolling": _("from the own start"), "calendar": _("calendar")}
    return (
        Setting("value", _("Worth is the sum of"), of="number"),
        _grain(visit, "week", "month"),
        Setting("cost_per_member", _("What it costs to win a member"), of="typed"),
        Setting("intervals", _("How many columns"), {6: "6", 12: "12", 24: "24"}, more=True),
        Setting("clock", _("Time counts"), clock, more=True),
    )


def _attribution(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    models = {
        "first": _("first"),
        "last": _("last"),
        "linear": _("linear"),
        "position": _("by position"),
        "time_decay": _("time decay"),
        "shapley": _("Shapley"),
        "markov": _("removal (Markov)"),
        "custom": _("own weights"),
    }
    return (
        Setting("channel", _("Channel"), of="text"),
        Setting("models", _("Models"), models, many=True),
        Setting("lookback_days", _("Days back"), {7: "7", 14: "14", 30: "30", 90: "90"}),
        Setting("custom_weights", _("Own weights, the last touch first"), of="typed", when="custom_weights"),
        Setting("value", _("Each conversion is worth"), of="number", more=True),
        Setting("half_life_days", _("Half as much after days"), of="typed", more=True),
        Setting("ends_share", _("Share of the first and of the last touch"), of="typed", more=True),
    )


def _composition(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    measure = {"members": _("members"), "times": _("times"), "sum": _("sum of a property")}
    return (
        Setting("by", _("Parts are values of"), of="text"),
        _grain(visit, "day", "week", "month", "quarter", "year"),
        Setting("measure", _("Counted"), measure),
        Setting("of", _("The property"), of="number", when="of"),
        Setting("top", _("How many are shown"), {3: "3", 5: "5", 10: "10"}, more=True),
    )


def _spread(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    return (
        Setting("of", _("The property"), of="number"),
        Setting("per", _("Each value is"), {"occurrence": _("what was given once"), "member": _("a member's sum")}),
        Setting("bins", _("How many columns"), {10: "10", 20: "20", 40: "40"}, more=True),
    )


def _impact(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    measure = {
        "times_per_member": _("times a member"),
        "members_share": _("share of members"),
        "sum_per_member": _("sum of a property"),
    }
    observed = {"bucket": _("whoever is known in it"), "throughout": _("only who is known in all")}
    wide = {4: "4", 8: "8", 12: "12", 26: "26"}
    return (
        _grain(visit, "day", "week"),
        Setting("measure", _("Counted"), measure),
        Setting("of", _("The property"), of="number", when="of"),
        Setting("before", _("How many before"), wide, more=True),
        Setting("after", _("How many after"), wide, more=True),
        Setting("observed", _("Members in each"), observed, more=True),
    )


def _drivers(visit: Visit) -> tuple[Setting, ...]:
    _ = visit._
    return (
        Setting("within_days", _("Early is within days"), {1: "1", 3: "3", 7: "7", 14: "14"}),
        Setting("from_day", _("Came back from day"), {7: "7", 14: "14", 28: "28"}),
        Setting("to_day", _("and before day"), {28: "28", 56: "56", 90: "90"}),
        Setting("fewest", _("Members needed on each side"), {10: "10", 30: "30", 100: "100"}, more=True),
        Setting("top", _("How many are shown"), {10: "10", 25: "25", 50: "50"}, more=True),
    )


_SETTINGS: Final = {
    "composition": _composition,
    "property_distribution": _spread,
    "impact": _impact,
    "drivers": _drivers,
    "retention": _retention,
    "stickiness": _stickiness,
    "paths": _paths,
    "segmentation": _segmentation,
    FORMULA: _formula,
    "sessions": _sessions,
    "lifetime_value": _lifetime,
    "attribution": _attribution,
    "frequency": _nothing,
    "interval": _nothing,
}
