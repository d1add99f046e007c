"""The effect of a campaign, as a plain comparison of its lots finds it in the data, is the one that the truth tells."""

from math import sqrt
from pathlib import Path

import duckdb
import numpy as np
import pytest
from msgspec import structs

from punchcard.simulate.profile import PHARMA, RETAILER
from punchcard.simulate.programme import Order, simulate

# Revenue within the window of everyone who drew a lot, whoever got a message; a merged record counts for its survivor.
_REVENUE = """
    with root as (
      select from_member_id, into_member_id from 'IN/identity_merge/*.parquet' where undone_at is null
    ), net as (
      select t.txn_id, t.occurred_at, t.kind, coalesce(r.into_member_id, t.member_id) as member_id, t.brand_id,
        sum(l.net) as net
      from (select distinct * from 'IN/txn/*.parquet') t join 'IN/txn_line/*.parquet' l using (txn_id)
      left join root r on r.from_member_id = t.member_id
      where t.status = 'ok' group by all
    )
    select a.experiment_id, a.is_control, coalesce(sum(n.net), 0)::double as net,
      count(n.txn_id) filter (n.kind = 'sale') > 0 as bought
    from (select a.*, r.is_control, e.brand_id, e.outcome_window_days from 'IN/assignment/*.parquet' a
      join 'IN/arm/*.parquet' r using (arm_id) join 'IN/experiment/*.parquet' e on e.experiment_id = a.experiment_id
      where e.kind = 'campaign_holdout') a
    left join net n on n.member_id = a.member_id and n.brand_id = a.brand_id and n.occurred_at >= a.assigned_at
      and n.occurred_at < a.assigned_at + to_days(a.outcome_window_days::integer)
    group by a.experiment_id, a.member_id, a.is_control"""
_REGISTERED = """
    select a.experiment_id, r.is_control, 0.0 as net, w.member_id is not null as bought
    from 'IN/assignment/*.parquet' a join 'IN/arm/*.parquet' r using (arm_id)
    join 'IN/experiment/*.parquet' e on e.experiment_id = a.experiment_id and e.kind = 'campaign_holdout'
    left join (select * from 'IN/webinar_event/*.parquet' where kind = 'registered') w
      on w.webinar_id = e.campaign_id and w.member_id = a.member_id"""


def compared(data: Path, query: str) -> dict[int, tuple[tuple[float, float], tuple[float, float], int]]:
    """Of each experiment: the difference in revenue and in buyers with their standard errors, and the members."""
    with duckdb.connect() as connection:
        rows = connection.execute(query.replace("IN/", f"{data}/")).fetchnumpy()
    found: dict[int, tuple[tuple[float, float], tuple[float, float], int]] = {}
    for experiment in np.unique(rows["experiment_id"]):
        here = rows["experiment_id"] == experiment
        lots = np.asarray(rows["is_control"], np.bool_)
        control, treated = here & lots, here & ~lots
        both = [
            (
                float(rows[name][treated].astype(float).mean() - rows[name][control].astype(float).mean()),
                sqrt(sum(rows[name][arm].astype(float).var(ddof=1) / arm.sum() for arm in (treated, control))),
            )
            for name in ("net", "bought")
        ]
        found[int(experiment)] = (both[0], both[1], int(here.sum()))
    return found


def off(estimate: tuple[float, float], true: float) -> float:
    return (estimate[0] - true) / estimate[1]


def within(deviations: list[float]) -> float:
    """The share of intervals of 95 % that hold the truth."""
    return float(np.mean(np.abs(deviations) < 1.96))


def binomial_band(count: int) -> tuple[float, float]:
    """Shares between which 95 of 100 intervals lie, but for one run in ten thousand."""
    room = 3.9 * sqrt(0.95 * 0.05 / count)
    return 0.95 - room, min(1.0, 0.95 + room)


def test_a_plain_comparison_finds_the_revenue_and_the_buyers_of_a_campaign(tmp_path: Path) -> None:
    revenue: list[float] = []
    buyers: list[float] = []
    for seed in range(5):
        truth = simulate(tmp_path / str(seed), Order(RETAILER, 2_000, seed, days=240))
        known = {each.experiment_id: each for each in truth.campaigns if each.revenue}
        found = compared(tmp_path / str(seed) / "data", _REVENUE)
        assert found.keys() == known.keys()
        for experiment, (net, bought, members) in found.items():
            its = known[experiment]
            assert its.revenue is not None
            assert its.conversion is not None
            assert members == its.assigned
            assert net[1] == pytest.approx(its.revenue.standard_error, rel=0.5)
            revenue.append(off(net, its.revenue.itt))
            buyers.append(off(bought, its.conversion.itt))
            if its.lift == 0:
                assert its.revenue.itt == its.conversion.itt == 0
    low, high = binomial_band(len(revenue))
    assert len(revenue) >= 30
    assert low <= within(revenue) <= high
    assert low <= within(buyers) <= high
    # Not only wide enough: centred too.
    assert abs(np.mean(revenue)) * sqrt(len(revenue)) < 3.5
    assert abs(np.mean(buyers)) * sqrt(len(buyers)) < 3.5


def test_a_plain_comparison_finds_the_registrations_a_webinar_invitation_brings(tmp_path: Path) -> None:
    truth = simulate(tmp_path / "pharma", Order(PHARMA, 2_000, 1, days=240))
    known = {each.experiment_id: each for each in truth.campaigns if each.conversion}
    found = compared(tmp_path / "pharma" / "data", _REGISTERED)
    deviations: list[float] = []
    for experiment, (_, registered, members) in found.items():
        its = known[experiment].conversion
        assert its is not None
        assert members == known[experiment].assigned
        if registered[1]:
            deviations.append(off(registered, its.itt))
    assert abs(np.mean(deviations)) * sqrt(len(deviations)) < 3.5


def test_a_lift_that_fades_does_most_of_its_work_early(tmp_path: Path) -> None:
    simulate(tmp_path / "shop", Order(RETAILER, 1_000, 2, days=200))
    used = """
        select avg(case when t.occurred_at < c.starts_at + interval 14 day then 1 else 0 end), count(*)
        from 'IN/coupon_event/*.parquet' u join 'IN/coupon/*.parquet' p using (coupon_id)
        join 'IN/campaign/*.parquet' c using (campaign_id)
        join (select distinct * from 'IN/txn/*.parquet') t on t.txn_id = u.txn_id"""
    with duckdb.connect() as connection:
        row = connection.execute(used.replace("IN/", f"{tmp_path}/shop/data/")).fetchone()
    assert row is not None
    share, count = row
    # Half of a window of 27 days, with what is left after 14 days at 37 %: (1 - e^-0.93) / (1 - e^-1.93).
    assert abs(share - 0.71) < 4 * sqrt(0.71 * 0.29 / count)


def test_what_came_out_is_what_was_put_in(tmp_path: Path) -> None:
    truth = simulate(tmp_path / "shop", Order(RETAILER, 3_000, 8, days=240))
    shares = [
        (one["moved"][name], sum(one["moved"].values()), probability)
        for one in truth.lifecycle.values()
        for name, probability in one["probability"].items()
    ]
    relations = truth.totals["records"]  # one brand: each member has one, unless joined too late to be asked
    shares += [(consent["given"], relations, consent["granted"]) for consent in truth.consents]
    shares += [(int(truth.totals["machine_openers"]), relations, RETAILER.mailing.machine)]
    sent = sum(campaign.counts["sent"] for campaign in truth.campaigns)
    delivered = sum(campaign.counts["delivered"] for campaign in truth.campaigns)
    mailing = RETAILER.mailing
    shares += [(delivered, sent, 1 - mailing.hard_bounce - mailing.soft_bounce - mailing.silent)]
    for found, of, put_in in shares:
        assert abs(found - of * put_in) <= 4.5 * sqrt(of * put_in * (1 - put_in)) + 0.015 * of * put_in


def test_without_campaigns_weekdays_are_as_busy_as_the_season_says(tmp_path: Path) -> None:
    quiet = structs.replace(RETAILER, plans=())
    truth = simulate(tmp_path / "shop", Order(quiet, 1_000, 8, days=196))
    assert truth.campaigns == []
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""select isodow(timezone('Europe/Paris', occurred_at)) as day, count(*)
                from (select distinct * from '{tmp_path}/shop/data/txn/*.parquet') where kind = 'sale' group by 1"""
        ).fetchall()
    counts = np.array([count for _, count in sorted(found)], np.float64)
    week = np.array(RETAILER.season.week)
    expected = week / week.sum() * counts.sum()
    # Chi-square with six degrees of freedom: one run in ten thousand is above 28.
    assert float(((counts - expected) ** 2 / expected).sum()) < 28
