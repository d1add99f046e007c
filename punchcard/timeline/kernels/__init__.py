"""Compiled passes over the timeline: plain loops over arrays, one file a kind of question."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from os import cpu_count
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Bytes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

CORES = cpu_count() or 1

# A range of members small enough that the cores end together, large enough that starting it costs nothing.
RANGE = 65_536


def _stamp() -> str:
    """A digest of all kernels' sources."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


STAMP = _stamp()


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop to machine code, kept on disk between processes; it runs without Python's lock."""
    compiled = numba.njit(cache=True, nogil=True)(function)
    # numba keeps machine code while the kernel's own file is unchanged, although it holds kernels of other files too (a
    # limit that its page on caching names). A stamp of all makes it look again; `test_kernels.py` fails if it does not.
    kept = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if kept is not None:
        kept._source_stamp = STAMP
    return cast("Callable[P, R]", compiled)


def in_ranges(members: int, work: Callable[[int, int], R]) -> list[R]:
    """`work(first, after)` over ranges of members on all cores; results in the order of the members."""
    ranges = [(first, min(first + RANGE, members)) for first in range(0, members, RANGE)]
    if len(ranges) < 2 or CORES == 1:
        return [work(first, after) for first, after in ranges]
    with ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(work, *zip(*ranges, strict=True)))
