"""Campaigns, experiments, messages and reactions, webinars and goals."""

from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.seeded.people import BRANDS, REPORTING
from tests.oracle.seeded.world import Person, World

COMM_TYPES = ("digest", "activation", "trigger", "webinar", None)


def campaigns(world: World) -> None:
    """Campaigns of all sorts, running at different times."""
    kinds = ("promo", "newsletter", "trigger", "activation", "webinar", "ugc", "partner", "winback")
    for number, kind in enumerate(kinds):
        begin = world.moment(world.before - timedelta(days=60), world.last)
        campaign = world.add(
            "campaign",
            brand_id=BRANDS[number % 3] if number != 7 else None,
            name=f"Campaign {number}",
            kind=kind,
            starts_at=begin,
            ends_at=world.maybe(world.later(begin, days=70), 0.8),
            status=world.maybe(world.dice.choice(("live", "live", "draft", "done"))),
            budget=world.money(100, 900),
        )
        world.add("campaign_product", campaign_id=campaign, product_id=number + 1)
    world.add("hypothesis", brand_id=1, statement="A reminder brings members back.", metric_id="net_revenue")


def experiments(world: World) -> None:
    """A campaign holdout and a global control group of brand 1, and one experiment that spans brands."""
    for number, (kind, brand, control) in enumerate(
        (("campaign_holdout", 1, 0.4), ("global_control", 1, 0.2), ("ab", None, 0.5)), start=1
    ):
        begin = world.start - timedelta(days=2)
        world.add(
            "experiment",
            brand_id=brand,
            campaign_id=1 if number == 1 else None,
            kind=kind,
            starts_at=begin,
            outcome_window_days=30,
            alpha=Decimal("0.05"),
            power=Decimal("0.8"),
        )
        arms = {
            is_control: world.add(
                "arm",
                experiment_id=number,
                name="control" if is_control else "treatment",
                is_control=is_control,
                planned_share=Decimal(str(share)),
            )
            for is_control, share in ((False, round(1 - control, 2)), (True, control))
        }
        for person in world.people:
            if world.chance(0.8):
                _assign(world, person, number, arms, control, begin)


def _assign(
    world: World, person: Person, experiment: int, arms: dict[bool, int], control: float, begin: datetime
) -> None:
    is_control = world.chance(control)
    record = world.record(person)
    drawn = world.later(begin, days=4)
    world.add(
        "assignment",
        experiment_id=experiment,
        arm_id=arms[is_control],
        member_id=record,
        assigned_at=drawn,
        stratum=world.maybe("north", 0.5),
    )
    # A control group that is reached by mistake, and a treatment group that is not reached.
    if world.chance(0.06 if is_control else 0.8):
        world.add(
            "exposure",
            experiment_id=experiment,
            arm_id=arms[False],
            member_id=record,
            occurred_at=world.later(drawn, days=8),
        )


def messages(world: World) -> None:
    """Messages, the segment of their receivers at that moment, and what became of them."""
    for brand in BRANDS:
        for kind in COMM_TYPES:
            world.add("message_template", brand_id=brand, channel="email", comm_type=kind, name=f"{kind}", version=1)
    for _ in range(world.size * 6):
        person = world.somebody()
        sent = world.moment(world.before - timedelta(days=70), world.last - timedelta(days=5))
        comm_type = world.dice.choice(COMM_TYPES)
        brand = world.maybe(world.dice.choice(BRANDS), 0.97)
        message = world.add(
            "message",
            brand_id=brand,
            campaign_id=world.maybe(world.one_of("campaign", brand)),
            template_id=world.one_of("message_template", brand) if brand else None,
            member_id=world.maybe(world.record(person), 0.97),
            channel=world.maybe(world.dice.choice(("email", "email", "sms"))),
            comm_type=comm_type,
            sent_at=sent,
            recorded_at=world.recorded(sent),
            cost=world.maybe(Decimal("0.00250000"), 0.9),
            currency=world.maybe(REPORTING),
            tier_id_asof=world.maybe(world.dice.randint(1, 5), 0.7),
            specialty_asof=world.maybe(world.dice.choice(("cardiology", "surgery", "dentistry")), 0.7),
            consent_asof=world.maybe(True),
        )
        if world.chance(0.8):
            segment = world.dice.randint(1, 4)
            world.add("message_segment", message_id=message, scheme_id=1, segment_id=segment)
        if world.chance(0.3):
            world.add("message_segment", message_id=message, scheme_id=2, segment_id=world.dice.randint(5, 6))
        _reactions(world, message, sent)


def _reactions(world: World, message: int, sent: datetime) -> None:
    def report(kind: str, at: datetime, *, machine: bool = False) -> None:
        world.add(
            "message_event",
            message_id=message,
            kind=kind,
            occurred_at=at,
            recorded_at=world.recorded(at),
            is_machine=machine,
            machine_reason="apple_mpp" if machine else None,
        )

    arrival = world.later(sent, days=0.1)
    fate = world.dice.choices(
        ("delivered", "bounce_hard", "bounce_soft", "soft first", "dropped", ""), (84, 4, 3, 3, 2, 4)
    )[0]
    if fate == "soft first":
        report("bounce_soft", arrival)
        arrival = world.later(arrival, days=0.5)
        fate = "delivered"
    if fate:
        report(fate, arrival)
    if fate != "delivered":
        return
    for _ in range(world.dice.choice((0, 0, 1, 1, 2))):
        report("open", world.later(arrival, days=world.dice.choice((0.3, 20))), machine=world.chance(0.4))
    # A click without an open: the picture that reports an open was not loaded.
    for _ in range(world.dice.choice((0, 0, 0, 0, 1, 2))):
        report("click", world.later(arrival, days=6), machine=world.chance(0.25))
    if world.chance(0.02):
        report("unsubscribe", world.later(arrival, days=9))
    if world.chance(0.01):
        report("complaint", world.later(arrival, days=9))


def webinars(world: World) -> None:
    """Webinars with people who registered, came, came without registering, or cancelled."""
    for number in range(3):
        begin = world.moment(world.before, world.last)
        webinar = world.add("webinar", brand_id=BRANDS[number], title=f"Webinar {number}", starts_at=begin)
        for _ in range(60):
            member = world.maybe(world.record(world.somebody()), 0.95)
            at = world.moment(begin - timedelta(days=30), begin)
            for kind in world.dice.choice(
                (("registered",), ("registered", "attended"), ("registered", "cancelled"), ("attended",))
            ):
                world.add(
                    "webinar_event",
                    webinar_id=webinar,
                    member_id=member,
                    kind=kind,
                    occurred_at=begin if kind == "attended" else at,
                    minutes=Decimal(30) if kind == "attended" else None,
                )


def goals(world: World) -> None:
    """A goal of brand 1, reached now and then."""
    world.add("goal", brand_id=1, name="Asked for a sample")
    for _ in range(80):
        world.add(
            "goal_completion",
            goal_id=1,
            member_id=world.maybe(world.record(world.somebody())),
            occurred_at=world.moment(world.before, world.last),
            value=world.maybe(Decimal(5)),
        )
