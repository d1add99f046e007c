"""Feed: one file, sheet or query while it is read: its columns, and its rows in bounded batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from punchcard.errors import ImportFailed, did_you_mean

# Beside the columns of the source, every batch says where a row stands and, if its line could not be read, why.
ROW = "_row"
FAULT = "_fault"
LINE = "_line"
BATCH_ROWS = 65_536

# Wider files are a matrix or a mistake; each column costs memory in every batch.
MAX_COLUMNS = 2_000


class Feed(Protocol):
    """What a reader gives: the columns, what it noticed, and the rows once they are asked for."""

    @property
    def label(self) -> str:
        """The name by which a person and the next import know it: a path, a sheet, a table."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are there; of a file of objects, those of its first ones."""
        ...

    @property
    def numbers_have_points(self) -> bool:
        """Whether a number is written with a point whatever the language; in a text file that is not known."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was detected and what is odd, in words; complete only after the rows were read."""
        ...

    def fingerprint(self) -> str | None:
        """A hash of the content; None if it is only known once the rows were read."""
        ...

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows with `_row`, `_fault`, `_line` and the wanted columns, and the share that is read by then."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the project or of a package: where it is, and the name it is known by."""

    path: Path
    label: str


def require(label: str, wanted: Sequence[str], there: Sequence[str], hint: str = "") -> None:
    """Refuse a feed that lacks wanted columns, naming all of them with the nearest that is there."""
    missing = [column for column in wanted if column not in there]
    if not missing:
        return
    each = "; ".join(f"no column '{column}'{did_you_mean(column, there)}" for column in missing)
    shown = ", ".join(there[:12]) + (", ..." if len(there) > 12 else "")
    raise ImportFailed(f"{each} (it has: {shown}){hint}", where=label)


def check_header(label: str, columns: Sequence[str]) -> None:
    """Refuse headers that cannot be told apart, or that are far too many."""
    if len(columns) > MAX_COLUMNS:
        raise ImportFailed(f"has {len(columns):,} columns; at most {MAX_COLUMNS:,} can be read", where=label)
    seen: dict[str, str] = {}
    for column in columns:
        before = seen.setdefault(column.casefold(), column)
        if before is not column:
            raise ImportFailed(
                f"two columns are called '{before}' and '{column}'; rename one in the file, "
                "or name all of them with dialect: {columns: [...]}",
                where=label,
            )


def numbered(batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
    """A batch of good rows with consecutive row numbers in front."""
    count = batch.num_rows
    empty = pa.nulls(count, pa.string())
    rows = pa.array(range(first_row, first_row + count), pa.int64())
    return pa.RecordBatch.from_arrays([rows, empty, empty, *batch.columns], [ROW, FAULT, LINE, *batch.schema.names])


def no_rows(wanted: Sequence[str]) -> pa.Schema:
    """The shape of a feed without rows: nothing can be said of its columns, so they are text."""
    text = [(FAULT, pa.string()), (LINE, pa.string()), *((name, pa.string()) for name in wanted)]
    return pa.schema([(ROW, pa.int64()), *text])
