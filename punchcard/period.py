"""Periods, grains and buckets in the project's zone: half-open, calendar-true across clock changes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from punchcard.errors import QueryError, did_you_mean


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name.

    >>> is_zone("Europe/Paris"), is_zone("Europe/Pariss"), is_zone("Europe"), is_zone("")
    (True, False, False, False)
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def zones() -> set[str]:
    """The names of all time zones; slow to find, and wanted only where one is misspelt."""
    return available_timezones()


class Grain(StrEnum):
    """The width of a bucket on the time axis."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The zone and the first day of the week (ISO: 1 = Monday .. 7 = Sunday) by which days are cut."""

    zone: str = "UTC"
    week_start: int = 1

    @property
    def info(self) -> ZoneInfo:
        """The zone as Python knows it."""
        return ZoneInfo(self.zone)

    def midnight(self, day: date) -> datetime:
        """The first instant of a local day, in UTC.

        Where a clock change skips midnight, Python's reading of the missing time is the change itself: what we want.
        """
        return datetime.combine(day, time(), tzinfo=self.info).astimezone(UTC)

    def day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.info).date()

    def shift(self, instant: datetime, days: int) -> datetime:
        """The same wall-clock time some calendar days later (or earlier), as an interval does in a zoned session."""
        wall = instant.astimezone(self.info).replace(tzinfo=None) + timedelta(days=days)
        return wall.replace(tzinfo=self.info).astimezone(UTC)

    def floor(self, day: date, grain: Grain) -> date:
        """The first day of the bucket that holds a day."""
        match grain:
            case Grain.HOUR | Grain.DAY:
                return day
            case Grain.WEEK:
                return day - timedelta(days=(day.isoweekday() - self.week_start) % 7)
            case Grain.MONTH:
                return day.replace(day=1)
            case Grain.QUARTER:
                return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
            case Grain.YEAR:
                return day.replace(month=1, day=1)

    def next(self, start: date, grain: Grain) -> date:
        """The first day of the bucket after the one that starts on a day."""
        match grain:
            case Grain.HOUR | Grain.DAY:
                return start + timedelta(days=1)
            case Grain.WEEK:
                return start + timedelta(days=7)
            case Grain.MONTH:
                return add_months(start, 1)
            case Grain.QUARTER:
                return add_months(start, 3)
            case Grain.YEAR:
                return add_months(start, 12)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the month's last day where there is no such day.

    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time `[start, end)` in UTC, with the start of the equal period before it."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise QueryError(
                f"the period ends ({self.end:%Y-%m-%d %H:%M}) before it starts ({self.start:%Y-%m-%d %H:%M})"
            )

    def days(self, calendar: Calendar) -> tuple[date, date]:
        """The local days `[first, after the last)` that the period touches."""
        last = calendar.day(self.end - timedelta(microseconds=1))
        return calendar.day(self.start), last + timedelta(days=1)

    def whole_days(self, calendar: Calendar) -> bool:
        """Whether both ends are local midnights."""
        first, after = self.days(calendar)
        return calendar.midnight(first) == self.start and calendar.midnight(after) == self.end


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of the time axis: its key (the start of the whole bucket) and the part of it inside the period."""

    key: date | datetime
    start: datetime
    end: datetime
    previous_start: datetime
    complete: bool


def of_days(first: date, after: date, calendar: Calendar) -> Period:
    """The period of local days `[first, after)`."""
    if first >= after:
        raise QueryError(f"the period ends ({after}) before it starts ({first})")
    return Period(calendar.midnight(first), calendar.midnight(after))


def previous(period: Period, calendar: Calendar) -> Period:
    """The equal period just before: the month before a whole month, else as many days (or as long) before.

    >>> c = Calendar("UTC")
    >>> previous(of_days(date(2024, 3, 1), date(2024, 4, 1), c), c).days(c)
    (datetime.date(2024, 2, 1), datetime.date(2024, 3, 1))
    """
    if not period.whole_days(calendar):
        return Period(period.start - (period.end - period.start), period.start)
    first, after = period.days(calendar)
    months = _whole_months(first, after)
    start = add_months(first, -months) if months else first - (after - first)
    return of_days(start, first, calendar)


def following(period: Period, calendar: Calendar) -> Period:
    """The equal period just after: the month after a whole month, else as many days (or as long) after.

    >>> c = Calendar("UTC")
    >>> following(of_days(date(2024, 1, 1), date(2024, 2, 1), c), c).days(c)
    (datetime.date(2024, 2, 1), datetime.date(2024, 3, 1))
    """
    if not period.whole_days(calendar):
        return Period(period.end, period.end + (period.end - period.start))
    first, after = period.days(calendar)
    months = _whole_months(first, after)
    return of_days(after, add_months(after, months) if months else after + (after - first), calendar)


def written(first: date, after: date) -> str:
    """The short name by which `parse` reads the days `[first, after)`.

    >>> written(date(2024, 1, 1), date(2025, 1, 1)), written(date(2024, 4, 1), date(2024, 7, 1))
    ('2024', '2024-Q2')
    >>> written(date(2024, 2, 1), date(2024, 3, 1)), written(date(2024, 2, 3), date(2024, 2, 10))
    ('2024-02', '2024-02-03..2024-02-09')
    """
    match _whole_months(first, after), first.month:
        case 12, 1:
            return str(first.year)
        case 3, 1 | 4 | 7 | 10:
            return f"{first.year}-Q{first.month // 3 + 1}"
        case 1, _:
            return f"{first:%Y-%m}"
        case _:
            last = after - timedelta(days=1)
            return first.isoformat() if last == first else f"{first}..{last}"


def _whole_months(first: date, after: date) -> int:
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month


def year_before(period: Period, calendar: Calendar) -> Period:
    """The same dates one year earlier; a 29 February is compared with the 28th.

    >>> c = Calendar("UTC")
    >>> year_before(of_days(date(2024, 2, 1), date(2024, 2, 29), c), c).days(c)  # 1 to 28 February
    (datetime.date(2023, 2, 1), datetime.date(2023, 3, 1))
    """
    first, after = period.days(calendar)
    end = add_months(after, -12)
    return of_days(add_months(first, -12), end if end.day == after.day else end + timedelta(days=1), calendar)


def weeks_before(period: Period, calendar: Calendar) -> Period:
    """The same weekdays 52 weeks earlier."""
    first, after = period.days(calendar)
    return of_days(first - timedelta(weeks=52), after - timedelta(weeks=52), calendar)


COMPARISONS: dict[str, Callable[[Period, Calendar], Period]] = {
    "previous_period": previous,
    "previous_year": year_before,
    "52_weeks_before": weeks_before,
}


# More points than anybody can look at, and than one statement should name.
MOST_BUCKETS = 10_000
_SHORTEST = {
    Grain.HOUR: timedelta(hours=1),
    Grain.DAY: timedelta(days=1),
    Grain.WEEK: timedelta(days=7),
    Grain.MONTH: timedelta(days=28),
    Grain.QUARTER: timedelta(days=90),
    Grain.YEAR: timedelta(days=365),
}


def buckets(
    period: Period, grain: Grain, calendar: Calendar, known_until: datetime | None = None
) -> tuple[Bucket, ...]:
    """The buckets of a period, in order; incomplete ones are those cut by the period or not over by `known_until`."""
    number = (period.end - period.start) / _SHORTEST[grain]
    if number > MOST_BUCKETS:
        raise QueryError(
            f"{number:,.0f} buckets of one {grain.value} are too many; ask for a shorter period or a wider grain"
        )
    cut = _cut(period, grain, calendar)
    if known_until is None or period.end <= known_until:
        return cut
    return tuple(replace(one, complete=one.complete and one.end <= known_until) for one in cut)


@lru_cache(maxsize=256)
def _cut(period: Period, grain: Grain, calendar: Calendar) -> tuple[Bucket, ...]:
    if grain is Grain.HOUR:
        return tuple(_hours(period, calendar))
    first, after = period.days(calendar)
    found: list[Bucket] = []
    key = calendar.floor(first, grain)
    while key < after:
        following = calendar.next(key, grain)
        whole_start, whole_end = calendar.midnight(key), calendar.midnight(following)
        start, end = max(whole_start, period.start), min(whole_end, period.end)
        if start < end:
            before = previous(Period(start, end), calendar).start
            found.append(Bucket(key, start, end, before, start == whole_start and end == whole_end))
        key = following
    return tuple(found)


def _hours(period: Period, calendar: Calendar) -> Iterator[Bucket]:
    hour = timedelta(hours=1)
    local = period.start.astimezone(calendar.info)
    key = period.start - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    while key < period.end:
        start, end = max(key, period.start), min(key + hour, period.end)
        yield Bucket(key, start, end, key - hour, end - start == hour)
        key += hour


def fitting_grain(period: Period) -> Grain:
    """The grain at which a period reads well as a line."""
    days = (period.end - period.start).days
    for grain, most in (
        (Grain.HOUR, 2),
        (Grain.DAY, 62),
        (Grain.WEEK, 200),
        (Grain.MONTH, 1200),
        (Grain.QUARTER, 3000),
    ):
        if days <= most:
            return grain
    return Grain.YEAR


_LAST = re.compile(r"last_(\d{1,4})_(day|week|month|quarter|year)s")
_YEAR = re.compile(r"(\d{4})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_UNITS = {
    "today": Grain.DAY,
    "this_week": Grain.WEEK,
    "this_month": Grain.MONTH,
    "this_quarter": Grain.QUARTER,
    "this_year": Grain.YEAR,
}
_BEFORE = {
    "yesterday": Grain.DAY,
    "last_week": Grain.WEEK,
    "last_month": Grain.MONTH,
    "last_quarter": Grain.QUARTER,
    "last_year": Grain.YEAR,
}
PRESETS = ("all", *_UNITS, *_BEFORE, *(f"last_{n}_days" for n in (7, 28, 30, 90, 365)), "last_12_months")


def parse(text: str, calendar: Calendar, today: date, everything: Period) -> Period:
    """A period from its short name: a preset, `2017`, `2017-Q3`, `2017-11`, `2017-11-13` or `FROM..TO` (both included).

    `today` is the local day that presets count from; `everything` is the span of the data, meant by `all`.
    `last_N_days` ends with yesterday: the day under way is not over.
    """
    if text == "all":
        return everything
    try:
        period = _parsed(text, calendar, today)
    except (ValueError, OverflowError):
        period = None
    if period is None or not YEARS.start <= period.start.year <= period.end.year < YEARS.stop:
        raise QueryError(f"the period '{text}' lies outside the years {YEARS.start} to {YEARS.stop - 1}")
    return period


# Wide enough for any programme, and narrow enough that a year more or less is still a date.
YEARS = range(1900, 2200)


def _parsed(text: str, calendar: Calendar, today: date) -> Period:
    if ".." in text:
        first, _, last = text.partition("..")
        return of_days(_date(first), _date(last) + timedelta(days=1), calendar)
    if grain := _UNITS.get(text):
        start = calendar.floor(today, grain)
        return of_days(start, calendar.next(start, grain), calendar)
    if grain := _BEFORE.get(text):
        end = calendar.floor(today, grain)
        return of_days(calendar.floor(end - timedelta(days=1), grain), end, calendar)
    if found := _LAST.fullmatch(text):
        return _last(int(found[1]), Grain(found[2]), calendar, today)
    return _named(text, calendar)


def _last(count: int, grain: Grain, calendar: Calendar, today: date) -> Period:
    if count < 1:
        raise QueryError("the period holds no day")
    end = calendar.floor(today, grain)
    start = end
    for _ in range(count):
        start = calendar.floor(start - timedelta(days=1), grain)
    return of_days(start, end, calendar)


def _named(text: str, calendar: Calendar) -> Period:
    if found := _YEAR.fullmatch(text):
        return of_days(date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1), calendar)
    if found := _QUARTER.fullmatch(text):
        start = date(int(found[1]), int(found[2]) * 3 - 2, 1)
        return of_days(start, add_months(start, 3), calendar)
    if found := _MONTH.fullmatch(text):
        start = date(int(found[1]), int(found[2]), 1) if 1 <= int(found[2]) <= 12 else _date(text)
        return of_days(start, add_months(start, 1), calendar)
    day = _date(text)
    return of_days(day, day + timedelta(days=1), calendar)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        hint = (
            did_you_mean(text, PRESETS)
            or "; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days"
        )
        raise QueryError(f"'{text}' is no date or period{hint}") from None
