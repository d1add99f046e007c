"""XLSX workbooks: one feed a sheet, cells as a spreadsheet shows them to a program and not to the eye."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from itertools import islice

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum, ZipError

from punchcard.errors import ImportFailed, did_you_mean
from punchcard.intake.source import Dialect
from punchcard.intake.sources.content import Content
from punchcard.intake.sources.feed import FAULT, LINE, ROW, Place, check_header, require

_BATCH = 16_384
_ENCRYPTED = bytes.fromhex("D0CF11E0A1B11AE1")  # an Office file inside an OLE container: locked by a password

Value = str | float | bool | datetime | date | time | timedelta


class SheetFeed:
    """The rows of one sheet; a row's number is the one that the spreadsheet shows."""

    numbers_have_points = True

    def __init__(self, place: Place, content: Content, sheet: CalamineSheet, dialect: Dialect) -> None:
        self.label = f"{place.label} [{sheet.name}]"
        self._content = content
        self._sheet = sheet
        self._notes = _oddities(place, sheet)
        self._first = dialect.skip_lines + (1 if dialect.header else 0)
        top = next(islice(self._rows(), dialect.skip_lines, None), None)
        if top is None:
            raise ImportFailed("is empty; not even a header is there", where=self.label)
        self.columns = _named([_text(value) or "" for value in top[1]], dialect, self.label)
        check_header(self.label, self.columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person sees in the sheet and a program does not."""
        return tuple(self._notes)

    def fingerprint(self) -> str:
        """The hash of the whole workbook: a change of another sheet counts as a change of this one."""
        return self._content.digest()

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows below the header that are not empty."""
        require(self.label, wanted, self.columns)
        places = [self.columns.index(name) for name in wanted]
        total = max(self._sheet.total_height, 1)
        rows = (row for row in islice(self._rows(), self._first, None) if any(value != "" for value in row[1]))
        while some := list(islice(rows, _BATCH)):
            numbers = pa.array([number for number, _ in some], pa.int64())
            empty = pa.nulls(len(some), pa.string())
            arrays = [pa.array([_text(values[place]) for _, values in some], pa.string()) for place in places]
            batch = pa.RecordBatch.from_arrays([numbers, empty, empty, *arrays], [ROW, FAULT, LINE, *wanted])
            yield batch, some[-1][0] / total
        self._content.unchanged()

    def _rows(self) -> Iterator[tuple[int, list[Value]]]:
        return ((number, list(row)) for number, row in enumerate(self._sheet.iter_rows(), 1))


def sheets(place: Place, wanted: str | None, dialect: Dialect) -> list[SheetFeed]:
    """The sheets that are meant: those that match, or the only one that can be."""
    content = Content(place)
    workbook = _opened(place)
    if wanted is None:
        visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        chosen = [name for name in visible if workbook.get_sheet_by_name(name).total_height]
        if len(chosen) > 1:
            raise ImportFailed(
                f"has several sheets: {', '.join(chosen)}; say which: {{file: ..., sheet: ...}}", where=place.label
            )
        if not chosen:
            raise ImportFailed("is empty; no sheet has a cell", where=place.label)
    else:
        chosen = [name for name in workbook.sheet_names if fnmatchcase(name, wanted)]
        if not chosen:
            near = did_you_mean(wanted, workbook.sheet_names)
            raise ImportFailed(
                f"no sheet '{wanted}'{near} (it has: {', '.join(workbook.sheet_names)})", where=place.label
            )
    return [SheetFeed(place, content, workbook.get_sheet_by_name(name), dialect) for name in chosen]


def _opened(place: Place) -> CalamineWorkbook:
    with place.path.open("rb") as file:
        if file.read(len(_ENCRYPTED)) == _ENCRYPTED:
            raise ImportFailed("is locked by a password; save it without one", where=place.label)
    try:
        return CalamineWorkbook.from_path(place.path)
    except PasswordError:
        raise ImportFailed("is locked by a password; save it without one", where=place.label) from None
    except (CalamineError, ZipError, OSError) as error:
        raise ImportFailed(f"is no readable workbook: {error}", where=place.label) from None


def _named(first: Sequence[str], dialect: Dialect, label: str) -> tuple[str, ...]:
    if dialect.columns and len(dialect.columns) != len(first):
        raise ImportFailed(f"dialect names {len(dialect.columns)} columns, the sheet has {len(first)}", where=label)
    if dialect.columns:
        return dialect.columns
    if not dialect.header:
        return tuple(f"column{position}" for position in range(1, len(first) + 1))
    return tuple(name.strip() or f"column{position}" for position, name in enumerate(first, 1))


def _text(value: Value) -> str | None:
    """A cell as text that is read the same wherever the spreadsheet was made."""
    match value:
        case "":
            return None
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value.total_seconds() / 86_400)
        case _:
            return str(value)


def _oddities(place: Place, sheet: CalamineSheet) -> list[str]:
    found: list[str] = []
    if merged := len(sheet.merged_cell_ranges or ()):
        found.append(f"{merged:,} merged areas: only their first cell has the value, the others read as empty")
    for count, words in _marks(place, sheet.name):
        if count:
            found.append(f"{count:,} {words}")
    return found


# What the file says and the reader of cells does not pass on; each pattern matches once per row or cell.
_MARKS = (
    (rb'<row\b[^>]*\bhidden="(?:1|true)"', "hidden rows are read like the others"),
    (rb'<c\b[^>]*\bt="e"', "cells show an error such as #N/A and read as empty"),
    (
        rb"(?:</f>|<f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>",
        "formulas have no stored result and read as empty; open the file in a spreadsheet program and save it",
    ),
)


def _marks(place: Place, name: str) -> list[tuple[int, str]]:
    """How often each mark stands in the XML of a sheet; never in other formats."""
    try:
        with zipfile.ZipFile(place.path) as package:
            xml = package.read(_part_of(package, name))
    except (zipfile.BadZipFile, KeyError):
        return []
    return [(len(re.findall(pattern, xml)), words) for pattern, words in _MARKS]


def _part_of(package: zipfile.ZipFile, name: str) -> str:
    """The path of a sheet inside the package, by way of the workbook's list and its relations."""
    listed = package.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = package.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    for sheet in re.findall(r"<sheet\b[^>]*>", listed):
        if _attribute(sheet, "name") == name:
            for relation in re.findall(r"<Relationship\b[^>]*>", relations):
                if _attribute(relation, "Id") == _attribute(sheet, "r:id"):
                    return "xl/" + _attribute(relation, "Target").removeprefix("/xl/")
    raise KeyError(name)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""
