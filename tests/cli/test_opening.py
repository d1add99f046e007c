"""Opening a project: raw rows and derived facts change together, and the data's version says that they did."""

from pathlib import Path

import pytest

from punchcard.errors import EngineError
from punchcard.intake.derive import stored_facts
from punchcard.intake.store import open_store
from punchcard.opening import bring_in, opened
from punchcard.project import load
from punchcard.sql import sql
from tests.cli.conftest import ROWS

LIBRARY = Path(__file__).parents[2] / "punchcard" / "library"
QUESTION = {"ask": {"kind": "number", "metrics": ["net_revenue"]}}


@pytest.fixture
def full(shop: Path) -> Path:
    bring_in(load(shop))
    return shop


def version(folder: Path) -> str:
    with opened(folder) as programme:
        return programme.engine.version()


def revenue(folder: Path) -> float:
    with opened(folder) as programme:
        return programme.ask(QUESTION).to_dict()["rows"][0][0]


def sell(folder: Path, paid: str) -> None:
    (folder / "data/sales.csv").write_text(ROWS.replace("10.25", paid), encoding="utf-8")


def redefine(folder: Path, text: str, instead: str) -> None:
    facts = (LIBRARY / "facts/commerce.yaml").read_text(encoding="utf-8")
    assert text in facts
    (folder / "facts").mkdir(exist_ok=True)
    (folder / "facts/commerce.yaml").write_text(facts.replace(text, instead), encoding="utf-8")


NET = "cast(l.net * d.rate as decimal(18, 4)) as net,"


def test_the_version_counts_changes_of_the_data_and_nothing_else(full: Path) -> None:
    assert version(full) == "1"
    bring_in(load(full))
    bring_in(load(full), dry_run=True)
    assert version(full) == "1"
    sell(full, "20.25")
    bring_in(load(full))
    assert version(full) == "2"


def test_a_new_zone_moves_the_local_days_without_an_import(full: Path) -> None:
    settings = full / "punchcard.yaml"
    settings.write_text(settings.read_text("utf-8").replace("Europe/Paris", "Pacific/Auckland"), encoding="utf-8")
    with opened(full) as programme:
        assert programme.engine.version() == "2"
        days = programme.ask(
            {"ask": {"kind": "trend", "metrics": ["net_revenue"], "grain": "day"}, "period": "2026-03-04"}
        )
    assert days.to_dict()["rows"][0][1] == 10.25  # 18:30 in Paris is the next morning there


def test_a_fact_that_fails_is_named_and_neither_rows_nor_facts_change(full: Path) -> None:
    sell(full, "20.25")
    redefine(full, NET, "cast(l.nett * d.rate as decimal(18, 4)) as net,")
    with pytest.raises(EngineError, match=r"fact line: its SQL fails: .*nett"):
        bring_in(load(full))
    (full / "facts/commerce.yaml").unlink()
    assert revenue(full) == 16.75
    bring_in(load(full))
    assert revenue(full) == 26.75


def test_a_table_that_is_new_in_the_project_can_be_read_at_once(full: Path) -> None:
    (full / "tables").mkdir()
    (full / "tables/own.yaml").write_text(
        "fitting_room:\n  title: Fitting rooms\n  grain: one visit\n  key: []\n  brand: shared\n  columns:\n"
        "    seconds: {type: integer, meaning: How long it took.}\n",
        encoding="utf-8",
    )
    (full / "facts").mkdir()
    (full / "facts/own.yaml").write_text(
        "fitting:\n  title: Fittings\n  grain: one visit\n  row: seconds\n  sql: select seconds from fitting_room\n"
        "  columns:\n    seconds: {type: integer, meaning: How long it took., additive: true}\n",
        encoding="utf-8",
    )
    assert load(full).catalog.facts["fitting"].title == "Fittings"
    assert revenue(full) == 16.75
    with open_store(load(full).store, read_only=True) as store:
        assert store.one(sql("select count(*) from raw.fitting_room")) == (0,)


def test_facts_that_are_declared_no_more_are_gone(full: Path) -> None:
    (full / "facts").mkdir()
    (full / "facts/own.yaml").write_text(
        "shelf:\n  title: Shelves\n  grain: one store\n  row: store_id\n  stored: true\n"
        "  sql: select store_id from store\n"
        "  columns:\n    store_id: {type: id, of: store, meaning: The store.}\n",
        encoding="utf-8",
    )
    revenue(full)
    assert "shelf" in stored(full)
    (full / "facts/own.yaml").unlink()
    revenue(full)
    assert stored(full) == set(stored_facts(load(full).catalog))


def stored(folder: Path) -> set[str]:
    with open_store(load(folder).store, read_only=True) as store:
        return {
            name for (name,) in store.rows(sql("select table_name from duckdb_tables() where schema_name = 'fact'"))
        }
