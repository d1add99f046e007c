"""Parquet files: typed columns, read by row group."""

import json
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from punchcard.errors import ImportFailed
from punchcard.intake.sources.content import Content
from punchcard.intake.sources.feed import BATCH_ROWS, Place, check_header, numbered, require


class ParquetFeed:
    """The rows of one Parquet file; a row's number counts from 1."""

    numbers_have_points = False

    def __init__(self, place: Place) -> None:
        self.label = place.label
        self._content = Content(place)
        try:
            self._file = pq.ParquetFile(place.path)
        except (pa.ArrowInvalid, OSError) as error:
            raise ImportFailed(f"is no readable Parquet file: {_first_line(error)}", where=place.label) from None
        self.columns = tuple(self._file.schema_arrow.names)
        self.notes: tuple[str, ...] = ()
        check_header(self.label, self.columns)

    def fingerprint(self) -> str:
        """The hash of the bytes of the file."""
        return self._content.digest()

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows of the wanted columns, row group by row group."""
        require(self.label, wanted, self.columns)
        total = self._file.metadata.num_rows
        row = 1
        for batch in self._file.iter_batches(batch_size=BATCH_ROWS, columns=list(wanted)):
            count = batch.num_rows
            plain = [_plain(batch.column(name)) for name in wanted]
            yield numbered(pa.RecordBatch.from_arrays(plain, list(wanted)), row), (row + count) / (total + 1)
            row += count
        self._content.unchanged()


def _plain(column: pa.Array) -> pa.Array:
    """The column in a type that the store can type further; whatever is nested becomes JSON text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_nested(kind):
        return pa.array(
            [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()], pa.string()
        )
    if pa.types.is_timestamp(kind) and kind.unit != "us":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
    if pa.types.is_null(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
        return column.cast(pa.string())
    return column


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
