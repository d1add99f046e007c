"""Lifetime value: what the members of a cohort have brought in so far, per member who joined, against what they"
" cost."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.lifetime import LifetimeValue
from punchcard.timeline.kernels import Codes, Floats
from punchcard.timeline.read import ALL, Scope, Timeline
from punchcard.timeline.retention import Retention, RetentionAnswer, retention


@dataclass(frozen=True, slots=True)
class LifetimeAnswer:
    """Value per joined member by group, cohort and number of buckets (from 1); NaN where the time is not over."""

    parameters: LifetimeValue
    table: RetentionAnswer
    per_member: Floats

    def mean(self, group: int = 0) -> Floats:
        """Over the cohorts that have had the time, weighed by their members."""
        size = self.table.cells[group, :, :1]
        known = ~np.isnan(self.per_member[group])
        members = (size * known).sum(axis=0)
        total = np.where(known, self.per_member[group] * size, 0).sum(axis=0)
        return np.divide(total, members, out=np.full(len(members), np.nan), where=members > 0)

    def payback(self, curve: Floats) -> int | None:
        """The first bucket in which a curve reaches the cost of a member."""
        cost = self.parameters.cost_per_member
        reached = np.flatnonzero(curve >= cost) if cost is not None else np.empty(0)
        return int(reached[0]) + 1 if len(reached) else None

    def result(self) -> Result:
        """One row a cohort and bucket, and the mean curve."""
        rows, cost = list[tuple[Cell, ...]](), self.parameters.cost_per_member
        for g, label in enumerate(self.table.labels):
            curves = [*zip(self.table.cohorts, self.per_member[g], strict=True), (None, self.mean(g))]
            for cohort, curve in curves:
                for n, value in enumerate(curve):
                    known = None if np.isnan(value) else float(value)
                    ratio = known / cost if known is not None and cost else None
                    rows.append((label, cohort, n + 1, known, ratio, self.payback(curve)))
        columns = (
            Column("value", "Source", "label"),
            Column("cohort", "Joined", "time"),
            Column("interval", str(self.parameters.grain).capitalize(), "label", "integer"),
            Column("per_member", f"{self.parameters.value} per joined member", "measure", "currency", better="higher"),
            Column("over_cost", "Over the cost", "measure", "ratio", better="higher"),
            Column("payback", "Payback", "measure", f"{self.parameters.grain}s", better="lower"),
        )
        return Result(
            columns, tuple(rows), (Note("per_joined", "Per member who joined, not per member still active."),)
        )


def lifetime_value(
    timeline: Timeline,
    parameters: LifetimeValue,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
    groups: tuple[Codes, tuple[str, ...]] | None = None,
) -> LifetimeAnswer:
    """Curves of the cohorts that joined in a period; `groups` divides members, by source for instance."""
    p = parameters
    question = Retention(
        start=p.joining,
        returning=p.earning,
        grain=p.grain,
        intervals=max(p.intervals - 1, 1),
        cohort="first_time",
        clock=p.clock,
        sum_of=p.value,
        where=p.where,
    )
    table = retention(timeline, question, period, scope, known_until=known_until, groups=groups)
    size = table.cells[:, :, :1]
    curve = np.divide(table.sums.cumsum(axis=2), size, out=np.full(table.sums.shape, np.nan), where=size > 0)
    curve[:, ~table.ripe] = np.nan
    return LifetimeAnswer(p, table, curve[:, :, : p.intervals])
