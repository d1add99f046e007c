"""Against: the shares of several groups, each compared with one of them."""

from collections.abc import Sequence

from punchcard.stats.estimate import Effect, NotEnough
from punchcard.stats.multiple import holm
from punchcard.stats.proportion import newcombe

EXPECTED = 5  # successes and failures that each side must have if nobody differed (Cochran 1954)


def comparable(base: tuple[int, int], group: tuple[int, int]) -> bool:
    """Whether two shares, each (successes, n), are of so many that the score test holds.

    >>> comparable((480, 500), (0, 1)), comparable((48, 80), (56, 70))
    (False, True)
    """
    total = base[1] + group[1]
    hits = base[0] + group[0]
    fewest = min(base[1], group[1]) * min(hits, total - hits)
    return fewest > 0 and fewest >= EXPECTED * total


def against(base: tuple[int, int], groups: Sequence[tuple[int, int]]) -> list[tuple[Effect, float] | None]:
    """Each group minus the base, given as (successes, n), with Newcombe's interval and the p-value adjusted by Holm.

    None where there is nothing to compare, or too few to be compared.

    >>> one, none = against((48, 80), [(56, 70), (0, 0)])
    >>> (round(one[0].value, 4), round(one[1], 4), none) if one else None
    (0.2, 0.008, None)
    """
    effects = [effect_of(base, group) for group in groups]
    known = [effect.p for effect in effects if effect is not None]
    adjusted = iter(holm(known).tolist() if known else ())
    return [None if effect is None else (effect, float(next(adjusted))) for effect in effects]


def effect_of(base: tuple[int, int], group: tuple[int, int]) -> Effect | None:
    """One group minus the base; None where they cannot be compared."""
    if not comparable(base, group):
        return None
    try:
        return newcombe(base, group)
    except NotEnough:
        return None
