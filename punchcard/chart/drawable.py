"""What every chart kind can do."""

from typing import ClassVar, Protocol

from markupsafe import Markup

from punchcard.chart.layout.grid import Grid
from punchcard.chart.layout.sheet import Box, Sheet
from punchcard.chart.voice import Voice


class Drawable(Protocol):
    """A chart: a picture for a page, the table of its figures, a picture for a file."""

    kind: ClassVar[str]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        ...

    def html(self, voice: Voice) -> Markup:
        """The picture for a page."""
        ...

    def grid(self, voice: Voice) -> Grid | None:
        """The table of its figures."""
        ...

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The picture for a file."""
        ...
