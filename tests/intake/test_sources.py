"""Every kind of source gives the same rows: JSON lines, workbooks, Parquet, a PostgreSQL server, rows written down."""

import gzip
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from punchcard.errors import ImportFailed
from punchcard.intake.report import Outcome

from .conftest import Shop

EVENTS = """
from: {file: 'e.json*'}
tables:
  event:
    columns: {event_id: id, name: name, value: value.amount, props: value}
"""
MEMBERS = "{from: {file: m.xlsx}, tables: {member: {columns: {member_id: id, born: born, joined_at: at, phone: name}}}}"


def test_json_lines_are_read_by_keys_and_a_bad_line_costs_itself(shop: Shop) -> None:
    shop.write(
        e__jsonl='{"id": 1, "name": "buy", "value": {"amount": 10.10, "offer id": "x"}}\n'
        "\n"
        '{"id": "2", "name": "view"}\n'
        "{oops\n"
        "[3]\n"
        '{"id": 4, "name": "buy", "value": {"amount": "N/A"}}\n'
        '{"id": 5, "name": "' + "x" * 2_000_000 + '"}\n'
        '{"id": 6, "name": "last"}'
    )
    file = shop.file(EVENTS)
    assert (file.counts[0].received, file.counts[0].stored, file.counts[0].quarantined) == (7, 3, 4)
    assert "1 blank lines left out" in file.notes
    assert shop.rows("select name, value, cast(props as varchar) from raw.event order by event_id") == [
        ("buy", Decimal("10.1"), '{"amount":10.10,"offer id":"x"}'),
        ("view", None, None),
        ("last", None, None),
    ]
    assert [(row, column, kind) for row, column, _, kind in shop.quarantine()] == [
        (4, None, "bad_line"),
        (5, None, "bad_line"),
        (6, "value", "bad_cell"),
        (7, None, "bad_line"),
    ]


def test_a_key_that_no_object_has_is_told_with_the_nearest(shop: Shop) -> None:
    shop.write(e__jsonl='{"id": 1, "name": "buy", "value": {"amuont": 1}}\n')
    assert "no object has 'value.amount'; did you mean 'value.amuont'?" in shop.file(EVENTS).notes


@pytest.mark.parametrize(
    "content",
    [b'\xef\xbb\xbf [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]', b'{"id":1,"name":"a"}\n{"id":2,"name":"b"}'],
)
def test_an_array_of_objects_is_as_good_as_lines_of_them(shop: Shop, content: bytes) -> None:
    shop.write(e__json=content)
    assert shop.count(EVENTS).stored == 2
    (shop.root / "e.json").unlink()
    shop.write(e__jsonl__gz=gzip.compress(content))
    assert shop.rows("select count(*) from raw.event") == [(2,)]


def workbook(path: Path, *, epoch: datetime | None = None) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    sheet = book.active
    assert sheet is not None
    sheet.title = "Members"
    for row in (
        ["id", "born", "at", "name"],
        [17850, date(1990, 1, 31), datetime.fromisoformat("2026-01-02 03:04"), "Zoë"],
        ["007", datetime.fromisoformat("1991-02-01"), datetime.fromisoformat("2026-07-02 03:04"), time(9, 30)],
        [None, None, None, None],
        [3, 33000, None, 1.5],
    ):
        sheet.append(row)
    book.save(path)
    return book


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_a_workbook_gives_dates_as_they_are_whatever_its_calendar_begins_with(
    shop: Shop, epoch: datetime | None
) -> None:
    workbook(shop.root / "m.xlsx", epoch=epoch)
    assert shop.count(MEMBERS).quarantined == 1
    assert shop.rows(
        "select ref, born, joined_at, phone from raw.member join keys.member on id = member_id order by id"
    ) == [
        ("17850", date(1990, 1, 31), datetime(2026, 1, 2, 2, 4, tzinfo=UTC), "Zoë"),
        ("007", date(1991, 2, 1), datetime(2026, 7, 2, 1, 4, tzinfo=UTC), "09:30:00"),
    ]
    assert shop.quarantine() == [(5, "born", "33000", "bad_cell")]


def test_a_workbook_with_several_sheets_asks_which_and_takes_all_that_match(shop: Shop) -> None:
    book = workbook(shop.root / "m.xlsx")
    book.create_sheet("Empty")
    for year in (2025, 2026):
        sheet = book.create_sheet(f"Sales {year}")
        sheet.append([])
        sheet.append(["id", "amount"])
        sheet.append([f"r{year}", 1.234])
    book.save(shop.root / "m.xlsx")
    with pytest.raises(ImportFailed, match="has several sheets: Members, Sales 2025, Sales 2026; say which"):
        shop.bring(MEMBERS)
    with pytest.raises(ImportFailed, match="no sheet 'Memers'; did you mean 'Members'"):
        shop.bring(MEMBERS.replace("m.xlsx", "m.xlsx, sheet: Memers"))
    report = shop.bring(
        "{from: {file: m.xlsx, sheet: 'Sales *'}, dialect: {skip_lines: 1},"
        " tables: {txn: {columns: {txn_id: id, net: amount}}}}"
    )
    assert [file.label for file in report.files] == ["m.xlsx [Sales 2025]", "m.xlsx [Sales 2026]"]
    assert shop.rows("select sum(net) from raw.txn") == [(Decimal("2.468"),)]


def test_what_the_eye_sees_in_a_sheet_and_a_program_does_not_is_told(shop: Shop) -> None:
    book = workbook(shop.root / "m.xlsx")
    sheet = book["Members"]
    sheet.merge_cells("A7:B7")
    sheet.row_dimensions[2].hidden = True
    sheet["D5"] = "=1+1"
    sheet["C5"] = "#N/A"
    book.save(shop.root / "m.xlsx")
    assert [note.split(":")[0].split(";")[0] for note in shop.file(MEMBERS).notes[:4]] == [
        "1 merged areas",
        "1 hidden rows are read like the others",
        "1 cells show an error such as #N/A and read as empty",
        "1 formulas have no stored result and read as empty",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 2000, "is locked by a password; save it without one"),
        (b"id,name\n", "is no readable workbook"),
    ],
)
def test_a_workbook_that_cannot_be_opened_says_why(shop: Shop, content: bytes, words: str) -> None:
    shop.write(m__xlsx=content)
    with pytest.raises(ImportFailed, match=words):
        shop.bring(MEMBERS)


def test_parquet_keeps_its_types_and_what_is_nested_becomes_json(shop: Shop) -> None:
    pq.write_table(
        pa.table(
            {
                "id": pa.array([17850.0, 2.0, None]),
                "name": pa.array(["a", "b", "c"]).dictionary_encode(),
                "amount": pa.array([Decimal("1.10"), None, Decimal("3")], pa.decimal128(20, 2)),
                "at": pa.array([datetime.fromisoformat("2026-07-01 12:00")] * 3, pa.timestamp("ns")),
                "born": pa.array([date(2000, 1, 1)] * 3),
                "more": pa.array([{"tags": ["x"]}, None, None]),
            }
        ),
        shop.root / "p.parquet",
    )
    shop.bring(
        """
        from: {file: p.parquet}
        tables:
          event: {columns: {event_id: id, name: name, value: amount, props: more}}
          member: {columns: {member_id: id, joined_at: at, born: born}}
        """
    )
    assert shop.rows(
        "select ref, value, cast(props as varchar) from raw.event join keys.event on id = event_id order by id"
    ) == [
        ("17850", Decimal("1.10"), '{"tags": ["x"]}'),
        ("2", None, None),
    ]
    assert shop.rows("select distinct joined_at, born from raw.member") == [
        (datetime(2026, 7, 1, 10, tzinfo=UTC), date(2000, 1, 1))
    ]
    assert [(row, column) for row, column, _, _ in shop.quarantine()] == [(3, "event_id"), (3, "member_id")]


def test_a_number_that_is_none_is_no_amount(shop: Shop) -> None:
    pq.write_table(pa.table({"id": [1, 2], "amount": [float("nan"), float("inf")]}), shop.root / "t.parquet")
    shop.bring("{from: {file: t.parquet}, tables: {txn: {columns: {txn_id: id, net: amount}}}}")
    assert shop.rows("select net from raw.txn") == [(None,)]  # NaN is how pandas writes "nothing"
    assert shop.quarantine() == [(2, "net", "inf", "bad_cell")]


def test_rows_may_be_written_into_the_source(shop: Shop) -> None:
    shop.bring(
        "{from: {rows: [{id: a, live: true}, {id: b}]}, tables: {member: {columns: {member_id: id, is_test: live}}}}"
    )
    assert shop.rows("select is_test from raw.member order by member_id") == [(True,), (False,)]


def test_a_kind_of_file_that_nobody_reads_is_refused_with_those_that_are(shop: Shop) -> None:
    shop.write(m__pdf="%PDF")
    with pytest.raises(ImportFailed, match=r"'\.pdf' is no kind of file that can be read; use \.csv"):
        shop.bring("{from: {file: m.pdf}, tables: {member: {columns: {member_id: id}}}}")


def test_a_package_that_is_not_installed_and_a_variable_that_is_not_set_are_named(shop: Shop) -> None:
    with pytest.raises(ImportFailed, match="the package 'no_such_package' is not installed"):
        shop.bring("{from: {package: no_such_package, file: a.csv}, tables: {member: {columns: {member_id: id}}}}")
    with pytest.raises(ImportFailed, match="no variable NOT_SET"):
        shop.bring("{from: {file: '${NOT_SET}/a.csv'}, tables: {member: {columns: {member_id: id}}}}")


POSTGRES = """
from: {postgres: {url: env:CRM_URL, query: "select * from crm.orders where kind <> 'draft';"}}
tables:
  txn:
    columns: {txn_id: id, member_id: who, net: amount, occurred_at: at, items: n, kind: kind}
"""


@pytest.mark.slow
def test_a_table_of_a_database_comes_in_exactly_and_only_again_when_it_changed(
    shop: Shop, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_URL", postgres)
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute("drop schema if exists crm cascade")
        database.execute("create schema crm")
        database.execute(
            "create table crm.orders (id uuid, who text, amount numeric, at timestamptz, n int, kind text, note text)"
        )
        database.execute(
            """insert into crm.orders values
               (gen_random_uuid(), 'Zoë "Z", x', 0.1000, '2026-07-01 12:00+02', 1, 'sale', E'two\nlines'),
               (gen_random_uuid(), null, 12345678901.2345, '2026-07-02', 1234567, 'return', null),
               (gen_random_uuid(), 'x', 'NaN', 'infinity', null, 'sale', null),
               (null, null, null, null, null, 'draft', null)"""
        )
    count = shop.count(POSTGRES)
    assert (count.received, count.stored, count.quarantined) == (3, 2, 1)
    assert shop.rows(
        """select m.ref, net, occurred_at, items, kind
           from raw.txn left join keys.member m on m.id = member_id order by txn_id"""
    ) == [
        ('Zoë "Z", x', Decimal("0.1"), datetime(2026, 7, 1, 10, tzinfo=UTC), 1, "sale"),
        (None, Decimal("12345678901.2345"), datetime(2026, 7, 2, tzinfo=UTC), 1234567, "return"),
    ]
    assert [(column, value) for _, column, value, _ in shop.quarantine()] == [
        ("net", "NaN"),
        ("occurred_at", "infinity"),
    ]
    assert shop.file().outcome is Outcome.UNCHANGED
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute("update crm.orders set amount = 7 where who = 'x'")
    assert shop.file().outcome is Outcome.REPLACED


@pytest.mark.slow
def test_a_database_that_cannot_be_asked_says_why_and_never_shows_its_password(
    shop: Shop, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_URL", raising=False)
    with pytest.raises(ImportFailed, match="no variable CRM_URL"):
        shop.bring(POSTGRES)
    monkeypatch.setenv("CRM_URL", postgres)
    with pytest.raises(ImportFailed, match=r'the database answers: relation "crm\.nothing" does not exist'):
        shop.bring(POSTGRES.replace("crm.orders", "crm.nothing"))
    with pytest.raises(ImportFailed, match="read-only transaction"):
        shop.bring(
            "{from: {postgres: {url: env:CRM_URL, query: 'select lo_create(0) as id'}},"
            " tables: {txn: {columns: {txn_id: id}}}}"
        )
    monkeypatch.setenv("CRM_URL", "postgresql://me:secret@127.0.0.1:1/none")
    with pytest.raises(ImportFailed) as failure:
        shop.bring(POSTGRES)
    assert "secret" not in str(failure.value)
