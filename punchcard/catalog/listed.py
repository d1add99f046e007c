"""Listed: the members that a CSV file names by their number in the source."""

import csv
from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from punchcard.errors import QueryError, did_you_mean

MOST = 1_000_000  # a longer list is data: import it as spells of a segment scheme


DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: columns with a heading each, and rows as wide as the headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, heading: str) -> tuple[str, ...]:
        """The cells of a column, with blanks and repetitions."""
        place = self.headings.index(heading)
        return tuple(row[place] for row in self.rows)

    def to_csv(self) -> str:
        """The sheet as a file that `listed` reads."""
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.headings, *self.rows])
        return text.getvalue()


def sheet_of(content: bytes, known: Callable[[Collection[str]], Collection[str]]) -> Sheet:
    """What someone gave as a list: a CSV file as spreadsheets write it, or numbers one a line.

    A first row that has a known number in it is no row of headings: its members count too.
    """
    text = _decoded(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    read = csv.reader(StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    try:
        cells = [[cell.strip() for cell in row] for row in read]
    except csv.Error as error:
        raise QueryError(f"the list cannot be read as CSV: {error}") from None
    rows = [row for row in cells if any(row)]
    if not rows:
        raise QueryError("the list is empty; give a file with the numbers of members, or write them one a line")
    width = max(map(len, rows))
    even = [(*row, *[""] * (width - len(row))) for row in rows]
    if known(even[0]) or width == len(rows) == 1:
        return Sheet(tuple(f"column_{n}" for n in range(1, width + 1)) if width > 1 else ("member",), tuple(even))
    names = [cell or f"column_{place}" for place, cell in enumerate(even[0], 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise QueryError(f"two columns are called '{twice}'; give each a name of its own")
    return Sheet(tuple(names), tuple(even[1:]))


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise QueryError(f"the list is no text in UTF-8 (byte {error.start + 1}); save it as 'CSV UTF-8'") from None
    if "\0" in text:
        raise QueryError("this is no CSV file; open it in a spreadsheet and save it as 'CSV UTF-8'")
    return text


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
