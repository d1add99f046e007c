"""Experiment: two or more arms by several outcomes at once, and the register of what was believed before.

Every arm is set against one baseline. With a few outcomes and arms some comparison looks good by chance, so p-values
are corrected for all of them together; guardrails must not be harmed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Analysis, Found, MetricNames, Wanted, figures, flag, measure, metric_names
from punchcard.analyses.fairness import blocked, checks, ends, notes_of
from punchcard.analyses.trial import (
    AFTER,
    AFTER_BASE,
    Arm,
    Compared,
    Experiment,
    Sample,
    adjusted,
    agreed,
    arms_of,
    compared,
    drawing,
    figured,
    one_of,
    plain,
    registered,
    samples,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Interval, Table
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.cells import Figure
from punchcard.plan.lots import Asked, Outcome, Value, outcome, ranked
from punchcard.result import Cell, Column, Note, Result


@dataclass(frozen=True, slots=True)
class Comparison:
    """One outcome of one arm against the baseline: absolute, as a share of the baseline, and as a belief."""

    metric: str
    title: str
    unit: str
    better: str
    guardrail: bool
    arm: str
    baseline: float
    value: float
    effect: st.Effect
    share: st.Interval | None
    belief: st.Posterior
    chance: float


class Readout(Analysis, frozen=True, kw_only=True, tag="experiment"):
    """Every arm against the baseline by every outcome, with intervals, corrected p-values and beliefs.

    `looks` chooses between one look at the agreed end (`fixed`) and looking at any time (`any_time`): then only members
    whose outcomes are complete count, and the intervals hold at all looks together. `first_day` and `last_day` narrow
    outcomes to days after the draw: retention in the second week is days 7 to 14. With `quantile` sums are compared by
    that quantile of all members instead of the mean.
    """

    metrics: MetricNames = ("net_revenue", "purchasing_members")
    experiment: Annotated[str | None, Meta(description="Its number or name.")] = None
    guardrails: Annotated[tuple[str | Wanted, ...], Meta(description="Outcomes that must not get worse.")] = ()
    margin: Annotated[float, Meta(ge=0, le=1, description="How much worse a guardrail may be, as a share.")] = 0.02
    baseline: Annotated[str, Meta(description="The arm to compare with; the control unless told otherwise.")] = ""
    looks: Literal["fixed", "any_time"] = "fixed"
    planned_members: Annotated[int, Meta(ge=100, description="At which size any-time intervals are tightest.")] = 5_000
    correction: Literal["holm", "benjamini_hochberg"] = "holm"
    before_days: Annotated[int, Meta(ge=0, le=730, description="Past behaviour taken out; 0 leaves it in.")] = 0
    first_day: Annotated[int, Meta(ge=0, le=365)] = 0
    last_day: Annotated[int, Meta(ge=1, le=366)] | None = None
    quantile: Annotated[float, Meta(gt=0, lt=1)] | None = None
    believed_sd: Annotated[float, Meta(gt=0, description="Effects believed likely before, as a share.")] | None = None

    def used(self) -> tuple[str, ...]:
        """All outcomes."""
        return metric_names((*self.metrics, *self.guardrails))

    def find(self, frame: Frame) -> Found:
        """A row an outcome and arm."""
        of = arms_of(frame, one_of(frame, self.experiment))
        base = self._baseline(of)
        reason, notes = self._fair(frame, of, base)
        columns = (
            Column("comparison", "Outcome and arm", "label"),
            Column("uplift", "Difference", "measure", "ratio"),
            Column("low", "From", "low", "ratio", of="uplift"),
            Column("high", "To", "high", "ratio", of="uplift"),
            Column("adjusted", "p for all", "measure", "number"),
            Column("better", "Chance to be better", "measure", "probability"),
            Column("baseline", "Baseline", "measure", "row"),
            Column("arm", "Arm", "measure", "row"),
            Column("effect", "Difference in units", "measure", "row"),
            Column("risk", "Expected loss if chosen", "measure", "row"),
            Column("unit", "Unit", "flag"),
            flag("proven"),
        )
        if reason:
            note = figured("verdict", f"No verdict: {reason}. Mend that first; no figure can be trusted.")
            return Found(Result(columns, (), (note, *notes)))
        found: list[Comparison] = []
        for wanted, guardrail in [(one, False) for one in self.metrics] + [(one, True) for one in self.guardrails]:
            try:
                found += self._compared(frame, of, base, wanted, guardrail)
            except st.NotEnough as error:
                title = measure(frame.catalog, wanted).title
                notes = (*notes, Note("not_enough", f"{title} cannot be compared: {error}."))
        judged = [one for one in found if not one.guardrail]
        correct = st.holm if self.correction == "holm" else st.benjamini_hochberg
        p = correct([one.effect.p for one in judged]) if judged else []
        corrected: dict[int, float] = {id(one): float(value) for one, value in zip(judged, p, strict=True)}
        rows = tuple(self._row(one, corrected.get(id(one)), of) for one in found)
        verdict = figured("verdict", self._verdict(of, base, found, corrected))
        return Found(Result(columns, rows, (verdict, *notes)))

    def _row(self, one: Comparison, p: float | None, of: Experiment) -> tuple[Cell, ...]:
        share = one.effect.value / abs(one.baseline) if one.baseline else None
        proven = p < of.alpha if p is not None else one.effect.proven
        name = f"{one.title}: {one.arm}" + (" (guardrail)" if one.guardrail else "")
        risk = one.belief.risk if one.better != "lower" else one.belief.regret
        low, high = (one.share.low, one.share.high) if one.share is not None else (None, None)
        values = (one.baseline, one.value, one.effect.value, risk)
        return (name, share, low, high, p, one.chance, *values, one.unit, bool(proven))

    def _baseline(self, of: Experiment) -> Arm:
        if not self.baseline:
            return of.arms[0]
        found = next((arm for arm in of.arms if self.baseline in (arm.name, str(arm.id))), None)
        if found is None:
            raise QueryError(
                f"no arm '{self.baseline}' in '{of.name}'; its arms are {', '.join(a.name for a in of.arms)}"
            )
        return found

    def _fair(self, frame: Frame, of: Experiment, base: Arm) -> tuple[str, tuple[Note, ...]]:
        """Why nothing may be read, and what to mind: by the first outcome, the baseline against all other arms."""
        figure = figures(self.metrics)[0]
        marked = replace(of, arms=tuple(replace(arm, is_control=arm.id == base.id) for arm in of.arms))
        back = of.window_days or 28
        sides = compared(frame, marked, outcome(frame.catalog, figure), back)
        found = checks(frame, sides)
        contacted = ("Control not contacted",) if not any(arm.is_control for arm in of.arms) else ()
        early = ("Outcomes complete",) if self.looks == "any_time" else ()
        told = [one for one in found if one.title not in (*contacted, *early)]
        return blocked(told), notes_of(told)

    def _compared(
        self, frame: Frame, of: Experiment, base: Arm, wanted: str | Wanted, guardrail: bool
    ) -> Iterator[Comparison]:
        (figure,) = figures((wanted,))
        asked = outcome(frame.catalog, figure)
        shown = measure(frame.catalog, wanted)
        unit = "share" if asked.any_row else shown.unit
        if self.quantile is not None and asked.bottom is None and not asked.any_row:
            arms = self._quantiles(frame, of, figure, asked)
            known = None
        else:
            known = self._samples(frame, of, asked)
            arms = {arm: one.value("after") for arm, one in known.items()}
        if base.id not in arms:
            raise st.NotEnough(f"nobody counts in the arm '{base.name}' yet")
        for arm in of.arms:
            if arm.id == base.id or arm.id not in arms:
                continue
            left, right = arms[base.id], arms[arm.id]
            effect = self._effect(of, left, right, None if known is None else (known[base.id], known[arm.id]))
            scale = abs(left.mean)
            prior = st.Prior(0.0, self.believed_sd * scale) if self.believed_sd and scale else st.Prior()
            belief = st.posterior(effect, prior, of.level)
            chance = belief.better
            if asked.any_row and not self.believed_sd and not self.before_days:
                hits = [(round(side.mean * side.n), side.n) for side in (left, right)]
                chance = st.chance_of_share(hits[0], hits[1])
            yield Comparison(
                figure.name,
                shown.title,
                unit,
                shown.better,
                guardrail,
                arm.name,
                left.mean,
                right.mean,
                effect,
                self._share(of, left, right, effect),
                belief,
                1 - chance if shown.better == "lower" else chance,
            )

    def _effect(
        self, of: Experiment, left: st.Moments, right: st.Moments, known: tuple[Sample, Sample] | None
    ) -> st.Effect:
        if self.looks == "any_time":
            return st.always_valid(left, right, tuned_for=self.planned_members, level=of.level)
        if known is None:
            return st.welch(left, right, of.level)
        if self.before_days:
            return adjusted(known[0], known[1], of.level)
        return plain(known[0], known[1], of.level)

    def _share(self, of: Experiment, left: st.Moments, right: st.Moments, effect: st.Effect) -> st.Interval | None:
        """The interval as a share of the baseline; none where the baseline may be zero."""
        try:
            fieller = st.relative(left, right, of.level).interval
        except st.NotEnough:
            return None
        if self.looks == "fixed" and not self.before_days:
            return fieller
        return st.Interval(effect.interval.low / abs(left.mean), effect.interval.high / abs(left.mean))

    def _samples(self, frame: Frame, of: Experiment, asked: Outcome) -> dict[int, Sample]:
        values = [replace(AFTER, first=self.first_day, last=self.last_day)]
        if self.before_days:
            values.append(Value("before", -self.before_days, 0))
        if asked.bottom is not None:
            values.append(replace(AFTER_BASE, first=self.first_day, last=self.last_day))
            if self.before_days:
                values.append(Value("before_base", -self.before_days, 0, bottom=True))
        found = samples(frame, of, Asked(asked, tuple(values)), ripe=self.looks == "any_time")
        return {arm: one for (arm, _), one in found.items()}

    def _quantiles(self, frame: Frame, of: Experiment, figure: Figure, asked: Outcome) -> dict[int, st.Moments]:
        """A quantile of each arm with its standard error, from three ordered values (Deng, Knoblich and Lu 2018)."""
        q = self.quantile or 0.5
        lots = replace(drawing(frame, of), ripe=self.looks == "any_time")
        wanted = Asked(asked, (replace(AFTER, first=self.first_day, last=self.last_day),))
        found: dict[int, st.Moments] = {}
        for arm in of.arms:
            half = 1.959963984540054 * (q * (1 - q) / max(arm.drawn, 1)) ** 0.5
            if not half < min(q, 1 - q):
                raise st.NotEnough(f"{arm.drawn} members are too few for an interval of the {q:g} quantile")
            for other, _, n, middle, low, _, high in frame.run(
                ranked(frame.scope(), frame.cut(), lots, wanted, (q - half, q, q + half))
            ):
                if int(str(other)) != arm.id:
                    continue
                width = float(str(high)) - float(str(low))
                if width <= 0:
                    raise st.NotEnough(
                        f"too many members share the {q:g} quantile of '{figure.name}' ({float(str(middle)):g})"
                    )
                se = width / (2 * 1.959963984540054)
                found[arm.id] = st.Moments(int(str(n)), float(str(middle)), se**2 * int(str(n)))
        return found

    def _verdict(self, of: Experiment, base: Arm, found: list[Comparison], corrected: dict[int, float]) -> str:
        judged = [one for one in found if not one.guardrail]
        if not judged:
            return "No verdict: there is nothing to compare yet."
        proven = [one for one in judged if corrected[id(one)] < of.alpha]
        harmed = [one for one in found if one.guardrail and self._worse(one)]
        unsafe = [one for one in found if one.guardrail and not self._safe(one)]
        many = f", corrected for {len(judged)} comparisons" if len(judged) > 1 else ""
        if not proven:
            said = f"Not proven: no arm differs from '{base.name}' by more than chance may do{many}."
        else:
            parts = [
                f"'{one.arm}' has {'more' if one.effect.value > 0 else 'less'} {one.title.lower()} than '{base.name}'"
                for one in proven
            ]
            said = f"Proven{many}: {'; '.join(parts)}."
        if harmed:
            said += (
                f" Guardrail broken: {', '.join(f'{one.title.lower()} ({one.arm})' for one in harmed)}; do not go on."
            )
        elif unsafe:
            said += f" Not shown to be harmless: {', '.join(f'{one.title.lower()} ({one.arm})' for one in unsafe)}."
        return said

    def _worse(self, one: Comparison) -> bool:
        sign = -1 if one.better == "lower" else 1
        return one.effect.proven and sign * one.effect.value < 0

    def _safe(self, one: Comparison) -> bool:
        """Whether the interval leaves out harm beyond the margin."""
        if one.share is None:
            return False
        return one.share.high < self.margin if one.better == "lower" else one.share.low > -self.margin

    def chart(self, found: Found) -> Chart:
        """A forest."""
        return Interval.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        looks = (
            "One look at the agreed end: looking again and again finds effects that are not there."
            if self.looks == "fixed"
            else "You may look at any time: the intervals hold at all looks together (an asymptotic confidence"
            " sequence), and only members whose outcomes are complete count. As a share, the baseline's mean is taken"
            " as known."
        )
        correction = {"holm": "Holm", "benjamini_hochberg": "Benjamini and Hochberg"}[self.correction]
        return (
            f"Everybody drawn into an arm counts, reached or not. {looks} p-values are corrected for all outcomes and"
            " arms"
            f" ({correction}); guardrails are held against zero each, and are harmless if their interval leaves out"
            f" {self.margin:.0%} of harm. The chance to be better and the expected loss take effects of any size as"
            " equally"
            " likely before, unless a belief is given; those of shares are exact. A ratio's error is by members (delta"
            " method)."
        )


class Best(Analysis, frozen=True, kw_only=True, tag="experiment_arms"):
    """The arms of one experiment beside each other, with the chance of each to be the best by one outcome."""

    experiment: Annotated[str | None, Meta(description="Its number or name.")] = None
    metric: str | Wanted = "net_revenue"

    def used(self) -> tuple[str, ...]:
        """The outcome."""
        return metric_names((self.metric,))

    def find(self, frame: Frame) -> Found:
        """A row an arm."""
        of = arms_of(frame, one_of(frame, self.experiment))
        (figure,) = figures((self.metric,))
        asked = outcome(frame.catalog, figure)
        values = (AFTER,) if asked.bottom is None else (AFTER, AFTER_BASE)
        known = {arm: one for (arm, _), one in samples(frame, of, Asked(asked, values)).items()}
        shown = measure(frame.catalog, self.metric)
        unit = "share" if asked.any_row else shown.unit
        columns = (
            Column("arm", "Arm", "label"),
            Column("best", "Chance to be the best", "measure", "probability"),
            Column("mean", f"{shown.title} per member", "measure", unit, better=shown.better),
            Column("members", "Members", "measure", "members"),
            Column("drawn", "Records drawn", "measure", "count"),
            Column("planned", "Planned share", "measure", "share"),
        )
        arms = [arm for arm in of.arms if arm.id in known]
        sign = -1 if shown.better == "lower" else 1
        means = [known[arm.id].value("after") for arm in arms]
        notes: tuple[Note, ...] = ()
        try:
            chances = st.chances_to_be_best([replace(one, mean=sign * one.mean) for one in means])
        except st.NotEnough as error:
            chances, notes = (None,) * len(arms), (Note("not_enough", f"Which is best cannot be told: {error}."),)
        rows = tuple(
            (arm.name, chance, one.mean, one.n, arm.drawn, arm.planned)
            for arm, one, chance in zip(arms, means, chances, strict=True)
        )
        return Found(Result(columns, rows, notes))

    def chart(self, found: Found) -> Chart:
        """A table."""
        return Table.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Means over everybody drawn into each arm. The chance to be the best takes all means as equally likely"
            " before"
            " and normal after; it is exact and not simulated, and it is no proof: the readout corrects for several"
            " arms."
        )


class Register(Analysis, frozen=True, kw_only=True, tag="experiment_register"):
    """All experiments with what was believed before, when that was written down, and what came of it."""

    metric: str | Wanted = "net_revenue"
    top: Annotated[int, Meta(ge=1, le=100, description="How many, the latest first.")] = 40

    def used(self) -> tuple[str, ...]:
        """The outcome where no other was agreed on."""
        return metric_names((self.metric,))

    def find(self, frame: Frame) -> Found:
        """A row an experiment that began before the period's end, the latest first."""
        columns = (
            Column("experiment", "Experiment", "label"),
            Column("kind", "Kind", "label"),
            Column("statement", "Stated", "label"),
            Column("stated", "Before the start", "label"),
            Column("started", "Began", "label", "day"),
            Column("outcome", "Judged by", "label"),
            Column("expected", "Expected", "measure", "number"),
            Column("measured", "Measured", "measure", "number"),
            Column("p", "p", "measure", "number"),
            Column("verdict", "Verdict", "label"),
            Column("status", "Decided", "label"),
        )
        begun = [one for one in registered(frame) if one.starts_at is not None and one.starts_at < frame.period.end]
        rows = tuple(self._row(frame, one) for one in reversed(begun[-self.top :]))
        late = sum(1 for row in rows if str(row[3]).startswith("no"))
        told = f"{late} of {len(rows)} experiments were not stated before their start: they explore, and prove nothing."
        notes = (Note("late", told),) if late else ()
        return Found(Result(columns, rows, notes))

    def _row(self, frame: Frame, one: Experiment) -> tuple[Cell, ...]:
        metric = one.primary_metric or one.metric
        known = metric is not None and metric in frame.catalog.metrics
        wanted = metric if known and metric is not None else self.metric
        one, effect, verdict = self._read(frame, one, wanted)
        day = frame.calendar.day(one.starts_at) if one.starts_at else None
        return (
            one.name,
            one.kind.replace("_", " "),
            one.statement or "nothing stated",
            stated(one),
            day,
            measure(frame.catalog, wanted).title,
            one.expected if one.expected is not None else one.planned_effect,
            effect.value if effect else None,
            effect.p if effect else None,
            verdict,
            decided(one, ends(one)),
        )

    def _read(self, frame: Frame, one: Experiment, wanted: str | Wanted) -> tuple[Experiment, st.Effect | None, str]:
        """The experiment with its arms, its effect if there is one to show, and the verdict in a word."""
        of = one
        try:
            (figure,) = figures((wanted,))
            of = arms_of(frame, one)
            base = of.arms[0]
            marked = replace(of, arms=tuple(replace(arm, is_control=arm.id == base.id) for arm in of.arms))
            sides: Compared = compared(frame, marked, outcome(frame.catalog, figure), of.window_days or 28)
        except QueryError as error:
            return of, None, f"not readable: {error}"
        found = checks(frame, sides)
        if reason := blocked(found):
            return of, None, f"withheld: {reason}"
        effect = agreed(sides).effect
        if effect is None:
            return of, None, "not enough to read"
        if any(check.title == "Outcomes complete" and not check.holds for check in found):
            return of, None, "still running"
        return of, effect, ("proven" if effect.p < of.alpha else "not proven")

    def chart(self, found: Found) -> Chart:
        """A table."""
        return Table.of(found.result, bars=())

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Hypotheses and experiments come from the project's files (the tables 'hypothesis' and 'experiment'). A"
            " hypothesis counts as stated before if it was written down before the experiment began. Each experiment is"
            " read by the outcome and in the way agreed for it, all other arms against the control or the first arm;"
            " one"
            " whose outcomes are not complete shows no figure, so that nobody decides on an early look."
        )


def stated(one: Experiment) -> str:
    """Whether the belief was written down before the start."""
    if one.statement is None:
        return "nothing stated"
    if one.stated_at is None or one.starts_at is None:
        return "no date recorded"
    if one.stated_at <= one.starts_at:
        return "yes"
    return f"no, {_days(one.starts_at, one.stated_at)} after it"


def decided(one: Experiment, end: datetime | None) -> str:
    """Where the decision stands, and whether it was taken before the outcomes were complete."""
    if one.decided_at is None:
        return one.status or "open"
    early = end is not None and one.decided_at < end
    return f"{one.status or 'decided'}{f', {_days(one.decided_at, end)} too early' if early and end else ''}"


def _days(first: datetime, then: datetime) -> str:
    days = max(1, (then - first).days)
    return f"{days} day{'s' if days > 1 else ''}"
