"""Spells: the history of one division of members (a scheme, an attribute, a tier) beside the timeline, in its order."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from punchcard.errors import QueryError
from punchcard.timeline.columns import Dictionary
from punchcard.timeline.kernels import Codes, Ints

FOREVER = np.iinfo(np.int64).max


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


def of_batches(batches: Iterable[pa.RecordBatch], name: str) -> Spells:
    """The spells in batches of member, since, until, value, sorted by member and since."""
    words = Dictionary()
    member: list[Ints] = [np.empty(0, np.int64)]
    since: list[Ints] = [np.empty(0, np.int64)]
    until: list[Ints] = [np.empty(0, np.int64)]
    code: list[Codes] = [np.empty(0, np.int32)]
    for batch in batches:
        member.append(batch["member"].cast(pa.int64()).to_numpy(zero_copy_only=False))
        since.append(batch["since"].cast(pa.int64()).to_numpy(zero_copy_only=False))
        until.append(batch["until"].cast(pa.int64()).fill_null(FOREVER).to_numpy(zero_copy_only=False))
        code.append(words.encoded(batch["value"]))
    members, begun, ended = np.concatenate(member), np.concatenate(since), np.concatenate(until)
    if np.any((members[1:] == members[:-1]) & (begun[1:] < ended[:-1])):
        raise QueryError(f"a member can have several values of '{name}' at once, so it divides nobody")
    most = int(members[-1]) + 1 if len(members) else 0
    starts = np.searchsorted(members, np.arange(most + 1)).astype(np.int64)
    return Spells(starts, begun, ended, np.concatenate(code), tuple(words.words))
