"""Reference data, people with their records and merges, and what was true of them when."""

from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.seeded.world import Cell, Person, Row, World

CHANNELS = ("pos", "pos", "web", "app", "partner", "pos", "callcentre", None)
CATEGORIES = ("dairy", "dairy", "bakery", "bakery", "drinks", None)
LABELS = ("Alpha", "Beta", "Gamma", "Delta", None)
PURPOSES = ("marketing", "service")
BRANDS = (1, 2, 3)
REPORTING = "EUR"
SEQUENCES = (
    ("requested", "granted", "confirmed"),
    ("requested", "granted", "confirmed", "withdrawn"),
    ("requested", "granted", "withdrawn", "granted"),
    ("requested", "denied"),
    ("granted",),
    ("granted", "expired"),
)


def reference(world: World) -> None:
    """The workspace, brands, programmes, stores, products and the calendar."""
    world.add(
        "workspace",
        name="Trial",
        timezone=str(world.zone),
        reporting_currency=REPORTING,
        created_at=world.first,
    )
    for number in range(1, 7):
        joined = world.moment(world.first, world.start)
        left = world.moment(joined, world.last) if number == 6 or world.chance(0.3) else None
        world.add(
            "brand",
            workspace_id=1,
            name=f"Brand {number}",
            onboarded_at=None if number == 5 else joined,
            offboarded_at=left,
            country=world.maybe("PL"),
            industry=world.maybe("grocery"),
        )
    _programs(world)
    _stores(world)
    _products(world)
    day = world.local(world.first)
    while day < world.local(world.last):
        world.add("calendar_day", day=day, iso_week=f"{day:%G-W%V}", is_holiday=day.day == 25)
        day += timedelta(days=1)
    for label in ("price change", "outage"):
        world.add("annotation", brand_id=world.maybe(1), starts_at=world.moment(), label=label)


def _programs(world: World) -> None:
    # A brand's own, another brand's own with points that are pending for 14 days, and a coalition's without expiry.
    for brand, months, rule in ((1, 6, "fifo_fixed"), (2, 12, "fifo_fixed"), (None, None, "none")):
        program = world.add(
            "program",
            workspace_id=1,
            brand_id=brand,
            name=f"Club {brand or 'all'}",
            started_on=world.local(world.first),
            expiry_rule=rule,
            expiry_months=months,
        )
        change = world.local(world.before) + timedelta(days=world.dice.randint(-30, 50))
        for begin, end, face in (
            (world.local(world.first) - timedelta(days=10), change, "0.01"),
            (change, None, "0.0125"),
        ):
            world.add(
                "program_rate",
                program_id=program,
                valid_from=begin,
                valid_to=end,
                face_value=Decimal(face),
                unit_cost=Decimal(face) * Decimal("0.8"),
                ssp=Decimal(face),
                urr=Decimal("0.85") if end else Decimal("0.8"),
                currency=world.maybe(REPORTING),
            )
    for program, ranks in ((1, 3), (2, 2)):
        for rank in range(1, ranks + 1):
            world.add(
                "tier",
                program_id=program,
                name=("Bronze", "Silver", "Gold")[rank - 1],
                rank=rank,
                threshold=Decimal(400 * rank * program),
                threshold_unit="qualifying_points",
                period_months=12,
            )


def _stores(world: World) -> None:
    for number, channel in enumerate(CHANNELS):
        opened = world.local(world.first) - timedelta(days=100)
        if number == 3:
            opened = world.local(world.before) + timedelta(days=9)
        world.add(
            "store",
            brand_id=BRANDS[number % 3],
            channel=channel,
            name=f"Store {number}",
            region=world.maybe(world.dice.choice(("north", "south"))),
            city=world.maybe("Gdynia"),
            opened_on=None if number == 6 else opened,
            closed_on=world.local(world.start) + timedelta(days=12) if number == 4 else None,
        )


def _products(world: World) -> None:
    for number in range(1, 31):
        category = CATEGORIES[number % len(CATEGORIES)]
        product = world.add(
            "product",
            brand_id=world.maybe(world.dice.choice(BRANDS)),
            sku=f"P{number:03}",
            name=f"Article {number}",
            label=LABELS[number % len(LABELS)],
            category_l1=category,
            category_l2=f"{category} {number % 2}" if category else None,
        )
        world.add(
            "product_history",
            product_id=product,
            valid_from=world.local(world.first),
            valid_to=None,
            list_price=world.money(1, 9),
            category_l1=category,
        )


def people(world: World) -> None:
    """People, some with several records that were merged in a chain; merges that were undone; staff and test people."""
    for number in range(world.size):
        created = world.moment(world.first, world.last - timedelta(days=20))
        test, employee = number < 4, 4 <= number < 8
        records = 1 if test or employee or not world.chance(0.12) else world.dice.choice((2, 2, 3))
        numbers = [_record(world, created, test=test, employee=employee) for _ in range(records)]
        person = Person(numbers, created, test=test, employee=employee)
        world.people.append(person)
        for giving, staying in zip(person.records, person.records[1:], strict=False):
            _merge(world, giving, staying, undone=False)
            world.rows["member"][giving - 1]["merged_into_member_id"] = staying
    for _ in range(4):
        one, other = world.dice.sample(world.people[8:], 2)
        _merge(world, one.root, other.root, undone=True)
    for person in world.people:
        for record in person.records:
            _identities(world, record)
        _enrol(world, person)
        _histories(world, person)
        _consents(world, person)
    for _ in range(200):
        world.add(
            "survey_response",
            member_id=world.maybe(world.record(world.somebody())),
            brand_id=world.maybe(world.dice.choice(BRANDS)),
            survey="recommend",
            score=world.maybe(world.dice.randint(0, 10), 0.95),
            responded_at=world.moment(world.before, world.last),
        )


def _record(world: World, created: datetime, *, test: bool, employee: bool) -> int:
    born = world.local(world.first) - timedelta(days=world.dice.randint(7_000, 25_000))
    forgotten = world.chance(0.02)
    told = 0.0 if forgotten else 0.85
    return world.add(
        "member",
        workspace_id=1,
        created_at=created,
        birth_date=world.maybe(born, told),
        gender=world.maybe(world.dice.choice(("f", "m")), told),
        city=world.maybe(world.dice.choice(("Gdynia", "Sopot", "Hel")), told),
        language=world.maybe("pl", told),
        is_test=test,
        is_employee=employee,
        anonymised_at=world.later(created, days=100) if forgotten else None,
    )


def _merge(world: World, giving: int, staying: int, *, undone: bool) -> None:
    merged = world.moment(world.before, world.last)
    world.add(
        "identity_merge",
        from_member_id=giving,
        into_member_id=staying,
        merged_at=merged,
        rule=world.maybe("same phone"),
        undone_at=world.later(merged, days=9) if undone else None,
        recorded_at=world.recorded(merged),
    )


def _identities(world: World, record: int) -> None:
    for kind in world.dice.sample(("email", "phone", "card", "device"), 2):
        world.add(
            "identity",
            member_id=record,
            kind=kind,
            value_hash=f"{kind}-{record}",
            linked_at=world.moment(),
            is_primary=kind == "email",
            is_reachable=world.maybe(True, 0.8),
        )


def _enrol(world: World, person: Person) -> None:
    for program in (1, 2, 3):
        if not world.chance((0.8, 0.5, 0.3)[program - 1]):
            continue
        joined = world.later(person.created, days=60) if world.chance(0.7) else world.moment(person.created)
        person.programs[program] = joined
        while joined < world.last:
            left = world.moment(joined) if world.chance(0.25) else None
            world.add(
                "enrolment",
                member_id=world.record(person),
                program_id=program,
                enrolled_at=joined,
                left_at=left,
                source_channel=world.maybe(world.dice.choice(("till", "app"))),
                store_id=world.maybe(world.dice.randint(1, len(CHANNELS)), 0.6),
                referrer_member_id=world.maybe(world.dice.randint(1, world.size), 0.15),
            )
            if left is None or not world.chance(0.5):
                break
            joined = world.later(left, days=120)


def _histories(world: World, person: Person) -> None:
    _stays(world, person, "segment_membership", {"scheme_id": 1}, "segment_id", (1, 2, 3, 4))
    for segment in (5, 6):
        if world.chance(0.4):
            _stays(world, person, "segment_membership", {"scheme_id": 2}, "segment_id", (segment,))
    for program, tiers in ((1, (1, 2, 3)), (2, (4, 5))):
        if program in person.programs:
            _stays(world, person, "tier_membership", {"program_id": program}, "tier_id", tiers)
    for attribute, values in (("specialty", ("cardiology", "surgery", "dentistry")), ("household", ("1", "2", "3"))):
        if world.chance(0.7):
            kept: Row = {"attribute": attribute, "brand_id": world.maybe(1, 0.7), "source": "form"}
            _stays(world, person, "member_attribute", kept, "value", values)


def _stays(
    world: World,
    person: Person,
    table: str,
    fixed: Row,
    column: str,
    values: tuple[Cell, ...],
) -> None:
    """Stays one after another, some with a gap, some touching; never two at once for one person."""
    begin = world.moment(person.created)
    while begin < world.last and world.chance(0.93):
        open_end = world.chance(0.15)
        end = world.moment(begin + timedelta(days=1), max(begin + timedelta(days=2), world.last))
        row = fixed | {column: world.dice.choice(values)}
        if table == "tier_membership":
            row["reason"] = world.dice.choice(("join", "upgrade", "requalify", "downgrade"))
        world.add(
            table,
            member_id=world.record(person),
            valid_from=begin,
            valid_to=None if open_end else end,
            recorded_at=world.recorded(begin),
            **row,
        )
        if open_end:
            return
        begin = end if world.chance(0.7) else world.later(end, days=60)


def _consents(world: World, person: Person) -> None:
    for brand in world.dice.sample(BRANDS, 2):
        for channel in ("email", "sms"):
            if not world.chance(0.6):
                continue
            at = world.moment(person.created)
            for status in world.dice.choice(SEQUENCES):
                world.add(
                    "consent_event",
                    member_id=world.record(person),
                    brand_id=brand,
                    channel=channel,
                    purpose=world.dice.choice(PURPOSES) if status == "requested" else "marketing",
                    status=status,
                    occurred_at=at,
                    recorded_at=world.recorded(at),
                    source="form",
                )
                at = world.later(at, days=world.dice.choice((1, 10, 40)))


def segments(world: World) -> None:
    """An exclusive segmentation of four and one of two that overlap."""
    for exclusive, names in ((True, ("New", "Active", "Leaving", "Gone")), (False, ("Parents", "Cooks"))):
        scheme = world.add("segment_scheme", name=names[0], is_exclusive=exclusive, brand_id=1, rule_version="1")
        for place, name in enumerate(names):
            world.add("segment", scheme_id=scheme, name=name, sort=place)
