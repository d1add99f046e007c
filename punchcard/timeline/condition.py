"""Conditions over property columns: for each value, whether it holds."""

import numpy as np
from numpy.typing import NDArray

from punchcard.errors import QueryError
from punchcard.timeline.columns import AMOUNT_UNIT, Kind, Values, given
from punchcard.timeline.pick import Condition, Operand, as_text

_COMPARED = {"at_least": np.greater_equal, "at_most": np.less_equal, "more_than": np.greater, "less_than": np.less}


def holds(condition: Condition, kind: Kind, words: tuple[str, ...], values: Values) -> NDArray[np.bool_]:
    """For each value of a column, whether the condition holds."""
    if condition.operator in ("is_set", "is_not_set"):
        return given(kind, values) == (condition.operator == "is_set")
    if kind is Kind.WORDS:
        by_code = np.array([*(_of_word(condition, word) for word in words), condition.operator == "is_not"])
        return by_code[values.astype(np.int32)]
    return _of_numbers(condition, kind, values)


def _of_word(condition: Condition, word: str) -> bool:
    texts = [as_text(value) for value in condition.values]
    match condition.operator:
        case "is":
            return word in texts
        case "is_not":
            return word not in texts
        case "contains":
            return any(text.lower() in word.lower() for text in texts)
        case _:
            raise QueryError(f"'{condition.operator}' needs a number, and '{condition.property}' holds text")


def _of_numbers(condition: Condition, kind: Kind, values: Values) -> NDArray[np.bool_]:
    if condition.operator == "contains":
        raise QueryError(f"'contains' needs text, and '{condition.property}' holds numbers")
    unit = AMOUNT_UNIT if kind is Kind.AMOUNTS else 1
    wanted = [_number(value, condition.property) * unit for value in condition.values]
    there = given(kind, values)
    if condition.operator in _COMPARED:
        return there & _COMPARED[condition.operator](values, wanted[0])
    among = there & np.isin(values, wanted)
    return among if condition.operator == "is" else ~among


def _number(value: Operand, name: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise QueryError(f"'{value}' is no number, and '{name}' holds numbers") from None
