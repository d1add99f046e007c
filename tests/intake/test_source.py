"""A source that is declared wrong says every mistake at once, each with its place and what to do."""

import pytest
from msgspec import ValidationError, convert
from yaml import safe_load

from punchcard.intake.source import Source, check

from .conftest import TABLES


def mistakes(text: str) -> list[str]:
    source = convert({**safe_load(text), "name": "shop"}, Source)
    return [str(mistake).removeprefix("sources/shop.yaml: ") for mistake in check(source, TABLES)]


def test_every_mistake_is_told_at_once() -> None:
    assert mistakes(
        """
        from: {file: a.csv, rows: []}
        zone: Europe/Pariss
        tables:
          txns: {columns: {}}
          member:
            where: "sum(x) > 1"
            columns: {member: id, gender: {value: x}, born: {}}
          line:
            fallback: true
            columns:
              line_id: {column: a, row: true}
              txn_id: {formula: "concat_evil(a)"}
              net: {join: [a, b]}
              product: {each: value}
          event:
            each: [a]
            columns: {event_id: id, name: {words: {x: y}, column: n}, props: {object: [a]}}
        """
    ) == [
        "from: says file and rows; it needs exactly one of file, postgres or rows",
        "zone: no time zone 'Europe/Pariss'; did you mean 'Europe/Paris'?",
        "tables.txns: no table 'txns'; did you mean 'txn'?",
        "tables.member.where: a row is read on its own here, so nothing can be added up over rows",
        "tables.member.columns.member: no column 'member' in table member; did you mean 'member_id'?",
        "tables.member.columns.gender: 'x' is not allowed; one of f, m",
        "tables.member.columns.born: is filled by nothing; it needs exactly one of column, value, "
        "formula, join, row, object or each",
        "tables.member.columns: 'member_id' must be mapped: the person's number",
        "tables.line.columns.line_id: is filled by column and row; it needs exactly one of column, "
        "value, formula, join, row, object or each",
        "tables.line.columns.txn_id: no function 'concat_evil' in formulas",
        "tables.line.columns.net: an id made of several columns or of the row cannot fill a column of type money",
        "tables.line.columns.product: means the columns listed in `each`, but the table has no such list",
        "tables.event.each: no column takes the value; write {each: value} for one",
    ]


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("{}", "says nothing; it needs exactly one of file, postgres or rows"),
        ("{rows: [], package: p}", "a package needs the file inside it"),
        ("{postgres: {url: env:X}}", "needs either table or query"),
        ("{postgres: {url: env:X, table: a, query: b}}", "needs either table or query"),
    ],
)
def test_an_origin_is_one_thing(origin: str, words: str) -> None:
    (found, *_) = mistakes(f"{{from: {origin}, tables: {{member: {{columns: {{member_id: id}}}}}}}}")
    assert words in found


def test_the_address_of_a_database_never_stands_in_a_file() -> None:
    with pytest.raises(ValidationError, match="matching regex"):
        mistakes("{from: {postgres: {url: 'postgresql://me:secret@x/y', table: t}}, tables: {}}")


def test_a_column_for_the_brand_is_filled_by_the_brand_of_the_source() -> None:
    assert mistakes("{from: {file: a.csv}, brand: shop, tables: {brand: {columns: {}}}}") == []
    assert mistakes("{from: {file: a.csv}, tables: {brand: {columns: {}}}}") == [
        "tables.brand.columns: 'brand_id' must be mapped: the brand"
    ]
