"""Analyses: one kind of question, one file: its parameters, its figures, its chart and its method in words.

Adding one is a file, and a line in `AnyAnalysis`; the decoder dispatches on the tag.
"""

from punchcard.analyses.base import Analysis, By, Found, Wanted
from punchcard.analyses.behaviour import Funnel, FunnelTime, FunnelTrend, Lifecycle, Paths, Retention, Stickiness
from punchcard.analyses.compare import Compare
from punchcard.analyses.distribution import Distribution
from punchcard.analyses.number import Number
from punchcard.analyses.pivot import Pivot
from punchcard.analyses.ranking import Ranking
from punchcard.analyses.table import Spread, Table
from punchcard.analyses.trend import Trend

AnyAnalysis = (
    Number
    | Trend
    | Ranking
    | Table
    | Spread
    | Pivot
    | Distribution
    | Compare
    | Funnel
    | FunnelTrend
    | FunnelTime
    | Retention
    | Lifecycle
    | Stickiness
    | Paths
)

__all__ = ["Analysis", "AnyAnalysis", "By", "Found", "Wanted"]
