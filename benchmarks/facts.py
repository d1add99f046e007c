"""Analyses over facts against hand-written SQL: the same question, the same store, the same run.

    python benchmarks/facts.py PROJECT [--copies 20] [--runs 5] [--keep FOLDER]

PROJECT is an imported Complete Journey (`punchcard demo --no-serve` makes one). Its purchases are copied, with members,
receipts and lines of their own, to about 30 million lines; then every analysis and its hand-written peer are run in turn,
warm, and must give the same figures. Printed is the median time of each and the ratio of the two.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from punchcard.engines.duckdb import DuckDB
from punchcard.intake.derive import bring_up
from punchcard.intake.store import open_store
from punchcard.programme import Programme
from punchcard.project import load
from punchcard.query import decode
from punchcard.result import Cell

YEAR = "ts >= timestamptz '2017-01-01 05:00+00' and ts < timestamptz '2018-01-01 05:00+00'"
AUTUMN = "ts >= timestamptz '2017-10-01 04:00+00' and ts < timestamptz '2018-01-01 05:00+00'"


@dataclass(frozen=True)
class Race:
    """A question, and the statements that a careful analyst would write for it."""

    name: str
    question: dict[str, Any]
    by_hand: tuple[str, ...]
    same: Callable[[Sequence[tuple[Cell, ...]], list[list[tuple[Cell, ...]]]], bool]


def _rows(ours: Sequence[tuple[Cell, ...]], theirs: list[list[tuple[Cell, ...]]]) -> bool:
    """The first statement's rows are the first rows of the answer, column by column."""
    return all(
        _equal(a, b) for mine, other in zip(ours, theirs[0], strict=False) for a, b in zip(mine, other, strict=False)
    )


def _cells(ours: Sequence[tuple[Cell, ...]], theirs: list[list[tuple[Cell, ...]]]) -> bool:
    """Every row of the first statement is somewhere in the answer."""
    known = {tuple(_plain(value) for value in row[: len(theirs[0][0])]) for row in ours}
    return all(tuple(_plain(value) for value in row) in known for row in theirs[0])


def _plain(value: Cell) -> object:
    return round(float(value), 4) if isinstance(value, float | Decimal | int) and not isinstance(value, bool) else value


def _equal(a: Cell, b: Cell) -> bool:
    return _plain(a) == _plain(b)


RACES = (
    Race(
        "number: revenue, receipts, buyers",
        {"ask": {"kind": "number", "metrics": ["net_revenue", "txns_count", "purchasing_members"]}, "period": "2017"},
        (
            f"select (select sum(net) from fact.line where {YEAR}), count(*),"
            f" count(distinct member_id) filter (where member_id is not null) from fact.purchase where {YEAR} and kind = 'sale'",
        ),
        _rows,
    ),
    Race(
        "trend: revenue by month",
        {"ask": {"kind": "trend", "metrics": ["net_revenue"], "grain": "month"}, "period": "2017"},
        (f"select cast(date_trunc('month', day) as date), sum(net) from fact.line where {YEAR} group by 1 order by 1",),
        _rows,
    ),
    Race(
        "trend: buyers by week",
        {
            "ask": {"kind": "trend", "metrics": ["purchasing_members"], "grain": "week"},
            "period": "2017-10-01..2017-12-31",
        },
        (
            "select day - cast((isodow(day) + 6) % 7 as integer), count(distinct member_id) from fact.purchase"
            f" where {AUTUMN} and kind = 'sale' and member_id is not null group by 1 order by 1",
        ),
        _rows,
    ),
    Race(
        "ranking: categories by revenue, share, total",
        {
            "ask": {"kind": "ranking", "metrics": ["net_revenue"], "by": "category_l1", "top": 5, "share": True},
            "period": "2017",
        },
        (
            f"select category_l1, sum(net) as s from fact.line where {YEAR} group by 1 order by s desc limit 5",
            "with top as (select category_l1 from fact.line where {y} group by 1 order by sum(net) desc limit 5)"
            " select case when category_l1 in (select * from top) then category_l1 else 'other' end, sum(net)"
            " from fact.line where {y} group by 1".replace("{y}", YEAR),
            f"select sum(net) from fact.line where {YEAR}",
        ),
        _rows,
    ),
    Race(
        "table: category by label",
        {
            "ask": {"kind": "table", "metrics": ["net_revenue"], "by": ["category_l1", "label"], "limit": 20},
            "period": "2017",
        },
        (
            f"select category_l1, label, sum(net) as s from fact.line where {YEAR} group by 1, 2 order by s desc limit 21",
            f"select sum(net) from fact.line where {YEAR}",
        ),
        lambda ours, theirs: _rows(ours, [theirs[0][:20]]),
    ),
    Race(
        "pivot: buyers by age and store channel, all margins",
        {
            "ask": {
                "kind": "pivot",
                "metrics": ["purchasing_members"],
                "rows": ["attribute.age"],
                "columns": ["time.weekday"],
            },
            "period": "2017-10-01..2017-12-31",
        },
        tuple(
            "select {keys} count(distinct f.member_id) from fact.purchase f left join fact.attribute_spell a on a.member_id"
            " = f.member_id and a.attribute = 'age' and a.valid_from <= f.ts and (a.valid_to is null or a.valid_to > f.ts)"
            " where {w} and kind = 'sale' and f.member_id is not null {group}".replace("{keys}", keys)
            .replace("{group}", group)
            .replace("{w}", AUTUMN)
            for keys, group in (
                ("a.value, isodow(day),", "group by 1, 2"),
                ("a.value,", "group by 1"),
                ("isodow(day),", "group by 1"),
                ("", ""),
            )
        ),
        _cells,
    ),
    Race(
        "distribution: spend per member",
        {"ask": {"kind": "distribution", "metric": "net_revenue"}, "period": "2017"},
        (
            f"with m as (select member_id, cast(sum(net) as double) as v from fact.line where {YEAR} and member_id is not null"
            " group by 1) select count(*), min(v), quantile_cont(v, 0.25), quantile_cont(v, 0.5), quantile_cont(v, 0.75),"
            " quantile_cont(v, 0.99), max(v), avg(v) from m",
            f"with m as (select member_id, cast(sum(net) as double) as v from fact.line where {YEAR} and member_id is not null"
            " group by 1) select least(cast(floor(v / 500) as bigint), 40), count(*) from m group by 1 order by 1",
        ),
        lambda ours, theirs: sum(int(str(row[2])) for row in ours) == theirs[0][0][0],
    ),
    Race(
        "number: repeat purchase rate",
        {"ask": {"kind": "number", "metrics": ["repeat_purchase_rate"]}, "period": "2017"},
        (
            f"select avg(cast(n > 1 as integer)) from (select member_id, count(*) as n from fact.purchase where {YEAR}"
            " and kind = 'sale' and member_id is not null group by 1)",
        ),
        _rows,
    ),
    Race(
        "ranking: buyers by category (from the lines)",
        {
            "ask": {
                "kind": "ranking",
                "metrics": ["purchasing_members"],
                "by": "category_l1",
                "top": 40,
                "total": False,
            },
            "period": "2017-10-01..2017-12-31",
        },
        (
            f"select category_l1, count(distinct member_id) as n from fact.line where {AUTUMN} and kind = 'sale'"
            " and member_id is not null group by 1 order by n desc",
        ),
        _cells,
    ),
)


def enlarge(project_store: Path, target: Path, copies: int) -> int:
    """A store whose purchases are those of the project, `copies` times, with ids of their own; the lines it holds."""
    shutil.copy(project_store, target)
    connection = duckdb.connect(str(target))
    members, txns, lines = (
        int(connection.execute(f"select max({column}) from raw.{table}").fetchall()[0][0])
        for table, column in (("member", "member_id"), ("txn", "txn_id"), ("txn_line", "line_id"))
    )
    for copy in range(1, copies):
        shift = {"member_id": members * copy, "txn_id": txns * copy, "line_id": lines * copy}
        for table in ("member", "member_attribute", "txn", "txn_line", "line_discount"):
            columns = [row[0] for row in connection.execute(f"describe raw.{table}").fetchall()]
            moved = ", ".join(f"{c} + {shift[c]} as {c}" if c in shift else f'"{c}"' for c in columns)
            limit = {
                "txn": f"txn_id <= {txns}",
                "txn_line": f"line_id <= {lines}",
                "line_discount": f"line_id <= {lines}",
            }
            where = limit.get(table, f"member_id <= {members}")
            connection.execute(f"insert into raw.{table} select {moved} from raw.{table} where {where}")
    counted = int(connection.execute("select count(*) from raw.txn_line").fetchall()[0][0])
    connection.close()
    return counted


def race(programme: Programme, connection: duckdb.DuckDBPyConnection, one: Race, runs: int) -> tuple[float, float]:
    """Median seconds of ours and of the hand-written statements, run in turn after a warm-up of each."""
    query = decode(one.question)
    ours: list[float] = []
    theirs: list[float] = []
    for run in range(runs + 1):
        programme.forget()
        started = time.perf_counter()
        answer = programme.ask(query)
        between = time.perf_counter()
        found = [connection.execute(statement).fetchall() for statement in one.by_hand]
        ended = time.perf_counter()
        if run == 0 and not one.same(answer.result.rows, found):
            raise SystemExit(f"{one.name}: the figures differ\n{answer.result.rows[:3]}\n{found[0][:3]}")
        if run:
            ours.append(between - started)
            theirs.append(ended - between)
    return statistics.median(ours), statistics.median(theirs)


def main() -> None:
    """Run all races and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="keep the enlarged store here, and use it if it is there")
    arguments = parser.parse_args()
    project = load(arguments.project)
    with tempfile.TemporaryDirectory() as scratch:
        store = (arguments.keep or Path(scratch)) / f"store-{arguments.copies}.duckdb"
        if not store.is_file():
            store.parent.mkdir(parents=True, exist_ok=True)
            started = time.perf_counter()
            lines = enlarge(project.store, store, arguments.copies)
            with open_store(store, memory="8GB") as opened, opened.transaction():
                bring_up(opened, project.catalog, datetime.now(UTC), lambda _s, _d, _t: None, tables_changed=True)
            print(f"{lines:,} lines made and derived in {time.perf_counter() - started:.0f} s")
        engine = DuckDB(store, unchanging=True)
        programme = Programme(project, engine)
        connection = duckdb.connect(str(store), read_only=True)
        connection.execute("set timezone = 'UTC'")
        print(f"{'question':52} {'ours ms':>8} {'by hand ms':>10} {'ratio':>6}")
        for one in RACES:
            mine, hand = race(programme, connection, one, arguments.runs)
            print(f"{one.name:52} {mine * 1000:8.0f} {hand * 1000:10.0f} {mine / hand:6.2f}")


if __name__ == "__main__":
    main()
