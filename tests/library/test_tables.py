"""The library's tables decode, agree with one another, and cover the whole model."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from punchcard.catalog.table import Column, Scope, Type, Via
from tests.oracle.design import tables_sql
from tests.oracle.library import tables

# What we have beyond the model: what shops tell of coupons and shelves; by which rules creators are paid; who used a
# coupon that was given to nobody; and for each kind of conversion a column, as an id belongs to one entity.
ADDED_TABLES = {"coupon_product", "payout_rule", "shelf_promotion"}
ADDED = {"attribution_credit": {"enrolment_id", "goal_completion_id"}, "coupon_event": {"member_id"}}

# What a column of the model may be declared as. A cost or an effect may need more than the 4 decimals of money.
DECLARED_AS = {
    "BIGINT": {Type.ID, Type.INTEGER},
    "INTEGER": {Type.INTEGER},
    "SMALLINT": {Type.INTEGER},
    "VARCHAR": {Type.TEXT},
    "BOOLEAN": {Type.BOOLEAN},
    "DATE": {Type.DATE},
    "TIMESTAMP WITH TIME ZONE": {Type.INSTANT},
    "JSON": {Type.JSON},
    "DECIMAL(18,4)": {Type.MONEY, Type.DECIMAL},
    "DECIMAL(18,6)": {Type.RATE, Type.MONEY},
    "DECIMAL(18,8)": {Type.RATE},
    "DECIMAL(9,8)": {Type.RATE},
    "DECIMAL(9,6)": {Type.SHARE},
    "DECIMAL(9,2)": {Type.DECIMAL},
}


def columns() -> Iterator[tuple[str, str, Column]]:
    for name, table in tables().items():
        for column_name, column in table.columns.items():
            yield name, column_name, column


def test_named_columns_exist() -> None:
    for name, table in tables().items():
        named = [*table.key, table.time, table.recorded, *(table.spell or ())]
        if isinstance(table.brand, Via):
            named.append(table.brand.on)
        elif not isinstance(table.brand, Scope):
            named.append(table.brand)
        assert {column for column in named if column} <= table.columns.keys(), name


def test_every_id_belongs_to_an_entity_and_nothing_else_does() -> None:
    entities = {table.entity() for table in tables().values()} - {None}
    for table, name, column in columns():
        assert (column.of in entities) if column.type is Type.ID else (column.of is None), f"{table}.{name}"


def test_an_entity_is_called_like_its_table() -> None:
    for name, table in tables().items():
        assert table.entity() in (None, name)


def test_a_brand_is_found_at_the_end_of_every_path_to_a_parent() -> None:
    for name, table in tables().items():
        brand, seen = table.brand, [name]
        while isinstance(brand, Via):
            assert brand.table not in seen, f"{name} is its own parent"
            assert tables()[seen[-1]].columns[brand.on].of == brand.table, f"{seen[-1]}.{brand.on} leads elsewhere"
            seen.append(brand.table)
            brand = tables()[brand.table].brand


def test_a_brand_column_holds_brands() -> None:
    for name, table in tables().items():
        if not isinstance(table.brand, Via | Scope):
            assert table.columns[table.brand].of == "brand", name


def test_time_columns_hold_times() -> None:
    for name, table in tables().items():
        for column in (table.time, table.recorded, *(table.spell or ())):
            assert column is None or table.columns[column].type in (Type.INSTANT, Type.DATE), name


def test_a_stay_begins_at_a_known_moment_and_may_have_no_end() -> None:
    for name, table in tables().items():
        if table.spell:
            begin, end = table.spell
            assert table.columns[begin].empty is None, name
            assert table.columns[end].empty is not None, name


def test_a_key_is_filled_unless_it_names_a_brand_or_a_conversion() -> None:
    may_be_empty = {"brand_id", "conversion_id", "enrolment_id", "goal_completion_id", "touch_id"}
    for name, table in tables().items():
        for key in table.key:
            assert table.columns[key].empty is None or (len(table.key) > 1 and key in may_be_empty), f"{name}.{key}"


def test_a_default_is_one_of_the_allowed_words() -> None:
    for table, name, column in columns():
        if column.values and column.default is not None:
            assert column.default in column.values, f"{table}.{name}"
        assert column.default is None or column.empty is None, f"{table}.{name} says twice what a missing value means"


def test_meanings_are_sentences_without_sql_or_strange_words() -> None:
    for table, name, column in columns():
        words = set(column.meaning.lower().replace(",", " ").replace(".", " ").split())
        assert column.meaning.endswith("."), f"{table}.{name}"
        assert not words & {"null", "sql", "boolean", "varchar", "fk", "user", "customer"}, f"{table}.{name}"


def model_columns(shared: Path) -> dict[str, dict[str, str]]:
    con = duckdb.connect()
    con.execute(tables_sql(shared / "design"))
    rows = con.execute("select table_name, column_name, data_type from information_schema.columns").fetchall()
    model: dict[str, dict[str, str]] = {}
    for table, column, stored in rows:
        model.setdefault(table, {})[column] = stored
    return model


def test_the_library_has_every_table_and_column_of_the_model_and_few_others(shared: Path) -> None:
    model = model_columns(shared)
    ours = {
        name: set(table.columns) - ADDED.get(name, set())
        for name, table in tables().items()
        if name not in ADDED_TABLES
    }
    assert ours == {name: set(columns) for name, columns in model.items()}


def test_types_can_hold_what_the_model_holds(shared: Path) -> None:
    wrong: list[str] = []
    for table, stored in model_columns(shared).items():
        for column, data_type in stored.items():
            declared = tables()[table].columns[column].type
            if declared not in DECLARED_AS[data_type]:
                wrong.append(f"{table}.{column}: {data_type} declared as {declared}")
    assert not wrong


@pytest.mark.parametrize(
    ("table", "scope"),
    [("workspace", "operator"), ("identity_merge", "operator"), ("fx_rate", "shared"), ("member", "members")],
)
def test_tables_without_a_brand_say_who_sees_them(table: str, scope: str) -> None:
    assert tables()[table].brand == scope
