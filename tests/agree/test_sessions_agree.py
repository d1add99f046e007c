"""Sessions, paths, attribution and cohorts against plain lists."""

import itertools
from collections import Counter
from datetime import timedelta
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.timeline.attribution import Attribution, attribution
from punchcard.timeline.axis import micros
from punchcard.timeline.cohort import AllOf, AnyOf, Cohorts, Did, DidInOrder, DidNth, NotOf, Rule, Span
from punchcard.timeline.paths import Paths, paths
from punchcard.timeline.pick import Pick
from punchcard.timeline.sessions import Sessions, sessions
from punchcard.timeline.steps import Window
from tests.agree.told import NAMES, Act, Told, told

pytestmark = pytest.mark.slow

GAP = timedelta(minutes=120)


def runs(acts: list[Act]) -> list[list[Act]]:
    """Acts in sessions."""
    found: list[list[Act]] = []
    for act in acts:
        if found and act.time - found[-1][-1].time < GAP:
            found[-1].append(act)
        else:
            found.append([act])
    return found


@given(told())
def test_sessions_agree(told: Told):
    answer = sessions(told.timeline, Sessions(gap_minutes=120), told.period)
    every = [(m, run) for m in told.members for run in runs(told.of(m)) if told.inside(run[0])]
    assert answer.member.tolist() == [m for m, _ in every]
    assert answer.activities.tolist() == [len(run) for _, run in every]
    assert answer.seconds.tolist() == [(run[-1].time - run[0].time).total_seconds() for _, run in every]
    assert [answer.names[a] for a in answer.first] == [run[0].name for _, run in every]
    assert [answer.names[a] for a in answer.last] == [run[-1].name for _, run in every]


@given(told(), st.sampled_from(("hour", "day", "week", "month")))
def test_sessions_by_bucket_agree(told: Told, grain: str):
    answer = sessions(told.timeline, Sessions(gap_minutes=120, grain=grain), told.period)  # pyright: ignore
    every = [(m, run) for m in told.members for run in runs(told.of(m)) if told.inside(run[0])]
    *rows, total = answer.result().rows
    edges = [*zip(answer.axis.edges, answer.axis.edges[1:], strict=False), (-(10**18), 10**18)]
    for (key, *figures), (low, high) in zip((*rows, total), edges, strict=True):
        mine = [(m, run) for m, run in every if low <= micros(run[0].time) < high]
        seconds = [(run[-1].time - run[0].time).total_seconds() for _, run in mine]
        who = len({m for m, _ in mine})
        expected = (len(mine), who) + (None,) * 5
        if mine:
            done = [len(run) for _, run in mine]
            length = (mean(seconds), median(seconds))
            expected = (len(mine), who, len(mine) / who, *length, mean(done), done.count(1) / len(mine))
        assert figures == [n if n is None else pytest.approx(n) for n in expected], key


@given(
    told(),
    st.sampled_from((None, *NAMES)),
    st.sampled_from((None, *NAMES)),
    st.integers(2, 6),
    st.booleans(),
    st.sampled_from(((), ("d",))),
    st.sampled_from(("sessions", "members")),
)
def test_paths_agree(
    told: Told, start: str | None, end: str | None, most: int, collapse: bool, hide: tuple[str, ...], count: str
):
    shown = {a.name for a in told.acts} - set(hide)
    start, end = (name if name in shown else None for name in (start, end))
    p = Paths(
        start=start,
        end=end,
        max_steps=most,
        collapse=collapse,
        hide=hide,
        session_gap_minutes=120,
        count=count,  # pyright: ignore
    )
    answer = paths(told.timeline, p, told.period)
    edges: Counter[tuple[int, str, str]] = Counter()
    who: dict[tuple[int, str, str], set[int]] = {}
    for member in told.members:
        for run in runs([a for a in told.of(member) if told.inside(a)]):
            nodes = [a.name for a in run if a.name not in hide]
            for position, pair in enumerate(moves(nodes, p), start=1):
                edges[position, *pair] += 1
                who.setdefault((position, *pair), set()).add(member)
    if count == "members":
        edges = Counter({edge: len(members) for edge, members in who.items()})
    assert {(e.position, e.source, e.target): e.count for e in answer.edges()} == dict(edges)
    for (position, source, target), members in who.items():
        assert answer.members(position, source, target).tolist() == sorted(members)


def moves(nodes: list[str], p: Paths) -> list[tuple[str, str]]:
    if p.collapse:
        nodes = [n for i, n in enumerate(nodes) if i == 0 or nodes[i - 1] != n]
    if p.start:
        if p.start not in nodes:
            return []
        nodes = nodes[nodes.index(p.start) :]
    if p.end:
        if p.end not in nodes:
            return []
        nodes = nodes[: nodes.index(p.end) + 1]
    if len(nodes) > p.max_steps:
        if p.start and p.end:
            half = p.max_steps // 2
            nodes = [*nodes[:half], "…", *nodes[-half:]]
        else:
            nodes = nodes[-p.max_steps :] if p.end else nodes[: p.max_steps]
    return list(itertools.pairwise(nodes))


@given(told(most=30), st.integers(1, 3))
def test_attribution_agrees_and_adds_up(told: Told, days: int):
    p = Attribution(
        touch=Pick(("a", "b")),
        channel="value",
        conversion=Pick("c"),
        models=("first", "last", "linear", "position", "time_decay", "custom", "shapley", "markov"),
        lookback_days=days,
        half_life_days=1,
        custom_weights=(3, 1),
        value="amount",
    )
    answer = attribution(told.timeline, p, told.period)
    expected = {model: Counter[str]() for model in p.models}
    worth = {model: Counter[str]() for model in p.models}
    conversions, total = 0, 0.0
    for member in told.members:
        acts = told.of(member)
        for goal in acts:
            if goal.name != "c" or not told.inside(goal):
                continue
            conversions, total = conversions + 1, total + (goal.amount or 0)
            path = [
                a
                for a in acts
                if a.name in ("a", "b") and a.order < goal.order and goal.time - a.time <= timedelta(days=days)
            ]
            for model in p.models:
                if model != "markov":
                    for channel, part in parts(model, path, goal).items():
                        expected[model][channel] += part  # pyright: ignore
                        worth[model][channel] += part * (goal.amount or 0)  # pyright: ignore
    for k, model in enumerate(p.models):
        assert answer.credit[k].sum() == pytest.approx(conversions)
        assert answer.worth[k].sum() == pytest.approx(total)
        if model != "markov":
            for c, channel in enumerate(answer.channels):
                assert answer.credit[k, c] == pytest.approx(expected[model][channel])
                assert answer.worth[k, c] == pytest.approx(worth[model][channel])


def parts(model: str, path: list[Act], goal: Act) -> dict[str, float]:
    """How one conversion is divided."""
    if not path:
        return {"(none)": 1.0}
    n = len(path)
    ages = [(goal.time - a.time).total_seconds() / 86_400 for a in path]
    names = [a.value or "no value" for a in path]
    weights = {
        "first": [1.0, *[0.0] * (n - 1)],
        "last": [*[0.0] * (n - 1), 1.0],
        "linear": [1.0] * n,
        "position": [1.0] * n if n <= 2 else [0.4, *[0.2 / (n - 2)] * (n - 2), 0.4],
        "time_decay": [2.0**-age for age in ages],
        "custom": [1.0] * (n - 1) + [3.0],
        "shapley": [float(name not in names[:i]) for i, name in enumerate(names)],
    }[model]
    found = dict[str, float]()
    for name, weight in zip(names, weights, strict=True):
        found[name] = found.get(name, 0.0) + weight / sum(weights)
    return found


span = st.one_of(
    st.just(Span()),
    st.builds(Span, last_days=st.integers(1, 3)),
    st.builds(Span, within_days_of_first_use=st.integers(1, 2)),
)
rule = st.recursive(
    st.one_of(
        st.builds(
            Did,
            st.builds(Pick, st.sampled_from((*NAMES, None))),
            st.integers(0, 3),
            st.sampled_from(("at_least", "at_most", "exactly")),
            st.sampled_from(("times", "days")),
            when=span,
        ),
        st.builds(DidNth, st.builds(Pick, st.sampled_from(NAMES)), st.integers(1, 3), span),
        st.builds(
            DidInOrder,
            st.tuples(st.builds(Pick, st.sampled_from(NAMES)), st.builds(Pick, st.sampled_from(NAMES))),
            st.builds(Window, st.integers(1, 20), st.just("hour")),
        ),
    ),
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(NotOf, inner),
    ),
    max_leaves=4,
)


@given(told(), rule)
def test_cohorts_agree(told: Told, it: Rule):
    cohorts = Cohorts(told.timeline, told.period.end)
    who = [m for m in told.members if satisfies(told, m, it)]
    assert cohorts.members(it).tolist() == who
    assert cohorts.count(it) == len(who)


def satisfies(told: Told, member: int, it: Rule) -> bool:
    acts = [a for a in told.of(member) if a.time < told.period.end]
    match it:
        case AllOf():
            return all(satisfies(told, member, part) for part in it.rules)
        case AnyOf():
            return any(satisfies(told, member, part) for part in it.rules)
        case NotOf():
            return bool(acts) and not satisfies(told, member, it.rule)
        case Did():
            here = [a for a in acts if it.activity.activity in (None, a.name) and inside(told, acts, a, it.when)]
            times = (
                len({a.time.astimezone(told.calendar.info).date() for a in here}) if it.count == "days" else len(here)
            )
            holds = {"at_least": times >= it.times, "at_most": times <= it.times, "exactly": times == it.times}
            return bool(acts) and holds[it.compare]
        case DidNth():
            named = [a for a in told.of(member) if a.name == it.activity.activity]
            nth = named[it.n - 1] if len(named) >= it.n else None
            return nth is not None and nth.time < told.period.end and inside(told, acts, nth, it.when)
        case DidInOrder():
            first, second = (pick.activity for pick in it.activities)
            window = timedelta(seconds=it.window.seconds)
            return any(
                a.name == first and b.name == second and a.order < b.order and b.time - a.time <= window
                for a in acts
                for b in acts
            )
        case _:
            raise AssertionError(it)


def inside(told: Told, acts: list[Act], act: Act, when: Span) -> bool:
    if when.last_days and act.time < told.period.end - timedelta(days=when.last_days):
        return False
    first = when.within_days_of_first_use
    return first is None or act.time < acts[0].time + timedelta(days=first)
