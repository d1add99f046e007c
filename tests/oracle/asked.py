"""Asked: short questions to one reference, over a seeded world and its period."""

from functools import cache
from pathlib import Path

from tests.oracle.harness import reference_value, run
from tests.oracle.reference import WHOLE, Cut, Reference, reference
from tests.oracle.seed import Seeded, seed
from tests.oracle.seeded.world import Cell


class Asked:
    """A reference, the world it was made from, and questions to it in which nothing to add up is zero."""

    def __init__(self, reference: Reference, seeded: Seeded) -> None:
        self.reference = reference
        self.seeded = seeded
        self.parameters = seeded.parameters()

    def metric(self, name: str, cut: Cut = WHOLE, **parameters: Cell) -> float:
        """The value of a metric, with some parameters other than the usual ones."""
        return reference_value(self.reference, name, self.parameters | parameters, cut) or 0.0

    def sql(self, text: str, cut: Cut = WHOLE) -> float:
        """The value of a SQL text that may name the usual parameters."""
        self.reference.use(cut)
        return run(self.reference, text, self.parameters) or 0.0


@cache
def asked_of(design: Path, number: int) -> Asked:
    """The reference of one seed, built once."""
    seeded = seed(number)
    return Asked(reference(design, seeded), seeded)
