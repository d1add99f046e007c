"""Engine: what a database must offer to answer questions."""

from dataclasses import dataclass
from typing import Protocol

from punchcard.result import Cell
from punchcard.sql import Sql


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave: the names of its columns and its rows."""

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Engine(Protocol):
    """A database that holds the facts."""

    def run(self, statement: Sql) -> Rows:
        """Run a statement within the engine's limits; EngineError if the database refuses or takes too long."""
        ...

    def version(self) -> str:
        """A text that changes whenever the data changes; part of every cache key."""
        ...
