"""Rules: a segment that is being built lies in the address as JSON; a form adds one condition to it."""

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
GROUPS: Final = ("all", "any")


def rule_of(address: Address) -> Plain:
    """The rule in the address, with the condition that a form adds."""
    text = address.get(RULE)
    try:
        rule: Any = {} if text is None else msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise QueryError("the rule in the address is no JSON") from None
    if not isinstance(rule, dict) or not rule.keys() <= {*GROUPS}:  # pyright: ignore[reportUnknownMemberType]
        raise QueryError("the rule in the address has conditions in 'all' and in 'any', and nothing else")
    found: Plain = {group: list(rule.get(group, ())) for group in GROUPS}  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    kind = address.get(ADD)
    if kind is not None:
        if kind not in _FORMS:
            raise QueryError(f"no condition '{kind}'{did_you_mean(kind, _FORMS)}")
        group = "any" if address.get("group") == "any" else "all"
        found[group] = [*found[group], _FORMS[kind](address)]
    return {group: conditions for group, conditions in found.items() if conditions}


def segment_of(rule: Plain, title: str = TITLE, meaning: str = "A rule that is being built.") -> Segment:
    """The rule as a segment; QueryError says what is wrong with it, and where."""
    return converted({"title": title, "meaning": meaning, **rule}, Segment)


def plain(segment: Segment) -> Plain:
    """The rule of a segment, as the address holds it."""
    told: Plain = msgspec.to_builtins(segment)
    rule: Plain = {group: told[group] for group in GROUPS if told.get(group)}
    for conditions in rule.values():
        for condition in conditions:
            if "list" in condition:
                condition.pop("refs", None)  # the file has them
    return rule


def with_rule(address: Address, rule: Plain) -> Address:
    """The address of the builder with another rule."""
    return Address(address.path, ((RULE, msgspec.json.encode(rule).decode()),))


def changed(rule: Plain, group: str, place: int, condition: Plain | None, into: str | None = None) -> Plain:
    """The rule with one condition replaced, taken out (None), or moved into the other group."""
    found: Plain = {one: list(rule.get(one, ())) for one in GROUPS}
    old = found[group].pop(place)
    if into is not None:
        found[into].append(old)
    elif condition is not None:
        found[group].insert(place, condition)
    return {one: conditions for one, conditions in found.items() if conditions}


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
