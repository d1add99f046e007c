"""Impact and drivers against members looked at one by one."""

from datetime import datetime, timedelta
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from punchcard.timeline.drivers import Drivers, drivers, halved
from punchcard.timeline.impact import Impact, impact
from punchcard.timeline.pick import Pick
from tests.agree.test_coming_back_agrees import days, does, pick
from tests.agree.told import Act, Told

pytestmark = pytest.mark.slow


@st.composite
def questions(draw: st.DrawFn) -> Impact:
    measure = draw(st.sampled_from(("members_share", "times_per_member", "sum_per_member")))
    return Impact(
        first=draw(pick),
        then=draw(pick),
        measure=measure,  # pyright: ignore
        of="amount" if measure == "sum_per_member" else None,
        grain=draw(st.sampled_from(("day", "week"))),
        before=draw(st.integers(1, 3)),
        after=draw(st.integers(1, 3)),
        observed=draw(st.sampled_from(("bucket", "throughout"))),
    )


def first(acts: list[Act], it: Pick) -> datetime | None:
    """When somebody did something for the first time ever."""
    return next((act.time for act in acts if does(act, it)), None)


def span(p: Impact, moment: datetime, n: int) -> tuple[datetime, datetime]:
    """A bucket around a moment."""
    length = timedelta(days=1 if p.grain == "day" else 7)
    start = moment + length * (n if n < 0 else n - 1)
    return start, start + length


@given(days, questions(), st.integers(0, 40))
def test_impact_agrees_with_members_looked_at_one_by_one(told: Told, p: Impact, more: int):
    until = told.period.end + timedelta(days=more)
    answer = impact(told.timeline, p, told.period, known_until=until)
    aligned: dict[int, datetime] = {}
    for member in told.members:
        moment = first(told.of(member), p.first)
        if moment is not None and told.period.start <= moment < told.period.end:
            aligned[member] = moment

    def observed(member: int, n: int) -> bool:
        buckets = p.intervals if p.observed == "throughout" else (n,)
        spans = [span(p, aligned[member], one) for one in buckets]
        return told.of(member)[0].time <= spans[0][0] and spans[-1][1] <= until

    for n in p.intervals:
        values: list[float] = []
        who: list[int] = []
        for member in filter(lambda m: observed(m, n), aligned):
            low, high = span(p, aligned[member], n)
            acts = [a for a in told.of(member) if does(a, p.then) and low <= a.time < high]
            acts = [a for a in acts if a.time != aligned[member]]
            who += [member] if acts else []
            match p.measure:
                case "members_share":
                    values.append(float(bool(acts)))
                case "times_per_member":
                    values.append(len(acts))
                case "sum_per_member":
                    values.append(sum(a.amount or 0 for a in acts))
        found = answer.bucket(n)
        assert (found.observed, found.did) == (len(values), len(who))
        assert answer.members(n).tolist() == who
        assert found.figure == (pytest.approx(mean(values)) if values else None)
        if p.measure != "members_share" and len(set(values)) > 1:
            half = float(stats.t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
            assert found.bounds is not None
            assert found.bounds.high == pytest.approx(mean(values) + half)


@given(days, pick, pick, st.sampled_from((1, 2, 3)), st.integers(0, 5), st.integers(0, 40))
def test_drivers_count_members_as_one_by_one(told: Told, start: Pick, back: Pick, often: int, later: int, more: int):
    p = Drivers(
        start=start, returning=back, times=(often,), within_days=2, from_day=2 + later, to_day=9 + later, top=200
    )
    until = told.period.end + timedelta(days=more)
    answer = drivers(told.timeline, p, told.period, known_until=until)
    begun = {m: t for m in told.members if (t := first(told.of(m), start)) and told.period.start <= t < told.period.end}
    ripe = {m: t for m, t in begun.items() if t + timedelta(days=p.to_day) <= until}
    assert answer.member.tolist() == sorted(ripe)
    assert answer.waiting == len(begun) - len(ripe)
    kept = [
        any(does(a, back) and p.from_day <= (a.time - ripe[m]) / timedelta(days=1) < p.to_day for a in told.of(m))
        for m in sorted(ripe)
    ]
    assert answer.retained.tolist() == kept
    for activity in told.timeline.activities:
        counts = [
            sum(a.name == activity and timedelta(0) <= a.time - ripe[m] < timedelta(days=2) for a in told.of(m))
            for m in sorted(ripe)
        ]
        assert answer.done(Pick(activity)).tolist() == counts


def test_halves_are_fixed_and_about_equal():
    second = halved(np.arange(1, 100_001))
    assert abs(int(second.sum()) - 50_000) < 500
    assert (halved(np.arange(50_000, 60_000)) == second[49_999:59_999]).all()
