"""Schemes: who is what at any moment, in all three readings, and the balance of who came and went."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from punchcard.members import behind
from punchcard.query import decode
from punchcard.viewer import OPERATOR
from tests.agree.asking import Case, agree, cases, quickly
from tests.agree.oracle import Oracle
from tests.agree.world import SCHEMES
from tests.agree.worlds import MICRO

WEEK = timedelta(days=7)
MOST = 40  # moments looked at in a world
NEW_RULES = date(2024, 9, 5)


class Judge:
    """Who is what in the suite's schemes, from the oracle's trips and lines."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.trips = [one for one in oracle.purchases if one["kind"] == "sale" and one["member_id"] is not None]
        self.lines = [one for one in oracle.lines if one["member_id"] is not None]
        self.zone = oracle.zone
        self.members = sorted({one["member_id"] for one in (*self.trips, *self.lines)})

    def value(self, scheme: str, member: int, moment: datetime) -> str | None:
        """The value of a member at a moment; None for who is not divided yet."""
        match scheme:
            case "at_once":
                return self._by_windows(
                    member, lambda ts: ts <= moment, lambda ts: ts <= moment < ts + WEEK, everybody=True
                )
            case "by_day":
                midnight = self._midnight(self.oracle.day(moment))
                if midnight > moment:  # a day that begins later than at 0:00
                    midnight = self._midnight(self.oracle.day(moment) - timedelta(days=1))
                return self._by_windows(
                    member, lambda ts: ts < midnight, lambda ts: ts < midnight <= ts + WEEK, everybody=False
                )
            case _:
                return self._by_week(member, moment)

    def _by_windows(
        self, member: int, before: Callable[[datetime], bool], inside: Callable[[datetime], bool], *, everybody: bool
    ) -> str | None:
        trips = [one for one in self.trips if one["member_id"] == member and before(one["ts"])]
        lines = [one for one in self.lines if one["member_id"] == member and before(one["ts"])]
        week = [one for one in trips if inside(one["ts"])]
        if not trips and not (everybody and lines):
            return None
        if sum((one["net"] for one in lines if inside(one["ts"])), Decimal(0)) >= 15:
            return "Big"
        if len(week) == len(trips) and (week or not everybody):
            return "Fresh"
        return "Here" if week else "Gone"

    def _by_week(self, member: int, moment: datetime) -> str | None:
        newer = moment >= self._midnight(NEW_RULES)
        at = self._week(moment)
        # Nobody is compared any more after the week of the last row.
        rows = [one["ts"] for one in (*self.oracle.purchases, *self.oracle.lines)]
        if rows:
            at = min(at, self._week(max(rows)) + timedelta(days=7))
        start = self._midnight(at)
        ever = {m: [one for one in self.trips if one["member_id"] == m and one["ts"] < start] for m in self.members}
        there = [m for m in self.members if ever[m]]
        if member not in there:
            return None
        spent = {
            m: sum((one["net"] for one in self.lines if one["member_id"] == m and one["ts"] < start), Decimal(0))
            for m in there
        }
        latest = {m: max(one["ts"] for one in ever[m]) for m in there}

        def high(figure: dict[int, Any], parts: int) -> int:
            return ceil(parts * sum(1 for m in there if figure[m] <= figure[member]) / len(there))

        def low(figure: dict[int, Any], parts: int) -> int:
            return parts + 1 - ceil(parts * sum(1 for m in there if figure[m] >= figure[member]) / len(there))

        if newer:
            return "Best" if high(spent, 2) == 2 else "Rest"
        if low(latest, 2) == 2 and high(spent, 3) == 3:
            return "Best"
        return "Good" if high(spent, 3) >= 2 else "Rest"

    def _week(self, moment: datetime) -> date:
        day = self.oracle.day(moment)
        return day - timedelta(days=(day.isoweekday() - self.oracle.world.week_start) % 7)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.oracle.zone).astimezone(UTC)


def spells(case: Case) -> list[tuple[str, int, str, datetime, datetime | None]]:
    """The stored spells."""
    engine: Any = case.programme.engine
    return (
        engine._connection.cursor()
        .execute("select scheme, member_id, segment, valid_from, valid_to from fact.declared_segment_spell")
        .fetchall()
    )


def moments(case: Case) -> list[datetime]:
    """Moments at and beside everything that happens, when windows end and when days begin."""
    judge = Judge(case.oracle)
    found = {one["ts"] + step for one in (*judge.trips, *judge.lines) for step in (timedelta(), WEEK)}
    found |= {case.season.midnight(case.season.first + timedelta(days=n)) for n in range(0, 50, 3)}
    found |= {one[3] for one in spells(case)}
    every = sorted(one + step for one in found for step in (-MICRO, timedelta(), MICRO))
    return every[:: 1 + len(every) // MOST]


@quickly
@given(cases())
def test_each_member_has_exactly_the_value_that_the_rules_give_at_each_moment(case: Case) -> None:
    judge, stored = Judge(case.oracle), spells(case)
    for scheme in SCHEMES:
        for member in judge.members:
            own = [one for one in stored if one[:2] == (scheme, member)]
            for moment in moments(case):
                held = [s[2] for s in own if s[3] <= moment and (s[4] is None or moment < s[4])]
                expected = judge.value(scheme, member, moment)
                assert held == ([] if expected is None else [expected]), (scheme, member, moment)


@quickly
@given(cases(), st.sampled_from(SCHEMES), st.sampled_from(("at_event", "at_start", "now")))
def test_figures_are_divided_by_the_value_at_the_moment_that_is_read(case: Case, scheme: str, reading: str) -> None:
    judge = Judge(case.oracle)
    answer = case.ask(
        {
            "kind": "ranking",
            "metrics": ["trips", "buyers"],
            "by": {"dimension": f"segment.{scheme}", "reading": reading},
            "total": False,
        }
    )
    found: dict[str | None, list[Any]] = {}
    for row in case.oracle.purchases:
        if row["kind"] == "sale" and case.span.start <= row["ts"] < case.span.end:
            moment = case.oracle.moment(row, reading, case.span)
            member = row["member_id"]
            found.setdefault(None if member is None else judge.value(scheme, member, moment), []).append(member)
    expected = {
        value: (len(rows), len({member for member in rows if member is not None})) for value, rows in found.items()
    }
    given = {row[0]: (row[1], row[2]) for row in answer.result.rows}
    agree({k: v for k, v in given.items() if v[0]}, expected)


@quickly
@given(cases(), st.sampled_from(SCHEMES))
def test_a_flow_is_who_was_what_before_and_after(case: Case, scheme: str) -> None:
    judge = Judge(case.oracle)
    ends = (case.span.start - MICRO, case.span.end - MICRO)
    pairs = {member: tuple(judge.value(scheme, member, end) for end in ends) for member in judge.members}
    expected = Counter(pair for pair in pairs.values() if pair != (None, None))
    rows: Any = case.ask({"kind": "flow", "scheme": scheme}).result.rows
    inner = {row[:2]: row[2] for row in rows if not (row[3] or row[4])}
    assert inner == dict(expected)
    opening = {row[0]: row[2] for row in rows if row[4] and not row[3]}
    closing = {row[1]: row[2] for row in rows if row[3] and not row[4]}
    for value in {*opening, *closing}:
        came = sum(n for (one, other), n in inner.items() if one != value and other == value)
        went = sum(n for (one, other), n in inner.items() if one == value and other != value)
        assert opening.get(value, 0) + came - went == closing.get(value, 0)
    for (before, after), count in expected.items():
        query = decode({"ask": {"kind": "flow", "scheme": scheme}, "period": case.period})
        found = behind(case.programme, query, OPERATOR, {"before": before or "", "after": after or ""})
        assert sorted(found.refs) == sorted(f"m{m}" for m, pair in pairs.items() if pair == (before, after))
        assert len(found.refs) == count


@quickly
@given(cases(), st.sampled_from(SCHEMES))
def test_moves_in_less_moves_out_is_what_a_value_grew_by(case: Case, scheme: str) -> None:
    moves: Any = case.ask({"kind": "flow", "scheme": scheme, "count": "moves"}).result.rows
    members: Any = case.ask({"kind": "flow", "scheme": scheme}).result.rows
    inner = [row for row in moves if not (row[3] or row[4])]
    assert all(one != other for one, other, *_ in inner)
    for value in {one for row in inner for one in row[:2]} - {None}:
        opening = sum(row[2] for row in members if row[4] and not row[3] and row[0] == value)
        closing = sum(row[2] for row in members if row[3] and not row[4] and row[1] == value)
        came = sum(row[2] for row in inner if row[1] == value)
        went = sum(row[2] for row in inner if row[0] == value)
        assert opening + came - went == closing
