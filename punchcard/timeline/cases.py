"""Worked cases of behaviour, run through the timeline; `punchcard cases FILE` prints how many passed.

Kinds: funnel, funnel_trend, funnel_time, retention, lifecycle, stickiness, path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import isclose
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa

from punchcard.errors import QueryError, did_you_mean
from punchcard.period import Calendar, Grain, Period
from punchcard.timeline import tail
from punchcard.timeline.axis import back
from punchcard.timeline.case_file import (
    ActivityQuery,
    Case,
    CaseStep,
    Event,
    FunnelExpected,
    FunnelQuery,
    LifecycleExpected,
    PathExpected,
    PathQuery,
    Range,
    RetentionExpected,
    RetentionQuery,
    StepsExpected,
    StickinessExpected,
    TimeExpected,
    TrendExpected,
    Where,
    read_cases,
)
from punchcard.timeline.columns import Kind
from punchcard.timeline.funnel import FunnelAnswer, funnel
from punchcard.timeline.lifecycle import Lifecycle, State, lifecycle
from punchcard.timeline.paths import Paths, UnknownNode, paths
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.read import Declared, Scope, Timeline
from punchcard.timeline.retention import Retention, retention
from punchcard.timeline.steps import SECONDS, Breakdown, Exclusion, Funnel, Step, Window
from punchcard.timeline.stickiness import Stickiness, stickiness
from punchcard.timeline.store import of_batches
from punchcard.timeline.trend import FunnelTime, FunnelTrend, funnel_time, funnel_trend

# A month as a conversion window is 31 days in the source.
MONTH_DAYS = 31
# Equal instants convert in either order there.
EITHER_ORDER = 0


@dataclass(frozen=True, slots=True)
class Loading:
    """How the events of a case reach the timeline; the figures must not depend on it."""

    order: Sequence[int] | None = None  # the order in which they arrive; each keeps its number in the list
    batches: int = 1
    late: int = 0  # so many of the last ones come after the build, into the tail
    merge_late: bool = False  # identities become known only after everything is loaded


@dataclass(slots=True)
class World:
    """A case as a timeline, with its users' numbers and the differences found so far."""

    case: Case
    users: dict[str, int]
    timeline: Timeline
    differences: list[str] = field(default_factory=list[str])

    @property
    def calendar(self) -> Calendar:
        """The case's zone and week."""
        return self.timeline.calendar

    def canonical(self, user: str) -> int:
        """The number of the user whom an id belongs to."""
        return self.users[self.case.identities.get(user, user)]

    def named(self, members: Sequence[int]) -> list[str]:
        """Users by their canonical ids, sorted."""
        names = {number: name for name, number in self.users.items()}
        return sorted(names[int(member)] for member in members)

    def compare(self, what: str, expected: object, found: object) -> None:
        """Note a difference."""
        if expected != found:
            self.differences.append(f"{what}: expected {expected}, found {found}")

    def compare_each(self, what: str, expected: Sequence[object], found: Sequence[object]) -> None:
        """Note a difference, where null and '*' stand for anything and numbers may differ by half a unit."""
        same = len(expected) <= len(found) and all(_close(e, f) for e, f in zip(expected, found, strict=False))
        if not same:
            self.differences.append(f"{what}: expected {list(expected)}, found {list(found)}")


def _close(expected: object, found: object) -> bool:
    if expected is None or expected == "*":
        return True
    if isinstance(expected, float) and isinstance(found, int | float):
        return isclose(expected, found, abs_tol=0.5)
    return expected == found


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went; no differences means passed."""

    id: str
    differences: tuple[str, ...]


def run_cases(path: Path, loading: Callable[[Case], Loading] = lambda case: Loading()) -> tuple[int, int, list[str]]:
    """Run every case of a file: how many passed, how many failed, and each difference as a line."""
    outcomes = [run_case(case, loading(case)) for case in read_cases(path)]
    failed = [outcome for outcome in outcomes if outcome.differences]
    lines = [f"{outcome.id}: {difference}" for outcome in failed for difference in outcome.differences]
    return len(outcomes) - len(failed), len(failed), lines


def run_case(case: Case, loading: Loading = Loading()) -> Outcome:
    """Run one case; what cannot be asked is a difference too."""
    try:
        run = RUNNERS.get(case.kind)
        if run is None:
            raise QueryError(f"there is no kind '{case.kind}'{did_you_mean(case.kind, RUNNERS)}")
        world = world_of(case, loading)
        run(world)
        return Outcome(case.id, tuple(world.differences))
    except (QueryError, msgspec.DecodeError, ValueError) as wrong:
        return Outcome(case.id, (str(wrong),))


def world_of(case: Case, loading: Loading) -> World:
    """Load a case's events as asked."""
    users: dict[str, int] = {}
    for name in (*(e.user for e in case.events), *case.identities, *case.identities.values()):
        users.setdefault(name, len(users))
    identities = np.arange(len(users), dtype=np.int32)
    for sent, canonical in case.identities.items():
        identities[users[sent]] = users[canonical]
    order = list(loading.order) if loading.order is not None else list(range(len(case.events)))
    early, late = order[: len(order) - loading.late], order[len(order) - loading.late :]
    sizes = np.array_split(np.array(early, np.int64), loading.batches)
    calendar = Calendar(case.timezone, 7 if case.week_start == "sunday" else 1)
    known = None if loading.merge_late else identities
    named = _declared(msgspec.json.decode(case.query))
    timeline = of_batches(
        (_batch(case.events, part.tolist(), users) for part in sizes if len(part)), calendar, known, named
    )
    if late:
        timeline = timeline.with_tail(tail.of(timeline.lists, [_batch(case.events, late, users)]))
    return World(case, users, timeline.with_identities(identities))


def _declared(query: object) -> Declared:
    """The names that a query uses: they exist also where no event of the case has them."""
    activities: list[str] = []
    properties: dict[str, Kind] = {}
    waiting = [query]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                for name, value in fields.items():
                    if name == "event" and isinstance(value, str):
                        activities.append(value)
                    elif name == "where" and isinstance(value, dict):
                        properties.update(dict.fromkeys(value, Kind.WORDS))
                    elif name in ("property", "unit") and isinstance(value, str) and value not in SECONDS:
                        properties[value] = Kind.WORDS
                    else:
                        waiting.append(value)
            case list() as items:
                waiting.extend(items)
            case _:
                pass
    return Declared(tuple(dict.fromkeys(activities)), properties)


def _batch(events: Sequence[Event], places: Sequence[int], users: dict[str, int]) -> pa.RecordBatch:
    names = sorted({name for e in events for name in e.props})
    columns = {
        "member": pa.array([users[events[i].user] for i in places], pa.int32()),
        "activity": pa.array([events[i].name for i in places], pa.string()),
        "time": pa.array([events[i].time for i in places], pa.timestamp("us", "UTC")),
        "arrival": pa.array([int(i) for i in places], pa.int64()),
    }
    for name in names:
        if name not in columns:
            columns[name] = pa.array([_text(events[i].props.get(name)) for i in places], pa.string())
    return pa.RecordBatch.from_pydict(columns)


def _text(value: msgspec.Raw | None) -> str | None:
    """A JSON value as the text of a property: words without their quotes, anything else as it is written."""
    written = b"null" if value is None else bytes(value)
    if written == b"null":
        return None
    return msgspec.json.decode(written, type=str) if written.startswith(b'"') else written.decode()


def _where(where: Where) -> tuple[Condition, ...]:
    """Equality of properties; a list means any of its values."""
    conditions: list[Condition] = []
    for name, value in where.items():
        values = msgspec.json.decode(value, type=list[msgspec.Raw]) if bytes(value).startswith(b"[") else [value]
        texts = tuple(_text(v) or "" for v in values)
        conditions.append(Condition(name, "is", texts))
    return tuple(conditions)


def _period(it: Range, calendar: Calendar) -> Period:
    start, end = _edge(it.from_, calendar, 0), _edge(it.to, calendar, 1)
    return Period(start, end)


def _edge(text: str, calendar: Calendar, days: int) -> datetime:
    if len(text) == len("2020-01-01"):
        return calendar.midnight(date.fromisoformat(text) + timedelta(days=days))
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=calendar.info)
    return moment.astimezone(UTC) + timedelta(microseconds=days)


def _key(key: date | datetime, calendar: Calendar) -> str:
    if isinstance(key, datetime):
        return key.astimezone(calendar.info).strftime("%Y-%m-%dT%H:%M:%S")
    return key.isoformat()


def _step(step: CaseStep) -> Step:
    return Step(step.event, _where(step.where), step.optional)


def _funnel(query: FunnelQuery) -> Funnel:
    n, unit = query.window.n, query.window.unit
    window = Window(n * MONTH_DAYS, "day") if unit == "month" else Window(n, unit)
    plain = query.breakdown is not None and query.breakdown.attribution in ("first_touch", "last_touch")
    return Funnel(
        steps=tuple(_step(step) for step in query.steps),
        order=query.order,
        window=window,
        exclusions=tuple(Exclusion(x.event, x.from_step + 1, x.to_step + 1, _where(x.where)) for x in query.exclusions),
        tolerance_seconds=None if query.order == "strict" else EITHER_ORDER,
        finish="period",
        where=_where(query.where),
        breakdown=Breakdown(query.breakdown.property, query.breakdown.attribution)
        if query.breakdown and plain and query.breakdown.attribution in ("first_touch", "last_touch")
        else None,
    )


def run_funnel(world: World) -> None:
    """Counts, times and users per step."""
    query = msgspec.json.decode(world.case.query, type=FunnelQuery)
    expected = msgspec.json.decode(world.case.expect, type=FunnelExpected)
    parameters = _funnel(query)
    period = _period(query.range, world.calendar)
    answer = funnel(world.timeline, parameters, period)
    _compare_steps(world, "", expected, answer, None)
    for label, part in expected.by_breakdown.items():
        if parameters.breakdown:
            codes = {answer.label(code): code for code in (-1, *range(len(answer.labels)))}
            _compare_steps(
                world, f"{label}: ", part, answer, codes.get("(none)" if label in ("", "None") else label, -2)
            )
        else:
            _compare_steps(world, f"{label}: ", part, _of_value(world, query, parameters, label, period), None)


def _of_value(world: World, query: FunnelQuery, parameters: Funnel, label: str, period: Period) -> FunnelAnswer:
    """The funnel of one value of a breakdown by all events, or by those of one step."""
    if query.breakdown is None:
        raise QueryError("figures by breakdown are expected of a query without one")
    only = Condition(query.breakdown.property, "is", (label,))
    if query.breakdown.attribution == "all_events":
        return funnel(world.timeline, msgspec.structs.replace(parameters, where=(*parameters.where, only)), period)
    steps = list(parameters.steps)
    at = query.breakdown.step
    steps[at] = msgspec.structs.replace(steps[at], where=(*steps[at].where, only))
    return funnel(world.timeline, msgspec.structs.replace(parameters, steps=tuple(steps)), period)


def _compare_steps(world: World, what: str, expected: StepsExpected, answer: FunnelAnswer, value: int | None) -> None:
    steps = range(1, len(answer.parameters.steps) + 1)
    world.compare_each(f"{what}counts", expected.counts, answer.counts(value))
    times = [answer.seconds(step, value) if step > 1 else np.empty(0) for step in steps]
    world.compare_each(
        f"{what}mean seconds", expected.avg_seconds, [float(t.mean()) if len(t) else None for t in times]
    )
    medians = [float(np.median(t)) if len(t) else None for t in times]
    world.compare_each(f"{what}median seconds", expected.median_seconds, medians)
    for step, users in expected.users_at_step.items():
        world.compare(
            f"{what}users at step {step}", sorted(users), world.named(answer.members(int(step), value).tolist())
        )


def run_trend(world: World) -> None:
    """Points over time."""
    query = msgspec.json.decode(world.case.query, type=FunnelQuery)
    expected = msgspec.json.decode(world.case.expect, type=TrendExpected)
    to_step = None if query.to_step is None else query.to_step + 1
    parameters = FunnelTrend(
        funnel=_funnel(query), grain=_grain(query.interval), from_step=query.from_step + 1, to_step=to_step
    )
    points = funnel_trend(world.timeline, parameters, _period(query.range, world.calendar)).points()
    found = [[_key(key, world.calendar), came, went, round(100 * share, 2)] for key, came, went, share in points]
    world.compare("points", [[*point[:3], round(point[3], 2)] for point in expected.points], found)


def _grain(grain: Grain) -> Literal["hour", "day", "week", "month"]:
    match grain:
        case Grain.HOUR:
            return "hour"
        case Grain.DAY:
            return "day"
        case Grain.WEEK:
            return "week"
        case Grain.MONTH:
            return "month"
        case _:
            raise QueryError(f"no buckets of a {grain} here")


def run_time(world: World) -> None:
    """Bins of the time to convert."""
    query = msgspec.json.decode(world.case.query, type=FunnelQuery)
    expected = msgspec.json.decode(world.case.expect, type=TimeExpected)
    to_step = None if query.to_step is None else query.to_step + 1
    parameters = FunnelTime(funnel=_funnel(query), from_step=query.from_step + 1, to_step=to_step, bins=query.bins)
    answer = funnel_time(world.timeline, parameters, _period(query.range, world.calendar))
    if expected.bins:
        world.compare(
            "bins", [(float(low), n) for low, n in expected.bins], [(float(low), n) for low, n in answer.bins()]
        )
    mean = float(answer.seconds.mean()) if len(answer.seconds) else None
    world.compare_each("mean seconds", [expected.avg_seconds], [mean])


def run_retention(world: World) -> None:
    """The table of cohorts."""
    query = msgspec.json.decode(world.case.query, type=RetentionQuery)
    expected = msgspec.json.decode(world.case.expect, type=RetentionExpected)
    period = _cohorts(query, world.calendar)
    parameters = Retention(
        start=_step(query.start).pick,
        returning=_step(query.returning).pick,
        grain=_grain(query.period),
        intervals=max(query.intervals - 1, 1),
        mode=query.mode,
        cohort=query.cohort,
        min_occurrences=query.min_occurrences,
        unit=query.unit,
        where=_where(query.where),
    )
    answer = retention(world.timeline, parameters, period, known_until=period.end)
    found = answer.cells[0][:, : query.intervals].tolist()
    for row, wanted in enumerate(expected.matrix):
        world.compare_each(f"row {row}", wanted, found[row] if row < len(found) else [])
    if expected.matrix:
        world.compare("cohorts", len(expected.matrix), len(found))
    if expected.first_period is not None:
        world.compare("first period", expected.first_period, _key(answer.cohorts[0], world.calendar))


def _cohorts(query: RetentionQuery, calendar: Calendar) -> Period:
    """As many whole buckets as there are intervals, the last of them holding `until`."""
    until = query.until if query.until.tzinfo else query.until.replace(tzinfo=calendar.info)
    if query.period is Grain.HOUR:
        last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Period(last - timedelta(hours=query.intervals - 1), last + timedelta(hours=1))
    last = calendar.floor(calendar.day(until), query.period)
    first = back(last, query.intervals - 1, query.period, calendar)
    return Period(first, calendar.midnight(calendar.next(last, query.period)))


def run_lifecycle(world: World) -> None:
    """A series a state."""
    query = msgspec.json.decode(world.case.query, type=ActivityQuery)
    expected = msgspec.json.decode(world.case.expect, type=LifecycleExpected)
    where = _where(query.where)
    parameters = Lifecycle(activity=Pick(query.event), grain=_grain(query.interval), where=where)
    answer = lifecycle(world.timeline, parameters, _period(query.range, world.calendar))
    states: list[tuple[str, State, tuple[int | None, ...] | None]] = [
        ("new", "new", expected.new),
        ("returning", "current", expected.returning),
        ("resurrecting", "resurrected", expected.resurrecting),
        ("dormant", "dormant", expected.dormant),
    ]
    for place, (name, state, wanted) in enumerate(states):
        if wanted is not None:
            found = [int(n) * (-1 if state == "dormant" else 1) for n in answer.counts[place]]
            world.compare(f"{name} buckets", len(wanted), len(found))
            world.compare_each(name, wanted, found)
    if expected.first_period is not None:
        world.compare("first period", expected.first_period, _key(answer.keys[0], world.calendar))


def run_stickiness(world: World) -> None:
    """Users by number of active intervals."""
    query = msgspec.json.decode(world.case.query, type=ActivityQuery)
    expected = msgspec.json.decode(world.case.expect, type=StickinessExpected)
    where = _where(query.where)
    parameters = Stickiness(activity=Pick(query.event), grain=_grain(query.interval), unit=query.unit, where=where)
    counts = stickiness(world.timeline, parameters, _period(query.range, world.calendar)).counts()
    if expected.users_by_active_intervals is not None:
        wanted = {n: users for n, users in expected.users_by_active_intervals.items() if users}
        world.compare("users", wanted, {n + 1: count for n, count in enumerate(counts) if count})
    if expected.total is not None:
        world.compare("total", expected.total, sum(counts))


def run_path(world: World) -> None:
    """Edges between nodes."""
    query = msgspec.json.decode(world.case.query, type=PathQuery)
    expected = msgspec.json.decode(world.case.expect, type=PathExpected)
    everyone = np.ones(world.timeline.members, np.bool_)
    everyone[[world.canonical(user) for user in query.exclude_users]] = False
    parameters = Paths(
        activity=Pick(query.node.event),
        by=query.node.property,
        start=query.start,
        end=query.end,
        max_steps=query.max_steps,
        session_gap_minutes=query.session_gap_minutes,
        trim_slash=True,
        where=_where(query.where),
    )
    try:
        edges = paths(world.timeline, parameters, _period(query.range, world.calendar), Scope(everyone)).edges()
    except UnknownNode:  # a path from or to what nobody saw: no path
        edges = ()
    found = sorted((e.position, e.source, e.target, e.count) for e in edges)
    if expected.edges is not None:
        world.compare("edges", sorted(expected.edges), found)
    if expected.edge_count is not None:
        world.compare("number of edges", expected.edge_count, len(found))


RUNNERS: dict[str, Callable[[World], None]] = {
    "funnel": run_funnel,
    "funnel_trend": run_trend,
    "funnel_time": run_time,
    "retention": run_retention,
    "lifecycle": run_lifecycle,
    "stickiness": run_stickiness,
    "path": run_path,
}
