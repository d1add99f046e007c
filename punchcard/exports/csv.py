"""CSV of an answer's rows: figures with all their digits, dates as ISO, nothing that a spreadsheet would run."""

import csv
from datetime import date
from io import StringIO

from punchcard.answer import Answer
from punchcard.result import Cell

# A cell that starts so is a formula to a spreadsheet; an apostrophe in front makes it text again.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(answer: Answer) -> str:
    """The rows under the columns' names; no value is an empty cell."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(written(column.name) for column in answer.result.columns)
    for row in answer.result.rows:
        writer.writerow(written(cell) for cell in row)
    return out.getvalue()


def written(cell: Cell) -> str:
    """One cell as text.

    >>> written("=1+1"), written(-5), written(None), written(True)
    ("'=1+1", '-5', '', 'true')
    """
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case date():  # and datetime, which is one
            return cell.isoformat()
        case str():
            return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell
        case _:
            return str(cell)
