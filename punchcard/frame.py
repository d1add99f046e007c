"""Frame: all that an analysis may build on: figures over rows already cut to viewer, filters and period.

An analysis asks the frame for cells and never sees SQL, a table or another viewer's rows. The frame remembers each
statement it ran, so that an answer can show how it was computed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Dimension, Filter, Reading, Scalar
from punchcard.catalog.metric import Aggregate, Days
from punchcard.engines.base import Engine
from punchcard.period import Bucket, Calendar, Grain, Period, buckets, parse, previous
from punchcard.plan.cells import Figure, Order, cells, members, mixed, of_nothing
from punchcard.plan.people import People
from punchcard.plan.rows import Cut, Kept
from punchcard.plan.scope import Scope
from punchcard.result import Cell, Note
from punchcard.sql import Sql
from punchcard.stats.disclosure import Rule
from punchcard.viewer import Viewer

if TYPE_CHECKING:
    from punchcard.timeline.kernels import Codes
    from punchcard.timeline.read import Scope as Audience
    from punchcard.timeline.read import Timeline
    from punchcard.timeline.spells import Spells
    from punchcard.timelines import Timelines


def hide(value: Cell) -> Cell:
    """A figure that the viewer may not see. Whatever is computed from it is hidden too, as NaN spreads by itself."""
    return None if value is None else Decimal("NaN") if isinstance(value, Decimal) else math.nan


def is_hidden(value: Cell) -> bool:
    """Whether a figure is not to be shown, or was computed from one that is not."""
    return isinstance(value, float | Decimal) and math.isnan(value)


@dataclass
class Frame:
    """What one question is asked of: the rows of a viewer, in a period, under filters."""

    catalog: Catalog
    engine: Engine
    viewer: Viewer
    now: datetime
    timelines: "Timelines"
    period: Period
    today: date
    everything: Period
    comparison: Period | None = None
    filters: tuple[Filter, ...] = ()
    reading: Reading = "at_event"
    known_at: datetime | None = None
    parameters: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    privacy: Rule = field(default_factory=Rule)  # what a brand's viewer may be shown of people
    statements: list[Sql] = field(default_factory=list[Sql])
    notes: list[Note] = field(default_factory=list[Note])

    @property
    def calendar(self) -> Calendar:
        """The project's calendar."""
        return self.catalog.calendar

    def timeline(self) -> "Timeline":
        """What the viewer's members did, in order."""
        return self.timelines.of(self.viewer, self.now, self.known_at)

    def history(self, name: str) -> "Spells":
        """What the viewer's members were over time, such as `segment.SCHEME`."""
        return self.timelines.history(self.viewer, self.now, self.known_at, name)

    def members(self) -> "Audience":
        """Whom the filters leave: members by what they are, read at the end of the period or now."""
        from punchcard.timeline.read import ALL, among

        if not self.filters:
            return ALL
        found = self.run(members(self.scope(), self.cut()))
        return among(self.timeline(), [int(str(row[0])) for row in found])

    def divided(self, breakdown: str | None) -> "tuple[Codes, tuple[str, str]] | None":
        """The group of each member, in a segment or not, and what the groups are called; None if it divides no members.

        Members are in it at the end of the period's data: now, or at the period's start if the question reads so.
        """
        import numpy as np

        from punchcard.timeline.pick import MEMBERS, of_members
        from punchcard.timeline.read import among

        if breakdown is None or not of_members(breakdown):
            return None
        name = breakdown.removeprefix(MEMBERS)
        title = self.catalog.segment(name).title
        timeline = self.timeline()
        inside = self.run(members(self.scope(), replace(self.cut(), filters=(Filter(segment=name),))))
        held = among(timeline, [int(str(row[0])) for row in inside]).members
        return np.where(held, 0, 1).astype(np.int32), (title, f"not: {title}")

    def named(self, period: str) -> Period:
        """Another period by its short name, as the question's own is read."""
        return parse(period, self.calendar, self.today, self.everything)

    def scope(self) -> Scope:
        """A fresh scope for one statement."""
        return Scope(self.catalog, self.viewer, self.now, self.known_at)

    def run(self, statement: Sql) -> tuple[tuple[Cell, ...], ...]:
        """Run a statement of the plan and remember it."""
        self.statements.append(statement)
        return self.engine.run(statement).rows

    def cut(
        self,
        by: Sequence[Dimension] = (),
        grain: Grain | None = None,
        period: Period | None = None,
        filters: Sequence[Filter] = (),
        keep: Kept | None = None,
    ) -> Cut:
        """The cells wanted: the frame's period and filters, unless others are given."""
        span = period or self.period
        return Cut(
            self.buckets(grain, span),
            grain,
            tuple(by),
            (*self.filters, *filters),
            keep or {},
            self.reading,
            self.parameters,
        )

    def cells(self, figures: Sequence[Figure], cut: Cut, order: Order | None = None) -> tuple[tuple[Cell, ...], ...]:
        """Rows of bucket (with a grain), labels of the dimensions, and one value a figure."""
        rows = self.run(cells(self.scope(), cut, figures, order=order))
        self._tell_of_mixtures(figures, cut, rows)
        self._tell_of_days_to_come(figures, cut)
        rows = tuple(_as_they_were(row, cut) for row in rows) if cut.keep else rows
        return rows if self.viewer.brands is None else self._without_persons(figures, cut, rows, order)

    def _without_persons(
        self, figures: Sequence[Figure], cut: Cut, rows: tuple[tuple[Cell, ...], ...], order: Order | None
    ) -> tuple[tuple[Cell, ...], ...]:
        """The rows without figures that could tell of a single person, in an order that does not tell either."""
        people = People(self.scope, lambda statement: self.engine.run(statement).rows, self.privacy)
        first = len(cut.by) + (1 if cut.grain else 0)
        shown = [list(row) for row in rows]
        for position, figure in enumerate(figures, first):
            for place in people.hidden(cut, figure, rows):
                shown[place][position] = hide(shown[place][position])
        if order is not None:
            by = first + [figure.name for figure in figures].index(order.by)
            hidden = sorted((row for row in shown if is_hidden(row[by])), key=lambda row: str(row[:first]))
            shown = [*(row for row in shown if not is_hidden(row[by])), *hidden]
        return tuple(tuple(row) for row in shown)

    def _tell_of_mixtures(self, figures: Sequence[Figure], cut: Cut, rows: tuple[tuple[Cell, ...], ...]) -> None:
        first = len(cut.by) + (1 if cut.grain else 0)
        for position, figure in enumerate(figures, first):
            name = mixed(self.scope(), cut, figure)
            if name is not None and any(row[position] is None for row in rows):
                title = self.catalog.metric(figure.metric).title
                text = f"{title} says nothing of several '{name}' together; filter to one, or break it down by it"
                self.notes.append(Note("mixed", text))

    def _tell_of_days_to_come(self, figures: Sequence[Figure], cut: Cut) -> None:
        """A note on each metric that looks beyond its period into days that are not over."""
        last = cut.buckets[-1].end
        for name in dict.fromkeys(figure.metric for figure in figures):
            for leaf in self.catalog.leaves(name):
                ahead = leaf.over.days_after if isinstance(leaf, Aggregate) and isinstance(leaf.over, Days) else 0
                if ahead and self.calendar.shift(last, ahead) > self.now:
                    text = f"{leaf.title} looks {ahead} days beyond the period, and they are not over: it is not final"
                    note = Note("open", text)
                    self.notes += [] if note in self.notes else [note]

    def nothing(self, figures: Sequence[Figure]) -> tuple[Cell, ...]:
        """What figures are in a cell without rows: a count is truly 0, anything else is no data."""
        (row,) = self.engine.run(of_nothing(self.scope(), self.cut(), figures)).rows
        return row

    def buckets(self, grain: Grain | None, period: Period) -> tuple[Bucket, ...]:
        """The buckets of a period; without a grain the period itself is the only one."""
        if grain is not None:
            return buckets(period, grain, self.calendar, self.now)
        before = previous(period, self.calendar)
        key = self.calendar.day(period.start)
        return (Bucket(key, period.start, period.end, before.start, period.end <= self.now),)


def _as_they_were(row: tuple[Cell, ...], cut: Cut) -> tuple[Cell, ...]:
    """A row whose kept groups, put beside the text that stands for the others, became texts: as what they were."""
    cells = list(row)
    for position, dimension in enumerate(cut.by, 1 if cut.grain else 0):
        kept = cut.keep.get(dimension.name, ())
        texts = {_text(group): group for group in kept if group is not None}
        cells[position] = texts.get(str(cells[position]), cells[position])
    return tuple(cells)


def _text(group: Cell) -> str:
    """A group as SQL writes it."""
    return str(group).lower() if isinstance(group, bool) else str(group)
