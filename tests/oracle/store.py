"""Fills a store of ours with seeded rows: `raw` tables with their batch, `keys` that lead from ids to references."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from punchcard.catalog.table import STORED, Table, Type
from tests.oracle.library import TIMELESS, tables
from tests.oracle.seed import Seeded
from tests.oracle.seeded.world import Row

ARROW: dict[Type, pa.DataType] = {
    Type.ID: pa.int64(),
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.DECIMAL: pa.decimal128(18, 4),
    Type.MONEY: pa.decimal128(18, 4),
    Type.RATE: pa.decimal128(18, 8),
    Type.SHARE: pa.decimal128(9, 6),
    Type.BOOLEAN: pa.bool_(),
    Type.INSTANT: pa.timestamp("us", tz="UTC"),
    Type.DATE: pa.date32(),
    Type.JSON: pa.string(),
}


def arrow(table: Table, rows: list[Row]) -> pa.Table:
    """Rows as an Arrow table with the types that the table declares."""
    return pa.table(
        {name: pa.array([row[name] for row in rows], type=ARROW[column.type]) for name, column in table.columns.items()}
    )


def fill_store(con: duckdb.DuckDBPyConnection, seeded: Seeded) -> None:
    """Schemas `raw` and `keys` with all seeded rows, as one import would leave them. A reference is the id as text."""
    fill_tables(con, seeded.rows)


def fill_tables(con: duckdb.DuckDBPyConnection, rows: Mapping[str, list[Row]]) -> None:
    """Schemas `raw` and `keys` with rows by table."""
    con.execute("set timezone = 'UTC'")
    con.execute("create schema if not exists raw")
    con.execute("create schema if not exists keys")
    for name, table in tables().items():
        columns = ", ".join(f'"{column}" {STORED[declared.type]}' for column, declared in table.columns.items())
        con.execute(f'create or replace table raw."{name}" ({columns}, _batch integer)')
        con.register("arriving", arrow(table, rows[name]))
        con.execute(f'insert into raw."{name}" by name select *, 1 as _batch from arriving')
        con.unregister("arriving")
    for entity, uses in id_columns().items():
        found = " union ".join(f'select "{column}" as id from raw."{table}"' for table, column in uses)
        con.execute(
            f'create or replace table keys."{entity}" as '
            f"select id, cast(id as varchar) as ref from ({found}) where id is not null order by id"
        )


def forget_after(con: duckdb.DuckDBPyConnection, moment: datetime, zone: str) -> None:
    """Deletes from `raw` what happened at or after a moment, and opens stays again that end after it.

    People and merges stay: who somebody is, is always answered with what is known today. With this, a report of a
    period that ended at the moment must not change; metrics that need later rows by their nature are exempt.
    """
    day = moment.astimezone(ZoneInfo(zone)).date()
    for name, table in tables().items():
        if name in TIMELESS:
            continue
        if table.time:
            bound = day if table.columns[table.time].type is Type.DATE else moment
            con.execute(f'delete from raw."{name}" where "{table.time}" >= ?', [bound])
        if table.spell:
            end = table.spell[1]
            bound = day if table.columns[end].type is Type.DATE else moment
            con.execute(f'update raw."{name}" set "{end}" = null where "{end}" >= ?', [bound])


def id_columns() -> dict[str, list[tuple[str, str]]]:
    """For each entity, the columns that hold its ids."""
    uses: dict[str, list[tuple[str, str]]] = {}
    for name, table in tables().items():
        for column, declared in table.columns.items():
            if declared.of is not None:
                uses.setdefault(declared.of, []).append((name, column))
    return uses
