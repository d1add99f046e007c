"""Segments by behaviour, as plain Python says who is in them: every rule by itself, over one member's own rows."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

Rows = Sequence[dict[str, Any]]
Rule = Callable[["Deeds"], bool]


class Deeds:
    """What one member did up to a moment, oldest first."""

    def __init__(self, purchases: Rows, joins: Rows, moment: datetime, day_of: Callable[[datetime], date]) -> None:
        self.moment = moment
        self.day_of = day_of
        past = sorted((one for one in purchases if one["ts"] <= moment), key=lambda one: one["ts"])
        self.sales = [one for one in past if one["kind"] == "sale"]
        self.returns = [one for one in past if one["kind"] == "return"]
        self.joined = sorted(one["enrolled_at"] for one in joins if one["enrolled_at"] <= moment)

    def last(self, days: int, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those in the last days of 24 hours."""
        return [one for one in rows if one["ts"] + timedelta(days=days) > self.moment]

    def days(self, rows: Iterable[dict[str, Any]]) -> int:
        """On how many local days."""
        return len({self.day_of(one["ts"]) for one in rows})

    def between(self, rows: Iterable[dict[str, Any]], first: date, last: date) -> list[dict[str, Any]]:
        """Those from one local day to another."""
        return [one for one in rows if first <= self.day_of(one["ts"]) <= last]

    def first(self, days: int, since: Sequence[datetime]) -> list[dict[str, Any]]:
        """The sales in the first days of 24 hours from a beginning, if there was one."""
        if not since:
            return []
        start = min(since)
        return [one for one in self.sales if start <= one["ts"] < start + timedelta(days=days)]

    def in_order(self, first: Rows, *after: Rows) -> list[tuple[datetime, datetime]]:
        """When each possible sequence begins and ends."""
        chains = [(one["ts"], one["ts"]) for one in first]
        for step in after:
            chains = [(began, one["ts"]) for began, ended in chains for one in step if one["ts"] > ended]
        return chains


def _nth(deeds: Deeds, n: int) -> list[list[dict[str, Any]]]:
    """Whatever row may be the n-th, of several at one instant."""
    if len(deeds.sales) < n:
        return []
    instant = deeds.sales[n - 1]["ts"]
    return [[one] for one in deeds.sales if one["ts"] == instant]


RULES: dict[str, Rule] = {
    "two_days": lambda d: d.days(d.last(9, d.sales)) >= 2,
    "days_ever": lambda d: d.days(d.sales) == 2,
    "one_day": lambda d: d.days(d.last(1, d.sales)) <= 1,
    "worth": lambda d: sum(one["net"] for one in d.last(14, d.sales)) >= 15,
    "web_twice": lambda d: 1 <= sum(one["channel"] in ("web", None) for one in d.sales) <= 2,
    "at_one": lambda d: any(one["store_id"] == 1 and 5 <= one["net"] < 15 for one in d.sales),
    "not_at_one": lambda d: any(one["store_id"] != 1 for one in d.sales),
    "second": lambda d: any(d.last(7, second) for second in _nth(d, 2)),
    "third_in": lambda d: any(d.between(third, date(2024, 2, 20), date(2024, 10, 25)) for third in _nth(d, 3)),
    "in_span": lambda d: bool(d.between(d.sales, date(2024, 2, 25), date(2024, 3, 11))),
    "early": lambda d: len(d.first(5, [*(one["ts"] for one in (*d.sales, *d.returns)), *d.joined])) >= 2,
    "after_joining": lambda d: not d.first(7, d.joined),
    "came_back": lambda d: any(
        ended - began <= timedelta(days=12)
        for began, ended in d.in_order(d.sales, [o for o in d.sales if o["channel"] in ("web", "pos")], d.sales)
    ),
    "lately": lambda d: any(began + timedelta(days=9) > d.moment for began, _ in d.in_order(d.sales, d.returns)),
    "both": lambda d: not RULES["two_days"](d) and (RULES["worth"](d) or RULES["came_back"](d) or not d.returns),
}
