"""Writing: rows of canonical tables into files, and the sources that say how to read them.

A part of the members has a file of its own for each table. Within a file each block of members is a row group, so
memory holds one block whatever the size of the programme. `Place` and `Sink` are what any other place gives too.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from punchcard.catalog.table import Table, Type
from punchcard.simulate.chance import Bools, Ints
from punchcard.simulate.columns import side_by_side

NOTHING = -(2**62)  # a missing whole number or amount
_NO_TIME = 1  # ids and moments below this are missing

# So many rows again at the end of a block, as a sender that repeats itself does; the import has to tell them.
REPEATED: dict[str, int] = {"txn": 499, "message_event": 997, "event": 997, "consent_event": 499, "points_entry": 1_499}


class Format(StrEnum):
    """How files are written."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Words:
    """A text column: one of few words for each row; -1 is none."""

    codes: Ints
    words: tuple[str, ...]


Cells = NDArray[Any] | Words | list[str] | str
Rows = Mapping[str, Cells]


def size(rows: Rows) -> int:
    """How many rows there are."""
    for cells in rows.values():
        if isinstance(cells, Words):
            return len(cells.codes)
        if not isinstance(cells, str):
            return len(cells)
    return 0


def batch(table: Table, rows: Rows) -> pa.RecordBatch:
    """Rows as Arrow, each column in the type its declaration asks for."""
    count = size(rows)
    return pa.RecordBatch.from_arrays(
        [_column(table.columns[name].type, cells, count) for name, cells in rows.items()], list(rows)
    )


def _column(kind: Type, cells: Cells, count: int) -> pa.Array:
    if isinstance(cells, str):
        return _worded(np.zeros(count, np.int64), (cells,))
    if isinstance(cells, Words):
        return _worded(cells.codes, cells.words)
    return pa.array(cells, pa.string()) if isinstance(cells, list) else _typed(kind, cells)


def _worded(codes: Ints, words: tuple[str, ...]) -> pa.Array:
    # Each word once: Parquet's writer leaves memory as it was where a dictionary repeats itself.
    once = list(dict.fromkeys(words))
    places = np.array([*(once.index(word) for word in words), -1], np.int32)
    whole = places[codes]
    return pa.DictionaryArray.from_arrays(pa.array(whole, mask=_missing(whole < 0)), pa.array(once, pa.string()))


def _typed(kind: Type, cells: NDArray[Any]) -> pa.Array:
    match kind:
        case Type.ID:
            return pa.array(cells, pa.int64(), mask=_missing(cells < _NO_TIME))
        case Type.INSTANT:
            whole = pa.array(cells * 1_000_000, pa.int64(), mask=_missing(cells < _NO_TIME))
            return whole.view(pa.timestamp("us", "UTC"))
        case Type.MONEY:
            return _cents(cells)
        case Type.DATE:
            return pa.array(cells.astype(np.int32), mask=_missing(cells == NOTHING)).view(pa.date32())
        case Type.BOOLEAN:
            # Packed here, since what Arrow leaves in the last byte's spare bits differs from run to run and is written.
            return pa.Array.from_buffers(pa.bool_(), len(cells), [None, _bits(cells)])
        case _:
            return pa.array(cells, mask=_missing(cells == NOTHING))


def _missing(mask: Bools) -> Bools | None:
    return mask if mask.any() else None


def _cents(cents: Ints) -> pa.Array:
    """Exact amounts of two decimals, made without a loop: a decimal is a whole number of 128 bits."""
    halves = np.empty((len(cents), 2), np.int64)
    halves[:, 0] = cents
    halves[:, 1] = cents >> 63
    there = cents != NOTHING
    valid = None if there.all() else _bits(there)
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [valid, pa.py_buffer(halves)])


def _bits(flags: Bools) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


@dataclass(slots=True)
class Written:
    """How many rows a table's files hold, how many of them say again what another one said, and its columns."""

    columns: tuple[str, ...]
    rows: int = 0
    repeated: int = 0


class Sink(ABC):
    """Where the rows of one part go while its blocks are made."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self.written: dict[str, Written] = {}

    def write(self, name: str, rows: Rows) -> None:
        """Add rows to a table."""
        made = batch(self._tables[name], rows)
        every = REPEATED.get(name)
        again = made.take(pa.array(np.arange(every - 1, made.num_rows, every))) if every else made.slice(0, 0)
        written = self.written.setdefault(name, Written(tuple(rows)))
        written.rows += made.num_rows + again.num_rows
        written.repeated += again.num_rows
        self._put(name, pa.Table.from_batches([made, again]))

    @abstractmethod
    def _put(self, name: str, rows: pa.Table) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Finish what is being written."""


class Place(Protocol):
    """Where a programme is written; it can be handed to another process."""

    def sink(self, part: str, tables: Mapping[str, Table]) -> Sink:
        """Where the rows of one part go."""
        ...

    def source(self, table: str, written: Written) -> str:
        """The declaration by which a project reads a table from there."""
        ...


class Home(Protocol):
    """A place to be; `opened` gives it, and what was written there is whole or gone when it ends."""

    @contextmanager
    def opened(self, tables: Mapping[str, Table]) -> Generator[Place]:
        """The place, for as long as a programme is made."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Files below a project's folder."""

    path: Path
    form: Format

    @contextmanager
    def opened(self, tables: Mapping[str, Table]) -> Generator[Self]:
        """The folder with its data folder."""
        (self.path / "data").mkdir(exist_ok=True)
        yield self

    def sink(self, part: str, tables: Mapping[str, Table]) -> "Files":
        """The files of one part."""
        return Files(self, part, tables)

    def source(self, table: str, written: Written) -> str:
        """The declaration that reads the files of one table."""
        csv = self.form is Format.CSV
        dialect = 'dialect: {encoding: utf-8, delimiter: ",", decimal: ".", dates: iso}\n' if csv else ""
        return declared(f"{{file: data/{table}/*.{self.form}}}", dialect, table, written)


class Files(Sink):
    """The files of one part, open while its blocks are made."""

    def __init__(self, folder: Folder, part: str, tables: Mapping[str, Table]) -> None:
        super().__init__(tables)
        self._folder = folder.path
        self._part = part
        self._form = folder.form
        self._open: dict[str, pq.ParquetWriter | pacsv.CSVWriter] = {}

    def _put(self, name: str, rows: pa.Table) -> None:
        whole = _plain(rows) if self._form is Format.CSV else rows
        self._writer(name, whole.schema).write_table(whole)

    def _writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter | pacsv.CSVWriter:
        if name not in self._open:
            path = self._folder / "data" / name / f"{self._part}.{self._form}"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = (
                pacsv.CSVWriter(path, schema)
                if self._form is Format.CSV
                else pq.ParquetWriter(
                    path,
                    schema,
                    compression="lz4",
                    use_dictionary=_texts(schema),  # pyright: ignore[reportArgumentType] - a list is allowed
                    write_statistics=False,
                )
            )
        return self._open[name]

    def close(self) -> None:
        """Finish every file."""
        for writer in self._open.values():
            writer.close()


def _texts(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_dictionary(field.type)]


def _plain(rows: pa.Table) -> pa.Table:
    """The rows with every word and moment written out, as text formats want them."""
    return pa.table({name: _spelled(column) for name, column in zip(rows.column_names, rows.columns, strict=True)})


def _spelled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        # Arrow writes a moment in a zone a hundred times slower than one without.
        return side_by_side(column.cast(pa.timestamp("us")).cast(pa.string()), pa.scalar("Z"))
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def declared(origin: str, dialect: str, table: str, written: Written) -> str:
    """The declaration that reads one table from somewhere."""
    columns = "".join(f"      {name}: {name}\n" for name in written.columns)
    return f"from: {origin}\n{dialect}tables:\n  {table}:\n    columns:\n{columns}"
