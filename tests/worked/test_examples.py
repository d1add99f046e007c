"""Each worked example of campaigns and segments, answered by the product and compared with the design's answers.

An example is a function from an empty folder to the answers by the design's own labels. What the design asks for
beyond a figure of the product (a sum, a share of two figures) is reckoned from figures of the product.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.analyses.test_incremental import Member, programme, spread
from tests.analyses.test_segment_flow import bridge
from tests.traps.small import Rows, Small, at
from tests.traps.test_messages import FIVE_MAILS, READ, mailed
from tests.traps.test_social_and_company import POSTS

Answers = dict[str, Any]

# What the issue about campaigns names; W34 goes with them, since it is about readings in time too.
NAMED = (
    *("W01", "W02", "W14", "W15", "W16", "W17", "W18", "W19", "W20"),
    *("W23", "W30", "W31", "W33", "W34", "W35"),
)


def w01_segment_at_receipt(folder: Path) -> Answers:
    small = Small(folder, FIVE_MAILS)
    found: Answers = {}
    for reading, name in (("at_event", "at receipt"), ("now", "today")):
        by = {"dimension": "segment.activity", "reading": reading}
        rows = small.rows({"kind": "table", "metrics": ["open_rate_human"], "by": [by], "total": False}, "2025-03")
        found |= {f"{row[0]} {name}": row[1] for row in rows}
    return found


def w02_unique_against_total(folder: Path) -> Answers:
    opened_by = (
        (1, 1, "digest"),
        (1, 1, "webinar"),
        (1, 2, "digest"),
        (2, 1, "digest"),
        (2, 1, "digest"),
        (3, 2, "webinar"),
    )
    sent = (({"member_id": m, "brand_id": b, "comm_type": c}, READ) for m, b, c in opened_by)
    small = Small(folder, mailed(*sent))
    brand, kind = small.by("openers_members", "brand.name"), small.by("openers_members", "comm_type")
    assert brand["total"] == kind["total"]
    return {
        "opens_unique total": small.number("opens_unique"),
        "members total": brand["total"],
        **{f"members {name}": count for name, count in (brand | kind).items() if name != "total"},
    }


def w14_rates_in_a_breakdown(folder: Path) -> Answers:
    cells = (("A", "active", 100, 30), ("A", "leaving", 900, 45), ("B", "active", 900, 243), ("B", "leaving", 100, 3))
    messages = [
        (
            {"comm_type": mail, "specialty_asof": group, "member_id": number + 1},
            ("delivered", *(["click"] * (number < clicks))),
        )
        for mail, group, delivered, clicks in cells
        for number in range(delivered)
    ]
    small = Small(folder, mailed(*messages))
    rows = small.rows({"kind": "table", "metrics": ["click_rate"], "by": ["comm_type", "specialty_asof"]})
    found = {f"{row[0]} {row[1]}": row[2] for row in rows[:-1]}
    totals = {f"{mail} total": rate for mail, rate in small.by("click_rate", "comm_type").items() if mail != "total"}
    return found | totals | {"mean of rates A": (found["A active"] + found["A leaving"]) / 2}


def w15_against_a_holdout(folder: Path) -> Answers:
    treated, control = spread(8_000, 12, 40), spread(2_000, 11, 40)
    members = [*(Member(False, {"11-05": x}) for x in treated), *(Member(True, {"11-05": x}) for x in control)]
    small = programme(folder, members)
    labels = {
        "per head": "inc_revenue_per_member",
        "total": "inc_revenue_total",
        "uplift": "uplift_pct",
        "half-width": "inc_ci_halfwidth",
        "z": "inc_z",
        "share": "incremental_share",
    }
    return {label: small.number(metric) for label, metric in labels.items()}


def w16_contaminated_control(folder: Path) -> Answers:
    members = [
        Member(control, {"11-05": 10 if control else 10.9}, reached=n < reached)
        for control, reached in ((False, 15), (True, 3))
        for n in range(20)
    ]
    small = programme(folder, members, planned=0.5)
    effect = small.number("cace") or 0
    return {"CACE": effect, "contamination": small.number("contamination_rate"), "total": 10_000 * effect}


def w17_overlapping_campaigns(folder: Path) -> Answers:
    """Two campaigns with lots of their own; experiment 3 is all marketing against none."""
    cells = {(False, False): 10.0, (True, False): 12.0, (False, True): 13.0, (True, True): 13.0}
    people = [(cell, spent) for cell, spent in cells.items() for _ in range(25)]
    lots = [
        (experiment, control, n)
        for n, ((first, second), _) in enumerate(people, start=1)
        for experiment, control in ((1, not first), (2, not second), (3, not (first and second)))
        if experiment < 3 or first is second
    ]
    kinds = ("campaign_holdout", "campaign_holdout", "global_control")
    small = programme(
        folder,
        [Member(False, {"11-05": spent}) for _, spent in people],
        experiment=[
            {"brand_id": 1, "name": f"E{n}", "kind": kind, "starts_at": at("11-01"), "outcome_window_days": 28}
            for n, kind in enumerate(kinds, start=1)
        ],
        arm=[
            {"experiment_id": e, "is_control": control, "planned_share": Decimal("0.5")}
            for e in (1, 2, 3)
            for control in (False, True)
        ],
        assignment=[
            {"experiment_id": e, "arm_id": 2 * e - 1 + control, "member_id": n, "assigned_at": at("11-01 00:00")}
            for e, control, n in lots
        ],
        segment_scheme=[{"name": "second campaign", "is_exclusive": True}],
        segment=[{"scheme_id": 1, "name": name} for name in ("without", "with")],
        segment_membership=[
            {"scheme_id": 1, "segment_id": 1 + second, "member_id": n, "valid_from": at("10-01")}
            for n, ((_, second), _) in enumerate(people, start=1)
        ],
    )

    def effect(experiment: str, *filters: Mapping[str, Any]) -> float:
        of_it = {"dimension": "experiment_id", "in": [experiment]}
        return small.number("inc_revenue_per_member", filters=[of_it, *filters]) or 0

    beside, alone = (
        effect("1", {"dimension": "segment.second campaign", "in": [name]}) for name in ("with", "without")
    )
    all_of_it = small.number("gcg_inc_revenue", filters=[{"dimension": "experiment_id", "in": ["3"]}]) or 0
    return {
        "C1": effect("1"),
        "C2": effect("2"),
        "sum": effect("1") + effect("2"),
        "both": all_of_it / 25,
        "interaction": beside - alone,
    }


def w18_sample_ratio_mismatch(folder: Path) -> Answers:
    small = programme(folder, [Member(n >= 9_100, {}) for n in range(10_000)], planned=0.9)
    (check, *_) = small.rows({"kind": "incremental_checks"})
    return {"chi2": small.number("srm_chi2"), "block": str(check[1]).startswith("fails")}


def w19_regression_to_the_mean(folder: Path) -> Answers:
    members = [Member(False, {"10-15": 20, "11-15": 32}), Member(True, {"10-15": 20, "11-15": 30})]
    small = programme(folder, members, planned=0.5)
    treated = [{"dimension": "member_id", "in": ["1"]}]
    months = [small.number("member_spend_mean", month, filters=treated) or 0 for month in ("2025-10", "2025-11")]
    growth, effect = months[1] - months[0], small.number("did_effect", "2025-11") or 0
    return {"before-after": growth, "DiD": effect, "share": 1 - effect / growth}


def w20_machine_opens(folder: Path) -> Answers:
    fates = [("machine open",)] * 400 + [("open", "click")] * 40 + [("open",)] * 80 + [("click",)] * 20 + [()] * 460
    small = Small(folder, mailed(*(({"member_id": n + 1}, ("delivered", *fate)) for n, fate in enumerate(fates))))
    labels = {
        "reported": "open_rate",
        "adjusted": "open_rate_human",
        "CTOR": "ctor",
        "machine share": "machine_open_share",
        "click rate": "click_rate",
    }
    return {label: small.number(metric) for label, metric in labels.items()}


DOCUMENTS = """
order_placed:
  title: Order placed
  meaning: A sale under the number of its receipt.
  of: purchase
  where: kind = 'sale'
  properties: {value: net, receipt: txn_id}
order_returned:
  title: Order returned
  meaning: Goods brought back, under the number of the receipt they were sold on.
  of: purchase
  where: kind = 'return'
  properties: {value: net, receipt: original_txn_id}
"""


def w23_attribution(folder: Path) -> Answers:
    """The project declares activities that know their receipt, so that returns find their sale."""
    (folder / "activities").mkdir()
    (folder / "activities" / "orders.yaml").write_text(DOCUMENTS)
    documents = ((1, "sale", "11-10", 120), (2, "sale", "11-14", 80), (3, "return", "11-20", -60))
    rows: Rows = {
        "brand": [{"name": "X"}],
        "member": [{"created_at": at("01-01")}],
        "touch": [
            {"member_id": 1, "channel": channel, "kind": "click", "occurred_at": at(day)}
            for channel, day in (("e-mail", "11-01"), ("social", "11-06"), ("e-mail", "11-09"))
        ],
        "txn": [
            {"brand_id": 1, "member_id": 1, "kind": kind, "status": "ok", "occurred_at": at(day)}
            | ({"original_txn_id": 1} if kind == "return" else {})
            for _, kind, day, _ in documents
        ],
        "txn_line": [{"txn_id": n, "qty": 1, "net": net} for n, _, _, net in documents],
    }
    ask: dict[str, Any] = {
        "kind": "attribution",
        "touch": {"activity": "touched"},
        "channel": "channel",
        "conversion": {"activity": "order_placed"},
        "models": ["last", "first", "linear"],
        "lookback_days": 7,
        "value": "value",
        "returned": {"activity": "order_returned"},
        "order_id": "receipt",
    }
    result = Small(folder, rows).programme.ask({"ask": ask, "period": "2025-11"}).result
    told = zip(result.column("model"), result.column("channel"), result.column("worth"), strict=True)
    worth = {f"{model} {channel}": value for model, channel, value in told}
    return {
        f"{model} {channel}": worth.get(f"{model} {channel}", 0)
        for model in ask["models"]
        for channel in ("e-mail", "social")
    }


def w30_the_bridge_closes(folder: Path) -> Answers:
    small = Small(folder, bridge().rows)
    active: dict[str, Any] = {"filters": [{"dimension": "segment_id", "in": ["2"]}]}

    def rate(segment: str, other: str) -> float | None:
        given: dict[str, Any] = {"with": {"segment": segment, "other_segment": other}}
        return small.number("segment_transition_rate", "2024-03", **given)

    flow = small.rows({"kind": "flow", "scheme": "value", "relative": "before"}, "2024-03")
    gone = next(row for row in flow if row[:2] == ("Active", None) and not any(row[-2:]))
    return {
        "opening": small.number("segment_size", "2024-02", **active),
        "in": small.number("segment_inflow", "2024-03", **active),
        "out": small.number("segment_outflow", "2024-03", **active),
        "closing": small.number("segment_size", "2024-03", **active),
        "stay": rate("2", "2"),
        "new to active": rate("1", "2"),
        "left": gone[3],
    }


def w31_counters_are_cumulative(folder: Path) -> Answers:
    small = Small(folder, POSTS)
    rates = [rate or 0 for post, rate in small.by("engagement_rate_reach", "creator_id").items() if post != "total"]
    labels = {
        "eng": "engagements",
        "reach": "reach_sum",
        "pooled": "engagement_rate_reach",
        "followers": "engagement_rate_followers",
        "CPE": "cost_per_engagement",
    }
    return {label: small.number(metric) for label, metric in labels.items()} | {"mean": sum(rates) / len(rates)}


def w33_consent_out_of_order(folder: Path) -> Answers:
    acts = (("granted", "10-01", "10-01"), ("withdrawn", "10-05", "10-09"), ("confirmed", "10-02", "10-06"))
    rows: Rows = {
        "member": [{"created_at": at("01-01")}],
        "program": [{"name": "Club"}],
        "enrolment": [{"member_id": 1, "program_id": 1, "enrolled_at": at("01-01")}],
        "consent_event": [
            {"member_id": 1, "channel": "email", "status": s, "occurred_at": at(happened), "recorded_at": at(recorded)}
            for s, happened, recorded in acts
        ],
    }
    small = Small(folder, rows)
    on_8_october, on_7_october = "2025-10-01..2025-10-08", "2025-10-01..2025-10-07"
    assert small.number("consented_members", on_8_october, known_at="2025-10-08T23:00") == 1
    assert small.number("consented_members", on_8_october) == 0
    return {
        "known then": small.number("consent_coverage", on_8_october, known_at="2025-10-08T23:00"),
        "known today": small.number("consent_coverage", on_8_october),
        "last loaded 7 Oct": small.number("consent_coverage", on_7_october, known_at="2025-10-07T23:00"),
    }


def w34_tier_at_start(folder: Path) -> Answers:
    silver, gold = 1, 2
    members = ((100, silver, silver), (500, silver, gold), (300, gold, gold), (100, gold, silver))
    held = [
        {"member_id": n, "program_id": 1, "tier_id": tier, "valid_from": begin, "valid_to": end}
        for n, (_, before, after) in enumerate(members, start=1)
        for tier, begin, end in ((before, at("01-01 00:00"), at("12-01")), (after, at("12-01"), None))
    ]
    rows: Rows = {
        "brand": [{"name": "X"}],
        "program": [{"name": "Club", "brand_id": 1}],
        "member": [{"created_at": at("01-01 00:00")} for _ in members],
        "tier": [{"program_id": 1, "name": name, "rank": n} for n, name in enumerate(("Silver", "Gold"))],
        "tier_membership": held,
        "txn": [
            {"brand_id": 1, "member_id": n, "kind": "sale", "status": "ok", "occurred_at": at("11-05")}
            for n in range(1, len(members) + 1)
        ],
        "txn_line": [{"txn_id": n, "qty": 1, "net": spent} for n, (spent, _, _) in enumerate(members, start=1)],
    }
    small = Small(folder, rows)
    year = "2025-02-01..2025-12-31"
    found = {
        f"{row[0]} {label}": row[1]
        for label, reading in (("start", "at_start"), ("end", "now"))
        for row in small.rows(
            {
                "kind": "table",
                "metrics": ["member_spend_mean"],
                "by": [{"dimension": "tier.name", "reading": reading}],
                "total": False,
            },
            year,
        )
    }
    # The index compares the tier at the start with everybody: 200 of 250.
    of_gold: dict[str, Any] = {"with": {"tier": str(gold)}}
    assert small.number("tier_spend_index", year, **of_gold) == pytest.approx(80)
    return found


def w35_novelty(folder: Path) -> Answers:
    lifts = {"11-03": 2.0, "11-10": 1.0, "11-17": 0.5, "11-24": 0.5}
    members = [
        Member(control, {day: 10 + k % 7 + (0 if control else lift) for day, lift in lifts.items()})
        for control in (False, True)
        for k in range(70)
    ]
    small = programme(folder, members, planned=0.5)
    trend = small.programme.ask({"ask": {"kind": "incremental_trend"}, "period": "2025"}).result
    weekly = [float(str(lift)) for lift in trend.column("weekly")]
    return {
        "mean": sum(weekly) / len(weekly),
        "slope": small.number("novelty_slope"),
        "first x52": 52 * weekly[0],
        "steady x52": 52 * sum(weekly[-2:]) / 2,
    }


EXAMPLES: dict[str, Callable[[Path], Answers]] = {
    name[:3].upper(): example for name, example in globals().copy().items() if name[:1] == "w" and name[1:3].isdigit()
}


@pytest.mark.parametrize("example", NAMED)
def test_the_product_answers_as_the_design(example: str, shared: Path, tmp_path: Path) -> None:
    told = json.loads((shared / "design" / "examples.json").read_text(encoding="utf-8"))
    (answers,) = (one["answers"] for one in told if one["id"] == example)
    found = {label: float(value) for label, value in EXAMPLES[example](tmp_path).items()}
    assert found == pytest.approx({one["label"]: one["value"] for one in answers}, abs=1e-4)


def test_every_example_that_is_named_is_here_and_no_other() -> None:
    assert sorted(EXAMPLES) == sorted(NAMED)
