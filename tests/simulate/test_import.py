"""What is made can be imported without loss, keeps the catalogue's invariants, and answers as its truth says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from punchcard.opening import bring_in
from punchcard.project import load
from punchcard.simulate.profile import PHARMA, PROFILES
from punchcard.simulate.programme import Order, simulate
from punchcard.sql import trusted
from tests.simulate.conftest import DAYS, Made

profiles = pytest.mark.parametrize("name", PROFILES)
selling = pytest.mark.parametrize("name", [name for name, each in PROFILES.items() if each.shopping])

# Each gives the number of rows that break the rule.
RULES = {
    "a member is in one segment of an exclusive scheme at a time": """
        select count(*) from (select valid_from < lag(coalesce(valid_to, 'infinity'::timestamptz))
          over (partition by scheme_id, member_id order by valid_from) as clashes from raw.segment_membership)
        where clashes""",
    "a stay begins before it ends": """
        select count(*) from (select valid_from, valid_to from raw.segment_membership union all
          select valid_from, valid_to from raw.tier_membership union all
          select valid_from, valid_to from raw.member_attribute) where valid_to <= valid_from""",
    "a member is in one tier of a programme at a time": """
        select count(*) from (select valid_from < lag(coalesce(valid_to, 'infinity'::timestamptz))
          over (partition by program_id, member_id order by valid_from) as clashes from raw.tier_membership)
        where clashes""",
    "a message keeps the segment its member was in": """
        select count(*) from raw.message m join raw.message_segment g using (message_id)
        left join raw.segment_membership s on s.member_id = m.member_id and s.scheme_id = g.scheme_id
          and s.valid_from <= m.sent_at and (s.valid_to is null or s.valid_to > m.sent_at)
        where s.segment_id is distinct from g.segment_id""",
    "a message keeps the tier its member was in": """
        select count(*) from raw.message m
        left join raw.tier_membership s on s.member_id = m.member_id
          and s.valid_from <= m.sent_at and (s.valid_to is null or s.valid_to > m.sent_at)
        where s.tier_id is distinct from m.tier_id_asof""",
    "nobody is written to without consent": """
        select count(*) from raw.message m join raw.message_template t using (template_id)
        where not exists (select 1 from raw.consent_event c where c.member_id = m.member_id
          and c.brand_id = m.brand_id and c.channel = m.channel and c.status = 'granted'
          and c.occurred_at <= m.sent_at)""",
    "the global control is written to by nobody": """
        select count(*) from raw.message m join raw.assignment a using (member_id) join raw.arm r
          on r.arm_id = a.arm_id join raw.experiment e on e.experiment_id = r.experiment_id
        where e.kind = 'global_control' and r.is_control""",
    "a message is opened once it is delivered": """
        select count(*) from raw.message_event o where kind in ('open', 'click', 'unsubscribe') and not exists (
          select 1 from raw.message_event d
          where d.message_id = o.message_id and d.kind = 'delivered' and d.occurred_at <= o.occurred_at)""",
    "no lot is used beyond what it brought": """
        select count(*) from (select e.points, sum(a.points) as used from raw.points_allocation a
          join raw.points_entry e on e.entry_id = a.lot_entry_id group by e.entry_id, e.points) where used > points""",
    "every debit is fully allocated": """
        select count(*) from raw.points_entry e left join (
          select debit_entry_id, sum(points) as used from raw.points_allocation group by 1) a
          on a.debit_entry_id = e.entry_id
        where e.points < 0 and coalesce(a.used, 0) <> -e.points""",
    "points are spent only while they can be": """
        select count(*) from raw.points_allocation a join raw.points_entry l on l.entry_id = a.lot_entry_id
        join raw.points_entry d on d.entry_id = a.debit_entry_id
        where d.kind = 'burn' and (l.effective_at > d.occurred_at or l.expires_at < d.occurred_at)""",
    "what runs out runs out": """
        select count(*) from (select e.entry_id, e.points - coalesce(sum(a.points), 0) as rest
          from raw.points_entry e left join raw.points_allocation a on a.lot_entry_id = e.entry_id
          where e.points > 0 and e.expires_at < (select max(occurred_at) from raw.points_entry)
          group by e.entry_id, e.points) where rest <> 0""",
    "no balance is ever below zero": """
        select count(*) from (select sum(points) over (partition by account_id order by occurred_at,
          case when points > 0 then 0 else 1 end, entry_id) as balance from raw.points_entry) where balance < 0""",
    "discounts of a line add up to its discount": """
        select count(*) from raw.txn_line l left join (select line_id, sum(amount) as amount from raw.line_discount
          group by 1) d using (line_id) where coalesce(d.amount, 0) <> l.discount""",
    "a line's net is its gross less its discount": """
        select count(*) from raw.txn_line where net <> gross - discount""",
    "a document is paid in full": """
        select count(*) from (select txn_id, sum(net + tax) as owed from raw.txn_line group by 1) l
        join (select txn_id, sum(amount) as paid from raw.txn_tender group by 1) p using (txn_id) where owed <> paid""",
    "every document has lines": """
        select count(*) from raw.txn t anti join raw.txn_line l using (txn_id)""",
    "a return comes after its sale, for no more": """
        select count(*) from raw.txn_line r join raw.txn t using (txn_id)
        join raw.txn_line s on s.line_id = r.original_line_id join raw.txn o on o.txn_id = s.txn_id
        where t.occurred_at <= o.occurred_at or -r.net > s.net or o.txn_id <> t.original_txn_id""",
    "credit for a sale adds up to one": """
        select count(*) from (select model, conversion_id, sum(weight) as whole from raw.attribution_credit
          group by all) where whole <> 1""",
    "credit goes to touches before the sale": """
        select count(*) from raw.attribution_credit c join raw.touch t using (touch_id)
        join raw.txn x on x.txn_id = c.conversion_id
        where t.occurred_at > x.occurred_at or t.member_id <> x.member_id""",
    "a member draws one lot of an experiment": """
        select count(*) from (select 1 from raw.assignment group by experiment_id, member_id having count(*) > 1)""",
    "nothing is known before it happened": """
        select count(*) from (select occurred_at, recorded_at from raw.txn union all
          select occurred_at, recorded_at from raw.message_event union all
          select occurred_at, recorded_at from raw.consent_event union all
          select occurred_at, received_at from raw.event) where recorded_at < occurred_at""",
    "nobody does anything before joining": """
        select count(*) from (select member_id, occurred_at from raw.txn union all
          select member_id, occurred_at from raw.points_entry where kind <> 'expire' union all
          select member_id, occurred_at from raw.event union all select member_id, sent_at from raw.message union all
          select member_id, occurred_at from raw.touch) a join raw.member m using (member_id)
        where a.occurred_at < m.created_at""",
    "a coupon is used by its member, in time, once": """
        select count(*) from raw.coupon_event u join raw.coupon c using (coupon_id) join raw.txn t using (txn_id)
        where u.kind = 'redeemed' and (t.member_id <> c.member_id or t.occurred_at < c.valid_from
          or t.occurred_at >= c.valid_to)""",
    "a payout is for a post of its creator": """
        select count(*) from raw.payout p join raw.social_post s using (post_id)
        where p.creator_id <> s.creator_id or p.brand_id <> s.brand_id or p.accrued_at <= s.posted_at""",
}


def rows(made: Made, text: str) -> tuple[tuple[Any, ...], ...]:
    return made.programme.engine.run(trusted(text)).rows


@profiles
def test_every_row_is_accounted_for_and_none_is_in_quarantine(made: Callable[[str], Made], name: str) -> None:
    its = made(name)
    assert its.report.warnings == ()
    counts = {count.table: count for file in its.report.files for count in file.counts}
    assert counts.keys() == its.truth.rows.keys()
    for table, count in counts.items():
        said = its.truth.rows[table]
        assert (count.received, count.stored, count.duplicates, count.quarantined) == (
            said["received"],
            said["distinct"],
            said["repeated"],
            0,
        ), table
    assert sum(rows["repeated"] for rows in its.truth.rows.values()) > 20


@profiles
@pytest.mark.parametrize("rule", RULES)
def test_the_imported_data_keeps_the_rule(made: Callable[[str], Made], name: str, rule: str) -> None:
    assert rows(made(name), RULES[rule]) == ((0,),)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("retailer", "points_allocation redemption coupon_event exposure line_discount identity_merge event"),
        ("coalition", "points_allocation redemption coupon_event exposure brand_invoice member_attribute"),
        ("pharma", "webinar_event goal_completion exposure message_segment consent_event"),
        ("creators", "payout social_post_stat participation creator_stat attribution_credit touch"),
    ],
)
def test_a_profile_has_rows_in_its_tables(made: Callable[[str], Made], name: str, tables: str) -> None:
    its = made(name)
    assert [table for table in tables.split() if not its.truth.rows.get(table, {}).get("distinct")] == []


def asked(made: Made, metric: str) -> Any:
    answer = made.programme.ask({"ask": {"kind": "number", "metrics": [metric]}, "period": "2025"})
    return answer.result.rows[0][[column.name for column in answer.result.columns].index(metric)]


@selling
@pytest.mark.parametrize(
    ("metric", "total"),
    [("net_revenue", "net_revenue"), ("identified_revenue", "member_net_revenue"), ("txns_count", "sales")],
)
def test_a_figure_is_what_the_truth_says(made: Callable[[str], Made], name: str, metric: str, total: str) -> None:
    its = made(name)
    assert float(asked(its, metric)) == pytest.approx(its.truth.totals[total], abs=0.005)


def test_coupons_are_counted_as_the_truth_has_them(made: Callable[[str], Made]) -> None:
    its = made("retailer")
    assert asked(its, "coupons_issued") == its.truth.totals["coupons_given"]
    assert asked(its, "coupon_redemptions") == its.truth.totals["coupons_redeemed"]


@profiles
@pytest.mark.parametrize(
    ("metric", "count"),
    [
        ("sends", "sent"),
        ("deliveries", "delivered"),
        ("opens_human_unique", "human_opened"),
        ("clicks_unique", "human_clicked"),
        ("unsubscribes", "unsubscribed"),
    ],
)
def test_reactions_to_messages_are_counted_as_the_truth_has_them(
    made: Callable[[str], Made], name: str, metric: str, count: str
) -> None:
    its = made(name)
    assert asked(its, metric) == sum(campaign.counts[count] for campaign in its.truth.campaigns)


def test_the_effects_of_campaigns_are_found_by_the_librarys_own_metrics(made: Callable[[str], Made]) -> None:
    its = made("retailer")
    answer = its.programme.ask(
        {"ask": {"kind": "table", "metrics": ["inc_revenue_per_member"], "by": ["experiment_id"]}, "period": "2025"}
    )
    found = {str(row[0]): float(str(row[1])) for row in answer.result.rows if row[1] is not None}
    known = {str(campaign.experiment_id): campaign.revenue for campaign in its.truth.campaigns if campaign.revenue}
    assert len(known) >= 5
    for experiment, true in known.items():
        assert abs(found[experiment] - true.itt) < 4 * true.standard_error, experiment


def test_payouts_follow_the_brands_rules_to_the_cent(made: Callable[[str], Made]) -> None:
    its = made("creators")
    paid = rows(
        its,
        """select k.ref, sum(amount) from raw.payout p join keys.brand k on k.id = p.brand_id
           where status <> 'reversed' group by 1""",
    )
    assert {brand: float(amount) for brand, amount in paid} == {
        brand: one["payouts"] for brand, one in its.truth.brands.items() if one["payouts"]
    }


def test_the_rules_explain_every_payout_but_those_for_sales(made: Callable[[str], Made]) -> None:
    """By post, to the cent. What a share of sales brings is told for a creator and a campaign, so cents may differ."""
    its = made("creators")
    asked = {"kind": "table", "metrics": ["payouts_amount", "payouts_by_rule"], "by": ["post_id"], "limit": 10_000}
    answer = its.programme.ask({"ask": {**asked, "total": False}, "period": "all"})
    paid = {post: (amount, ruled) for post, amount, ruled, *_ in answer.result.rows if amount is not None and ruled}
    assert len(paid) > 50
    assert [post for post, (amount, ruled) in paid.items() if amount != ruled] == []


def test_files_of_text_hold_what_typed_files_hold(tmp_path: Path) -> None:
    from punchcard.simulate.write import Format

    for form in Format:
        simulate(tmp_path / form, Order(PHARMA, 1_000, 3, days=DAYS - 40, form=form))
        assert sum(c.quarantined for f in bring_in(load(tmp_path / form)).files for c in f.counts) == 0
    stores = [tmp_path / form / ".punchcard" / "store.duckdb" for form in Format]
    with duckdb.connect(str(stores[0]), read_only=True) as store:
        store.execute(f"attach '{stores[1]}' as other (read_only)")
        for table in ("member", "message", "message_event", "consent_event", "cost_entry", "webinar_event"):
            columns = "* exclude (_batch)"
            for there, here in ((f"other.raw.{table}", f"raw.{table}"), (f"raw.{table}", f"other.raw.{table}")):
                found = store.execute(
                    f"select count(*) from (select {columns} from {there} except all select {columns} from {here})"
                ).fetchone()
                assert found == (0,), table
