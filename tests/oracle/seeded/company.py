"""Social posts and payouts, costs and budget, contracts and invoices, targets, loads."""

from datetime import timedelta
from decimal import Decimal

from tests.oracle.seeded.people import BRANDS, REPORTING
from tests.oracle.seeded.world import Row, World


def social(world: World) -> None:
    """Creators whose followers grow, posts whose counters are totals that are corrected downwards now and then."""
    for number in range(20):
        person = world.somebody()
        while person.test:
            person = world.somebody()
        creator = world.add(
            "creator",
            member_id=world.maybe(world.record(person)),
            platform=world.dice.choice(("instagram", "tiktok")),
            handle=f"creator{number}",
            connected_at=world.moment(),
        )
        followers = world.dice.randint(200, 4_000)
        # Some are first looked at after their first posts, so that their followers at posting are unknown.
        at = world.before - timedelta(days=world.dice.choice((60, 60, -20)))
        while at < world.last:
            world.add("creator_stat", creator_id=creator, observed_at=at, followers=followers)
            followers += world.dice.randint(-20, 120)
            at = world.later(at, days=15)
    for person in world.dice.sample(world.people, 60):
        applied = world.moment(world.before, world.last)
        world.add(
            "participation",
            campaign_id=6,
            member_id=world.record(person),
            applied_at=world.maybe(applied),
            approved_at=world.maybe(world.later(applied, days=3), 0.7),
        )
    for _ in range(150):
        _post(world)
    _rules(world)


def _rules(world: World) -> None:
    """A rule of each kind by turns for each brand, one for a campaign, and the operator's own for all brands."""
    rule: Row = {"from_units": Decimal(0), "currency": REPORTING}
    for place, brand in enumerate(BRANDS):
        own = {**rule, "rule": f"brand {brand}", "brand_id": brand, "basis": ("engagement", "post", "sale")[place % 3]}
        world.add("payout_rule", **{**own, "unit_amount": Decimal("0.013"), "cap": Decimal("2.5")})
        world.add(
            "payout_rule", **{**own, "from_units": Decimal(100), "unit_amount": Decimal("0.02"), "cap": Decimal("2.5")}
        )
    world.add(
        "payout_rule", **{**rule, "rule": "six", "campaign_id": 6, "basis": "engagement", "unit_amount": Decimal("0.1")}
    )
    world.add("payout_rule", **{**rule, "rule": "all", "basis": "post", "unit_amount": Decimal(5)})


def _post(world: World) -> None:
    at = world.moment(world.before, world.last)
    creator = world.dice.randint(1, 20)
    kind = world.dice.choice(("feed", "story", "reel", None))
    post = world.add(
        "social_post",
        campaign_id=world.maybe(6),
        brand_id=world.maybe(world.dice.choice(BRANDS), 0.95),
        creator_id=creator,
        platform=world.dice.choice(("instagram", "tiktok")),
        kind=kind,
        posted_at=at,
        review_status=world.maybe(world.dice.choice(("approved", "approved", "rejected")), 0.8),
    )
    counters = {"impressions": 0, "reach": 0, "likes": 0, "comments": 0, "shares": 0, "saves": 0, "clicks": 0}
    seen = at
    for _ in range(world.dice.choice((0, 1, 2, 4))):
        seen = world.later(seen, days=6)
        for name, so_far in counters.items():
            scale = 20 if name in ("impressions", "reach") else 1
            counters[name] = max(0, so_far + world.dice.randint(-3, 60) * scale)
        shown = counters | ({"saves": None} if kind == "story" else {})
        world.add("social_post_stat", post_id=post, observed_at=seen, **shown)
    for _ in range(world.dice.choice((0, 1, 1))):
        owed = world.later(at, days=9)
        status = world.dice.choice(("accrued", "approved", "paid", "paid", "reversed", "failed"))
        world.add(
            "payout",
            brand_id=world.rows["social_post"][post - 1]["brand_id"],
            campaign_id=6,
            member_id=world.rows["creator"][creator - 1]["member_id"],
            creator_id=creator,
            post_id=post,
            kind=world.dice.choice(("commission", "fixed")),
            status=status,
            amount=world.money(1, 20),
            currency=world.maybe(REPORTING),
            accrued_at=owed,
            paid_at=world.later(owed, days=25) if status == "paid" else None,
        )


def costs(world: World) -> None:
    """Costs spread over their periods or booked on a day, a budget in two versions, targets."""
    kinds = ("reward", "discount", "message", "media", "platform", "staff", "payout", "print", "setup", "acquisition")
    for _ in range(180):
        day = world.local(world.moment(world.before - timedelta(days=90), world.last))
        begin = day.replace(day=1) if world.chance(0.5) else day
        spread = world.chance(0.85)
        brand = world.maybe(world.dice.choice(BRANDS))
        world.add(
            "cost_entry",
            brand_id=brand,
            program_id=world.maybe(world.dice.randint(1, 3), 0.6),
            campaign_id=world.maybe(world.one_of("campaign", brand), 0.6),
            kind=world.maybe(world.dice.choice(kinds)),
            channel=world.maybe("email", 0.5),
            incurred_on=day,
            period_from=begin if spread else None,
            period_to=begin + timedelta(days=world.dice.choice((1, 7, 31, 92))) if spread else None,
            amount=world.money(5, 400),
            currency=world.maybe(REPORTING),
        )
    for version in ("current", "first"):
        for month in (world.before, world.start, world.end):
            begin = world.local(month)
            world.add(
                "budget_entry",
                brand_id=world.maybe(1),
                kind="media",
                period_from=begin,
                period_to=(begin + timedelta(days=32)).replace(day=1),
                amount=world.money(2_000, 9_000),
                version=version,
            )
    world.add(
        "target",
        objective="Grow",
        metric_id="net_revenue",
        period_from=world.local(world.start),
        period_to=world.local(world.end),
        baseline=Decimal(100),
        target_value=Decimal(200),
    )


def contracts(world: World) -> None:
    """Contracts of brands that change over time, and what is invoiced."""
    for brand in range(1, 7):
        begin = world.moment(world.first, world.start)
        while begin < world.last:
            end = world.moment(begin + timedelta(days=5), world.last + timedelta(days=6)) if world.chance(0.6) else None
            world.add(
                "brand_contract",
                brand_id=brand,
                valid_from=begin,
                valid_to=end,
                plan=world.dice.choice(("small", "large")),
                monthly_fee=world.maybe(world.money(100, 500)),
                commission_pct=Decimal("0.1"),
                currency=REPORTING,
                recorded_at=begin,
            )
            if end is None or world.chance(0.3):
                break
            begin = end
        for _ in range(6):
            at = world.moment(world.before, world.last)
            world.add(
                "brand_invoice",
                brand_id=brand,
                kind=world.dice.choice(("subscription", "commission", "service", "media")),
                amount=world.money(50, 400),
                currency=world.maybe(REPORTING),
                issued_at=at,
            )


def loads(world: World) -> None:
    """Loads of three sources, one of them slow."""
    for source, days in (("till", 1), ("shop", 1), ("mail", 6)):
        at = world.before
        while at < world.last:
            received = world.dice.randint(0, 500)
            world.add(
                "ingest_batch",
                source=source,
                table_name="txn",
                loaded_at=at,
                watermark=at - timedelta(minutes=world.dice.randint(1, 600)),
                rows_in=received,
                rows_rejected=world.dice.randint(0, 5) if received else 0,
                rows_duplicate=0,
            )
            at = world.later(at + timedelta(hours=6), days=days)
