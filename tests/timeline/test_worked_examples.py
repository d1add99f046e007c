"""The catalogue's worked examples W21 to W24, with their traps."""

from datetime import timedelta

import pytest

from punchcard.errors import QueryError
from punchcard.timeline.attribution import Attribution, attribution
from punchcard.timeline.funnel import funnel
from punchcard.timeline.lifetime import LifetimeValue, lifetime_value
from punchcard.timeline.pick import Pick
from punchcard.timeline.retention import Retention, retention
from punchcard.timeline.steps import Funnel, Step, Window
from tests.timeline.events import at, period, timeline

FIRST_COHORT = [
    "U0 join 2025-11-01T23:00",
    "U0 return 2025-11-02T01:00",
    "U1 join 2025-11-01T08:00",
    "U1 return 2025-11-02T20:00",
    "U2 join 2025-11-01T12:00",
    "U2 return 2025-11-04T12:00",
]
SECOND_COHORT = [*(f"U{n} join 2025-11-05T10:00" for n in range(3, 8)), "U3 return 2025-11-06T09:00"]


def w21(**settings: object) -> Retention:
    return Retention(
        start=Pick("join"),
        returning=Pick("return"),
        cohort="first_time",
        intervals=3,
        **settings,  # pyright: ignore
    )


def test_w21_day_one_by_calendar_by_hours_and_unbounded():
    seen = timeline(FIRST_COHORT)
    day = period("2025-11-01", "2025-11-02")
    calendar = retention(seen, w21(), day)
    rolling = retention(seen, w21(clock="rolling"), day)
    unbounded = retention(seen, w21(mode="on_or_after"), day)
    assert calendar.cells[0, 0].tolist()[:2] == [3, 2]
    assert rolling.cells[0, 0].tolist()[:2] == [3, 1]
    assert unbounded.cells[0, 0].tolist()[:2] == [3, 3]
    assert calendar.members(0, 1).tolist() == [0, 1]
    assert rolling.members(0, 1).tolist() == [1]


def test_w21_a_cohort_whose_day_is_running_is_left_out_of_the_mean():
    answer = retention(
        timeline(FIRST_COHORT + SECOND_COHORT),
        w21(),
        period("2025-11-01", "2025-11-06"),
        known_until=at("2025-11-06T12:00"),
    )
    assert answer.mean(1) == pytest.approx(2 / 3)
    assert answer.cells[0, :, 1].sum() == 3  # the trap: 3 of 8
    assert [note.kind for note in answer.result().notes] == ["unripe"]


def test_w22_lifetime_value_is_per_member_who_joined():
    lines = [f"U{n} join 2025-01-01" for n in range(100)]
    lines += [f"U{n} buy 2025-01-10 margin=10" for n in range(50)]
    lines += [f"U{n} buy 2025-02-10 margin=12" for n in range(25)]
    lines += [f"U{n} buy 2025-03-10 margin=12.5" for n in range(20)]
    question = LifetimeValue(
        joining=Pick("join"), earning=Pick("buy"), value="margin", intervals=3, cost_per_member=9.0
    )
    answer = lifetime_value(timeline(lines, amounts=["margin"]), question, period("2025-01-01", "2025-02-01"))
    curve = answer.per_member[0, 0]
    assert curve.tolist() == [5.0, 8.0, 10.5]
    assert answer.payback(curve) == 3
    assert answer.result().rows[2][4] == pytest.approx(10.5 / 9)


TOUCHES = [
    "U1 click 2025-11-01T12:00 channel=email",
    "U1 click 2025-11-06T12:00 channel=social",
    "U1 click 2025-11-09T12:00 channel=email",
    "U1 sale 2025-11-10T12:00 net=120 order=a",
    "U1 sale 2025-11-14T12:00 net=80 order=b",
    "U1 return 2025-11-20T12:00 net=-60 order=a",
]


def test_w23_attribution_of_net_revenue_within_seven_days():
    question = Attribution(
        touch=Pick("click"),
        channel="channel",
        conversion=Pick("sale"),
        models=("last", "first", "linear", "shapley", "position", "time_decay", "markov"),
        lookback_days=7,
        value="net",
        returned=Pick("return"),
        order_id="order",
    )
    seen = timeline(TOUCHES, ["channel", "order"], ["net"])
    answer = attribution(seen, question, period("2025-11-01", "2025-12-01"))
    email, social = answer.channels.index("email"), answer.channels.index("social")
    by_model = dict(zip(question.models, answer.worth.tolist(), strict=True))
    assert (by_model["last"][email], by_model["last"][social]) == (140, 0)
    assert (by_model["first"][email], by_model["first"][social]) == (80, 60)
    assert (by_model["linear"][email], by_model["linear"][social]) == (110, 30)
    for model in question.models:
        assert sum(by_model[model]) == pytest.approx(140), model
    assert answer.members("first", "social").tolist() == [1]
    assert answer.members("last", "social").tolist() == []


W24 = [
    "U1 open 0", "U1 start 10", "U1 done 20",
    "U2 open 0", "U2 start 50", "U2 done 70",
    "U3 start 5", "U3 open 10", "U3 done 15",
    "U4 open 0", "U4 start 5", "U4 open 100", "U4 start 110", "U4 done 130",
]  # fmt: skip


@pytest.mark.parametrize(("entry", "reached"), [("furthest", [4, 3, 2]), ("first", [4, 3, 1])])
def test_w24_every_open_may_begin_an_attempt(entry: str, reached: list[int]):
    steps = (Step("open"), Step("start"), Step("done"))
    question = Funnel(steps=steps, window=Window(60, "minute"), entry=entry)  # pyright: ignore
    answer = funnel(timeline(W24), question, period("0", "200"))
    assert answer.counts() == reached
    assert [len(answer.members(step)) for step in (1, 2, 3)] == reached


def test_w24_times_are_those_of_the_attempt_that_counts():
    steps = (Step("open"), Step("start"), Step("done"))
    question = Funnel(steps=steps, window=Window(60, "minute"))
    answer = funnel(timeline(W24), question, period("0", "200"))
    assert sorted(answer.seconds(3, since=1).tolist()) == [timedelta(minutes=m).seconds for m in (20, 30)]


def test_retention_of_two_groups_is_compared_in_the_mean():
    # Ten of twenty against two of twenty come back: 40 points, from 11.6 to 61.3 by Newcombe's method.
    lines = [f"U{n} join 2025-11-01 from={'app' if n < 20 else 'till'}" for n in range(40)]
    lines += [f"U{n} return 2025-11-02" for n in (*range(10), 20, 21)]
    asked = w21(breakdown="from", against="till")
    answer = retention(timeline(lines, ["from"]), asked, period("2025-11-01", "2025-11-02"))
    result = answer.result()
    rows = {(row[0], row[2]): row for row in result.rows if row[1] is None}
    assert rows["app", 1][6] == 0.5
    assert rows["app", 1][8:11] == pytest.approx((0.4, 0.1159, 0.6133), abs=1e-4)
    assert rows["till", 1][8] is None
    assert rows["app", 1][-1] is True
    assert [note.kind for note in result.notes] == ["compared"]
    with pytest.raises(QueryError, match=r"no group 'tills' in the answer; did you mean 'till'\?"):
        retention(
            timeline(lines, ["from"]), w21(breakdown="from", against="tills"), period("2025-11-01", "2025-11-02")
        ).result()
    several = Retention(start=Pick("join"), returning=Pick("return"), intervals=1, breakdown="from")
    told = retention(timeline(lines, ["from"]), several, period("2025-11-01", "2025-11-02")).result()
    assert [note.kind for note in told.notes] == ["dependent"]
