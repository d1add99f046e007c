"""Crossings: into which cell of several divisions each occurrence falls; how many members and times a cell has."""

import numpy as np

from punchcard.timeline.kernels import Codes, Flags, Ints, kernel

AT_EACH = np.iinfo(np.int64).min  # the moment of a history that is read at each occurrence's own


@kernel
def placed(
    first_member: int, after_member: int, starts: Ints, codes: Codes, place_of: Codes, step: int, cell: Codes
) -> None:
    """Move each occurrence's cell by its code's place; a code below 0 has the place 0, code c that of `c + 1`."""
    offset = starts[0]
    for i in range(starts[first_member] - offset, starts[after_member] - offset):
        cell[i] += step * place_of[codes[i] + 1]


@kernel
def as_of(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    spell_starts: Ints,
    since: Ints,
    until: Ints,
    code: Codes,
    moment: int,
    step: int,
    cell: Codes,
) -> None:
    """Move each occurrence's cell by the spell that holds then (or at one `moment`); without one it stays.

    Both lists are in the order of members and time, so one walk over both finds every spell.
    """
    offset = starts[0]
    for m in range(first_member, after_member):
        j, end = spell_starts[m], spell_starts[m + 1]
        if j == end:
            continue
        for i in range(starts[m], starts[m + 1]):
            t = time[i] if moment == AT_EACH else moment
            while j < end and until[j] <= t:
                j += 1
            if j == end:
                break
            if since[j] <= t:
                cell[i - offset] += step * (code[j] + 1)


@kernel
def crossed(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    begin: int,
    end: int,
    cell: Codes,
    slot_of: Codes,
    slots: int,
    allowed: Flags,
) -> tuple[Ints, Ints]:
    """For each slot how many members and how many times; `slot_of[k, cell]` is the cell's slot in the k-th margin.

    A member's further times in a cell change no margin's members, so margins cost only a member's first time.
    """
    offset = starts[0]
    margins, cells = slot_of.shape
    times = np.zeros(cells, np.int64)
    members = np.zeros(slots, np.int64)
    seen_cell = np.full(cells, -1, np.int32)
    seen_slot = np.full(slots, -1, np.int32)
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if t < begin:
                continue
            if t >= end:
                break
            c = cell[i - offset]
            times[c] += 1
            if seen_cell[c] != m:
                seen_cell[c] = m
                for k in range(margins):
                    slot = slot_of[k, c]
                    if seen_slot[slot] != m:
                        seen_slot[slot] = m
                        members[slot] += 1
    return members, times


@kernel
def used(codes: Codes, words: int) -> Flags:
    """Which codes occur; the first flag is of codes below 0, that of code c is at `c + 1`."""
    found = np.zeros(words + 1, np.bool_)
    for code in codes:
        found[code + 1 if code >= 0 else 0] = True
    return found


@kernel
def crossed_bits(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    begin: int,
    end: int,
    cell: Codes,
    cells: int,
    bits_of: Ints,
    allowed: Flags,
) -> tuple[Ints, Ints]:
    """The same for at most 63 cells: a member's cells are bits of one number, and `bits_of` are those of each slot."""
    offset = starts[0]
    slots = len(bits_of)
    times = np.zeros(cells, np.int64)
    members = np.zeros(slots, np.int64)
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        mine = np.int64(0)
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if t < begin:
                continue
            if t >= end:
                break
            c = cell[i - offset]
            times[c] += 1
            mine |= np.int64(1) << np.int64(c)
        if mine:
            for slot in range(slots):
                members[slot] += (mine & bits_of[slot]) != 0
    return members, times
