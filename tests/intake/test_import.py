"""What an import promises: each row is accounted for, nothing is half stored, the order of arrival does not matter."""

import itertools
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from punchcard.errors import DeclarationError, ImportFailed
from punchcard.intake.report import Outcome
from punchcard.intake.store import open_store

from .conftest import TABLES, Shop

TXNS = "{from: {file: 't*.csv'}, tables: {txn: {columns: {txn_id: id, member_id: who, net: amount, kind: kind}}}}"
RECEIPTS = """
from: {file: r.csv}
brand: corner_shop
tables:
  txn:
    distinct: true
    columns: {txn_id: receipt, member_id: who, occurred_at: at}
  line:
    where: "price <> 0"
    columns:
      line_id: {join: [receipt, pos]}
      txn_id: receipt
      product: product
      net: {formula: "qty * price"}
"""


def test_a_row_with_a_bad_cell_is_kept_out_of_every_table_and_each_of_its_cells_is_listed(shop: Shop) -> None:
    shop.write(
        r__csv="receipt,pos,who,at,product,qty,price\n"
        "A,1,7,2026-01-01,tea,2,1.50\n"
        "A,2,7,2026-01-01,jam,x,1\n"
        "B,1,8,32.13.2026,tea,two,1\n"
        "C,1,,2026-01-02,bag,1,0\n"
    )
    file = shop.file(RECEIPTS)
    txn, line = file.counts
    assert (txn.received, txn.stored, txn.folded, txn.quarantined, txn.skipped) == (4, 2, 0, 2, 0)
    assert (line.received, line.stored, line.quarantined, line.skipped) == (4, 1, 2, 1)
    assert shop.quarantine() == [
        (3, "net", "price = 1, qty = x", "bad_cell"),
        (4, "net", "price = 1, qty = two", "bad_cell"),
        (4, "occurred_at", "32.13.2026", "bad_cell"),
    ]
    assert shop.rows("select net from raw.line") == [(Decimal(3),)]
    assert shop.rows("select count(*), count(brand_id), count(member_id) from raw.txn") == [(2, 2, 1)]


def test_ids_are_dense_integers_in_order_of_appearance_and_stay(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\nr-9,Zoe,1,\nr-1,Ann,2,\nr-5,Zoe,3,return\n")
    shop.bring(TXNS)
    assert shop.rows("select id, ref from keys.member order by id") == [(1, "Zoe"), (2, "Ann")]
    assert shop.rows("select txn_id, member_id, kind from raw.txn order by 1") == [
        (1, 1, "sale"),
        (2, 2, "sale"),
        (3, 1, "return"),
    ]
    shop.write(t1__csv="id,who,amount,kind\nr-0,Bob,1,\nr-5,Zoe,3,return\n")
    shop.bring(TXNS)
    assert shop.rows("select id, ref from keys.member order by id") == [(1, "Zoe"), (2, "Ann"), (3, "Bob")]
    assert shop.rows("select txn_id, member_id from raw.txn order by 1") == [(3, 1), (4, 3)]


def test_words_that_are_not_allowed_and_keys_that_are_missing_are_named(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,gift\n,b,2,sale\n3,c,3,sale\n")
    assert shop.count(TXNS).quarantined == 2
    assert shop.rows('select row, "column", kind, reason from intake.quarantine order by row') == [
        (2, "kind", "not_allowed", "is not one of sale, return"),
        (3, "txn_id", "missing", "is empty, but must be filled: The number of the receipt."),
    ]


def test_words_of_the_source_are_replaced_and_those_for_none_are_empty(shop: Shop) -> None:
    shop.write(m__csv="id,sex,born\n1,2,1990-01-01\n2,unknown,00/00/0000\n3,f,\n")
    shop.bring(
        """
        from: {file: m.csv}
        tables:
          member:
            columns:
              member_id: id
              gender: {column: sex, words: {"1": m, "2": f}, empty_words: [unknown]}
              born: {column: born, empty_words: ["00/00/0000"]}
        """
    )
    assert shop.rows("select gender, cast(born as varchar) from raw.member order by member_id") == [
        ("f", "1990-01-01"),
        (None, None),
        ("f", None),
    ]


def test_the_same_file_again_changes_nothing_and_says_so(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n")
    assert shop.file(TXNS).outcome is Outcome.IMPORTED
    before = shop.store.read_bytes()
    report = shop.bring()
    assert [file.outcome for file in report.files] == [Outcome.UNCHANGED]
    assert not report.changed
    assert shop.rows("select count(*) from intake.batch") == [(1,)]
    assert len(before) == shop.store.stat().st_size


def test_a_changed_file_replaces_exactly_what_it_brought(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n2,a,2,\n", t2__csv="id,who,amount,kind\n3,b,3,\n")
    shop.bring(TXNS)
    shop.write(t1__csv="id,who,amount,kind\n1,a,1.5,\n4,a,4,\n")
    assert [file.outcome for file in shop.bring().files] == [Outcome.REPLACED, Outcome.UNCHANGED]
    assert shop.rows("select ref, net from raw.txn join keys.txn on id = txn_id order by ref") == [
        ("1", Decimal("1.5")),
        ("3", Decimal(3)),
        ("4", Decimal(4)),
    ]


def test_a_changed_declaration_reads_the_file_again(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n")
    shop.bring(TXNS)
    shop.bring(TXNS.replace("net: amount", "net: {formula: amount * 2}"))
    assert shop.rows("select net from raw.txn") == [(Decimal(2),)]


def test_a_file_that_is_gone_is_reported_and_its_rows_stay(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n", t2__csv="id,who,amount,kind\n2,a,2,\n")
    shop.bring(TXNS)
    (shop.root / "t2.csv").unlink()
    assert [(file.label, file.outcome) for file in shop.bring().files] == [
        ("t1.csv", Outcome.UNCHANGED),
        ("t2.csv", Outcome.MISSING),
    ]
    assert shop.rows("select count(*) from raw.txn") == [(2,)]


def test_a_source_that_is_no_longer_declared_is_reported_until_it_is_forgotten(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n", old__csv="id\n1\n2\n")
    shop.sources["a_old"] = {"from": {"file": "old.csv"}, "tables": {"txn": {"columns": {"txn_id": "id"}}}}
    shop.bring(TXNS)
    del shop.sources["a_old"]
    assert [(file.source, file.outcome) for file in shop.bring().files][1:] == [("a_old", Outcome.MISSING)]
    assert shop.rows("select count(*) from raw.txn") == [(2,)]
    with pytest.raises(ImportFailed, match="no source 'old' brought anything"):
        shop.bring(forget=["old"])
    report = shop.bring(forget=["a_old"])
    assert report.changed
    assert [(file.source, file.outcome) for file in report.files] == [
        ("a_old", Outcome.FORGOTTEN),
        ("shop", Outcome.REPLACED),
    ]
    assert shop.rows("select net from raw.txn") == [(Decimal(1),)]  # it had given way to the other source


def test_words_for_people_may_change_without_reading_anything_again(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n")
    shop.bring(TXNS)
    reworded = {name: replace(column, meaning="Something else.") for name, column in TABLES["txn"].columns.items()}
    shop.tables = {**TABLES, "txn": replace(TABLES["txn"], columns=reworded)}
    assert shop.file().outcome is Outcome.UNCHANGED


def test_no_file_at_all_is_a_mistake(shop: Shop) -> None:
    with pytest.raises(ImportFailed, match=r"sources/shop.yaml: no file matches 't\*.csv'"):
        shop.bring(TXNS)


def test_one_key_twice_is_a_duplicate_if_it_says_the_same_and_a_conflict_if_not(shop: Shop) -> None:
    shop.write(
        t1__csv="id,who,amount,kind\n1,a,1,\n1,a,1.00,sale\n1,b,9,\n2,a,2,\n",
        t2__csv="id,who,amount,kind\n2,a,2,\n1,c,1,\n",
    )
    first, second = shop.bring(TXNS).files
    (count,) = first.counts
    assert (count.received, count.stored, count.duplicates, count.quarantined) == (4, 2, 1, 1)
    (count,) = second.counts
    assert (count.received, count.stored, count.duplicates, count.quarantined) == (2, 0, 1, 1)
    assert shop.rows("select label, row, value, kind, reason from intake.quarantine order by label") == [
        ("t1.csv", 4, "1", "key_conflict", "the key is known, but member_id, net differs; the first row was kept"),
        ("t2.csv", 3, "1", "key_conflict", "the key is known, but member_id differs; the first row was kept"),
    ]


def test_a_row_that_gave_way_comes_in_once_the_other_file_no_longer_has_it(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n", t2__csv="id,who,amount,kind\n1,b,2,\n")
    shop.bring(TXNS)
    shop.write(t1__csv="id,who,amount,kind\n9,a,1,\n")
    shop.bring()
    assert shop.rows("select ref, net from raw.txn join keys.txn on id = txn_id order by ref") == [
        ("1", Decimal(2)),
        ("9", Decimal(1)),
    ]


def test_a_source_that_speaks_last_fills_in_only_what_no_other_knows(shop: Shop) -> None:
    shop.sources["a_sales"] = {
        "from": {"file": "t.csv"},
        "tables": {
            "txn": {"columns": {"txn_id": "id", "member_id": "who"}},
            "member": {"distinct": True, "fallback": True, "columns": {"member_id": "who"}},
        },
    }
    shop.sources["crm"] = {
        "from": {"file": "m.csv"},
        "tables": {"member": {"columns": {"member_id": "id", "gender": "sex"}}},
    }
    shop.write(t__csv="id,who\n1,ann\n2,bob\n3,ann\n", m__csv="id,sex\nann,f\n")
    report = shop.bring()
    assert [file.source for file in report.files] == ["crm", "a_sales"]
    assert shop.rows("select ref, gender from raw.member join keys.member on id = member_id order by ref") == [
        ("ann", "f"),
        ("bob", None),
    ]
    shop.write(m__csv="id,sex\nann,f\nbob,m\n")
    shop.bring()
    assert shop.rows("select ref, gender from raw.member join keys.member on id = member_id order by ref") == [
        ("ann", "f"),
        ("bob", "m"),
    ]


def test_each_named_column_becomes_a_row_unless_it_is_empty(shop: Shop) -> None:
    shop.write(m__csv="id,city,kids\n1,Oslo,2\n2,,0\n")
    shop.bring(
        """
        from: {file: m.csv}
        tables:
          event:
            each: [city, kids]
            columns: {event_id: {each: value}, name: {each: name}, props: {object: [id, city]}}
        """
    )
    assert shop.rows("select name, cast(props as varchar) from raw.event order by 1, 2") == [
        ("city", '{"id":"1","city":"Oslo"}'),
        ("kids", '{"id":"1","city":"Oslo"}'),
        ("kids", '{"id":"2"}'),
    ]


def test_a_dry_run_shows_everything_and_writes_nothing(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind,colour\n1,a,1,,red\n2,b,x,,blue\n")
    report = shop.bring(TXNS, dry_run=True)
    (file,) = report.files
    assert not shop.store.exists()
    assert (report.dry_run, file.rows, file.counts[0].stored, file.counts[0].quarantined) == (True, 2, 1, 1)
    assert file.unmapped == ("colour",)
    assert ("amount", "txn.net") in file.mapped
    assert [(sample.row, sample.column, sample.value) for sample in file.samples] == [(3, "net", "x")]
    shop.bring()
    shop.write(t1__csv="id,who,amount,kind,colour\n1,a,9,,red\n")
    shop.bring(dry_run=True)
    assert shop.rows("select net from raw.txn") == [(Decimal(1),)]


def test_files_that_cannot_be_read_are_all_named_and_nothing_is_kept(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n", t2__csv="id,who\n", t3__csv="")
    with pytest.raises(ImportFailed) as failure:
        shop.bring(TXNS)
    assert "t2.csv: no column 'amount'; no column 'kind'; did you mean 'id'? (it has: id, who)" in str(failure.value)
    assert "t3.csv: is empty" in str(failure.value)
    assert shop.rows("select count(*) from duckdb_tables() where schema_name = 'raw'") == [(0,)]


def test_a_declaration_that_grows_adds_its_column_to_the_store(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n")
    lean = {name: column for name, column in TABLES["txn"].columns.items() if name != "items"}
    shop.tables = {**TABLES, "txn": replace(TABLES["txn"], columns=lean)}
    shop.bring(TXNS)
    shop.tables = TABLES
    report = shop.bring()
    assert [file.outcome for file in report.files] == [Outcome.REPLACED]
    assert shop.rows("select items, net from raw.txn") == [(None, Decimal(1))]


def test_a_second_process_is_told_who_has_the_store(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n")
    shop.bring(TXNS)
    program = f"""
import pathlib, time
from punchcard.intake.store import open_store
with open_store(pathlib.Path({str(shop.store)!r})):
    print("open", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(ImportFailed, match=f"is in use by process {other.pid}; stop it, or try again"):
            shop.bring()
        with pytest.raises(ImportFailed, match=f"in use by process {other.pid}"):
            open_store(shop.store, read_only=True)
        other.kill()
    assert not shop.bring().changed


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["reading", "typing", "storing line"])
def test_an_import_that_is_killed_leaves_the_last_good_state(shop: Shop, stage: str) -> None:
    shop.write(r__csv="receipt,pos,who,at,product,qty,price\nA,1,7,2026-01-01,tea,2,1.50\n")
    shop.bring(RECEIPTS)
    before = shop.rows("select * from raw.line"), shop.rows("select * from intake.file")
    rows = "".join(f"R{n // 3},{n % 3},{n % 50},2026-01-02,tea,1,2.50\n" for n in range(200_000))
    shop.write(r__csv="receipt,pos,who,at,product,qty,price\n" + rows)
    program = Path(shop.root / "kill_me.py")
    program.write_text(
        f"""
import os, signal, sys
sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
from pathlib import Path
from tests.intake.conftest import Shop
from tests.intake.test_import import RECEIPTS
def progress(stage, done, total):
    if stage.startswith({stage!r}):
        os.kill(os.getpid(), signal.SIGKILL)
Shop(Path({str(shop.root)!r})).bring(RECEIPTS, progress=progress)
""",
        "utf-8",
    )
    died = subprocess.run([sys.executable, program], check=False)
    assert died.returncode == -signal.SIGKILL
    assert (shop.rows("select * from raw.line"), shop.rows("select * from intake.file")) == before
    assert shop.file().outcome is Outcome.REPLACED
    assert shop.rows("select count(*) from raw.line") == [(200_000,)]


def test_a_file_that_changes_while_it_is_read_is_refused(shop: Shop) -> None:
    shop.write(t1__csv="id,who,amount,kind\n1,a,1,\n")

    def meddle(stage: str, done: int, total: int) -> None:
        if stage.startswith("reading"):
            with (shop.root / "t1.csv").open("a") as file:
                file.write("2,b,2,\n")
            os.utime(shop.root / "t1.csv", (time.time() + 5, time.time() + 5))

    with pytest.raises(ImportFailed, match=r"t1\.csv: changed while it was read"):
        shop.bring(TXNS, progress=meddle)


def test_ids_that_no_table_describes_are_counted(shop: Shop) -> None:
    shop.sources["crm"] = {"from": {"file": "m.csv"}, "tables": {"member": {"columns": {"member_id": "id"}}}}
    shop.write(m__csv="id\na\n", t1__csv="id,who,amount,kind\n1,a,1,\n2,ghost,1,\n3,ghost,1,\n")
    assert shop.bring(TXNS).warnings == ("txn.member_id: 1 not in member (2 rows)",)


def test_mistakes_of_the_declaration_stop_the_import_before_any_file_is_opened(shop: Shop) -> None:
    with pytest.raises(DeclarationError, match="no table 'txns'; did you mean 'txn'"):
        shop.bring("{from: {file: t.csv}, tables: {txns: {columns: {txn_id: id}}}}")


_ROWS = st.lists(st.tuples(st.sampled_from("1234"), st.sampled_from(["1", "2", "x"])), max_size=4)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), _ROWS, min_size=1), min_size=1, max_size=3))
def test_files_that_come_and_change_one_by_one_end_where_importing_the_last_ones_at_once_does(
    tmp_path_factory: pytest.TempPathFactory, versions: list[dict[str, list[tuple[str, str]]]]
) -> None:
    source = "{from: {file: 't*.csv'}, tables: {txn: {columns: {txn_id: id, net: amount}}}}"

    def write(shop: Shop, files: dict[str, list[tuple[str, str]]]) -> None:
        for name, rows in files.items():
            text = "id,amount\n" + "".join(f"{key},{amount}\n" for key, amount in rows)
            (shop.root / f"t{name}.csv").write_text(text)

    step_by_step, at_once = (Shop(tmp_path_factory.mktemp(name)) for name in ("steps", "once"))
    for files in versions:
        write(step_by_step, files)
        report = step_by_step.bring(source)
        assert all(count.balanced() for file in report.files for count in file.counts)
    write(at_once, dict(itertools.chain.from_iterable(files.items() for files in versions)))
    at_once.bring(source)
    kept = "select ref, net from raw.txn join keys.txn on id = txn_id order by all"
    told = "select label, row, kind from intake.quarantine order by all"
    assert step_by_step.rows(kept) == at_once.rows(kept)
    assert step_by_step.rows(told) == at_once.rows(told)
