"""Charts: one neutral value a chart kind, made of a Result, drawn as HTML with stretchable SVG or as a file of SVG.

chart = Line.of(result)
markup = draw(chart, voice)                      # for a page: the picture and its data table
text = standalone(chart, voice, title="Revenue") # for PNG and documents: `chart.export`
"""

from punchcard.chart.bar import Bar
from punchcard.chart.bullet import Bullet
from punchcard.chart.column import Column
from punchcard.chart.compare import Compare
from punchcard.chart.distribution import Distribution
from punchcard.chart.draw import draw
from punchcard.chart.figure import Figure
from punchcard.chart.flow import Flow
from punchcard.chart.forest import Forest
from punchcard.chart.funnel import Funnel
from punchcard.chart.heat import Heat
from punchcard.chart.interval import Interval
from punchcard.chart.line import Line
from punchcard.chart.pivot import Pivot
from punchcard.chart.scatter import Scatter
from punchcard.chart.table import Table
from punchcard.chart.upset import Upset
from punchcard.chart.voice import Link, Voice
from punchcard.chart.waterfall import Waterfall

Chart = (
    Bar
    | Bullet
    | Column
    | Compare
    | Distribution
    | Figure
    | Flow
    | Forest
    | Funnel
    | Heat
    | Interval
    | Line
    | Pivot
    | Scatter
    | Table
    | Upset
    | Waterfall
)

__all__ = [
    "Bar",
    "Bullet",
    "Chart",
    "Column",
    "Compare",
    "Distribution",
    "Figure",
    "Flow",
    "Forest",
    "Funnel",
    "Heat",
    "Interval",
    "Line",
    "Link",
    "Pivot",
    "Scatter",
    "Table",
    "Upset",
    "Voice",
    "Waterfall",
    "draw",
]
