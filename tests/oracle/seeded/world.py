"""World: rows in the making, with the dice, the clock and the people that all parts share."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from tests.oracle.library import tables

Cell = str | int | Decimal | bool | date | datetime | None
Row = dict[str, Cell]
T = TypeVar("T")

# Each zone with a month in which it is worth looking at: one with a clock change, where there is one.
ZONES = (
    ("Europe/Warsaw", date(2025, 10, 1)),
    ("America/New_York", date(2025, 11, 1)),
    ("Asia/Kolkata", date(2025, 10, 1)),
    ("Australia/Lord_Howe", date(2025, 10, 1)),
)
HISTORY_DAYS = 760
AFTER_DAYS = 50


@dataclass
class Person:
    """One person: their records, the last of which survives all merges."""

    records: list[int]
    created: datetime
    test: bool = False
    employee: bool = False
    programs: dict[int, datetime] = field(default_factory=dict[int, datetime])

    @property
    def root(self) -> int:
        """The record that stands for the person."""
        return self.records[-1]


@dataclass
class Sale:
    """What later parts need to know of a sale: who, where, when, how much, and what came back when."""

    txn: int
    person: Person | None
    member: int | None
    brand: int
    at: datetime
    net: Decimal
    returns: list[tuple[datetime, Decimal]] = field(default_factory=list[tuple[datetime, Decimal]])


class World:
    """All rows so far. `add` checks names, fills defaults and counts ids, so that the parts stay short."""

    def __init__(self, number: int, people: int) -> None:
        self.dice = Random(number)
        self.size = people
        zone, month = ZONES[number % len(ZONES)]
        self.zone = ZoneInfo(zone)
        self.start = self.midnight(month)
        self.end = self.midnight(_next_month(month))
        self.before = self.midnight(_next_month(month - timedelta(days=40)))
        self.first = self.start - timedelta(days=HISTORY_DAYS)
        self.last = self.end + timedelta(days=AFTER_DAYS)
        self.rows: dict[str, list[Row]] = {name: [] for name in tables()}
        self.people: list[Person] = []
        self.sales: list[Sale] = []
        self.lines: dict[int, list[Row]] = {}
        self.reasons: dict[Cell, list[Row]] = {}

    def midnight(self, day: date) -> datetime:
        """The instant at which a local day begins."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def local(self, moment: datetime) -> date:
        """The local day of an instant."""
        return moment.astimezone(self.zone).date()

    def add(self, table: str, **values: Cell) -> int:
        """One more row; returns its id, which counts up from 1 where the key is one id."""
        declared = tables()[table]
        if unknown := values.keys() - declared.columns.keys():
            raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
        rows = self.rows[table]
        row: Row = {name: column.default for name, column in declared.columns.items()} | values
        number = len(rows) + 1
        if declared.entity() is not None:
            row[declared.key[0]] = number
        rows.append(row)
        return number

    def chance(self, share: float) -> bool:
        """True in this share of calls."""
        return self.dice.random() < share

    def maybe(self, value: T, share: float = 0.9) -> T | None:
        """The value in this share of calls, otherwise nothing."""
        return value if self.chance(share) else None

    def moment(self, begin: datetime | None = None, end: datetime | None = None) -> datetime:
        """An instant in [begin, end), more often than not at an ordinary time, else where mistakes are made."""
        begin, end = begin or self.first, end or self.last
        if begin >= end:
            return begin
        kind = self.dice.random()
        if kind < 0.04:
            bound = self.dice.choice((self.before, self.start, self.end))
            chosen = bound - timedelta(seconds=self.dice.choice((0, 0, 1)))
        elif kind < 0.10:
            night = self.midnight(self.local(self._between(begin, end)))
            chosen = night + timedelta(minutes=self.dice.randint(-40, 40))
        else:
            chosen = self._between(begin, end)
        return chosen if begin <= chosen < end else self._between(begin, end)

    def later(self, moment: datetime, *, days: float) -> datetime:
        """Some time after a moment, at most so many days."""
        return moment + timedelta(seconds=1 + self.dice.randrange(max(1, int(days * 86_400))))

    def recorded(self, moment: datetime) -> datetime | None:
        """When the system learned of it: mostly soon, sometimes weeks later, sometimes not told."""
        luck = self.dice.random()
        if luck < 0.1:
            return None
        return self.later(moment, days=20 if luck < 0.2 else 0.05)

    def money(self, low: float, high: float) -> Decimal:
        """An amount to the cent."""
        return Decimal(self.dice.randint(int(low * 100), int(high * 100))) / 100

    def record(self, person: Person) -> int:
        """One of a person's records, as a source would name it that knows nothing of merges."""
        return self.dice.choice(person.records)

    def somebody(self) -> Person:
        """Any person."""
        return self.dice.choice(self.people)

    def one_of(self, table: str, brand: Cell) -> int:
        """The id of a row that this brand may refer to: its own or nobody's."""
        rows = self.rows[table]
        key = tables()[table].key[0]
        found = self.dice.choice([row[key] for row in rows if row["brand_id"] in (brand, None)])
        assert isinstance(found, int)
        return found

    def _between(self, begin: datetime, end: datetime) -> datetime:
        return begin + timedelta(seconds=self.dice.randrange(max(1, int((end - begin).total_seconds()))))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
