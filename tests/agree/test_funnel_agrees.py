"""Funnels against attempts followed one by one in plain Python."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from punchcard.timeline.funnel import funnel
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.steps import Breakdown, Exclusion, Funnel, Step, Window
from punchcard.timeline.trend import FunnelTrend, funnel_trend
from tests.agree.told import NAMES, Act, Told, told

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
SESSION_GAP = timedelta(minutes=180)


def does(act: Act, pick: Pick) -> bool:
    """Whether an act is one that a pick means."""
    return pick.activity in (None, act.name) and all(act.value in c.values for c in pick.where)


@dataclass
class Attempt:
    """One attempt: the act of each step that was done (by step), and what exclusions made of it."""

    acts: dict[int, Act]
    reach: int
    state: str = "clean"

    @property
    def begun(self) -> Act:
        return min(self.acts.values(), key=lambda act: act.order)

    @property
    def ended(self) -> Act:
        return max(self.acts.values(), key=lambda act: act.order)


def session_of(acts: list[Act], act: Act) -> int:
    """The number of an act's session among all that a member did."""
    number = 0
    for before, after in itertools.pairwise(acts):
        if after.order > act.order:
            break
        if after.time - before.time >= SESSION_GAP:
            number += 1
    return number


def in_window(p: Funnel, acts: list[Act], entry: Act, act: Act) -> bool:
    if p.window.unit == "session":
        return session_of(acts, act) - session_of(acts, entry) <= p.window.n - 1
    return act.time - entry.time <= timedelta(seconds=p.window.seconds)


def attempt(  # noqa: C901  a state machine, to be read from top to bottom
    p: Funnel, told: Told, acts: list[Act], entry: Act, first: int, stop: Act | None
) -> Attempt:
    """Follow one attempt act by act: the next step that can come is taken as soon as it does."""
    done = {first: entry}
    result = Attempt(done, first + 1)
    if p.order == "any":
        result.reach = 1
    tainted = False
    for act in (a for a in acts if a.order > entry.order):
        if over(p, told, acts, entry, act, stop):
            break
        level = len(done) if p.order == "any" else max(done) + 1
        step = next((s for s in candidates(p, done) if does(act, p.steps[s].pick) and held(p, entry, act, acts)), None)
        if step is not None:
            if tainted:
                if p.order != "any":
                    done[step], result.state, result.reach = act, "crossed", step + 1
                break
            done[step] = act
            result.reach = len(done) if p.order == "any" else step + 1
            if result.reach == len(p.steps):
                break
        elif any(does(act, x.pick) and x.after_step <= level < x.before_step for x in p.exclusions) and not tainted:
            if p.excluded == "still_enter":
                break
            tainted, result.state = True, "stopped"
        elif p.order == "strict" and not tainted:
            break
        if p.order == "strict" and tainted:
            break
    return result


def over(p: Funnel, told: Told, acts: list[Act], entry: Act, act: Act, stop: Act | None) -> bool:
    """Whether an act comes too late for an attempt."""
    outside = p.finish == "period" and act.time >= told.period.end
    return outside or not in_window(p, acts, entry, act) or (stop is not None and act.order >= stop.order)


def candidates(p: Funnel, done: dict[int, Act]) -> list[int]:
    """The steps that may come next, the nearest first."""
    if p.order == "any":
        return [s for s in range(len(p.steps)) if s not in done]
    found: list[int] = []
    for s in range(max(done) + 1, len(p.steps)):
        found.append(s)
        if not p.steps[s].optional:
            break
    return found


def held(p: Funnel, entry: Act, act: Act, acts: list[Act]) -> bool:
    same = not p.hold or (entry.value is not None and entry.value == act.value)
    return same and (p.count != "sessions" or session_of(acts, entry) == session_of(acts, act))


def attempts(p: Funnel, told: Told, member: int) -> list[Attempt]:
    """Every attempt of a member, in order of their beginning."""
    acts = told.of(member)
    entries = list[tuple[int, Act]]()
    for act in acts:
        if not told.inside(act) or (p.hold and act.value is None):
            continue
        steps = range(len(p.steps)) if p.order == "any" else range(1)
        first = next((s for s in steps if does(act, p.steps[s].pick)), None)
        if first is not None:
            entries.append((first, act))
    if p.entry == "first":
        entries = entries[:1]
    found: list[Attempt] = []
    for first, entry in entries:
        stop = None
        if p.count == "attempts":
            later = (a for a in acts if a.order > entry.order and does(a, p.steps[0].pick) and held(p, entry, a, acts))
            stop = next(later, None)
        found.append(attempt(p, told, acts, entry, first, stop))
    return found


def furthest(p: Funnel, found: list[Attempt]) -> Attempt | None:
    """The attempt that counts."""
    if p.order == "any":
        clean = [a for a in found if a.state == "clean"]
        return max(clean, key=lambda a: a.reach, default=None)
    most = max((a.reach for a in found), default=0)
    best = [a for a in found if a.reach == most and a.state == "clean"]
    if not best:
        return None
    soonest = min(a.ended.order for a in best)
    return max((a for a in best if a.ended.order == soonest), key=lambda a: a.begun.order)


def counted(p: Funnel, told: Told) -> list[tuple[int, Attempt]]:
    """The attempts that count, with their members."""
    found: list[tuple[int, Attempt]] = []
    for member in told.members:
        every = attempts(p, told, member)
        if p.count == "attempts":
            found += [(member, a) for a in every if a.state == "clean"]
            continue
        acts = told.of(member)
        groups: dict[int, list[Attempt]] = {}
        for a in every:
            groups.setdefault(session_of(acts, a.begun) if p.count == "sessions" else 0, []).append(a)
        found += [(member, a) for group in groups.values() if (a := furthest(p, group))]
    return found


def reached(p: Funnel, a: Attempt, step: int) -> bool:
    return a.reach > step if p.order == "any" else step in a.acts


def times(p: Funnel, a: Attempt) -> list[datetime]:
    if p.order == "any":
        return sorted(act.time for act in a.acts.values())
    return [a.acts[s].time for s in range(len(p.steps)) if s in a.acts]


def agree(p: Funnel, told: Told) -> None:
    answer = funnel(told.timeline, p, told.period)
    expected = counted(p, told)
    steps = range(len(p.steps))
    assert answer.counts() == [sum(reached(p, a, s) for _, a in expected) for s in steps]
    for s in steps:
        who = sorted({member for member, a in expected if reached(p, a, s)})
        assert answer.members(s + 1).tolist() == who
        if s and not any(step.optional for step in p.steps):
            seconds = [
                (t[s] - t[s - 1]).total_seconds() for _, a in expected if reached(p, a, s) for t in [times(p, a)]
            ]
            assert sorted(answer.seconds(s + 1).tolist()) == sorted(seconds)


step = st.builds(
    Step, st.sampled_from((*NAMES, *NAMES, None)), st.sampled_from(((), (), (Condition("value", "is", ("x",)),)))
)
window = st.builds(Window, st.sampled_from((1, 2, 5, 24)), st.just("hour"))


@st.composite
def question(draw: st.DrawFn, orders: tuple[str, ...] = ("ordered", "any", "strict")) -> Funnel:
    steps = draw(st.lists(step, min_size=1, max_size=4))
    order = draw(st.sampled_from(orders))
    count = draw(st.sampled_from(("members", "members", "attempts") if order == "ordered" else ("members",)))
    exclusions: tuple[Exclusion, ...] = ()
    if len(steps) > 1 and draw(st.booleans()):
        after = draw(st.integers(1, len(steps) - 1))
        name = draw(st.sampled_from(NAMES))
        exclusions = (Exclusion(name, after, draw(st.integers(after + 1, len(steps)))),)
    entry = draw(st.sampled_from(("furthest", "first"))) if order != "any" and count == "members" else "furthest"
    if order == "ordered":
        middle = [Step(s.activity, s.where, optional=draw(st.booleans())) for s in steps[1:-1]]
        steps = [steps[0], *middle, *steps[1:][-1:]] if draw(st.booleans()) else steps
    return Funnel(
        steps=tuple(steps),
        order=order,  # pyright: ignore
        window=draw(st.one_of(window, st.builds(Window, st.integers(1, 3), st.just("session")))),
        exclusions=exclusions,
        excluded=draw(st.sampled_from(("leave", "still_enter"))),
        entry=entry,  # pyright: ignore
        hold=draw(st.sampled_from(((), (), ("value",)))),
        count=count,  # pyright: ignore
        finish=draw(st.sampled_from(("window", "period"))),
        session_gap_minutes=SESSION_GAP.seconds // 60,
    )


@given(told(), question())
def test_funnels_agree_with_attempts_followed_one_by_one(told: Told, p: Funnel):
    agree(p, told)


@given(told(span=12, most=20), question(("ordered",)))
def test_ordered_funnels_agree_where_activities_are_dense(told: Told, p: Funnel):
    agree(p, told)


@given(told(), st.sampled_from(("ordered", "any", "strict")), st.lists(step, min_size=2, max_size=3))
def test_funnels_by_session_agree(told: Told, order: str, steps: list[Step]):
    agree(
        Funnel(
            steps=tuple(steps),
            order=order,  # pyright: ignore
            window=Window(1, "week"),
            count="sessions",
            session_gap_minutes=SESSION_GAP.seconds // 60,
        ),
        told,
    )


@given(told(unit=timedelta(seconds=1), span=8), st.lists(step, min_size=2, max_size=3), st.integers(0, 3))
def test_within_the_tolerance_either_order_converts(told: Told, steps: list[Step], tolerance: int):
    # Every row of distinct acts that fits is tried: no need to know which one the kernel takes.
    p = Funnel(steps=tuple(steps), window=Window(20, "second"), tolerance_seconds=tolerance)
    apart = timedelta(seconds=tolerance)

    def reach(acts: list[Act], chosen: list[Act]) -> int:
        if len(chosen) == len(steps):
            return len(chosen)
        fits = [
            a
            for a in acts
            if a not in chosen
            and does(a, steps[len(chosen)].pick)
            and a.time - chosen[0].time <= timedelta(seconds=20)
            and (a.order > chosen[-1].order or chosen[-1].time - a.time <= apart)
        ]
        return max((reach(acts, [*chosen, a]) for a in fits), default=len(chosen))

    most = dict[int, int]()
    for member in told.members:
        acts = told.of(member)
        begun = [a for a in acts if told.inside(a) and does(a, steps[0].pick)]
        most[member] = max((reach(acts, [a]) for a in begun), default=0)
    found = funnel(told.timeline, p, told.period).counts()
    assert found[0] == sum(r > 0 for r in most.values())
    # Greedy choice may use an act that a later step would have needed; with steps of distinct activities it cannot.
    if len({s.activity for s in steps}) == len(steps) and None not in {s.activity for s in steps} and tolerance == 0:
        assert found == [sum(r > s for r in most.values()) for s in range(len(steps))]


@given(told(), st.lists(step, min_size=1, max_size=3), st.sampled_from(("first_touch", "last_touch", "step")))
def test_a_breakdown_divides_the_members_without_losing_one(told: Told, steps: list[Step], attribution: str):
    p = Funnel(steps=tuple(steps), breakdown=Breakdown("value", attribution))  # pyright: ignore
    answer = funnel(told.timeline, p, told.period)
    for value, label in enumerate((*answer.labels, "(none)")):
        code = value if label != "(none)" else -1
        who = [m for m, a in counted(p, told) if _touch(p, told, m, a) == (label if code >= 0 else None)]
        assert answer.members(1, code).tolist() == sorted(who)


@patch("punchcard.stats.against.EXPECTED", 0)  # the worlds are small
@given(told(most=40), st.lists(step, min_size=2, max_size=3), st.sampled_from(("first_touch", "last_touch", "step")))
def test_groups_are_compared_by_the_members_of_each(told: Told, steps: list[Step], attribution: str):
    p = Funnel(steps=tuple(steps), breakdown=Breakdown("value", attribution))  # pyright: ignore
    answer = funnel(told.timeline, p, told.period)
    groups: dict[str, list[int]] = {}
    for m, a in counted(p, told):
        groups.setdefault(_touch(p, told, m, a) or "(none)", []).append(a.reach)
    sizes = {label: len(reached) for label, reached in groups.items() if label != "(none)"} or {"(none)": 0}
    for row in answer.result().rows:
        label, name, _, share = row[:4]
        difference, low, high, alone, holm = row[-6:-1]
        base = groups.get(answer.label(answer.base if answer.base is not None else -1), [])
        assert len(base) >= max(sizes.values())
        n = [s.title for s in p.steps].index(str(name)) + 1
        if difference is None or len({s.title for s in p.steps}) < len(p.steps):
            continue
        own = groups[str(label)]
        hits = [sum(reach >= n for reach in one) for one in (own, base)]
        assert share == hits[0] / len(own)
        assert difference == pytest.approx(hits[0] / len(own) - hits[1] / len(base))
        table = [[hits[0], len(own) - hits[0]], [hits[1], len(base) - hits[1]]]
        assert alone == pytest.approx(float(chi2_contingency(table, correction=False).pvalue))  # pyright: ignore
        assert -1 <= low <= difference <= high <= 1  # pyright: ignore
        assert alone <= holm <= 1  # pyright: ignore


def _touch(p: Funnel, told: Told, member: int, a: Attempt) -> str | None:
    if p.breakdown is None or p.breakdown.attribution == "step":
        return a.acts[0].value
    seen = [
        act.value
        for act in told.of(member)
        if told.inside(act) and act.value is not None and any(does(act, s.pick) for s in p.steps)
    ]
    if not seen:
        return None
    return seen[0] if p.breakdown.attribution == "first_touch" else seen[-1]


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month"])
@given(told(), st.lists(step, min_size=2, max_size=3), window, st.booleans())
def test_a_trend_counts_the_furthest_attempt_of_each_bucket(
    grain: str, told: Told, steps: list[Step], window: Window, exclude: bool
):
    exclusions = (Exclusion("d", 1, len(steps)),) if exclude else ()
    p = Funnel(steps=tuple(steps), window=window, exclusions=exclusions)
    answer = funnel_trend(told.timeline, FunnelTrend(funnel=p, grain=grain), told.period)  # pyright: ignore
    expected = {key: [0, 0] for key in answer.axis.keys}
    for member in told.members:
        by_bucket: dict[object, list[Attempt]] = {}
        every = attempts(p, told, member)
        for a in every:
            local = a.begun.time.astimezone(told.calendar.info)
            key: object = told.calendar.floor(local.date(), grain)  # pyright: ignore
            if grain == "hour":
                first = told.period.start - timedelta(minutes=told.period.start.astimezone(told.calendar.info).minute)
                key = first + (a.begun.time - first) // HOUR * HOUR
            by_bucket.setdefault(key, []).append(a)
        full = any(a.state == "crossed" for a in every)
        for key, group in by_bucket.items():
            best = furthest(p, group)
            if best and not (full and best.reach < len(steps)):
                expected[key][0] += 1  # pyright: ignore
                expected[key][1] += best.reach == len(steps)  # pyright: ignore
    assert {key: [came, went] for key, came, went, _ in answer.points()} == expected
