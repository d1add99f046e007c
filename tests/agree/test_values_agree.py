"""Formulas, distributions and compositions against the same worked out act by act."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.timeline.asked.formula import ActivityFormula, Counted
from punchcard.timeline.asked.values import Composition, PropertyDistribution
from punchcard.timeline.formula import formula
from punchcard.timeline.pick import Pick
from punchcard.timeline.values import OTHER, composition, property_distribution
from tests.agree.test_coming_back_agrees import bucket, days, does, pick
from tests.agree.told import Act, Told

pytestmark = pytest.mark.slow

grains = st.sampled_from(("day", "week", "month"))
FORMULAS = {
    "A / B": lambda a, b: a / b if b else None,
    "A - B": lambda a, b: a - b,
    "100 * (A - B) / (A + B)": lambda a, b: 100 * (a - b) / (a + b) if a + b else None,
    "-A / (B - 1) + 0.5": lambda a, b: -a / (b - 1) + 0.5 if b - 1 else None,
}


@given(days, pick, pick, grains, st.sampled_from(sorted(FORMULAS)), st.booleans())
def test_formulas_agree(told: Told, one: Pick, other: Pick, grain: str, text: str, divide: bool):
    asked = ActivityFormula(
        formula=text,
        figures=(
            Counted(activity=one.activity, where=one.where),
            Counted(activity=other.activity, where=other.where, measure="times"),
        ),
        grain=grain,  # pyright: ignore
        breakdown="value" if divide else None,
    )
    answer = formula(told.timeline, asked, told.period)
    acts = [act for act in told.acts if told.inside(act)]
    keys = next(iter(answer.parts.values())).keys
    for label in answer.labels:
        mine = [act for act in acts if not divide or (act.value or "(none)") == label]
        for place, key in (*enumerate(keys), (None, None)):
            here = [act for act in mine if key is None or bucket(told, act.time, grain) == key]
            a = len({act.member for act in here if does(act, one)})
            b = len([act for act in here if does(act, other)])
            expected = FORMULAS[text](a, b)
            found = answer.value(label, place)
            assert found == (None if expected is None else pytest.approx(expected))


@given(days, pick, st.sampled_from(("occurrence", "member")), st.integers(2, 9))
def test_distributions_agree(told: Told, it: Pick, per: str, most: int):
    asked = PropertyDistribution(activity=it, of="amount", per=per, bins=most)  # pyright: ignore
    answer = property_distribution(told.timeline, asked, told.period)
    acts = [act for act in told.acts if told.inside(act) and does(act, it)]
    pairs = [(act.member, float(act.amount)) for act in acts if act.amount is not None]
    if per == "member":
        sums: Counter[int] = Counter()
        for member, amount in pairs:
            sums[member] += amount  # pyright: ignore
        pairs = [(member, float(amount)) for member, amount in sums.items()]
        assert answer.without == len({act.member for act in acts} - {member for member, _ in pairs})
    else:
        assert answer.without == len(acts) - len(pairs)
    assert sorted(zip(answer.member.tolist(), answer.value.tolist(), strict=True)) == sorted(pairs)
    rows = answer.result().rows
    assert sum(int(str(row[2])) for row in rows) == len(pairs)
    for place, row in enumerate(rows):
        low, high, count, members = row[0], row[1], row[2], row[-2]
        inside = [m for m, value in pairs if low <= value and (high is None or value < high)]  # pyright: ignore
        assert count == len(inside)
        assert answer.members(place).tolist() == sorted(set(inside))
        assert members == len(set(inside))


def parts(told: Told, asked: Composition, acts: list[Act]) -> dict[str, float]:
    """What some acts are made of."""
    found: dict[str, float] = defaultdict(float)
    match asked.measure:
        case "members":
            for member in {act.member for act in acts}:
                own = [act for act in sorted(acts, key=lambda act: act.order) if act.member == member]
                given = [act.value for act in own if act.value is not None]
                found[given[-1] if given else "(none)"] += 1
        case "times":
            for act in acts:
                found[act.value or "(none)"] += 1
        case "sum":
            for act in acts:
                found[act.value or "(none)"] += act.amount or 0
    return found


@given(days, pick, st.sampled_from(("members", "times", "sum")), grains, st.integers(1, 2))
def test_compositions_agree(told: Told, it: Pick, measure: str, grain: str, top: int):
    asked = Composition(
        activity=it,
        by="value",
        measure=measure,  # pyright: ignore
        of="amount" if measure == "sum" else None,
        grain=grain,  # pyright: ignore
        top=top,
    )
    answer = composition(told.timeline, asked, told.period)
    acts = [act for act in told.acts if told.inside(act) and does(act, it)]
    whole = parts(told, asked, acts)
    order = sorted({act.value or "(none)" for act in acts}, key=lambda label: (-whole[label], label))
    named = order if len(order) <= top + 1 else order[:top]
    assert answer.labels == (*named, *((OTHER,) if len(order) > top + 1 else ()))
    rows = {(row[0], row[1]): row for row in answer.result().rows}
    for place, key in (*enumerate(answer.axis.keys), (None, None)):
        here = [act for act in acts if key is None or bucket(told, act.time, grain) == key]
        made = parts(told, asked, here)
        total = sum(made.values())
        for number, label in enumerate(answer.labels):
            mine = [one for one in made if one == label or (label == OTHER and one not in named)]
            figure = sum(made[one] for one in mine)
            share, shown = rows[label, key][2:4]
            assert shown == figure
            assert share == (pytest.approx(figure / total) if total else None)
            if measure == "members":
                assert len(answer.members(number, place)) == figure
            else:
                who = {act.member for act in here if (act.value or "(none)") in mine or _hidden(act, label, named)}
                assert answer.members(number, place).tolist() == sorted(who)
        shares = [rows[label, key][2] for label in answer.labels]
        assert not total or sum(shares) == pytest.approx(1)  # pyright: ignore


def _hidden(act: Act, label: str, named: list[str]) -> bool:
    return label == OTHER and (act.value or "(none)") not in named
