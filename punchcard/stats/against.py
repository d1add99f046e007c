"""Against: the shares of several groups, each compared with one of them."""

from collections.abc import Sequence

from punchcard.stats.estimate import Effect, NotEnough
from punchcard.stats.multiple import holm
from punchcard.stats.proportion import newcombe


def against(base: tuple[int, int], groups: Sequence[tuple[int, int]]) -> list[tuple[Effect, float] | None]:
    """Each group minus the base, given as (successes, n), with Newcombe's interval and the p-value adjusted by Holm.

    None where there is nothing to compare: an empty group, or nobody (or everybody) succeeded on both sides.

    >>> one, none = against((48, 80), [(56, 70), (0, 0)])
    >>> (round(one[0].value, 4), round(one[1], 4), none) if one else None
    (0.2, 0.008, None)
    """
    effects = [_effect(base, group) for group in groups]
    known = [effect.p for effect in effects if effect is not None]
    adjusted = iter(holm(known).tolist() if known else ())
    return [None if effect is None else (effect, float(next(adjusted))) for effect in effects]


def _effect(base: tuple[int, int], group: tuple[int, int]) -> Effect | None:
    try:
        return newcombe(base, group)
    except NotEnough:
        return None
