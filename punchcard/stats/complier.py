"""The effect on those whom the lot really reached, where some of the treated were missed or some controls were met."""

import math

from scipy import special

from punchcard.stats.estimate import Effect, Interval, NotEnough, check_level
from punchcard.stats.moments import Pair


def complier_effect(control: Pair, treatment: Pair, level: float = 0.95) -> Effect:
    """The difference in outcome (x) over the difference in being reached (y, 0 or 1): Wald's estimate.

    Holds if the lot changes nothing but being reached (Angrist, Imbens and Rubin 1996). The interval is Fieller's,
    which is Anderson and Rubin's and stays honest where few were reached; `se` is by the delta method, as two-stage
    least squares with robust errors has it. Refuses if the lot cannot be told to have reached anybody.
    """
    z = float(special.ndtri((1 + check_level(level)) / 2))
    outcome, reach = treatment.mean_x - control.mean_x, treatment.mean_y - control.mean_y
    var_outcome = treatment.var_x / treatment.n + control.var_x / control.n
    var_reach = treatment.var_y / treatment.n + control.var_y / control.n
    cov = treatment.cov / treatment.n + control.cov / control.n
    # The ratios that the data do not contradict solve a t^2 - 2 b t + c <= 0.
    a = reach**2 - z**2 * var_reach
    if a <= 0:
        raise NotEnough("the lot did not reach more of the treated than of the control, so it compares nobody")
    value = outcome / reach
    linear = var_outcome - 2 * value * cov + value**2 * var_reach
    if not linear > 0:
        raise NotEnough("all values are the same, so nothing tells how much they vary by chance")
    b, c = outcome * reach - z**2 * cov, outcome**2 - z**2 * var_outcome
    root = math.sqrt(max(0.0, b**2 - a * c))
    p = 2 * float(special.ndtr(-abs(outcome) / math.sqrt(var_outcome))) if var_outcome > 0 else 1.0
    return Effect(value, math.sqrt(linear) / abs(reach), Interval((b - root) / a, (b + root) / a), p)
