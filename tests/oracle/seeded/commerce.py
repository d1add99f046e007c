"""Purchases: sales, returns, exchanges, voids, lines, discounts, payments, submitted receipts, exchange rates."""

from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.seeded.people import BRANDS, CHANNELS, REPORTING
from tests.oracle.seeded.world import Cell, Person, Row, Sale, World

FOREIGN = (("PLN", "0.2351"), ("USD", "0.9137"))
# Mostly the reporting currency, sometimes not named, which means the same.
CURRENCIES = (REPORTING, REPORTING, REPORTING, None, "PLN", "USD")


def rates(world: World, *, gaps: bool) -> None:
    """A rate for each day and foreign currency; with gaps, none on some days, so that totals of them are unknown."""
    day = world.local(world.first) - timedelta(days=2)
    while day <= world.local(world.last) + timedelta(days=60):
        for currency, around in FOREIGN:
            rate = Decimal(around) + Decimal(world.dice.randint(-300, 300)) / 10_000
            for kind in ("daily", "budget"):
                if kind == "budget" or not gaps or not world.chance(0.1):
                    world.add("fx_rate", rate_date=day, from_ccy=currency, to_ccy=REPORTING, kind=kind, rate=rate)
        day += timedelta(days=1)


def purchases(world: World) -> None:
    """A few thousand documents, most of them by members, and what comes back."""
    for person in world.people:
        for _ in range(int(world.dice.expovariate(1 / 9))):
            _sale(world, person)
    for _ in range(world.size * 2):
        _sale(world, None)
    for sale in list(world.sales):
        if world.chance(0.07):
            _return(world, sale, partial=world.chance(0.5))
    for _ in range(40):
        _return(world, None, partial=False)


def _sale(world: World, person: Person | None) -> None:
    # Somebody buys mostly near the period, so that it and the one before are well filled.
    begin = world.before if world.chance(0.45) else world.first
    at = world.moment(max(begin, person.created) if person and world.chance(0.95) else begin)
    store = world.dice.randint(1, len(CHANNELS))
    brand = BRANDS[(store - 1) % 3]
    member = world.record(person) if person else None
    kind = world.dice.choices(("sale", "exchange", "void"), (93, 3, 4))[0]
    status = world.dice.choices(("ok", "cancelled", "test"), (94, 3, 3))[0]
    counts = kind == "sale" and status == "ok"
    receipt = _receipt(world, member, brand, at) if member and world.chance(0.25) else None
    txn = world.add(
        "txn",
        workspace_id=1,
        brand_id=brand,
        store_id=world.maybe(store, 0.97),
        member_id=member,
        external_ref=f"R{at:%y%m%d}",
        kind=kind,
        status=status,
        occurred_at=at,
        recorded_at=world.recorded(at),
        currency=world.dice.choice(CURRENCIES),
        shipping=world.maybe(world.money(0, 9), 0.2),
        receipt_id=receipt,
    )
    total = sum((_line(world, txn, brand) for _ in range(world.dice.choice((1, 1, 2, 3, 4)))), Decimal())
    world.add("txn_tender", txn_id=txn, kind=world.dice.choice(("card", "cash")), amount=total)
    if counts:
        world.sales.append(Sale(txn, person, member, brand, at, total))


def _line(world: World, txn: int, brand: int) -> Decimal:
    quantity = world.dice.choice((0, 1, 1, 1, 2, 3, Decimal("0.755")))
    gross = (world.money(1, 12) * quantity).quantize(Decimal("0.01"))
    reasons = _reasons(world, gross)
    discount = sum((amount for _, amount in reasons), Decimal())
    cost = (gross * Decimal("0.6")).quantize(Decimal("0.0001"))
    reward = world.chance(0.03)
    line = world.add(
        "txn_line",
        txn_id=txn,
        # A product that was sold but is not in the list, as real files have them.
        product_id=999 if world.chance(0.03) else world.maybe(world.one_of("product", brand), 0.97),
        qty=Decimal(quantity),
        gross=gross,
        discount=discount,
        net=gross - discount,
        tax=world.maybe(Decimal("0.23"), 0.5),
        cost=world.maybe(cost, 0.93),
        is_reward=reward,
    )
    world.lines.setdefault(txn, []).append(world.rows["txn_line"][-1])
    for kind, amount in reasons:
        world.add(
            "line_discount",
            line_id=line,
            kind=kind,
            campaign_id=world.maybe(world.one_of("campaign", brand), 0.6),
            amount=amount,
            funded_by=world.maybe(world.dice.choice(("retailer", "supplier", "partner"))),
        )
        world.reasons.setdefault(line, []).append(world.rows["line_discount"][-1])
    return Decimal() if reward else gross - discount


def _reasons(world: World, gross: Decimal) -> list[tuple[str, Decimal]]:
    if not world.chance(0.3) or gross == 0:
        return []
    kinds = world.dice.sample(("promo", "coupon", "tier", "price"), world.dice.choice((1, 1, 2)))
    return [(kind, (gross * world.dice.randint(3, 20) / 100).quantize(Decimal("0.01"))) for kind in kinds]


def _receipt(world: World, member: int, brand: int, bought: datetime) -> int:
    sent = world.later(bought, days=8)
    status = world.dice.choices(("approved", "rejected", "duplicate", "submitted"), (65, 20, 5, 10))[0]
    return world.add(
        "receipt",
        member_id=member,
        brand_id=world.maybe(brand, 0.95),
        kind=world.dice.choice(("paper_scan", "online_link", "email")),
        submitted_at=sent,
        purchased_at=bought,
        decided_at=None if status == "submitted" else world.later(sent, days=4),
        status=status,
        total=world.money(2, 90),
    )


def _return(world: World, sale: Sale | None, *, partial: bool) -> None:
    brand = world.rows["product"][0]["brand_id"] or 1
    store = next((row["store_id"] for row in world.rows["store"] if row["brand_id"] == brand), None)
    unnamed: Row = {"brand_id": brand, "store_id": store, "currency": REPORTING}
    original = world.rows["txn"][sale.txn - 1] if sale else unnamed
    at = world.later(sale.at, days=25) if sale else world.moment(world.before)
    txn = world.add(
        "txn",
        workspace_id=1,
        **{name: original.get(name) for name in ("brand_id", "store_id", "member_id", "currency")},
        kind="return",
        original_txn_id=sale.txn if sale else None,
        occurred_at=at,
        recorded_at=world.recorded(at),
    )
    if sale is None:
        amount = world.money(1, 20)
        world.add("txn_line", txn_id=txn, product_id=1, qty=Decimal(-1), gross=-amount, discount=Decimal(), net=-amount)
        return
    lines = world.lines[sale.txn]
    share = Decimal("0.5") if partial else Decimal(1)
    for line in lines[:1] if partial else lines:
        back = world.add(
            "txn_line",
            txn_id=txn,
            product_id=line["product_id"],
            original_line_id=line["line_id"],
            is_reward=line["is_reward"],
            **{name: _taken_back(line[name], share) for name in ("qty", "gross", "discount", "net", "cost")},
        )
        for reason in world.reasons.get(line["line_id"], ()):
            world.add("line_discount", **(reason | {"line_id": back, "amount": _taken_back(reason["amount"], share)}))
    sale.returns.append((at, share if not partial else share / len(lines)))


def _taken_back(amount: Cell, share: Decimal) -> Decimal | None:
    return -(amount * share).quantize(Decimal("0.0001")) if isinstance(amount, Decimal) else None
