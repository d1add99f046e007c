"""Segments by behaviour: who did something so often, read at any moment, in facts and in behaviour alike."""

import re
from pathlib import Path

import pytest

from punchcard.errors import QueryError
from punchcard.members import behind
from punchcard.project import read
from punchcard.query import decode
from punchcard.viewer import OPERATOR
from tests.analyses.test_behaviour import BUY, OFTEN, sale
from tests.traps.small import Small, at

SEGMENTS = """\
often:
  title: Often
  meaning: Bought at least twice.
  all: [{did: purchase, at_least: 2}]
once:
  title: Once
  meaning: Bought exactly once in the web shop.
  all: [{did: purchase, where: {channel: [web]}, exactly: 1}]
opened:
  title: Opened
  meaning: Opened the app, ever.
  all: [{did: app opened}]
guests:
  title: Guests
  meaning: Two members by a file, and somebody else.
  all: [{list: guests.csv, column: card}]
mistyped:
  title: Mistyped
  meaning: What nobody did.
  all: [{did: app openned}]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("cohorts")
    (folder / "segments").mkdir()
    (folder / "segments" / "own.yaml").write_text(SEGMENTS)
    (folder / "segments" / "guests.csv").write_text("name,card\nA,1\nB,3\nC,99\nA,1\n")
    sales = [sale(member, day) for member, days in OFTEN.items() for day in days]
    rows = {
        "member": [{"created_at": at("01-01")} for _ in OFTEN],
        "store": [{"channel": "pos"}, {"channel": "web"}],
        "txn": sales,
        "txn_line": [{"txn_id": n, "qty": 1, "net": 10, "gross": 10} for n in range(1, len(sales) + 1)],
        "event": [{"member_id": 2, "name": "app opened", "occurred_at": at("11-01")}],
    }
    return Small(folder, rows)


@pytest.mark.parametrize(("segment", "members"), [("often", ("1", "2")), ("once", ("3",)), ("opened", ("2",))])
def test_who_did_is_the_same_in_facts_and_in_behaviour(small: Small, segment: str, members: tuple[str, ...]) -> None:
    frame = {"period": "2025-11", "filters": [{"segment": segment, "reading": "now"}]}
    buyers = decode({"ask": {"kind": "number", "metrics": ["purchasing_members"]}, **frame})
    assert small.programme.ask(buyers).result.rows[0][0] == len(members)
    assert behind(small.programme, buyers, OPERATOR, {}).refs == members
    often = small.programme.ask({"ask": {"kind": "frequency", "activity": BUY}, **frame, "reading": "now"})
    assert sum(int(str(row[1])) for row in often.result.rows) == len(members)


def test_at_the_moment_itself_only_what_came_before_counts(small: Small) -> None:
    filters = [{"segment": "often", "reading": "at_event"}]
    assert small.number("txns_count", "2025-11", filters=filters) == 3  # two of member 1, one of member 2


def test_an_unknown_activity_or_property_is_a_mistake_of_the_project(small: Small, tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "own.yaml").write_text(
        "odd:\n  title: Odd\n  meaning: Names what is not.\n  all:\n"
        "    - {did: purchas}\n"
        "    - {did: purchase, where: {chanel: [web]}}\n"
        "    - {metric: txns_count, where: {channel: [web]}, at_least: 1}\n"
    )
    (tmp_path / "punchcard.yaml").write_text("name: Odd\n")
    _, mistakes = read(tmp_path)
    said = " ".join(str(one) for one in mistakes)
    assert "no activity 'purchas'; did you mean 'purchase'?" in said
    assert "'purchase' has no property 'chanel'; did you mean 'channel'?" in said
    assert "'where' narrows an activity; give 'did' with it" in said


def test_every_mistake_of_a_segment_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "vip.csv").write_text("card,name\n1,A\n")
    conditions = {
        "{did: purchase, at_least: 3, at_most: 2}": "nobody can have at least 3 and at most 2",
        "{did: purchase, at_least: 0}": "everybody did it at least 0 times",
        "{did: purchase, exactly: 2, at_least: 1}": "'exactly' is both bounds already",
        "{did: purchase, at_least: -1}": "a number of times is never below 0",
        "{did: purchase, since: 2025-03-01, until: 2025-02-01}": "the days end (2025-02-01) before they begin",
        "{did: purchase, since: 2025-02-30}": "no such day; write it like 2026-01-31",
        "{did: purchase, last_days: 0}": ">= 1",
        "{did: purchase, within_days: 3}": "'within_days' is the time that a sequence may take; give 'then'",
        "{did: purchase, then: [retur]}": "no activity 'retur'; did you mean 'return'?",
        "{did: purchase, then: [return], at_least: 2}": "a sequence happened or not; 'at_least' means nothing",
        "{did: purchase, sum: valu, at_least: 1}": "no property 'valu'; did you mean 'value'?",
        "{did: purchase, sum: channel, at_least: 1}": "'channel' of 'purchase' is no number, so it has no sum",
        "{did: purchase, sum: value}": "how much of 'value'?",
        "{did: purchase, nth: 2, at_least: 2}": "the n-th time happens once",
        "{did: purchase, first_days: 3, from_first: survey_anwered}": "did you mean 'survey_answered'?",
        "{did: purchased}": "Rows that call themselves so are {did: event, where: {name: ['purchased']}}",
        "{did: purchase, from_first: join}": "give 'first_days' with it",
        "{did: purchase, attribute: age, in: [x]}": "on exactly one thing; this one names did, attribute",
        "{segment: nobody}": "no segment 'nobody'",
        "{segment: c0}": "depends on itself: c0 > c0",
        "{attribute: age}": "says no value; give 'in'",
        "{member: gendre, in: [F]}": "no column 'gendre' in profile; did you mean 'gender'?",
        "{list: vop.csv}": "no file 'vop.csv' beside the segments; did you mean 'vip.csv'?",
        "{list: vip.csv}": "'vip.csv' has 2 columns; say which with 'column' (card, name)",
        "{list: vip.csv, column: crad}": "no column 'crad' in 'vip.csv'; did you mean 'card'?",
        "{list: ../vip.csv}": "is no file beside",
        "{refs: ['1'], last_days: 3}": "'last_days' means nothing with 'refs'; leave it out",
    }
    (tmp_path / "punchcard.yaml").write_text("name: Odd\n")
    for condition, message in conditions.items():
        (tmp_path / "segments" / "own.yaml").write_text(f"c0: {{title: Odd, meaning: Wrong., all: [{condition}]}}\n")
        _, mistakes = read(tmp_path)
        assert message in " ".join(str(one) for one in mistakes), (condition, [str(one) for one in mistakes])


def test_a_listed_number_of_nobody_and_an_unheard_activity_are_told(small: Small) -> None:
    frame = {"period": "2025-11", "reading": "now"}
    guests = small.programme.ask(
        {"ask": {"kind": "number", "metrics": ["members_known"]}, **frame, "filters": [{"segment": "guests"}]}
    )
    assert guests.result.rows[0][0] == 2
    assert "Guests: 1 of 3 listed numbers are not in the data: 99" in [note.text for note in guests.result.notes]
    odd = small.programme.ask(
        {"ask": {"kind": "number", "metrics": ["members_known"]}, **frame, "filters": [{"segment": "mistyped"}]}
    )
    assert odd.result.rows[0][0] == 0
    told = "Mistyped: nobody did 'app openned' so far, as far as the data tells; did you mean 'app opened'?"
    assert told in [note.text for note in odd.result.notes]


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Six numbers: 1 became 2; 3, 4 and 5 became one another in a circle; 6 has no record; each bought once."""
    folder = tmp_path_factory.mktemp("merged")
    (folder / "segments").mkdir()
    (folder / "segments" / "own.yaml").write_text(
        SEGMENTS.replace(", column: card", "").replace("guests.csv", "all.csv")
    )
    (folder / "segments" / "all.csv").write_text("card\n1\n5\n6\n")
    days = ("11-01", "11-02", "11-03", "11-04", "11-05", "11-06")
    rows = {
        "member": [{"created_at": at("01-01")} for _ in range(5)],
        "store": [{"channel": "pos"}, {"channel": "web"}],
        "txn": [sale(member, day) for member, day in enumerate(days, 1)],
        "txn_line": [{"txn_id": n, "qty": 1, "net": 10, "gross": 10} for n in range(1, 7)],
        "identity_merge": [
            {"from_member_id": gone, "into_member_id": into, "merged_at": at(day)}
            for gone, into, day in ((1, 2, "11-10"), (3, 4, "11-10"), (4, 5, "11-11"), (5, 3, "11-12"))
        ],
    }
    return Small(folder, rows)


@pytest.mark.parametrize(("segment", "members"), [("often", ("2", "5")), ("guests", ("2", "5", "6"))])
def test_merged_people_are_one_also_in_a_circle_and_without_a_record(
    merged: Small, segment: str, members: tuple[str, ...]
) -> None:
    frame = {"period": "2025-11", "filters": [{"segment": segment}], "reading": "now"}
    known = decode({"ask": {"kind": "number", "metrics": ["members_known"]}, **frame})
    assert behind(merged.programme, known, OPERATOR, {}).refs == members
    assert merged.programme.ask(known).result.rows[0][0] == len(members)
    often = merged.programme.ask({"ask": {"kind": "frequency", "activity": BUY}, **frame})
    assert sum(int(str(row[1])) for row in often.result.rows) == len(members)


def test_segments_cut_everybody_into_parts_whose_lists_are_as_long_as_counted(merged: Small) -> None:
    query = decode({"ask": {"kind": "overlap", "segments": ["often", "once", "guests"]}, "period": "2025-11"})
    result = merged.programme.ask(query).result
    parts = [row for row in result.rows if not row[-1]]
    everybody = result.rows[-1]
    assert sum(int(str(row[-2])) for row in parts) == everybody[-2] == 3
    for place, name in enumerate(("often", "once", "guests")):
        (size,) = (row[-2] for row in result.rows if row[-1] and row[place])
        assert size == sum(int(str(row[-2])) for row in parts if row[place])
        assert size == merged.number("members_known", "2025-11", filters=[{"segment": name}])
    found: list[str] = []
    for row in parts:
        at_ = {f"in.{name}": str(row[place]) for place, name in enumerate(("often", "once", "guests"))}
        refs = behind(merged.programme, query, OPERATOR, at_).refs
        assert len(refs) == row[-2]
        found += refs
    assert sorted(found) == ["2", "5", "6"]


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (["often"], "length >= 2"),
        (["often", "offen"], "no segment 'offen'; did you mean 'often'?"),
        (["often", "often"], "'often' is given twice"),
        ([f"s{n}" for n in range(13)], "length <= 12"),
    ],
)
def test_an_overlap_that_cannot_be_says_why(merged: Small, segments: list[str], message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        merged.programme.ask({"ask": {"kind": "overlap", "segments": segments}})


def test_who_comes_back_is_divided_by_a_segment_and_each_cell_has_its_list(small: Small) -> None:
    ask = {"kind": "retention", "start": BUY, "returning": BUY, "grain": "week", "intervals": 3}
    query = decode({"ask": {**ask, "breakdown": "in.often"}, "period": "2025-11-03..2025-11-30"})
    result = small.programme.ask(query).result
    alone = small.programme.ask(
        {"ask": ask, "period": "2025-11-03..2025-11-30", "filters": [{"segment": "often"}]}
    ).result
    names = ("cohort", "interval", "retained")
    place = {name: result.index(name) for name in (*names, "value", "total")}
    own = [tuple(row[place[n]] for n in names) for row in result.rows if row[place["value"]] == "Often"]
    assert own == [tuple(row[alone.index(n)] for n in names) for row in alone.rows]
    listed = [row for row in result.rows if not row[place["total"]]]
    assert any(row[place["retained"]] for row in listed if row[place["value"]] != "Often")
    for row in listed:
        at_ = {name: str(row[place[name]]) for name in ("cohort", "interval", "value")}
        assert len(behind(small.programme, query, OPERATOR, at_).refs) == row[place["retained"]]


@pytest.mark.parametrize("reading", ["now", "at_start"])
def test_what_members_do_is_divided_by_a_segment_and_each_count_has_its_list(small: Small, reading: str) -> None:
    frame = {"period": "2025-11-03..2025-11-30", "reading": reading}
    steps = [{"activity": "purchase"}, {"activity": "purchase"}]
    for ask in (
        {"kind": "segmentation", "activity": BUY, "grain": "month", "breakdown": "in.often"},
        {"kind": "funnel", "steps": steps, "breakdown": {"property": "in.often"}},
    ):
        query = decode({"ask": ask, **frame})
        result = small.programme.ask(query).result
        filtered = decode({"ask": {**ask, "breakdown": None}, **frame, "filters": [{"segment": "often"}]})
        alone = small.programme.ask(filtered).result
        label = "bucket" if ask["kind"] == "segmentation" else "step"
        figure = "figure" if ask["kind"] == "segmentation" else "count"
        own = {row[result.index(label)]: row[result.index(figure)] for row in result.rows if "Often" in row}
        assert own or reading == "at_start"  # before the period nobody had bought twice, so nobody is in the group
        if own:
            assert own == dict(zip(alone.column(label), alone.column(figure), strict=True))
        for row in result.rows:
            at_ = {"value": str(row[result.index("value")])}
            if row[result.index(label)] is not None:
                at_[label] = str(row[result.index(label)])
            assert len(behind(small.programme, query, OPERATOR, at_).refs) == row[result.index(figure)]
