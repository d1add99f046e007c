"""Retention, lifecycle, stickiness and counts over time against the same by plain dates."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isnan
from statistics import mean, median
from typing import Literal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.period import Grain, Period, add_months
from punchcard.timeline.asked.segmentation import OF_A_PROPERTY
from punchcard.timeline.frequency import frequency, intervals
from punchcard.timeline.lifecycle import Lifecycle, lifecycle
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.retention import Retention, retention
from punchcard.timeline.segmentation import Segmentation, segmentation
from punchcard.timeline.stickiness import Stickiness, stickiness
from tests.agree.told import NAMES, Act, Told, told

pytestmark = pytest.mark.slow

pick = st.builds(
    Pick, st.sampled_from((*NAMES, None, ("a", "b"))), st.sampled_from(((), (Condition("value", "is", ("x", "y")),)))
)
grain = st.sampled_from(("hour", "day", "week", "month"))
days = told(unit=timedelta(hours=7), span=90, most=30)


def does(act: Act, it: Pick) -> bool:
    named = (
        it.activity is None or act.name == it.activity or (isinstance(it.activity, tuple) and act.name in it.activity)
    )
    return named and all(act.value in c.values for c in it.where)


def bucket(told: Told, moment: datetime, of: str) -> date | datetime:
    """The bucket of a moment, by its local date or hour."""
    local = moment.astimezone(told.calendar.info)
    if of == "hour":
        # Hours begin with the period's first; a clock change of half an hour does not move them.
        first = told.period.start - timedelta(minutes=told.period.start.astimezone(told.calendar.info).minute)
        return first + (moment - first) // timedelta(hours=1) * timedelta(hours=1)
    return told.calendar.floor(local.date(), Grain(of))


def following(told: Told, key: date | datetime, of: str) -> date | datetime:
    return key + timedelta(hours=1) if isinstance(key, datetime) else told.calendar.next(key, Grain(of))


def buckets(told: Told, period: Period, of: str) -> list[date | datetime]:
    """The buckets that a period touches."""
    found, last = [bucket(told, period.start, of)], bucket(told, period.end - timedelta(microseconds=1), of)
    while found[-1] != last:
        found.append(following(told, found[-1], of))
    return found


def steps_between(told: Told, start: date | datetime, later: date | datetime, of: str) -> int:
    """How many buckets after a bucket another one is."""
    n = 0
    while start < later:  # pyright: ignore
        start, n = following(told, start, of), n + 1
    return n


def elapsed(told: Told, start: datetime, later: datetime, of: str) -> int:
    """Complete spans of time from a start."""
    if of != "month":
        return int(
            (later - start) // {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[of]
        )
    local, then = (t.astimezone(told.calendar.info).replace(tzinfo=None) for t in (start, later))
    n = 0
    while datetime.combine(add_months(local.date(), n + 1), local.time()) <= then:
        n += 1
    return n


@st.composite
def table(draw: st.DrawFn) -> Retention:
    mode = draw(st.sampled_from(("on", "on_or_after", "on_or_before", "brackets", "streak")))
    return Retention(
        start=draw(pick),
        returning=draw(pick),
        grain=draw(grain),
        intervals=draw(st.integers(1, 5)),
        mode=mode,  # pyright: ignore
        brackets=((1, 2), (3, 3), (2, 6)) if mode == "brackets" else (),
        cohort=draw(st.sampled_from(("recurring", "first_time"))),
        clock=draw(st.sampled_from(("calendar", "rolling"))),
        min_occurrences=draw(st.sampled_from((1, 1, 2))),
        sum_of="amount" if mode == "on" and draw(st.booleans()) else None,
    )


def expected_cells(
    told: Told, p: Retention
) -> tuple[dict[tuple[date | datetime, int], set[int]], Counter[tuple[date | datetime, int]]]:
    """The members of each cell by cohort and column, and the sums."""
    rows = buckets(told, told.period, p.grain)
    cells: dict[tuple[date | datetime, int], set[int]] = {}
    sums: Counter[tuple[date | datetime, int]] = Counter()
    for member in told.members:
        acts = told.of(member)
        starts = [a for a in acts if does(a, p.start)]
        starts = starts[:1] if p.cohort == "first_time" else starts
        anchors: dict[date | datetime, datetime] = {}
        for act in starts:
            anchors.setdefault(bucket(told, act.time, p.grain), act.time)
        for cohort, anchor in anchors.items():
            if cohort not in rows:
                continue
            cells.setdefault((cohort, 0), set()).add(member)
            after, added = returns(told, p, acts, cohort, anchor)
            enough = {n for n, times in after.items() if times >= p.min_occurrences}
            for column in range(1, p.columns + 1):
                if retained(p, enough - {0}, column):
                    cells.setdefault((cohort, column), set()).add(member)
            for n in enough:
                if n <= p.columns:
                    sums[cohort, n] += added[n]
    return cells, sums


@patch("punchcard.stats.against.EXPECTED", 0)  # the worlds are small
@given(days, pick, pick, st.sampled_from(("recurring", "first_time")), st.booleans())
def test_retention_of_groups_agrees_and_is_compared(told: Told, start: Pick, back: Pick, cohort: str, rolling: bool):
    p = Retention(
        start=start,
        returning=back,
        grain="week",
        intervals=2,
        cohort=cohort,  # pyright: ignore
        clock="rolling" if rolling else "calendar",
        breakdown="value",
    )
    answer = retention(told.timeline, p, told.period)
    cells, _ = expected_cells(told, p)
    group: dict[int, str] = {}
    for member in told.members:
        given = [a.value for a in told.of(member) if told.inside(a) and does(a, start) and a.value is not None]
        group[member] = given[0] if given else "(none)"
    for g, label in enumerate(answer.labels):
        for c, key in enumerate(answer.cohorts):
            for n in range(p.columns + 1):
                who = sorted(m for m in cells.get((key, n), ()) if group[m] == label)
                assert answer.cells[g, c, n] == len(who)
                assert answer.members(c, n, g).tolist() == who
    base, compared = answer.compared()
    assert bool(compared) <= (cohort == "first_time")
    for (g, n), (effect, p_value) in compared.items():
        assert base is not None
        (hits, size), (hits_base, size_base) = answer.whole(n, g), answer.whole(n, base)
        assert effect.value == pytest.approx(hits / size - hits_base / size_base)
        assert p_value >= effect.p


def returns(
    told: Told, p: Retention, acts: list[Act], cohort: date | datetime, anchor: datetime
) -> tuple[Counter[int], Counter[int]]:
    """How often, and for how much, something was done n buckets after a start."""
    times: Counter[int] = Counter()
    added: Counter[int] = Counter()
    for act in (a for a in acts if does(a, p.returning)):
        key = bucket(told, act.time, p.grain)
        if p.clock == "rolling" and act.time >= anchor:
            n = elapsed(told, anchor, act.time, p.grain)
        elif p.clock == "calendar" and key >= cohort:  # pyright: ignore
            n = steps_between(told, cohort, key, p.grain)
        else:
            continue
        times[n] += 1
        added[n] += act.amount or 0
    return times, added


def retained(p: Retention, back: set[int], n: int) -> bool:
    match p.mode:
        case "on":
            return n in back
        case "on_or_after":
            return any(b >= n for b in back)
        case "on_or_before":
            return any(b <= n for b in back)
        case "streak":
            return all(b in back for b in range(1, n + 1))
        case "brackets":
            low, high = p.brackets[n - 1]
            return any(low <= b <= high for b in back)


@given(days, table())
def test_retention_agrees(told: Told, p: Retention):
    answer = retention(told.timeline, p, told.period)
    cells, sums = expected_cells(told, p)
    for c, key in enumerate(answer.cohorts):
        for n in range(p.columns + 1):
            who = sorted(cells.get((key, n), set()))
            assert int(answer.cells[0, c, n]) == len(who), (key, n)
            if who:
                assert answer.members(c, n).tolist() == who
            if p.sum_of:
                assert answer.sums[0, c, n] == sums[key, n]


@given(days, pick, grain)
def test_lifecycle_agrees(told: Told, it: Pick, of: str):
    answer = lifecycle(told.timeline, Lifecycle(activity=it, grain=of), told.period)  # pyright: ignore
    active = {m: {bucket(told, a.time, of) for a in told.of(m) if does(a, it)} for m in told.members}
    states: tuple[Literal["new", "current", "resurrected", "dormant"], ...] = (
        "new",
        "current",
        "resurrected",
        "dormant",
    )
    for b, key in enumerate(answer.keys):
        before = bucket(told, _start(told, key) - timedelta(microseconds=1), of)
        found: dict[str, list[int]] = {state: [] for state in states}
        for member, keys in active.items():
            if key in keys:
                state = "new" if min(keys) == key else "current" if before in keys else "resurrected"  # pyright: ignore
                found[state].append(member)
            elif before in keys:
                found["dormant"].append(member)
        for place, state in enumerate(states):
            assert int(answer.counts[place, b]) == len(found[state]), (key, state)
            assert answer.members(state, b).tolist() == found[state]


def _start(told: Told, key: date | datetime) -> datetime:
    return key if isinstance(key, datetime) else told.calendar.midnight(key)


@given(days, pick, grain, st.booleans(), st.integers(1, 2))
def test_stickiness_agrees(told: Told, it: Pick, of: str, cumulative: bool, least: int):
    p = Stickiness(activity=it, grain=of, cumulative=cumulative, min_occurrences=least)  # pyright: ignore
    answer = stickiness(told.timeline, p, told.period)
    first = _start(told, bucket(told, told.period.start, of))
    active = list[int]()
    for m in told.members:
        times = Counter(
            bucket(told, a.time, of) for a in told.of(m) if does(a, it) and first <= a.time < told.period.end
        )
        active.append(sum(n >= least for n in times.values()))
    for n, count in enumerate(answer.counts(), start=1):
        who = [m for m, k in enumerate(active) if (k >= n if cumulative else k == n)]
        assert count == len(who)
        assert answer.members(n).tolist() == who


@pytest.mark.parametrize(
    "measure", ["members", "times", "active_share", "average", "sum", "mean", "min", "median", "max"]
)
@given(days, pick, grain, st.booleans())
def test_counts_over_time_agree(measure: str, told: Told, it: Pick, of: str, divide: bool):
    by = "value" if divide else None
    amount = "amount" if measure in OF_A_PROPERTY else None
    p = Segmentation(activity=it, measure=measure, grain=of, of=amount, breakdown=by)  # pyright: ignore
    answer = segmentation(told.timeline, p, told.period)
    inside = [a for a in told.acts if told.inside(a)]
    for g, label in enumerate(answer.labels):
        for b, key in enumerate((*answer.keys, None)):
            here = [a for a in inside if key is None or bucket(told, a.time, of) == key]
            chosen = [a for a in here if does(a, it) and (not divide or (a.value or "(none)") == label)]
            figure = answer.totals[g] if key is None else answer.figures[g, b]
            expected = _figure(measure, chosen, here)
            assert isnan(figure) if expected is None else figure == pytest.approx(expected)


def _figure(measure: str, acts: list[Act], everything: list[Act]) -> float | None:
    who, amounts = {a.member for a in acts}, [a.amount for a in acts if a.amount is not None]
    match measure:
        case "members":
            return len(who)
        case "times":
            return len(acts)
        case "active_share":
            active = {a.member for a in everything}
            return len(who) / len(active) if active else None
        case "average":
            return len(acts) / len(who) if who else None
        case "sum":
            return sum(amounts)
        case _:
            reduce = {"mean": mean, "min": min, "median": median, "max": max}[measure]
            return reduce(amounts) if amounts else None


@given(days, pick, grain, st.integers(2, 5))
def test_rolling_and_cumulative_members_agree(told: Told, it: Pick, of: str, span: int):
    def asked(**settings: object) -> list[float]:
        p = Segmentation(activity=it, grain=of, **settings)  # pyright: ignore
        return segmentation(told.timeline, p, told.period).figures[0].tolist()

    keys = buckets(told, told.period, of)
    done = [(a.member, bucket(told, a.time, of)) for a in told.acts if does(a, it) and a.time < told.period.end]
    inside = {(a.member, bucket(told, a.time, of)) for a in told.acts if does(a, it) and told.inside(a)}
    assert asked(cumulative=True) == [len({m for m, k in inside if k <= key}) for key in keys]  # pyright: ignore
    rolling = asked(rolling=span)
    for key, figure in zip(keys, rolling, strict=True):
        first = key
        for _ in range(span - 1):
            first = bucket(told, _start(told, first) - timedelta(microseconds=1), of)
        assert figure == len({m for m, k in done if first <= k <= key})  # pyright: ignore


@given(days, pick)
def test_frequency_agrees(told: Told, it: Pick):
    times = Counter(a.member for a in told.acts if does(a, it) and told.inside(a))
    found = frequency(told.timeline, it, told.period)
    assert found.result().column("times") == tuple(sorted(set(times.values())))
    for n in set(times.values()):
        assert found.members(n).tolist() == sorted(m for m, k in times.items() if k == n)


@given(days, pick)
def test_intervals_agree(told: Told, it: Pick):
    found = intervals(told.timeline, it, told.period)
    waits = list[tuple[int, float]]()
    for m in told.members:
        done = [a for a in told.of(m) if does(a, it)]
        waits += [(m, (b.time - a.time).total_seconds()) for a, b in pairwise(done) if told.inside(b)]
    assert list(zip(found.member.tolist(), found.seconds.tolist(), strict=True)) == waits
    assert found.members(0, 10_000).tolist() == sorted({m for m, _ in waits})
