"""Store: the one DuckDB file of a project: who may open it, and the schemas that imports keep in step.

Schema `raw` has the canonical tables, `keys` the dictionaries from a source's ids to dense integers, and `intake` the
books: which file brought which rows, and what was left out and why.
"""

import fcntl
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from punchcard.catalog.table import STORED, Column, Table, Type
from punchcard.errors import EngineError, ImportFailed
from punchcard.sql import Name, Sql, join, sql, trusted

# Raised when the books of `intake` change shape; a newer store is refused, an older one is brought up.
SCHEMA_VERSION = 1

Row = tuple[Any, ...]
Config = dict[str, str | bool | int | float | list[str]]


class Store:
    """An open store. One process writes at a time; several may read when none writes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lock: int | None = None) -> None:
        self.connection = connection
        self._lock = lock

    def rows(self, query: Sql) -> list[Row]:
        """All rows of a query."""
        return self._execute(query).fetchall()

    def one(self, query: Sql) -> Row:
        """The only row of a query."""
        (row,) = self.rows(query)
        return row

    def run(self, statement: Sql) -> int:
        """Run a statement to its end; the number of rows it changed."""
        changed = self._execute(statement).fetchone()
        return int(changed[0]) if changed else 0

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Generator[None]:
        """All or nothing; with `keep` false nothing, so that one can look at what would have been."""
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        if keep:
            self.connection.commit()
        else:
            self.connection.rollback()

    def close(self) -> None:
        """Close the file and let others in."""
        self.connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _execute(self, statement: Sql) -> duckdb.DuckDBPyConnection:
        try:
            return self.connection.execute(statement.text, statement.values or None)
        except duckdb.Error as error:
            raise EngineError(f"{error}\nin: {statement.readable()}") from error


def open_store(path: Path, *, read_only: bool = False, memory: str = "1GB") -> Store:
    """Open the store, making it if there is none; ImportFailed names the process that has it open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _locked(path, shared=read_only)
    try:
        connection = duckdb.connect(
            str(path), read_only=read_only, config=_CLOSED | ({} if read_only else _writing(memory))
        )
    except duckdb.Error as error:
        os.close(lock)
        raise ImportFailed(f"cannot be opened: {error}", where=str(path)) from error
    connection.execute("set timezone = 'UTC'")
    connection.execute("set enable_progress_bar = false")  # DuckDB would draw its own on standard output
    return Store(connection, lock)


# Nothing is fetched at run time.
_CLOSED: Config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def _writing(memory: str) -> Config:
    return {"memory_limit": memory, "preserve_insertion_order": False}


def _locked(path: Path, *, shared: bool) -> int:
    """Hold the lock file beside the store; a second writer learns who the first one is."""
    file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(file, 64, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(file)
        raise ImportFailed(
            f"is in use by process {holder}; stop it, or try again when it has finished", where=str(path)
        ) from None
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return file


def prepare(store: Store, tables: Mapping[str, Table]) -> None:
    """Bring the schemas in step with the declarations: new tables, new columns, new books."""
    for schema in ("raw", "keys", "intake"):
        store.run(sql("create schema if not exists {schema}", schema=Name(schema)))
    _books(store)
    there, spelled = _raw_columns(store), _spellings(store)
    for name, table in tables.items():
        _table(store, name, table, there.get(name, {}), spelled)
    for entity in sorted({column.of for table in tables.values() for column in table.columns.values() if column.of}):
        store.run(
            sql(
                "create table if not exists {keys} (id bigint not null, ref varchar not null)",
                keys=Name("keys", entity),
            )
        )


def _books(store: Store) -> None:
    store.run(sql("create table if not exists intake.version (version integer)"))
    known = store.rows(sql("select version from intake.version"))
    if known and known[0][0] > SCHEMA_VERSION:
        raise ImportFailed(
            f"the store was written by a newer Punchcard (version {known[0][0]} of its books); upgrade this one"
        )
    if not known:
        store.run(sql("insert into intake.version values ({version})", version=SCHEMA_VERSION))
    store.run(sql("create table if not exists intake.run (run integer, started_at timestamptz)"))
    store.run(
        sql(
            """create table if not exists intake.file (
                 file integer, source varchar, label varchar, content varchar, recipe varchar, batch integer,
                 rows bigint, notes varchar[], imported_at timestamptz)"""
        )
    )
    store.run(
        sql(
            """create table if not exists intake.batch (
                 batch integer, run integer, source varchar, label varchar, "table" varchar, part integer,
                 received bigint, stored bigint, duplicates bigint, folded bigint, quarantined bigint, skipped bigint,
                 loaded_at timestamptz, retired_in integer)"""
        )
    )
    store.run(
        sql(
            """create table if not exists intake.quarantine (
                 batch integer, label varchar, row bigint, "table" varchar, "column" varchar, value varchar,
                 kind varchar, reason varchar)"""
        )
    )
    store.run(sql("create table if not exists intake.overlap (batch integer, of_batch integer)"))


def _table(store: Store, name: str, table: Table, there: Mapping[str, str], spelled: Mapping[Type, str]) -> None:
    raw = Name("raw", name)
    if not there:
        columns = [
            sql("{name} {type}", name=Name(column), type=stored(declared.type))
            for column, declared in table.columns.items()
        ]
        columns.append(sql("_batch integer not null"))
        store.run(sql("create table {raw} ({columns})", raw=raw, columns=join(", ", columns)))
        return
    for column, declared in table.columns.items():
        if column not in there:
            kind = stored(declared.type)
            store.run(sql("alter table {raw} add column {column} {kind}", raw=raw, column=Name(column), kind=kind))
        elif there[column] != spelled[declared.type]:
            _retype(store, name, column, declared, there[column])
    for column in there:
        if column not in table.columns and column != "_batch":
            store.run(sql("alter table {raw} drop column {column}", raw=raw, column=Name(column)))


def _retype(store: Store, table: str, column: str, declared: Column, was: str) -> None:
    try:
        store.run(
            sql(
                "alter table {raw} alter column {column} set data type {type}",
                raw=Name("raw", table),
                column=Name(column),
                type=stored(declared.type),
            )
        )
    except EngineError as error:
        raise ImportFailed(
            f"{table}.{column} was {was.lower()} and is declared {declared.type} now; the stored values do not fit; "
            "move the store away and import everything again"
        ) from error


def _raw_columns(store: Store) -> dict[str, dict[str, str]]:
    """The columns of the tables that are there, with the store's spelling of their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in store.rows(
        sql(
            """select table_name, column_name, data_type from duckdb_columns()
               where schema_name = 'raw' and database_name = current_database() order by table_name, column_index"""
        )
    ):
        found.setdefault(table, {})[column] = kind
    return found


def _spellings(store: Store) -> dict[Type, str]:
    """The store's own spelling of each type."""
    asked = join(", ", [sql("typeof(cast(null as {type}))", type=stored(kind)) for kind in Type])
    return dict(zip(Type, store.one(sql("select {asked}", asked=asked)), strict=True))


def stored(kind: Type) -> Sql:
    """The type in which the store keeps values of a kind."""
    return trusted(STORED[kind])
