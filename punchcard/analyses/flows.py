"""Flows: what members do after one another."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found, not_compared
from punchcard.analyses.behaviour import At, Behaviour, activity_title, flagged, number, place
from punchcard.chart import Chart, Flow
from punchcard.chart.flow import Stream
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.result import Cell, Column
from punchcard.timeline.asked.paths import Paths as AskedPaths

if TYPE_CHECKING:
    from punchcard.timeline import paths
    from punchcard.timeline.kernels import Ints


class Paths(Behaviour, AskedPaths, frozen=True, kw_only=True, tag="paths"):
    """What followed what in the sessions of members."""

    needs: ClassVar[tuple[str, ...]] = ("position", "source", "target")

    def people(self) -> str | None:
        """The members who made a move, unless sessions are counted."""
        return "count" if self.count == "members" else None

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A move, or a node at its place on the path."""
        if "node" in labels:
            return {"position": labels["position"], "node": labels["node"]}
        return Behaviour.marked(self, labels)

    def passed(self, frame: Frame) -> "paths.PathsAnswer":
        """The path of each session."""
        from punchcard.timeline import paths

        return paths.paths(frame.timeline(), self, frame.period, frame.members())

    def find(self, frame: Frame) -> Found:
        """One row a move; activities are called by their titles."""
        result = flagged(self.passed(frame).result(), *not_compared(frame))
        if self.by is not None:
            return Found(result)
        ends = [result.index(name) for name in ("source", "target")]
        rows = tuple(
            tuple(activity_title(str(cell), frame.catalog) if n in ends else cell for n, cell in enumerate(row))
            for row in result.rows
        )
        return Found(replace(result, rows=rows))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who made the move `position` from `source` to `target`; with `node`, who was there at that place."""
        found = self.passed(frame)
        nodes = [name if self.by is not None else activity_title(name, frame.catalog) for name in found.nodes]
        if "node" in at:
            return found.there(self._position(at, self.max_steps), found.nodes[place(at, "node", nodes)])
        source, target = (found.nodes[place(at, name, nodes)] for name in ("source", "target"))
        return found.members(self._position(at, self.max_steps - 1), source, target)

    def _position(self, at: At, most: int) -> int:
        position = number(at, "position")
        if not 1 <= position <= most:
            raise QueryError(f"no place {position}: paths of {self.max_steps} have 1 to {most}")
        return position

    def chart(self, found: Found) -> Chart:
        """A Sankey: one stage a place on the path."""
        rows = list(zip(*(found.result.column(n) for n in ("position", "source", "target", "count")), strict=True))
        streams = tuple(
            Stream((int(str(n)) - 1, source), (int(str(n)), target), as_number(count) or 0.0)
            for n, source, target, count in rows
        )
        last = max((stream.end[0] for stream in streams), default=1)
        stages = tuple(Column(f"node_{n}", f"{n + 1}.", "label") for n in range(last + 1))
        return Flow(stages, found.result.columns[found.result.index("count")], streams)
