"""Campaigns: what one of them cost and earned, and several side by side, their claims capped by the global control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Found, Wanted, dimension, flag, measure
from punchcard.analyses.fairness import blocked, checks, notes_of
from punchcard.analyses.incremental import CAP, subject, uplift
from punchcard.analyses.trial import (
    Compared,
    Experiment,
    Reading,
    Trial,
    agreed,
    arms_of,
    bounded,
    compared,
    drawing,
    estimate,
    figured,
    money_words,
    registered,
)
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Filter
from punchcard.chart import Chart, Forest, Table
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.cells import Figure
from punchcard.plan.lots import overlaps
from punchcard.result import Cell, Column, Note, Result

# What a campaign costs beyond what was booked for it: the metric, what it is called, and the kinds of booking that
# already hold it. Discounts are not subtracted: what was bought is counted at what was paid.
BESIDE_THE_BOOKS = (
    ("message_cost", "Sending messages", ("message",)),
    ("points_earned_value", "Points given, at face value", ("reward",)),
    ("payouts_amount", "Payouts", ("payout",)),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """One kind of cost of a campaign."""

    title: str
    amount: float


def costs(frame: Frame, campaign: str) -> tuple[Cost, ...]:
    """What a campaign cost, by kind: as booked, or from the rows themselves where nothing of that kind was booked."""
    only = (Filter(dimension="campaign_id", within=(campaign,)),)
    plain = replace(frame, filters=())
    cut = replace(plain.cut(by=(dimension(frame, "kind"),), filters=only), filters=only)
    booked = {
        str(kind or "other"): as_number(amount) for kind, amount in plain.cells([Figure("cost_booked", "cost")], cut)
    }
    found = [Cost(f"Booked: {kind}", amount) for kind, amount in booked.items() if amount]
    for metric, title, kinds in BESIDE_THE_BOOKS:
        if metric not in frame.catalog.metrics or any(booked.get(kind) for kind in kinds):
            continue
        ((amount,),) = plain.cells([Figure(metric, "cost")], replace(plain.cut(), filters=only))
        if amount:
            found.append(Cost(title, as_number(amount) or 0.0))
    frame.statements += [one for one in plain.statements if one not in frame.statements]
    return tuple(found)


class IncrementalMoney(Trial, frozen=True, kw_only=True, tag="incremental_money"):
    """What the campaign brought, what it cost by kind, what is left, and what came back of each unit spent."""

    margin: Annotated[str | Wanted, Meta(description="The outcome from which costs are taken.")] = "identified_margin"

    def used(self) -> tuple[str, ...]:
        """Both outcomes, and the costs."""
        margin = self.margin if isinstance(self.margin, str) else self.margin.metric
        return (*super().used(), margin, "cost_booked")

    def find(self, frame: Frame) -> Found:
        """A row a line of the account."""
        of = self.chosen(frame)
        revenue = self._sides(frame, of, self.metric)
        found = checks(frame, revenue)
        margin = self._sides(frame, of, self.margin)
        columns = (
            Column("line", "Line", "label"),
            Column("amount", "Amount", "measure", "row"),
            Column("low", "From", "low", "row", of="amount"),
            Column("high", "To", "high", "row", of="amount"),
            Column("unit", "Unit", "flag"),
        )
        if reason := blocked(found):
            return Found(Result(columns, (), (Note("blocked", f"Withheld: {reason}."),)))
        spent = costs(frame, of.campaign_ref) if of.campaign_ref else ()
        total = sum(one.amount for one in spent)
        rows: list[tuple[Cell, ...]] = [
            (f"Incremental {measure(frame.catalog, self.metric).title.lower()}", *_total(revenue), "currency"),
            (f"Incremental {measure(frame.catalog, self.margin).title.lower()}", *_total(margin), "currency"),
            *((one.title, -one.amount, -one.amount, -one.amount, "currency") for one in spent),
        ]
        value, low, high = _total(margin)
        rows.append(("Left after costs", value - total, low - total, high - total, "currency"))
        if total:
            back = tuple((one - total) / total for one in (value, low, high))
            rows.append(("Return on each unit spent", *back, "ratio"))
        notes = list(notes_of(found))
        if not spent:
            notes.insert(0, Note("costs", "No cost is booked for the campaign, so what is left is too much."))
        notes.append(figured("discounts", self._discounts(frame, of)))
        return Found(Result(columns, tuple(rows), tuple(notes)))

    def _sides(self, frame: Frame, of: Experiment, metric: str | Wanted) -> Compared:
        trial = Trial(experiment=self.experiment, metric=metric, before_days=self.before_days)
        return compared(frame, of, trial.outcome(frame), trial.back(frame, of), CAP)

    def _discounts(self, frame: Frame, of: Experiment) -> str:
        only = (Filter(dimension="campaign_id", within=(of.campaign_ref,)),)
        given = None
        if of.campaign_ref and "discounts_given" in frame.catalog.metrics:
            plain = replace(frame, filters=())
            ((given,),) = plain.cells([Figure("discounts_given", "given")], replace(plain.cut(), filters=only))
        amount = money_words(frame).exact(as_number(given) or 0.0, "currency")
        return f"Discounts of the campaign, {amount}, are not taken off again: purchases count at what was paid."

    def chart(self, found: Found) -> Chart:
        """A table."""
        return Table.of(found.result, bars=())

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Revenue and margin are incremental: everybody treated against the control, times the members treated."
            " Costs"
            " are those booked for the campaign; messages, points at face value and payouts come from their own rows if"
            " nothing of the kind was booked. The interval is that of the margin; costs are known and move it as a"
            " whole."
        )


def _total(sides: Compared) -> tuple[float, float, float]:
    effect = agreed(sides).effect
    if effect is None:
        raise QueryError(f"'{sides.of.name}' has no effect to set against its costs")
    n = sides.treated
    return effect.value * n, effect.interval.low * n, effect.interval.high * n


@dataclass(frozen=True, slots=True)
class Claim:
    """A campaign with its effect, or with the reason why it has none."""

    of: Experiment
    sides: Compared
    reading: Reading
    why_not: str


class IncrementalCampaigns(Trial, frozen=True, kw_only=True, tag="incremental_campaigns"):
    """Campaigns with a control group side by side: effect per member, total, cost and return, drawn to their mean."""

    listed: ClassVar[bool] = True

    top: Annotated[int, Meta(ge=1, le=60, description="How many campaigns, the latest first.")] = 24

    def find(self, frame: Frame) -> Found:
        """A row a campaign that began in the period, the largest expected effect first; then all of them together."""
        claims = tuple(self._claims(frame))
        known = [claim for claim in claims if claim.reading.effect is not None and not claim.why_not]
        withheld = [claim for claim in claims if claim not in known]
        reasons = tuple(Note("blocked", f"{one.of.name}: {one.why_not}.") for one in withheld)
        columns = self._columns(frame)
        if not known:
            notes = reasons or (Note("no_data", "No campaign with a control began here."),)
            return Found(Result(columns, (), notes))
        share, notes = self._cap(frame, known)
        effects = [one.reading.effect for one in known if one.reading.effect is not None]
        p = st.benjamini_hochberg([one.p for one in effects])
        values, ses = [one.value for one in effects], [one.se for one in effects]
        drawn = st.shrink(values, ses) if len(effects) > 2 else None
        shrunk = [None] * len(effects) if drawn is None else list(map(float, drawn.values))
        rows = [
            self._row(frame, claim, one, (shrunk[place], float(p[place]), share))
            for place, (claim, one) in enumerate(zip(known, effects, strict=True))
        ]
        rows.sort(key=lambda row: -(as_number(row[6]) or as_number(row[2]) or 0.0))
        empty: tuple[Cell, ...] = (None,) * (len(columns) - 4)
        rows += [(one.of.name, "withheld", *empty, False, False) for one in withheld]
        # What all say together tells of each; a brand is not told it where a campaign treated few.
        shown = frame.viewer.brands is None or min(c.sides.treated for c in known) >= frame.privacy.people
        if drawn is not None and shown:
            together = st.pooled(values, ses)
            said = self._said(frame, together, drawn.spread)
            notes = (said, *notes)
            verdict = "proven" if together.proven else "not proven"
            nothing: tuple[Cell, ...] = (None,) * (len(empty) - 4)
            rows.append(("All together", verdict, *estimate(together), *nothing, together.proven, True))
        return Found(Result(columns, tuple(rows), (*notes, *reasons)))

    def _columns(self, frame: Frame) -> tuple[Column, ...]:
        effect = self.column(frame)
        unit = measure(frame.catalog, self.metric).unit
        return (
            Column("campaign", "Campaign", "label"),
            Column("verdict", "Verdict", "label"),
            *bounded(effect),
            Column("shrunk", "Drawn to the mean", "measure", effect.unit),
            Column("adjusted", "p for all campaigns", "measure", "number"),
            Column("uplift", "Uplift", "measure", "ratio"),
            Column("members", "Members treated", "measure", "members"),
            Column("total", "In all", "measure", unit),
            Column("capped", "Capped by the global control", "measure", unit),
            Column("cost", "Cost", "measure", "currency", better="lower"),
            Column("return", "Return on cost", "measure", "ratio"),
            Column("cost_each", "Cost of one more", "measure", "currency", better="lower"),
            Column("overlap", "Treated by others meanwhile", "measure", "share"),
            flag("proven"),
            flag("pooled"),
        )

    def _row(
        self, frame: Frame, claim: Claim, one: st.Effect, read: tuple[float | None, float, float | None]
    ) -> tuple[Cell, ...]:
        shrunk, p, share = read
        treated = claim.sides.treated
        total = one.value * treated
        cost = sum(each.amount for each in costs(frame, claim.of.campaign_ref)) if claim.of.campaign_ref else 0.0
        others = frame.run(overlaps(frame.scope(), drawing(frame, claim.of)))
        proven = p < claim.of.alpha
        counts = measure(frame.catalog, self.metric).unit != "currency"
        return (
            claim.of.name,
            "proven" if proven else "not proven",
            *estimate(one),
            shrunk,
            p,
            uplift(claim.sides),
            treated,
            total,
            None if share is None else total * share,
            cost or None,
            total / cost if cost and not counts else None,
            cost / total if cost and counts and total > 0 and proven else None,
            max((as_number(row[1]) or 0.0 for row in others), default=0.0),
            proven,
            False,
        )

    def _said(self, frame: Frame, together: st.Effect, spread: float) -> Note:
        words, unit = money_words(frame), self.column(frame).unit
        mean, low, high, sd = (
            words.exact(round(value, 4), unit)
            for value in (together.value, together.interval.low, together.interval.high, spread)
        )
        points = " points" if unit == "pp" else ""
        verdict = "" if together.proven else ", not proven"
        differ = f"from campaign to campaign it differs by {sd}{points} (standard deviation)"
        differ = differ if spread else "nothing says that campaigns differ"
        return figured("pooled", f"On average {mean}{points} per member, between {low} and {high}{verdict}; {differ}.")

    def _claims(self, frame: Frame) -> Iterator[Claim]:
        inside = [
            one
            for one in registered(frame)
            if one.kind == "campaign_holdout"
            and one.starts_at is not None
            and frame.period.start <= one.starts_at < frame.period.end
        ]
        wanted = self.outcome(frame)
        for one in inside[-self.top :]:
            try:
                of = arms_of(frame, one)
                sides = compared(frame, of, wanted, self.back(frame, of))
            except QueryError as error:
                frame.notes.append(Note("left_out", f"{one.name} is left out: {error}."))
                continue
            reading = agreed(sides)
            yield Claim(of, sides, reading, blocked(checks(frame, sides)) or reading.why_not)

    def _cap(self, frame: Frame, claims: Sequence[Claim]) -> tuple[float | None, tuple[Note, ...]]:
        """By how much the claims must shrink for their sum not to pass what all marketing together brought."""
        unit = measure(frame.catalog, self.metric).unit
        words = money_words(frame)
        claimed = sum(one.reading.effect.value * one.sides.treated for one in claims if one.reading.effect is not None)
        what, places = measure(frame.catalog, self.metric).title.lower(), 2 if unit == "currency" else None
        told = f"{words.exact(round(claimed, places), unit)} of {what}"
        found = next((one for one in registered(frame) if one.kind == "global_control"), None)
        if found is None:
            text = f"Together they claim {told}; without a global control group nobody knows whether that adds up."
            return None, (figured("cap", text),)
        of = arms_of(frame, found)
        try:
            sides = compared(frame, of, self.outcome(frame), self.back(frame, of))
        except QueryError as error:
            return None, (figured("cap", f"The global control group cannot be read: {error}."),)
        best, reason = agreed(sides), blocked(checks(frame, sides))
        effect = best.effect
        if effect is None or reason:
            return None, (figured("cap", f"The global control group cannot be read: {reason or best.why_not}."),)
        total, low, high = (x * sides.treated for x in (effect.value, effect.interval.low, effect.interval.high))
        share = min(1.0, max(0.0, total) / claimed) if claimed > 0 else 1.0
        brought, least, most = (words.exact(round(value, places), unit) for value in (total, low, high))
        text = (
            f"The campaigns claim {told} together. By the global control group {subject(of)} brought"
            f" {brought} ({least} to {most}) in this period"
        )
        kept = "so the claims fit." if share == 1 else f"so the claims are capped at {share:.0%} of what each found."
        return share, (figured("cap", f"{text}, {kept} Effects of campaigns that overlap do not add up."),)

    def chart(self, found: Found) -> Chart:
        """A forest."""
        return Forest.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Each campaign with a control group that began in the period, read as agreed for it. 'Drawn to the mean' is"
            " the fair ranking: the first of many campaigns is otherwise the noisiest. 'All together' is the mean of"
            " the true effects, each weighed by how sure it is, with an interval that allows for how they differ"
            " (Hartung and Knapp). 'p for all campaigns' is"
            " for their number (Benjamini and Hochberg). A global control group measures what all marketing brought;"
            " where"
            " the campaigns claim more than that together, each is capped in proportion."
        )
