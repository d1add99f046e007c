"""The tail: occurrences that have arrived since the lists were built, unsorted and few."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from punchcard.timeline.build import Vocabulary
from punchcard.timeline.columns import Dictionary, Kind, Values, missing
from punchcard.timeline.kernels import Codes, Ints
from punchcard.timeline.lists import Lists


@dataclass(frozen=True, slots=True)
class Added:
    """A property of the tail's rows; its words begin with those that the lists know."""

    kind: Kind
    words: tuple[str, ...]
    values: Values


@dataclass(frozen=True, slots=True)
class Tail:
    """Late occurrences, column by column; members as they were sent, not yet resolved."""

    activities: tuple[str, ...]
    member: Codes
    activity: Codes
    time: Ints
    arrival: Ints
    properties: dict[str, Added] = field(default_factory=dict[str, Added])


NOTHING = Tail((), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


def of(lists: Lists, batches: Iterable[pa.RecordBatch]) -> Tail:
    """The tail of these batches, in the order in which they arrived."""
    vocabulary = Vocabulary(
        activities=Dictionary.of(lists.activities),
        kinds={name: prop.kind for name, prop in lists.properties.items()},
        words={name: Dictionary.of(p.words) for name, p in lists.properties.items() if p.kind is Kind.WORDS},
        arrived=lists.arrived,
    )
    chunks = [vocabulary.chunk(batch) for batch in batches]
    if not chunks:
        return NOTHING

    def column(name: str, kind: Kind) -> Added:
        parts = [c.properties[name] if name in c.properties else missing(kind, len(c)) for c in chunks]
        words = tuple(vocabulary.words[name].words) if name in vocabulary.words else ()
        return Added(kind, words, np.concatenate(parts))

    return Tail(
        tuple(vocabulary.activities.words),
        np.concatenate([c.member for c in chunks]),
        np.concatenate([c.activity for c in chunks]),
        np.concatenate([c.time for c in chunks]),
        np.concatenate([c.arrival for c in chunks]),
        {
            name: column(name, kind)
            for name, kind in vocabulary.kinds.items()
            if any(name in c.properties for c in chunks)
        },
    )
