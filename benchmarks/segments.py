"""Segments in time against the best SQL of DuckDB and ClickHouse: same rows, same run, the same figures asserted.

    python benchmarks/segments.py [--deliveries 30000000] [--spells 5000000] [--members 1000000] [--runs 3]
                                  [--folder FOLDER] [--no-clickhouse]

Deliveries of four types and the spells of a scheme of four values, which they know nothing of, are made once (fixed
seed) in FOLDER. Asked are the cross table of segment at receipt by type, members and messages, every total; the flow
matrix of two dates; and the share of one RFM cell. "First" reads the spells from the database, as after an import or a
new scheme; "warm" is the redraw of a page.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.scheme import Figure as SchemeFigure
from punchcard.catalog.scheme import Scheme, Value, Version
from punchcard.engines.duckdb import DuckDB
from punchcard.period import Bucket, Calendar, of_days
from punchcard.plan import flow
from punchcard.plan.cells import Figure, cells
from punchcard.plan.history import history, values
from punchcard.plan.rows import Cut
from punchcard.plan.scope import Scope
from punchcard.project import built_in
from punchcard.timeline.asked.crossing import Crossing
from punchcard.timeline.crossing import crossing
from punchcard.timeline.pick import Pick
from punchcard.timeline.spells import Spells, of_batches
from punchcard.timeline.store import TimelineStore
from punchcard.viewer import OPERATOR

SEED = 20250102
BATCH = 1_000_000
START = 1_735_689_600_000_000
DAY = 86_400_000_000
DAYS = 360
TYPES = ("digest", "activation", "webinar", "trigger")
SEGMENTS = ("new", "active", "leaving", "left")
CALENDAR = Calendar("UTC", 1)
FIRST = date(2025, 1, 1)
YEAR = of_days(FIRST, FIRST + timedelta(days=DAYS), CALENDAR)
SPRING = (datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HISTORY = "segment.value"
OWN_LAYOUT = "(over a table laid out for it)"  # shown, but no peer: the product asks its facts

Rows = list[tuple[object, ...]]
Peer = tuple[str, Callable[[], Rows]]


def deliveries(count: int, members: int) -> Iterator[pa.RecordBatch]:
    """Messages in order of time."""
    rng = np.random.default_rng(SEED)
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        low, high = (START + DAY * DAYS * n // count for n in (first, first + size))
        kinds = pa.array(rng.choice(len(TYPES), size, p=(0.5, 0.2, 0.1, 0.2)).astype(np.int32))
        yield pa.record_batch(
            {
                "member": rng.integers(1, members + 1, size).astype(np.int32),
                "activity": pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array(["received"])),
                "time": np.sort(rng.integers(low, high, size)),
                "arrival": np.arange(first, first + size),
                "kind": pa.DictionaryArray.from_arrays(kinds, pa.array(TYPES)),
            }
        )


def spells(count: int, members: int) -> pa.Table:
    """Spells that follow one another, each member's from their first day on; a tenth are followed by nothing."""
    rng = np.random.default_rng(SEED + 1)
    member = np.sort(rng.integers(1, members + 1, count))
    since = START - 30 * DAY + rng.integers(0, (DAYS + 30) * DAY, count)
    order = np.lexsort((since, member))
    member, since = member[order], since[order]
    follows = np.append(member[1:] == member[:-1], False)
    until = np.where(follows, np.append(since[1:], 0), np.where(rng.random(count) < 0.1, since + 20 * DAY, -1))
    keep = ~follows | (until > since)
    return pa.table(
        {
            "member_id": member[keep],
            "segment_id": rng.integers(1, len(SEGMENTS) + 1, count)[keep],
            "valid_from": pa.array(since[keep], pa.timestamp("us", "UTC")),
            "valid_to": pa.array(until[keep], pa.timestamp("us", "UTC"), mask=until[keep] < 0),
        }
    )


def purchases(count: int, members: int) -> pa.Table:
    """Sales with an amount."""
    rng = np.random.default_rng(SEED + 2)
    return pa.table(
        {
            "member_id": rng.integers(1, members + 1, count),
            "ts": pa.array(START + rng.integers(0, DAYS * DAY, count), pa.timestamp("us", "UTC")),
            "cents": rng.integers(100, 20_000, count),
        }
    )


def store(folder: Path, path: Path, spelled: pa.Table, bought: pa.Table) -> duckdb.DuckDBPyConnection:
    """A database with the facts that are asked, and the deliveries as hand-written SQL likes them best."""
    con = duckdb.connect(str(folder / "segments.duckdb"))
    con.execute("set timezone = 'UTC'")
    con.execute("create schema fact; create schema raw; create schema keys; create schema intake")
    con.register("spelled", spelled)
    con.register("bought", bought)
    named = "case segment_id " + " ".join(f"when {n} then '{name}'" for n, name in enumerate(SEGMENTS, 1)) + " end"
    con.execute(
        "create table fact.declared_segment_spell as select member_id, null::bigint as brand_id, 1::bigint as scheme_id,"
        f" segment_id, 'value' as scheme, {named} as segment, valid_from, valid_to from spelled"
        " order by member_id, valid_from"
    )
    con.execute("create table fact.imported_segment_spell as from fact.declared_segment_spell limit 0")
    con.execute(
        "create table raw.segment_scheme as select 1::bigint as scheme_id, 'value' as name, true as is_exclusive"
    )
    con.execute(
        "create table keys.segment as select * from (values "
        + ", ".join(f"({n}::bigint, 'value.{name}')" for n, name in enumerate(SEGMENTS, 1))
        + ") as s(id, ref)"
    )
    con.execute(
        "create table fact.purchase as select member_id, null::bigint as brand_id, 'sale' as kind, ts,"
        " (cents / 100)::decimal(18, 4) as net from bought order by ts"
    )
    con.execute(
        "create table hand_delivery as select member::integer as member, time as ts, kind::enum"
        f" ({', '.join(repr(one) for one in TYPES)}) as kind from read_parquet('{path}') order by member, ts"
    )
    con.execute(
        "create table hand_spell as select member_id::integer as member, segment_id::utinyint as segment,"
        " epoch_us(valid_from) as since, coalesce(epoch_us(valid_to), 9223372036854775807) as until"
        " from spelled order by 1, 3"
    )
    return con


TOTALS = "grouping sets ((segment, kind), (segment), (kind), ())"


def of_duck(con: duckdb.DuckDBPyConnection) -> list[Peer]:
    """The forms that DuckDB offers for the cross table."""
    figures = f"select segment, kind, count(distinct member), count(*) from ({{}}) group by {TOTALS}"
    by_range = (
        "select d.member, d.kind, s.segment from hand_delivery d left join hand_spell s"
        " on s.member = d.member and s.since <= d.ts and s.until > d.ts"
    )
    as_of = (
        "select d.member, d.kind, case when s.until > d.ts then s.segment end as segment"
        " from hand_delivery d asof left join hand_spell s on s.member = d.member and s.since <= d.ts"
    )
    # Members of a cell by first reducing to one row a member and cell: the distinct counts then are plain ones.
    once = (
        "with cell as (select member, segment, kind, count(*) as n from ({}) group by all),"
        " of_segment as (select segment, count(*) as u from (select distinct member, segment from cell) group by 1),"
        " of_kind as (select kind, count(*) as u from (select distinct member, kind from cell) group by 1)"
        " select segment, kind, count(*), sum(n) from cell group by 1, 2 union all"
        " select segment, null, any_value(u), sum(n) from cell join of_segment using (segment) group by 1 union all"
        " select null, kind, any_value(u), sum(n) from cell join of_kind using (kind) group by 2 union all"
        " select null, null, count(distinct member), sum(n) from cell"
    )
    forms = {
        "range join": figures.format(by_range),
        "as-of join": figures.format(as_of),
        "range join, reduced": once.format(by_range + " where true"),
    }
    return [(name, lambda text=text: con.execute(text).fetchall()) for name, text in forms.items()]


def of_click(folder: Path, path: Path, spelled: Path) -> list[Peer]:
    """The form that ClickHouse offers."""
    import json

    from chdb.session import Session

    session = Session(str(folder / "click"))
    session.query(
        "create table delivery (member UInt32, ts Int64, kind LowCardinality(String)) engine = MergeTree"
        " order by (member, ts)"
    )
    session.query(f"insert into delivery select member, time, kind from file('{path}', 'Parquet')")
    session.query(
        "create table spell (member UInt32, segment UInt8, since Int64, until Int64) engine = MergeTree"
        " order by (member, since)"
    )
    session.query(
        "insert into spell select member_id, segment_id, toUnixTimestamp64Micro(valid_from),"
        f" coalesce(toUnixTimestamp64Micro(valid_to), 9223372036854775807) from file('{spelled}', 'Parquet')"
    )
    session.query("optimize table delivery final")
    session.query("optimize table spell final")
    text = (
        "select segment, kind, uniqExact(member), count() from (select d.member as member, d.kind as kind,"
        " if(s.until > d.ts, s.segment, 0) as segment from delivery d asof left join spell s"
        f" on s.member = d.member and s.since <= d.ts) group by {TOTALS}"
    )

    def rows() -> Rows:
        answer = session.query(text, "JSONCompactEachRow").bytes().decode()
        return [tuple(json.loads(row)) for row in answer.splitlines()]

    return [("ClickHouse as-of join", rows)]


def cells_of(rows: Rows) -> set[tuple[object, ...]]:
    """The inner cells of known segments: what all engines tell alike, whatever they call nothing."""
    found: set[tuple[object, ...]] = set()
    for segment, kind, members, times in rows:
        name = SEGMENTS[int(str(segment)) - 1] if str(segment).isdigit() and int(str(segment)) else segment
        if name in SEGMENTS and kind in TYPES:
            found.add((name, kind, int(str(members)), int(str(times))))
    return found


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    name: str
    first: float
    warm: float
    peers: dict[str, float]

    def said(self) -> str:
        """As the report has it; a ratio above 1 is how many times as fast."""
        best = min(ms for name, ms in self.peers.items() if OWN_LAYOUT not in name)
        peers = ", ".join(f"{name} {ms:,.0f}" for name, ms in self.peers.items())
        return (
            f"{self.name:34} first {self.first:7,.0f}  warm {self.warm:7,.0f}  best {best:7,.0f}"
            f"  times as fast {best / self.first:5.2f} (first) {best / self.warm:5.2f} (warm)   [{peers}]"
        )


def timed(ask: Callable[[], object], runs: int) -> tuple[float, object]:
    """The median time in milliseconds, and the answer."""
    taken, answer = list[float](), None
    for _ in range(runs):
        started = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - started) * 1000)
    return float(np.median(taken)), answer


def against(
    name: str, first: float, ours: Callable[[], object], peers: list[Peer], runs: int, same: Callable[[Rows], bool]
) -> Line:
    """Our times beside those of the peers, in turn, so that what else runs weighs on all; each must say the same."""
    for peer, ask in peers:
        assert same(ask()), f"{name}: {peer} says something else"
    taken: dict[str, list[float]] = {"": [], **{peer: [] for peer, _ in peers}}
    for _ in range(runs):
        for peer, ask in (("", ours), *peers):
            taken[peer].append(timed(ask, 1)[0])
    medians = {peer: float(np.median(times)) for peer, times in taken.items()}
    return Line(name, first, medians.pop(""), medians)


def cross_table(con: duckdb.DuckDBPyConnection, folder: Path, peers: list[Peer], runs: int) -> Line:
    """Segment at receipt by type, members and messages, for a scheme the deliveries know nothing of."""
    catalog = built_in()[0]
    assert catalog is not None
    engine = DuckDB(con)
    timeline = TimelineStore(folder / "timeline", CALENDAR).timeline()
    asked = Crossing(activity=Pick("received"), rows=(HISTORY,), columns=("kind",))

    def read() -> Spells:
        told = engine.run(values(Scope(catalog.catalog, OPERATOR, NOW), HISTORY)).rows
        words = [str(word) for (word,) in told]
        rows = engine.batches(history(Scope(catalog.catalog, OPERATOR, NOW), HISTORY, words))
        return of_batches(rows, words, HISTORY)

    def whole() -> object:
        return crossing(timeline, asked, YEAR, {HISTORY: read()})

    whole()  # compiles, or fetches the machine code
    first, _ = timed(whole, runs)
    kept = read()

    def redraw() -> object:
        return crossing(timeline, asked, YEAR, {HISTORY: kept})

    answer = redraw()
    inner = (False, False)
    figures = getattr(answer, "figures", {})
    ours = {(*key, *counts) for (margin, key), counts in figures.items() if margin == inner and None not in key}
    return against("as-of cross table", first, redraw, peers, runs, lambda rows: cells_of(rows) == ours)


def declared() -> Catalog:
    """The library with the scheme of the benchmark."""
    project = built_in()[0]
    assert project is not None
    values = tuple(Value(name=name) for name in SEGMENTS)
    version = Version(name="1", figures={"trips": SchemeFigure(metric="txns_count")}, values=values)
    scheme = Scheme(title="Value", meaning="Made up.", versions=(version,))
    return replace(project.catalog, schemes={"value": scheme})


def flow_matrix(con: duckdb.DuckDBPyConnection, runs: int) -> Line:
    """Who was where on two dates, from the statement that the product plans."""
    catalog = declared()
    bucket = Bucket(SPRING[0].date(), SPRING[0], SPRING[1], SPRING[0], complete=True)
    engine = DuckDB(con)

    def ours() -> object:
        scope = Scope(catalog, OPERATOR, NOW)
        return engine.run(flow.cells(scope, flow.Asked("value", Cut((bucket,))))).rows

    first, rows = timed(ours, 1)
    before, after = (f"timestamptz '{moment.isoformat()}'" for moment in SPRING)

    fact = "(select * from fact.declared_segment_spell where scheme = 'value')"

    def at(moment: str) -> str:
        return f"max(segment) filter (valid_from < {moment} and (valid_to is null or valid_to >= {moment}))"

    def snapshot(moment: str) -> str:
        return (
            f"(select member_id, segment from {fact} where valid_from < {moment}"
            f" and (valid_to is null or valid_to >= {moment}))"
        )

    def narrow(moment: str) -> str:
        return (
            f"(select member, segment from hand_spell where since < epoch_us({moment}) and until >= epoch_us({moment}))"
        )

    forms = {
        "conditional max": f"select b, a, count(*) from (select {at(before)} as b, {at(after)} as a from {fact}"
        f" where valid_from < {after} and (valid_to is null or valid_to >= {before}) group by member_id)"
        " where b is not null or a is not null group by all",
        "two snapshots": f"select b.segment, a.segment, count(*) from {snapshot(before)} b"
        f" full join {snapshot(after)} a on a.member_id = b.member_id group by all",
        f"two snapshots {OWN_LAYOUT}": f"select b.segment, a.segment, count(*) from {narrow(before)} b"
        f" full join {narrow(after)} a on a.member = b.member group by all",
    }

    def named(rows: Rows) -> set[tuple[object, ...]]:
        def name(value: object) -> object:
            return SEGMENTS[int(str(value)) - 1] if str(value).isdigit() else value

        return {(name(b), name(a), int(str(n))) for b, a, n in rows}

    mine = named(list(rows))  # type: ignore[call-overload]
    peers: list[Peer] = [(n, lambda text=text: con.execute(text).fetchall()) for n, text in forms.items()]
    return against("flow matrix", first, ours, peers, runs + 4, lambda rows: named(rows) == mine)


def rfm(con: duckdb.DuckDBPyConnection, runs: int) -> Line:
    """The share of one RFM cell over all buyers, from the statement that the product plans."""
    project = built_in()[0]
    assert project is not None
    end = START + DAYS * DAY
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=end)
    bucket = Bucket(FIRST, YEAR.start, moment, YEAR.start, complete=True)
    engine = DuckDB(con)
    wanted = Figure("rfm_segment_share", "share", parameters={"recency": 5, "frequency": 5, "monetary": 0})

    def ours() -> object:
        return engine.run(cells(Scope(project.catalog, OPERATOR, NOW), Cut((bucket,)), [wanted])).rows

    first, rows = timed(ours, 1)
    text = (
        "select avg((r = 5 and f = 5)::integer) from (select 6 - ceil(5 * cume_dist() over (order by latest desc)) as r,"
        " ceil(5 * cume_dist() over (order by receipts)) as f, ceil(5 * cume_dist() over (order by spent)) as m from"
        " (select member_id, max(ts) as latest, count(*) as receipts, sum(net) as spent from fact.purchase"
        " where kind = 'sale' and member_id is not null group by 1))"
    )
    mine = float(rows[0][0])  # type: ignore[index]
    peers: list[Peer] = [("cume_dist by hand", lambda: con.execute(text).fetchall())]
    return against("RFM cell", first, ours, peers, runs, lambda rows: abs(float(str(rows[0][0])) - mine) < 1e-12)


def main() -> None:
    """Make the data, ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=30_000_000)
    parser.add_argument("--spells", type=int, default=5_000_000)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--purchases", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="a new or empty folder; a temporary one by default")
    parser.add_argument("--no-clickhouse", action="store_true")
    parser.add_argument("--ask", nargs="+", choices=("cross", "flow", "rfm"), default=("cross", "flow", "rfm"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as made:
        folder = Path(made)
        path, spelled_path = folder / "deliveries.parquet", folder / "spells.parquet"
        with pq.ParquetWriter(path, next(deliveries(1, 1)).schema) as writer:
            for batch in deliveries(given.deliveries, given.members):
                writer.write_batch(batch)
        spelled = spells(given.spells, given.members)
        pq.write_table(spelled, spelled_path)
        started = time.perf_counter()
        TimelineStore(folder / "timeline", CALENDAR).rebuild(deliveries(given.deliveries, given.members), "benchmark")
        built = time.perf_counter() - started
        con = store(folder, path, spelled, purchases(given.purchases, given.members))
        print(f"{given.deliveries:,} deliveries, {len(spelled):,} spells; timeline built in {built:.1f} s;")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; milliseconds, median of {given.runs}")
        for one in given.ask:
            match one:
                case "cross":
                    peers = of_duck(con)
                    if not given.no_clickhouse:
                        peers += of_click(folder, path, spelled_path)
                    line = cross_table(con, folder, peers, given.runs)
                case "flow":
                    line = flow_matrix(con, given.runs)
                case _:
                    line = rfm(con, given.runs)
            print(line.said(), flush=True)
        print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
