"""Columns: what is common to records whose fields are arrays of one length."""

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def taken(rows: T, at: NDArray[Any]) -> T:
    """Some of the rows: those at these places, or where it is true."""
    return type(rows)(*(getattr(rows, each.name)[at] for each in fields(rows)))  # pyright: ignore[reportArgumentType]


def joined(*parts: T) -> T:
    """The rows of several, one after the other."""
    names = [each.name for each in fields(parts[0])]  # pyright: ignore[reportArgumentType]
    return type(parts[0])(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
