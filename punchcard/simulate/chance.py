"""Chance: where every random number comes from, so that one seed always gives the same programme.

Members are made in blocks. Every theme of every block has a generator of its own, so what happens in one block depends
neither on how many are made at once nor on which process makes them, and a draw added to one theme changes no other.
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# A block's rows are numbered from its own multiple of this, so that blocks need not know how many rows others have.
_STRIDE = 100_000_000

WORLD = -1  # the block of everything that exists before any member


def chance(seed: int, theme: str, block: int = WORLD) -> np.random.Generator:
    """The generator of one theme of one block."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, crc32(theme.encode()), block + 1])))


def numbers(block: int, count: int) -> Ints:
    """The ids of a block's rows of one table.

    >>> numbers(WORLD, 3), numbers(0, 2)
    (array([1, 2, 3]), array([100000001, 100000002]))
    """
    return (block + 1) * _STRIDE + np.arange(1, count + 1)


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """For groups of these sizes laid end to end: the group of every row, and its place within the group.

    >>> spread(np.array([2, 0, 1]))
    (array([0, 0, 2]), array([0, 1, 0]))
    """
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)


def picks(cumulative: Floats, draws: Floats) -> Ints:
    """The place whose share of a cumulative weight each uniform draw falls into."""
    return np.minimum(np.searchsorted(cumulative, draws * cumulative[-1], side="right"), len(cumulative) - 1)
