"""Cells: SQL that turns what a source says into a typed value, or NULL where it cannot be typed.

Nothing is guessed here: a text is a number or a date only in the convention that was pinned or detected for its column.
"""

from dataclasses import dataclass
from enum import StrEnum

from punchcard.catalog.table import Type
from punchcard.intake.store import stored
from punchcard.sql import Sql, sql


class Kind(StrEnum):
    """What a column of the source holds, by its type in the staging table."""

    TEXT = "text"
    WHOLE = "whole"  # an integer of any width
    EXACT = "exact"  # a decimal
    FLOAT = "float"
    BOOLEAN = "boolean"
    LOCAL = "local"  # a date and time on somebody's clock
    INSTANT = "instant"
    DATE = "date"


def kind_of(spelled: str) -> Kind:
    """The kind of a column of the staging table, from the type the store reports.

    >>> kind_of("DECIMAL(18,4)"), kind_of("UBIGINT"), kind_of("TIMESTAMP WITH TIME ZONE")
    (<Kind.EXACT: 'exact'>, <Kind.WHOLE: 'whole'>, <Kind.INSTANT: 'instant'>)
    """
    if spelled.startswith("DECIMAL"):
        return Kind.EXACT
    if spelled.endswith("INT") or spelled in ("INTEGER", "UINTEGER"):
        return Kind.WHOLE
    return {
        "DOUBLE": Kind.FLOAT,
        "FLOAT": Kind.FLOAT,
        "BOOLEAN": Kind.BOOLEAN,
        "TIMESTAMP": Kind.LOCAL,
        "TIMESTAMP WITH TIME ZONE": Kind.INSTANT,
        "DATE": Kind.DATE,
    }.get(spelled, Kind.TEXT)


@dataclass(frozen=True, slots=True)
class Convention:
    """How the numbers and dates of one text column are written."""

    decimal: str = "."
    thousands: str = ","
    dates: str | None = None


PLAIN = Convention()
BLANK = " \t\r\n\u00a0"

REASONS: dict[Type, str] = {
    Type.ID: "is no usable id",
    Type.TEXT: "is no text",
    Type.INTEGER: "is no whole number",
    Type.DECIMAL: "is no number",
    Type.MONEY: "is no amount",
    Type.RATE: "is no number",
    Type.SHARE: "is no number from -999 to 999",
    Type.BOOLEAN: "is neither yes nor no",
    Type.INSTANT: "is no date and time",
    Type.DATE: "is no date",
    Type.JSON: "is no JSON",
}


def said(column: Sql, kind: Kind) -> Sql:
    """What the source says, as text; NULL if it says nothing."""
    match kind:
        case Kind.TEXT:
            return sql("nullif(trim({column}, {blank}), '')", column=column, blank=BLANK)
        case Kind.FLOAT:
            # An id that went through pandas comes as 17850.0; it is still 17850.
            return sql(
                """case when {column} = trunc({column}) and abs({column}) < 9007199254740992
                        then cast(cast({column} as bigint) as varchar)
                        when isnan({column}) then null
                        else cast({column} as varchar) end""",
                column=column,
            )
        case _:
            return sql("cast({column} as varchar)", column=column)


def typed(column: Sql, given: Sql, kind: Kind, wanted: Type, convention: Convention, zone: str) -> Sql:
    """The value of a column as the wanted type. `given` is what it says as text, after words were replaced."""
    match wanted:
        case Type.ID | Type.TEXT:
            return given
        case Type.JSON:
            return sql("case when json_valid({given}) then cast({given} as json) end", given=given)
        case Type.BOOLEAN:
            return column if kind is Kind.BOOLEAN else _boolean(given)
        case Type.INSTANT:
            return _instant(column, given, kind, convention, zone)
        case Type.DATE:
            return _date(column, given, kind, convention, zone)
        case Type.INTEGER | Type.DECIMAL | Type.MONEY | Type.RATE | Type.SHARE:
            counting = _integer if wanted is Type.INTEGER else _decimal
            return counting(column, given, kind, convention, stored(wanted))


def _boolean(given: Sql) -> Sql:
    return sql(
        """case when lower({given}) in ('true', 't', 'yes', 'y', '1') then true
                when lower({given}) in ('false', 'f', 'no', 'n', '0') then false end""",
        given=given,
    )


def number(given: Sql, convention: Convention) -> Sql:
    """A text that is a number in this convention, written with a point and no thousands; else NULL."""
    if convention == PLAIN or (convention.decimal, convention.thousands) == (".", ""):
        digits = sql("replace({given}, ',', '')", given=given) if convention.thousands else given
    else:
        spaced = sql("translate({given}, {wide}, '  ')", given=given, wide="\u00a0\u202f")
        ungrouped = (
            sql("replace({spaced}, {mark}, '')", spaced=spaced, mark=convention.thousands)
            if convention.thousands
            else spaced
        )
        digits = sql("replace({ungrouped}, {mark}, '.')", ungrouped=ungrouped, mark=convention.decimal)
    return sql(
        "case when regexp_full_match({given}, {shape}) then {digits} end",
        given=given,
        shape=number_shape(convention.decimal, convention.thousands),
        digits=digits,
    )


def number_shape(decimal: str, thousands: str) -> str:
    """The pattern of a number: digits, groups of three if there is a mark for them, a fraction, an exponent."""
    point = "[.]" if decimal == "." else ","
    mark = {"": "", ".": "[.]", " ": "[ \\x{a0}\\x{202f}]", "'": "['’]"}.get(thousands, thousands)
    grouped = f"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|" if mark else ""
    return f"[+-]?(?:(?:{grouped}[0-9]+)(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"


def _integer(column: Sql, given: Sql, kind: Kind, convention: Convention, kept: Sql) -> Sql:
    match kind:
        case Kind.WHOLE:
            return sql("try_cast({column} as {kept})", column=column, kept=kept)
        case Kind.FLOAT | Kind.EXACT:
            return sql(
                "case when {column} = trunc({column}) then try_cast({column} as {kept}) end", column=column, kept=kept
            )
        case Kind.TEXT:
            return sql(
                """case when try_cast({digits} as decimal(38, 8)) = trunc(try_cast({digits} as decimal(38, 8)))
                        then try_cast(try_cast({digits} as decimal(38, 8)) as {kept}) end""",
                digits=number(given, convention),
                kept=kept,
            )
        case _:
            return sql("cast(null as {kept})", kept=kept)


def _decimal(column: Sql, given: Sql, kind: Kind, convention: Convention, kept: Sql) -> Sql:
    match kind:
        case Kind.WHOLE | Kind.EXACT | Kind.FLOAT:
            return sql("try_cast({column} as {kept})", column=column, kept=kept)
        case Kind.TEXT:
            return sql("try_cast({digits} as {kept})", digits=number(given, convention), kept=kept)
        case _:
            return sql("cast(null as {kept})", kept=kept)


def _instant(column: Sql, given: Sql, kind: Kind, convention: Convention, zone: str) -> Sql:
    match kind:
        case Kind.INSTANT:
            return column
        case Kind.LOCAL:
            return _in_zone(column, zone)
        case Kind.DATE:
            return _in_zone(sql("cast({column} as timestamp)", column=column), zone)
        case Kind.BOOLEAN | Kind.FLOAT | Kind.EXACT | Kind.WHOLE if not _counts(convention.dates) and "%" not in (
            convention.dates or ""
        ):
            return sql("cast(null as timestamptz)")
        case _:
            return _instant_of_text(given, convention.dates, zone)


def _in_zone(local: Sql, zone: str) -> Sql:
    if zone == "UTC":
        return sql("cast({local} as timestamptz)", local=local)
    return sql("timezone({zone}, {local})", zone=zone, local=local)


def _counts(dates: str | None) -> bool:
    return dates in ("epoch", "epoch-ms", "excel")


def _instant_of_text(given: Sql, dates: str | None, zone: str) -> Sql:
    match dates:
        case "epoch":
            return sql("to_timestamp(try_cast({given} as double))", given=given)
        case "epoch-ms":
            return sql("to_timestamp(try_cast({given} as double) / 1000)", given=given)
        case "excel":
            return _in_zone(_excel(given), zone)
        case str() if "%z" in dates.lower():
            return sql("try_strptime({given}, {pattern})", given=given, pattern=dates)
        case str() if "%" in dates:
            return _in_zone(sql("try_strptime({given}, {pattern})", given=given, pattern=dates), zone)
        case _:
            iso = iso_text(given, dates)
            return sql(
                """case when regexp_matches({iso}, {offset}) then try_cast({iso} as timestamptz)
                        else {local} end""",
                iso=iso,
                offset=OFFSET,
                local=_in_zone(sql("try_cast({iso} as timestamp)", iso=iso), zone),
            )


def _date(column: Sql, given: Sql, kind: Kind, convention: Convention, zone: str) -> Sql:
    match kind:
        case Kind.DATE:
            return column
        case Kind.LOCAL:
            return sql("cast({column} as date)", column=column)
        case Kind.INSTANT:
            return sql("cast(timezone({zone}, {column}) as date)", zone=zone, column=column)
        case _:
            instant = _instant(column, given, kind, convention, "UTC")
            return sql("cast({instant} as date)", instant=instant)


def _excel(given: Sql) -> Sql:
    # Day 60 of Excel is the 29 February 1900 that never was; the day before 1899-12-31 makes all later days right.
    return sql(
        "timestamp '1899-12-30' + to_seconds(cast(round(try_cast({given} as double) * 86400) as bigint))",
        given=given,
    )


# What follows the minutes: Z, UTC, +02, +0200 or +02:00. The colon before it keeps the day of 2026-01-02 out.
OFFSET = r":\d{2}(?:\.\d+)?(?:\+00|[+-]\d{2}(?::\d{2})?)$"
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
_ISO = r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[+-]\d{2}(?::\d{2})?)?)?"


def iso_text(given: Sql, dates: str | None) -> Sql:
    """A date in ISO order, or NULL if it is not written as dates of this column are."""
    year_first = sql("regexp_replace({given}, {pattern}, '\\1-\\2-\\3')", given=given, pattern=_YEAR_FIRST)
    match dates:
        case "day-first":
            ordered = sql("regexp_replace({text}, {pattern}, '\\3-\\2-\\1')", text=year_first, pattern=_YEAR_LAST)
        case "month-first":
            ordered = sql("regexp_replace({text}, {pattern}, '\\3-\\1-\\2')", text=year_first, pattern=_YEAR_LAST)
        case _:
            ordered = sql("regexp_replace({text}, '^(\\d{{4}})(\\d{{2}})(\\d{{2}})$', '\\1-\\2-\\3')", text=year_first)
    zoned = sql(
        """regexp_replace(regexp_replace({ordered}, '(:\\d{{2}}(?:\\.\\d+)?) ?(?:Z|z|UTC)$', '\\1+00'),
                          '(:\\d{{2}}(?:\\.\\d+)?) ?([+-]\\d{{2}}):?(\\d{{2}})$', '\\1\\2:\\3')""",
        ordered=ordered,
    )
    half_days = sql(
        """case when regexp_matches({zoned}, '\\d ?[AaPp][Mm]$')
                then cast(try_strptime(upper({zoned}),
                       ['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M:%S%p']) as varchar)
                else {zoned} end""",
        zoned=zoned,
    )
    return sql("case when regexp_full_match({text}, {shape}) then {text} end", text=half_days, shape=_ISO)
