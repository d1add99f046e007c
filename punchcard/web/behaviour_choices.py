"""What Explore offers for each kind of behaviour: its first question, and the settings that a click changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from punchcard.web import view
from punchcard.web.address import Address
from punchcard.web.site import Visit

Ask = dict[str, Any]
TEXT: Final = "text"  # a setting whose values are the text properties of the activities
NUMBER: Final = "number"

BEGINNINGS: Final[Mapping[str, Ask]] = {
    "segmentation": {"activity": {}, "grain": "month"},
    "funnel": {"steps": []},
    "retention": {"start": {}, "returning": {}, "grain": "month"},
    "lifecycle": {"activity": {}, "grain": "month"},
    "stickiness": {"activity": {}, "grain": "month"},
    "paths": {"activity": {}},
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a question: its field, its title, and its values by name; `of` says they are properties."""

    field: str
    title: str
    values: Mapping[Any, str]
    of: str = ""


def kinds(visit: Visit, current: str | None) -> tuple[view.Anchor, ...]:
    """The kinds of questions, metrics first."""
    names = titles(visit)
    period = visit.address.get("period")
    here = Address("/explore/behaviour", () if period is None else (("period", period),))
    metrics = view.Anchor(visit._("Metrics"), "/explore", current is None)
    return (
        metrics,
        *(view.Anchor(title, str(here.to(kind=kind)), kind == current) for kind, title in names.items()),
    )


def titles(visit: Visit) -> dict[str, str]:
    """The kinds of behaviour by name."""
    return {
        "segmentation": visit._("Activity over time"),
        "funnel": visit._("Funnel"),
        "retention": visit._("Retention"),
        "lifecycle": visit._("Lifecycle"),
        "stickiness": visit._("Stickiness"),
        "paths": visit._("Paths"),
    }


def settings(visit: Visit, kind: str) -> tuple[Setting, ...]:
    """What can be set for a kind."""
    _ = visit._
    grain = Setting("grain", _("By"), {"day": _("day"), "week": _("week"), "month": _("month")})
    yes = {False: _("no"), True: _("yes")}
    match kind:
        case "funnel":
            order = {"ordered": _("one after another"), "any": _("in any order"), "strict": _("nothing in between")}
            count = {"members": _("members"), "attempts": _("attempts"), "sessions": _("sessions")}
            entry = {"furthest": _("the attempt that gets furthest"), "first": _("the first attempt")}
            return (
                Setting("order", _("Order"), order),
                Setting("count", _("Counted"), count),
                Setting("entry", _("Which attempt"), entry),
                Setting("breakdown", _("Broken down by"), {}, TEXT),
            )
        case "retention":
            mode = {
                "on": _("in that period"),
                "on_or_after": _("then or later"),
                "on_or_before": _("by then"),
                "streak": _("in each one so far"),
            }
            cohort = {"recurring": _("each time they begin"), "first_time": _("the first time ever")}
            clock = {"calendar": _("calendar"), "rolling": _("from the own start")}
            return (
                grain,
                Setting("mode", _("Came back"), mode),
                Setting("cohort", _("Cohort"), cohort),
                Setting("clock", _("Time counts"), clock),
                Setting("intervals", _("How many columns"), {5: "5", 11: "11", 23: "23"}),
            )
        case "stickiness":
            over = {None: _("no"), "week": _("week"), "month": _("month"), "quarter": _("quarter")}
            return (
                grain,
                Setting("cumulative", _("At least so many"), yes),
                Setting("over", _("Mean over time by"), over),
            )
        case "paths":
            gap = {30: "30 min", 240: "4 h", 1440: "24 h", 10080: "7 d"}
            return (
                Setting("count", _("Counted"), {"sessions": _("sessions"), "members": _("members")}),
                Setting("max_steps", _("Longest path"), {3: "3", 5: "5", 8: "8"}),
                Setting("session_gap_minutes", _("A pause ends a session"), gap),
                Setting("collapse", _("The same in a row counts once"), yes),
                Setting("by", _("Nodes are values of"), {}, TEXT),
            )
        case "segmentation":
            measure = {
                "members": _("members"),
                "times": _("times"),
                "active_share": _("share of active members"),
                "average": _("times a member"),
            }
            return (
                grain,
                Setting("measure", _("Counted"), measure),
                Setting("cumulative", _("Since the start"), yes),
                Setting("breakdown", _("Broken down by"), {}, TEXT),
            )
        case _:
            return (grain,)
