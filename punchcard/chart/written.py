"""A result in words and figures, cell by cell: what a terminal and a notebook show."""

from dataclasses import dataclass

from punchcard.chart.flags import flagged
from punchcard.chart.html import element, joined
from punchcard.format import Format
from punchcard.result import Cell, Column, Result

MOST = 20  # rows in a notebook; a frame shows more


@dataclass(frozen=True, slots=True)
class Written:
    """Headings, and rows of text under them; `figures` says which columns are set to the right."""

    headings: tuple[str, ...]
    figures: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: frozenset[int]


def written(result: Result, words: Format) -> Written:
    """Every column but the flags, whose meaning is written into the cells that they are about."""
    shown = [(place, column) for place, column in enumerate(result.columns) if column.role != "flag"]
    totals = flagged(result, "total")
    rows = tuple(
        tuple(_cell(result, row, place, column, words) for place, column in shown) for row in range(len(result.rows))
    )
    return Written(
        tuple(_heading(column) for _, column in shown),
        tuple(column.role not in ("label", "time") for _, column in shown),
        tuple(("Total", *cells[1:]) if row in totals else cells for row, cells in enumerate(rows)),
        totals,
    )


def _heading(column: Column) -> str:
    return f"{column.title}, before" if column.role == "comparison" else column.title


def _cell(result: Result, row: int, place: int, column: Column, words: Format) -> str:
    if column.role in ("measure", "comparison") and row in flagged(result, "suppressed", of=column.of or column.name):
        return "hidden"
    value: Cell = result.rows[row][place]
    return words.label(value, _unit(result, row) if column.unit == "row" else column.unit)


def _unit(result: Result, row: int) -> str:
    units = [str(result.rows[row][place]) for place, column in enumerate(result.columns) if column.name == "unit"]
    return units[0] if units else "text"


def in_a_notebook(result: Result, words: Format, caption: str) -> str:
    """A small HTML table with its notes below."""
    shown = written(result, words)
    head = element("tr", *(element("th", heading) for heading in shown.headings))
    body = joined(element("tr", *(element("td", cell) for cell in row)) for row in shown.rows[:MOST])
    more = len(shown.rows) - MOST
    remarks = [note.text for note in result.notes] + ([f"{more:,} more rows"] if more > 0 else [])
    table = element("table", element("caption", caption), element("thead", head), element("tbody", body))
    return str(joined((table, *(element("p", remark) for remark in remarks))))
