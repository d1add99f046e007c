"""Binary: rows as PostgreSQL's COPY reads them, each value with its length in front, made and joined by Arrow."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from punchcard.simulate.columns import side_by_side

_ROWS = 16_384  # so many at once stay in a processor's memory
_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_MISSING = b"\xff\xff\xff\xff"  # the length of a value that is not there
_NEGATIVE = 0x4000
_DIGIT = 10_000  # what one digit of a numeric counts up to
_SHORT = ">i2"

_SCALES = {"numeric(18, 4)": 4, "numeric(18, 8)": 8, "numeric(9, 6)": 6}
# How Arrow counts, how PostgreSQL writes, and what its beginning of time in 2000 is to Arrow, whose time began in 1970.
_WIDTHS: dict[str, tuple[pa.DataType, str, int]] = {
    "bigint": (pa.int64(), ">i8", 0),
    "boolean": (pa.uint8(), "u1", 0),
    "timestamptz": (pa.int64(), ">i8", 10_957 * 86_400_000_000),
    "date": (pa.int32(), ">i4", 10_957),
}


def copied(rows: pa.Table, types: Mapping[str, str]) -> Iterator[pa.Buffer | bytes]:
    """All that COPY ... (format binary) asks for, from columns of these types of PostgreSQL."""
    count = pa.scalar(np.array(rows.num_columns, ">i2").tobytes(), pa.binary())
    yield _BEGIN
    for some in rows.to_batches(_ROWS):
        fields = [_field(column, types[name]) for name, column in zip(some.schema.names, some.columns, strict=True)]
        yield side_by_side(count, *fields, missing=_MISSING).buffers()[2]
    yield _END


def _field(column: pa.Array, kind: str) -> pa.Array:
    """One column as bytes with their length in front; what is missing stays missing."""
    if isinstance(column, pa.DictionaryArray):
        return _field(column.dictionary, kind).take(column.indices)
    if kind in _SCALES:
        return _numeric(column, _SCALES[kind])
    if kind in _WIDTHS:
        counted, written, epoch = _WIDTHS[kind]
        return _fixed(column, (written, _numbers(column, counted) - epoch))
    return _text(column.cast(pa.string()))


def _numbers(column: pa.Array, kind: pa.DataType) -> NDArray[Any]:
    """The numbers of a column; where there is none, 0."""
    return pc.fill_null(column.cast(kind), 0).to_numpy(zero_copy_only=False)


def _numeric(column: pa.Array, scale: int) -> pa.Array:
    """Exact numbers in digits of four decimals: as many as the longest asks for, since zeros in front are allowed."""
    after = -(-scale // 4)
    units = _units(column, scale) * 10 ** (4 * after - scale)
    rest = np.abs(units)
    digits: list[tuple[str, NDArray[Any]]] = []
    while len(digits) <= after or rest.any():
        rest, digit = np.divmod(rest, _DIGIT)
        digits.insert(0, (_SHORT, digit))
    sign = np.where(units < 0, _NEGATIVE, 0)
    head = (len(digits), len(digits) - 1 - after, sign, scale)
    return _fixed(column, *((_SHORT, each) for each in head), *digits)


def _units(column: pa.Array, scale: int) -> NDArray[np.int64]:
    """The numbers of a column as whole ones of its last decimal."""
    if pa.types.is_floating(column.type):
        return np.rint(_numbers(column, pa.float64()) * 10**scale).astype(np.int64)
    if not isinstance(column.type, pa.Decimal128Type):
        return _numbers(column, pa.int64()) * 10**scale
    # A decimal is a whole number of 128 bits, of which amounts need the lower half.
    halves = np.frombuffer(column.buffers()[1] or b"", np.int64)
    lower = halves[2 * column.offset : 2 * (column.offset + len(column)) : 2] * 10 ** (scale - column.type.scale)
    return np.where(column.is_valid(), lower, 0) if column.null_count else lower


def _fixed(column: pa.Array, *parts: tuple[str, NDArray[Any] | int]) -> pa.Array:
    """Values of one width, put together from parts."""
    names = [str(place) for place in range(len(parts))]
    cells = np.empty(len(column), [("width", ">i4"), *zip(names, (kind for kind, _ in parts), strict=True)])
    cells["width"] = cells.itemsize - 4
    for name, (_, values) in zip(names, parts, strict=True):
        cells[name] = values
    whole = _bytes(cells)
    there = [column.is_valid(), whole, pa.scalar(None, pa.binary())]
    return pc.call_function("if_else", there) if column.null_count else whole


def _text(column: pa.Array) -> pa.Array:
    lengths = _numbers(pc.call_function("binary_length", [column]), pa.int32())
    return side_by_side(_bytes(lengths.astype(">i4")), column.cast(pa.binary()))


def _bytes(cells: NDArray[Any]) -> pa.Array:
    ends = np.arange(len(cells) + 1, dtype=np.int32) * cells.itemsize
    return pa.Array.from_buffers(pa.binary(), len(cells), [None, pa.py_buffer(ends), pa.py_buffer(cells)])
