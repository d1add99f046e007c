"""Rows written into the declaration itself: a brand, a programme, a handful of tiers."""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec
import pyarrow as pa

from punchcard.intake.sources.feed import numbered, require


class WrittenRows:
    """Rows of a `from: {rows: [...]}`; every value is read as text, like a cell of a file."""

    numbers_have_points = True

    def __init__(self, label: str, rows: Sequence[dict[str, str | int | float | bool | None]]) -> None:
        self.label = label
        self._rows = rows
        self.columns = tuple(dict.fromkeys(name for row in rows for name in row))
        self.notes: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """The hash of the rows."""
        return hashlib.sha256(msgspec.json.encode(self._rows)).hexdigest()

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """All rows, with the wanted columns."""
        require(self.label, wanted, self.columns)
        arrays = [pa.array([_text(row.get(name)) for row in self._rows], pa.string()) for name in wanted]
        yield numbered(pa.RecordBatch.from_arrays(arrays, list(wanted)), 1), 1.0


def _text(value: str | float | bool | None) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
