"""Small: a programme over a few rows that a test writes down."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from punchcard.engines.duckdb import DuckDB
from punchcard.intake.derive import derive
from punchcard.programme import Programme
from punchcard.project import load
from punchcard.viewer import OPERATOR, Viewer
from tests.oracle.library import tables
from tests.oracle.seed import Seeded
from tests.oracle.store import fill_store

FAR = datetime(2100, 1, 1, tzinfo=UTC)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def at(text: str) -> datetime:
    """A moment of November 2025 or of another month: '11-05 10:00', '11-05'."""
    day, _, time = text.partition(" ")
    return datetime.fromisoformat(f"2025-{day}T{time or '12:00'}").replace(tzinfo=UTC)


class Small:
    """Questions to a programme that holds these rows and nothing else; days are those of UTC."""

    def __init__(self, folder: Path, rows: Rows, currencies: str = "[EUR]", settings: str = "") -> None:
        (folder / "punchcard.yaml").write_text(
            f"name: Small\nzone: UTC\ncurrency: EUR\ncurrencies: {currencies}\ntoday: '2100-01-01'\n{settings}"
        )
        con = duckdb.connect()
        fill_store(con, Seeded({name: _complete(name, rows.get(name, ())) for name in tables()}, "UTC", FAR, FAR, FAR))
        con.execute("create schema intake")
        con.execute("create table intake.state (name varchar, value varchar)")
        project = load(folder)
        derive(con, project.catalog, FAR)
        self.programme = Programme(project, DuckDB(con))

    def number(self, metric: str, period: str = "2025", viewer: Viewer = OPERATOR, **question: Any) -> float | None:
        """One figure."""
        rows = self.rows({"kind": "number", "metrics": [metric]}, period, viewer, **question)
        return _number(rows[0][0])

    def by(self, metric: str, dimension: str, period: str = "2025", **question: Any) -> dict[Any, float | None]:
        """A figure by the values of a dimension; the total is under 'total'."""
        ask = {"kind": "table", "metrics": [metric], "by": [dimension]}
        *rows, total = self.rows(ask, period, **question)
        return {row[0]: _number(row[1]) for row in rows} | {"total": _number(total[1])}

    def rows(
        self, ask: Mapping[str, Any], period: str = "2025", viewer: Viewer = OPERATOR, **question: Any
    ) -> tuple[tuple[Any, ...], ...]:
        """The rows of an answer."""
        return self.programme.ask({"ask": dict(ask), "period": period, **question}, viewer).result.rows


def _complete(name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with their defaults; an id that is not given counts up from 1."""
    table = tables()[name]
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=1):
        if unknown := row.keys() - table.columns.keys():
            raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
        own = {table.key[0]: number} if table.entity() is not None else {}
        found.append({column: declared.default for column, declared in table.columns.items()} | own | dict(row))
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
