"""What every chart kind can do."""

from typing import Protocol

from markupsafe import Markup

from punchcard.chart.layout.grid import Grid
from punchcard.chart.layout.sheet import Box, Sheet
from punchcard.chart.voice import Voice


class Drawable(Protocol):
    """A chart: a picture for a page, the table of its figures, a picture for a file."""

    @property
    def kind(self) -> str: ...

    @property
    def empty(self) -> bool: ...

    def html(self, voice: Voice) -> Markup: ...

    def grid(self, voice: Voice) -> Grid | None: ...

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str: ...
