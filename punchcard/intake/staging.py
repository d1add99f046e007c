"""Staging: the rows of a feed written to a Parquet file beside the store, to be judged and typed as a whole.

A file, and not a temporary table: what a transaction has touched stays in memory until it ends.
"""

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from punchcard.intake.sources.feed import Feed, no_rows
from punchcard.intake.store import Store
from punchcard.sql import Sql, sql


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows of one feed, waiting."""

    path: Path
    count: int

    @property
    def rows(self) -> Sql:
        """What stands after `from`."""
        return sql("read_parquet({path})", path=str(self.path))

    def fingerprint(self, store: Store) -> str:
        """A hash of the rows, the same in whatever order they came."""
        count, total = store.one(
            sql(
                "select count(*), sum(cast(hash(r) as hugeint)) from (select * exclude (_row) from {rows}) r",
                rows=self.rows,
            )
        )
        return f"{count} rows, {total}"

    def remove(self) -> None:
        """Give the space back."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Staging:
    """The folder of one run."""

    folder: Path

    def take(self, feed: Feed, wanted: Sequence[str], name: str, heard: Callable[[float], None]) -> Staged:
        """Write the rows of a feed, and of its columns only those that are read; `heard` is told the share done."""
        path, count = self.folder / f"{name}.parquet", 0
        batches = feed.batches(wanted)
        first = next(batches, None)
        with pq.ParquetWriter(path, no_rows(wanted) if first is None else first[0].schema, compression="lz4") as file:
            while first is not None:
                batch, share = first
                file.write_batch(batch)
                count += batch.num_rows
                heard(share)
                first = next(batches, None)
        return Staged(path, count)


@contextmanager
def staging(store_path: Path) -> Generator[Staging]:
    """A folder beside the store, emptied of what a run that was killed has left. The store must be locked."""
    folder = store_path.parent / "staging"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield Staging(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
