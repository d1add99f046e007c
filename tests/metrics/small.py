"""Small: a programme over a handful of rows written in a test, so that figures can be worked out by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from punchcard.engines.duckdb import DuckDB
from punchcard.intake.derive import derive
from punchcard.programme import Programme
from punchcard.project import read
from punchcard.viewer import OPERATOR, Viewer
from tests.oracle.library import tables
from tests.oracle.seeded.world import Cell, Row
from tests.oracle.store import fill_tables

FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Small:
    """Rows by table, then questions. Ids are numbers; a reference is the number as text."""

    def __init__(self, folder: Path, *, zone: str = "UTC", week_start: str = "monday") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "punchcard.yaml").write_text(
            f"name: Small\nzone: {zone}\nweek_start: {week_start}\ncurrency: EUR\ncurrencies: [EUR, USD]\n"
            "today: '2100-01-01'\n"
        )
        self._folder = folder
        self._zone = ZoneInfo(zone)
        self._rows: dict[str, list[Row]] = {name: [] for name in tables()}
        self._programme: Programme | None = None

    def at(self, text: str) -> datetime:
        """A local day or moment."""
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(12), self._zone)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def add(self, table: str, **values: Cell) -> int:
        """One more row; its id counts up where the key is one id."""
        declared = tables()[table]
        row: Row = {name: column.default for name, column in declared.columns.items()} | values
        if declared.entity() is not None and row[declared.key[0]] is None:
            row[declared.key[0]] = len(self._rows[table]) + 1
        self._rows[table].append(row)
        self._programme = None
        return len(self._rows[table])

    def sale(self, day: str, member: int | None, *lines: Mapping[str, Any] | float, **document: Cell) -> int:
        """A document with lines, each an amount or a mapping of a line's columns."""
        txn = self.add("txn", occurred_at=self.at(day), member_id=member, **document)
        for line in lines or (1.0,):
            told = dict(line) if isinstance(line, Mapping) else {"net": line}
            net = Decimal(str(told.pop("net", 1)))
            told = {"qty": Decimal(1), "gross": net, "discount": Decimal(0)} | told
            self.add("txn_line", txn_id=txn, net=net, **told)
        return txn

    def value(self, metric: str, period: str, *, viewer: Viewer = OPERATOR, **question: Any) -> float | None:
        """A metric over a period; `given` are its parameters, `filters` and the rest as a question has them."""
        ask: dict[str, Any] = {"kind": "number", "metrics": [metric]}
        (row,) = self.rows(ask, period, viewer=viewer, **question)
        return None if row[0] is None else float(row[0])

    def rows(
        self,
        ask: Mapping[str, Any],
        period: str,
        *,
        viewer: Viewer = OPERATOR,
        given: Mapping[str, Any] | None = None,
        **question: Any,
    ) -> Sequence[Sequence[Any]]:
        """The rows of an answer."""
        query = {"ask": dict(ask), "period": period, "with": dict(given or {}), **question}
        return self.programme.ask(query, viewer).result.rows

    @property
    def programme(self) -> Programme:
        """The programme over the rows so far."""
        if self._programme is None:
            project, mistakes = read(self._folder)
            assert project is not None, mistakes
            con = duckdb.connect()
            fill_tables(con, self._rows)
            con.execute("create schema intake")
            con.execute("create table intake.state (name varchar, value varchar)")
            derive(con, project.catalog, FAR)
            self._programme = Programme(project, DuckDB(con))
        return self._programme
