"""Flow: who went from where to where, as a Sankey of two or more stages. Mirrored where reading begins on the right."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from markupsafe import Markup

from punchcard.chart.html import element, figure, number
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.layout.scene import Bar, Mark, Ribbon, drawn, plane
from punchcard.chart.layout.sheet import Box, Look, Sheet
from punchcard.chart.palette import series_role
from punchcard.chart.series import as_number
from punchcard.chart.voice import Voice
from punchcard.result import Cell, Column, Result

THICK = 2.0  # of the width, a node
AIR = 5.0  # of the height, between two nodes
LEAST = 0.4  # of the height, so that the smallest node can still be seen

Node = tuple[int, Cell]


@dataclass(frozen=True, slots=True)
class Stream:
    """Members who went from one node to the next."""

    start: Node
    end: Node
    count: float


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a node lies on the plane, what passes through it, and how many were there."""

    x: float
    top: float
    height: float
    total: float
    count: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Streams between stages; a node is as high as what passes through it.

    `nodes` says how many were at a node where its streams do not: who stayed there, or went several ways.
    """

    kind: ClassVar[str] = "flow"
    stages: tuple[Column, ...]
    measure: Column
    streams: tuple[Stream, ...]
    nodes: Mapping[Node, float] = field(default_factory=dict[Node, float])

    @classmethod
    def of(cls, result: Result) -> "Flow":
        """The streams of a result: each label column is a stage, from left to right; the measure says how many."""
        stages, measure = result.of_role("label"), result.of_role("measure")[0]
        counts: dict[tuple[Node, Node], float] = defaultdict(float)
        columns = [result.column(stage.name) for stage in stages]
        for row, value in enumerate(result.column(measure.name)):
            for stage in range(len(stages) - 1):
                start, end = columns[stage][row], columns[stage + 1][row]
                if end is not None:
                    counts[(stage, start), (stage + 1, end)] += as_number(value) or 0.0
        return cls(stages, measure, tuple(Stream(start, end, count) for (start, end), count in counts.items() if count))

    @property
    def empty(self) -> bool:
        """Whether nobody went anywhere."""
        return not self.streams

    def html(self, voice: Voice) -> Markup:
        """The chart for a page."""
        spots = self._spots()
        labels = (self._label(node, spot, voice) for node, spot in spots.items())
        return element("div", plane(self._marks(spots, voice)), *labels, class_="flow", data_pointing="flow")

    def svg(self, box: Box, voice: Voice, sheet: Sheet) -> str:
        """The chart for an export."""
        spots = self._spots()
        marks = self._marks(spots, voice)
        if sheet.rtl:
            marks = tuple(_mirrored(mark) for mark in marks)
        parts = [drawn(marks, box, sheet)]
        for node, spot in spots.items():
            words = f"{voice.format.label(node[1])}  {voice.format.short(spot.count, self.measure.unit)}"
            last = node[0] == len(self.stages) - 1
            at = 100 - spot.x if last else spot.x + THICK
            on_right = last != sheet.rtl
            x, y = box.at(100 - at - 1 if on_right else at + 1, spot.top + spot.height / 2)
            parts.append(sheet.text(x, y + 4, words, Look(weight=500), anchor="end" if on_right else "start"))
        return "".join(parts)

    def grid(self, voice: Voice) -> Grid:
        """The data table: a row a stream, with its share of where it came from."""
        left: dict[Node, float] = defaultdict(float)
        for stream in self.streams:
            left[stream.start] += stream.count
        heads = (
            Head(voice._("From"), numeric=False),
            Head(voice._("To"), numeric=False),
            Head(self.measure.title),
            Head(voice._("of its origin")),
        )
        lines = tuple(
            Line(
                (
                    GridCell(voice.format.label(stream.start[1]), numeric=False),
                    GridCell(voice.format.label(stream.end[1]), numeric=False),
                ),
                (
                    GridCell(voice.format.exact(stream.count, self.measure.unit), href=_behind(stream, voice)),
                    GridCell(voice.format.exact(stream.count / left[stream.start], "ratio")),
                ),
            )
            for stream in self.streams
        )
        return Grid((heads,), lines, self.measure.title)

    def _label(self, node: Node, spot: _Spot, voice: Voice) -> Markup:
        last = node[0] == len(self.stages) - 1
        at = 100 - spot.x if last else spot.x + THICK
        side = "inset-inline-end" if last else "inset-inline-start"
        return element(
            "span",
            self._named(node, voice),
            " ",
            element("b", figure(voice.format.short(spot.count, self.measure.unit))),
            style=f"{side}:{number(at)}%;top:{number(spot.top + spot.height / 2)}%",
            title=f"{self.measure.title}: {voice.format.exact(spot.count, self.measure.unit)}",
        )

    @staticmethod
    def _named(node: Node, voice: Voice) -> Markup:
        name = element("bdi", voice.format.label(node[1]))
        href = voice.behind({"position": node[0] + 1, "node": node[1]})
        return element("a", name, href=href) if href else name

    def _spots(self) -> dict[Node, _Spot]:
        into: dict[Node, float] = defaultdict(float)
        out: dict[Node, float] = defaultdict(float)
        names: dict[Cell, None] = {}
        for stream in self.streams:
            out[stream.start] += stream.count
            into[stream.end] += stream.count
            names[stream.start[1]] = None
        names |= {stream.end[1]: None for stream in self.streams}
        nodes = [(stage, name) for stage in range(len(self.stages)) for name in names]
        total = {
            node: max(into[node], out[node], self.nodes.get(node, 0.0)) for node in nodes if into[node] or out[node]
        }
        by_stage: dict[int, list[Node]] = defaultdict(list)
        for node in total:
            by_stage[node[0]].append(node)
        most = max(len(column) for column in by_stage.values())
        tallest = max(sum(total[node] for node in column) for column in by_stage.values())
        per_member = (100 - AIR * (most - 1)) / tallest
        spots: dict[Node, _Spot] = {}
        for stage, column in by_stage.items():
            x = stage / (len(self.stages) - 1) * (100 - THICK)
            used = sum(total[node] for node in column) * per_member
            air = min(AIR * 2, (100 - used) / (len(column) - 1)) if len(column) > 1 else 0.0
            top = 0.0
            for node in column:
                height = total[node] * per_member
                spots[node] = _Spot(x, top, max(LEAST, height), total[node], self.nodes.get(node, total[node]))
                top += height + air
        return spots

    def _marks(self, spots: dict[Node, _Spot], voice: Voice) -> tuple[Mark, ...]:
        names = tuple(dict.fromkeys(name for _, name in spots))
        roles = {name: series_role(place) for place, name in enumerate(names)}
        left: dict[Node, float] = {node: spot.top for node, spot in spots.items()}
        right = dict(left)
        ribbons: list[Mark] = []
        order = {node: place for place, node in enumerate(spots)}
        for stream in sorted(self.streams, key=lambda one: (order[one.start], order[one.end])):
            start, end = spots[stream.start], spots[stream.end]
            thick = stream.count / start.total * start.height
            y0, y1 = left[stream.start], right[stream.end]
            left[stream.start] += thick
            right[stream.end] += thick
            role, href = roles[stream.start[1]], _behind(stream, voice)
            ribbons.append(Ribbon(start.x + THICK, y0, end.x, y1, thick, role, href))
        nodes = [
            Bar(
                spot.x,
                spot.top,
                THICK,
                spot.height,
                roles[node[1]],
                voice.behind({"position": node[0] + 1, "node": node[1]}),
            )
            for node, spot in spots.items()
        ]
        return (*ribbons, *nodes)


def _behind(stream: Stream, voice: Voice) -> str | None:
    return voice.behind({"position": stream.start[0] + 1, "source": stream.start[1], "target": stream.end[1]})


def _mirrored(mark: Mark) -> Mark:
    match mark:
        case Bar():
            return replace(mark, x=100 - mark.x - mark.width)
        case Ribbon():
            return replace(mark, x0=100 - mark.x0, x1=100 - mark.x1)
        case _:
            return mark
