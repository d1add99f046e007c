"""Analyses: one kind of question, one file: its parameters, its figures, its chart and its method in words.

Adding one is a file, and a line in `AnyAnalysis`; the decoder dispatches on the tag.
"""

from punchcard.analyses.associations import Drivers, Impact
from punchcard.analyses.base import Analysis, By, Found, Wanted
from punchcard.analyses.behaviour import Behaviour
from punchcard.analyses.campaigns import IncrementalCampaigns, IncrementalMoney
from punchcard.analyses.compare import Compare
from punchcard.analyses.counting import ActivityFormula, Frequency, Interval, Segmentation, Sessions
from punchcard.analyses.course import IncrementalGroups, IncrementalTrend
from punchcard.analyses.credit import Attribution
from punchcard.analyses.crossing import Crossing
from punchcard.analyses.distribution import Distribution
from punchcard.analyses.experiment import Best, Readout, Register
from punchcard.analyses.flow import SegmentFlow
from punchcard.analyses.flows import Paths
from punchcard.analyses.forecast import Forecast
from punchcard.analyses.funnels import Funnel, FunnelTime, FunnelTrend
from punchcard.analyses.incremental import (
    Incremental,
    IncrementalArms,
    IncrementalChecks,
    IncrementalReadings,
)
from punchcard.analyses.matched import Matched
from punchcard.analyses.number import Number
from punchcard.analyses.overlap import Overlap
from punchcard.analyses.pivot import Pivot
from punchcard.analyses.power import Power
from punchcard.analyses.properties import Composition, PropertyDistribution
from punchcard.analyses.ranking import Ranking
from punchcard.analyses.reach import Audience
from punchcard.analyses.returning import Lifecycle, LifetimeValue, Retention, Stickiness
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
    | Forecast
    | SegmentFlow
    | Overlap
    | Funnel
    | FunnelTrend
    | FunnelTime
    | Retention
    | Lifecycle
    | Stickiness
    | Paths
    | Crossing
    | Segmentation
    | ActivityFormula
    | PropertyDistribution
    | Composition
    | Frequency
    | Interval
    | Sessions
    | LifetimeValue
    | Attribution
    | Impact
    | Drivers
    | Incremental
    | IncrementalReadings
    | IncrementalArms
    | IncrementalTrend
    | IncrementalGroups
    | IncrementalChecks
    | IncrementalMoney
    | IncrementalCampaigns
    | Readout
    | Best
    | Register
    | Matched
    | Power
    | Audience
)

__all__ = ["Analysis", "AnyAnalysis", "Behaviour", "By", "Found", "Wanted"]
