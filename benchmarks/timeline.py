"""Behaviour analyses from the timeline against the best SQL of DuckDB and ClickHouse: same events, run and figures.

    python benchmarks/timeline.py [--events 50000000] [--members 1000000] [--runs 3] [--folder FOLDER] [--no-clickhouse]

Events are made once (fixed seed) in FOLDER, loaded into the timeline, into DuckDB sorted by (event, member, time), and
into ClickHouse (in process, through chdb) in three orders. Every figure must be the same everywhere. Printed are the
build, the first and the warm time of each question, the best time of each peer over its layouts and forms, the ratio,
and how long reading the same bytes takes at the memory bandwidth measured at the start.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from punchcard.period import Calendar, of_days
from punchcard.timeline.attribution import Attribution, attribution
from punchcard.timeline.funnel import funnel
from punchcard.timeline.lifecycle import Lifecycle, lifecycle
from punchcard.timeline.paths import Paths, paths
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline
from punchcard.timeline.retention import Retention, retention
from punchcard.timeline.segmentation import Segmentation, segmentation
from punchcard.timeline.sessions import Sessions, sessions
from punchcard.timeline.steps import Funnel, Step, Window
from punchcard.timeline.stickiness import Stickiness, stickiness
from punchcard.timeline.store import TimelineStore

SEED = 20250101
BATCH = 1_000_000
FIRST = date(2025, 1, 1)
DAYS = 364
START = 1_735_689_600_000_000  # 2025-01-01 in UTC, a Wednesday; weeks begin with it
DAY = 86_400_000_000
SPAN = DAY * DAYS
WEEKS = DAYS // 7
CHANNELS = ("app", "web", "shop", "mail", "kiosk")
SHARES = {
    "open": 6, "view": 14, "search": 8, "cart": 3, "buy": 2, "scan": 3, "burn": 1, "mail": 12, "click": 4, "post": 2,
    "like": 8, "share": 3, "coupon": 2, "visit": 10, "login": 9, "logout": 6, "rate": 2, "invite": 1, "help": 1,
    "quit": 3,
}  # fmt: skip
STEPS = ("open", "search", "cart", "buy")
GROUPS = 5
CALENDAR = Calendar("UTC", 3)
YEAR = of_days(FIRST, FIRST + timedelta(days=DAYS), CALENDAR)
AUTUMN_DAYS = 91
AUTUMN = of_days(FIRST + timedelta(days=DAYS - AUTUMN_DAYS), FIRST + timedelta(days=DAYS), CALENDAR)
AUTUMN_START = START + (DAYS - AUTUMN_DAYS) * DAY
GAP = 30 * 60 * 1_000_000
WINDOW = 7 * DAY
LOOKBACK = 7 * DAY


def batches(events: int, members: int) -> Iterator[pa.RecordBatch]:
    """Events in order of time; some members do far more than others."""
    rng = np.random.default_rng(SEED)
    weight = np.array([*SHARES.values()], np.float64)
    for first in range(0, events, BATCH):
        size = min(BATCH, events - first)
        low, high = (START + SPAN * n // events for n in (first, first + size))
        yield pa.record_batch(
            {
                "member": (rng.random(size) ** 1.7 * members).astype(np.int32),
                "activity": _words(rng.choice(len(SHARES), size, p=weight / weight.sum()), tuple(SHARES)),
                "time": np.sort(rng.integers(low, high, size)),
                "arrival": np.arange(first, first + size),
                "channel": _words(rng.integers(0, len(CHANNELS), size), CHANNELS),
            }
        )


def _words(codes: np.ndarray, words: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words))


@dataclass(frozen=True)
class Question:
    """One question: ours, the SQL forms of each peer, and the bytes that must be read."""

    name: str
    ours: Callable[[], list[object]]
    duck: tuple[str, ...]
    click: tuple[str, ...]
    bytes: int
    target: float


class Click:
    """ClickHouse in process, with the same events in three orders."""

    def __init__(self, folder: Path, parquet: Path) -> None:
        from chdb.session import Session

        fresh = not folder.exists()
        self.session = Session(str(folder))
        self.tables = {
            "by_event_day": "(event, day, member, ts)",
            "by_event": "(event, member, ts)",
            "by_member": "(member, ts)",
        }
        if fresh:
            for table, order in self.tables.items():
                self.session.query(
                    f"create table {table} (member UInt32, event LowCardinality(String), ts Int64, day UInt16, week"
                    f" UInt8, channel LowCardinality(String)) engine = MergeTree order by {order}"
                )
                self.session.query(
                    f"insert into {table} select member, activity, time, intDiv(time - {START}, {DAY}),"
                    f" intDiv(time - {START}, {DAY * 7}), channel from file('{parquet}', 'Parquet')"
                )
                self.session.query(f"optimize table {table} final")

    def rows(self, sql: str) -> list[list[object]]:
        """The rows of a query."""
        answer = self.session.query(sql, "JSONCompactEachRow").bytes().decode()
        return [
            [int(v) if isinstance(v, str) and v.isdigit() else v for v in json.loads(r)] for r in answer.splitlines()
        ]


def duck(folder: Path, parquet: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with the events sorted by (event, member, time)."""
    connection = duckdb.connect(str(folder / "events.duckdb"), config={"autoinstall_known_extensions": False})
    connection.execute("set preserve_insertion_order = true")
    if not connection.execute("select count(*) from duckdb_tables() where table_name = 'e'").fetchall()[0][0]:
        names = ", ".join(f"'{name}'" for name in SHARES)
        connection.execute(f"create type event as enum ({names})")
        connection.execute(
            f"create table e as select member, activity::event as event, time as ts,"
            f" ((time - {START}) // {DAY})::smallint as day, ((time - {START}) // {DAY * 7})::smallint as week,"
            f" channel from read_parquet('{parquet}') order by event, member, ts, arrival"
        )
    return connection


def funnel_duck() -> str:
    """For each occurrence of a step the latest entry that reached the step before: range joins, reduced step by"
    " step."""
    parts = [f"l1 as (select member, ts as at, ts as entry from e where event = '{STEPS[0]}')"]
    parts += [
        f"l{n} as (select e.member, e.ts as at, max(entry) as entry from e join l{n - 1} p on e.member = p.member"
        f" and e.ts > p.at and e.ts <= p.entry + {WINDOW} where event = '{step}' group by e.member, e.ts)"
        for n, step in enumerate(STEPS[1:], start=2)
    ]
    reached = [
        f"select {n} as step, member % {GROUPS} as g, count(distinct member) as n from l{n} group by 2"
        for n in range(1, 5)
    ]
    return f"with {', '.join(parts)} select g, step, n from ({' union all '.join(reached)}) order by g, step"


def funnel_click(table: str) -> str:
    """ClickHouse's own windowFunnel."""
    conditions = ", ".join(f"event = '{step}'" for step in STEPS)
    steps = ", ".join(f"'{step}'" for step in STEPS)
    return (
        f"select g, step, countIf(level >= step) from (select member % {GROUPS} as g,"
        f" windowFunnel({WINDOW})(toUInt64(ts), {conditions}) as level from {table} where event in ({steps})"
        f" group by member) array join [1, 2, 3, 4] as step group by g, step"
        " having countIf(level >= step) > 0 order by g, step"
    )


def questions(timeline: Timeline, rows: dict[str, int], members: int) -> list[Question]:
    """What is asked; SQL in the forms that were found fastest, in every layout."""
    group = (np.arange(timeline.members) % GROUPS).astype(np.int32), tuple(map(str, range(GROUPS)))
    tables = ("by_event_day", "by_event", "by_member")
    autumn_day = DAYS - AUTUMN_DAYS

    def ask_funnel() -> list[object]:
        answer = funnel(timeline, Funnel(steps=tuple(map(Step, STEPS)), window=Window(7, "day")), YEAR, groups=group)
        return [(g, s + 1, n) for g in range(GROUPS) for s, n in enumerate(answer.counts(g)) if n]

    def ask_retention() -> list[object]:
        asked = Retention(start=Pick("open"), returning=Pick("buy"), grain="week", intervals=12)
        cells = retention(timeline, asked, YEAR).cells[0]
        return [(c, n, int(cells[c, n])) for c in range(WEEKS) for n in range(1, 13) if cells[c, n]]

    def ask_lifecycle() -> list[object]:
        counts = lifecycle(timeline, Lifecycle(activity=Pick(), grain="week"), YEAR).counts
        return [(b, *(int(n) for n in counts[:, b])) for b in range(WEEKS)]

    def ask_stickiness() -> list[object]:
        counts = stickiness(timeline, Stickiness(activity=Pick(), grain="day"), AUTUMN).counts()
        return [(n + 1, count) for n, count in enumerate(counts) if count]

    def ask_segmentation() -> list[object]:
        figures = segmentation(timeline, Segmentation(activity=Pick("view"), grain="day"), YEAR).figures[0]
        return [(d, int(n)) for d, n in enumerate(figures) if n]

    def ask_paths() -> list[object]:
        edges = paths(timeline, Paths(max_steps=5, collapse=False), AUTUMN).edges()
        return [*sorted((e.position, e.source, e.target, e.count) for e in edges)]

    def ask_sessions() -> list[object]:
        found = sessions(timeline, Sessions(), AUTUMN)
        count, members = found.result().rows[-1][1:3]
        return [(count, members, int(found.activities.sum()), round(float(found.seconds.sum())))]

    lookback = LOOKBACK // DAY
    models = ("first", "last", "linear", "position", "time_decay")

    def ask_attribution() -> list[object]:
        asked = Attribution(
            touch=Pick("mail"), channel="channel", conversion=Pick("buy"), models=models, lookback_days=lookback
        )  # fmt: skip
        found = attribution(timeline, asked, YEAR)
        return [
            (found.channels[c], *(round(float(found.credit[k, c]), 2) for k in range(5)))
            for c in sorted(range(len(CHANNELS)), key=lambda c: found.channels[c])
        ]

    sets = [
        f"select week, sum((x & -x = b)::int), sum((x & b <> 0 and x & -x <> b and x & (b >> 1) <> 0)::int),"
        f" sum((x & b <> 0 and x & -x <> b and x & (b >> 1) = 0)::int), sum((x & b = 0 and x & (b >> 1) <> 0)::int)"
        f" from (select bit_or(1::bigint << week) as x from e group by member), (select range as week, 1::bigint <<"
        f" range as b from range({WEEKS})) group by week order by week",
        "with a as (select distinct member, week from e), b as (select member, week, lag(week) over w as before,"
        " lead(week) over w as after from a window w as (partition by member order by week)),"
        " c as (select week, count(*) filter (before is null) as new, count(*) filter (before = week - 1) as current,"
        " count(*) filter (before < week - 1) as back, count(*) filter (after is null or after > week + 1) as gone"
        " from b group by week) select c.week, new, current, back, coalesce(lag(gone) over (order by c.week), 0) from c"
        " order by c.week",
    ]
    steps_sql = (
        "with d as (select member, ts, event, ts - lag(ts) over (partition by member order by ts) as gap from e"
        f" where ts >= {AUTUMN_START}), s as (select *, sum((gap is null or gap >= {GAP})::int) over"
        " (partition by member order by ts) as session from d), p as (select event, row_number() over w as position,"
        " lead(event) over w as following from s window w as (partition by member, session order by ts))"
        " select position, event::varchar, following::varchar, count(*) from p where position <= 4 and following is not"
        " null group by 1, 2, 3 order by 1, 2, 3"
    )
    runs_sql = (
        "with d as (select member, ts, lag(ts) over (partition by member order by ts) as before from e),"
        f" s as (select member, ts, sum((before is null or ts - before >= {GAP})::int) over"
        " (partition by member order by ts) as session from d), r as (select member, min(ts) as low, max(ts) as high,"
        " count(*) as n from s group by member, session)"
        f" select count(*), count(distinct member), sum(n)::bigint, round(sum(high - low) / 1e6)::bigint from r"
        f" where low >= {AUTUMN_START}"
    )
    parts = (
        "j as (select g.ts as goal, g.member, t.channel, g.ts - t.ts as age, row_number() over w as a,"
        " row_number() over (partition by g.member, g.ts order by t.ts desc) as z, count(*) over"
        " (partition by g.member, g.ts) as n from e g join e t on t.member = g.member and t.ts < g.ts"
        f" and g.ts - t.ts <= {LOOKBACK} where g.event = 'buy' and t.event = 'mail'"
        " window w as (partition by g.member, g.ts order by t.ts))"
    )
    attribution_sql = (
        f"with {parts}, k as (select *, pow(2, -age / {7.0 * DAY}) as v, sum(pow(2, -age / {7.0 * DAY}))"
        " over (partition by member, goal) as whole from j) select channel, round(sum((a = 1)::int), 2),"
        " round(sum((z = 1)::int), 2), round(sum(1.0 / n), 2), round(sum(case when n <= 2 then 1.0 / n when a = 1 or z"
        " = 1 then 0.4 else 0.2 / (n - 2) end), 2), round(sum(v / whole), 2) from k group by channel order by channel"
    )

    def click(sql: str) -> tuple[str, ...]:
        return tuple(sql.replace(" from e", f" from {table}") for table in tables)

    bits = "bitAnd(x, b) <> 0"
    first = "bitAnd(x, b - 1) = 0"
    previous = "bitAnd(x, intDiv(b, 2)) <> 0"
    click_life = (
        f"select week, countIf({bits} and {first}), countIf({bits} and not {first} and {previous}),"
        f" countIf({bits} and not {first} and not {previous}), countIf(not {bits} and {previous}) from"
        f" (select groupBitOr(bitShiftLeft(toUInt64(1), week)) as x from e group by member) array join range({WEEKS})"
        f" as week, arrayMap(w -> bitShiftLeft(toUInt64(1), w), range({WEEKS})) as b group by week order by week"
    )
    back_sql = (
        "with s as (select distinct member, week from e where event = 'open'),"
        " r as (select distinct member, week from e where event = 'buy') select s.week as c, r.week - s.week as n,"
        " count(*) from s join r on r.member = s.member and r.week > s.week and r.week <= s.week + 12 group by 1, 2"
        " order by 1, 2"
    )
    back_click = (
        "select c, n, count() from (select groupUniqArrayIf(week, event = 'open') as s,"
        " groupUniqArrayIf(week, event = 'buy') as r from e where event in ('open', 'buy') group by member"
        " having notEmpty(s) and notEmpty(r)) array join s as c array join arrayMap(w -> toInt32(w) - c, r) as n"
        " where n between 1 and 12 group by c, n order by c, n"
    )
    ordered = "select member, arraySort(x -> x.1, groupArray((ts, event))) as a from e{} group by member"
    split = (
        f"arrayJoin(arraySplit((x, cut) -> cut, a, arrayMap(i -> i > 1 and a[i].1 - a[i - 1].1 >= {GAP},"
        " arrayEnumerate(a))))"
    )
    steps_click = (
        f"select position, s[position].2, s[position + 1].2, count() from (select {split} as s from"
        f" ({ordered.format(f' where ts >= {AUTUMN_START}')})) array join range(1, least(5, length(s))) as position"
        " group by 1, 2, 3 order by 1, 2, 3"
    )
    runs_click = (
        f"select count(), uniqExact(member), sum(length(s)), round(sum(s[-1].1 - s[1].1) / 1e6) from"
        f" (select member, {split} as s from ({ordered.format('')})) where s[1].1 >= {AUTUMN_START}"
    )
    weight = f"pow(2, -(goal - touch.1) / {7.0 * DAY})"
    attribution_click = (
        "select touch.2, round(sum(a = 1), 2), round(sum(a = n), 2), round(sum(1 / n), 2),"
        " round(sum(multiIf(n <= 2, 1 / n, a = 1 or a = n, 0.4, 0.2 / (n - 2))), 2),"
        f" round(sum({weight} / whole), 2) from (select goal, w, length(w) as n,"
        f" arraySum(touch -> {weight}, w) as whole from (select goal,"
        f" arrayFilter(x -> x.1 < goal and goal - x.1 <= {LOOKBACK}, t) as w from (select member,"
        " arraySort(x -> x.1, groupArrayIf((ts, channel), event = 'mail')) as t,"
        " groupArrayIf(ts, event = 'buy') as g from e where event in ('mail', 'buy') group by member) array join g"
        " as goal) where notEmpty(w)) array join w as touch, arrayEnumerate(w) as a group by 1 order by 1"
    )
    both = rows["open"] + rows["buy"]
    every = sum(rows.values())
    autumn = every * AUTUMN_DAYS // DAYS
    stick = f"where day >= {autumn_day} group by member"
    return [
        Question(
            "segmentation",
            ask_segmentation,
            ("select day, count(distinct member) from e where event = 'view' group by day order by day",),
            click("select day, uniqExact(member) from e where event = 'view' group by day order by day"),
            rows["view"] * 12,
            1,
        ),
        Question(
            "funnel by group",
            ask_funnel,
            (funnel_duck(),),
            tuple(map(funnel_click, tables)),
            sum(rows[step] for step in STEPS) * 12,
            4,
        ),
        Question("retention", ask_retention, (back_sql,), (*click(back_click), *click(back_sql)), both * 12, 3),
        Question("lifecycle", ask_lifecycle, tuple(sets), click(click_life), members * (WEEKS + 1), 10),
        Question(
            "stickiness",
            ask_stickiness,
            (
                f"select n, count(*) from (select count(distinct day) as n from e {stick}) group by n order by n",
                f"select n, count(*) from (select bit_count(bit_or(1::hugeint << (day - {autumn_day}))) as n from e"
                f" {stick}) group by n order by n",
            ),
            click(f"select n, count() from (select uniqExact(day) as n from e {stick}) group by n order by n"),
            members * (AUTUMN_DAYS // 7 + 1),
            10,
        ),
        Question("paths", ask_paths, (steps_sql,), click(steps_click), autumn * 12, 3),
        Question("sessions", ask_sessions, (runs_sql,), click(runs_click), every * 12, 3),
        Question(
            "five attribution models",
            ask_attribution,
            (attribution_sql,),
            click(attribution_click),
            (rows["mail"] + rows["buy"]) * 16,
            2,
        ),
    ]


def timed(ask: Callable[[], object], runs: int) -> tuple[float, float, object]:
    """The first and the best later time of a question, in milliseconds, and its answer."""
    times: list[float] = []
    answer: object = None
    for _ in range(runs + 1):
        begun = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - begun) * 1000)
    return times[0], min(times[1:]), answer


def plain(rows: object) -> list[tuple[object, ...]]:
    """Rows as they can be compared, whatever brought them."""
    if not isinstance(rows, list):
        raise TypeError(rows)
    return [
        tuple(float(v) if isinstance(v, int | float) or hasattr(v, "__float__") else str(v) for v in row)
        for row in rows
    ]


def agree(ours: list[tuple[object, ...]], theirs: list[tuple[object, ...]]) -> bool:
    """Equal, but for the last digit of rounded shares."""
    if len(ours) != len(theirs):
        return False
    pairs = ((a, b) for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True))
    return all(a == b or (isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 0.02) for a, b in pairs)


def bandwidth() -> float:
    """Bytes a second that one thread reads."""
    block = np.ones(1 << 25, np.int64)
    return block.nbytes / min(timed(lambda: int(block.sum()), 3)[:2]) * 1000


def main() -> None:
    """Run it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=50_000_000)
    arguments.add_argument("--members", type=int, default=1_000_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "punchcard-timeline")
    arguments.add_argument("--no-clickhouse", action="store_true")
    arguments.add_argument("--alone", action="store_true", help="only build and measure the memory of our own part")
    asked = arguments.parse_args()
    folder = asked.folder / str(asked.events)
    folder.mkdir(parents=True, exist_ok=True)
    parquet = folder / "events.parquet"
    if not parquet.exists():
        stream = batches(asked.events, asked.members)
        head = next(stream)
        with pq.ParquetWriter(parquet, head.schema) as writer:
            writer.write_batch(head)
            for batch in stream:
                writer.write_batch(batch)
    store = TimelineStore(folder / "timeline", CALENDAR)
    if asked.alone:
        alone(store, parquet, asked.events, asked.members)
        return
    subprocess.run([sys.executable, __file__, "--alone", *sys.argv[1:]], check=True)  # noqa: S603  # this very file
    timeline = store.timeline()
    rows = sizes(timeline)
    speed = bandwidth()
    peers = {"duckdb": duck(folder, parquet)}
    clickhouse = None if asked.no_clickhouse else Click(folder / "clickhouse", parquet)
    header = f"{'ms':24}{'first':>9}{'warm':>9}{'duckdb':>9}{'clickhouse':>11}{'ratio':>7}{'target':>7}{'read':>7}"
    print(header)
    for question in questions(timeline, rows, asked.members):
        first, warm, answer = timed(question.ours, asked.runs)
        ours = plain(answer)
        best: dict[str, float] = {}
        for sql in question.duck:
            _, took, found = timed(lambda sql=sql: peers["duckdb"].execute(sql).fetchall(), asked.runs)
            assert agree(ours, plain(found)), f"{question.name}: DuckDB finds other figures\n{sql}"
            best["duckdb"] = min(best.get("duckdb", took), took)
        for sql in question.click if clickhouse is not None else ():
            _, took, found = timed(lambda sql=sql, peer=clickhouse: peer.rows(sql), asked.runs)
            assert agree(ours, plain(found)), f"{question.name}: ClickHouse finds other figures\n{sql}"
            best["clickhouse"] = min(best.get("clickhouse", took), took)
        shown = [f"{best[peer]:9.0f}" if peer in best else f"{'-':>9}" for peer in ("duckdb", "clickhouse")]
        ratio, read = min(best.values()) / warm, question.bytes / speed * 1000
        print(
            f"{question.name:24}{first:9.0f}{warm:9.0f}{shown[0]}{shown[1]:>11}{ratio:7.1f}{question.target:7.0f}{read:7.1f}"
        )
    visibility(store)


def sizes(timeline: Timeline) -> dict[str, int]:
    """How many occurrences each activity has."""
    return {name: (r := timeline.lists.region(timeline.code(name)))[1] - r[0] for name in SHARES}


def alone(store: TimelineStore, parquet: Path, events: int, members: int) -> None:
    """Our part in a process without the peers: the build, where it is wanted, and the memory that each question takes."""
    if store.stale("benchmark"):
        begun = time.perf_counter()
        most = memory(lambda: store.rebuild(pq.ParquetFile(parquet).iter_batches(BATCH), "benchmark"))
        took = time.perf_counter() - begun
        print(f"built {events:,} activities in {took:.1f} s: {events / took / 1e6:.2f} million a second, {most:.2f} GB")
    timeline = store.timeline()
    taken = {question.name: memory(question.ours) for question in questions(timeline, sizes(timeline), members)}
    print("GB beyond the mapped files: " + ", ".join(f"{name} {most:.2f}" for name, most in taken.items()))


def memory(work: Callable[[], object]) -> float:
    """The most memory in GB, other than of mapped files, that the process had during some work (as Linux counts it)."""
    over = threading.Event()
    most = [0]

    def watch() -> None:
        ended = False
        while not ended:
            ended = over.wait(0.005)
            status = Path("/proc/self/status").read_text()
            most[0] = max(most[0], int(status.partition("RssAnon:")[2].split(maxsplit=1)[0]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    over.set()
    watcher.join()
    return most[0] / 1e6


def visibility(store: TimelineStore) -> None:
    """How long it takes until a new activity is in an answer."""
    added = {"member": [0], "activity": ["buy"], "time": [START + SPAN - 1], "arrival": [1 << 40], "channel": ["app"]}
    batch = pa.record_batch(
        [
            pa.array(v, t)
            for v, t in zip(added.values(), (pa.int32(), pa.string(), pa.int64(), pa.int64(), pa.string()), strict=True)
        ],
        names=list(added),
    )
    asked = Segmentation(activity=Pick("buy"), measure="times", grain="week")
    before = segmentation(store.timeline(), asked, YEAR).totals[0]
    begun = time.perf_counter()
    store.append(batch)
    assert segmentation(store.timeline(), asked, YEAR).totals[0] == before + 1
    print(f"a new activity is in the answer after {(time.perf_counter() - begun) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
