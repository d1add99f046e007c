"""Ledger: what the books say about the data that is there: files, where their rows went, and the rows kept out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from punchcard.engines.base import Engine
from punchcard.intake.report import Count
from punchcard.result import Cell
from punchcard.sql import Name, join, sql


@dataclass(frozen=True, slots=True)
class Entry:
    """The rows that one file brought for one table, in the last run that read it."""

    source: str
    file: str
    loaded_at: datetime
    count: Count


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A cell or line in quarantine, with the file it came from."""

    file: str
    row: int
    table: str | None
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of mistake at one place, and how many cells it keeps out."""

    kind: str
    table: str | None
    column: str | None
    cells: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads the books through an engine; it is for the operator, who sees every row there is."""

    engine: Engine

    def entries(self) -> tuple[Entry, ...]:
        """All files whose rows are in the store, the newest first."""
        rows = self.engine.run(
            sql(
                """select source, label, loaded_at, "table", part, received, stored, duplicates, folded, quarantined,
                     skipped
                   from intake.batch where retired_in is null order by loaded_at desc, source, label, "table", part"""
            )
        ).rows
        return tuple(Entry(source, label, loaded, Count(*count)) for source, label, loaded, *count in rows)  # type: ignore[arg-type]

    def quarantined(self) -> int:
        """How many rows are kept out, over all files."""
        found = self.engine.run(
            sql("""select count(*) from (select distinct batch, row, "table" from intake.quarantine)""")
        )
        return int(str(found.rows[0][0]))

    def reasons(self, limit: int = 50) -> tuple[Reason, ...]:
        """Why rows are kept out, the most frequent reason first."""
        rows = self.engine.run(
            sql(
                """select kind, "table", "column", count(*) as cells from intake.quarantine
                   group by all order by cells desc, 2, 3, 1 limit {limit}""",
                limit=limit,
            )
        ).rows
        return tuple(Reason(*row) for row in rows)  # type: ignore[arg-type]

    def kept_out(self, *, file: str | None = None, limit: int = 100) -> tuple[KeptOut, ...]:
        """The first cells in quarantine, of one file or of all."""
        of_file = sql("where label = {file}", file=file) if file is not None else sql("")
        rows = self.engine.run(
            sql(
                """select label, row, "table", "column", value, reason from intake.quarantine {of_file}
                   order by label, row, "table", "column" limit {limit}""",
                of_file=of_file,
                limit=limit,
            )
        ).rows
        return tuple(KeptOut(*row) for row in rows)  # type: ignore[arg-type]

    def rows_of(self, tables: Iterable[str]) -> dict[str, int]:
        """How many rows each of these tables holds, if the store has it."""
        listed = self.engine.run(sql("select table_name from duckdb_tables() where schema_name = {raw}", raw="raw"))
        there = {str(name) for (name,) in listed.rows}
        parts = [
            sql("select {name} as name, count(*) as rows from {table}", name=name, table=Name("raw", name))
            for name in tables
            if name in there
        ]
        counted = self.engine.run(join(" union all ", parts)).rows if parts else ()
        return {str(name): int(str(rows)) for name, rows in counted}

    def frequent(self, table: str, column: str, limit: int = 12) -> tuple[tuple[Cell, int], ...]:
        """The most frequent values of a column, with how often each occurs; an empty one is a value too."""
        found = self.engine.run(
            sql(
                "select {column}, count(*) as rows from {table} group by 1 order by rows desc, 1 limit {limit}",
                column=Name(column),
                table=Name("raw", table),
                limit=limit,
            )
        )
        return tuple((value, int(str(rows))) for value, rows in found.rows)
