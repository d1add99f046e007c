"""CSV of an answer's rows: figures with all their digits, dates as ISO, nothing that a spreadsheet would run."""

import csv
import math
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Final

from punchcard.answer import Answer
from punchcard.plan.rows import OTHER
from punchcard.result import Cell, Column

BYTE_ORDER_MARK: Final = "\ufeff"  # by which a spreadsheet tells UTF-8 from the machine's own encoding

# A cell that starts so is a formula to a spreadsheet, also behind spaces or a quote; an apostrophe in front makes it
# text again (OWASP, ASVS 1.2.10).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
FILE_LINE_ENDS: Final = "\r\n"
_PASSED_OVER: Final = " \u00a0\u3000\"';"


def to_csv(answer: Answer) -> str:
    """The rows under the columns' names, for programs; no value is an empty cell."""
    return _rows((column.name for column in answer.result.columns), answer.result.rows, "\n")


def to_file(answer: Answer, *, byte_order_mark: bool = False) -> bytes:
    """The rows under the columns' titles as a file that a person opens (RFC 4180)."""
    return of_rows(titles(answer.result.columns), answer.result.rows, byte_order_mark=byte_order_mark)


def of_rows(heads: Iterable[str], rows: Iterable[tuple[Cell, ...]], *, byte_order_mark: bool = False) -> bytes:
    """Any rows as a file that a person opens."""
    return f"{BYTE_ORDER_MARK if byte_order_mark else ''}{_rows(heads, rows, FILE_LINE_ENDS)}".encode()


def _rows(heads: Iterable[str], rows: Iterable[tuple[Cell, ...]], end: str) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(written(head) for head in heads)
    writer.writerows([written(cell) for cell in row] for row in rows)
    return out.getvalue()


def titles(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What each column is called: its title, with its role where it stands beside a measure, never twice the same."""
    found: list[str] = []
    for column in columns:
        title = column.title if column.of is None else f"{column.title} ({column.role})"
        found.append(title if title not in found else f"{title} [{column.name}]")
    return tuple(found)


def written(cell: Cell) -> str:
    """One cell as text: exact, and never with an exponent.

    >>> written("=1+1"), written(-5), written(None), written(True), written(Decimal("5.1000")), written(1e21)
    ("'=1+1", '-5', '', 'true', '5.1', '1000000000000000000000')
    """
    match cell:
        case None:
            return ""
        case str():
            return _text(cell)
        case bool():
            return "true" if cell else "false"
        case date():  # and datetime, which is one
            return cell.isoformat()
        case _:
            return _plain(cell)


def _text(text: str) -> str:
    if text == OTHER:
        return "(other)"
    return f"'{text}" if _computed(text) else text


def _computed(text: str) -> bool:
    return text.startswith(_FORMULA_STARTS) or text.lstrip(_PASSED_OVER).startswith(_FORMULA_STARTS)


def _plain(value: float | Decimal) -> str:
    if not math.isfinite(value):
        return ""
    digits = format(Decimal(str(value)), "f")
    return (digits.rstrip("0").rstrip(".") or "0") if "." in digits else digits
