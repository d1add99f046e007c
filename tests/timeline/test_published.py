"""Figures of public data sets: the cohort tables of Online Retail, the offers of the Starbucks capstone."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from punchcard.errors import QueryError
from punchcard.period import Calendar, of_days
from punchcard.timeline.funnel import funnel
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.read import Timeline
from punchcard.timeline.retention import Retention, retention
from punchcard.timeline.segmentation import Segmentation, segmentation
from punchcard.timeline.steps import Exclusion, Funnel, Step, Window
from punchcard.timeline.store import of_batches

UTC = Calendar("UTC")

RETAIL = """
select CustomerID as member, case when sold then 'sale' else 'other' end as activity, InvoiceDate as time
from (
    select *, InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice > 0 as sold
    from read_parquet($file)
    where CustomerID is not null
)
"""

# 1 January 2018 stands for the start of the test, whose times are in hours.
OFFERS = """
with member as (select id, row_number() over (order by id) - 1 as number from read_parquet($profile)),
event as (select * from read_parquet($transcript))
select
    member.number as member,
    event.event as activity,
    timestamp '2018-01-01' + to_hours(event.time) as time,
    event.event_no as arrival,
    event.offer_id as offer,
    event.amount::decimal(18, 4) as amount
from event join member on member.id = event.person
order by event.event_no
"""


def answers(folder: Path) -> dict[str, list[list[float]]]:
    """The expected figures by their ids."""
    return {a["id"]: a["expected"] for a in json.loads((folder / "answers.json").read_text())["answers"]}


def loaded(sql: str, **files: str) -> Timeline:
    """A timeline of a query's rows."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        return of_batches(connection.sql(sql, params=files).to_arrow_reader(100_000), UTC)


@pytest.fixture(scope="module")
def retail(shared: Path) -> Timeline:
    return loaded(RETAIL, file=str(shared / "data/online_retail/online_retail.parquet"))


@pytest.fixture(scope="module")
def offers(shared: Path) -> Timeline:
    folder = shared / "data/starbucks_offers"
    return loaded(OFFERS, profile=str(folder / "profile.parquet"), transcript=str(folder / "transcript.parquet"))


@pytest.mark.parametrize(
    ("answer", "pick", "clock"),
    [
        ("cohort.anniversary", Pick("sale"), "rolling"),
        ("cohort.calendar", Pick("sale"), "calendar"),
        ("cohort.calendar.all", Pick(), "calendar"),
    ],
)
def test_the_cohort_tables_of_online_retail(shared: Path, retail: Timeline, answer: str, pick: Pick, clock: str):
    expected = answers(shared / "data/online_retail")[answer]
    question = Retention(
        start=pick,
        returning=pick,
        grain="month",
        intervals=12,
        cohort="first_time",
        clock=clock,  # pyright: ignore
    )
    table = retention(retail, question, of_days(date(2010, 12, 1), date(2012, 1, 1), UTC)).cells[0].tolist()
    if clock == "rolling":
        # Column 0 there is who bought in the first month after the start: all of the cohort.
        assert [row[0] for row in table] == [row[0] for row in expected]
    assert table == expected


def test_offers_viewed_and_completed_by_offer(shared: Path, offers: Timeline):
    expected = answers(shared / "data/starbucks_offers")
    month = of_days(date(2018, 1, 1), date(2018, 2, 1), UTC)
    kinds = ("offer received", "offer viewed", "offer completed")
    for measure, answer in (("times", "funnel.total"), ("members", "funnel.unique")):
        for place, kind in enumerate(kinds, start=1):
            question = Segmentation(activity=Pick(kind), measure=measure, breakdown="offer")  # pyright: ignore
            found = segmentation(offers, question, month)
            by_offer = dict(zip(found.labels, found.totals.tolist(), strict=True))
            assert [by_offer.get(str(row[0]), 0) for row in expected[answer]] == [
                row[place] for row in expected[answer]
            ]


def validity(folder: Path) -> Iterator[tuple[str, int]]:
    """Each offer and the days for which it is valid."""
    for line in (folder / "portfolio.json").read_text().splitlines():
        if line.strip():
            offer = json.loads(line)
            yield offer["id"], int(offer["duration"])


def attempts(offers: Timeline, steps: tuple[Step, ...], days: int) -> list[int]:
    """Each receipt of an offer is an attempt, until it expires or the member gets the same offer again.

    Only its first completion counts: one before the view is not undone by another after it.
    """
    earlier = Exclusion("offer completed", after_step=1, before_step=2, where=steps[-1].where)
    question = Funnel(
        steps=steps,
        window=Window(days, "day"),
        count="attempts",
        exclusions=(earlier,) if len(steps) == 3 else (),
        excluded="still_enter",
    )
    return funnel(offers, question, of_days(date(2018, 1, 1), date(2018, 2, 1), UTC)).counts()


def test_the_offers_that_can_have_influenced(shared: Path, offers: Timeline):
    found = [0, 0, 0, 0]
    for offer, days in validity(shared / "data/starbucks_offers"):
        only = (Condition("offer", "is", (offer,)),)
        received, viewed, completed = (Step(f"offer {what}", only) for what in ("received", "viewed", "completed"))
        counts = (
            *attempts(offers, (received, viewed), days),
            attempts(offers, (received, completed), days)[1],
            attempts(offers, (received, viewed, completed), days)[2],
        )
        found = [a + b for a, b in zip(found, counts, strict=True)]
    assert found == answers(shared / "data/starbucks_offers")["influenced"][:4]


def test_transactions_and_what_they_came_to(shared: Path, offers: Timeline):
    count, amount, mean, _, members = answers(shared / "data/starbucks_offers")["spend"]
    month = of_days(date(2018, 1, 1), date(2018, 2, 1), UTC)

    def total(**settings: str) -> float:
        question = Segmentation(activity=Pick("transaction"), **settings)  # pyright: ignore
        return float(segmentation(offers, question, month).totals[0])

    assert total(measure="times") == count
    assert total(measure="members") == members
    assert total(measure="sum", of="amount") == pytest.approx(amount, abs=0.01)
    assert total(measure="mean", of="amount") == pytest.approx(mean, abs=0.01)


def test_an_unknown_activity_is_refused_with_a_suggestion(offers: Timeline):
    month = of_days(date(2018, 1, 1), date(2018, 2, 1), UTC)
    with pytest.raises(QueryError, match="did you mean 'offer viewed'"):
        segmentation(offers, Segmentation(activity=Pick("offer vieved")), month)
