"""Incremental: what a campaign with a control group really brought, and how sure that is.

Everybody drawn counts, reached or not. The verdict is a sentence, and "not proven" is one of them; a defect of the draw
leaves no figure at all.
"""

from __future__ import annotations

from typing import ClassVar

from punchcard.analyses import statistics as st
from punchcard.analyses.base import Found, flag, measure
from punchcard.analyses.fairness import Check, blocked, checks, notes_of
from punchcard.analyses.trial import (
    Compared,
    Experiment,
    Reading,
    Sample,
    Trial,
    agreed,
    bounded,
    compared,
    estimate,
    figured,
    money_words,
    readings,
    samples,
    values_of,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Interval, Table
from punchcard.chart import Figure as Big
from punchcard.frame import Frame
from punchcard.plan.lots import Asked
from punchcard.result import Cell, Column, Note, Result

CAP = 0.99  # the share of buyers whose spend is left as it is


class Incremental(Trial, frozen=True, kw_only=True, tag="incremental"):
    """What it brought in all: the agreed reading times the members treated, with its interval and a verdict."""

    listed: ClassVar[bool] = True

    def find(self, frame: Frame) -> Found:
        """One row, and the verdict as its first note."""
        of = self.chosen(frame)
        sides = compared(frame, of, self.outcome(frame), self.back(frame, of), CAP)
        found = checks(frame, sides)
        best = agreed(sides)
        unit = measure(frame.catalog, self.metric)
        total = Column("total", f"Incremental {unit.title.lower()}", "measure", unit.unit, better=unit.better)
        columns = (
            total,
            Column("low", "From", "low", total.unit, of="total"),
            Column("high", "To", "high", total.unit, of="total"),
            self.column(frame, "per_member"),
            Column("uplift", "Uplift", "measure", "ratio"),
            Column("p", "p", "measure", "number"),
            Column("members", "Members treated", "measure", "members"),
            flag("proven"),
        )
        effect = None if blocked(found) else best.effect
        verdict = figured("verdict", self._verdict(frame, sides, best, found))
        row: tuple[Cell, ...] = (None,) * 6
        if effect is not None:
            n = _scale(sides, best)
            row = (
                effect.value * n,
                effect.interval.low * n,
                effect.interval.high * n,
                effect.value,
                uplift(sides),
                effect.p,
            )
        rows = ((*row, sides.treated, effect is not None and effect.proven),)
        return Found(Result(columns, rows, (verdict, *notes_of(found))))

    def _verdict(self, frame: Frame, sides: Compared, best: Reading, found: tuple[Check, ...]) -> str:
        words, of = money_words(frame), sides.of
        known = measure(frame.catalog, self.metric)
        what, unit = known.title.lower(), known.unit
        places = None if unit in ("members", "receipts", "count") else 2
        if reason := blocked(found):
            return f"No verdict: {reason}. Mend that first; no figure of this experiment can be trusted."
        if best.effect is None:
            return f"No verdict: {best.why_not}."
        n = _scale(sides, best)
        effect = best.effect
        total, low, high = (
            words.exact(round(x * n, places), unit) for x in (effect.value, effect.interval.low, effect.interval.high)
        )
        span = f"between {low} and {high} with {of.level:.0%} confidence, read {best.title.lower()}"
        early = next((check for check in found if check.title == "Outcomes complete" and not check.holds), None)
        if early is not None:
            return f"Too early to tell: outcomes count until {early.found}. So far {total} of {what}, {span}."
        if effect.proven:
            brought = "brought" if effect.value > 0 else "cost"
            size = words.exact(round(abs(effect.value * n), places), unit)
            return f"Proven: {subject(of)} {brought} {size} of {what}, {span}."
        unseen = self._blind(frame, sides)
        return f"Not proven: {subject(of)} changed {what} by {total}, {span}, so nothing may be all it did.{unseen}"

    def _blind(self, frame: Frame, sides: Compared) -> str:
        """How large an effect would have had to be, to be seen."""
        spread = sides.control.value("after").variance ** 0.5
        if not spread > 0:
            return ""
        smallest = st.detectable_mean(
            spread, sides.control.joint.n, sides.treated, power=sides.of.power, alpha=sides.of.alpha
        )
        words = money_words(frame).exact(
            round(smallest, 4), self.column(frame).unit if not sides.control.is_share else "share"
        )
        seldom = f"seen less often than in {sides.of.power:.0%} of cases"
        return f" With these groups an effect below {words} per member is {seldom}."

    def chart(self, found: Found) -> Chart:
        """The total, large."""
        return Big.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Everybody whom the lot put into the treatment is compared with everybody it put into the control group,"
            " reached or not, buyer or not, over the days for which outcomes count; never only those who opened or"
            " bought."
            " The difference per member times the members treated is what it brought. The interval is Welch's (a"
            " share's"
            " is Newcombe's), or that of the reading agreed on in the register (past behaviour taken out, per member"
            " reached, difference in differences). If the arms have not the planned sizes, or differed before the draw,"
            " no figure is shown."
        )


def subject(of: Experiment) -> str:
    """What is judged, as the subject of a sentence."""
    return "all marketing together" if of.kind == "global_control" else of.name


def _scale(sides: Compared, best: Reading) -> float:
    """Over how many members the effect of a reading is added up; a ratio is the same for few and for many."""
    if sides.control.is_ratio:
        return 1
    return sides.treated * (sides.treatment.value("reached").mean if best.name == "cace" else 1)


def uplift(sides: Compared) -> float | None:
    """The effect as a share of what the control did, which may be unknown."""
    try:
        return st.relative(sides.control.value("after"), sides.treatment.value("after"), sides.of.level).value
    except st.NotEnough:
        return None


class IncrementalReadings(Trial, frozen=True, kw_only=True, tag="incremental_readings"):
    """The effect per member read in every way that the outcome allows, side by side."""

    def find(self, frame: Frame) -> Found:
        """A row a reading."""
        of = self.chosen(frame)
        sides = compared(frame, of, self.outcome(frame), self.back(frame, of), CAP)
        found = checks(frame, sides)
        reason = blocked(found)
        effect = self.column(frame)
        rows: list[tuple[Cell, ...]] = []
        notes = [Note("blocked", f"Withheld: {reason}.")] if reason else []
        for reading in readings(sides):
            if reading.effect is None and not reason:
                notes.append(Note("reading", f"{reading.title}: {reading.why_not}."))
            rows.append((reading.title, *estimate(None if reason else reading.effect)))
        return Found(Result((Column("reading", "Reading", "label"), *bounded(effect)), tuple(rows), tuple(notes)))

    def chart(self, found: Found) -> Chart:
        """A forest."""
        return Interval.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "As drawn: mean of all treated less mean of all controls. Past behaviour taken out (CUPED): the same"
            " after what"
            " each member did in as many days before the draw is taken off, which narrows the interval and moves"
            " nothing on"
            f" average. Largest buyers capped: spend above the {CAP:.0%} point of buyers' spend, over both arms,"
            " counts as"
            " that point; members who bought little or nothing stay as they are. Per member reached: the effect as"
            " drawn"
            " over how much more of the treatment than of the control was reached; it needs the lot to change nothing"
            " else."
            " Choose the reading before the start; picking the best of them afterwards proves nothing."
        )


class IncrementalArms(Trial, frozen=True, kw_only=True, tag="incremental_arms"):
    """The treated and the control beside each other: members, outcome, buyers, the time before, who was reached."""

    listed: ClassVar[bool] = True

    def find(self, frame: Frame) -> Found:
        """A row an arm."""
        of = self.chosen(frame)
        wanted = self.outcome(frame)
        known = samples(frame, of, Asked(wanted, values_of(wanted, self.back(frame, of))))
        shown = measure(frame.catalog, self.metric)
        unit = "share" if wanted.any_row else shown.unit
        columns = (
            Column("arm", "Arm", "label"),
            Column("members", "Members", "measure", "members"),
            Column("after", f"{shown.title} per member", "measure", unit, better=shown.better),
            Column("buyers", "With any", "measure", "share"),
            Column("before", "The same before the draw", "measure", unit),
            Column("reached", "Reached", "measure", "share"),
            Column("planned", "Planned share", "measure", "share"),
        )
        rows: list[tuple[Cell, ...]] = []
        for arm in of.arms:
            one = known.get((arm.id, ()))
            if one is None:
                rows.append((arm.name, 0, None, None, None, None, arm.planned))
                continue
            n = one.joint.n
            means = [_mean(one, name) for name in ("after", "before", "reached")]
            rows.append((arm.name, n, means[0], one.buyers / n, means[1], means[2], arm.planned))
        return Found(Result(columns, tuple(rows)))

    def chart(self, found: Found) -> Chart:
        """A table."""
        return Table.of(found.result, bars=("after",))

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Means over everybody drawn into each arm, zero for those who bought nothing; people in several arms are"
            " left out."
        )


def _mean(one: Sample, name: str) -> float | None:
    try:
        return one.value(name).mean
    except st.NotEnough:
        return None


class IncrementalChecks(Trial, frozen=True, kw_only=True, tag="incremental_checks"):
    """What must hold before the figures are read, each with what was found."""

    def find(self, frame: Frame) -> Found:
        """A row a check."""
        of = self.chosen(frame)
        sides = compared(frame, of, self.outcome(frame), self.back(frame, of))
        columns = (
            Column("check", "Check", "label"),
            Column("outcome", "Result", "label"),
            Column("found", "Found", "label"),
            Column("limit", "Wanted", "label"),
        )
        found = checks(frame, sides)
        rows = tuple((one.title, _said(one), one.found, one.limit) for one in found)
        return Found(Result(columns, rows, notes_of(found)))

    def chart(self, found: Found) -> Chart:
        """A table."""
        return Table.of(found.result, bars=())

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Sizes: Pearson's chi-square of the records drawn against the planned shares, by record as drawn. Alike"
            " before:"
            " the outcome in the days before the draw; it fails if the arms differ by more than a tenth of a standard"
            " deviation and chance alone would do so less than once in a thousand. These two withhold all figures"
            " when they"
            " fail; the others say what to mind."
        )


def _said(one: Check) -> str:
    return "holds" if one.holds else "fails, figures withheld" if one.blocks else "mind this"
