"""Activities in the app, marketing touches and the credit they get, predictions."""

from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.seeded.people import BRANDS
from tests.oracle.seeded.world import Row, Sale, World

STEPS = ("app_open", "signup_start", "signup_done", "receipt_scan", "offer_view")


def events(world: World) -> None:
    """Visits of people known, unknown, and unknown at first; some activities arrive late or twice."""
    for visit in range(world.size * 4):
        person = world.maybe(world.somebody(), 0.75)
        at = world.moment(world.before - timedelta(days=40), world.last)
        device = f"device{world.dice.randint(1, world.size // 2)}"
        for name in STEPS[: world.dice.choice((1, 1, 2, 3, 4, 5))]:
            told: Row = {
                "workspace_id": 1,
                "brand_id": world.maybe(BRANDS[visit % 3], 0.97),
                "member_id": world.record(person) if person else None,
                "anonymous_id": device,
                "session_id": f"s{visit}",
                "name": name,
                "occurred_at": at,
                "platform": world.maybe(world.dice.choice(("ios", "android", "web"))),
                "app_version": "1.4",
                "country": "PL",
                "source": "app",
                "dedupe_key": f"{visit}-{name}",
            }
            # A repetition is the same in all but the moment at which it arrives.
            for _ in range(2 if world.chance(0.03) else 1):
                world.add("event", **told, received_at=world.later(at, days=4 if world.chance(0.05) else 0.01))
            at = world.later(at, days=world.dice.choice((0.01, 0.01, 1.5)))


def touches(world: World) -> None:
    """Clicks before some sales, and the credit that two models give them; some sales came by themselves."""
    for sale in world.sales:
        if sale.person and world.chance(0.2):
            _credit(world, sale, [_touch(world, sale) for _ in range(world.dice.choice((0, 1, 1, 2, 3)))])
    # Conversions of other kinds, whose numbers must not be taken for those of purchases.
    for enrolment in range(1, 30):
        touch = world.add("touch", occurred_at=world.moment(), channel="social", campaign_id=6, kind="click")
        world.add(
            "attribution_credit",
            model="last_click",
            conversion_kind="enrolment",
            enrolment_id=enrolment,
            touch_id=touch,
            weight=Decimal(1),
            window_days=7,
            computed_at=world.moment(),
        )


def _touch(world: World, sale: Sale) -> int:
    assert sale.person
    return world.add(
        "touch",
        member_id=world.record(sale.person),
        occurred_at=sale.at - timedelta(hours=world.dice.randint(1, 160)),
        channel=world.maybe(world.dice.choice(("email", "social", "search"))),
        campaign_id=world.maybe(world.one_of("campaign", sale.brand)),
        creator_id=world.maybe(world.dice.randint(1, 20), 0.3),
        kind="click",
    )


def _credit(world: World, sale: Sale, touched: list[int]) -> None:
    linear = (
        [Decimal("0.33333333")] * (len(touched) - 1) if len(touched) == 3 else [Decimal("0.5")] * (len(touched) - 1)
    )
    weights = [*linear, 1 - sum(linear, Decimal())]
    computed: datetime = sale.at + timedelta(hours=3)
    for model, given in (
        ("last_click", [(touched[-1] if touched else None, Decimal(1))]),
        ("linear", list(zip(touched or [None], weights, strict=True))),
    ):
        for touch, weight in given:
            world.add(
                "attribution_credit",
                model=model,
                conversion_id=sale.txn,
                touch_id=touch,
                weight=weight,
                window_days=7,
                computed_at=computed,
            )


def predictions(world: World) -> None:
    """What two runs of a model expect of each person."""
    for made in (world.before, world.start - timedelta(days=3), world.last - timedelta(days=2)):
        for person in world.people:
            if world.chance(0.7):
                world.add(
                    "prediction",
                    member_id=person.root,
                    brand_id=1,
                    model="bgnbd",
                    made_at=made,
                    horizon_days=90,
                    p_alive=Decimal(world.dice.randint(0, 1000)) / 1000,
                    exp_txns=Decimal(world.dice.randint(0, 400)) / 100,
                    exp_value=world.maybe(world.money(5, 60), 0.8),
                    clv=world.maybe(world.money(5, 400), 0.8),
                )
