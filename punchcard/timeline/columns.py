"""Property columns: words as codes of a dictionary, numbers as they are, money as exact ten-thousandths."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from punchcard.errors import QueryError

Values: TypeAlias = NDArray[np.int32 | np.float64 | np.int64]


class Kind(StrEnum):
    """How a property's values are stored."""

    WORDS = "words"  # int32 codes of a dictionary; -1 where there is none
    NUMBERS = "numbers"  # float64; NaN where there is none
    AMOUNTS = (
        "amounts"  # int64 ten-thousandths of a decimal(18, 4), so sums are exact; the least int64 where there is none
    )


NO_WORD = -1
NO_AMOUNT = np.iinfo(np.int64).min
AMOUNT_UNIT = 10_000
EXACT = pa.decimal128(18, 4)

STORED: dict[Kind, type[np.int32] | type[np.float64] | type[np.int64]] = {
    Kind.WORDS: np.int32,
    Kind.NUMBERS: np.float64,
    Kind.AMOUNTS: np.int64,
}


def missing(kind: Kind, length: int) -> Values:
    """A column in which no value is given."""
    match kind:
        case Kind.WORDS:
            return np.full(length, NO_WORD, np.int32)
        case Kind.NUMBERS:
            return np.full(length, np.nan, np.float64)
        case Kind.AMOUNTS:
            return np.full(length, NO_AMOUNT, np.int64)


def given(kind: Kind, values: Values) -> NDArray[np.bool_]:
    """Where a column has a value."""
    match kind:
        case Kind.WORDS:
            return values >= 0
        case Kind.NUMBERS:
            return ~np.isnan(values)
        case Kind.AMOUNTS:
            return values != NO_AMOUNT


def kind_of(type_: pa.DataType, name: str) -> Kind:
    """How a column that comes from the facts is kept."""
    if pa.types.is_dictionary(type_):
        return kind_of(type_.value_type, name)
    if pa.types.is_decimal(type_):
        return Kind.AMOUNTS
    if pa.types.is_integer(type_) or pa.types.is_floating(type_):
        return Kind.NUMBERS
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_boolean(type_):
        return Kind.WORDS
    if pa.types.is_string_view(type_) or pa.types.is_date(type_):
        return Kind.WORDS
    raise QueryError(
        f"a property of type {type_} cannot be kept in the timeline; cast it to text or a number", where=name
    )


@dataclass(slots=True)
class Dictionary:
    """The words of a property, numbered as they first appear."""

    words: list[str] = field(default_factory=list[str])
    codes: dict[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, words: Iterable[str]) -> "Dictionary":
        """A dictionary that already knows these words, in this order."""
        known = list(words)
        return cls(known, {word: code for code, word in enumerate(known)})

    def code(self, word: str) -> int:
        """The number of a word, a new one if it is new."""
        code = self.codes.get(word)
        if code is None:
            code = self.codes[word] = len(self.words)
            self.words.append(word)
        return code

    def encoded(self, array: pa.Array) -> NDArray[np.int32]:
        """The codes of a column of text; -1 for null."""
        text = array if pa.types.is_dictionary(array.type) else array.cast(pa.string()).dictionary_encode()
        own = np.array([self.code(word) for word in text.dictionary.cast(pa.string()).to_pylist()], np.int32)
        places = pc.fill_null(text.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        if len(own) == 0:
            return np.full(len(places), NO_WORD, np.int32)
        return np.where(places < 0, np.int32(NO_WORD), own[places])


def numbers(array: pa.Array, kind: Kind) -> Values:
    """The values of a column of numbers or decimals."""
    if kind is Kind.NUMBERS:
        return array.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    exact = array.cast(EXACT)
    words = np.frombuffer(exact.buffers()[1], np.int64) if len(exact) else np.empty(0, np.int64)
    low = words[::2][exact.offset : exact.offset + len(exact)]  # of 128 bits; 18 digits fit into 63
    return np.where(exact.is_null().to_numpy(zero_copy_only=False), NO_AMOUNT, low)


def as_decimals(amounts: NDArray[np.int64]) -> pa.Array:
    """Amounts as the decimals they stand for; the other way round of `numbers`."""
    words = np.empty((len(amounts), 2), np.int64)
    words[:, 0], words[:, 1] = amounts, amounts >> 63
    there = pa.array(amounts != NO_AMOUNT)
    return pa.Array.from_buffers(EXACT, len(amounts), [there.buffers()[1], pa.py_buffer(words.tobytes())])
