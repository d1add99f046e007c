"""PostgreSQL: a programme written into the tables of a database by binary COPY, all of it or nothing.

Processes write side by side, so one transaction cannot hold a run. Rows gather in a schema of their own that nobody
knows; when all are there, one transaction moves its tables to where they belong. A run that fails takes it away again.
"""

import os
from collections import deque
from collections.abc import Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import LiteralString

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from punchcard.catalog.table import Table, Type
from punchcard.errors import PunchcardError
from punchcard.simulate.binary import copied
from punchcard.simulate.write import Sink, Written, declared

SCHEMA = "simulated"
VARIABLE = "SIMULATED_URL"  # where a project looks for an address that was given as itself: none is ever written down
_AHEAD = 8  # so many tables of a block may wait to be sent
_SCHEMES = ("postgresql://", "postgres://")

# An id is a text or a number, as it is written.
_TYPES: dict[Type, LiteralString] = {
    Type.TEXT: "text",
    Type.INTEGER: "bigint",
    Type.DECIMAL: "numeric(18, 4)",
    Type.MONEY: "numeric(18, 4)",
    Type.RATE: "numeric(18, 8)",
    Type.SHARE: "numeric(9, 6)",
    Type.BOOLEAN: "boolean",
    Type.INSTANT: "timestamptz",
    Type.DATE: "date",
    Type.JSON: "json",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A schema of a database, at an address that may hold a password and is therefore never shown."""

    url: str = field(repr=False)
    schema: str = SCHEMA
    variable: str = VARIABLE
    replace: bool = False
    gathering: str = ""  # the schema in which rows wait while a programme is made

    @contextmanager
    def opened(self, tables: Mapping[str, Table]) -> Generator["Server"]:
        """The server with a schema to gather rows in, whose tables are moved when all of them are there."""
        if not self.schema.isidentifier():
            raise PunchcardError(f"--schema: '{self.schema}' is no name of a schema; use letters, digits and _")
        with _answered(self), psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            if not self.replace:
                self._refuse_known(connection, tables)
            place = replace(self, gathering=f"{SCHEMA}_{token_hex(6)}")
            _run(connection, "create schema {}", place.gathering)
            try:
                yield place
                with connection.transaction():
                    place.publish(connection)
            finally:
                if not connection.closed:
                    _run(connection, "drop schema if exists {} cascade", place.gathering)

    def _refuse_known(self, connection: psycopg.Connection, tables: Mapping[str, Table]) -> None:
        known = connection.execute(
            "select tablename from pg_tables where schemaname = %s and tablename = any(%s) order by 1",
            (self.schema, list(tables)),
        ).fetchall()
        if known:
            shown = ", ".join(name for (name,) in known[:6]) + (", ..." if len(known) > 6 else "")
            raise PunchcardError(
                f"schema {self.schema} has {shown} already; add --replace to drop and write them anew, "
                "or name another with --schema",
                where=self.label(),
            )

    def publish(self, connection: psycopg.Connection) -> None:
        """Put the gathered tables where they belong; those that are to be replaced go."""
        _run(connection, "create schema if not exists {}", self.schema)
        made = connection.execute("select tablename from pg_tables where schemaname = %s", (self.gathering,))
        for (name,) in made.fetchall():
            if self.replace:
                _run(connection, "drop table if exists {}.{}", self.schema, name)
            _run(connection, "alter table {}.{} set schema {}", self.gathering, name, self.schema)

    def sink(self, part: str, tables: Mapping[str, Table]) -> "Copies":
        """A connection that copies the rows of one part."""
        return Copies(self, tables)

    def source(self, table: str, written: Written) -> str:
        """The declaration that reads one table."""
        return declared(f"{{postgres: {{url: env:{self.variable}, table: {self.schema}.{table}}}}}", "", table, written)

    def label(self) -> str:
        """The database, without what is secret."""
        parts = conninfo_to_dict(self.url)
        return f"postgres {parts.get('host') or 'localhost'}/{parts.get('dbname') or ''}"


def server(
    to: str, schema: str = SCHEMA, *, replace: bool = False, environment: Mapping[str, str] = os.environ
) -> Server:
    """The server that `--to` means: an address, or `env:NAME` for one that stands in the environment."""
    variable = to.removeprefix("env:") if to.startswith("env:") else ""
    if variable and variable not in environment:
        raise PunchcardError(
            f"the environment has no variable {variable} with the address of the database", where="--to"
        )
    url = environment[variable] if variable else to
    if not url.startswith(_SCHEMES):
        raise PunchcardError(
            "is no address of a database; write postgresql://user@host/database, or env:NAME if NAME holds one",
            where="--to",
        )
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise PunchcardError(
            "the address of the database cannot be read; see libpq's connection URIs", where="--to"
        ) from None
    return Server(url, schema, variable or VARIABLE, replace)


class Copies(Sink):
    """The connection of one part: a COPY for each table of a block, sent while the next ones are made."""

    def __init__(self, place: Server, tables: Mapping[str, Table]) -> None:
        super().__init__(tables)
        self._place = place
        self._types: dict[str, dict[str, LiteralString]] = {}
        self._sender = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()
        with _answered(place):
            self._connection = psycopg.connect(place.url, autocommit=True, connect_timeout=10)
            # The commit that moves the tables waits for the disk, and with it for all that was written before.
            self._connection.execute("set synchronous_commit = off")

    def _put(self, name: str, rows: pa.Table) -> None:
        self._waiting.append(self._sender.submit(self._send, name, rows))
        while len(self._waiting) > _AHEAD:
            self._waiting.popleft().result()

    def _send(self, name: str, rows: pa.Table) -> None:
        with _answered(self._place):
            if name not in self._types:
                self._types[name] = self._create(name, rows.schema)
            columns = sql.SQL(", ").join(sql.Identifier(each) for each in rows.column_names)
            into = sql.Identifier(self._place.gathering, name)
            with (
                self._connection.cursor() as cursor,
                cursor.copy(sql.SQL("copy {} ({}) from stdin (format binary)").format(into, columns)) as copy,
            ):
                for some in copied(rows, self._types[name]):
                    copy.write(some)

    def _create(self, name: str, schema: pa.Schema) -> dict[str, LiteralString]:
        """A table that is there, and the types of its columns."""
        types: dict[str, LiteralString] = {
            field.name: _type(self._tables[name].columns[field.name].type, field.type) for field in schema
        }
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in types.items()
        )
        create = sql.SQL("create table if not exists {} ({})").format(
            sql.Identifier(self._place.gathering, name), columns
        )
        with self._connection.transaction():
            # Two that create the same table at once would both find that it is not there.
            self._connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (self._place.gathering,))
            self._connection.execute(create)
        return types

    def close(self) -> None:
        """Leave the server when it has everything."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._sender.shutdown(cancel_futures=True)
            self._connection.close()


def _type(declared: Type, written: pa.DataType) -> LiteralString:
    """The type of a column."""
    return _TYPES.get(declared, "bigint" if pa.types.is_integer(written) else "text")


def _run(connection: psycopg.Connection, command: LiteralString, *names: str) -> None:
    """A command about schemas and tables."""
    quoted = sql.SQL(command).format(*map(sql.Identifier, names))
    connection.execute(quoted)


@contextmanager
def _answered(place: Server) -> Generator[None]:
    """What the database refuses, as an error for a person."""
    try:
        yield
    except psycopg.Error as error:
        first = (str(error).strip().splitlines() or ["it is gone"])[0]
        raise PunchcardError(f"the database answers: {first}", where=place.label()) from None
