"""Conventions: how the numbers and dates of a text column are written, judged from every row of it or refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from punchcard.errors import ImportFailed
from punchcard.intake.cells import Convention, Kind, said
from punchcard.intake.source import Cell, Dialect
from punchcard.intake.store import Store
from punchcard.sql import Name, Sql, join, sql

# A convention that all but one in a hundred telling rows follow is the column's; the rest are mistakes, to quarantine.
_TELLING = 99

_EXPONENT = "(?:[eE][+-]?[0-9]{1,3})?"


def _proof(point: str, mark: str) -> str:
    """Numbers that can only be read with this decimal point: 10.50, 1,234.5, 0.125, 1234.567, 1,234,567."""
    return (
        f"[+-]?(?:[0-9]*{point}(?:[0-9]{{1,2}}|[0-9]{{4,}})|(?:0[0-9]*|[0-9]{{4,}})?{point}[0-9]{{3}}"
        f"|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+{point}[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}}){{2,}}){_EXPONENT}"
    )


_POINT = _proof("[.]", ",")
_COMMA = _proof(",", "[.]")
_EITHER = "[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"  # 1.234: a thousand or one and a bit
_SPACED = "[+-]?[0-9]{1,3}(?:[ \\x{a0}\\x{202f}][0-9]{3})+(?:[.,][0-9]+)?"
_TICKED = "[+-]?[0-9]{1,3}(?:'[0-9]{3})+(?:[.,][0-9]+)?"
_FINER = "[+-]?[0-9 .,']*[.,][0-9]{4}[0-9]*[1-9]"  # more than the four decimals an amount keeps
_ROUNDED = "[0-9](?:[.,][0-9]+)?E[+][0-9]{2}"
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many rows of a column tell the decimal point, and an example of one that could be read both ways."""

    point: int
    comma: int
    either: int
    spaced: int
    ticked: int
    finer: int
    example: str | None


@dataclass(frozen=True, slots=True)
class Days:
    """How many rows of a column tell the order of day and month, and an example of one that does not."""

    day_first: int
    month_first: int
    either: int
    example: str | None


@dataclass(frozen=True, slots=True)
class Rounded:
    """How many codes of a column a spreadsheet turned into 7.70123E+12, and one of them."""

    count: int
    example: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """The text columns of a file by what they are read as."""

    numbers: tuple[str, ...]
    days: tuple[str, ...]
    codes: tuple[str, ...]  # ids and texts


@dataclass(frozen=True, slots=True)
class Evidence:
    """What all rows of a file say about its numbers and dates, by column."""

    label: str
    numbers: Mapping[str, Numbers]
    days: Mapping[str, Days]
    codes: Mapping[str, Rounded]
    points: bool = False  # numbers have a point unless the rows say otherwise

    def convention(self, column: str, cell: Cell, dialect: Dialect) -> Convention:
        """How a column is read for one cell: pinned there, pinned for the file, or as its rows say."""
        decimal, thousands = self._numbers(column, cell, dialect)
        dates = cell.dates or dialect.dates
        if dates is None and column in self.days:
            dates = self._dates(column, self.days[column])
        return Convention(decimal, thousands, None if dates == "iso" else dates)

    def _numbers(self, column: str, cell: Cell, dialect: Dialect) -> tuple[str, str]:
        found = self.numbers.get(column, Numbers(0, 0, 0, 0, 0, 0, None))
        decimal = cell.decimal or dialect.decimal or self._decimal(column, found)
        thousands = cell.thousands if cell.thousands is not None else dialect.thousands
        if thousands is None:
            thousands = " " if found.spaced else "'" if found.ticked else "," if decimal == "." else "."
        return decimal, thousands

    def _decimal(self, column: str, found: Numbers) -> str:
        if found.point or found.comma:
            if _undecided(found.point, found.comma):
                raise ImportFailed(
                    f"column '{column}' mixes numbers like 10.50 ({found.point:,} rows) "
                    f"and 10,50 ({found.comma:,} rows); "
                    'say which is right: {column: ..., decimal: "."} or ","',
                    where=self.label,
                )
            return "." if found.point > found.comma else ","
        if self.points or not found.either:
            return "."
        points, commas = (sum(getattr(each, mark) for each in self.numbers.values()) for mark in ("point", "comma"))
        if (points or commas) and not _undecided(points, commas):
            return "." if points > commas else ","
        raise ImportFailed(
            f"column '{column}': '{found.example}' may be a thousand or one and a bit, and no row tells; "
            'pin dialect: {decimal: "."} or ","',
            where=self.label,
        )

    def _dates(self, column: str, found: Days) -> str | None:
        if found.day_first or found.month_first:
            if _undecided(found.day_first, found.month_first):
                raise ImportFailed(
                    f"column '{column}' has {found.day_first:,} dates with the day first "
                    f"and {found.month_first:,} with the month first; split the file, "
                    "or pin dialect: {dates: day-first} and see the others in quarantine",
                    where=self.label,
                )
            return "day-first" if found.day_first > found.month_first else "month-first"
        if found.either:
            raise ImportFailed(
                f"column '{column}': '{found.example}' has the day or the month first, and no row tells; "
                "pin dialect: {dates: day-first} or month-first",
                where=self.label,
            )
        return None

    def described(self) -> list[str]:
        """What was found, in words for a person who checks it."""
        words = [
            f"{column}: decimal {'comma' if found.comma > found.point else 'point'}"
            for column, found in self.numbers.items()
            if found.comma or found.point
        ]
        words += [
            f"{column}: {found.finer:,} numbers have more than 4 decimals; where 4 are kept, they are rounded"
            for column, found in self.numbers.items()
            if found.finer
        ]
        words += [
            f"{column}: {'day' if found.day_first > found.month_first else 'month'} first"
            for column, found in self.days.items()
            if found.day_first or found.month_first
        ]
        words += [
            f"{column}: {found.count:,} values like {found.example}: the spreadsheet that wrote the file lost digits"
            for column, found in self.codes.items()
            if found.count
        ]
        return words


def _undecided(one: int, other: int) -> bool:
    """Whether neither of two readings is clearly the column's own."""
    return min(one, other) * _TELLING > max(one, other)


def weigh(store: Store, staged: Sql, label: str, columns: Columns, *, points: bool) -> Evidence:
    """Read every row of the text columns that hold numbers, dates or codes."""
    asked = [part for column in columns.numbers for part in _number_counts(_text(column))]
    asked += [part for column in columns.days for part in _day_counts(_text(column))]
    asked += [part for column in columns.codes for part in _code_counts(_text(column))]
    if not asked:
        return Evidence(label, {}, {}, {})
    row = iter(
        store.one(sql("select {asked} from {staged} where _fault is null", asked=join(", ", asked), staged=staged))
    )
    return Evidence(
        label,
        {column: Numbers(*(next(row) for _ in range(7))) for column in columns.numbers},
        {column: Days(*(next(row) for _ in range(4))) for column in columns.days},
        {column: Rounded(*(next(row) for _ in range(2))) for column in columns.codes},
        points,
    )


def _text(column: str) -> Sql:
    return said(sql("{column}", column=Name(column)), Kind.TEXT)


def _number_counts(text: Sql) -> list[Sql]:
    marked = sql("regexp_matches({text}, '[.,'' \\x{{a0}}\\x{{202f}}]')", text=text)
    counts = [
        sql(
            "count(*) filter (where {marked} and regexp_full_match({text}, {shape}))",
            marked=marked,
            text=text,
            shape=shape,
        )
        for shape in (_POINT, _COMMA, _EITHER, _SPACED, _TICKED, _FINER)
    ]
    return [*counts, sql("min({text}) filter (where regexp_full_match({text}, {shape}))", text=text, shape=_EITHER)]


def _code_counts(text: Sql) -> list[Sql]:
    rounded = sql("regexp_full_match({text}, {shape})", text=text, shape=_ROUNDED)
    return [
        sql("count(*) filter (where {rounded})", rounded=rounded),
        sql("min({text}) filter (where {rounded})", text=text, rounded=rounded),
    ]


def _day_counts(text: Sql) -> list[Sql]:
    first = sql("try_cast(regexp_extract({text}, {shape}, 1) as integer)", text=text, shape=_YEAR_LAST)
    second = sql("try_cast(regexp_extract({text}, {shape}, 2) as integer)", text=text, shape=_YEAR_LAST)
    either = sql("{first} <= 12 and {second} <= 12 and {first} <> {second}", first=first, second=second)
    return [
        sql("count(*) filter (where {first} > 12 and {second} <= 12)", first=first, second=second),
        sql("count(*) filter (where {second} > 12 and {first} <= 12)", first=first, second=second),
        sql("count(*) filter (where {either})", either=either),
        sql("min({text}) filter (where {either})", text=text, either=either),
    ]
