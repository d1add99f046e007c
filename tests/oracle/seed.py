"""Seed: rows for every table, the same for the same number, with the traps in them that make figures wrong."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from tests.oracle.seeded import behaviour, commerce, company, crm, people
from tests.oracle.seeded.ledger import Ledger, coupons, rewards
from tests.oracle.seeded.world import Cell, Row, World

PEOPLE = 240


@dataclass(frozen=True)
class Seeded:
    """All rows by table, the zone of the workspace, and a period to ask about."""

    rows: dict[str, list[Row]]
    zone: str
    before: datetime
    start: datetime
    end: datetime

    def parameters(self) -> dict[str, Cell]:
        """What the reference SQL asks for: the period, the one before it, and names that exist."""
        return {
            "p0": self.before,
            "t0": self.start,
            "t1": self.end,
            "exp": 1,
            "gcg": 2,
            "camp": 1,
            "scheme": 1,
            "seg": 2,
            "seg2": 3,
            "tier": 2,
            "cat": "dairy",
            "cat2": "bakery",
            "lab": "Alpha",
            "cac": 10,
        }


@lru_cache(maxsize=8)
def seed(number: int, *, size: int = PEOPLE, rate_gaps: bool = False) -> Seeded:
    """The world of this number: a few hundred people over two years; with `rate_gaps`, some exchange rates miss."""
    world = World(number, size)
    people.reference(world)
    people.segments(world)
    commerce.rates(world, gaps=rate_gaps)
    people.people(world)
    crm.campaigns(world)
    commerce.purchases(world)
    rewards(world)
    Ledger(world).run()
    coupons(world)
    crm.experiments(world)
    crm.messages(world)
    crm.webinars(world)
    crm.goals(world)
    company.social(world)
    company.costs(world)
    company.contracts(world)
    company.loads(world)
    behaviour.events(world)
    behaviour.touches(world)
    behaviour.predictions(world)
    return Seeded(world.rows, str(world.zone), world.before, world.start, world.end)
