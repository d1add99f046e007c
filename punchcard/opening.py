"""Opening: a project's folder becomes a programme that answers; its files become its data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from punchcard.engines.duckdb import DuckDB
from punchcard.errors import ImportFailed
from punchcard.intake.derive import bring_up, is_due, merges_in_circles
from punchcard.intake.importer import run
from punchcard.intake.report import Progress, Report
from punchcard.intake.store import Store, open_store
from punchcard.programme import Programme
from punchcard.project import Project, load

Clock = Callable[[], datetime]


def _clock() -> datetime:
    return datetime.now(UTC)


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def bring_in(
    project: Project,
    *,
    only: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress = _silent,
    clock: Clock = _clock,
) -> Report:
    """Import what is new or changed and derive the facts, all in one transaction: questions see both or neither."""
    now = clock()
    circles: list[str] = []

    def finish(store: Store, report: Report) -> None:
        if bring_up(store, project.catalog, now, _deriving(progress), tables_changed=report.changed):
            circles.extend(merges_in_circles(store, now))

    report = run(
        project.sources.values(),
        project.catalog.tables,
        project.store,
        root=project.folder,
        zone=project.settings.zone,
        now=now,
        only=only,
        progress=progress,
        dry_run=dry_run,
        finish=finish,
    )
    if not circles:
        return report
    some = ", ".join(circles[:5]) + (", ..." if len(circles) > 5 else "")
    warning = f"merges lead in circles; of each circle the latest does not count: that of member {some}"
    return replace(report, warnings=(*report.warnings, warning))


def opened(project: Project | Path | str, *, progress: Progress = _silent, clock: Clock = _clock) -> Programme:
    """A project, or the one in a folder, ready to answer.

    Facts whose declarations changed since the last import are derived anew first. While a project is open, others may
    read the data too, and none may change it.
    """
    if not isinstance(project, Project):
        project = load(Path(project))
    if not project.store.is_file():
        raise ImportFailed(f"nothing is imported yet; run: punchcard import {project.folder}", where=str(project.store))
    store = open_store(project.store, read_only=True)
    if is_due(store, project.catalog):
        store.close()
        with open_store(project.store) as writer, writer.transaction():
            bring_up(writer, project.catalog, clock(), _deriving(progress), tables_changed=False)
        store = open_store(project.store, read_only=True)
    return Programme(project, DuckDB(store.connection, unchanging=True), clock, store.close)


def _deriving(progress: Progress) -> Progress:
    return lambda fact, done, total: progress(f"deriving {fact}", done, total)
