"""Sketch: the parts of a question that Explore lets a reader change, and how they go from one chart to another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from punchcard.analyses import AnyAnalysis
from punchcard.analyses.base import By, Wanted, dimension_name, metric_names
from punchcard.analyses.distribution import Distribution
from punchcard.analyses.number import Number
from punchcard.analyses.pivot import Pivot
from punchcard.analyses.ranking import Ranking
from punchcard.analyses.table import Spread, Table
from punchcard.analyses.trend import Trend
from punchcard.period import Grain

Relative = Literal["row", "column", "total"]
Named = tuple[str | Wanted, ...]
Cuts = tuple[str | By, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to show figures: how many metrics and breakdowns it needs and takes."""

    metrics: tuple[int, int]
    cuts: tuple[int, int]
    adds_up: bool = False  # its parts are put together, so they must add up
    time: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "figure": Kind((1, 24), (0, 0)),
    "line": Kind((1, 24), (0, 1), time=True),
    "area": Kind((1, 24), (0, 1), time=True),
    "column": Kind((1, 24), (0, 1), time=True),
    "stacked": Kind((1, 1), (1, 1), adds_up=True, time=True),
    "share": Kind((1, 1), (1, 1), adds_up=True, time=True),
    "bar": Kind((1, 1), (1, 1)),
    "table": Kind((1, 24), (1, 6)),
    "pivot": Kind((1, 24), (1, 2)),
    "heat": Kind((1, 1), (2, 2)),
    "distribution": Kind((1, 1), (0, 0)),
    "scatter": Kind((2, 2), (1, 1)),
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """A question on its way: metrics, breakdowns, how it is shown, and what only some charts have."""

    kind: str
    metrics: Named
    cuts: Cuts = ()
    grain: Grain | None = None
    top: int = 10
    moving_average: int | None = None
    cumulative: bool = False
    share: bool = False
    ascending: bool = False
    relative: Relative | None = None
    per: str | By = "member_id"

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics by name."""
        return metric_names(self.metrics)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions by name."""
        return tuple(dimension_name(one) for one in self.cuts)

    def of_kind(self, kind: str) -> "Sketch":
        """The same question in another chart, without what that chart cannot take."""
        wanted = KINDS[kind]
        return replace(self, kind=kind, metrics=self.metrics[: wanted.metrics[1]], cuts=self.cuts[: wanted.cuts[1]])

    def with_metrics(self, metrics: Named) -> "Sketch":
        """The question about other metrics, in a chart that takes that many."""
        least, most = KINDS[self.kind].metrics
        kind = self.kind if least <= len(metrics) <= most else ("table" if self.cuts else "line")
        return replace(self, metrics=metrics, kind=kind)

    def with_cuts(self, cuts: Cuts) -> "Sketch":
        """The question broken down otherwise, in a chart that takes that many breakdowns."""
        least, most = KINDS[self.kind].cuts
        kind = self.kind
        if not least <= len(cuts) <= most:
            kind = ("line", "table" if len(self.metrics) > 1 else "bar", "pivot")[min(len(cuts), 2)]
        return replace(self, cuts=cuts, kind=kind)

    def analysis(self) -> AnyAnalysis:
        """The question as an analysis."""
        return _ANALYSIS[self.kind](self)


def _figure(one: Sketch) -> Number:
    return Number(metrics=one.metrics, trend=len(one.metrics) == 1, grain=one.grain)


def _trend(one: Sketch) -> Trend:
    return Trend(
        metrics=one.metrics,
        grain=one.grain,
        by=one.cuts[0] if one.cuts else None,
        top=min(one.top, 50),
        moving_average=None if one.cuts else one.moving_average,
        cumulative=one.cumulative,
        look=one.kind,  # type: ignore[arg-type]  # only kinds that are looks of a trend come here
    )


def _bars(one: Sketch) -> Ranking:
    return Ranking(metrics=one.metrics, by=one.cuts[0], top=one.top, ascending=one.ascending, share=one.share)


def _table(one: Sketch) -> Table:
    return Table(metrics=one.metrics, by=one.cuts, limit=one.top, ascending=one.ascending)


def _pivot(one: Sketch) -> Pivot:
    look = "heat" if one.kind == "heat" else "table"
    return Pivot(metrics=one.metrics, rows=one.cuts[:1], columns=one.cuts[1:], relative=one.relative, look=look)


def _scatter(one: Sketch) -> Spread:
    x, y = one.names
    return Spread(x=x, y=y, by=one.cuts[0])


def _distribution(one: Sketch) -> Distribution:
    return Distribution(metric=one.names[0], per=one.per)


_ANALYSIS: Final[Mapping[str, Callable[[Sketch], AnyAnalysis]]] = {
    "figure": _figure,
    "line": _trend,
    "area": _trend,
    "column": _trend,
    "stacked": _trend,
    "share": _trend,
    "bar": _bars,
    "table": _table,
    "pivot": _pivot,
    "heat": _pivot,
    "distribution": _distribution,
    "scatter": _scatter,
}


def sketched(ask: AnyAnalysis) -> Sketch | None:
    """The sketch of an analysis; None of a kind that Explore has no controls for."""
    found: Sketch | None = None
    match ask:
        case Number():
            found = Sketch("figure", ask.metrics, grain=ask.grain)
        case Trend():
            cuts = () if ask.by is None else (ask.by,)
            found = Sketch(ask.look, ask.metrics, cuts, ask.grain, ask.top, ask.moving_average, ask.cumulative)
        case Ranking():
            kind = "bar" if ask.look == "bar" and len(ask.metrics) == 1 else "table"
            found = Sketch(kind, ask.metrics, (ask.by,), top=ask.top, share=ask.share, ascending=ask.ascending)
        case Table():
            found = Sketch("table", ask.metrics, ask.by, top=ask.limit, ascending=ask.ascending)
        case Pivot():
            kind = "heat" if ask.look == "heat" and len(ask.rows) == len(ask.columns) == 1 else "pivot"
            found = Sketch(kind, ask.metrics, (*ask.rows, *ask.columns)[:2], relative=ask.relative)
        case Spread():
            found = Sketch("scatter", (ask.x, ask.y), (ask.by,))
        case Distribution():
            found = Sketch("distribution", (ask.metric,), per=ask.per)
        case _:
            pass
    return found
