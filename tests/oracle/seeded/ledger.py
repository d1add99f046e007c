"""Points: earned on sales, pending, spent, transferred, taken back, expired; each debit matched to the credits it used.

Everything happens in order of time, so that each debit sees exactly the credits there are. Credits are used up in the
order in which they expire, then become usable, then were written. What a debit takes beyond all credits is a debt,
which the next credits pay.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count

from msgspec import UNSET, UnsetType

from tests.oracle.seeded.people import BRANDS, REPORTING
from tests.oracle.seeded.world import Person, Row, Sale, World

NEVER = datetime.max.replace(tzinfo=UTC)
PENDING_DAYS = {2: 14}
LIFE_DAYS = {1: 180, 2: 365}


@dataclass
class Lot:
    """A credit and what is left of it."""

    entry: int
    effective: datetime
    expires: datetime | None
    left: Decimal

    def order(self) -> tuple[datetime, datetime, int]:
        """The place in the queue of credits to be used up."""
        return (self.expires or NEVER, self.effective, self.entry)


@dataclass
class Pool:
    """What one person has in one programme, over all their records."""

    person: Person
    program: int
    lots: list[Lot] = field(default_factory=list[Lot])
    debts: list[tuple[int, Decimal]] = field(default_factory=list[tuple[int, Decimal]])


class Ledger:
    """The ledger of all programmes, written in order of time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pools: dict[tuple[int, int], Pool] = {}
        self.accounts: dict[tuple[int, int, str], int] = {}
        self._arrivals = count()
        self._queue: list[tuple[datetime, int, int, Callable[[datetime], None]]] = []

    def run(self) -> None:
        """Everything that happens to points, in order."""
        for sale in self.world.sales:
            if sale.person and sale.net >= 1 and not sale.person.employee:
                for program in self._programs(sale):
                    self.at(sale.at, 0, lambda at, sale=sale, program=program: self._earn_on(sale, program, at))
        for _ in range(self.world.size * 4):
            person = self.world.somebody()
            for program in person.programs:
                self.at(self.world.moment(person.created), 1, self._act(person, program))
        while self._queue:
            at, _, _, action = heappop(self._queue)
            if at < self.world.last:
                action(at)

    def at(self, moment: datetime, rank: int, action: Callable[[datetime], None]) -> None:
        """Puts an action in its place; of the same instant, the lower rank goes first."""
        heappush(self._queue, (moment, rank, next(self._arrivals), action))

    def _programs(self, sale: Sale) -> list[int]:
        assert sale.person
        joined = sale.person.programs
        return [program for program in joined if program in (sale.brand, 3) and joined[program] <= sale.at]

    def _pool(self, person: Person, program: int) -> Pool:
        return self.pools.setdefault((person.root, program), Pool(person, program))

    def _earn_on(self, sale: Sale, program: int, at: datetime) -> None:
        assert sale.person
        pool = self._pool(sale.person, program)
        points = sale.net.quantize(Decimal(1))
        link: Row = {"txn_id": sale.txn, "funded_by_brand_id": sale.brand}
        lot = self._credit(pool, "earn", points, at, link, member=sale.member)
        if self.world.chance(0.15):
            self._credit(pool, "earn", Decimal(20), at, link | {"is_bonus": True, "campaign_id": 1}, member=sale.member)
        if program != 3:
            self._entry(pool, "earn", points, at, link, member=sale.member, unit="qualifying")
        for back, share in sale.returns:
            taken = (points * share).quantize(Decimal(1))
            if taken:
                self.at(back, 1, lambda at, taken=taken: self._take_back(pool, lot, taken, at, sale))

    def _take_back(self, pool: Pool, lot: Lot, points: Decimal, at: datetime, sale: Sale) -> None:
        entry = self._entry(pool, "reverse_earn", -points, at, {"txn_id": sale.txn, "reverses_entry_id": lot.entry})
        self._use(pool, entry, points, [lot, *(other for other in self._live(pool, at) if other is not lot)])

    def _act(self, person: Person, program: int) -> Callable[[datetime], None]:
        pool = self._pool(person, program)
        kind = self.world.dice.choices((self._burn, self._adjust, self._transfer), (80, 10, 10))[0]
        return lambda at: kind(pool, at)

    def _burn(self, pool: Pool, at: datetime) -> None:
        world, usable = self.world, self._usable(pool, at)
        wanted = Decimal(world.dice.choice((10, 25, 50)))
        if pool.debts or sum((lot.left for lot in usable), Decimal()) < wanted:
            return
        status = world.dice.choices(("fulfilled", "requested", "cancelled"), (75, 10, 15))[0]
        redemption = world.add(
            "redemption",
            reward_id=world.maybe(pool.program * 2 - world.dice.randint(0, 1), 0.95),
            program_id=pool.program,
            member_id=world.record(pool.person),
            requested_at=at,
            fulfilled_at=world.later(at, days=5) if status == "fulfilled" else None,
            status=status,
            points=wanted,
            copay=world.maybe(world.money(0, 1), 0.5),
            cost=world.maybe(wanted / 100, 0.95),
            currency=REPORTING,
        )
        entry = self._entry(pool, "burn", -wanted, at, {"redemption_id": redemption})
        used = self._use(pool, entry, wanted, usable)
        if status == "cancelled":
            self.at(world.later(at, days=3), 1, lambda at: self._give_back(pool, entry, used, at))

    def _give_back(self, pool: Pool, burn: int, used: list[tuple[Lot, Decimal]], at: datetime) -> None:
        for lot, points in used:
            if lot.expires is None or lot.expires > at:
                self._credit(pool, "reverse_burn", points, at, {"reverses_entry_id": burn}, expires=lot.expires)

    def _adjust(self, pool: Pool, at: datetime) -> None:
        points = Decimal(self.world.dice.choice((15, 40, -10, -30)))
        if points > 0:
            self._credit(pool, "adjust", points, at, {"reason": "goodwill"}, expires=None)
        else:
            entry = self._entry(pool, "adjust", points, at, {"reason": "correction"})
            self._use(pool, entry, -points, self._live(pool, at))

    def _transfer(self, pool: Pool, at: datetime) -> None:
        usable, other = self._usable(pool, at), self.world.somebody()
        barred = pool.debts or other is pool.person or pool.program not in other.programs
        if barred or not usable or pool.person.test != other.test:
            return
        lot = usable[0]
        points = min(lot.left, Decimal(30))
        entry = self._entry(pool, "transfer_out", -points, at)
        self._use(pool, entry, points, [lot])
        self._credit(self._pool(other, pool.program), "transfer_in", points, at, expires=lot.expires)

    def _expire(self, pool: Pool, lot: Lot, at: datetime) -> None:
        if lot.left > 0:
            entry = self._entry(pool, "expire", -lot.left, at)
            self._use(pool, entry, lot.left, [lot])

    def _live(self, pool: Pool, at: datetime) -> list[Lot]:
        """Credits with something left, in the order in which they are used up; pending ones come last."""
        live = [lot for lot in pool.lots if lot.left > 0 and (lot.expires is None or lot.expires > at)]
        return sorted(live, key=lambda lot: (lot.effective > at, lot.order()))

    def _usable(self, pool: Pool, at: datetime) -> list[Lot]:
        """Credits that a member can spend."""
        return [lot for lot in self._live(pool, at) if lot.effective <= at]

    def _use(self, pool: Pool, debit: int, points: Decimal, lots: list[Lot]) -> list[tuple[Lot, Decimal]]:
        used: list[tuple[Lot, Decimal]] = []
        for lot in lots:
            taken = min(points, lot.left)
            if taken > 0:
                self._allocate(lot, debit, taken)
                used.append((lot, taken))
                points -= taken
        if points > 0:
            pool.debts.append((debit, points))
        return used

    def _allocate(self, lot: Lot, debit: int, points: Decimal) -> None:
        lot.left -= points
        self.world.add("points_allocation", lot_entry_id=lot.entry, debit_entry_id=debit, points=points)

    def _credit(
        self,
        pool: Pool,
        kind: str,
        points: Decimal,
        at: datetime,
        link: Row | None = None,
        *,
        member: int | None = None,
        expires: datetime | UnsetType | None = UNSET,
    ) -> Lot:
        pending = PENDING_DAYS.get(pool.program) if kind == "earn" else None
        effective = at + timedelta(days=pending) if pending else at
        if expires is UNSET:
            expires = self._life(pool.program, at)
        entry = self._entry(
            pool,
            kind,
            points,
            at,
            (link or {}) | {"effective_at": effective if pending else None, "expires_at": expires},
            member=member,
        )
        lot = Lot(entry, effective, expires, points)
        pool.lots.append(lot)
        self._pay_debts(pool, lot)
        if isinstance(expires, datetime):
            self.at(expires, 2, lambda at: self._expire(pool, lot, at))
        return lot

    def _pay_debts(self, pool: Pool, lot: Lot) -> None:
        debts, pool.debts = pool.debts, []
        for debit, owed in debts:
            paid = min(owed, lot.left)
            if paid > 0:
                self._allocate(lot, debit, paid)
            if owed > paid:
                pool.debts.append((debit, owed - paid))

    def _life(self, program: int, at: datetime) -> datetime | None:
        days = LIFE_DAYS.get(program)
        return self.world.midnight(self.world.local(at) + timedelta(days=days)) if days else None

    def _entry(
        self,
        pool: Pool,
        kind: str,
        points: Decimal,
        at: datetime,
        link: Row | None = None,
        *,
        member: int | None = None,
        unit: str = "redeemable",
    ) -> int:
        record = member or self.world.record(pool.person)
        return self.world.add(
            "points_entry",
            account_id=self._account(record, pool.program, unit, at),
            program_id=pool.program,
            member_id=record,
            kind=kind,
            points=points,
            occurred_at=at,
            recorded_at=self.world.recorded(at),
            **(link or {}),
        )

    def _account(self, record: int, program: int, unit: str, at: datetime) -> int:
        key = (record, program, unit)
        if key not in self.accounts:
            opened = self.world.maybe(at)
            self.accounts[key] = self.world.add(
                "points_account", program_id=program, member_id=record, unit=unit, opened_at=opened
            )
        return self.accounts[key]


def rewards(world: World) -> None:
    """Two rewards in each programme."""
    for number in range(6):
        world.add(
            "reward",
            program_id=number // 2 + 1,
            brand_id=world.maybe(BRANDS[number % 3]),
            kind=world.dice.choice(("product", "giftcard", "donation")),
            name=f"Reward {number}",
            points_price=Decimal(25),
            unit_cost=Decimal("0.25"),
        )


def coupons(world: World) -> None:
    """Coupons given out, looked at, used, and sometimes taken back with the goods."""
    for _ in range(240):
        issued = world.moment(world.before - timedelta(days=40), world.last)
        brand = world.dice.choice(BRANDS)
        coupon = world.add(
            "coupon",
            campaign_id=world.maybe(world.one_of("campaign", brand)),
            brand_id=brand,
            member_id=world.maybe(world.record(world.somebody())),
            code="SAVE",
            kind="fixed",
            face_value=Decimal(3),
            issued_at=issued,
        )
        at = issued
        for kind in world.dice.choice(
            (("viewed",), ("activated",), ("activated", "redeemed"), ("redeemed", "rolled_back"), ())
        ):
            at = world.later(at, days=12)
            world.add(
                "coupon_event",
                coupon_id=coupon,
                kind=kind,
                occurred_at=at,
                discount=Decimal(3) if kind in ("redeemed", "rolled_back") else None,
            )
    for sale in world.sales:
        if world.chance(0.05):
            world.rows["txn"][sale.txn - 1]["coupon_id"] = world.one_of("coupon", sale.brand)
