"""Columns: what is common to records whose fields are arrays of one length, and to columns of text."""

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

T = TypeVar("T")


def taken(rows: T, at: NDArray[Any]) -> T:
    """Some of the rows: those at these places, or where it is true."""
    return type(rows)(*(getattr(rows, each.name)[at] for each in fields(rows)))  # pyright: ignore[reportArgumentType]


def joined(*parts: T) -> T:
    """The rows of several, one after the other."""
    names = [each.name for each in fields(parts[0])]  # pyright: ignore[reportArgumentType]
    return type(parts[0])(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def side_by_side(*columns: Any, missing: bytes | None = None) -> Any:
    """Texts or bytes of several columns as one, row by row; for one that is missing `missing`, or nothing at all."""
    options = pc.JoinOptions("emit_null" if missing is None else "replace", missing or "")
    return pc.call_function("binary_join_element_wise", [*columns, pa.scalar(b"", columns[0].type)], options)
