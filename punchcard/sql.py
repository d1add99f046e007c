"""SQL text with typed holes: a value is bound, a name is quoted, and no string ever becomes SQL by accident."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from string import Formatter
from typing import LiteralString

Value = str | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, possibly qualified; always quoted in the text."""

    parts: tuple[str, ...]

    def __init__(self, *parts: str) -> None:
        object.__setattr__(self, "parts", parts)

    def __str__(self) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in self.parts)


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that travels beside the text."""

    value: Value


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL: runs of text and bound values, in order. Not yet for any database."""

    pieces: tuple[str | Bound, ...]

    @property
    def text(self) -> str:
        """The text with a `?` for each bound value."""
        return "".join(piece if isinstance(piece, str) else "?" for piece in self.pieces)

    @property
    def values(self) -> list[Value]:
        """The bound values, in the order of their `?`."""
        return [piece.value for piece in self.pieces if isinstance(piece, Bound)]

    def readable(self) -> str:
        """The text with values written in, for a person to read and run; never executed by us."""
        return "".join(piece if isinstance(piece, str) else literal(piece.value) for piece in self.pieces)


def literal(value: Value) -> str:
    """A value as a SQL literal, for display.

    >>> literal("it's"), literal(None), literal(date(2026, 1, 2))
    ("'it''s'", 'null', "date '2026-01-02'")
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return f"timestamptz '{value.isoformat(sep=' ')}'"
        case date():
            return f"date '{value.isoformat()}'"
        case str():
            return "'" + value.replace("'", "''") + "'"


@lru_cache(maxsize=2048)
def _parsed(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((text, hole) for text, hole, _, _ in Formatter().parse(template))


def sql(template: LiteralString, **holes: "Sql | Name | Value") -> Sql:
    """Fill a literal template: a `Sql` is spliced, a `Name` is quoted, anything else is bound.

    >>> sql("select {column} from t where a = {a}", column=Name("x"), a=1).text
    'select "x" from t where a = ?'
    """
    pieces: list[str | Bound] = []
    for text, hole in _parsed(template):
        if text:
            pieces.append(text)
        if hole is None:
            continue
        filling = holes[hole]
        if isinstance(filling, Sql):
            pieces.extend(filling.pieces)
        elif isinstance(filling, Name):
            pieces.append(str(filling))
        else:
            pieces.append(Bound(filling))
    return merged(pieces)


def merged(pieces: Iterable[str | Bound]) -> Sql:
    """Pieces as one `Sql`, neighbouring runs of text put together."""
    found: list[str | Bound] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return Sql(tuple(found))


def join(separator: LiteralString, parts: Sequence[Sql]) -> Sql:
    """Pieces one after another with a separator between.

    >>> join(" and ", [sql("a = 1"), sql("b = {b}", b=2)]).text
    'a = 1 and b = ?'
    """
    pieces: list[str | Bound] = []
    for position, part in enumerate(parts):
        if position:
            pieces.append(separator)
        pieces.extend(part.pieces)
    return merged(pieces)


def trusted(text: str) -> Sql:
    """SQL from the built-in library or from the compiler of allow-listed formulas; never from a request.

    The only door by which a run-time string becomes SQL: `catalog/expression.py` and the facts of the library use it.
    """
    return Sql((text,))


EMPTY = Sql(())
