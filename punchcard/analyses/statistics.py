"""Statistics as analyses use them, loaded when a question first needs one: reading a project waits for none."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    from punchcard.stats.balance import MISMATCH, sample_ratio, standardised_difference
    from punchcard.stats.band import reach_of_all
    from punchcard.stats.bayes import Posterior, Prior, chance_of_share, chances_to_be_best, posterior
    from punchcard.stats.change import Layer, difference_in_differences, layered
    from punchcard.stats.complier import complier_effect
    from punchcard.stats.cuped import cuped
    from punchcard.stats.estimate import Effect, Interval, NotEnough
    from punchcard.stats.joint import Joint
    from punchcard.stats.mean import relative, welch
    from punchcard.stats.moments import Moments, Pair
    from punchcard.stats.multiple import benjamini_hochberg, holm
    from punchcard.stats.power import detectable_mean, detectable_share, size_for_means, size_for_shares
    from punchcard.stats.proportion import newcombe
    from punchcard.stats.ratio import ratio
    from punchcard.stats.sequential import always_valid
    from punchcard.stats.shrinkage import pooled, shrink

_HOMES = {
    "Effect": "punchcard.stats.estimate",
    "Interval": "punchcard.stats.estimate",
    "Joint": "punchcard.stats.joint",
    "Layer": "punchcard.stats.change",
    "MISMATCH": "punchcard.stats.balance",
    "Moments": "punchcard.stats.moments",
    "NotEnough": "punchcard.stats.estimate",
    "Pair": "punchcard.stats.moments",
    "Posterior": "punchcard.stats.bayes",
    "Prior": "punchcard.stats.bayes",
    "always_valid": "punchcard.stats.sequential",
    "benjamini_hochberg": "punchcard.stats.multiple",
    "chance_of_share": "punchcard.stats.bayes",
    "chances_to_be_best": "punchcard.stats.bayes",
    "complier_effect": "punchcard.stats.complier",
    "cuped": "punchcard.stats.cuped",
    "detectable_mean": "punchcard.stats.power",
    "detectable_share": "punchcard.stats.power",
    "difference_in_differences": "punchcard.stats.change",
    "holm": "punchcard.stats.multiple",
    "layered": "punchcard.stats.change",
    "newcombe": "punchcard.stats.proportion",
    "posterior": "punchcard.stats.bayes",
    "ratio": "punchcard.stats.ratio",
    "reach_of_all": "punchcard.stats.band",
    "relative": "punchcard.stats.mean",
    "sample_ratio": "punchcard.stats.balance",
    "pooled": "punchcard.stats.shrinkage",
    "shrink": "punchcard.stats.shrinkage",
    "size_for_means": "punchcard.stats.power",
    "size_for_shares": "punchcard.stats.power",
    "standardised_difference": "punchcard.stats.balance",
    "welch": "punchcard.stats.mean",
}


def __getattr__(name: str) -> Any:
    if name == "numpy":
        return import_module(name)
    if name not in _HOMES:
        raise AttributeError(f"no statistic '{name}'")
    return getattr(import_module(_HOMES[name]), name)


__all__ = [  # noqa: RUF022  as the homes have them
    "numpy",
    "Effect",
    "Interval",
    "Joint",
    "Layer",
    "MISMATCH",
    "Moments",
    "NotEnough",
    "Pair",
    "Posterior",
    "Prior",
    "always_valid",
    "benjamini_hochberg",
    "chance_of_share",
    "chances_to_be_best",
    "complier_effect",
    "cuped",
    "detectable_mean",
    "detectable_share",
    "difference_in_differences",
    "holm",
    "layered",
    "newcombe",
    "posterior",
    "ratio",
    "reach_of_all",
    "relative",
    "sample_ratio",
    "pooled",
    "shrink",
    "size_for_means",
    "size_for_shares",
    "standardised_difference",
    "welch",
]
