"""Company: what the operator keeps on record of brands, programme, range, campaigns and money."""

import numpy as np

from punchcard.simulate.chance import WORLD, Ints, chance, numbers, spread
from punchcard.simulate.communications import webinar_start
from punchcard.simulate.days import DAY
from punchcard.simulate.profile import SEGMENTS
from punchcard.simulate.world import CURRENCY, PROGRAM, SCHEME, WHOLE_PROGRAMME, ZONE, World
from punchcard.simulate.write import Rows, Words

COMMISSION = 0.03
_FEES = (490_00, 990_00, 1_990_00)  # cents a month
_PLANS = ("start", "growth", "scale")
_CHANNELS = ("web", "pos")
_REGIONS = ("North", "South", "East", "West")
_COST_SHARES = (("platform", 1_200_00), ("staff", 5_400_00), ("acquisition", 900_00))  # cents a month
_HOLIDAYS = {(1, 1): "New Year", (5, 1): "Labour Day", (7, 14): "Bastille Day", (12, 25): "Christmas"}


def reference_rows(world: World) -> dict[str, Rows]:
    """Everything that is there before any member."""
    rows = {**_brands(world), **_programme(world), **_calendar(world), **_campaigns(world), **_experiments(world)}
    return rows | _range(world) if world.profile.shopping else rows


def _brands(world: World) -> dict[str, Rows]:
    profile, days = world.profile, world.days
    rng = chance(world.seed, "brands")
    count = world.brands
    number = np.arange(count)
    before = days.start - rng.integers(30 * DAY, 900 * DAY, count)
    plan = np.minimum(rng.geometric(0.5, count) - 1, 2)
    return {
        "workspace": {
            "workspace_id": np.array([1]),
            "name": profile.title,
            "timezone": ZONE,
            "week_start": np.array([1]),
            "fiscal_year_start_month": np.array([1]),
            "reporting_currency": CURRENCY,
            "created_at": np.array([days.start - 1000 * DAY]),
        },
        "brand": {
            "brand_id": number + 1,
            "workspace_id": np.ones(count, np.int64),
            "name": [profile.title]
            if count == 1
            else [f"Brand {each + 1:0{len(str(count))}d}" for each in range(count)],
            "industry": Words(number % len(profile.industries), profile.industries),
            "country": "FR",
            "onboarded_at": before,
        },
        "brand_contract": {
            "brand_id": number + 1,
            "valid_from": before,
            "plan": Words(plan, _PLANS),
            "monthly_fee": np.array(_FEES)[plan],
            "commission_pct": np.full(count, COMMISSION if profile.shopping else 0.0),
            "currency": CURRENCY,
        },
        "goal": {
            "goal_id": number + 1,
            "brand_id": number + 1,
            "name": "webinar registration",
            "rule": "registered for a webinar",
        },
    }


def _programme(world: World) -> dict[str, Rows]:
    profile, days, rules = world.profile, world.days, world.profile.points
    rows: dict[str, Rows] = {
        "program": {
            "program_id": np.array([PROGRAM]),
            "brand_id": np.array([1 if world.brands == 1 else 0]),
            "name": profile.title,
            "started_on": days.number(np.array([-1_200])),
            "expiry_rule": "fifo_fixed" if rules else "none",
            "expiry_months": np.array([12]),
            "return_policy": "proportional",
            "overdraft_policy": "floor_zero",
        },
        "segment_scheme": {
            "scheme_id": np.array([SCHEME]),
            "brand_id": np.array([1 if world.brands == 1 else 0]),
            "name": "activity",
            "is_exclusive": np.array([True]),
            "rule_version": "1",
            "refresh": "monthly",
        },
        "segment": {
            "segment_id": np.arange(len(SEGMENTS)) + 1,
            "scheme_id": np.full(len(SEGMENTS), SCHEME),
            "name": list(SEGMENTS),
            "sort": np.arange(len(SEGMENTS)) + 1,
        },
    }
    if rules is None:
        return rows
    tiers = len(rules.tiers)
    prices = np.array(rules.prices)
    return rows | {
        "program_rate": {
            "program_id": np.array([PROGRAM]),
            "valid_from": days.number(np.array([-1_200])),
            "face_value": np.array([rules.face_value]),
            "unit_cost": np.array([rules.unit_cost]),
            "ssp": np.array([rules.face_value * 0.9]),
            "urr": np.array([rules.ultimate]),
            "currency": CURRENCY,
        },
        "tier": {
            "tier_id": np.arange(tiers) + 1,
            "program_id": np.full(tiers, PROGRAM),
            "name": [name for name, _ in rules.tiers],
            "rank": np.arange(tiers) + 1,
            "threshold": np.array([threshold for _, threshold in rules.tiers]),
            "threshold_unit": "spend",
            "period_months": np.full(tiers, 12),
        },
        "reward": {
            "reward_id": np.arange(len(prices)) + 1,
            "program_id": np.full(len(prices), PROGRAM),
            "kind": "discount",
            "name": [f"Voucher for {price} points" for price in rules.prices],
            "points_price": prices,
            "face_value": np.rint(prices * rules.face_value * 100).astype(np.int64),
            "unit_cost": np.rint(prices * rules.unit_cost * 100).astype(np.int64),
            "currency": CURRENCY,
        },
    }


def _calendar(world: World) -> dict[str, Rows]:
    days = world.days
    index = np.arange(days.count)
    dates = [days.day(each) for each in range(days.count)]
    iso = [day.isocalendar() for day in dates]
    names = [_HOLIDAYS.get((day.month, day.day)) for day in dates]
    words = tuple(_HOLIDAYS.values())
    start = int(days.midnights[min(days.count - 1, 90)])
    return {
        "calendar_day": {
            "day": days.number(index),
            "iso_week": [f"{week.year}-W{week.week:02d}" for week in iso],
            "is_holiday": np.array([name is not None for name in names]),
            "holiday_name": Words(np.array([words.index(name) if name else -1 for name in names]), words),
        },
        "annotation": {
            "annotation_id": np.array([1]),
            "starts_at": np.array([start]),
            "label": "New app released",
            "kind": "launch",
        },
    }


def _range(world: World) -> dict[str, Rows]:
    profile, days = world.profile, world.days
    rng = chance(world.seed, "range")
    stores, place = spread(np.full(world.brands, profile.stores))
    pairs = [(first, second) for first, seconds in profile.categories for second in seconds]
    count = world.brands * profile.products
    kind = rng.integers(0, len(pairs), count)
    firsts = tuple(dict.fromkeys(first for first, _ in pairs))
    seconds = tuple(dict.fromkeys(second for _, second in pairs))
    first = np.array([firsts.index(pair[0]) for pair in pairs])[kind]
    second = np.array([seconds.index(pair[1]) for pair in pairs])[kind]
    product, version = spread(np.full(count, len(world.price_days)))
    label = rng.integers(0, 12, count)
    day = days.number(world.price_days)
    since = np.where(np.arange(len(day)) == 0, day - 900, day)
    until = np.append(since[1:], -(2**62))
    return {
        "store": {
            "store_id": np.arange(len(stores)) + 1,
            "brand_id": stores + 1,
            "channel": Words((place > 0).astype(np.int64), _CHANNELS),
            "name": [f"Store {number}" if at else "Online shop" for number, at in enumerate(place, 1)],
            "region": Words(np.where(place > 0, place % len(_REGIONS), -1), _REGIONS),
            "opened_on": days.number(np.full(len(stores), -900)),
        },
        "product": {
            "product_id": np.arange(count) + 1,
            "brand_id": np.arange(count) // profile.products + 1,
            "sku": np.arange(count) + 40_000_001,
            "name": [f"{seconds[at]} {number}" for number, at in enumerate(second, 1)],
            "label": Words(label, tuple(f"Label {letter}" for letter in "ABCDEFGHIJKL")),
            "category_l1": Words(first, firsts),
            "category_l2": Words(second, seconds),
            "is_private_label": label < 3,
        },
        "product_history": {
            "product_id": product + 1,
            "valid_from": since[version],
            "valid_to": until[version],
            "list_price": world.list_price[product, version],
            "unit_cost": world.unit_cost[product, version],
            "category_l1": Words(first[product], firsts),
            "category_l2": Words(second[product], seconds),
        },
    }


def _window_end(world: World) -> Ints:
    return world.campaigns.start + (world.by_plan("window_days") * DAY).astype(np.int64)


def _campaigns(world: World) -> dict[str, Rows]:
    campaigns, plans = world.campaigns, world.profile.plans
    count = len(campaigns.plan)
    number = np.arange(count)
    template, place = spread(np.full(world.brands * len(plans), 2))
    plan = template % len(plans)
    names = [f"{plans[at].name} {wave + 1}" for at, wave in zip(campaigns.plan, campaigns.wave, strict=True)]
    rows: dict[str, Rows] = {
        "campaign": {
            "campaign_id": number + 1,
            "brand_id": campaigns.brand + 1,
            "name": names,
            "kind": Words(campaigns.plan, tuple(each.kind for each in plans)),
            "objective": Words(campaigns.plan, tuple(each.name for each in plans)),
            "starts_at": campaigns.start,
            "ends_at": _window_end(world),
            "status": "live",
            "budget": np.full(count, 2_500_00),
            "currency": CURRENCY,
            "owner": "CRM",
            "primary_metric": "net_revenue",
            "conversion_window_days": world.by_plan("window_days").astype(np.int64),
        },
        "message_template": {
            "template_id": np.arange(len(template)) + 1,
            "brand_id": template // len(plans) + 1,
            "channel": Words(plan, tuple(each.channel for each in plans)),
            "comm_type": Words(plan, tuple(each.comm_type for each in plans)),
            "name": Words(plan, tuple(each.name for each in plans)),
            "subject": Words(place, ("First line", "Second line")),
            "version": place + 1,
        },
    }
    held = np.flatnonzero(world.by_plan("webinar") > 0)
    if len(held):
        opens = webinar_start(world)[held]
        rows["webinar"] = {
            "webinar_id": held + 1,
            "brand_id": campaigns.brand[held] + 1,
            "campaign_id": held + 1,
            "title": [names[at] for at in held],
            "starts_at": opens,
            "ends_at": opens + 3600,
        }
    return rows


def _experiments(world: World) -> dict[str, Rows]:
    campaigns, days = world.campaigns, world.days
    tested = np.flatnonzero(campaigns.experiment)
    control = world.by_plan("control")[tested]
    holdout = control > 0
    share = np.where(holdout, control, 0.5)
    count = len(tested)
    window = world.by_plan("window_days").astype(np.int64)[tested]
    whole = world.profile.global_control
    kinds = ("global_control", "campaign_holdout", "ab")
    kind = np.append([0], np.where(holdout, 1, 2))
    # The arms of experiment n are 2n - 1 (with the message, or the first subject line) and 2n (without, or the second).
    return {
        "hypothesis": {
            "hypothesis_id": np.array([1]),
            "statement": "Messages bring more than the members would have bought anyway",
            "metric_id": "net_revenue",
            "expected_effect": np.array([0.05]),
            "status": "running",
            "created_at": np.array([days.start]),
        },
        "experiment": {
            "experiment_id": np.arange(count + 1) + WHOLE_PROGRAMME,
            "brand_id": np.append([1 if world.brands == 1 else 0], campaigns.brand[tested] + 1),
            "campaign_id": np.append([0], tested + 1),
            "hypothesis_id": np.append([1], np.zeros(count, np.int64)),
            "name": ["Global control", *(f"{world.plan(int(at)).name} {campaigns.wave[at] + 1}" for at in tested)],
            "kind": Words(kind, kinds),
            "unit": "member",
            "starts_at": np.append([days.start], campaigns.start[tested]),
            "ends_at": np.append([0], _window_end(world)[tested]),
            "outcome_window_days": np.append([days.count], window),
            "primary_metric": "net_revenue",
            "alpha": np.full(count + 1, 0.05),
            "power": np.full(count + 1, 0.8),
            "analysis": "itt",
        },
        "arm": {
            "arm_id": np.arange(2 * (count + 1)) + 1,
            "experiment_id": np.repeat(np.arange(count + 1) + WHOLE_PROGRAMME, 2),
            "name": Words(
                np.column_stack([kind * 2, kind * 2 + 1]).ravel(),
                ("everything", "control", "message", "control", "first line", "second line"),
            ),
            "is_control": np.column_stack([np.zeros(count + 1, np.bool_), kind != 2]).ravel(),
            "planned_share": np.column_stack([np.append([1 - whole], 1 - share), np.append([whole], share)]).ravel(),
        },
    }


def money_rows(world: World, turnover_cents: Ints, sent: Ints) -> dict[str, Rows]:
    """Invoices to brands, costs, budget and targets; `turnover_cents` is by brand and month, `sent` by campaign."""
    days = world.days
    starts = days.number(days.months)
    months = len(starts) - 1
    brand, month = spread(np.full(world.brands, months))
    fee = np.array(_FEES)[_plans(world)][brand]
    commission = np.rint(np.maximum(turnover_cents[brand, month], 0) * COMMISSION).astype(np.int64)
    billed = np.flatnonzero(commission)
    rows = np.concatenate([np.arange(len(brand)), billed])
    kind = np.repeat([0, 1], [len(brand), len(billed)])
    issued = days.month_starts[1:][month][rows] - 3600
    paid = issued + 20 * DAY
    cost_month, cost_kind = spread(np.full(months, len(_COST_SHARES)))
    mailed = np.flatnonzero(sent)
    cents = np.rint(sent[mailed] * world.profile.mailing.cost * 100).astype(np.int64)
    costs = months * len(_COST_SHARES)
    return {
        "brand_invoice": {
            "invoice_id": numbers(WORLD, len(rows)),
            "brand_id": brand[rows] + 1,
            "kind": Words(kind, ("subscription", "commission")),
            "period_from": starts[month[rows]],
            "period_to": starts[month[rows] + 1],
            "amount": np.concatenate([fee, commission[billed]]),
            "currency": CURRENCY,
            "issued_at": issued,
            "paid_at": np.where(paid < days.end, paid, 0),
        },
        "cost_entry": {
            "cost_id": numbers(WORLD, costs + len(mailed)),
            "brand_id": np.concatenate([np.zeros(costs, np.int64), world.campaigns.brand[mailed] + 1]),
            "program_id": np.full(costs + len(mailed), PROGRAM),
            "campaign_id": np.concatenate([np.zeros(costs, np.int64), mailed + 1]),
            "kind": Words(
                np.concatenate([cost_kind, np.full(len(mailed), len(_COST_SHARES))]),
                (*(name for name, _ in _COST_SHARES), "message"),
            ),
            "incurred_on": np.concatenate([starts[cost_month], days.number(world.campaigns.day[mailed])]),
            "period_from": np.concatenate([starts[cost_month], days.number(world.campaigns.day[mailed])]),
            "period_to": np.concatenate([starts[cost_month + 1], days.number(world.campaigns.day[mailed]) + 1]),
            "amount": np.concatenate([np.array([cents for _, cents in _COST_SHARES])[cost_kind], cents]),
            "currency": CURRENCY,
        },
        "budget_entry": {
            "budget_id": numbers(WORLD, months),
            "kind": "platform",
            "period_from": starts[:-1],
            "period_to": starts[1:],
            "amount": np.full(months, 1_300_00),
            "currency": CURRENCY,
            "version": "current",
        },
        "target": {
            "target_id": numbers(WORLD, months),
            "objective": "Grow what members buy",
            "metric_id": "net_revenue",
            "period_from": starts[:-1],
            "period_to": starts[1:],
            "target_value": np.rint(turnover_cents.sum(axis=0) / 100 * 1.02),
            "owner": "Marketing",
        },
    }


def _plans(world: World) -> Ints:
    """The price plan of each brand, as its contract says."""
    contract = _brands(world)["brand_contract"]["plan"]
    assert isinstance(contract, Words)  # noqa: S101 - made above
    return contract.codes
