"""Result: what a question gives: columns with units, rows, and the notes that belong to them."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Cell = str | int | float | Decimal | bool | date | datetime | None

# What a column is for. A `label` names a row (a category, a step); a `time` is a bucket's start;
# a `measure` is a figure; a `comparison` is the same figure in the comparison period;
# `low` and `high` bound the interval of the measure named by `Column.of`.
Role = Literal["label", "time", "measure", "comparison", "low", "high", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result: its name, the title a person reads, its role and its unit.

    `unit` is one of the units of `format.py` (members, currency, ratio, points, days, ...).
    `of` names the measure that a comparison, bound or flag belongs to.
    `better` says which direction of a measure is good: 'higher', 'lower', 'neutral' or 'target'.
    """

    name: str
    title: str
    role: Role
    unit: str = "text"
    of: str | None = None
    better: str = "neutral"


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader must know before trusting a figure; `kind` is stable, `text` is for people.

    `figures` says that the text tells figures of its own, which must be hidden from whom the rows' are hidden.
    """

    kind: str
    text: str
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """Rows under named columns, in an order that is part of the answer, with notes."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Note, ...] = field(default=())

    def index(self, name: str) -> int:
        """The position of a column; KeyError if there is none of that name."""
        for position, column in enumerate(self.columns):
            if column.name == name:
                return position
        raise KeyError(name)

    def column(self, name: str) -> tuple[Cell, ...]:
        """All values of one column, top to bottom."""
        position = self.index(name)
        return tuple(row[position] for row in self.rows)

    def of_role(self, *roles: Role) -> tuple[Column, ...]:
        """The columns of these roles, in order."""
        return tuple(column for column in self.columns if column.role in roles)

    def with_notes(self, *notes: Note) -> "Result":
        """The same result with more notes; a note already there is not repeated."""
        return replace(
            self,
            notes=self.notes + tuple(note for note in notes if note not in self.notes),
        )

    def to_arrow(self) -> "pa.Table":
        """The rows as an Arrow table, one field a column."""
        import pyarrow as pa

        return pa.table({column.name: _array(self.column(column.name), column.role) for column in self.columns})

    def to_polars(self) -> "pl.DataFrame":
        """The rows as a Polars frame; exact decimals stay decimals."""
        try:
            import polars as pl
        except ImportError:
            raise ImportError(_MISSING.format(library="Polars")) from None
        frame = pl.from_arrow(self.to_arrow())
        return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()

    def to_pandas(self) -> "pd.DataFrame":
        """The rows as a pandas frame; exact decimals become floats, with which pandas can reckon."""
        try:
            import pandas as _  # noqa: F401 - Arrow's own message would not say what to install
        except ImportError:
            raise ImportError(_MISSING.format(library="pandas")) from None
        return _reckonable(self.to_arrow()).to_pandas()


_MISSING = "{library} is not installed; run: pip install 'punchcard[notebook]'"


def _reckonable(table: "pa.Table") -> "pa.Table":
    import pyarrow as pa

    def reckonable(field: "pa.Field") -> "pa.Field":
        return field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field

    return table.cast(pa.schema([reckonable(field) for field in table.schema]))


def _array(values: "tuple[Cell, ...]", role: Role) -> "pa.Array":
    """One type for all values of a column: figures of several kinds become floats, names of several kinds texts."""
    import pyarrow as pa

    figures = role in ("measure", "comparison", "low", "high")
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pa.array(values, pa.float64() if figures else pa.bool_() if role == "flag" else pa.string())
    if len(kinds) == 1:
        return pa.array(values)
    if figures and kinds <= {int, float, Decimal}:
        return pa.array([None if value is None else float(str(value)) for value in values], pa.float64())
    return pa.array([None if value is None else str(value) for value in values], pa.string())
