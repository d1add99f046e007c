"""Files as they really come: each is read right, or says which line is wrong, or is refused with a reason."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from punchcard.errors import ImportFailed

from .conftest import Shop

MEMBERS = "{from: {file: 'm.*'}, tables: {member: {columns: {member_id: id, phone: name}}}}"
TXNS = "{from: {file: t.csv}, tables: {txn: {columns: {txn_id: id, net: amount}}}}"
DATED = "{from: {file: t.csv}, tables: {txn: {columns: {txn_id: id, occurred_at: at}}}}"


def pinned(source: str, dialect: str) -> str:
    return source[:-1] + f", dialect: {dialect}}}"


@pytest.mark.parametrize(
    ("encoding", "name", "shown"),
    [
        ("utf-8", "Zoë", "utf-8"),
        ("utf-8-sig", "Zoë", "utf-8"),
        ("latin-1", "Noël, café et crème brûlée", "cp1252 (guessed"),
        ("cp1251", "Анна Каренина из Москвы", "cp1251 (guessed"),
        ("utf-16", "Анна", "utf-16"),
        ("utf-16-le", "Anna", "utf-16-le (guessed"),
    ],
)
def test_a_file_in_any_encoding_keeps_every_row_and_letter(shop: Shop, encoding: str, name: str, shown: str) -> None:
    shop.write(m__csv=f'id,name\n1,"{name}"\n2,b\n'.encode(encoding))
    assert shop.file(MEMBERS).notes[0].startswith(shown)
    assert shop.rows("select phone from raw.member order by _batch, member_id") == [(name,), ("b",)]


def test_a_pinned_encoding_is_used_and_an_unknown_one_refused(shop: Shop) -> None:
    shop.write(m__csv="id,name\n1,Łódź\n".encode("cp1250"))
    assert shop.file(pinned(MEMBERS, "{encoding: cp1250}")).notes == ("cp1250, comma between 2 columns",)
    assert shop.rows("select phone from raw.member") == [("Łódź",)]
    with pytest.raises(ImportFailed, match="no encoding 'klingon'"):
        shop.bring(pinned(MEMBERS, "{encoding: klingon}"))


def test_one_broken_byte_in_a_good_file_costs_its_line_alone(shop: Shop) -> None:
    lines = "".join(f"{number},é\n" for number in range(200)).encode()
    shop.write(m__csv=b"id,name\n" + lines + b"x,\xff\n")
    count = shop.count(MEMBERS)
    assert (count.received, count.stored, count.quarantined) == (201, 200, 1)
    assert [(row, kind) for row, _, _, kind in shop.quarantine()] == [(202, "bad_line")]


def test_ragged_rows_are_kept_out_by_line_and_the_rest_comes_in(shop: Shop) -> None:
    shop.write(t__csv="id,amount,b\n1,2\n2,2.50,x\n3,2,x,y\n\n4,1,z\n")
    file = shop.file(TXNS)
    assert (file.counts[0].received, file.counts[0].stored) == (4, 2)
    assert shop.quarantine() == [(2, None, "1,2", "bad_line"), (4, None, "3,2,x,y", "bad_line")]
    assert "1 blank lines left out" in file.notes


def test_a_word_among_thirty_thousand_numbers_is_one_cell_in_quarantine(shop: Shop) -> None:
    shop.write(t__csv="id,amount\n" + "".join(f"{n},1.50\n" for n in range(30_000)) + "x,N/A\n")
    count = shop.count(TXNS)
    assert (count.received, count.stored, count.quarantined) == (30_001, 30_000, 1)
    assert shop.quarantine() == [(30_002, "net", "N/A", "bad_cell")]
    assert shop.rows("select sum(net) from raw.txn") == [(Decimal(45_000),)]


@pytest.mark.parametrize(
    ("written", "amounts"),
    [
        ("10,50 1.234,56 -3", ["10.50", "1234.56", "-3"]),
        ("10.50 1,234.56 1234", ["10.50", "1234.56", "1234"]),
        ("1.234.567 0,5", ["1234567", "0.5"]),
        ("1\N{NO-BREAK SPACE}234,56 7,1", ["1234.56", "7.1"]),
        ("1'234.56 7.1", ["1234.56", "7.1"]),
        ("1.5e3 .5", ["1500", "0.5"]),
    ],
)
def test_the_decimal_mark_of_a_column_is_read_from_all_its_rows(shop: Shop, written: str, amounts: list[str]) -> None:
    shop.write(t__csv="id;amount\n" + "".join(f"{n};{text}\n" for n, text in enumerate(written.split(" "))))
    assert shop.count(TXNS).stored == len(amounts)
    assert shop.rows("select net from raw.txn order by txn_id") == [(Decimal(amount),) for amount in amounts]


def test_a_number_that_may_be_a_thousand_or_one_and_a_bit_is_asked_about(shop: Shop) -> None:
    shop.write(t__csv="id;amount\n1;1.234\n2;7\n")
    with pytest.raises(ImportFailed, match=r"'1\.234' may be a thousand or one and a bit"):
        shop.bring(TXNS)
    shop.bring(pinned(TXNS, "{decimal: ','}"))
    assert shop.rows("select net from raw.txn order by net") == [(Decimal(7),), (Decimal(1234),)]


def test_another_column_of_the_file_may_tell_the_decimal_mark(shop: Shop) -> None:
    shop.write(t__csv="id;amount;n\n1;10,50;1.234\n")
    shop.bring("{from: {file: t.csv}, tables: {txn: {columns: {txn_id: id, net: amount, items: n}}}}")
    assert shop.rows("select net, items from raw.txn") == [(Decimal("10.5"), 1234)]


def test_a_number_finer_than_an_amount_is_rounded_and_told(shop: Shop) -> None:
    shop.write(t__csv="id,amount\n1,1.23456\n2,1.5000000\n3,2.00004\n")
    assert "amount: 2 numbers have more than 4 decimals; where 4 are kept, they are rounded" in shop.file(TXNS).notes
    assert shop.rows("select net from raw.txn order by txn_id") == [
        (Decimal("1.2346"),),
        (Decimal("1.5"),),
        (Decimal(2),),
    ]


def test_a_column_with_both_decimal_marks_is_refused(shop: Shop) -> None:
    shop.write(t__csv="id;amount\n1;10,50\n2;10.50\n")
    with pytest.raises(ImportFailed, match=r"mixes numbers like 10.50 \(1 rows\) and 10,50 \(1 rows\)"):
        shop.bring(TXNS)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("31/01/2026 02/01/2026", [date(2026, 1, 31), date(2026, 1, 2)]),
        ("01/31/2026 01/02/2026", [date(2026, 1, 31), date(2026, 1, 2)]),
        ("2026-01-31 2026/1/2 20260103", [date(2026, 1, 31), date(2026, 1, 2), date(2026, 1, 3)]),
        ("31.01.2026 02-01-2026", [date(2026, 1, 31), date(2026, 1, 2)]),
    ],
)
def test_the_order_of_day_and_month_is_read_from_the_whole_column(shop: Shop, written: str, days: list[date]) -> None:
    shop.write(t__csv="id,born\n" + "".join(f"{n},{text}\n" for n, text in enumerate(written.split())))
    shop.bring("{from: {file: t.csv}, tables: {member: {columns: {member_id: id, born: born}}}}")
    assert shop.rows("select born from raw.member order by member_id") == [(day,) for day in days]


def test_dates_that_may_be_read_two_ways_are_asked_about(shop: Shop) -> None:
    shop.write(t__csv="id,at\n1,01/02/2026\n2,03/03/2026\n")
    with pytest.raises(ImportFailed, match="'01/02/2026' has the day or the month first"):
        shop.bring(DATED)
    shop.bring(pinned(DATED, "{dates: day-first}"))
    assert shop.rows("select occurred_at from raw.txn order by occurred_at limit 1") == [
        (datetime(2026, 1, 31, 23, tzinfo=UTC),)  # 1 February in Paris
    ]


def test_a_column_that_proves_both_orders_is_refused(shop: Shop) -> None:
    shop.write(t__csv="id,at\n1,31/01/2026\n2,01/31/2026\n")
    with pytest.raises(ImportFailed, match="1 dates with the day first and 1 with the month first"):
        shop.bring(DATED)


@pytest.mark.parametrize(
    ("dialect", "written", "instant"),
    [
        ("{}", "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("{}", "2026-01-02 03:04:05 +0200", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("{}", "2026-07-02 03:04", datetime(2026, 7, 2, 1, 4, tzinfo=UTC)),  # Paris, summer
        ("{dates: month-first}", "7/2/2026 3:04 PM", datetime(2026, 7, 2, 13, 4, tzinfo=UTC)),
        ("{dates: epoch}", "1767312245", datetime(2026, 1, 2, 0, 4, 5, tzinfo=UTC)),
        ("{dates: epoch-ms}", "1767312245000", datetime(2026, 1, 2, 0, 4, 5, tzinfo=UTC)),
        ("{dates: excel}", "46024.5", datetime(2026, 1, 2, 11, tzinfo=UTC)),
        ("{dates: '%d.%m.%y %H Uhr'}", "02.01.26 05 Uhr", datetime(2026, 1, 2, 4, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_it_is_written(shop: Shop, dialect: str, written: str, instant: datetime) -> None:
    shop.write(t__csv=f"id,at\n1,{written}\n")
    shop.bring(pinned(DATED, dialect))
    assert shop.rows("select occurred_at from raw.txn") == [(instant,)]


@pytest.mark.parametrize("written", ["2026-02-30", "yesterday", "1767312245", "infinity", "epoch", "01.02.26"])
def test_what_is_no_date_is_never_made_one(shop: Shop, written: str) -> None:
    shop.write(t__csv=f"id,at\n1,{written}\n2,2026-01-01\n")
    assert shop.count(DATED).quarantined == 1
    assert shop.quarantine() == [(2, "occurred_at", written, "bad_cell")]


@pytest.mark.parametrize("header", ["id,amount,amount", "id,amount,Amount"])
def test_headers_that_cannot_be_told_apart_are_refused_until_named(shop: Shop, header: str) -> None:
    shop.write(t__csv=f"{header}\n1,2,3\n")
    with pytest.raises(ImportFailed, match=r"two columns are called 'amount' and '[aA]mount'"):
        shop.bring(TXNS)
    shop.bring(pinned(TXNS, "{columns: [id, gross, amount]}"))
    assert shop.rows("select net from raw.txn") == [(Decimal(3),)]


def test_a_file_without_a_header_a_row_or_a_byte_is_explained(shop: Shop) -> None:
    shop.write(t__csv="1,2\n3,4\n")
    with pytest.raises(ImportFailed, match="if the first line is no header, pin dialect"):
        shop.bring(TXNS)
    assert shop.count(pinned(TXNS, "{header: false, columns: [id, amount]}")).stored == 2
    shop.write(t__csv="id,amount\n")
    assert "has a header and no rows" in shop.file(TXNS).notes
    shop.write(t__csv="")
    with pytest.raises(ImportFailed, match="is empty; not even a header is there"):
        shop.bring(TXNS)


def test_a_stray_quote_costs_its_line_and_not_the_rest_of_the_file(shop: Shop) -> None:
    shop.write(
        m__csv='id,name\n1,"open\n2,ok\n3,"fine"\n4,"two\nlines"\n5,5" pipe\n6,"a""b"\n7,"x"y\n8,end\n',
    )
    count = shop.count(MEMBERS)
    assert (count.received, count.stored, count.quarantined) == (8, 6, 2)
    assert [(row, value) for row, _, value, _ in shop.quarantine()] == [(2, '1,"open'), (9, '7,"x"y')]
    assert shop.rows("select phone from raw.member order by member_id") == [
        ("ok",), ("fine",), ("two\nlines",), ('5" pipe',), ('a"b',), ("end",),
    ]  # fmt: skip


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n", "mixed"])
def test_line_ends_of_any_kind_and_mixture_are_line_ends(shop: Shop, ends: str) -> None:
    text = "id,name\n1,a\n2,b\n3,c\n"
    shop.write(m__csv="id,name\r\n1,a\n2,b\r3,c\r\n" if ends == "mixed" else text.replace("\n", ends))
    assert shop.count(MEMBERS).stored == 3


def test_a_line_of_three_megabytes_is_kept_out_and_the_next_one_comes_in(shop: Shop) -> None:
    shop.write(m__csv="id,name\n1," + "x" * 3_000_000 + "\n2,ok\n3," + "y" * 9_000_000 + "\n4,ok\n")
    count = shop.count(MEMBERS)
    assert (count.received, count.stored, count.quarantined) == (4, 2, 2)
    assert [(row, len(value)) for row, _, value, _ in shop.quarantine()] == [(2, 500), (4, 500)]


def test_numbers_that_excel_has_rounded_are_warned_about(shop: Shop) -> None:
    shop.write(m__csv="id,name\n7.70123E+12,a\n7701234567890,b\n")
    assert "id: 1 values like 7.70123E+12: the spreadsheet that wrote the file lost digits" in shop.file(MEMBERS).notes


def test_leading_zeros_and_plus_signs_stay(shop: Shop) -> None:
    shop.write(m__csv="id,name\n007,+57 300 123\n7,0049\n")
    assert shop.count(MEMBERS).stored == 2
    assert shop.rows("select ref, phone from raw.member m join keys.member k on k.id = m.member_id order by ref") == [
        ("007", "+57 300 123"),
        ("7", "0049"),
    ]


def test_a_zero_byte_costs_its_line(shop: Shop) -> None:
    shop.write(m__csv=b"id,name\n1,a\x00b\n2,ok\n")
    assert shop.count(MEMBERS).stored == 1
    assert shop.quarantine() == [(2, None, "1,a␀b", "bad_line")]


def test_a_file_of_thousands_of_columns_is_refused(shop: Shop) -> None:
    shop.write(m__csv="id,name," + ",".join(f"c{n}" for n in range(2_000)) + "\n")
    with pytest.raises(ImportFailed, match="has 2,002 columns; at most 2,000"):
        shop.bring(MEMBERS)


def test_a_packed_file_is_read_and_a_cut_off_one_refused(shop: Shop) -> None:
    packed = gzip.compress(b"id,name\n" + b"".join(b"%d,a\n" % n for n in range(5000)))
    shop.write(m__csv__gz=packed)
    assert shop.count(MEMBERS).stored == 5000
    shop.write(m__csv__gz=packed[: len(packed) // 2])
    with pytest.raises(ImportFailed, match="cannot be unpacked"):
        shop.bring(MEMBERS)
    assert shop.rows("select count(*) from raw.member") == [(5000,)]
