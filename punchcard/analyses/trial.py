"""Trial: one experiment, its arms, the values of everybody drawn, and the ways to read them.

What experiments and campaigns with a control group have in common. A reading compares everybody drawn (intention to
treat), whoever was reached and whoever bought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Analysis, Wanted, figures, measure
from punchcard.chart.series import as_number
from punchcard.errors import QueryError, did_you_mean
from punchcard.format import Format
from punchcard.frame import Frame
from punchcard.plan.lots import Asked, Drawing, Everybody, Outcome, Value, counts, experiments, moments, outcome
from punchcard.result import Cell, Column, Note

AFTER, AFTER_BASE = Value("after"), Value("after_base", bottom=True)


@dataclass(frozen=True, slots=True)
class Arm:
    """A group of an experiment: its planned share and the records drawn into it."""

    id: int
    name: str
    is_control: bool
    planned: float | None
    drawn: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment as it was registered, with its arms, and with the hypothesis that it tests."""

    id: int
    ref: str
    name: str
    kind: str
    starts_at: datetime | None
    ends_at: datetime | None
    window_days: int | None
    alpha: float
    power: float
    planned_effect: float | None
    primary_metric: str | None
    analysis: str
    campaign_ref: str | None
    statement: str | None
    metric: str | None
    expected: float | None
    owner: str | None
    status: str | None
    stated_at: datetime | None
    decided_at: datetime | None
    arms: tuple[Arm, ...] = ()
    last_draw: datetime | None = None
    crossed: int = 0

    @property
    def open_ended(self) -> bool:
        """Whether the question's period says which outcomes count: of a global control, or where no end was planned."""
        return self.kind == "global_control" or (self.window_days is None and self.ends_at is None)

    @property
    def level(self) -> float:
        """The confidence of its intervals, as agreed beforehand."""
        return 1 - self.alpha


@dataclass(frozen=True, eq=False)
class Sample:
    """What is known of the members of one arm: the joint moments of named values, and how many of them bought."""

    names: tuple[str, ...]
    joint: st.Joint
    buyers: int
    is_ratio: bool = False
    is_share: bool = False

    def weights(self, name: str) -> list[float]:
        """The combination that is one value alone."""
        return [float(known == name) for known in self.names]

    def value(self, name: str) -> st.Moments:
        """The moments of a value; a ratio's by the delta method."""
        if f"{name}_base" not in self.names:
            return self.joint.moments(self.weights(name))
        return st.ratio(self.joint.pair(self.weights(name), self.weights(f"{name}_base")))

    def pair(self, first: str, second: str) -> st.Pair:
        """The moments of two values together; those of a ratio as they vary around it."""
        a, b = self._linear(first), self._linear(second)
        known = self.joint.pair(a, b)
        return replace(known, mean_x=self.value(first).mean, mean_y=self.value(second).mean) if self.is_ratio else known

    def _linear(self, name: str) -> list[float]:
        if f"{name}_base" not in self.names:
            return self.weights(name)
        base = float(st.numpy.dot(self.weights(f"{name}_base"), self.joint.mean))
        if base == 0:
            raise st.NotEnough("the denominator sums to zero, so there is no ratio")
        quotient = self.value(name).mean
        return [
            top / base - quotient * bottom / base
            for top, bottom in zip(self.weights(name), self.weights(f"{name}_base"), strict=True)
        ]

    def __add__(self, other: Sample) -> Sample:
        return replace(self, joint=self.joint + other.joint, buyers=self.buyers + other.buyers)


class Trial(Analysis, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question about one experiment: which, by which outcome, and how far it looks back for what members did before.

    Filters on what the lot knows of a member (segment, attribute, tier, layer) choose members; all others choose which
    purchases are outcomes. `listed` says that its rows are of members drawn, who can be listed.
    """

    listed: ClassVar[bool] = False

    experiment: Annotated[
        str | None,
        Meta(description="Its number or name, or its campaign's name; may be left out if the viewer sees only one."),
    ] = None
    metric: Annotated[str | Wanted, Meta(description="The outcome: what is compared between the arms.")] = "net_revenue"
    before_days: (
        Annotated[int, Meta(ge=1, le=730, description="Days before the draw that tell what members did anyway.")] | None
    ) = None

    def used(self) -> tuple[str, ...]:
        """The outcome."""
        return (self.metric if isinstance(self.metric, str) else self.metric.metric,)

    def chosen(self, frame: Frame) -> Experiment:
        """The experiment that is meant, with its arms."""
        return arms_of(frame, one_of(frame, self.experiment))

    def column(self, frame: Frame, name: str = "effect", title: str = "Effect per member") -> Column:
        """The column of an effect in the outcome's unit."""
        known = measure(frame.catalog, self.metric)
        unit = "pp" if known.unit in ("members", "ratio", "share", "probability") else known.unit
        return Column(name, title, "measure", unit, better=known.better)

    def outcome(self, frame: Frame) -> Outcome:
        """The outcome as it is added up for each member."""
        (figure,) = figures((self.metric,))
        return outcome(frame.catalog, figure)

    def back(self, frame: Frame, of: Experiment) -> int:
        """How many days before the draw are looked at: as many as outcomes count, unless told otherwise."""
        if self.before_days is not None:
            return self.before_days
        if of.window_days is not None and not of.open_ended:
            return of.window_days
        last = of.ends_at or frame.period.end
        return max(7, min(365, (last - (of.starts_at or frame.period.start)).days))


def figured(kind: str, text: str) -> Note:
    """A note that tells figures, hidden from whom the rows' own are hidden."""
    return Note(kind, text, figures=True)


def money_words(frame: Frame) -> Format:
    """How figures are written in sentences."""
    return Format.of("en", currency=frame.catalog.currency)


def one_of(frame: Frame, named: str | None) -> Experiment:
    """The experiment of a number or name, or else of a campaign's name; QueryError unless one answers to it."""
    found = registered(frame, named)
    found = tuple(one for one in found if named in (one.ref, one.name)) or found
    if len(found) == 1:
        return found[0]
    if not found:
        known = [text for one in registered(frame) for text in (one.name, one.ref)]
        raise QueryError(
            f"no experiment '{named}'{did_you_mean(named, known)}" if named else "there is no experiment in the data"
        )
    listed = ", ".join(f"{one.ref} ({one.name})" for one in found[:5])
    raise QueryError(
        f"{len(found)} experiments are called '{named}': {listed}; give the number"
        if named
        else f"say which 'experiment': {listed}{', ...' if len(found) > 5 else ''}"
    )


def registered(frame: Frame, named: str | None = None) -> tuple[Experiment, ...]:
    """The experiments that the viewer sees, without their arms, in the order in which they began."""
    return tuple(_experiment(row) for row in frame.run(experiments(frame.scope(), named)))


def _experiment(row: Sequence[Cell]) -> Experiment:
    (number, ref, name, kind, starts, ends, window, alpha, power, mde, primary, analysis, _, campaign, _, *belief) = row
    statement, metric, expected, owner, status, stated, decided = belief
    return Experiment(
        int(str(number)),
        str(ref),
        str(name or ref),
        str(kind or ""),
        _instant(starts),
        _instant(ends),
        None if window is None else int(str(window)),
        float(str(alpha)) if alpha is not None else 0.05,
        float(str(power)) if power is not None else 0.8,
        as_number(mde),
        _text(primary),
        str(analysis or "itt"),
        _text(campaign),
        _text(statement),
        _text(metric),
        as_number(expected),
        _text(owner),
        _text(status),
        _instant(stated),
        _instant(decided),
    )


def _text(value: Cell) -> str | None:
    return None if value is None else str(value)


def _instant(value: Cell) -> datetime | None:
    return value if isinstance(value, datetime) else None


def drawing(frame: Frame, of: Experiment) -> Drawing:
    """Which lots are read, and what of the period counts."""
    return Drawing(of.id, frame.period.start, frame.period.end, of.open_ended)


def arms_of(frame: Frame, of: Experiment) -> Experiment:
    """The experiment with its arms: the control first, the others in the order of their numbers."""
    rows = frame.run(counts(frame.scope(), drawing(frame, of)))
    arms = [
        Arm(int(str(arm)), str(name or arm), bool(control), as_number(planned), int(str(drawn)))
        for arm, name, control, planned, drawn, _, _ in rows
    ]
    if len(arms) < 2:
        raise QueryError(f"the experiment '{of.name}' has {len(arms)} arms, so there is nothing to compare")
    last = max((row[5] for row in rows if isinstance(row[5], datetime)), default=None)
    return replace(
        of,
        arms=tuple(sorted(arms, key=lambda arm: not arm.is_control)),
        last_draw=last,
        crossed=sum(int(str(row[6])) for row in rows) // 2,
    )


def samples(
    frame: Frame, of: Experiment, asked: Asked, *, ripe: bool = False
) -> dict[tuple[int, tuple[Cell, ...]], Sample]:
    """What is known of each arm (and group of members) of an experiment."""
    return known_of(frame, replace(drawing(frame, of), ripe=ripe), asked)


def known_of(frame: Frame, lots: Drawing | Everybody, asked: Asked) -> dict[tuple[int, tuple[Cell, ...]], Sample]:
    """What is known of each arm (and group of members); QueryError where an amount has no exchange rate."""
    names = [value.name for value in asked.values]
    if asked.cap is not None:
        names += [f"capped_{name}" for name in names if name != "reached"]
    k, groups = len(names), len(asked.by) + (1 if asked.layers else 0)
    found: dict[tuple[int, tuple[Cell, ...]], Sample] = {}
    for arm, *rest in frame.run(moments(frame.scope(), frame.cut(), lots, asked)):
        group, (unknown, n, buyers, *figures_) = tuple(rest[:groups]), rest[groups:]
        if unknown:
            raise QueryError(
                f"{unknown} rows of '{asked.outcome.figure.metric}' have no exchange rate, so no effect is known"
            )
        numbers = [as_number(value) for value in figures_]
        if any(value is None for value in numbers):
            continue  # one member alone has no variance
        flat = st.numpy.array(numbers, dtype=st.numpy.float64)
        cov = st.numpy.zeros((k, k))
        cov[st.numpy.triu_indices(k)] = flat[k:]
        cov += st.numpy.triu(cov, 1).T
        found[(int(str(arm)), group)] = Sample(
            tuple(names),
            st.Joint(int(str(n)), flat[:k], cov),
            int(str(buyers)),
            asked.outcome.bottom is not None,
            asked.outcome.any_row,
        )
    return found


def values_of(wanted: Outcome, back: int) -> tuple[Value, ...]:
    """After and before the draw, with the denominators of a ratio, and whether a member was reached."""
    found = [AFTER, Value("before", -back, 0)]
    if wanted.bottom is not None:
        found += [AFTER_BASE, Value("before_base", -back, 0, bottom=True)]
    return (*found, Value("reached"))


@dataclass(frozen=True, eq=False)
class Compared:
    """The control and the treated of one experiment, all treated arms together."""

    of: Experiment
    control: Sample
    treatment: Sample
    back: int

    @property
    def treated(self) -> int:
        """Members drawn into the treatment."""
        return self.treatment.joint.n


def compared(frame: Frame, of: Experiment, wanted: Outcome, back: int, cap: float | None = None) -> Compared:
    """The control and all treated arms of an experiment; QueryError without a control arm."""
    if not any(arm.is_control for arm in of.arms):
        raise QueryError(f"the experiment '{of.name}' has no control arm; compare its arms with the kind 'experiment'")
    asked = Asked(wanted, values_of(wanted, back), cap=None if wanted.bottom or wanted.any_row else cap)
    known = samples(frame, of, asked)
    sides = [
        [known[(arm.id, ())] for arm in of.arms if arm.is_control is control and (arm.id, ()) in known]
        for control in (True, False)
    ]
    if not all(sides):
        raise QueryError(f"an arm of '{of.name}' has fewer than two members in this period and under these filters")
    control, treatment = (together(side) for side in sides)
    return Compared(of, control, treatment, back)


def together(arms: Sequence[Sample]) -> Sample:
    """Several arms as one."""
    first, *others = arms
    for other in others:
        first = first + other
    return first


def plain(control: Sample, treatment: Sample, level: float, name: str = "after") -> st.Effect:
    """The difference as the lots brought it about; of shares by their scores."""
    if treatment.is_share and name == "after":
        sides = [(round(one.value(name).mean * one.joint.n), one.joint.n) for one in (control, treatment)]
        return st.newcombe(sides[0], sides[1], level)
    return st.welch(control.value(name), treatment.value(name), level)


def adjusted(
    control: Sample, treatment: Sample, level: float, after: str = "after", before: str = "before"
) -> st.Effect:
    """The difference with what members did before taken out (CUPED)."""
    found = st.cuped(control.pair(after, before), treatment.pair(after, before))
    return st.welch(found.control, found.treatment, level)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the same lots: an effect, or why there is none."""

    name: str
    title: str
    effect: st.Effect | None
    why_not: str = ""


def readings(sides: Compared) -> tuple[Reading, ...]:
    """The same experiment read in all ways that its outcome allows, the agreed ones among them."""
    control, treatment, level = sides.control, sides.treatment, sides.of.level
    return tuple(_read(control, treatment, level, sides))


def _read(control: Sample, treatment: Sample, level: float, sides: Compared) -> Iterator[Reading]:
    yield _tried("itt", "As drawn", lambda: plain(control, treatment, level))
    yield _tried("cuped", "Past behaviour taken out", lambda: adjusted(control, treatment, level))
    if "capped_after" in control.names:
        yield _tried("capped", "Largest buyers capped", lambda: plain(control, treatment, level, "capped_after"))
        yield _tried(
            "capped_cuped",
            "Capped, past behaviour taken out",
            lambda: adjusted(control, treatment, level, "capped_after", "capped_before"),
        )
    if not control.is_ratio:
        if sides.of.window_days == sides.back:
            yield _tried(
                "did",
                "Difference in differences",
                lambda: st.difference_in_differences(
                    control.pair("after", "before"), treatment.pair("after", "before"), level
                ),
            )
        yield _tried(
            "cace",
            "Per member reached",
            lambda: st.complier_effect(control.pair("after", "reached"), treatment.pair("after", "reached"), level),
        )


def _tried(name: str, title: str, estimate: Callable[[], st.Effect]) -> Reading:
    try:
        return Reading(name, title, estimate())
    except st.NotEnough as error:
        return Reading(name, title, None, str(error))


def agreed(sides: Compared) -> Reading:
    """The reading agreed on before the start; as drawn if that one is not possible."""
    known = {reading.name: reading for reading in readings(sides)}
    found = known.get(sides.of.analysis, known["itt"])
    return found if found.effect is not None else known["itt"]


def bounded(effect: Column) -> tuple[Column, ...]:
    """The columns of an effect: itself, its interval, its p-value."""
    return (
        effect,
        Column("low", "From", "low", effect.unit, of=effect.name),
        Column("high", "To", "high", effect.unit, of=effect.name),
        Column("p", "p", "measure", "number"),
    )


def estimate(effect: st.Effect | None) -> tuple[Cell, ...]:
    """The cells of an effect; none if it is withheld."""
    return (None,) * 4 if effect is None else (effect.value, effect.interval.low, effect.interval.high, effect.p)
