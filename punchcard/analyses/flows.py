"""Flows: what members do after one another."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found, not_compared
from punchcard.analyses.behaviour import At, Behaviour, activity_title, flagged, number, place
from punchcard.chart import Chart, Flow
from punchcard.chart.flow import Node, Stream
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.result import Cell, Column, Note
from punchcard.timeline.asked.paths import Paths as AskedPaths

if TYPE_CHECKING:
    from punchcard.timeline import paths
    from punchcard.timeline.kernels import Ints


SESSIONS = "The figures count sessions; the list behind one gives their members, each once."


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
        """One row a move, and how many were at its two ends at all; activities are called by their titles."""
        passed = self.passed(frame)
        notes = (Note("sessions", SESSIONS),) if self.count == "sessions" else ()
        result = flagged(passed.result(), *not_compared(frame), *notes)
        there = passed.places()
        titles = {name: name if self.by is not None else activity_title(name, frame.catalog) for name in passed.nodes}
        rows: list[tuple[Cell, ...]] = []
        for row in result.rows:
            position, source, target = int(str(row[0])), str(row[1]), str(row[2])
            ends = (there[position, source], there[position + 1, target])
            rows.append((position, titles[source], titles[target], *row[3:], *ends))
        ends = (
            Column("at_source", "At its origin", "measure", self.count),
            Column("at_target", "At its end", "measure", self.count),
        )
        return Found(replace(result, columns=(*result.columns, *ends), rows=tuple(rows)))

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
        """A Sankey: one stage a place on the path, with all that were at a node, whether they went on or not."""
        names = ("position", "source", "target", "count", "at_source", "at_target")
        streams: list[Stream] = []
        nodes: dict[Node, float] = {}
        for place_, source, target, *counts in zip(*(found.result.column(name) for name in names), strict=True):
            stage = int(str(place_))
            count, left, came = (as_number(one) or 0.0 for one in counts)
            stream = Stream((stage - 1, source), (stage, target), count)
            streams.append(stream)
            nodes |= {stream.start: left, stream.end: came}
        last = max((stream.end[0] for stream in streams), default=1)
        stages = tuple(Column(f"node_{n}", f"{n + 1}.", "label") for n in range(last + 1))
        return Flow(stages, found.result.columns[found.result.index("count")], tuple(streams), nodes)
