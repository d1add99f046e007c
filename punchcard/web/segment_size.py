"""How many members are in a segment, as of today or of any other day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from punchcard.analyses.number import Number
from punchcard.analyses.overlap import METRIC
from punchcard.analyses.trend import Trend
from punchcard.catalog.filter import Filter
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.period import Grain, written
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.web import segment_views, view
from punchcard.web.address import Address
from punchcard.web.site import Visit

PATH: Final = "/segments"
PERIOD: Final = "last_30_days"
AT: Final = "at"  # the day as of which members are in a segment


@dataclass(frozen=True, slots=True)
class Size:
    """How many are in a segment, how many were 30 days before, and the difference, as the reader writes them."""

    now: str
    before: str
    change: str


def day_of(visit: Visit) -> date | None:
    """The day in the address as of which is asked; None for today."""
    text = visit.address.get(AT)
    if not text:
        return None
    today = visit.site.programme.today(visit.site.viewer)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"'{text}' is no day; write it like {today.isoformat()}") from None
    if not date(1900, 1, 1) <= day <= today:
        raise QueryError(f"who is in a segment on {day.isoformat()} cannot be told; choose a day up to {today}")
    return None if day == today else day


def period_of(day: date | None) -> str:
    """The 30 days at whose end a segment is read."""
    return PERIOD if day is None else written(day - timedelta(days=30), day)


def size_of(name: str, day: date | None = None) -> Query:
    """How many are in a segment as a day begins (today by default), and were 30 days before."""
    ask = Number(metrics=(METRIC,))
    return Query(ask=ask, period=period_of(day), compare="previous_period", filters=(Filter(segment=name),))


def course_of(name: str) -> Query:
    """How many were in a segment at the end of each of the last twelve months."""
    ask = Trend(metrics=(METRIC,), grain=Grain.MONTH)
    return Query(ask=ask, period="last_12_months", filters=(Filter(segment=name),))


def sized(visit: Visit, programme: Programme, name: str, day: date | None = None) -> Size:
    """The size of a segment in a programme that knows it."""
    row = programme.ask(size_of(name, day), visit.site.viewer).result.rows[0]
    now, before = as_number(row[0]), as_number(row[1])
    said = visit.format
    if now is None or before is None:
        return Size(said.exact(now, "members"), said.exact(before, "members"), "")
    sign = "+" if now > before else ""
    return Size(said.exact(now, "members"), said.exact(before, "members"), sign + said.exact(now - before, "members"))


def moment(visit: Visit, day: date | None, here: Address) -> segment_views.Moment:
    """As of when sizes are, with the form that chooses another day."""
    today = visit.site.programme.today(visit.site.viewer)
    return segment_views.Moment(
        visit.format.day(day or today),
        (day or today).isoformat(),
        today.isoformat(),
        here.path,
        tuple(view.Hidden(name, value) for name, value in here.pairs if name != AT),
        None if day is None else str(here.to(**{AT: None})),
    )
