"""A question of behaviour as plain values: where its activities stand, and how clicks and plain forms change it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from punchcard.analyses import AnyAnalysis
from punchcard.analyses.counting import ActivityFormula
from punchcard.errors import QueryError, did_you_mean
from punchcard.query import Query, converted, to_url
from punchcard.web.address import Address

Ask = dict[str, Any]

PATH: Final = "/explore/behaviour"

FUNNELS: Final = ("funnel", "funnel_trend", "funnel_time")
FORMULA: Final = "activity_formula"
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "retention": ("start", "returning"),
    "lifetime_value": ("joining", "earning"),
    "attribution": ("touch", "conversion"),
    "sessions": (),
    "impact": ("first", "then"),
    "drivers": ("start", "returning"),
}
TYPED: Final = "n."  # before the name of a setting that a form gives
OF_A_PROPERTY: Final = ("sum", "mean", "min", "median", "max")  # measures that need one
OWN: Final = ("lang", "of", "kind", "at", "property", "operator", "value", "n", "unit", "exclude", "after", "before")


def bare(address: Address) -> Address:
    """The address without what only a form or a link of this page says."""
    gone = {name: None for name, _ in address.pairs if name in OWN or name.startswith(TYPED)}
    return address.to(**gone)


def given(value: Any) -> Any:
    """Plain values without what was not given."""
    match value:
        case dict():
            return {name: given(one) for name, one in value.items() if one is not None and one not in ([], ())}  # type: ignore[misc]
        case list() | tuple():
            return [given(one) for one in value]  # type: ignore[misc]
        case _:
            return value


def base(ask: Ask) -> Ask:
    """The part that the settings of steps belong to: the funnel in a question about one, else the question."""
    return ask.get("funnel", ask)


def rebased(ask: Ask, changed: Ask) -> Ask:
    """The question with that part changed."""
    return {**ask, "funnel": changed} if "funnel" in ask else changed


def numbered(ask: Ask) -> str | None:
    """The field that holds activities one after another: the steps of a funnel, the series of a formula."""
    return "steps" if ask["kind"] in FUNNELS else "figures" if ask["kind"] == FORMULA else None


def places(ask: Ask) -> tuple[str, ...]:
    """Where activities stand in a question: a number among steps or series, or a field."""
    if field := numbered(ask):
        return tuple(str(place) for place in range(len(base(ask)[field])))
    return PLACES.get(ask["kind"], ("activity",))


def at(ask: Ask, place: str) -> Ask:
    """The activity at a place."""
    if field := numbered(ask):
        return base(ask)[field][int(place)]
    return ask.get(place, {})


def put(ask: Ask, place: str, pick: Ask) -> Ask:
    """The question with another activity at a place; QueryError if it has no such place."""
    if place not in places(ask):
        raise QueryError(f"the question has no place '{place}'{did_you_mean(place, places(ask))}")
    field = numbered(ask)
    if field is None:
        return {**ask, place: pick}
    every: list[Ask] = base(ask)[field]
    return rebased(ask, {**base(ask), field: [pick if str(n) == place else one for n, one in enumerate(every)]})


def series(ask: Ask) -> list[Ask]:
    """The series of a formula, each with its name, so that others may come and go."""
    return [{**one, "as": one.get("as") or ActivityFormula.letters[place]} for place, one in enumerate(ask["figures"])]


def with_another(ask: Ask, activity: str) -> Ask:
    """The funnel with one more step, or the formula with one more series, under the first letter that is free."""
    if ask["kind"] != FORMULA:
        return with_steps(ask, [*base(ask)["steps"], {"activity": activity}])
    there = series(ask)
    free = next(letter for letter in ActivityFormula.letters if letter not in {one["as"] for one in there})
    return {**ask, "figures": [*there, {"as": free, "activity": activity}]}


def with_steps(ask: Ask, steps: Sequence[Ask]) -> Ask:
    """The funnel with other steps; what names a step by its number goes, where that may be another now."""
    rest = {name: value for name, value in base(ask).items() if name != "exclusions"}
    if rest.get("breakdown", {}).get("step", 1) > len(steps):
        rest.pop("breakdown")
    needed = [{**step, "optional": False} if n in (0, len(steps) - 1) else step for n, step in enumerate(steps)]
    outer = {name: value for name, value in ask.items() if name not in ("from_step", "to_step")}
    return rebased(outer, {**rest, "steps": needed})


def as_funnel(ask: Ask, kind: str) -> Ask:
    """The same funnel, seen as its steps, over time or as the time it takes."""
    funnel = {name: value for name, value in base(ask).items() if name != "kind"}
    if kind == "funnel":
        return {"kind": kind, **funnel}
    plain = {name: value for name, value in funnel.items() if name not in ("breakdown", "sum_of", "count")}
    return {"kind": kind, "funnel": plain} | ({"grain": "week"} if kind == "funnel_trend" else {})


def look(ask: Ask, path: str, otherwise: Any = None) -> Any:
    """The value of a setting; a dot leads inside."""
    head, _, rest = path.partition(".")
    if head not in ask:
        return otherwise
    return look(ask[head], rest, otherwise) if rest else ask[head]


def setting(ask: Ask, path: str, value: Any) -> Ask:
    """The question with a setting changed; None takes it away, and `X.property` takes X with it."""
    head, _, rest = path.partition(".")
    if value is None and rest in ("", "property"):
        return {name: one for name, one in ask.items() if name != head}
    if value is None and head not in ask:
        return ask
    return {**ask, head: setting(ask.get(head, {}), rest, value) if rest else value}


def toggled(ask: Ask, path: str, value: str) -> Ask:
    """The question with a value in a list, or no longer."""
    now: list[str] = list(look(ask, path, ()))
    return setting(ask, path, [one for one in now if one != value] if value in now else [*now, value])


def consistent(ask: Ask, numbers: Sequence[str]) -> Ask:
    """The question with what one setting asks of another: a sum needs a property, brackets their bounds."""
    match ask["kind"]:
        case "funnel":
            path, wanted, otherwise = "breakdown.step", look(ask, "breakdown.attribution") == "step", 1
        case "impact":
            path, wanted, otherwise = "of", ask.get("measure") == "sum_per_member", next(iter(numbers), "value")
        case "segmentation":
            return measured(ask, numbers)
        case "composition":
            path, wanted, otherwise = "of", ask.get("measure") == "sum", next(iter(numbers), "value")
        case "retention":
            path, wanted, otherwise = "brackets", ask.get("mode") == "brackets", [[1, 1], [2, 3], [4, 6]]
        case "attribution":
            path, wanted, otherwise = "custom_weights", "custom" in ask.get("models", ()), [3, 2, 1]
        case _:
            return ask
    return setting(ask, path, look(ask, path, otherwise) if wanted else None)


def measured(counted: Ask, numbers: Sequence[str]) -> Ask:
    """What is counted of an activity, with a property if the measure needs one, and only then."""
    wanted = counted.get("measure") in OF_A_PROPERTY
    return setting(counted, "of", look(counted, "of", next(iter(numbers), "value")) if wanted else None)


def folded(ask: Ask, address: Address) -> Ask:
    """The question with what a form of this page adds to it: a condition, a window, an exclusion, a number."""
    if name := address.get("property"):
        operator = address.get("operator") or "is"
        condition: Ask = {"property": name, "operator": operator}
        if operator not in ("is_set", "is_not_set"):
            condition["values"] = [value for value in address.every("value") if value] or [""]
        place = address.get("at") or ""
        pick = at(ask, place) if place in places(ask) else {}
        ask = put(ask, place, {**pick, "where": [*pick.get("where", ()), condition]})
    if (n := address.get("n")) and ask["kind"] in FUNNELS:
        window = {"n": _whole(n, "a window"), "unit": address.get("unit") or "day"}
        ask = rebased(ask, {**base(ask), "window": window})
    if (gone := address.get("exclude")) is not None and ask["kind"] in FUNNELS:
        span = {f"{side}_step": _whole(address.get(side) or "", "a step") for side in ("after", "before")}
        ask = rebased(
            ask, {**base(ask), "exclusions": [*base(ask).get("exclusions", ()), {"activity": gone or None, **span}]}
        )
    for name, text in address.pairs:
        if name.startswith(TYPED):
            path = name.removeprefix(TYPED)
            ask = setting(ask, path, typed(path, text))
    return ask


def typed(path: str, text: str) -> Any:
    """What was typed for a setting: a formula, numbers, spans of them for brackets, or nothing."""
    if path == "formula":
        return text.strip()
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        return None
    if path == "brackets":
        ends = [part.split("-") if "-" in part else [part, part] for part in parts]
        return [[_whole(end.strip(), "a bracket") for end in pair] for pair in ends]
    numbers = [_number(part) for part in parts]
    return numbers if path == "custom_weights" else numbers[0]


def said(value: Any) -> str:
    """A setting as a form shows it."""
    if isinstance(value, list | tuple):
        return ", ".join("-".join(map(str, one)) if isinstance(one, list | tuple) else said(one) for one in value)  # type: ignore[misc]
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _whole(text: str, what: str) -> int:
    if not text.isdigit():
        raise QueryError(f"{what} is a whole number, not '{text}'")
    return int(text)


def _number(text: str) -> int | float:
    try:
        found = float(text)
    except ValueError:
        raise QueryError(f"'{text}' is no number") from None
    return int(found) if found.is_integer() else found


def without_typed(address: Address) -> tuple[Address, dict[str, str]]:
    """The address without what was typed for settings, and that by the name of its field."""
    typed_in = {name: text for name, text in address.pairs if name.startswith(TYPED)}
    return address.to(**dict.fromkeys(typed_in)), typed_in


def encoded(ask: Ask) -> str:
    """The question as an address holds it."""
    return msgspec.json.encode(ask).decode()


def written(query: Query) -> Ask:
    """The analysis as plain values, without what was not given."""
    return given(msgspec.to_builtins(query.ask))


def asking(query: Query, ask: Ask) -> Query:
    """The question with another analysis."""
    return msgspec.structs.replace(query, ask=converted(ask, AnyAnalysis))  # type: ignore[arg-type]


def address_of(query: Query, ask: Ask | None = None) -> Address:
    """The address of a question on this page, perhaps with another analysis."""
    pairs = Address.of(PATH, to_url(query))
    return pairs if ask is None else pairs.to(ask=encoded(ask))
