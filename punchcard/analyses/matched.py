"""Matched: what a campaign without a control group seems to have brought, its assumptions tested in the open.

Weaker than lots and named so. Members whom the campaign wrote to are set against members alike in what they did in an
early stretch of time; the difference in differences from a late stretch to the days after is the estimate. Before it is
believed, the same computation between the two stretches before the campaign must find nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Analysis, Found, Wanted, figures, flag, measure, metric_names
from punchcard.analyses.trial import Sample, bounded, estimate, figured, known_of, money_words
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Interval
from punchcard.errors import QueryError, did_you_mean
from punchcard.frame import Frame
from punchcard.plan.lots import Asked, Everybody, Value, campaign, outcome
from punchcard.result import Cell, Column, Note, Result

LAYERS = 20


@dataclass(frozen=True, eq=False)
class Sides:
    """Treated and others, layer by layer."""

    layers: tuple[st.Layer, ...]
    names: tuple[str, ...]
    treated: int
    without_match: int

    def effect(self, weights: dict[str, float]) -> st.Effect:
        """The effect on a weighted sum of values."""
        return st.layered(self.layers, [weights.get(name, 0.0) for name in self.names])


class Matched(Analysis, frozen=True, kw_only=True, tag="matched"):
    """Difference in differences against members alike before, with a test of parallel trends and a placebo."""

    campaign: Annotated[str, Meta(description="The campaign's number or name.")]
    metric: Annotated[str | Wanted, Meta(description="The outcome.")] = "net_revenue"
    days: Annotated[
        int, Meta(ge=7, le=180, description="For how many days after the first message outcomes count.")
    ] = 28

    def used(self) -> tuple[str, ...]:
        """The outcome."""
        return metric_names((self.metric,))

    def find(self, frame: Frame) -> Found:
        """A row an estimate or test."""
        number, name, brand, start = self._campaign(frame)
        (figure,) = figures((self.metric,))
        asked = outcome(frame.catalog, figure)
        if asked.bottom is not None:
            raise QueryError(f"'{figure.metric}' is a ratio; take a sum or a number of members")
        end = start + timedelta(days=self.days)
        if end > frame.period.end:
            raise QueryError(
                f"the days after '{name}' are not over within the period; it needs data up to {end:%Y-%m-%d}"
            )
        half = self.days // 2
        values = (
            Value("after", 0, self.days),
            Value("late", -self.days, 0),
            Value("early", -2 * self.days, -self.days),
            Value("late_first", -self.days, -half),
            Value("late_second", -half, 0),
        )
        whole = Everybody(start, end, start - timedelta(days=2 * self.days), number, brand)
        known = known_of(frame, whole, Asked(asked, values, layers=LAYERS))
        sides = _sides({(arm, group[0]): one for (arm, group), one in known.items()}, name)
        tests = self._tests(sides)
        shown = measure(frame.catalog, self.metric)
        unit = "pp" if asked.any_row else shown.unit
        columns = (
            Column("reading", "Reading", "label"),
            *bounded(Column("effect", "Effect per member", "measure", unit, better=shown.better)),
            flag("proven"),
        )
        rows = tuple((title, *estimate(one), one is not None and one.p < 0.05) for title, one in tests)
        notes = (
            figured("verdict", self._verdict(frame, tests, name, sides, unit)),
            Note(
                "weaker", "There was no draw: this is weaker than a control group, and a claim only if both tests hold."
            ),
            figured(
                "matching",
                f"{sides.treated:,} members were written to; {sides.without_match:,} of them have nobody like them"
                " among"
                " the others and are left out.",
            ),
        )
        return Found(Result(columns, rows, notes))

    def _campaign(self, frame: Frame) -> tuple[int, str, int | None, datetime]:
        rows = frame.run(campaign(frame.scope(), self.campaign))
        if len(rows) != 1:
            known = [str(row[1]) for row in frame.run(campaign(frame.scope(), None))]
            raise QueryError(
                f"{len(rows)} campaigns are called '{self.campaign}'; give the number"
                if rows
                else f"no campaign '{self.campaign}'{did_you_mean(self.campaign, known)}"
            )
        number, name, brand, start = rows[0]
        if not isinstance(start, datetime):
            raise QueryError(f"'{name}' sent no message, so nobody is treated")
        return int(str(number)), str(name), None if brand is None else int(str(brand)), start

    def _tests(self, sides: Sides) -> tuple[tuple[str, st.Effect | None], ...]:
        wanted = {
            "Difference in differences": {"after": 1.0, "late": -1.0},
            "Placebo: the days before": {"late": 1.0, "early": -1.0},
            "Parallel trends before": {"late_second": 1.0, "late_first": -1.0},
        }
        found: list[tuple[str, st.Effect | None]] = []
        for title, weights in wanted.items():
            try:
                found.append((title, sides.effect(weights)))
            except st.NotEnough:
                found.append((title, None))
        return tuple(found)

    def _verdict(
        self, frame: Frame, tests: tuple[tuple[str, st.Effect | None], ...], name: str, sides: Sides, unit: str
    ) -> str:
        (_, effect), *others = tests
        if effect is None:
            return "No verdict: nobody among the others is like the treated, or nothing varies."
        failed = [title.lower() for title, one in others if one is None or one.p < 0.05]
        if failed:
            return f"No verdict: {' and '.join(failed)} failed, so the groups moved apart before anything was sent."
        words = money_words(frame)
        low, high = (words.exact(round(x, 4), unit) for x in (effect.interval.low, effect.interval.high))
        size = words.exact(round(effect.value, 4), unit)
        if not effect.proven:
            return f"Not proven: {name} changed it by {size} per member ({low} to {high})."
        return f"Likely, though there was no draw: {name} changed it by {size} per member ({low} to {high})."

    def chart(self, found: Found) -> Chart:
        """A forest."""
        return Interval.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            f"Members on record for {2 * self.days} days to whom the campaign sent a message, against all others."
            " Both are"
            f" cut into {LAYERS + 1} layers by what they did from {2 * self.days} to {self.days} days before the first"
            f" message, and each layer weighs as its treated do. The estimate is the change from the {self.days} days"
            " before to as many after, less that of the others. Two tests stand beside it: the same between the two"
            " stretches before (a placebo), and whether the two groups moved alike within the last of them. If either"
            " finds something at 5 %, the estimate is not to be believed; if neither does, that is no proof that"
            " nothing"
            " else set the groups apart."
        )


def _sides(known: dict[tuple[int, Cell], Sample], name: str) -> Sides:
    layers: list[st.Layer] = []
    treated = lost = 0
    names: tuple[str, ...] = ()
    for group in dict.fromkeys(group for _, group in known):
        other, written = known.get((0, group)), known.get((1, group))
        treated += written.joint.n if written else 0
        if other is None or written is None:
            lost += written.joint.n if written else 0
            continue
        names = written.names
        layers.append(st.Layer(other.joint, written.joint))
    if not layers:
        raise QueryError(f"nobody was written to by '{name}' and on record before, or nobody else was")
    return Sides(tuple(layers), names, treated, lost)
