"""Segment: a rule on members that can be read now, at a period's start, or at a fact's own moment.

regulars:
  title: Regulars
  meaning: Members with at least four purchases in the last 90 days.
  all:
    - {metric: txns_count, at_least: 4, last_days: 90}
    - {did: purchase, where: {channel: [web]}, at_least: 2, count: days, last_days: 90}
    - {did: message_opened, then: [message_clicked, purchase], within_days: 7}
    - {did: purchase, at_least: 50, sum: value, first_days: 30, from_first: join}
    - {attribute: specialty, in: [cardiology, oncology]}
    - {list: guests.csv, column: card, not: true}
    - {any: [{segment: readers}, {did: app_open, last_days: 30}]}
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct, structs
from msgspec import field as named

from punchcard.catalog.filter import Scalar


class Among(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a property may be, where a list of values does not say it: a range, a part of a text, or the contrary."""

    within: tuple[Scalar, ...] = named(name="in", default=())
    at_least: str | float | None = None
    below: str | float | None = None
    contains: str | None = None
    negated: bool = named(name="not", default=False)


Where = dict[str, tuple[Scalar, ...] | Among]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One activity of a sequence, perhaps narrowed by its properties."""

    did: str
    where: Where = named(default_factory=Where)


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One condition of a rule; exactly one of `metric`, `did`, `attribute`, `member`, `segment`, `scheme`, `refs`,
    `list`, `all` and `any` says on what.

    `did` names an activity; how often the member did it is counted (with `count: days`, on how many local days; with
    `sum`, how much of a property came together). Without a bound it means at least once. `where` narrows it by its
    properties. `nth` looks only at the time that was the member's n-th ever. With `then` the member did one thing after
    another, each later than the one before, all `within_days` of the first.

    `metric` must be an additive aggregate of a fact with a member (a count or a sum) over the member's own rows.

    What counts lies in the last `last_days` times 24 hours before the moment, from the local day `since` to the local
    day `until`, and in the first `first_days` times 24 hours from the member's first activity of any kind, or from the
    first one named by `from_first`; nothing after the moment counts.

    `attribute` reads the member's attribute of that name, `member` a column of the member record. `segment` is a
    segment declared in the project, `scheme` one imported as spells. `refs` lists members by their number in the
    source, `list` names a CSV file beside the segment's with such numbers in `column` (its only one, if it has one).
    `all` and `any` are groups: members for whom each of their conditions holds, or at least one.
    """

    metric: str | None = None
    did: str | None = None
    where: Where = named(default_factory=Where)
    at_least: float | None = None
    at_most: float | None = None
    exactly: float | None = None
    count: Literal["times", "days"] = "times"
    sum: str | None = None
    nth: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    then: tuple[str | Step, ...] = ()
    within_days: Annotated[float, Meta(gt=0, le=3660)] | None = None
    last_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    since: date | None = None
    until: date | None = None
    first_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    from_first: str | None = None
    attribute: str | None = None
    member: str | None = None
    segment: str | None = None
    scheme: str | None = None
    refs: tuple[str, ...] = ()
    list: str | None = None
    column: str | None = None
    within: tuple[str | None, ...] = named(name="in", default=())
    all: tuple["Condition", ...] = ()
    any: tuple["Condition", ...] = ()
    negated: bool = named(name="not", default=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The activities of the condition in order: one, unless it is a sequence."""
        if self.did is None:
            return ()
        after = (one if isinstance(one, Step) else Step(did=one) for one in self.then)
        return (Step(did=self.did, where=self.where), *after)

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the most that satisfy: of an activity at least one, where nothing is said."""
        if self.exactly is not None:
            return self.exactly, self.exactly
        if self.did is not None and self.at_least is None and self.at_most is None:
            return 1, None
        return self.at_least, self.at_most


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named rule: members for whom all conditions of `all` hold and, if given, one of `any`."""

    title: str
    meaning: Annotated[str, Meta(min_length=3)]
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Each condition with its place in the declaration; a group before those in it."""
        yield from _each(self, "")

    def changed(self, change: Callable[[str, Condition], Condition]) -> "Segment":
        """The segment with each condition that is no group changed, given its place."""
        return _changed(self, "", change)


Rule = TypeVar("Rule", Segment, Condition)


def _each(rule: Segment | Condition, where: str) -> Iterator[tuple[str, Condition]]:
    for group, conditions in (("all", rule.all), ("any", rule.any)):
        for place, condition in enumerate(conditions):
            yield f"{where}{group}[{place}]", condition
            yield from _each(condition, f"{where}{group}[{place}].")


def _changed(rule: Rule, where: str, change: Callable[[str, Condition], Condition]) -> Rule:
    def inside(group: str, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        places = [f"{where}{group}[{place}]" for place in range(len(conditions))]
        return tuple(
            _changed(one, f"{place}.", change) if one.all or one.any else change(place, one)
            for place, one in zip(places, conditions, strict=True)
        )

    return structs.replace(rule, all=inside("all", rule.all), any=inside("any", rule.any))


# What a condition may be on, and the other fields that mean something with it.
_SPAN = ("last_days", "since", "until", "first_days", "from_first")
_BOUNDS = ("at_least", "at_most", "exactly")
_FIELDS: dict[str, tuple[str, ...]] = {
    "metric": (*_BOUNDS, *_SPAN),
    "did": ("where", "count", "sum", "nth", "then", "within_days", *_BOUNDS, *_SPAN),
    "attribute": ("within",),
    "member": ("within",),
    "segment": (),
    "scheme": ("within",),
    "refs": ("list", "column"),
    "list": ("refs", "column"),
    "all": (),
    "any": (),
}
_WRITTEN = {"within": "in"}


def contradictions(condition: Condition) -> Iterator[str]:
    """What is wrong in a condition by itself, whatever the project declares."""
    chosen = [name for name in _FIELDS if getattr(condition, name)]
    if condition.list is not None and condition.refs:  # the file's numbers were read into it
        chosen.remove("refs")
    if len(chosen) != 1:
        yield f"a condition is on exactly one thing; this one names {', '.join(chosen) or 'nothing'}"
        return
    (kind,) = chosen
    for name in sorted({one for fields in _FIELDS.values() for one in fields} - set(_FIELDS) - set(_FIELDS[kind])):
        if getattr(condition, name) not in (None, (), {}, "times"):
            where = "'where' narrows an activity; give 'did' with it" if name == "where" else ""
            yield where or f"'{_WRITTEN.get(name, name)}' means nothing with '{kind}'; leave it out"
    yield from _bounded(condition)
    yield from _spanned(condition)
    if condition.did is not None:
        yield from _sequenced(condition)
    if kind in ("attribute", "member", "scheme") and not condition.within:
        yield f"the condition on '{getattr(condition, kind)}' says no value; give 'in'"


def _bounded(condition: Condition) -> Iterator[str]:
    least, most = condition.bounds
    if condition.exactly is not None and (condition.at_least is not None or condition.at_most is not None):
        yield "'exactly' is both bounds already; leave out 'at_least' and 'at_most'"
    elif least is not None and most is not None and least > most:
        yield f"nobody can have at least {least:g} and at most {most:g}"
    elif condition.did is not None and condition.sum is None and any(b is not None and b < 0 for b in (least, most)):
        yield "a number of times is never below 0"
    elif condition.did is not None and condition.sum is None and least == 0 and most is None:
        yield "everybody did it at least 0 times; give 'at_least: 1', or 'exactly: 0' for those who did not"


def _spanned(condition: Condition) -> Iterator[str]:
    since, until = condition.since, condition.until
    if since is not None and until is not None and until < since:
        yield f"the days end ({until}) before they begin ({since})"
    if condition.from_first is not None and condition.first_days is None:
        yield "'from_first' says from where days are counted; give 'first_days' with it"


def _sequenced(condition: Condition) -> Iterator[str]:
    single = [name for name in (*_BOUNDS, "sum", "nth") if getattr(condition, name) is not None]
    if condition.count == "days":
        single.append("count")
    if condition.then and single:
        yield f"a sequence happened or not; '{single[0]}' means nothing with 'then'"
    if len(condition.then) > 9:
        yield f"a sequence has up to 10 activities; this one has {len(condition.then) + 1}"
    if condition.within_days is not None and not condition.then:
        yield "'within_days' is the time that a sequence may take; give 'then' with it, or 'last_days' or 'first_days'"
    if condition.sum is not None and condition.bounds == (1, None) and condition.at_least is None:
        yield f"how much of '{condition.sum}'? give 'at_least', 'at_most' or 'exactly'"
    if condition.sum is not None and condition.count == "days":
        yield "a condition counts days or sums a property, not both"
    if condition.nth is not None and (condition.sum is not None or condition.count == "days"):
        yield "'nth' looks at one time only; it is neither summed nor counted by days"
    if condition.nth is not None and any(getattr(condition, name) is not None for name in _BOUNDS):
        yield "the n-th time happens once; leave out the bounds beside 'nth'"
