"""A small programme: raw rows written straight into an in-memory store, and the facts derived from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.table import STORED, Type
from punchcard.engines.duckdb import DuckDB
from punchcard.intake.derive import derive
from punchcard.intake.store import Store, prepare
from punchcard.period import Calendar
from punchcard.programme import Programme
from punchcard.project import Project, load

Row = Mapping[str, Any]

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

# The entities whose ids the worlds use, and the letter that begins each reference: member 1 is 'm1' in the source.
ENTITIES = {
    "member": "m",
    "brand": "b",
    "store": "s",
    "product": "p",
    "txn": "t",
    "program": "g",
    "segment_scheme": "c",
    "segment": "e",
    "tier": "r",
}
SCHEMES = ("at_once", "by_day", "by_week")
FACTS = (
    "root",
    "brand_member",
    "profile",
    "sighting",
    "person",
    "line",
    "purchase",
    "membership",
    "stay",
    "attribute_spell",
    "segment_spell",
    "tier_spell",
)


@dataclass(frozen=True)
class World:
    """Rows by table, the zone and the first day of the week by which they are read."""

    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    zone: str = "UTC"
    week_start: int = 1

    def table(self, name: str) -> Sequence[Row]:
        """The rows of a table."""
        return self.rows.get(name, ())

    def without(self, name: str, gone: Sequence[Row]) -> "World":
        """The same world without some rows of a table."""
        kept = [row for row in self.table(name) if row not in gone]
        return replace(self, rows={**self.rows, name: kept})


@cache
def project() -> Project:
    """The suite's own project, with only the facts that its metrics read."""
    read = load(Path(__file__).parent / "programme")
    needed: set[str] = set()
    waiting = [*FACTS]
    while waiting:
        if (name := waiting.pop()) in read.catalog.facts and name not in needed:
            needed.add(name)
            waiting += read.catalog.reads(name)
    facts = {name: fact for name, fact in read.catalog.facts.items() if name in needed}
    schemes = {name: scheme for name, scheme in read.catalog.schemes.items() if name in SCHEMES}
    metrics = {
        n: m for n, m in read.catalog.metrics.items() if getattr(m, "group", "") == "Other" or n == "members_known"
    }
    activities = {n: a for n, a in read.catalog.activities.items() if a.of in facts}
    return replace(
        read, catalog=replace(read.catalog, facts=facts, metrics=metrics, schemes=schemes, activities=activities)
    )


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """One store in memory for all small worlds: making its tables takes longer than filling them."""
    made = duckdb.connect(config={"threads": 1})
    made.execute("set timezone = 'UTC'")
    prepare(Store(made), project().catalog.tables)
    made.execute("create table intake.state (name varchar, value varchar)")
    for entity, letter in ENTITIES.items():
        made.execute(f"insert into keys.{entity} select i, '{letter}' || i from range(1, 100) as r(i)")
    return made


def catalog_of(world: World) -> Catalog:
    """The suite's catalogue read by the world's calendar."""
    return replace(project().catalog, calendar=Calendar(world.zone, world.week_start))


def opened(world: World, now: datetime) -> Programme:
    """A programme over the world's rows, whose clock stands still."""
    con, catalog = connection(), catalog_of(world)
    for name in project().catalog.tables:
        con.execute(f"truncate raw.{name}") if name in _filled else None
    _filled.clear()
    for name, rows in world.rows.items():
        _fill(con, catalog, name, rows)
        _filled.add(name)
    derive(con, catalog, now)
    return Programme(replace(project(), catalog=catalog), DuckDB(con), clock=lambda: now)


_filled: set[str] = set()


def _fill(con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, rows: Sequence[Row]) -> None:
    columns = catalog.tables[name].columns
    for row in rows:
        assert row.keys() <= columns.keys(), row.keys() - columns.keys()
    given = pa.table(
        {c: pa.array([row.get(c, d.default) for row in rows], ARROW[d.type]) for c, d in columns.items()}
        | {"_batch": pa.array([1] * len(rows), pa.int32())}
    )
    con.register("arriving", given)
    con.execute(f"insert into raw.{name} by name select * from arriving")
    con.unregister("arriving")


def instant(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


__all__ = ["STORED", "World", "catalog_of", "instant", "opened", "project"]
