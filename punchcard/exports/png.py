"""PNG: a chart as a picture with its title, period and source, drawn without a browser."""

from typing import Final

from punchcard.chart import Chart, Voice
from punchcard.chart.export import Picture, standalone

SCALE: Final = 2  # dots a pixel, so that it is sharp on slides


def to_png(chart: Chart, voice: Voice, picture: Picture) -> bytes:
    """The picture's bytes."""
    import vl_convert

    return vl_convert.svg_to_png(standalone(chart, voice, picture), scale=SCALE)
