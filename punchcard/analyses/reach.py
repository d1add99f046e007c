"""Reach: how large an audience is, whom it may write to, what a control would cost and see, and what to expect."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Analysis, Found, Wanted, figures, measure, metric_names
from punchcard.analyses.fairness import blocked, checks
from punchcard.analyses.power import arms, history, smallest, suggested
from punchcard.analyses.trial import adjusted, arms_of, compared, figured, money_words, registered
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Funnel
from punchcard.errors import QueryError, did_you_mean
from punchcard.frame import Frame
from punchcard.plan.audience import Reach, brands_asked, sizes
from punchcard.plan.lots import outcome
from punchcard.result import Cell, Column, Note, Result

FEWEST_PAST = 3  # campaigns from which on their mean says something of the next
MOST_PAST = 24


class Audience(Analysis, frozen=True, kw_only=True, tag="audience"):
    """Members whom the filters choose, may be written to and are not held out, cut into target and control.

    A consent is given to one brand: where several ask for it, the question says which of them writes.

    Beside it: the smallest effect that the control would show, the control suggested for the effect expected from past
    campaigns, and that effect.
    """

    channel: Annotated[str | None, Meta(description="The channel that must be allowed; any, if left out.")] = None
    purpose: str = "marketing"
    brand: Annotated[
        str | None, Meta(description="The brand that writes, by number or name; may be left out if there is only one.")
    ] = None
    control: Annotated[float, Meta(ge=0, le=0.9, description="The share kept as control.")] = 0.1
    metric: Annotated[str | Wanted, Meta(description="The outcome that the campaign shall move.")] = "net_revenue"
    days: Annotated[int, Meta(ge=1, le=365, description="For how many days outcomes would count.")] = 28
    power: Annotated[float, Meta(ge=0.5, le=0.99)] = 0.8
    alpha: Annotated[float, Meta(ge=0.001, le=0.2)] = 0.05

    def used(self) -> tuple[str, ...]:
        """The outcome."""
        return metric_names((self.metric,))

    def find(self, frame: Frame) -> Found:
        """A row a step on the way from everybody to the target."""
        (found,) = frame.run(sizes(frame.scope(), frame.cut(), self.reach(frame)))
        everybody, chosen, allowed, free = (int(str(count)) for count in found)
        control, target = arms(free, self.control)
        way = f" by {self.channel}" if self.channel else ""
        columns = (Column("step", "Step", "label"), Column("members", "Members", "measure", "members"))
        rows: tuple[tuple[Cell, ...], ...] = (
            ("Members on record", everybody),
            ("Chosen by the filters", chosen),
            (f"May be written to{way}", allowed),
            ("Not in the global control group", free),
            ("Target", target),
        )
        notes = (
            figured("control", f"The control keeps {control:,} members, {self.control:.0%}."),
            *self._sees(frame, control, target),
        )
        return Found(Result(columns, rows, notes))

    def reach(self, frame: Frame) -> Reach:
        """How the campaign would write; QueryError if that leaves open whose consents count."""
        asking = frame.run(brands_asked(frame.scope(), self.purpose))
        if self.brand is None:
            if len(asking) > 1:
                some = ", ".join(str(name) for _, _, name in asking[:5]) + (", ..." if len(asking) > 5 else "")
                raise QueryError(f"{len(asking)} brands have consents of their own; say which 'brand' writes: {some}")
            return Reach(self.channel, self.purpose)
        for number, ref, name in asking:
            if self.brand in (ref, name):
                return Reach(self.channel, self.purpose, int(str(number)))
        known = [str(text) for _, ref, name in asking for text in (name, ref)]
        raise QueryError(f"no brand '{self.brand}' with consents for {self.purpose}{did_you_mean(self.brand, known)}")

    def _sees(self, frame: Frame, control: int, target: int) -> tuple[Note, ...]:
        words = money_words(frame)
        known = measure(frame.catalog, self.metric)
        try:
            past = history(frame, self.metric, self.days)
        except QueryError as error:
            return (figured("history", f"What the control would show cannot be told: {error}."),)
        unit, mean = ("share" if past.is_share else known.unit), past.pair.mean_x
        notes: list[Note] = []
        try:
            seen = smallest(past, control, target, self.power, self.alpha)
            share = f" ({seen / mean:.1%} of what they do anyway)" if mean > 0 else ""
            notes.append(
                figured(
                    "smallest", f"It would show an effect of {words.exact(round(seen, 4), unit)} per member{share}."
                )
            )
        except (st.NotEnough, ValueError):
            notes.append(figured("smallest", "A control of this size shows nothing."))
        expected, told = self._expected(frame)
        notes.append(figured("expected", told))
        if expected is not None and expected > 0 and mean > 0:
            best = suggested(past, expected / mean, self.power, self.alpha, members=control + target)
            notes.append(
                figured("suggested", f"Suggested control: {best:.0%}, the smallest that shows the effect expected.")
                if best is not None
                else figured("suggested", "No control of these members shows the effect expected; count for longer.")
            )
        return tuple(notes)

    def _expected(self, frame: Frame) -> tuple[float | None, str]:
        """The effect per member that the next campaign may have: the mean of past ones, with how far they spread."""
        effects = self._past(frame)
        if len(effects) < FEWEST_PAST:
            return None, f"{len(effects)} past campaigns with a control are too few to expect an effect from."
        found = st.shrink([one.value for one in effects], [one.se for one in effects])
        words, known = money_words(frame), measure(frame.catalog, self.metric)
        unit = "share" if known.unit == "members" else known.unit
        low, middle, high = (
            words.exact(round(found.mean + step * 1.96 * found.spread, 4), unit) for step in (-1, 0, 1)
        )
        return found.mean, (
            f"Expected from {len(effects)} past campaigns: {middle} per member; nine and a half of ten are between"
            f" {low}"
            f" and {high}."
        )

    def _past(self, frame: Frame) -> list[st.Effect]:
        (figure,) = figures((self.metric,))
        wanted = outcome(frame.catalog, figure)
        plain = Frame(
            frame.catalog, frame.engine, frame.viewer, frame.now, frame.timelines, frame.everything, frame.today,
            frame.everything,
        )  # fmt: skip
        found: list[st.Effect] = []
        for one in [each for each in registered(plain) if each.kind == "campaign_holdout"][-MOST_PAST:]:
            try:
                sides = compared(plain, arms_of(plain, one), wanted, one.window_days or self.days)
                if not blocked(checks(plain, sides)):
                    found.append(adjusted(sides.control, sides.treatment, one.level))
            except (QueryError, st.NotEnough):
                continue
        return found

    def chart(self, found: Found) -> Chart:
        """Steps."""
        return Funnel.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Members on record at the end of the period, without test and anonymised records. The filters are read as"
            " they"
            " are then, and so are consents: the latest act on each channel counts, and only towards the brand that"
            " writes. Members of a running global control"
            " group are never written to. The expected effect is the mean of past campaigns with a control, weighed"
            " by how"
            " sure each is, past behaviour taken out; they were other offers to other members."
        )
