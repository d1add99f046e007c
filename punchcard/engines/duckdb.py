"""The embedded engine: DuckDB over the project's store, one cursor a question, interrupted when it takes too long."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Timer

import duckdb
import pyarrow as pa

from punchcard.engines.base import Rows
from punchcard.errors import EngineError
from punchcard.sql import Sql

# Nothing may be fetched at run time, and every instant is UTC: facts carry the local day.
SETTINGS = (
    "set timezone = 'UTC'",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set enable_progress_bar = false",
)

BATCH = 1 << 17  # rows of a streamed batch: a few megabytes


class DuckDB:
    """Answers statements from a file or an open connection; `unchanging` if nobody can write while it is open."""

    def __init__(
        self, store: Path | duckdb.DuckDBPyConnection, *, seconds: float = 60, unchanging: bool = False
    ) -> None:
        self._seconds = seconds
        self._version: str | None = None
        self._unchanging = unchanging or isinstance(store, Path)
        self._connection = duckdb.connect(str(store), read_only=True) if isinstance(store, Path) else store
        self._turn = Condition()
        self._asking = 0
        self._away = False
        self._set_up()

    def _set_up(self) -> None:
        for setting in SETTINGS:
            self._connection.execute(setting)

    @contextmanager
    def away(self) -> Generator[None]:
        """Nobody asks while this lasts: the file may be closed and changed. `back` ends it with the file open again."""
        with self._turn:
            self._turn.wait_for(lambda: not self._asking and not self._away)
            self._away = True
        try:
            yield
        finally:
            with self._turn:
                self._away = False
                self._turn.notify_all()

    def back(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Ask this connection from now on."""
        self._connection, self._version = connection, None
        self._set_up()

    @contextmanager
    def _cursor(self) -> Generator[duckdb.DuckDBPyConnection]:
        with self._turn:
            self._turn.wait_for(lambda: not self._away)
            self._asking += 1
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
            with self._turn:
                self._asking -= 1
                self._turn.notify_all()

    def run(self, statement: Sql) -> Rows:
        """Run a statement; EngineError if DuckDB refuses or the time limit passes."""
        with self._cursor() as cursor:
            return self._run(cursor, statement)

    def _run(self, cursor: duckdb.DuckDBPyConnection, statement: Sql) -> Rows:
        limit = Timer(self._seconds, cursor.interrupt)
        limit.start()
        try:
            cursor.execute(statement.text, statement.values)
            names = tuple(column[0] for column in cursor.description or ())
            return Rows(names, tuple(cursor.fetchall()))
        except duckdb.InterruptException:
            raise EngineError(
                f"the question took longer than {self._seconds:g} seconds; ask for a shorter period"
            ) from None
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error
        finally:
            limit.cancel()

    def batches(self, statement: Sql) -> Iterator[pa.RecordBatch]:
        """Stream a statement's rows; the limit on time holds for a question, not for a build."""
        with self._cursor() as cursor:
            try:
                yield from cursor.sql(statement.text, params=statement.values).to_arrow_reader(BATCH)
            except duckdb.Error as error:
                raise EngineError(str(error).splitlines()[0]) from error

    def version(self) -> str:
        """The number of the last import run, as the store keeps it."""
        if self._version is None or not self._unchanging:
            self._version = self._last_run()
        return self._version

    def _last_run(self) -> str:
        with self._cursor() as cursor:
            row = cursor.execute("select value from intake.state where name = 'version'").fetchone()
        return str(row[0]) if row else "0"

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()
