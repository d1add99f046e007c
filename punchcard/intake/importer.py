"""The import: every source is read, typed, checked and stored in one transaction, or nothing is.

A file is known by its source and label; its content hash and the hash of its declarations (the recipe) say whether it
has to be read at all. Files have a precedence, the order of the plan: of two rows with one key the earlier file's is
kept, whatever the order in which the files arrived. So importing file after file ends where importing all at once does.
"""

import hashlib
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from punchcard.catalog.table import Table
from punchcard.errors import DeclarationError, ImportFailed, did_you_mean
from punchcard.intake.books import Books, Known
from punchcard.intake.landing import Landing
from punchcard.intake.reading import Part, Reading
from punchcard.intake.report import Count, FileReport, Outcome, Progress, Report
from punchcard.intake.source import Source, check
from punchcard.intake.sources.feed import Feed
from punchcard.intake.sources.opening import openers
from punchcard.intake.staging import Staged, Staging, staging
from punchcard.intake.store import Store, open_store, prepare
from punchcard.sql import Name, sql

# Part of every recipe: raise it when the same file would be read differently, so that it is read again.
READING_VERSION = 1

_CELLS = Name("temp", "cells")
_SAMPLES = 20


def run(  # noqa: PLR0913 - each is the caller's to say, and has a name
    sources: Iterable[Source],
    tables: Mapping[str, Table],
    store_path: Path,
    *,
    root: Path,
    zone: str,
    now: datetime,
    only: Sequence[str] = (),
    files: Collection[str] = (),
    forget: Sequence[str] = (),
    progress: Progress = lambda stage, done, total: None,
    dry_run: bool = False,
    memory: str = "1GB",
    finish: Callable[[Store, Report], None] = lambda store, report: None,
) -> Report:
    """Import what is new or changed. `root` is the project's folder; `only` names sources, also those on request.

    `files` looks at none but the files of these labels.

    `forget` names sources whose rows are taken out first; one that is still declared then comes in as if new.
    `finish` has the last word inside the transaction: what it makes of the tables changes together with them.
    """
    declared = tuple(sources)
    chosen = _chosen(declared, only)
    mistakes = [mistake for source in chosen for mistake in check(source, tables)]
    if mistakes:
        raise DeclarationError(mistakes)
    with TemporaryDirectory(prefix="punchcard-dry-run-") as elsewhere:
        path = Path(elsewhere) / "store.duckdb" if dry_run and not store_path.exists() else store_path
        with (
            open_store(path, memory=memory) as store,
            staging(path) as folder,
            store.transaction(keep=not dry_run),
        ):
            prepare(store, tables)
            forgotten = _forgotten(store, tables, now, forget)
            names = {source.name for source in declared}
            report = _Run(store, folder, tables, zone, now, progress, files).all(chosen, names, root)
            report = replace(report, files=(*forgotten, *report.files))
            if dry_run:
                return replace(report, dry_run=True)
            finish(store, report)
            return report


def _chosen(sources: Sequence[Source], only: Sequence[str]) -> list[Source]:
    """The sources of this run in order of precedence: those that give way to others come last."""
    names = [source.name for source in sources]
    if unknown := [name for name in only if name not in names]:
        raise ImportFailed("; ".join(f"no source '{name}'{did_you_mean(name, names)}" for name in unknown))
    chosen = [source for source in sources if (source.name in only if only else not source.on_request)]
    return sorted(chosen, key=Source.speaks_last)


@dataclass(slots=True)
class _Job:
    """One feed of the plan, with what the books know of it."""

    rank: int
    source: Source
    feed: Feed
    content: str | None
    recipe: str
    known: Known | None
    file: int
    batch: int | None = None
    staged: Staged | None = None
    again: bool = False  # read again for the sake of another file

    @property
    def last_batch(self) -> int | None:
        """The batch that holds its rows now."""
        return self.batch if self.batch is not None or self.known is None else self.known.batch

    @property
    def unchanged(self) -> bool:
        """Whether neither the content nor anything that decides how it is read is new."""
        known = self.known
        return (
            known is not None
            and known.content is not None
            and (known.content, known.recipe) == (self.content, self.recipe)
        )


class _Run:
    """One run: the plan, and what is still to do of it."""

    def __init__(
        self,
        store: Store,
        folder: Staging,
        tables: Mapping[str, Table],
        zone: str,
        now: datetime,
        progress: Progress,
        files: Collection[str],
    ) -> None:
        self._store = store
        self._staging = folder
        self._tables = tables
        self._zone = zone
        self._progress = progress
        self._files = files
        self._books = Books(store, now)
        self._jobs: list[_Job] = []
        self._to_do: set[int] = set()
        self._reports: dict[int, FileReport] = {}

    def all(self, sources: Sequence[Source], declared: Collection[str], root: Path) -> Report:
        """Import what the plan says, file by file; every file that cannot be read is named before nothing is kept."""
        refusals: list[str] = []
        self._plan(sources, root, refusals)
        for job in self._jobs:
            if not job.unchanged:
                self._retire(job)
        while self._to_do:
            job = self._jobs[min(self._to_do)]
            self._to_do.remove(job.rank)
            with _noting(refusals):
                self._reports[job.rank] = self._import(job)
        if refusals:
            raise ImportFailed("\n".join(refusals))
        missing = [*self._missing(sources), *self._undeclared(declared)]
        reports = [self._reports.get(job.rank) or self._unchanged(job) for job in self._jobs]
        report = Report((*reports, *missing), tuple(self._books.orphans(self._tables)) if self._reports else ())
        self._books.close(changed=report.changed, tables=self._tables)
        return report

    def _plan(self, sources: Sequence[Source], root: Path, refusals: list[str]) -> None:
        for source in sources:
            recipe = _recipe(source, self._tables, self._zone)
            with _noting(refusals):
                opening = openers(source, root, files=self._files)
                if not opening and not self._books.files(source.name):
                    raise ImportFailed(f"no file matches '{source.origin.file}'", where=f"sources/{source.name}.yaml")
                for opened in opening:
                    with _noting(refusals):
                        for feed in opened():
                            self._add(source, feed, recipe)

    def _add(self, source: Source, feed: Feed, recipe: str) -> None:
        self._progress(f"looking at {feed.label}", 0, 0)
        known = self._books.files(source.name).get(feed.label)
        file = known.file if known else self._books.next_file()
        job = _Job(len(self._jobs), source, feed, feed.fingerprint(), recipe, known, file)
        if job.content is None:
            job.staged = self._stage(job)
            job.content = job.staged.fingerprint(self._store)
        self._jobs.append(job)

    def _missing(self, sources: Sequence[Source]) -> list[FileReport]:
        there = {(job.source.name, job.feed.label) for job in self._jobs}
        return [
            FileReport(
                source.name, label, Outcome.MISSING, known.rows, ("is no longer there; the rows it brought stay",)
            )
            for source in sources
            for label, known in self._books.files(source.name).items()
            if (source.name, label) not in there and (not self._files or label in self._files)
        ]

    def _undeclared(self, declared: Collection[str]) -> list[FileReport]:
        told = "no source of this name is declared any more; the rows it brought stay until it is forgotten"
        return [
            FileReport(source, label, Outcome.MISSING, known.rows, (told,))
            for source in self._books.sources()
            if source not in declared
            for label, known in self._books.files(source).items()
        ]

    def _retire(self, job: _Job) -> None:
        """Take out what a file brought, and read it again; so must the files whose rows had given way to it."""
        if job.rank in self._to_do:
            return
        self._to_do.add(job.rank)
        if job.last_batch is None:
            return
        gave_way = self._books.retire(job.last_batch, self._tables)
        for other in self._jobs:
            if other is not job and other.last_batch in gave_way:
                other.again = other.unchanged
                self._retire(other)

    def _import(self, job: _Job) -> FileReport:
        outcome = Outcome.IMPORTED if job.known is None else Outcome.REPLACED
        job.batch = batch = self._books.next_batch()
        staged = job.staged or self._stage(job)
        job.staged = None
        rows = staged.count
        reading = Reading(self._store, staged.rows, job.feed, job.file, job.source, self._tables, self._zone)
        self._progress(f"typing {job.feed.label}", 0, rows)
        self._store.run(sql("drop table if exists {cells}", cells=_CELLS))  # of a file that was refused
        reading.cells(_CELLS)
        bad = int(self._store.one(sql("select count(*) from {cells} where _bad", cells=_CELLS))[0])
        if bad:
            reading.quarantine(_CELLS, batch)
        staged.remove()
        counts = [self._land(job, part, batch, rows, bad) for part in reading.parts]
        self._store.run(sql("drop table {cells}", cells=_CELLS))
        again = ("read again, because a file before it with the same keys changed",) if job.again else ()
        notes = (*again, *job.feed.notes, *reading.evidence.described())
        entry = Known(job.file, job.content, job.recipe, batch, rows)
        self._books.enter(job.source.name, job.feed.label, entry, notes, counts)
        return FileReport(
            job.source.name,
            job.feed.label,
            outcome,
            rows,
            notes,
            _mapped(job.source),
            tuple(column for column in job.feed.columns if column not in job.source.reads()),
            tuple(counts),
            self._books.samples(batch, _SAMPLES),
        )

    def _land(self, job: _Job, part: Part, batch: int, rows: int, bad: int) -> Count:
        """Bring one part into its table; files that come later in the plan and hold the same keys give way first."""
        self._progress(f"storing {part.name} of {job.feed.label}", 0, rows)
        landing = Landing(self._store, _CELLS, part, batch, job.feed.label)
        later = {other.last_batch: other for other in self._jobs[job.rank + 1 :] if other.last_batch is not None}
        for displaced in landing.displaces(later.keys()):
            later[displaced].again = later[displaced].unchanged
            self._retire(later[displaced])
        return landing.store(rows, bad)

    def _stage(self, job: _Job) -> Staged:
        def heard(share: float) -> None:
            self._progress(f"reading {job.feed.label}", round(share * 1000), 1000)

        return self._staging.take(job.feed, job.source.reads(), str(job.rank), heard)

    def _unchanged(self, job: _Job) -> FileReport:
        known = job.known
        return FileReport(job.source.name, job.feed.label, Outcome.UNCHANGED, known.rows if known else 0)


@contextmanager
def _noting(refusals: list[str]) -> Generator[None]:
    """Note a refusal and go on, to name the next one too."""
    try:
        yield
    except ImportFailed as refusal:
        refusals.append(str(refusal))


def _forgotten(store: Store, tables: Mapping[str, Table], now: datetime, names: Sequence[str]) -> list[FileReport]:
    known = Books(store, now).sources()
    if unknown := [name for name in names if name not in known]:
        raise ImportFailed(
            "; ".join(f"no source '{name}' brought anything{did_you_mean(name, known)}" for name in unknown)
        )
    return [
        FileReport(name, label, Outcome.FORGOTTEN, file.rows)
        for name in names
        for label, file in Books(store, now).forget(name, tables)
    ]


def _recipe(source: Source, tables: Mapping[str, Table], zone: str) -> str:
    """A hash of everything beside the content that decides how a file is read."""
    used = {name: (table.key, table.brand, _told(table)) for name, table in tables.items() if name in source.tables}
    return hashlib.sha256(msgspec.json.encode((READING_VERSION, source, zone, used), order="sorted")).hexdigest()


def _told(table: Table) -> dict[str, tuple[object, ...]]:
    """What a table's columns say to a program; their words for people may change freely."""
    return {
        name: (column.type, column.of, column.values, column.empty is None, column.default)
        for name, column in table.columns.items()
    }


def _mapped(source: Source) -> tuple[tuple[str, str], ...]:
    pairs = (
        (column, f"{table}.{name}")
        for table, filling in source.fillings()
        for name, cell in filling.cells().items()
        for column in cell.reads()
    )
    return tuple(dict.fromkeys(pairs))
