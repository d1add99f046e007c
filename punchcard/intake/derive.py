"""Deriving: the stored facts, built anew from the tables whenever the tables or the facts' declarations change."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import duckdb

from punchcard.catalog.catalog import Catalog
from punchcard.errors import EngineError
from punchcard.intake.store import Store, prepare
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql
from punchcard.viewer import OPERATOR

# Raise it when the same declarations would be derived differently.
DERIVING_VERSION = 1

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)

Heard = Callable[[str, int, int], None]


def stored_facts(catalog: Catalog) -> Iterator[str]:
    """The names of the stored facts, each after those it reads."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        fact = catalog.facts.get(name)
        if fact is None or name in done:
            return
        done.add(name)
        for read in fact.reads():
            yield from visit(read)
        if fact.stored:
            yield name

    for name in catalog.facts:
        yield from visit(name)


def derive(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    now: datetime,
    progress: Heard = lambda _name, _done, _total: None,
) -> None:
    """Build every stored fact inside the connection's transaction; `progress` hears of each."""
    connection.execute("create schema if not exists fact")
    names = list(stored_facts(catalog))
    _forget_others(connection, names)
    for position, name in enumerate(names):
        progress(name, position, len(names))
        table = sql(
            "create or replace table {table} as {rows}", table=Name("fact", name), rows=_rows(catalog, name, now)
        )
        try:
            run(connection, table)
        except duckdb.Error as error:
            raise EngineError(f"its SQL fails: {str(error).splitlines()[0]}", where=f"fact {name}") from error
    progress("done", len(names), len(names))


def _rows(catalog: Catalog, name: str, now: datetime) -> Sql:
    fact = catalog.facts[name]
    order = [sql("{column}", column=Name(column)) for column in fact.order]
    return sql(
        "select * from ({body}){order}",
        body=Scope(catalog, OPERATOR, now).built(fact),
        order=sql(" order by {columns}", columns=join(", ", order)) if order else sql(""),
    )


def _forget_others(connection: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    there = connection.execute("select table_name from duckdb_tables() where schema_name = 'fact'").fetchall()
    for (name,) in there:
        if name not in names:
            run(connection, sql("drop table {table}", table=Name("fact", name)))


def run(connection: duckdb.DuckDBPyConnection, statement: Sql) -> None:
    """Run one statement with its values."""
    connection.execute(statement.text, statement.values)


def recipe(catalog: Catalog) -> str:
    """A hash of all that decides what the stored facts hold, and where views look, beside the imported rows."""
    digest = hashlib.sha256(str(DERIVING_VERSION).encode())
    for name, table in catalog.tables.items():
        digest.update(f"\n{name}: {', '.join(f'{key} {one.type}' for key, one in table.columns.items())}".encode())
    for name in stored_facts(catalog):
        digest.update(f"\n{name}: {_rows(catalog, name, _ANY_MOMENT).readable()}".encode())
    return digest.hexdigest()


def is_due(store: Store, catalog: Catalog) -> bool:
    """Whether the stored facts are not those of the declarations."""
    return _state(store).get("facts") != recipe(catalog)


def bring_up(store: Store, catalog: Catalog, now: datetime, progress: Heard, *, tables_changed: bool) -> bool:
    """Derive what is due inside the store's transaction and count up the data version; whether anything was."""
    if not tables_changed and not is_due(store, catalog):
        return False
    prepare(store, catalog.tables)
    derive(store.connection, catalog, now, progress)
    known = _state(store)
    store.run(sql("create table if not exists intake.state (name varchar, value varchar)"))
    for name, value in (("facts", recipe(catalog)), ("version", str(int(known.get("version", "0")) + 1))):
        store.run(sql("delete from intake.state where name = {name}", name=name))
        store.run(sql("insert into intake.state values ({name}, {value})", name=name, value=value))
    return True


def _state(store: Store) -> dict[str, str]:
    there = store.rows(sql("select 1 from duckdb_tables() where schema_name = 'intake' and table_name = 'state'"))
    return dict(store.rows(sql("select name, value from intake.state"))) if there else {}
