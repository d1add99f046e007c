"""Two programmes over the same seeded world: all of it, and what is left without the rows of all other brands."""

from functools import cache
from pathlib import Path

import duckdb

from punchcard.catalog.table import Table, Via
from punchcard.engines.duckdb import DuckDB
from punchcard.intake.derive import derive
from punchcard.programme import Programme
from punchcard.project import Project, read
from tests.oracle.seed import Seeded
from tests.oracle.store import fill_store

BRAND = "1"
SEED = 1


@cache
def project(folder: Path, zone: str) -> Project:
    """The library alone, in the world's zone, its presets counted from the last fact."""
    (folder / "punchcard.yaml").write_text(f"name: Seeded\nzone: {zone}\ncurrency: EUR\ntoday: last_data\n")
    (folder / "segments").mkdir()
    (folder / "segments" / "viewer.yaml").write_text(
        "regulars: {title: Regulars, meaning: Three trips, all: [{metric: txns_count, at_least: 3}]}\n"
        "quiet: {title: Quiet, meaning: No trip of late, all: [{metric: txns_count, at_most: 0, last_days: 60}]}\n"
    )
    found, mistakes = read(folder)
    assert found is not None and not mistakes, mistakes
    return found


def programme(folder: Path, world: Seeded, con: duckdb.DuckDBPyConnection) -> Programme:
    """A programme over raw rows, its facts derived."""
    made = project(folder, world.zone)
    con.execute("create schema if not exists intake")
    con.execute("create table if not exists intake.state (name varchar, value varchar)")
    derive(con, made.catalog, world.end)
    return Programme(made, DuckDB(con), clock=lambda: world.end)


def filled(world: Seeded) -> duckdb.DuckDBPyConnection:
    """A store with all rows of a world."""
    con = duckdb.connect(config={"threads": 1})
    fill_store(con, world)
    return con


def forget_other_brands(con: duckdb.DuckDBPyConnection, tables: dict[str, Table], brand: str) -> int:
    """Deletes every row that belongs to another brand, parents before their children; how many went."""
    (own,) = con.execute("select id from keys.brand where ref = ?", [brand]).fetchone() or (None,)
    gone = 0
    for name in _parents_first(tables):
        table = tables[name]
        match table.brand:
            case Via(table=parent, on=on):
                key = tables[parent].key[0]
                # A row whose parent never was stays; one whose parent has gone goes too.
                condition = f'"{on}" is not null and "{on}" not in (select "{key}" from raw."{parent}")'
            case str() if table.brand in table.columns:
                condition = f'"{table.brand}" <> {own}'
            case _:
                continue
        gone += len(con.execute(f'delete from raw."{name}" where {condition} returning 1').fetchall())
    return gone


def _parents_first(tables: dict[str, Table]) -> list[str]:
    found: list[str] = []

    def visit(name: str) -> None:
        brand = tables[name].brand
        if isinstance(brand, Via):
            visit(brand.table)
        if name not in found:
            found.append(name)

    for name in tables:
        visit(name)
    return found
