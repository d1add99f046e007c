"""The oracle itself: its worlds have the traps in them, and every reference metric gives a value over them."""

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.oracle.asked import Asked
from tests.oracle.design import metrics
from tests.oracle.differences import CORRECTED, NARROWER
from tests.oracle.harness import reference_value, restricted
from tests.oracle.library import tables
from tests.oracle.reference import WHOLE, Cut
from tests.oracle.seed import Seeded, seed
from tests.oracle.store import fill_store, forget_after

SEEDS = (0, 1, 2, 3)


def test_the_same_number_gives_the_same_world() -> None:
    seed.cache_clear()
    first = seed(1)
    seed.cache_clear()
    assert seed(1) == first
    assert seed(2).rows != first.rows


TRAPS = {
    "purchases of unidentified shoppers": "from txn where member_id is null",
    "returns of a part": "from txn_line r join txn_line s on s.line_id = r.original_line_id where -r.net < s.net",
    "returns of the whole": "from txn_line r join txn_line s on s.line_id = r.original_line_id where -r.net = s.net",
    "returns of nothing named": "from txn where kind = 'return' and original_txn_id is null",
    "voids": "from txn where kind = 'void'",
    "cancelled documents": "from txn where status = 'cancelled'",
    "documents for testing": "from txn where status = 'test'",
    "purchases of test people": "from txn join member using (member_id) where is_test",
    "purchases of staff": "from txn join member using (member_id) where is_employee",
    "rewards among the lines": "from txn_line where is_reward",
    "lines of nothing": "from txn_line where qty = 0",
    "lines of unknown cost": "from txn_line where cost is null",
    "products that are not listed": "from txn_line anti join product using (product_id) where product_id is not null",
    "chains of merges": "from identity_merge a join identity_merge b on b.from_member_id = a.into_member_id",
    "merges taken back": "from identity_merge where undone_at is not null",
    "foreign currencies": "from txn where currency not in ('EUR')",
    "currencies not named": "from txn where currency is null",
    "purchases learned of after the period": "from txn where occurred_at < $t1 and recorded_at >= $t1",
    "purchases at the first instant of the period": "from txn where occurred_at = $t0",
    "purchases at the first instant after it": "from txn where occurred_at = $t1",
    "points pending": "from points_entry where effective_at > occurred_at",
    "points that expired": "from points_entry where kind = 'expire'",
    "points taken back": "from points_entry where kind = 'reverse_earn'",
    "points given back": "from points_entry where kind = 'reverse_burn'",
    "points handed over": "from points_entry where kind = 'transfer_in'",
    "people who came back to a programme": "from enrolment group by member_id, program_id having count(*) > 1",
    "consents learned of in another order": "from consent_event a"
    " join consent_event b using (member_id, brand_id, channel) where a.occurred_at < b.occurred_at"
    " and a.recorded_at > b.recorded_at",
    "opens by machines only": "from message_event where kind = 'open' and is_machine",
    "messages to nobody known": "from message where member_id is null",
    "activities of strangers": "from event where member_id is null",
    "activities received twice": "from event group by dedupe_key having count(*) > 1",
    "late activities": "from event where received_at > occurred_at + interval 1 day",
    "counters that fall": "from social_post_stat a join social_post_stat b using (post_id)"
    " where b.observed_at > a.observed_at and b.likes < a.likes",
    "sales that came by themselves": "from attribution_credit where touch_id is null",
    "controls who were reached": "from exposure x join assignment a using (experiment_id, member_id)"
    " join arm on arm.arm_id = a.arm_id where is_control",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_is_in_the_data(trap: str) -> None:
    found = 0
    for number in SEEDS:
        con, seeded = stored(number)
        text = f"select count(*) from (select 1 {TRAPS[trap]})"
        named = {name: value for name, value in seeded.parameters().items() if f"${name}" in text}
        (rows,) = con.execute(text, named).fetchone() or (0,)
        found += rows
    assert found


@cache
def stored(number: int) -> tuple[duckdb.DuckDBPyConnection, Seeded]:
    con = duckdb.connect()
    fill_store(con, seed(number))
    con.execute("use memory.raw")
    return con, seed(number)


def test_exchange_rates_miss_only_when_asked() -> None:
    def days(*, gaps: bool) -> int:
        return sum(row["kind"] == "daily" for row in seed(0, rate_gaps=gaps).rows["fx_rate"])

    assert days(gaps=True) < days(gaps=False)


def test_points_run_out_at_local_midnight() -> None:
    for number in SEEDS:
        seeded = seed(number)
        zone = ZoneInfo(seeded.zone)
        expiries = [row["expires_at"] for row in seeded.rows["points_entry"] if row["expires_at"]]
        assert expiries
        assert {f"{expiry.astimezone(zone):%H:%M}" for expiry in expiries} == {"00:00"}  # type: ignore[union-attr]


@pytest.mark.slow
def test_every_reference_metric_gives_a_value(asked: Asked) -> None:
    silent: list[str] = []
    for name in metrics(asked.reference.design):
        as_written = reference_value(asked.reference, name, asked.parameters, Cut(as_written=True))
        ours = reference_value(asked.reference, name, asked.parameters)
        if as_written is None and ours is None:
            silent.append(name)
    # A period may have nothing to divide by for a figure or two; a whole group of them would be a hole in the data.
    assert len(silent) <= 2, silent


def test_differences_are_about_metrics_that_exist(shared: Path) -> None:
    known = metrics(shared / "design")
    assert len(known) == 253
    assert CORRECTED.keys() | NARROWER.keys() <= known.keys()


@pytest.mark.parametrize(
    ("dimension", "groups"),
    [
        ("brand", "select distinct brand_id from v_line"),
        ("store", "select distinct store_id from v_line"),
        ("channel", "select distinct channel from v_line"),
        ("category_l1", "select distinct category_l1 from v_line"),
        ("label", "select distinct label from v_line"),
    ],
)
def test_the_groups_of_a_breakdown_add_up(asked: Asked, dimension: str, groups: str) -> None:
    asked.reference.use(WHOLE)
    values = [value for (value,) in asked.reference.con.execute(groups).fetchall()]
    for metric in ("net_revenue", "gross_revenue", "units_sold", "gross_margin"):
        parts = sum(asked.metric(metric, restricted(dimension, value)) for value in values)
        assert parts == pytest.approx(asked.metric(metric)), metric


def test_a_store_of_ours_holds_the_same_rows_under_the_same_ids() -> None:
    con, seeded = stored(0)
    for name, table in tables().items():
        assert con.execute(f'select count(*) from raw."{name}"').fetchone() == (len(seeded.rows[name]),)
        if entity := table.entity():
            found = con.execute(f"select count(*) from keys.{entity} where ref <> cast(id as varchar)").fetchone()
            assert found == (0,)


def test_forgetting_the_future_leaves_what_was_known() -> None:
    seeded = seed(0)
    con = duckdb.connect()
    fill_store(con, seeded)
    forget_after(con, seeded.end, seeded.zone)
    assert con.execute("select max(occurred_at) < ? from raw.txn", [seeded.end]).fetchone() == (True,)
    assert con.execute("select count(*) from raw.enrolment where left_at >= ?", [seeded.end]).fetchone() == (0,)
    assert con.execute("select count(*) from raw.member").fetchone() == (len(seeded.rows["member"]),)
