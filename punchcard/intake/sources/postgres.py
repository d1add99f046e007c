"""PostgreSQL: the rows of a table or a query, streamed as text by COPY, so that every number stays exact."""

import codecs
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import LiteralString, cast

import psycopg
import pyarrow as pa
from psycopg import sql

from punchcard.errors import ImportFailed
from punchcard.intake.source import Database
from punchcard.intake.sources.feed import check_header, require
from punchcard.intake.sources.records import Records, Shape

_BLOCK = 4 << 20


class PostgresFeed:
    """The rows of one table or query, read in one snapshot that cannot write; rows are numbered as they come."""

    numbers_have_points = True

    def __init__(self, database: Database, environment: Mapping[str, str] = os.environ) -> None:
        variable = database.url.removeprefix("env:")
        self.label = f"postgres {variable}: {database.table or 'query'}"
        if variable not in environment:
            raise ImportFailed(
                f"the environment has no variable {variable} with the address of the database", where=self.label
            )
        self._url = environment[variable]
        self._database = database
        self.notes: tuple[str, ...] = ()
        self.columns = self._described()
        check_header(self.label, self.columns)

    def fingerprint(self) -> None:
        """Known only once the rows were read."""
        return

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows as COPY writes them."""
        require(self.label, wanted, self.columns)
        names = sql.SQL(", ").join(sql.Identifier(name) for name in wanted)
        # The leading 1 keeps a row of nothing but NULL from being an empty line.
        copy = sql.SQL("copy (select 1, {} from ({}) as asked) to stdout (format csv, encoding 'utf8')").format(
            names, self._query()
        )
        records = Records(Shape(",", '"', ("", *wanted)), wanted, 1)
        with self._connected() as cursor, cursor.copy(copy) as blocks:
            for batch in records.batches(_texts(bytes(block) for block in blocks)):
                yield batch, 0.0

    def _query(self) -> sql.Composable:
        if self._database.table is not None:
            return sql.SQL("select * from ") + sql.Identifier(*self._database.table.split("."))
        # The query is the project's own; it runs in a transaction that cannot write.
        return sql.SQL(cast(LiteralString, (self._database.query or "").strip().rstrip(";")))

    def _described(self) -> tuple[str, ...]:
        with self._connected() as cursor:
            nothing = sql.Composed([sql.SQL("select * from ("), self._query(), sql.SQL(") as asked limit 0")])
            cursor.execute(nothing)
            return tuple(column.name for column in cursor.description or ())

    @contextmanager
    def _connected(self) -> Generator[psycopg.Cursor]:
        try:
            with psycopg.connect(self._url, connect_timeout=10) as connection:
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                with connection.cursor() as cursor:
                    cursor.execute("set datestyle = 'ISO, YMD'; set timezone = 'UTC'; set extra_float_digits = 1")
                    yield cursor
        except psycopg.Error as error:
            first = str(error).strip().splitlines()[0]
            raise ImportFailed(f"the database answers: {first}", where=self.label) from None


def _texts(blocks: Iterator[bytes]) -> Iterator[str]:
    """Blocks of bytes as larger pieces of text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    gathered: list[str] = []
    size = 0
    for block in blocks:
        gathered.append(decoder.decode(block))
        size += len(block)
        if size >= _BLOCK:
            yield "".join(gathered)
            gathered, size = [], 0
    yield "".join(gathered)
