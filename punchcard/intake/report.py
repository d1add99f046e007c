"""Report: what an import did, or would do: every row is stored, said already, in quarantine or left out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

Progress = Callable[[str, int, int], None]


class Outcome(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"  # seen for the first time
    REPLACED = "replaced"  # it, or its declaration, changed; what it brought before is gone
    UNCHANGED = "unchanged"  # the same as last time; nothing was touched
    MISSING = "missing"  # brought rows once and is no longer there; they stay
    FORGOTTEN = "forgotten"  # its rows were taken out, as asked


@dataclass(frozen=True, slots=True)
class Count:
    """The rows of one file for one table; `part` numbers the fillings of a table that has several.

    `folded` rows say again what another row of the file said (`distinct`); `skipped` ones do not meet `where`.
    """

    table: str
    part: int
    received: int
    stored: int
    duplicates: int
    folded: int
    quarantined: int
    skipped: int

    def balanced(self) -> bool:
        """Whether every row received is accounted for exactly once."""
        return self.received == self.stored + self.duplicates + self.folded + self.quarantined + self.skipped


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One cell, or one whole line, that kept a row out."""

    row: int
    table: str | None
    column: str | None
    value: str | None
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file, sheet or query: what was noticed, how its columns map, and where its rows went."""

    source: str
    label: str
    outcome: Outcome
    rows: int = 0
    notes: tuple[str, ...] = ()
    mapped: tuple[tuple[str, str], ...] = ()  # source column, table.column
    unmapped: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    samples: tuple[Quarantined, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One run over all sources."""

    files: tuple[FileReport, ...]
    warnings: tuple[str, ...] = field(default=())
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether the store differs from before (or would, in a dry run)."""
        return any(file.outcome not in (Outcome.UNCHANGED, Outcome.MISSING) for file in self.files)

    def stored(self, table: str) -> int:
        """The rows this run stored in a table."""
        return sum(count.stored for file in self.files for count in file.counts if count.table == table)
