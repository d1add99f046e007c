"""Spells: the history of one division of members (a scheme, an attribute, a tier) beside the timeline, in its order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from punchcard.errors import QueryError
from punchcard.timeline.kernels import Codes, Ints

FOREVER = int(np.iinfo(np.int64).max)
COLUMNS = pa.schema([(name, pa.int64()) for name in ("member", "since", "until", "code")])


@dataclass(frozen=True, slots=True)
class Spells:
    """Member m's spells are at `starts[m]` .. `starts[m + 1]`, in order of time; `code` is a place in `words`."""

    starts: Ints
    since: Ints
    until: Ints
    code: Codes
    words: tuple[str, ...]

    def of(self, members: int) -> Ints:
        """The starts for so many members; who has no spell has none."""
        there = self.starts[: members + 1]
        return np.concatenate((there, np.full(members + 1 - len(there), self.starts[-1])))


def of_batches(batches: Iterable[pa.RecordBatch], words: Sequence[str], name: str) -> Spells:
    """The spells in batches of member, since, until and code (from 1 on); QueryError if a member is in two at once."""
    table = pa.Table.from_batches([one.select(COLUMNS.names).cast(COLUMNS) for one in batches], COLUMNS)
    member, since, until, code = (_numbers(table[column]) for column in COLUMNS.names)
    if len(member) and not _in_order(member, since):
        order = np.lexsort((since, member))
        member, since, until, code = member[order], since[order], until[order], code[order]
    if np.any((member[1:] == member[:-1]) & (since[1:] < until[:-1])):
        raise QueryError(f"a member can have several values of '{name}' at once, so it divides nobody")
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(member))))
    return Spells(starts, since, until, (code - 1).astype(np.int32), tuple(words))


def _numbers(column: pa.ChunkedArray) -> Ints:
    return pc.fill_null(column, FOREVER).combine_chunks().to_numpy(zero_copy_only=False)


def _in_order(member: Ints, since: Ints) -> bool:
    later = member[1:] > member[:-1]
    return bool(np.all(later | ((member[1:] == member[:-1]) & (since[1:] >= since[:-1]))))
