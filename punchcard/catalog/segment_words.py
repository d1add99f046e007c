"""Segments in words: who is in one, said from the same declaration that finds them."""

from collections.abc import Mapping

from punchcard.catalog.activity import Activity
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.segment import Among, Condition, Segment, Step


def segment_in_words(catalog: Catalog, segment: Segment) -> str:
    """One sentence that says who is in a segment."""
    parts = [condition_in_words(catalog, one) for one in segment.all]
    if segment.any:
        some = [condition_in_words(catalog, one) for one in segment.any]
        parts.append(" or ".join(some) if len(some) == 1 or not parts else f"({' or '.join(some)})")
    return f"Members who {' and '.join(parts) or 'meet no condition'}."


def condition_in_words(catalog: Catalog, condition: Condition) -> str:
    """A condition as what follows "members who"."""
    said = _said(catalog, condition)
    return f"are not among those who {said}" if condition.negated else said


def _said(catalog: Catalog, condition: Condition) -> str:
    if condition.did is not None:
        return _did(catalog.activities, condition)
    if condition.metric is not None:
        metric = catalog.metrics.get(condition.metric)
        title = condition.metric if metric is None else metric.title
        return f"have {title} of {_bounds(condition)}{_span(catalog.activities, condition)}"
    if condition.segment is not None:
        other = catalog.segments.get(condition.segment)
        return f"are in '{condition.segment if other is None else other.title}'"
    if condition.all or condition.any:
        parts = [condition_in_words(catalog, one) for one in condition.all or condition.any]
        return f"({(' and ' if condition.all else ' or ').join(parts)})"
    if condition.list is not None or condition.refs:
        where = f" in {condition.list}" if condition.list else ""
        return f"are one of {len(condition.refs):,} listed{where}"
    of = condition.attribute or condition.scheme or condition.member
    values = " or ".join("(none)" if value is None else value for value in condition.within)
    return f"have {of} {values}"


def _did(activities: Mapping[str, Activity], condition: Condition) -> str:
    steps = [_step(activities, one) for one in condition.steps]
    if condition.then:
        within = "" if condition.within_days is None else f" within {_days(condition.within_days)}"
        return f"did {', then '.join(steps)}{within}{_span(activities, condition)}"
    if condition.nth is not None:
        return f"did {steps[0]} for the {_ordinal(condition.nth)} time{_span(activities, condition)}"
    if condition.sum is not None:
        return f"reached {_bounds(condition)} of {condition.sum} in {steps[0]}{_span(activities, condition)}"
    unit = "on {} days" if condition.count == "days" else "{} times"
    how = "" if condition.bounds == (1, None) and condition.count == "times" else " " + unit.format(_bounds(condition))
    if condition.bounds == (0, 0):
        return f"did not do {steps[0]}{_span(activities, condition)}"
    return f"did {steps[0]}{how}{_span(activities, condition)}"


def _step(activities: Mapping[str, Activity], step: Step) -> str:
    title = activities[step.did].title if step.did in activities else step.did
    where = [f"{name} {_among(wanted)}" for name, wanted in step.where.items()]
    return f"'{title}'" + (f" where {' and '.join(where)}" if where else "")


def _among(wanted: tuple[object, ...] | Among) -> str:
    among = wanted if isinstance(wanted, Among) else Among(within=wanted)  # pyright: ignore[reportArgumentType]
    parts: list[str] = []
    if among.within:
        parts.append(f"is {' or '.join('(none)' if value is None else str(value) for value in among.within)}")
    if among.at_least is not None:
        parts.append(f"is at least {among.at_least}")
    if among.below is not None:
        parts.append(f"is below {among.below}")
    if among.contains is not None:
        parts.append(f"contains '{among.contains}'")
    return ("not: " if among.negated else "") + " and ".join(parts)


def _bounds(condition: Condition) -> str:
    """The bounds of a figure.

    >>> _bounds(Condition(did="purchase", at_least=2)), _bounds(Condition(did="purchase", exactly=0))
    ('at least 2', 'exactly 0')
    """
    least, most = condition.bounds
    if least == most and least is not None:
        return f"exactly {least:g}"
    parts = [f"at least {least:g}" if least is not None else "", f"at most {most:g}" if most is not None else ""]
    return " and ".join(part for part in parts if part)


def _span(activities: Mapping[str, Activity], condition: Condition) -> str:
    said: list[str] = []
    if condition.last_days is not None:
        said.append(f"in the last {_days(condition.last_days)}")
    if condition.since is not None:
        said.append(f"from {condition.since}")
    if condition.until is not None:
        said.append(f"up to {condition.until}")
    if condition.first_days is not None:
        first = condition.from_first
        start = (
            "first activity"
            if first is None
            else f"first '{activities[first].title if first in activities else first}'"
        )
        said.append(f"in the first {_days(condition.first_days)} from the {start}")
    return "".join(f" {part}" for part in said)


def _days(count: float) -> str:
    return f"{count:g} {'day' if count == 1 else 'days'}"


def _ordinal(number: int) -> str:
    """A number as an ordinal.

    >>> [_ordinal(n) for n in (1, 2, 3, 11, 22)]
    ['1st', '2nd', '3rd', '11th', '22nd']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
