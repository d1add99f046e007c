"""The oracle: what each figure is, in plain Python over raw rows, slow and meant to be checked by eye.

It knows nothing of SQL, of the planner or of the declarations: a metric is a function over rows, a breakdown is a
condition on them, a bucket is a walk over the days of a calendar.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from tests.agree.deeds import RULES, Deeds
from tests.agree.world import Row, World

Value = Decimal | float | int | None
Figures = Callable[[Sequence[Row]], Value]

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """A bucket: `[start, end)` and the start of the equal one before it."""

    start: datetime
    end: datetime
    before: datetime


@dataclass(frozen=True)
class Read:
    """A dimension read at a moment: 'at_event', 'at_start' or 'now'."""

    name: str
    reading: str = "at_event"


class Facts:
    """What happened in one world, to whom, and when."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world = world
        self.zone = ZoneInfo(world.zone)
        self.now = now
        self.lines = self._lines()
        self.purchases = self._purchases()
        self.memberships = [self._with_root(row) for row in world.table("enrolment")]

    # What happened: the facts.

    def root(self, member: int | None) -> int | None:
        """The surviving record, followed through every merge that was not taken back."""
        into: dict[int, int] = {}
        for merge in sorted(self.world.table("identity_merge"), key=lambda row: row["merged_at"]):
            if merge["undone_at"] is None:
                into[merge["from_member_id"]] = merge["into_member_id"]
        while member in into:
            member = into[member]
        return member

    def known(self) -> dict[int, datetime]:
        """Everybody who survives, and since when they are on record or seen."""
        found: dict[int, datetime] = {}
        for person in self.world.table("member"):
            if self.root(person["member_id"]) == person["member_id"]:
                found[person["member_id"]] = person["created_at"]
        seen = [(row["member_id"], row["occurred_at"]) for row in self.world.table("txn")]
        seen += [(row["member_id"], row["enrolled_at"]) for row in self.world.table("enrolment")]
        for member, instant in seen:
            if (root := self.root(member)) is not None:
                found[root] = min(found.get(root, instant), instant)
        return found

    def day(self, instant: datetime) -> date:
        """The local day."""
        return instant.astimezone(self.zone).date()

    def _with_root(self, row: Row) -> dict[str, Any]:
        return {**row, "member_id": self.root(row["member_id"])}

    def _lines(self) -> list[dict[str, Any]]:
        documents = {row["txn_id"]: row for row in self.world.table("txn")}
        people = {row["member_id"]: row for row in self.world.table("member")}
        stores = {row["store_id"]: row for row in self.world.table("store")}
        products = {row["product_id"]: row for row in self.world.table("product")}
        found: list[dict[str, Any]] = []
        for line in self.world.table("txn_line"):
            document = documents.get(line["txn_id"])
            if document is None or document["kind"] == "void" or document["status"] != "ok" or line["is_reward"]:
                continue
            person = people.get(document["member_id"], {})
            if person.get("is_test") or person.get("is_employee"):
                continue
            store = stores.get(document["store_id"], {})
            product = products.get(line["product_id"], {})
            local = document["occurred_at"].astimezone(self.zone)
            found.append(
                {
                    **line,
                    **self._with_root(document),
                    "ts": document["occurred_at"],
                    "day": local.date(),
                    "hour": local.hour,
                    # Another brand's store tells nothing of this document.
                    "channel": store.get("channel") if store.get("brand_id") in (None, document["brand_id"]) else None,
                    "store.region": store.get("region"),
                    "category_l1": product.get("category_l1"),
                    "product.is_private_label": product.get("is_private_label"),
                }
            )
        return found

    def _purchases(self) -> list[dict[str, Any]]:
        by_document: dict[int, list[dict[str, Any]]] = {}
        for line in self.lines:
            by_document.setdefault(line["txn_id"], []).append(line)
        return [{**lines[0], "net": sum(line["net"] for line in lines)} for lines in by_document.values()]

    # Who somebody was, and when.

    def dimension(self, row: Row, read: Read, span: Span, event: datetime | None = None) -> set[Any]:
        """The values of a dimension for a row; one without any has the value None."""
        head, _, rest = read.name.partition(".")
        moment = self.moment(row, read.reading, span, event)
        match head:
            case "attribute":
                return self._held(row, "member_attribute", {"attribute": rest}, "value", moment)
            case "segment":
                return self._segments(row, rest, moment)
            case "in":
                return {self.inside(rest, row["member_id"], moment)}
            case "time":
                return {self.part_of_time(row, rest)}
            case "member":
                people = {one["member_id"]: one for one in self.world.table("member")}
                return {people.get(row["member_id"], {}).get(rest)}
            case _:
                return {row.get(read.name)}

    def moment(self, row: Row, reading: str, span: Span, event: datetime | None = None) -> datetime:
        """When a reading looks; a state's event is the last moment of the bucket."""
        match reading:
            case "at_event":
                return event or row["ts"]
            case "at_start":
                return span.start
            case _:
                return self.now

    def part_of_time(self, row: Row, part: str) -> Any:  # noqa: PLR0911 - one line a part
        """The local weekday, hour, month, quarter or year of a row."""
        day: date = row["day"]
        match part:
            case "weekday":
                return day.isoweekday()
            case "hour":
                return row["hour"]
            case "day":
                return day
            case "month":
                return day.replace(day=1)
            case "quarter":
                return day.replace(month=1 + (day.month - 1) // 3 * 3, day=1)
            case "year":
                return day.year
            case _:
                return day.month

    def _held(
        self, row: Row, table: str, named: dict[str, Any], value: str, moment: datetime, exclusive: bool = True
    ) -> set[Any]:
        """The values of a member's spells that hold at a moment; of merged records the surviving one is believed."""
        own = [s for s in self.world.table(table) if all(s[k] == v for k, v in named.items())]
        own = [s for s in own if row["member_id"] is not None and self.root(s["member_id"]) == row["member_id"]]
        own = [s for s in own if s["valid_from"] <= moment < (s["valid_to"] or FOREVER)]
        if exclusive and own:
            records = {s["member_id"] for s in own}
            chosen = row["member_id"] if row["member_id"] in records else min(records)
            own = [s for s in own if s["member_id"] == chosen]
        return {s[value] for s in own} or {None}

    def _segments(self, row: Row, scheme: str, moment: datetime) -> set[Any]:
        schemes = {s["scheme_id"]: s for s in self.world.table("segment_scheme") if s["name"] == scheme}
        names = {s["segment_id"]: s["name"] for s in self.world.table("segment")}
        found: set[Any] = set()
        for number, one in schemes.items():
            named = {"scheme_id": number}
            held = self._held(row, "segment_membership", named, "segment_id", moment, bool(one["is_exclusive"]))
            found |= {names[segment] for segment in held if segment is not None}
        return found or {None}

    def inside(  # noqa: C901, PLR0911 - one line a segment
        self, segment: str, member: int | None, moment: datetime
    ) -> bool:
        """Whether a member is in one of the suite's segments at a moment; nobody is in none."""
        if member is None:
            return False
        if segment in RULES:
            bought = [one for one in self.purchases if one["member_id"] == member]
            joined = [one for one in self.memberships if one["member_id"] == member]
            return RULES[segment](Deeds(bought, joined, moment, self.day))
        row = {"member_id": member}
        people = {one["member_id"]: one for one in self.world.table("member")}

        def inside(other: str) -> bool:
            return self.inside(other, member, moment)

        def mine(rows: list[dict[str, Any]], days: int | None) -> list[dict[str, Any]]:
            own = [one for one in rows if one["member_id"] == member and one["ts"] <= moment]
            return [one for one in own if days is None or one["ts"] + timedelta(days=days) > moment]

        trips = [one for one in self.purchases if one["kind"] == "sale"]
        age = self._held(row, "member_attribute", {"attribute": "age"}, "value", moment)
        gender = people.get(member, {}).get("gender")
        match segment:
            case "regulars":
                return len(mine(trips, 10)) >= 2
            case "spenders":
                return sum(one["net"] for one in mine(self.lines, None)) >= 20
            case "quiet":
                return not mine(trips, 7)
            case "young":
                return "18-39" in age
            case "unknown_age":
                return not age & {"18-39", "40+"}
            case "gold":
                return "A" in self._segments(row, "value", moment)
            case "women":
                return self.root(member) == member and gender == "F"
            case "listed":
                return member in (self.root(1), self.root(3))
            case _:
                return not inside("regulars") and (inside("spenders") or inside("gold") or inside("women"))

    # When: the calendar.

    def later(self, instant: datetime, days: int) -> datetime:
        """The same wall clock some days later."""
        wall = instant.astimezone(self.zone).replace(tzinfo=None) + timedelta(days=days)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        """The first instant of a local day, found by looking at every quarter of an hour around it."""
        instant = datetime.combine(day, time(), UTC) - timedelta(hours=16)
        while self.day(instant) < day:
            instant += timedelta(minutes=15)
        return instant

    def floor(self, day: date, grain: str) -> date:
        """The first day of the bucket that holds a day."""
        match grain:
            case "week":
                while day.isoweekday() != self.world.week_start:
                    day -= timedelta(days=1)
                return day
            case "month":
                return day.replace(day=1)
            case "quarter":
                return day.replace(month=1 + (day.month - 1) // 3 * 3, day=1)
            case "year":
                return day.replace(month=1, day=1)
            case _:
                return day

    def period(self, first: date, last: date) -> Span:
        """The local days from the first to the last, both included, and the equal number of days before."""
        return self.span(first, last + timedelta(days=1))

    def span(self, first: date, after: date) -> Span:
        """The local days `[first, after)`; whole months have as many months before them, else as many days."""
        if first.day == after.day == 1:
            months = (after.year - first.year) * 12 + after.month - first.month
            before = first
            for _ in range(months):
                before = (before - timedelta(days=1)).replace(day=1)
        else:
            before = first - (after - first)
        return Span(self.midnight(first), self.midnight(after), self.midnight(before))

    def buckets(self, first: date, last: date, grain: str) -> list[tuple[Any, Span, bool]]:
        """Each bucket of a period: its key, the part of it inside the period, whether that is all of it and over."""
        if grain == "hour":
            return self._hours(self.period(first, last))
        found: list[tuple[Any, Span, bool]] = []
        days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        for key in dict.fromkeys(self.floor(day, grain) for day in days):
            inside = [day for day in days if self.floor(day, grain) == key]
            whole = self.floor(inside[0] - timedelta(days=1), grain) != key or inside[0] == key
            whole = whole and self.floor(inside[-1] + timedelta(days=1), grain) != key
            span = self.period(inside[0], inside[-1])
            found.append((key, span, whole and span.end <= self.now))
        return found

    def _hours(self, period: Span) -> list[tuple[Any, Span, bool]]:
        found: list[tuple[Any, Span, bool]] = []
        hour = timedelta(hours=1)
        start = period.start
        while start < period.end:
            found.append((start, Span(start, start + hour, start - hour), start + hour <= self.now))
            start += hour
        return found

    # How much: the metrics, over the rows for which a condition holds.


class Oracle(Facts):
    """Questions to the facts of one world."""

    def figure(  # noqa: C901, PLR0911, PLR0912 - one line a metric reads best in one place
        self, metric: str, span: Span, condition: Callable[[Row, Span, datetime | None], bool]
    ) -> Value:
        """A metric over one bucket."""

        def rows(facts: list[dict[str, Any]], start: datetime | None, end: datetime) -> list[dict[str, Any]]:
            return [
                r for r in facts if (start is None or start <= r["ts"]) and r["ts"] < end and condition(r, span, None)
            ]

        def other(name: str, of: Span = span) -> Value:
            return self.figure(name, of, condition)

        lines, documents = rows(self.lines, span.start, span.end), rows(self.purchases, span.start, span.end)
        sales = [one for one in documents if one["kind"] == "sale"]
        buyers = [one["member_id"] for one in sales if one["member_id"] is not None]
        match metric:
            case "revenue":
                return total(lines)
            case "sale_lines":
                return sum(1 for one in lines if one["kind"] == "sale")
            case "trips":
                # A receipt counts where any of its lines does.
                return len({one["txn_id"] for one in lines if one["kind"] == "sale"})
            case "buyers":
                return len(set(buyers))
            case "median_net":
                return median(one["net"] for one in documents) if documents else None
            case "mean_net":
                return float(sum(one["net"] for one in documents)) / len(documents) if documents else None
            case "repeaters":
                return share([buyers.count(one) > 1 for one in set(buyers)])
            case "buyers_ever":
                return len({o["member_id"] for o in rows(self.purchases, None, span.end)} - {None})
            case "revenue_before":
                return total(rows(self.lines, None, span.start))
            case "revenue_7d":
                return total(rows(self.lines, self.later(span.end, -7), span.end))
            case "revenue_previous":
                return total(rows(self.lines, span.before, span.start))
            case "first_day_revenue":
                return total(one for one in lines if one["day"] == self.day(span.start))
            case "large_trips":
                return sum(1 for one in documents if one["net"] >= 10)
            case "member_revenue":
                there = {one["member_id"] for one in self._members_at(span.end)}
                return total(one for one in lines if one["member_id"] in there)
            case "basket":
                return divided(other("revenue"), other("trips"))
            case "buyers_of_lines":
                return len({one["member_id"] for one in lines if one["kind"] == "sale"} - {None})
            case "members":
                return self._members(span, span.end, condition)
            case "members.start":
                return self._members(span, span.start, condition)
            case "members_won":
                return self._members(span, span.end, condition) - self._members(span, span.start, condition)
            case "growth":
                then = other("revenue", Span(span.before, span.start, span.before))
                grown = divided(other("revenue"), then)
                return None if grown is None else grown - 1
            case "second_purchase":
                return self._second(span, condition)
            case _:
                return self._next(span, condition)

    def _members_at(self, moment: datetime) -> list[dict[str, Any]]:
        return [m for m in self.memberships if m["enrolled_at"] < moment <= (m["left_at"] or FOREVER)]

    def _members(self, span: Span, moment: datetime, condition: Callable[..., bool]) -> int:
        held = moment - timedelta(microseconds=1)
        return len({m["member_id"] for m in self._members_at(moment) if condition(m, span, held)})

    def _sales(self) -> list[dict[str, Any]]:
        found = [one for one in self.purchases if one["kind"] == "sale" and one["member_id"] is not None]
        return sorted(found, key=lambda one: (one["ts"], one["txn_id"]))

    def _second(self, span: Span, condition: Callable[..., bool]) -> float | None:
        """First buyers whose five days end in the period: the share that came again inside them."""
        again: list[bool] = []
        seen: set[int] = set()
        for first in self._sales():
            if first["member_id"] in seen:
                continue
            seen.add(first["member_id"])
            closes = self.later(first["ts"], 5)
            if span.start <= closes < span.end and condition(first, span, None):
                again.append(self._came_again(first, closes))
        return share(again)

    def _next(self, span: Span, condition: Callable[..., bool]) -> float | None:
        again = [
            self._came_again(one, self.later(one["ts"], 3))
            for one in self._sales()
            if span.start <= one["ts"] < span.end and condition(one, span, None)
        ]
        return share(again)

    def _came_again(self, one: Row, until: datetime) -> bool:
        return any(o["member_id"] == one["member_id"] and one["ts"] < o["ts"] < until for o in self._sales())


def total(rows: Iterable[Row]) -> Decimal | None:
    """The sum of what rows brought; nothing to add up is no data."""
    values = [row["net"] for row in rows]
    return sum(values, Decimal(0)) if values else None


def share(held: Sequence[bool]) -> float | None:
    """The share for which it holds; none of none is no data."""
    return sum(held) / len(held) if held else None


def divided(top: Any, bottom: Any) -> float | None:
    """A ratio; no base is no data."""
    return None if top is None or not bottom else float(top) / float(bottom)
