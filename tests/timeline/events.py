"""Timelines written as short lines: `who what when`, with properties as `name=value` after it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from punchcard.period import Calendar, Period
from punchcard.timeline.read import Timeline
from punchcard.timeline.store import of_batches

ZERO = datetime(2025, 11, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """`2025-11-01`, `2025-11-01T23:00` or minutes after the start of November 2025; in UTC."""
    if text.isdigit():
        return ZERO + timedelta(minutes=int(text))
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def period(start: str, end: str) -> Period:
    """From a moment to (not including) another."""
    return Period(at(start), at(end))


def batch(lines: Sequence[str], names: Sequence[str] = (), amounts: Sequence[str] = ()) -> pa.RecordBatch:
    """Lines as a batch; members are numbered by the number in their name, `U3` being 3."""
    rows = [line.split() for line in lines]
    given = [dict(part.split("=") for part in row[3:]) for row in rows]
    columns = {
        "member": pa.array([int(row[0].lstrip("U")) for row in rows], pa.int32()),
        "activity": pa.array([row[1] for row in rows], pa.string()),
        "time": pa.array([at(row[2]) for row in rows], pa.timestamp("us", "UTC")),
        "arrival": pa.array(range(len(rows)), pa.int64()),
    }
    for name in names:
        columns[name] = pa.array([props.get(name) for props in given], pa.string())
    for name in amounts:
        texts = pa.array([props.get(name) for props in given], pa.string())
        columns[name] = texts.cast(pa.decimal128(18, 4))
    return pa.RecordBatch.from_pydict(columns)


def timeline(
    lines: Sequence[str], names: Sequence[str] = (), amounts: Sequence[str] = (), calendar: Calendar | None = None
) -> Timeline:
    """A timeline of lines."""
    return of_batches([batch(lines, names, amounts)], calendar)
