"""Small worlds that Hypothesis makes: few rows with many traps: bounds, clock changes, leap days, merges, nobody."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.agree.world import World

MICRO = timedelta(microseconds=1)


@dataclass(frozen=True)
class Season:
    """A zone and days on which something happens to its clocks or its calendar."""

    zone: str
    first: date
    last: date

    def midnight(self, day: date) -> datetime:
        """A wall clock of 0:00, whichever instant Python takes it for; worlds need no exact one."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


SEASONS = (
    Season("America/New_York", date(2024, 2, 14), date(2024, 3, 20)),  # a leap day, and an hour less on 10 March
    Season("Europe/Warsaw", date(2024, 10, 10), date(2024, 11, 9)),  # an hour more on 27 October
    Season("America/Santiago", date(2024, 8, 25), date(2024, 9, 20)),  # no midnight on 8 September
    Season("Asia/Kolkata", date(2023, 12, 10), date(2024, 1, 20)),  # half an hour off, and a new year
)


@st.composite
def instants(draw: st.DrawFn, season: Season) -> datetime:
    """A moment of the season or soon around it, often on or beside a midnight or a clock change."""
    days = (season.last - season.first).days
    day = season.first + timedelta(days=draw(st.integers(-3, days + 3) | st.integers(5, 12)))
    offset = draw(
        st.sampled_from((-MICRO, timedelta(), timedelta(), MICRO, timedelta(hours=2, minutes=30)))
        | st.integers(0, 95).map(lambda quarters: timedelta(minutes=15 * quarters))
    )
    return season.midnight(day) + offset


@st.composite
def worlds(draw: st.DrawFn, season: Season) -> World:
    """A programme of a few members with everything that makes figures wrong."""
    when = instants(season)
    someone = st.integers(1, 5)
    rows: dict[str, list[dict[str, Any]]] = {
        "brand": [{"brand_id": i, "name": f"Brand {i}"} for i in (1, 2)],
        "store": [
            {"store_id": 1, "brand_id": 1, "channel": "pos", "name": "One", "region": "North"},
            {"store_id": 2, "brand_id": None, "channel": "web", "name": "Two", "region": "South"},
            {"store_id": 3, "brand_id": None, "channel": "app", "name": "Three", "region": None},
        ],
        "product": [
            {"product_id": 1, "name": "Milk", "category_l1": "Dairy", "is_private_label": True},
            {"product_id": 2, "name": "Bread", "category_l1": "Bakery", "is_private_label": False},
            {"product_id": 3, "name": "Bag", "category_l1": None, "is_private_label": None},
        ],
        "program": [{"program_id": 1, "brand_id": None, "name": "All"}],
        "segment_scheme": [{"scheme_id": 1, "brand_id": None, "name": "value", "is_exclusive": True}],
        "segment": [{"segment_id": i, "scheme_id": 1, "name": name} for i, name in ((1, "A"), (2, "B"))],
    }
    rows["member"] = [
        {
            "member_id": number,
            "created_at": season.midnight(season.first),
            "gender": draw(st.sampled_from(("F", "M", None))),
            "is_test": False,
            "is_employee": number == 5,
        }
        for number in range(1, 6)
    ]
    rows["identity_merge"] = _merges(draw, season)
    rows["txn"], rows["txn_line"] = [], []
    for number in range(1, draw(st.sampled_from((12, 9, 6, 0))) + 1):
        _document(draw, rows, number, when, someone)
    rows["enrolment"] = [
        _stay(draw, {"enrolment_id": i, "member_id": draw(someone), "program_id": 1}, when, "enrolled_at", "left_at")
        for i in range(1, draw(st.sampled_from((5, 3, 0))) + 1)
    ]
    rows["member_attribute"] = _spells(
        draw, when, {"attribute": "age", "brand_id": None}, "value", ("18-39", "40+", None)
    )
    rows["segment_membership"] = _spells(draw, when, {"scheme_id": 1}, "segment_id", (1, 2))
    return World(rows, season.zone, draw(st.integers(1, 7)))


def _merges(draw: st.DrawFn, season: Season) -> list[dict[str, Any]]:
    """Member 3 may have become 2, and 2 may have become 1: a chain; any may have been taken back."""
    found: list[dict[str, Any]] = []
    for number, (gone, into) in enumerate(((3, 2), (2, 1)), 1):
        if draw(st.booleans()):
            merged = season.midnight(season.first) + timedelta(days=number)
            undone = merged + timedelta(days=1) if draw(st.booleans()) else None
            found.append(
                {"merge_id": number, "from_member_id": gone, "into_member_id": into}
                | {"merged_at": merged, "undone_at": undone}
            )
    return found


def _document(
    draw: st.DrawFn,
    rows: dict[str, list[dict[str, Any]]],
    number: int,
    when: st.SearchStrategy[datetime],
    someone: st.SearchStrategy[int],
) -> None:
    kind = draw(st.sampled_from(("sale", "sale", "sale", "sale", "return", "void")))
    rows["txn"].append(
        {
            "txn_id": number,
            "brand_id": draw(st.sampled_from((1, 2, None))),
            "store_id": draw(st.sampled_from((1, 2, 3, 4, None))),  # 4 is nowhere listed
            "member_id": draw(st.none() | someone),
            "kind": kind,
            "status": draw(st.sampled_from(("ok", "ok", "ok", "ok", "ok", "test"))),
            "occurred_at": draw(when),
        }
    )
    sign = -1 if kind == "return" else 1
    for _ in range(draw(st.sampled_from((1, 2, 1, 0)))):
        net = Decimal(draw(st.integers(0, 2000))) / 100 * sign
        rows["txn_line"].append(
            {
                "line_id": len(rows["txn_line"]) + 1,
                "txn_id": number,
                "product_id": draw(st.sampled_from((1, 2, 3, 4, None))),  # 4 is nowhere listed
                "qty": Decimal(sign),
                "gross": net,
                "discount": Decimal(0),
                "net": net,
                "is_reward": draw(st.sampled_from((False, False, False, False, True))),
            }
        )


def _stay(
    draw: st.DrawFn, row: dict[str, Any], when: st.SearchStrategy[datetime], first: str, last: str
) -> dict[str, Any]:
    """A spell that may go on; one that ends begins before."""
    start, end = draw(when), draw(st.none() | when)
    if end is not None and end <= start:
        start, end = end, start + MICRO
    return row | {first: start, last: end}


def _spells(
    draw: st.DrawFn, when: st.SearchStrategy[datetime], fixed: dict[str, Any], value: str, values: tuple[Any, ...]
) -> list[dict[str, Any]]:
    """Spells of some members that follow one another, sometimes with a gap."""
    found: list[dict[str, Any]] = []
    for member in range(1, 5):
        cuts = sorted(draw(st.lists(when, max_size=3, unique=True)))
        for start, end in pairwise([*cuts, None]):
            if draw(st.integers(0, 4)):
                found.append(
                    {**fixed, "member_id": member, value: draw(st.sampled_from(values))}
                    | {"valid_from": start, "valid_to": end}
                )
    return found
