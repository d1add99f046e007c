"""Engine: what a database must offer to answer questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from punchcard.result import Cell
from punchcard.sql import Sql

if TYPE_CHECKING:
    import pyarrow as pa


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

    def batches(self, statement: Sql) -> "Iterator[pa.RecordBatch]":
        """Run a statement and stream its rows as Arrow, in bounded memory."""
        ...

    def version(self) -> str:
        """A text that changes whenever the data changes; part of every cache key."""
        ...
