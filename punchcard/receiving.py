"""Receiving: activities as they happen. They are kept as a file of the project and imported like any other file.

A programme that is being asked lets go of its store for as long as that takes, which is the time of a few rows: the
tables and what is derived from them are changed in one transaction, and the timeline gains the rows at its end. A
repetition is told by the activity's `id`; one without an id is taken for a new one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from msgspec import structs

from punchcard.declaration import Reader
from punchcard.engines.duckdb import DuckDB
from punchcard.errors import ImportFailed, QueryError, did_you_mean
from punchcard.intake.derive import bring_up_rows
from punchcard.intake.importer import run
from punchcard.intake.report import Quarantined, Report
from punchcard.intake.source import Source
from punchcard.intake.store import Store, open_store
from punchcard.programme import Programme
from punchcard.sql import sql

NAME: Final = "received"
TABLE: Final = "event"
FACT: Final = "activity"
FIELDS: Final[Mapping[str, str]] = {
    "id": "event_id",
    "member": "member_id",
    "name": "name",
    "at": "occurred_at",
    "brand": "brand_id",
    "device": "anonymous_id",
    "session": "session_id",
    "platform": "platform",
    "version": "app_version",
    "country": "country",
    "source": "source",
    "received_at": "received_at",
    "properties": "props",
}
DECLARATION: Final = """\
# Activities as they were received over HTTP, one file for each time; see POST /api/activities.
from: {file: received/*.jsonl}
tables:
  event:
    columns:
""" + "".join(f"      {column}: {field}\n" for field, column in FIELDS.items())

_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of each activity that was sent; `live` says that questions saw them without a rebuild."""

    received: int
    stored: int
    duplicates: int
    quarantined: int
    reasons: tuple[Quarantined, ...]
    live: bool


def receive(programme: Programme, activities: Sequence[Mapping[str, Any]]) -> Receipt:
    """Take activities into a programme that is being asked; QueryError if one is no activity, before any is stored."""
    engine, project = programme.engine, programme.project
    if not isinstance(engine, DuckDB):
        raise QueryError("activities are received into the project's own store only")
    if not activities:
        raise QueryError("no activity was sent; give at least one")
    now = programme.clock()
    lines = [_line(place, one, now) for place, one in enumerate(activities, 1)]
    with _one_at_a_time:
        source = _source(project.folder)
        file = _written(project.folder / NAME, now, lines)
        before = programme.timelines.signature()
        batch = 0

        def finish(store: Store, report: Report) -> None:
            nonlocal batch
            (batch,) = store.one(sql("select max(batch) from intake.batch where source = {name}", name=NAME))
            if report.changed:
                bring_up_rows(store, project.catalog, now, TABLE, batch)

        try:
            with engine.away():
                programme.close()
                try:
                    report = run(
                        [source],
                        project.catalog.tables,
                        project.store,
                        root=project.folder,
                        zone=project.settings.zone,
                        now=now,
                        only=(NAME,),
                        files=(f"{NAME}/{file.name}",),
                        finish=finish,
                    )
                finally:
                    store = open_store(project.store, read_only=True)
                    engine.back(store.connection)
                    programme.release = store.close
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        rows = sql("event_id in (select event_id from raw.event where _batch = {batch})", batch=batch)
        live = programme.timelines.gain(FACT, rows, before, now)
    return _receipt(report, live=live)


def _line(place: int, activity: Mapping[str, Any], now: datetime) -> str:
    """An activity as a line of the file, with a number and the moment of its arrival."""
    for name in activity:
        if name not in FIELDS:
            raise QueryError(f"an activity has no '{name}'{did_you_mean(name, FIELDS)}", where=f"activity {place}")
    return json.dumps({"id": uuid4().hex, **activity, "received_at": now.isoformat()}, ensure_ascii=False)


def _source(folder: Path) -> Source:
    """The declaration of what is received; the project gets one with its first activities."""
    path = folder / "sources" / f"{NAME}.yaml"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(DECLARATION, encoding="utf-8")
    reader = Reader()
    shown = f"sources/{path.name}"
    found = reader.decode(reader.mapping(path, shown), Source, path, shown, "")
    if found is None:
        raise ImportFailed(str(reader.mistakes[0]), where=shown)
    return structs.replace(found, name=NAME)


def _written(folder: Path, now: datetime, lines: Sequence[str]) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{now:%Y%m%dT%H%M%S%f}-{uuid4().hex[:6]}.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def _receipt(report: Report, *, live: bool) -> Receipt:
    file = next(one for one in report.files if one.counts)
    (count,) = file.counts
    return Receipt(count.received, count.stored, count.duplicates + count.folded, count.quarantined, file.samples, live)
