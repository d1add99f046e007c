"""Deriving: the stored facts, built anew from the tables after an import."""

from collections.abc import Callable, Iterator
from datetime import datetime

import duckdb

from punchcard.catalog.catalog import Catalog
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql
from punchcard.viewer import OPERATOR


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
    progress: Callable[[str, int, int], None] = lambda _name, _done, _total: None,
) -> None:
    """Build every stored fact inside the connection's transaction; `progress` hears of each."""
    connection.execute("create schema if not exists fact")
    names = list(stored_facts(catalog))
    for position, name in enumerate(names):
        progress(name, position, len(names))
        fact = catalog.facts[name]
        body = Scope(catalog, OPERATOR, now).built(fact)
        order = sql("")
        if fact.order:
            order = sql(
                " order by {columns}",
                columns=join(", ", [sql("{column}", column=Name(column)) for column in fact.order]),
            )
        run(
            connection,
            sql(
                "create or replace table {table} as select * from ({body}){order}",
                table=Name("fact", name),
                body=body,
                order=order,
            ),
        )
    progress("done", len(names), len(names))


def run(connection: duckdb.DuckDBPyConnection, statement: Sql) -> None:
    """Run one statement with its values."""
    connection.execute(statement.text, statement.values)
