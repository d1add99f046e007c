"""Deriving: the stored facts, built anew from the tables whenever the tables or the facts' declarations change."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import duckdb

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.table import Type
from punchcard.errors import EngineError
from punchcard.intake.store import Store, prepare
from punchcard.plan.scheme import segment_ref
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql
from punchcard.viewer import OPERATOR

# Raise it when the same declarations would be derived differently.
DERIVING_VERSION = 2

# Facts whose every row comes of one row of a table by itself: what the table gains, they gain. An activity does so as
# long as it has no number of its sender's, by which a repetition is told among all rows; the door for activities as
# they happen tells repetitions by their ids and gives none.
_GAIN = {"activity": "event"}

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
        for read in catalog.reads(name):
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
    # Files are read in little memory, as they may be of any size; joins of millions of rows want room.
    connection.execute("set memory_limit = '50%'")
    connection.execute("create schema if not exists fact")
    names = list(stored_facts(catalog))
    _forget_others(connection, names)
    _number_schemes(connection, catalog)
    for position, name in enumerate(names):
        progress(name, position, len(names))
        try:
            _build(connection, catalog, name, now)
        except duckdb.Error as error:
            raise EngineError(f"its SQL fails: {str(error).splitlines()[0]}", where=f"fact {name}") from error
    progress("done", len(names), len(names))


def _number_schemes(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Give declared schemes and their values numbers among those of the sources."""
    imported = connection.execute(sql("select distinct name from raw.segment_scheme").text).fetchall()
    for (name,) in imported:
        if name in catalog.schemes:
            raise EngineError(
                "a scheme of this name is imported too, so a member would be in two; rename the declared one",
                where=f"schemes/ {name}",
            )
    refs = {
        "segment_scheme": list(catalog.schemes),
        "segment": [segment_ref(name, value) for name, one in catalog.schemes.items() for value in one.values()],
    }
    for entity, wanted in refs.items():
        listed = join(", ", [sql("({place}, {ref})", place=place, ref=ref) for place, ref in enumerate(wanted, 1)])
        if wanted:
            run(
                connection,
                sql(
                    "insert into {keys} select (select coalesce(max(id), 0) from {keys})"
                    " + row_number() over (order by place), ref"
                    " from (values {listed}) as wanted(place, ref) where ref not in (select ref from {keys})",
                    keys=Name("keys", entity),
                    listed=listed,
                ),
            )


def _build(connection: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, now: datetime) -> None:
    fact = catalog.facts[name]
    table, body = Name("fact", name), Scope(catalog, OPERATOR, now).built(fact)
    if fact.order and fact.columns[fact.order[0]].type is not Type.INSTANT:
        columns = join(", ", [sql("{column}", column=Name(column)) for column in fact.order])
        ordered = sql(
            "create or replace table {table} as from ({body}) order by {columns}",
            table=table,
            body=body,
            columns=columns,
        )
        run(connection, ordered)
    elif fact.order:
        _sorted(connection, table, body, fact.order)
    else:
        run(connection, sql("create or replace table {table} as {body}", table=table, body=body))


def _sorted(connection: duckdb.DuckDBPyConnection, table: Name, body: Sql, order: tuple[str, ...]) -> None:
    """Write rows in order, a month of the first column after the other.

    Sorting thirty million wide rows at once takes more than eight gigabytes; a month of them at a time fits in the
    memory an import is given.
    """
    unsorted, columns = Name("fact", "unsorted"), [sql("{column}", column=Name(column)) for column in order]
    run(connection, sql("create or replace table {unsorted} as {body}", unsorted=unsorted, body=body))
    run(connection, sql("create or replace table {table} as from {unsorted} limit 0", table=table, unsorted=unsorted))
    month = sql("date_trunc('month', {first})", first=columns[0])
    months = connection.execute(
        sql("select distinct {month} from {unsorted} order by 1 nulls last", month=month, unsorted=unsorted).text
    ).fetchall()
    for (one,) in months:
        run(
            connection,
            sql(
                "insert into {table} from {unsorted} where {month} is not distinct from {one} order by {columns}",
                table=table,
                unsorted=unsorted,
                month=month,
                one=one,
                columns=join(", ", columns),
            ),
        )
    run(connection, sql("drop table {unsorted}", unsorted=unsorted))


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
        fact = catalog.facts[name]
        rows = Scope(catalog, OPERATOR, _ANY_MOMENT).built(fact).readable()
        digest.update(f"\n{name}: {rows} {fact.order}".encode())
    return digest.hexdigest()


def bring_up_rows(store: Store, catalog: Catalog, now: datetime, table: str, batch: int) -> None:
    """Derive what the rows of one batch of a table change, inside the store's transaction, and count up the version.

    A fact that is built row by row gains theirs; one that looks at several rows is built anew, if it reads the table.
    """
    rows = sql("_batch = {batch}", batch=batch)
    for name in stored_facts(catalog):
        fact = catalog.facts[name]
        if _GAIN.get(name) == table:
            body = Scope(catalog, OPERATOR, now, only={table: rows}).built(fact)
            run(store.connection, sql("insert into {table} by name {body}", table=Name("fact", name), body=body))
        elif _reads(catalog, name, table):
            _build(store.connection, catalog, name, now)
    version = int(_state(store).get("version", "0")) + 1
    store.run(sql("update intake.state set value = {version} where name = 'version'", version=str(version)))


def _reads(catalog: Catalog, name: str, table: str) -> bool:
    """Whether a fact depends on a table, if only by way of others."""
    scope = Scope(catalog, OPERATOR, _ANY_MOMENT)
    scope.built(catalog.facts[name])
    return table in scope.relations or any(
        _reads(catalog, one, table) for one in scope.relations if one in catalog.facts
    )


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


def merges_in_circles(store: Store, now: datetime) -> tuple[str, ...]:
    """The records of merges that do not count, as they would lead back to where they begin; by number in the source."""
    left_out = sql(
        "select distinct k.ref from raw.identity_merge as m join keys.member as k on k.id = m.from_member_id"
        " where m.merged_at < {now} and (m.undone_at is null or m.undone_at >= {now})"
        " and m.from_member_id not in (select member_id from fact.root) order by 1",
        now=now,
    )
    return tuple(str(ref) for (ref,) in store.rows(left_out))


def _state(store: Store) -> dict[str, str]:
    there = store.rows(sql("select 1 from duckdb_tables() where schema_name = 'intake' and table_name = 'state'"))
    return dict(store.rows(sql("select name, value from intake.state"))) if there else {}
