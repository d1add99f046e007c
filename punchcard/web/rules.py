"""Rules: a segment that is being built lies in the address as JSON; a form adds one condition to it.

A place in a rule is a path: `all.2.any.0` is the first condition of the group that is the third of `all`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from punchcard.catalog.segment import Segment
from punchcard.errors import QueryError, did_you_mean
from punchcard.query import converted
from punchcard.web.address import Address

Plain = dict[str, Any]

RULE: Final = "rule"
TITLE: Final = "?"  # a rule without a name yet
ADD: Final = "add"
INTO: Final = "into"  # the group that a form adds to
GROUPS: Final = ("all", "any")
DEEPEST: Final = 4  # groups within groups that a reader can still follow


def rule_of(address: Address) -> Plain:
    """The rule in the address, with the condition that a form adds."""
    text = address.get(RULE)
    try:
        rule: Any = {} if text is None else msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise QueryError("the rule in the address is no JSON") from None
    if not isinstance(rule, dict) or not rule.keys() <= {*GROUPS}:  # pyright: ignore[reportUnknownMemberType]
        raise QueryError("the rule in the address has conditions in 'all' and in 'any', and nothing else")
    found: Plain = rule  # pyright: ignore[reportUnknownVariableType]
    if _is_deeper(found, DEEPEST):
        raise QueryError(f"groups lie in groups, {DEEPEST} deep at most; give the inner ones a segment of their own")
    kind = address.get(ADD)
    if kind is None:
        return found
    if kind not in _FORMS:
        raise QueryError(f"no condition '{kind}'{did_you_mean(kind, _FORMS)}")
    return added(found, address.get(INTO) or "all", _FORMS[kind](address))


def segment_of(rule: Plain, title: str = TITLE, meaning: str = "A rule that is being built.") -> Segment:
    """The rule as a segment; QueryError says what is wrong with it, and where."""
    return converted({"title": title, "meaning": meaning, **rule}, Segment)


def plain(segment: Segment) -> Plain:
    """The rule of a segment, as the address holds it: a list by the name of its file."""
    bare = segment.changed(lambda _, one: one if one.list is None else msgspec.structs.replace(one, refs=()))
    told: Plain = msgspec.to_builtins(bare)
    return {group: told[group] for group in GROUPS if told.get(group)}


def with_rule(address: Address, rule: Plain) -> Address:
    """The address with another rule."""
    return address.to(**{RULE: msgspec.json.encode(rule).decode()})


def added(rule: Plain, group: str, condition: Plain) -> Plain:
    """The rule with one condition more at the end of a group."""
    above, _, name = group.rpartition(".")
    if name not in GROUPS:
        raise QueryError(f"'{group}' is no group of the rule; it ends with 'all' or 'any'")
    if not above:
        return {one: found for one in GROUPS if (found := [*rule.get(one, ()), *([condition] if one == name else ())])}
    return replaced(rule, above, lambda one: [added(one, name, condition)])


def replaced(rule: Plain, place: str, change: Callable[[Plain], Sequence[Plain]]) -> Plain:
    """The rule with the condition at a place turned into others, or into none; a group that is empty then goes."""
    group, _, rest = place.partition(".")
    number, _, inside = rest.partition(".")
    conditions: list[Plain] = list(rule.get(group, ()))
    if not number.isdigit() or int(number) >= len(conditions):
        raise QueryError("the rule has changed since this was shown; load the page again")
    old = conditions[int(number)]
    instead = change(old) if not inside else [replaced(old, inside, change)]
    conditions[int(number) : int(number) + 1] = [one for one in instead if one.keys() - {"not"}]
    found = {**rule, group: conditions}
    return {name: value for name, value in found.items() if name not in GROUPS or value}


def without(rule: Plain, place: str) -> Plain:
    """The rule without the condition at a place."""
    return replaced(rule, place, lambda _: ())


def contrary(rule: Plain, place: str) -> Plain:
    """The rule with the condition at a place turned into its contrary."""

    def changed(condition: Plain) -> Sequence[Plain]:
        positive = {name: value for name, value in condition.items() if name != "not"}
        return [positive if condition.get("not") else {**positive, "not": True}]

    return replaced(rule, place, changed)


def moved(rule: Plain, place: str) -> Plain:
    """The rule with a condition of `all` in `any`, or the other way round."""
    group, _, number = place.partition(".")
    return added(without(rule, place), _contrary_group(group), rule[group][int(number)])


def turned(rule: Plain, place: str) -> Plain:
    """The rule with a group of which each condition must hold turned into one of which any must, or back."""
    return replaced(rule, place, lambda group: [{_contrary_group(key): value for key, value in group.items()}])


def grouped(rule: Plain, place: str) -> tuple[Plain, str]:
    """The rule with a condition in a group of its own, and the place of that group, for others to be added."""
    inner = _contrary_group(place.rpartition(".")[0].rpartition(".")[2])
    return replaced(rule, place, lambda condition: [{inner: [condition]}]), f"{place}.{inner}"


def _contrary_group(name: str) -> str:
    return {"all": "any", "any": "all"}.get(name, name)


def _is_deeper(rule: Plain, levels: int) -> bool:
    inner = [one for group in GROUPS for one in rule.get(group, ()) if isinstance(one, dict)]
    return bool(inner) and (levels < 0 or any(_is_deeper(one, levels - 1) for one in inner))  # pyright: ignore[reportUnknownArgumentType]


def _did(address: Address) -> Plain:
    condition = deed(_needed(address, "activity"))
    _narrowed(address, condition)
    count = address.get("count") or "times"
    if count == "days":
        condition["count"] = "days"
    elif count == "sum":
        condition["sum"] = _needed(address, "of")
    _bounded(address, condition)
    _spanned(address, condition)
    return condition


def _nth(address: Address) -> Plain:
    condition = {**deed(_needed(address, "activity")), "nth": _whole(address, "n")}
    _narrowed(address, condition)
    _spanned(address, condition)
    return condition


def _then(address: Address) -> Plain:
    first, *after = [name for name in address.every("step") if name] or [""]
    if not after:
        raise QueryError("a sequence needs at least two activities")
    condition: Plain = {**deed(first), "then": [deed(one) if one.startswith("{") else one for one in after]}
    if address.get("within"):
        condition["within_days"] = _number(address, "within")
    _spanned(address, condition)
    return condition


def _metric(address: Address) -> Plain:
    condition: Plain = {"metric": _needed(address, "metric")}
    _bounded(address, condition)
    _spanned(address, condition)
    return condition


def _trait(address: Address) -> Plain:
    head, _, name = _needed(address, "trait").partition(".")
    kinds = {"attribute": "attribute", "segment": "scheme", "member": "member"}
    if head not in kinds:
        raise QueryError(f"no trait '{head}.{name}'{did_you_mean(head, kinds)}")
    values = [value.strip() for value in (address.get("values") or "").split(",")]
    return {kinds[head]: name, "in": [value for value in values if value]}


def _other(address: Address) -> Plain:
    return {"segment": _needed(address, "segment")}


def _list(address: Address) -> Plain:
    condition: Plain = {"list": _needed(address, "list")}
    column = address.get("column")
    return {**condition, "column": column} if column else condition


def _refs(address: Address) -> Plain:
    refs = (address.get("refs") or "").replace(",", "\n").splitlines()
    found = list(dict.fromkeys(ref.strip() for ref in refs if ref.strip()))
    if not found:
        raise QueryError("give the numbers of members, one a line")
    return {"refs": found}


_FORMS: Final = {
    "did": _did,
    "nth": _nth,
    "then": _then,
    "metric": _metric,
    "trait": _trait,
    "segment": _other,
    "refs": _refs,
    "list": _list,
}


def deed(text: str) -> Plain:
    """An activity as a form names it: by its name, or, where that would be taken for another's, as JSON."""
    if not text.startswith("{"):
        return {"did": text}
    try:
        found: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise QueryError(f"'{text}' names no activity") from None
    return found


def _narrowed(address: Address, condition: Plain) -> None:
    name, value = address.get("property"), (address.get("value") or "").strip()
    if not name:
        return
    if not value:
        raise QueryError(f"which '{name}'? give a value")
    where: Plain
    match address.get("operator"):
        case "is_not":
            where = {name: {"in": [value], "not": True}}
        case "contains":
            where = {name: {"contains": value}}
        case "at_least" | "below" as bound:
            where = {name: {bound: _number(address, "value")}}
        case _:
            where = {name: [part.strip() for part in value.split(",")]}
    condition["where"] = {**condition.get("where", {}), **where}


def _bounded(address: Address, condition: Plain) -> None:
    compare = address.get("compare") or "at_least"
    if compare == "never":
        condition["exactly"] = 0
    elif compare in ("at_least", "at_most", "exactly"):
        condition[compare] = _number(address, "n")
    else:
        raise QueryError(f"no comparison '{compare}'; give at_least, at_most, exactly or never")


def _spanned(address: Address, condition: Plain) -> None:
    match address.get("span") or "":
        case "last":
            condition["last_days"] = _whole(address, "days")
        case "first":
            condition["first_days"] = _whole(address, "days")
        case "joined":
            condition |= {"first_days": _whole(address, "days"), "from_first": "join"}
        case "dates":
            condition |= {key: text for key in ("since", "until") if (text := address.get(key))}
        case _:
            pass


def _needed(address: Address, name: str) -> str:
    value = address.get(name) or ""
    if not value:
        raise QueryError(f"'{name}' is missing")
    return value


def _number(address: Address, name: str) -> float:
    text = (address.get(name) or "").strip()
    try:
        value = float(text)
    except ValueError:
        raise QueryError(f"'{text}' is no number") from None
    return int(value) if value.is_integer() else value


def _whole(address: Address, name: str) -> int:
    value = _number(address, name)
    if not isinstance(value, int):
        raise QueryError(f"'{name}' is a whole number, not {value:g}")
    return value
