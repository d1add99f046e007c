"""Books: what schema `intake` keeps: runs, files, batches, quarantine, and who gave way to whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from punchcard.catalog.table import Table
from punchcard.intake.report import Count, Quarantined
from punchcard.intake.store import Store
from punchcard.sql import Name, join, sql


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was imported last."""

    file: int
    content: str | None
    recipe: str
    batch: int
    rows: int


class Books:
    """The books of one run; everything is entered in the run's own transaction."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now
        self._run = self._next("run", "run")
        self._file = self._next("file", "file")
        self._batch = self._next("batch", "batch")
        self._files: dict[str, dict[str, Known]] = {}
        for source, label, *known in store.rows(
            sql("select source, label, file, content, recipe, batch, rows from intake.file order by label")
        ):
            self._files.setdefault(source, {})[label] = Known(*known)
        self._first_batch = self._batch

    def _next(self, table: str, column: str) -> int:
        (last,) = self._store.one(
            sql("select coalesce(max({column}), 0) from {table}", column=Name(column), table=Name("intake", table))
        )
        return int(last) + 1

    def sources(self) -> list[str]:
        """The sources that brought anything before."""
        return sorted(self._files)

    def files(self, source: str) -> Mapping[str, Known]:
        """The files that a source brought before, by label."""
        return self._files.get(source, {})

    def next_file(self) -> int:
        """A number for a file seen for the first time; it is part of the ids made of file and row."""
        self._file += 1
        return self._file - 1

    def next_batch(self) -> int:
        """A number for the rows that one file brings in one run."""
        self._batch += 1
        return self._batch - 1

    def retire(self, batch: int, tables: Mapping[str, Table]) -> set[int]:
        """Delete the rows of a batch; the batches that had rows with the same keys, which have to be read again."""
        brought = self._store.rows(
            sql('select distinct "table" from intake.batch where batch = {batch} and stored > 0', batch=batch)
        )
        for (name,) in brought:
            if name in tables:
                self._store.run(sql("delete from {raw} where _batch = {batch}", raw=Name("raw", name), batch=batch))
        self._store.run(sql("delete from intake.quarantine where batch = {batch}", batch=batch))
        self._store.run(sql("delete from intake.overlap where batch = {batch}", batch=batch))
        gave_way = self._store.rows(
            sql("select distinct batch from intake.overlap where of_batch = {batch}", batch=batch)
        )
        self._store.run(
            sql("update intake.batch set retired_in = {run} where batch = {batch}", run=self._run, batch=batch)
        )
        # Whatever gave way must be read again, if not now, then in the next run that plans it.
        for (other,) in gave_way:
            self._store.run(sql("update intake.file set recipe = '' where batch = {other}", other=other))
        return {int(other) for (other,) in gave_way}

    def forget(self, source: str, tables: Mapping[str, Table]) -> list[tuple[str, Known]]:
        """Take out all that a source ever brought; its files are as if never seen."""
        forgotten = list(self.files(source).items())
        for _, known in forgotten:
            self.retire(known.batch, tables)
        self._store.run(sql("delete from intake.file where source = {source}", source=source))
        return forgotten

    def enter(self, source: str, label: str, entry: Known, notes: Sequence[str], counts: Sequence[Count]) -> None:
        """Write down one imported file, and check that every row of it is accounted for."""
        for count in counts:
            if not count.balanced():
                raise AssertionError(f"{label}: rows of {count.table} do not add up: {count}")
            self._store.run(
                sql(
                    """insert into intake.batch values ({batch}, {run}, {source}, {label}, {table}, {part}, {received},
                         {stored}, {duplicates}, {folded}, {quarantined}, {skipped}, {now}, null)""",
                    batch=entry.batch,
                    run=self._run,
                    source=source,
                    label=label,
                    table=count.table,
                    part=count.part,
                    received=count.received,
                    stored=count.stored,
                    duplicates=count.duplicates,
                    folded=count.folded,
                    quarantined=count.quarantined,
                    skipped=count.skipped,
                    now=self._now,
                )
            )
        self._store.run(sql("delete from intake.file where file = {file}", file=entry.file))
        noted = join(", ", [sql("cast({note} as varchar)", note=note) for note in notes])
        self._store.run(
            sql(
                """insert into intake.file
                   values ({file}, {source}, {label}, {content}, {recipe}, {batch}, {rows}, [{notes}], {now})""",
                file=entry.file,
                source=source,
                label=label,
                content=entry.content,
                recipe=entry.recipe,
                batch=entry.batch,
                rows=entry.rows,
                notes=noted,
                now=self._now,
            )
        )

    def samples(self, batch: int, count: int) -> tuple[Quarantined, ...]:
        """The first rows of a batch that were kept out."""
        found = self._store.rows(
            sql(
                """select row, "table", "column", value, kind, reason from intake.quarantine
                   where batch = {batch} order by row, "table", "column" limit {count}""",
                batch=batch,
                count=count,
            )
        )
        return tuple(Quarantined(*row) for row in found)

    def orphans(self, tables: Mapping[str, Table]) -> Iterator[str]:
        """Ids that facts mention and no table describes, such as products sold that the catalogue lacks."""
        described = {table.entity(): name for name, table in tables.items() if table.entity()}
        for name in self._touched():
            if name not in tables:
                continue
            for column, declared in tables[name].columns.items():
                home = described.get(declared.of)
                if declared.of is None or home is None or home == name:
                    continue
                ids, rows = self._store.one(
                    sql(
                        """select count(distinct {column}), count(*) from {raw}
                           where {column} is not null and {column} not in (select {key} from {home})""",
                        column=Name(column),
                        raw=Name("raw", name),
                        key=Name(tables[home].key[0]),
                        home=Name("raw", home),
                    )
                )
                if ids:
                    yield f"{name}.{column}: {ids:,} not in {home} ({rows:,} rows)"

    def _touched(self) -> list[str]:
        found = self._store.rows(
            sql(
                'select distinct "table" from intake.batch where batch >= {first} and stored > 0 order by 1',
                first=self._first_batch,
            )
        )
        return [str(name) for (name,) in found]

    def close(self, *, changed: bool, tables: Mapping[str, Table]) -> None:
        """Enter the run, and the loads into the canonical `ingest_batch` if the project has that table."""
        if changed and "ingest_batch" in tables:
            self._loads()
        if changed:
            self._store.run(
                sql("insert into intake.run (run, started_at) values ({run}, {now})", run=self._run, now=self._now)
            )

    def _loads(self) -> None:
        retired = sql("(select batch from intake.batch where retired_in is not null)")
        self._store.run(sql("delete from raw.ingest_batch where _batch in {retired}", retired=retired))
        load = sql("""concat(batch, '/', "table", '/', part)""")
        fresh = sql("intake.batch where batch >= {first} and retired_in is null", first=self._first_batch)
        self._store.run(
            sql(
                """insert into keys.ingest_batch
                   select (select coalesce(max(id), 0) from keys.ingest_batch)
                          + row_number() over (order by batch, "table", part), {load}
                   from {fresh}""",
                load=load,
                fresh=fresh,
            )
        )
        self._store.run(
            sql(
                """insert into raw.ingest_batch by name
                   select known.id as batch_id, source, "table" as table_name, loaded_at, received as rows_in,
                          quarantined as rows_rejected, duplicates + folded as rows_duplicate, batch as _batch
                   from (select *, {load} as load from {fresh}) loaded
                   join keys.ingest_batch known on known.ref = loaded.load""",
                load=load,
                fresh=fresh,
            )
        )
