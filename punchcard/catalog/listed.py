"""Listed: the members that a CSV file names by their number in the source."""

import csv
from pathlib import Path

from punchcard.errors import QueryError, did_you_mean

MOST = 1_000_000  # a longer list is data: import it as spells of a segment scheme


def listed(path: Path, column: str | None) -> tuple[str, ...]:
    """The numbers in a column, each once, in the order of the file; QueryError says what is wrong with it."""
    if not path.is_file():
        others = sorted(one.name for one in path.parent.glob("*.csv"))
        raise QueryError(f"no file '{path.name}' beside the segments{did_you_mean(path.name, others)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, restkey="")
            place = _column(path.name, tuple(rows.fieldnames or ()), column)
            found = dict.fromkeys(value for row in rows if (value := (row.get(place) or "").strip()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise QueryError(f"'{path.name}' cannot be read as CSV in UTF-8: {error}") from None
    if not found:
        raise QueryError(f"'{path.name}' lists nobody in its column '{place}'")
    if len(found) > MOST:
        raise QueryError(f"'{path.name}' lists {len(found):,} members; more than {MOST:,} are data: import them")
    return tuple(found)


def _column(file: str, columns: tuple[str, ...], wanted: str | None) -> str:
    if wanted is None and len(columns) == 1:
        return columns[0]
    if wanted is None:
        raise QueryError(f"'{file}' has {len(columns)} columns; say which with 'column' ({', '.join(columns)})")
    if wanted not in columns:
        raise QueryError(f"no column '{wanted}' in '{file}'{did_you_mean(wanted, columns)}")
    return wanted
