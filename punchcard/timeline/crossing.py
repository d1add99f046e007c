"""Crossing: members and times of an activity by several divisions at once, each margin counted in the same pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.timeline.asked.crossing import Crossing
from punchcard.timeline.axis import micros, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Codes, Flags, Ints, in_ranges
from punchcard.timeline.kernels.crossing import AT_EACH, as_of, crossed, crossed_bits, placed, used
from punchcard.timeline.read import ALL, Scope, Timeline, Track
from punchcard.timeline.spells import Spells

OTHER = "\u2026other"
MOST_CELLS = 1 << 22
FEW_CELLS = 1 << 16
MOST_BITS = 63  # cells that are bits of one number

Label: TypeAlias = str | None
Key: TypeAlias = tuple[Label, ...]
Margin: TypeAlias = tuple[bool, ...]
Table: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Division:
    """One division: the group of each of its codes (the first is that of no value), and the groups' labels."""

    name: str
    group_of: Codes
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class CrossingAnswer:
    """Members and times by margin (which divisions are summed away) and the labels of the others."""

    divisions: tuple[Division, ...]
    figures: dict[tuple[Margin, Key], tuple[int, int]]
    track: Track
    cell: Codes

    def members(self, key: Mapping[str, Label], period: Period, scope: Scope = ALL) -> Ints:
        """The members of a cell; of a margin, if a division is not in the key."""
        begin, end = spans(period)
        first, after = int(self.track.starts[0]), int(self.track.starts[-1])
        time = self.track.time[first:after]
        here = (time >= begin) & (time < end)
        rest = self.cell
        for division in self.divisions:
            rest, code = np.divmod(rest, np.int32(len(division.group_of)))
            if division.name in key:
                here &= division.group_of[code] == division.labels.index(key[division.name])
        found = np.unique(np.searchsorted(self.track.starts, np.flatnonzero(here) + first, side="right") - 1)
        return found[scope.members[found]] if len(scope.members) else found


@dataclass(frozen=True, slots=True)
class _Cells:
    """Each occurrence of a track in its cell: the codes of all divisions, the first in the lowest place."""

    track: Track
    cell: Codes
    begin: int
    end: int
    allowed: Flags

    def counted(self, slot_of: Table, slots: int) -> tuple[Ints, Ints]:
        """Members of each slot, times of each cell."""
        cells = slot_of.shape[1]
        track, begin, end = self.track, self.begin, self.end
        if cells <= MOST_BITS:
            bits = _bits(slot_of, slots)
            parts = in_ranges(
                track.members,
                lambda a, b: crossed_bits(
                    a, b, track.starts, track.time, begin, end, self.cell, cells, bits, self.allowed
                ),
            )
        else:
            parts = in_ranges(
                track.members,
                lambda a, b: crossed(
                    a, b, track.starts, track.time, begin, end, self.cell, slot_of, slots, self.allowed
                ),
            )
        members, times = np.zeros(slots, np.int64), np.zeros(cells, np.int64)
        for one, other in parts:
            members += one
            times += other
        return members, times


def _bits(slot_of: Table, slots: int) -> Ints:
    """The cells of each slot as bits of one number."""
    bits = np.zeros(slots, np.int64)
    for margin in slot_of:
        np.bitwise_or.at(bits, margin, np.left_shift(1, np.arange(len(margin), dtype=np.int64)))
    return bits


def crossing(
    timeline: Timeline,
    parameters: Crossing,
    period: Period,
    histories: Mapping[str, Spells],
    scope: Scope = ALL,
    *,
    moment: datetime | None = None,
) -> CrossingAnswer:
    """Every cell and every margin; histories are read at each occurrence, or all at one `moment`."""
    track = timeline.track(scope.narrowed(*parameters.where).pick(parameters.activity))
    names = (*parameters.rows, *parameters.columns)
    columns = {name: _codes(timeline, track, name) for name in names if name not in histories}
    words = {name: histories[name].words if name in histories else columns[name][1] for name in names}
    places, words = _compressed(columns, words)
    sizes = [len(words[name]) + 1 for name in names]
    if np.prod(sizes, dtype=float) > MOST_CELLS:
        raise QueryError(f"{' x '.join(f'{size:,}' for size in sizes)} groups are too many cells; name fewer divisions")
    cell, step = np.zeros(int(track.starts[-1] - track.starts[0]), np.int32), 1
    for name, size in zip(names, sizes, strict=True):
        if name in histories:
            _as_of(track, histories[name], moment, step, cell)
        else:
            _placed(track, columns[name][0], places[name], step, cell)
        step *= size
    cells = _Cells(track, cell, *spans(period), scope.members)
    divisions = tuple(
        Division(name, np.arange(len(words[name]) + 1, dtype=np.int32), (None, *words[name])) for name in names
    )
    if any(size > parameters.top + 1 for size in sizes):
        divisions = _largest(cells, divisions, parameters.top)
    margins = margins_of(len(parameters.rows), len(parameters.columns))
    return CrossingAnswer(divisions, _figures(cells, divisions, margins), track, cell)


def margins_of(rows: int, columns: int) -> tuple[Margin, ...]:
    """Which divisions are summed away: none for the cells, then subtotals from the left on each side."""
    downs = [(False,) * kept + (True,) * (rows - kept) for kept in range(rows, -1, -1)]
    acrosses = [(False,) * kept + (True,) * (columns - kept) for kept in range(columns, -1, -1)]
    return tuple((*one, *other) for one, other in product(downs, acrosses))


def _codes(timeline: Timeline, track: Track, name: str) -> tuple[Codes, tuple[str, ...]]:
    kind, words = timeline.described(name)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{name}' holds numbers; cross by a property of text")
    return np.asarray(timeline.values(track, name), np.int32), words


def _compressed(
    columns: Mapping[str, tuple[Codes, tuple[str, ...]]], words: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Codes], dict[str, tuple[str, ...]]]:
    """The place of each code; if all words together make many cells, only those that occur have one."""
    many = np.prod([len(one) + 1 for one in words.values()], dtype=float) > FEW_CELLS
    places: dict[str, Codes] = {}
    kept = dict(words)
    for name, (codes, own) in columns.items():
        there: Flags = used(codes, len(own)) if many else np.ones(len(own) + 1, np.bool_)
        there[0] = True
        places[name] = (np.cumsum(there) - 1).astype(np.int32)
        kept[name] = tuple(word for word, here in zip(own, there[1:], strict=True) if here)
    return places, kept


def _as_of(track: Track, spells: Spells, moment: datetime | None, step: int, cell: Codes) -> None:
    at, starts = AT_EACH if moment is None else micros(moment), spells.of(track.members)
    in_ranges(
        track.members,
        lambda a, b: as_of(
            a, b, track.starts, track.time, starts, spells.since, spells.until, spells.code, at, step, cell
        ),
    )  # fmt: skip


def _placed(track: Track, codes: Codes, place_of: Codes, step: int, cell: Codes) -> None:
    in_ranges(track.members, lambda a, b: placed(a, b, track.starts, codes, place_of, step, cell))


def _codes_of_cells(divisions: tuple[Division, ...]) -> list[Ints]:
    """For each division the code that each cell stands for."""
    found: list[Ints] = []
    rest = np.arange(int(np.prod([len(one.group_of) for one in divisions])))
    for division in divisions:
        rest, code = np.divmod(rest, len(division.group_of))
        found.append(code)
    return found


def _largest(cells: _Cells, divisions: tuple[Division, ...], top: int) -> tuple[Division, ...]:
    """The divisions with their groups beyond the `top` most frequent put together."""
    codes = _codes_of_cells(divisions)
    _, times = cells.counted(np.zeros((1, len(codes[0])), np.int32), 1)
    found: list[Division] = []
    for division, code in zip(divisions, codes, strict=True):
        size = len(division.group_of)
        if size <= top + 1:
            found.append(division)
            continue
        order = np.argsort(-np.bincount(code, weights=times, minlength=size), kind="stable")[:top]
        group_of = np.full(size, top, np.int32)
        group_of[order] = np.arange(top)
        found.append(Division(division.name, group_of, (*(division.labels[place] for place in order), OTHER)))
    return tuple(found)


def _figures(
    cells: _Cells, divisions: tuple[Division, ...], margins: tuple[Margin, ...]
) -> dict[tuple[Margin, Key], tuple[int, int]]:
    groups = [one.group_of[code] for one, code in zip(divisions, _codes_of_cells(divisions), strict=True)]
    slots = 0
    slot_of = np.empty((len(margins), len(groups[0])), np.int32)
    spans_of: list[tuple[int, list[Division]]] = []
    for place, margin in enumerate(margins):
        kept = [n for n, summed in enumerate(margin) if not summed]
        slot_of[place], step = slots, 1
        for n in kept:
            slot_of[place] += (step * groups[n]).astype(np.int32)
            step *= len(divisions[n].labels)
        spans_of.append((slots, [divisions[n] for n in kept]))
        slots += step
    members, by_cell = cells.counted(slot_of, slots)
    found: dict[tuple[Margin, Key], tuple[int, int]] = {}
    for place, (margin, (first, kept)) in enumerate(zip(margins, spans_of, strict=True)):
        size = int(np.prod([len(one.labels) for one in kept])) if kept else 1
        times = np.bincount(slot_of[place] - first, weights=by_cell, minlength=size)
        for slot in np.flatnonzero(times):
            rest, key = int(slot), list[Label]()
            for division in kept:
                rest, group = divmod(rest, len(division.labels))
                key.append(division.labels[group])
            found[margin, tuple(key)] = (int(members[first + slot]), int(times[slot]))
    return found
