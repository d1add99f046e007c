"""A programme written into a real PostgreSQL server is the programme that files hold, or it is not there at all."""

import json
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import psycopg
import pytest
from msgspec import structs

from punchcard.errors import PunchcardError
from punchcard.opening import bring_in, opened
from punchcard.project import built_in, load
from punchcard.simulate.postgres import VARIABLE, Server, server
from punchcard.simulate.profile import RETAILER
from punchcard.simulate.programme import Order, simulate
from punchcard.simulate.write import NOTHING, Rows, Words, Written

from .conftest import DAYS

pytestmark = pytest.mark.slow

# Blocks of 128 members make eight parts, so that processes write side by side.
ORDER = Order(structs.replace(RETAILER, block=128), 1_000, 3, days=DAYS)
METRICS = ("net_revenue", "txns_count", "sends", "opens_human_unique", "coupon_redemptions", "points_earned")


def tables(postgres: str) -> dict[str, list[str]]:
    """The tables by schema."""
    with psycopg.connect(postgres) as database:
        found = database.execute(
            "select schemaname, tablename from pg_tables where schemaname like 'sim%' order by 1, 2"
        ).fetchall()
    return {schema: [table for each, table in found if each == schema] for schema, _ in found}


def schemas(postgres: str) -> list[str]:
    with psycopg.connect(postgres) as database:
        return [name for (name,) in database.execute("select nspname from pg_namespace where nspname like 'sim%'")]


def accounts(folder: Path) -> Counter[tuple[str, str]]:
    """How many rows of each table an import received, stored and knew; none is in quarantine."""
    found: Counter[tuple[str, str]] = Counter()
    for file in bring_in(load(folder)).files:
        for count in file.counts:
            assert count.quarantined == 0
            for what in ("received", "stored", "duplicates"):
                found[count.table, what] += getattr(count, what)
    return found


def figures(folder: Path) -> list[object]:
    with opened(folder) as programme:
        answer = programme.ask({"ask": {"kind": "number", "metrics": list(METRICS)}, "period": "2025"})
        return list(answer.result.rows[0])


def test_what_a_server_holds_is_what_files_hold(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(tmp_path / "files", ORDER)
    simulate(tmp_path / "server", ORDER, to=server(postgres), workers=2)
    assert not (tmp_path / "server" / "data").exists()
    assert [name for name in schemas(postgres) if name.startswith("simulated")] == ["simulated"]
    said = [(tmp_path / where / "truth.json").read_bytes() for where in ("files", "server")]
    assert said[0] == said[1]
    monkeypatch.setenv(VARIABLE, postgres)
    files, served = accounts(tmp_path / "files"), accounts(tmp_path / "server")
    assert files == served
    assert set(tables(postgres)["simulated"]) == json.loads(said[1])["rows"].keys()
    found = figures(tmp_path / "files")
    assert None not in found
    assert found == figures(tmp_path / "server")


def test_columns_have_the_types_of_what_they_hold(tmp_path: Path, postgres: str) -> None:
    simulate(tmp_path / "new", ORDER, to=server(postgres, "sim_types"))
    with psycopg.connect(postgres) as database:
        found = database.execute(
            """select attname, format_type(atttypid, atttypmod) from pg_attribute
               where attrelid = 'sim_types.txn_line'::regclass and attnum > 0"""
        ).fetchall()
    types = dict(found)
    assert (types["line_id"], types["net"], types["qty"]) == ("bigint", "numeric(18,4)", "numeric(18,4)")


def test_tables_that_are_there_are_kept_unless_they_are_to_be_replaced(tmp_path: Path, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute("create schema sim_mine; create table sim_mine.member (mine int)")
        database.execute("create table sim_mine.other (mine int)")
    with pytest.raises(PunchcardError, match="schema sim_mine has member already; add --replace"):
        simulate(tmp_path / "one", ORDER, to=server(postgres, "sim_mine"))
    assert tables(postgres)["sim_mine"] == ["member", "other"]
    simulate(tmp_path / "one", ORDER, to=server(postgres, "sim_mine", replace=True))
    assert {"member", "other", "txn"} < set(tables(postgres)["sim_mine"])
    with psycopg.connect(postgres) as database:
        assert database.execute("select count(*) > 900 from sim_mine.member where member_id > 0").fetchone() == (True,)


def test_a_run_that_fails_leaves_the_database_as_it_was(tmp_path: Path, postgres: str) -> None:
    before = tables(postgres), schemas(postgres)

    def stop(stage: str, done: int, total: int) -> None:
        assert any(name.startswith("simulated_") for name in schemas(postgres))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "stopped", ORDER, to=server(postgres, "sim_stopped"), progress=stop)
    assert (tables(postgres), schemas(postgres)) == before
    # A view over a table that is to be replaced stands in the way: nothing of the run is kept, the table is as it was.
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute("create schema sim_seen; create table sim_seen.txn (mine int)")
        database.execute("create view sim_seen.view as select * from sim_seen.txn")
    with pytest.raises(PunchcardError, match=r"the database answers: cannot drop table sim_seen\.txn"):
        simulate(tmp_path / "seen", ORDER, to=server(postgres, "sim_seen", replace=True))
    assert tables(postgres)["sim_seen"] == ["txn"]
    assert not (tmp_path / "seen" / "truth.json").exists()


def test_an_empty_text_stays_a_text_and_none_stays_none(postgres: str) -> None:
    catalog = built_in()[0].catalog.tables
    with server(postgres, "sim_text").opened(catalog) as place:
        sink = place.sink("1", catalog)
        sink.write("brand", {"brand_id": ["a", "b", "c"], "name": ["", 'x "y", z\n', None]})  # pyright: ignore[reportArgumentType]
        sink.close()
    with psycopg.connect(postgres) as database:
        assert database.execute("select brand_id, name from sim_text.brand order by 1").fetchall() == [
            ("a", ""),
            ("b", 'x "y", z\n'),
            ("c", None),
        ]


def test_every_value_arrives_as_it_was_sent(postgres: str) -> None:
    cents = [0, 1, -1, -250, 10_000, 123_456_789_012_345, -99_999_999_999_999, NOTHING]
    some = (np.arange(len(cents)) > 0).astype(np.int64)
    rows: Rows = {
        "txn_id": np.arange(len(cents)) + 1,
        "kind": Words(some - 1, ("sale",)),
        "tax": np.array(cents),
        "occurred_at": some * 1_750_000_000,
    }
    sent = {"payout_rule": {"rule": ["1"] * 5, "unit_amount": np.array([0.007, -0.1, 1e9, 0.00000001, 12345.678])}}
    sent |= {"calendar_day": {"day": np.array([0, -40_000, NOTHING]), "is_holiday": np.array([True, False, True])}}
    catalog = built_in()[0].catalog.tables
    with server(postgres, "sim_values").opened(catalog) as place, closing(place.sink("1", catalog)) as sink:
        for name, each in {"txn": rows, **sent}.items():
            sink.write(name, each)
    with psycopg.connect(postgres, options="-c timezone=UTC") as database:
        got = database.execute("select kind, tax, occurred_at from sim_values.txn order by txn_id").fetchall()
        rates = database.execute("select unit_amount::text from sim_values.payout_rule").fetchall()
        days = database.execute("select day, is_holiday from sim_values.calendar_day").fetchall()
    moment = datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)
    amounts = [None if each == NOTHING else Decimal(each) / 100 for each in cents]
    assert got == [(None, amounts[0], None), *(("sale", amount, moment) for amount in amounts[1:])]
    assert [rate for (rate,) in rates] == [
        "0.00700000",
        "-0.10000000",
        "1000000000.00000000",
        "0.00000001",
        "12345.67800000",
    ]
    assert days == [(date(1970, 1, 1), True), (date(1860, 6, 26), False), (None, True)]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("env:NOT_SET", "no variable NOT_SET with the address"),
        ("mysql://me:secret@host/db", "is no address of a database; write postgresql://user@host/database"),
        ("postgresql://me:secret@[host/db", "cannot be read"),
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_it(to: str, said: str) -> None:
    with pytest.raises(PunchcardError, match=said) as failure:
        server(to, environment={})
    assert "secret" not in str(failure.value)


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(PunchcardError, match=r"postgres 127\.0\.0\.1/none: the database answers: ") as failure:
        simulate(
            tmp_path / "new",
            ORDER,
            to=server("env:URL", environment={"URL": "postgresql://me:secret@127.0.0.1:1/none"}),
        )
    assert "secret" not in str(failure.value)


def test_a_schema_needs_a_plain_name(tmp_path: Path) -> None:
    with pytest.raises(PunchcardError, match=r"--schema: 'a\.b' is no name of a schema"):
        simulate(tmp_path / "new", ORDER, to=Server("postgresql://host/db", "a.b"))


def test_the_project_never_holds_the_address() -> None:
    place = server("env:CRM", "shop", environment={"CRM": "postgresql://me:secret@host/db"})
    columns = "      brand_id: brand_id\n"
    assert place.source("brand", Written(("brand_id",))) == (
        "from: {postgres: {url: env:CRM, table: shop.brand}}\ntables:\n  brand:\n    columns:\n" + columns
    )
