"""Power: how many members a comparison needs, and what their number can show, from the programme's own history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Analysis, Found, Wanted, figures, measure, metric_names
from punchcard.analyses.trial import AFTER, figured, known_of, money_words
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Line
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.lots import Asked, Everybody, Value, outcome
from punchcard.result import Cell, Column, Note, Result

SHARES = (0.05, 0.1, 0.2, 0.5)  # of control: what holdouts are usually made of
STEPS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the members there are
FEWEST = 50  # members in the smaller arm below which a plan is not worth making


@dataclass(frozen=True, slots=True)
class History:
    """What members did in two equal windows one after the other: the later is the outcome, the earlier explains it."""

    members: int
    pair: st.Pair
    is_share: bool

    @property
    def sd(self) -> float:
        """The spread of the outcome between members."""
        return self.pair.var_x**0.5

    @property
    def explained(self) -> float:
        """The share of the variance that past behaviour takes out."""
        spread = self.pair.var_x * self.pair.var_y
        return self.pair.cov**2 / spread if spread > 0 else 0.0


def history(frame: Frame, wanted: str | Wanted, days: int) -> History:
    """The last days before the period's end and as many before them, over all members that the filters leave."""
    (figure,) = figures((wanted,))
    asked = outcome(frame.catalog, figure)
    if asked.bottom is not None:
        raise QueryError(f"'{figure.metric}' is a ratio; plan with a sum or a number of members")
    calendar = frame.calendar
    last = calendar.day(frame.period.end)
    middle, first = (calendar.midnight(last - timedelta(days=n)) for n in (days, 2 * days))
    values = (AFTER, Value("before", -days, 0))
    known = known_of(frame, Everybody(middle, frame.period.end, first), Asked(asked, values))
    one = next(iter(known.values()), None)
    if one is None or one.joint.n < 2 * FEWEST:
        n = 0 if one is None else one.joint.n
        raise QueryError(f"{n} members were there {2 * days} days ago: too few to plan with; {2 * FEWEST} are needed")
    return History(one.joint.n, one.pair("after", "before"), asked.any_row)


class Power(Analysis, frozen=True, kw_only=True, tag="power"):
    """The smallest effect that can be seen, by members and size of the control group; and what a wanted effect takes.

    Filters choose the members; the days say for how long outcomes would be counted.
    """

    metric: Annotated[str | Wanted, Meta(description="The outcome.")] = "net_revenue"
    days: Annotated[int, Meta(ge=1, le=365, description="For how many days outcomes would count.")] = 28
    effect: Annotated[float, Meta(gt=0, le=10, description="The effect that is hoped for, as a share.")] = 0.05
    power: Annotated[float, Meta(ge=0.5, le=0.99)] = 0.8
    alpha: Annotated[float, Meta(ge=0.001, le=0.2)] = 0.05

    def used(self) -> tuple[str, ...]:
        """The outcome."""
        return metric_names((self.metric,))

    def find(self, frame: Frame) -> Found:
        """A row a number of members and size of the control: the smallest effect, as a share of what they do anyway."""
        past = history(frame, self.metric, self.days)
        shown = measure(frame.catalog, self.metric)
        unit = "share" if past.is_share else shown.unit
        columns = (
            Column("members", "Members", "label", "members"),
            Column("split", "Control", "label"),
            Column("smallest", "Smallest effect that is seen", "measure", "ratio", better="lower"),
            Column("absolute", "In units", "measure", unit),
            Column("half_width", "Margin of error", "measure", unit),
            Column("with_past", "With past behaviour taken out", "measure", "ratio", better="lower"),
        )
        mean = past.pair.mean_x
        if mean <= 0:
            raise QueryError(f"members of this choice have no {shown.title.lower()} in {self.days} days to improve on")
        rows: list[tuple[Cell, ...]] = []
        for share in SHARES:
            for step in STEPS:
                control, treated = arms(round(past.members * step), share)
                if control < FEWEST:
                    continue
                seen = smallest(past, control, treated, self.power, self.alpha)
                half = past.sd * (1 / control + 1 / treated) ** 0.5 * Z
                narrowed = seen / mean * (1 - past.explained) ** 0.5
                rows.append((control + treated, f"{share:.0%}", seen / mean, seen, half, narrowed))
        return Found(Result(columns, tuple(rows), self._notes(frame, past, unit)))

    def _notes(self, frame: Frame, past: History, unit: str) -> tuple[Note, ...]:
        words = money_words(frame)
        mean = past.pair.mean_x
        said = (
            f"{past.members:,} members; in the last {self.days} days {words.exact(round(mean, 4), unit)} each,"
            f" spread {words.exact(round(past.sd, 4), unit)}."
        )
        needed = f"An effect of {self.effect:.1%} takes "
        parts: list[str] = []
        for share in (0.1, 0.5):
            try:
                control, treated = self._size(past, share)
            except st.NotEnough as error:
                parts.append(f"with {share:.0%} control: {error}")
                continue
            enough = "" if control + treated <= past.members else ", more than there are"
            parts.append(f"{control + treated:,} members with {share:.0%} control{enough}")
        gain = f"Taking past behaviour out saves {past.explained:.0%} of them."
        best = suggested(past, self.effect, self.power, self.alpha)
        hint = (
            f"Suggested control: {best:.0%} of all, the smallest that sees {self.effect:.1%}."
            if best is not None
            else f"No control group of these members sees {self.effect:.1%}: count for longer, or expect more."
        )
        return (
            figured("history", said),
            figured("needed", f"{needed}{'; '.join(parts)}. {gain}"),
            figured("suggested", hint),
        )

    def _size(self, past: History, share: float) -> tuple[int, int]:
        mean = past.pair.mean_x
        if past.is_share:
            if mean * (1 + self.effect) >= 1:
                raise st.NotEnough("the share cannot rise that far")
            return st.size_for_shares(
                mean, mean * (1 + self.effect), power=self.power, alpha=self.alpha, control_share=share
            )
        return st.size_for_means(mean * self.effect, past.sd, power=self.power, alpha=self.alpha, control_share=share)

    def chart(self, found: Found) -> Chart:
        """A curve a size of control."""
        places = [found.result.index(name) for name in ("members", "split", "smallest")]
        columns = tuple(found.result.columns[i] for i in places)
        return Line.of(
            Result(columns, tuple(tuple(row[i] for i in places) for row in sorted(found.result.rows, key=_size_of)))
        )

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            f"Mean and spread are those of the last {self.days} days before the end of the period, over members on"
            " record"
            " since twice as long, whether they bought or not. The smallest effect is what a two-sided test at"
            f" {self.alpha:.0%} risk finds in {self.power:.0%} of experiments. How much past behaviour explains is"
            " measured"
            " on the same members in the days before."
        )


# The 97.5 % point of the normal distribution.
Z = 1.959963984540054


def _size_of(row: tuple[Cell, ...]) -> float:
    return as_number(row[0]) or 0.0


def arms(total: int, control_share: float) -> tuple[int, int]:
    """Control and treated of so many members."""
    control = round(total * control_share)
    return control, total - control


def smallest(past: History, control: int, treated: int, power: float, alpha: float) -> float:
    """The smallest effect that arms of these sizes show, in the outcome's unit."""
    if past.is_share:
        return st.detectable_share(past.pair.mean_x, control, treated, power=power, alpha=alpha)
    return st.detectable_mean(past.sd, control, treated, power=power, alpha=alpha)


def suggested(past: History, effect: float, power: float, alpha: float, *, members: int | None = None) -> float | None:
    """The smallest control, in steps of one per cent up to a half, that sees an effect; None if none does."""
    for percent in range(1, 51):
        control, treated = arms(past.members if members is None else members, percent / 100)
        if control < FEWEST:
            continue
        try:
            if smallest(past, control, treated, power, alpha) <= effect * past.pair.mean_x:
                return percent / 100
        except st.NotEnough:
            continue
    return None
