"""Compared: groups of members against one of them: the base, the columns of the differences, and how they read."""

from collections.abc import Mapping

from punchcard.errors import QueryError, did_you_mean
from punchcard.result import Cell, Column
from punchcard.stats.estimate import Effect

LEVEL = 0.05
MOST_SAID = 5  # comparisons in words; all of them are in the rows

COLUMNS = (
    Column("difference", "Against the base", "measure", "pp"),
    Column("difference_low", "95 % from", "low", "pp", of="difference"),
    Column("difference_high", "95 % to", "high", "pp", of="difference"),
    Column("p", "p", "measure", "number"),
    Column("p_holm", "p, corrected (Holm)", "measure", "number"),
    Column("proven", "Proven", "flag", "flag"),
)

Compared = tuple[Effect, float]  # the difference from the base, and its p-value adjusted by Holm


def base_of(sizes: Mapping[str, int], wanted: str | None, none: str) -> str | None:
    """The group that others are compared with: the one asked for, or the largest that has a value."""
    if wanted is not None:
        if wanted not in sizes:
            raise QueryError(f"no group '{wanted}' in the answer{did_you_mean(wanted, sizes)}")
        return wanted
    return max(sizes, key=lambda label: (label != none, sizes[label]), default=None)


def as_cells(one: Compared | None) -> tuple[Cell, ...]:
    """A difference as the cells of a row; empty ones where nothing is compared."""
    if one is None:
        return None, None, None, None, None, False
    effect, p = one
    return effect.value, effect.interval.low, effect.interval.high, effect.p, p, p < LEVEL


def in_words(found: Mapping[str, Compared]) -> str:
    """The differences of groups, the surest first, in points."""
    surest = sorted(found.items(), key=lambda pair: (pair[1][1], pair[0]))
    words = [
        f"{label} {100 * effect.value:+.1f} points ({100 * effect.interval.low:+.1f} to"
        f" {100 * effect.interval.high:+.1f}, {'proven' if p < LEVEL else 'not proven'})"
        for label, (effect, p) in surest[:MOST_SAID]
    ]
    more = f"; {len(surest) - MOST_SAID} more groups" if len(surest) > MOST_SAID else ""
    return "; ".join(words) + more


def corrected(count: int) -> str:
    """That so many comparisons were corrected for, if there is more than one."""
    return f", corrected for {count} comparisons" if count > 1 else ""


def left_out(count: int) -> str:
    """That so many groups were not compared."""
    return f"; {count} groups are too small to compare" if count > 1 else "; 1 group is too small to compare" * count
