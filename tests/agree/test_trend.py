"""Trend: every grain and first day of the week, with comparison, moving average, sums over time and groups."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agree.asking import Case, agree, by_value, cases, every, quickly, same, sieves
from tests.agree.oracle import Span, Value
from tests.agree.test_number import askable

BUCKETED = ("at_event", "now")  # a conversion over time is not read at each bucket's start
GRAINS = ("hour", "day", "week", "month", "quarter", "year")


@quickly
@given(cases(), st.sampled_from(GRAINS), st.lists(sieves(BUCKETED), max_size=1))
def test_every_metric_is_the_oracles_in_every_bucket(case: Case, grain: str, chosen: list[Any]) -> None:
    names = askable(chosen)
    answer = case.ask({"kind": "trend", "metrics": names, "grain": grain}, filters=[sieve.asked for sieve in chosen])
    holds = every(case.oracle, chosen)
    buckets = case.oracle.buckets(case.first, case.last, grain)
    assert answer.result.column("bucket") == tuple(key for key, _, _ in buckets)
    assert answer.result.column("incomplete") == tuple(not complete for _, _, complete in buckets)
    for name in names:
        found = dict(zip(answer.result.column("bucket"), answer.result.column(name), strict=True))
        agree(found, {key: case.oracle.figure(name, span, holds) for key, span, _ in buckets})


@quickly
@given(cases(), st.sampled_from(("day", "week", "month")))
def test_the_comparison_is_the_period_before_paired_from_its_start(case: Case, grain: str) -> None:
    answer = case.ask({"kind": "trend", "metrics": ["revenue"], "grain": grain}, compare="previous_period")
    days = (case.last - case.first).days + 1
    before = case.oracle.span(case.first, case.last + timedelta(days=1)).before
    first = case.oracle.day(before)
    buckets = case.oracle.buckets(first, case.first - timedelta(days=1), grain)
    expected: list[Value] = [case.oracle.figure("revenue", span, every(case.oracle, [])) for _, span, _ in buckets]
    given_ = answer.result.column("revenue_before")
    paired = (expected + [None] * days)[: len(given_)]
    assert all(same(one, other) for one, other in zip(given_, paired, strict=True))


@quickly
@given(cases(), st.sampled_from(("day", "week")), st.integers(2, 4))
def test_a_moving_average_is_of_complete_buckets_only(case: Case, grain: str, width: int) -> None:
    answer = case.ask({"kind": "trend", "metrics": ["sale_lines"], "grain": grain, "moving_average": width})
    buckets = case.oracle.buckets(case.first, case.last, grain)
    for place, value in enumerate(answer.result.column("sale_lines_average")):
        window = buckets[place - width + 1 : place + 1] if place >= width - 1 else []
        if not window or not all(complete for _, _, complete in window):
            assert value is None
            continue
        figures = [case.oracle.figure("sale_lines", span, every(case.oracle, [])) for _, span, _ in window]
        assert same(value, sum(figures) / width)  # type: ignore[arg-type]


@quickly
@given(cases(), st.sampled_from((None, "previous_period")))
def test_sums_over_time_end_with_the_whole(case: Case, compare: str | None) -> None:
    answer = case.ask(
        {"kind": "trend", "metrics": ["revenue", "sale_lines"], "grain": "day", "cumulative": True}, compare=compare
    )
    holds = every(case.oracle, [])
    for name in ("revenue", "sale_lines"):
        assert same(answer.result.column(name)[-1], case.oracle.figure(name, case.span, holds))
        if compare is not None:
            first = case.oracle.day(case.span.before)
            before = case.oracle.period(first, case.first - timedelta(days=1))
            whole = Span(before.start, case.span.start, before.before)
            if (case.first - first).days == (case.last - case.first).days + 1:
                assert same(answer.result.column(f"{name}_before")[-1], case.oracle.figure(name, whole, holds))


@quickly
@given(cases(), st.sampled_from(("channel", "category_l1", "store_id", "time.weekday")), st.integers(1, 3))
def test_the_largest_groups_are_shown_and_the_others_are_one(case: Case, by: str, top: int) -> None:
    answer = case.ask({"kind": "trend", "metrics": ["revenue", "trips"], "grain": "week", "by": by, "top": top})
    groups = by_value(case, by, ("revenue", "trips"), top)
    shown = list(dict.fromkeys(answer.result.column(by)))
    assert shown == list(groups), (shown, list(groups))
    found = {(row[0], row[1]): row[2:4] for row in answer.result.rows}
    expected = {
        (key, group): tuple(case.oracle.figure(name, span, holds) for name in ("revenue", "trips"))
        for key, span, _ in case.oracle.buckets(case.first, case.last, "week")
        for group, holds in groups.items()
    }
    agree(found, expected)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ((date(2024, 2, 1), date(2024, 2, 28)), (date(2023, 2, 1), date(2023, 2, 28))),
        ((date(2024, 2, 1), date(2024, 2, 29)), (date(2023, 2, 1), date(2023, 2, 28))),
        ((date(2024, 2, 29), date(2024, 2, 29)), (date(2023, 2, 28), date(2023, 2, 28))),
        ((date(2025, 2, 1), date(2025, 2, 28)), (date(2024, 2, 1), date(2024, 2, 29))),
    ],
)
def test_a_leap_day_has_its_place_in_the_year_before(period: tuple[date, date], before: tuple[date, date]) -> None:
    from punchcard.period import Calendar, of_days, year_before

    calendar = Calendar("Europe/Warsaw")
    found = year_before(of_days(period[0], period[1] + timedelta(days=1), calendar), calendar)
    assert found.days(calendar) == (before[0], before[1] + timedelta(days=1))
