"""Incremental: what a campaign with a control group really brought, and how sure that is.

Everybody drawn counts, reached or not. The verdict is a sentence, and "not proven" is one of them; a defect of the draw
leaves no figure at all.
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from punchcard.analyses.base import By, DimensionName, Found, dimension, dimension_name, flag, measure
from punchcard.analyses.fairness import Check, blocked, checks, notes_of
from punchcard.analyses.trial import (
    AFTER,
    Compared,
    Experiment,
    Reading,
    Sample,
    Trial,
    adjusted,
    agreed,
    compared,
    drawing,
    money_words,
    plain,
    readings,
    samples,
    together,
    values_of,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Interval, Line, Table
from punchcard.chart import Figure as Big
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.dimension import describe, reads
from punchcard.plan.lots import LOT, Asked, Value, by_rows
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.band import reach_of_all
from punchcard.stats.cuped import cuped
from punchcard.stats.estimate import Effect, NotEnough
from punchcard.stats.joint import Joint
from punchcard.stats.mean import relative, welch
from punchcard.stats.moments import Moments, Pair
from punchcard.stats.multiple import benjamini_hochberg
from punchcard.stats.power import detectable_mean
from punchcard.stats.shrinkage import shrink

CAP = 0.99  # the share of buyers whose spend is left as it is
MOST_WEEKS = 26
FEWEST_OF_A_GROUP = 30  # members an arm below which a group is not shown


class Incremental(Trial, frozen=True, kw_only=True, tag="incremental"):
    """What it brought in all: the agreed reading times the members treated, with its interval and a verdict."""

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
        verdict = Note("verdict", self._verdict(frame, sides, best, found))
        row: tuple[Cell, ...] = (None,) * 6
        if effect is not None:
            n = _scale(sides, best)
            row = (
                effect.value * n,
                effect.interval.low * n,
                effect.interval.high * n,
                effect.value,
                _uplift(sides),
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
            return f"Proven: {_subject(of)} {brought} {size} of {what}, {span}."
        unseen = self._blind(frame, sides)
        return f"Not proven: {_subject(of)} changed {what} by {total}, {span}, so nothing may be all it did.{unseen}"

    def _blind(self, frame: Frame, sides: Compared) -> str:
        """How large an effect would have had to be, to be seen."""
        spread = sides.control.value("after").variance ** 0.5
        if not spread > 0:
            return ""
        smallest = detectable_mean(
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


def _subject(of: Experiment) -> str:
    """What is judged, as the subject of a sentence."""
    return "all marketing together" if of.kind == "global_control" else of.name


def _scale(sides: Compared, best: Reading) -> float:
    """Over how many members the effect of a reading is added up; a ratio is the same for few and for many."""
    if sides.control.is_ratio:
        return 1
    return sides.treated * (sides.treatment.value("reached").mean if best.name == "cace" else 1)


def _uplift(sides: Compared) -> float | None:
    try:
        return relative(sides.control.value("after"), sides.treatment.value("after"), sides.of.level).value
    except NotEnough:
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
            rows.append((reading.title, *_estimate(None if reason else reading.effect)))
        return Found(Result((Column("reading", "Reading", "label"), *_bounded(effect)), tuple(rows), tuple(notes)))

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


def _bounded(effect: Column) -> tuple[Column, ...]:
    return (
        effect,
        Column("low", "From", "low", effect.unit, of=effect.name),
        Column("high", "To", "high", effect.unit, of=effect.name),
        Column("p", "p", "measure", "number"),
    )


def _estimate(effect: Effect | None) -> tuple[Cell, ...]:
    return (None,) * 4 if effect is None else (effect.value, effect.interval.low, effect.interval.high, effect.p)


class IncrementalArms(Trial, frozen=True, kw_only=True, tag="incremental_arms"):
    """The treated and the control beside each other: members, outcome, buyers, the time before, who was reached."""

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
    except NotEnough:
        return None


class IncrementalTrend(Trial, frozen=True, kw_only=True, tag="incremental_trend"):
    """How the effect per member came about, week by week after the draw, with a band for all weeks together."""

    def find(self, frame: Frame) -> Found:
        """A row a full week: the difference so far, its band, and the week's own difference."""
        of = self.chosen(frame)
        wanted = self.outcome(frame)
        if wanted.bottom is not None or wanted.any_row:
            raise QueryError(f"'{self.used()[0]}' does not add up over weeks; take a sum, such as net_revenue")
        weeks = self._weeks(frame, of)
        values = tuple(Value(f"w{k}", 7 * k, 7 * k + 7) for k in range(weeks))
        known = samples(frame, of, Asked(wanted, values))
        control, treatment = (
            together([known[(arm.id, ())] for arm in of.arms if arm.is_control is side and (arm.id, ()) in known])
            for side in (True, False)
        )
        weekly = treatment.joint.mean - control.joint.mean
        cov = treatment.joint.cov / treatment.joint.n + control.joint.cov / control.joint.n
        add = np.tril(np.ones((weeks, weeks)))
        so_far, errors = add @ weekly, add @ cov @ add.T
        reach = reach_of_all(errors, of.level)
        half = reach * np.sqrt(np.diag(errors))
        effect = self.column(frame, "so_far", "Difference per member so far")
        columns = (
            Column("week", "Weeks after the draw", "label", "number"),
            effect,
            Column("low", "From", "low", effect.unit, of="so_far"),
            Column("high", "To", "high", effect.unit, of="so_far"),
            Column("weekly", "In the week", "measure", effect.unit),
        )
        rows = tuple(
            (k + 1, float(so_far[k]), float(so_far[k] - half[k]), float(so_far[k] + half[k]), float(weekly[k]))
            for k in range(weeks)
        )
        notes = [
            Note(
                "band",
                f"The band holds for all {weeks} weeks together with {of.level:.0%} confidence: read it at any week.",
            )
        ]
        if weeks > 2:
            notes.append(self._fading(frame, control.joint, treatment.joint, of))
        return Found(Result(columns, rows, tuple(notes)))

    def _weeks(self, frame: Frame, of: Experiment) -> int:
        until, start = min(frame.period.end, frame.now), of.last_draw
        if of.open_ended:
            raise QueryError(
                f"members join '{of.name}' all the time, so they share no weeks; ask 'incremental' of each period"
            )
        if start is None:
            raise QueryError(f"nobody was drawn in '{of.name}' in this period")
        seen = (until - start).days // 7
        planned = MOST_WEEKS if of.window_days is None else max(1, of.window_days // 7)
        weeks = min(seen, planned, MOST_WEEKS)
        if weeks < 1:
            raise QueryError(f"no full week has passed since the draw of '{of.name}' in this period")
        return weeks

    def _fading(self, frame: Frame, control: Joint, treatment: Joint, of: Experiment) -> Note:
        """Whether the weekly lift wears off: the slope of the straight line through it, as the lots bring it about."""
        k = len(control.mean)
        centred = np.arange(k) - (k - 1) / 2
        slope = list(centred / (centred**2).sum())
        unit = self.column(frame).unit
        try:
            found = welch(control.moments(slope), treatment.moments(slope), of.level)
        except NotEnough as error:
            return Note("novelty", f"Whether it wears off cannot be told: {error}.")
        words = money_words(frame)
        low, high = (words.exact(round(x, 3), unit) for x in (found.interval.low, found.interval.high))
        moved = (
            "wears off" if found.proven and found.value < 0 else "grows" if found.proven else "shows no proven trend"
        )
        return Note(
            "novelty",
            f"The weekly lift {moved}: {words.exact(round(found.value, 3), unit)} a week ({low} to {high})."
            " Do not stretch the first weeks to a year.",
        )

    def chart(self, found: Found) -> Chart:
        """A line with its band."""
        kept = ("week", "so_far", "low", "high")
        result = found.result
        places = [result.index(name) for name in kept]
        return Line.of(
            Result(
                tuple(result.columns[i] for i in places), tuple(tuple(row[i] for i in places) for row in result.rows)
            )
        )

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Weeks are seven times 24 hours from each member's own draw, so all members are at the same week; only"
            " weeks"
            " that are over for everybody are shown. The band is simultaneous: it is as much wider than a single"
            " interval"
            " as is needed to hold at all weeks together, from how the weeks vary with each other."
        )


class IncrementalGroups(Trial, frozen=True, kw_only=True, tag="incremental_groups"):
    """The effect for each group of members, or on each part of what they buy: whom it moved, what it pulled along."""

    by: DimensionName
    top: Annotated[int, Meta(ge=2, le=60)] = 20

    def dimensions(self) -> tuple[str, ...]:
        """None that a page could filter by: it is read at the draw."""
        return ()

    def find(self, frame: Frame) -> Found:
        """A row a group."""
        of = self.chosen(frame)
        name = dimension_name(self.by)
        wanted = self.outcome(frame)
        of_members = reads(frame.catalog, LOT, name)
        if not of_members and not reads(frame.catalog, wanted.top.of, name):
            raise QueryError(f"neither the lots nor {wanted.top.of} can be read by '{name}'")
        effects = self._members(frame, of) if of_members else self._parts(frame, of)
        effect = self.column(frame)
        title = describe(frame.catalog, LOT if of_members else wanted.top.of, name)
        columns = (
            Column(name, title, "label"),
            *_bounded(effect),
            Column("adjusted", "p for all groups", "measure", "number"),
            Column("shrunk", "Drawn to the mean", "measure", effect.unit),
            Column("members", "Members treated", "measure", "members"),
            flag("proven"),
        )
        if not effects:
            return Found(Result(columns, (), (Note("no_data", "No group has enough members in both arms."),)))
        p = benjamini_hochberg([one.p for _, one, _ in effects])
        shrunk = self._shrunk([one for _, one, _ in effects])
        rows = tuple(
            (group, *_estimate(one), float(p[i]), shrunk[i], n, bool(p[i] < of.alpha))
            for i, (group, one, n) in enumerate(effects)
        )
        note = Note(
            "many",
            f"{len(rows)} groups are looked at; of those called proven at most {of.alpha:.0%} are false on average"
            " (Benjamini and Hochberg). 'Drawn to the mean' is what to expect next time.",
        )
        order = sorted(rows, key=lambda row: -abs(as_number(row[1]) or 0.0))
        return Found(Result(columns, tuple(order[: self.top]), (note,)))

    def _shrunk(self, effects: list[Effect]) -> list[float | None]:
        if len(effects) < 3:
            return [None] * len(effects)
        return [float(value) for value in shrink([one.value for one in effects], [one.se for one in effects]).values]

    def _members(self, frame: Frame, of: Experiment) -> list[tuple[Cell, Effect, int]]:
        wanted = self.outcome(frame)
        by = dimension(frame, self.by if isinstance(self.by, By) else By(dimension=self.by))
        known = samples(frame, of, Asked(wanted, values_of(wanted, self.back(frame, of)), by=(by,)))
        found: list[tuple[Cell, Effect, int]] = []
        for group in dict.fromkeys(group for _, group in known):
            sides = [
                [known[(arm.id, group)] for arm in of.arms if arm.is_control is side and (arm.id, group) in known]
                for side in (True, False)
            ]
            if not all(sides):
                continue
            control, treatment = (together(side) for side in sides)
            if min(control.joint.n, treatment.joint.n) < FEWEST_OF_A_GROUP:
                continue
            try:
                found.append((group[0], _best(control, treatment, of), treatment.joint.n))
            except NotEnough:
                continue
        return found

    def _parts(self, frame: Frame, of: Experiment) -> list[tuple[Cell, Effect, int]]:
        """The effect on each part of the outcome, over all members drawn."""
        wanted = self.outcome(frame)
        if wanted.bottom is not None or wanted.any_row:
            raise QueryError(f"'{self.used()[0]}' has no parts that add up; take a sum, such as net_revenue")
        back = self.back(frame, of)
        asked = Asked(wanted, (AFTER, Value("before", -back, 0)))
        whole = samples(frame, of, asked)
        by = dimension(frame, self.by)
        cells: dict[Cell, dict[int, tuple[float, ...]]] = {}
        for part, arm, _, *sums in frame.run(by_rows(frame.scope(), frame.cut(), drawing(frame, of), asked, by)):
            cells.setdefault(part, {})[int(str(arm))] = tuple(as_number(one) or 0.0 for one in sums)
        found: list[tuple[Cell, Effect, int]] = []
        for part, arms in cells.items():
            sides: list[Pair] = []
            for side in (True, False):
                ids = [arm.id for arm in of.arms if arm.is_control is side and (arm.id, ()) in whole]
                n = sum(whole[(one, ())].joint.n for one in ids)
                sums = [sum(arms.get(one, (0.0,) * 5)[i] for one in ids) for i in range(5)]
                y, x, yy, xx, yx = sums
                sides.append(_pair(n, y, x, yy, xx, yx))
            try:
                found.append((part, _adjusted_pairs(sides[0], sides[1], of.level), sides[1].n))
            except NotEnough:
                continue
        return found

    def chart(self, found: Found) -> Chart:
        """A forest."""
        return Interval.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "The effect per member with past behaviour taken out, for each group of members as they were at the draw;"
            " by a"
            " dimension of what is bought, the effect on that part over all members drawn: other categories that rise"
            " are"
            " a halo, those that fall are cannibalised. Among many groups some look good by chance: 'p for all"
            " groups' is"
            " corrected for that, and 'Drawn to the mean' moves each estimate towards their mean, the more the"
            " noisier it"
            " is. Groups with fewer than 30 members in an arm are left out."
        )


def _best(control: Sample, treatment: Sample, of: Experiment) -> Effect:
    try:
        return adjusted(control, treatment, of.level)
    except NotEnough:
        return plain(control, treatment, of.level)


def _pair(n: int, y: float, x: float, yy: float, xx: float, yx: float) -> Pair:
    """The moments of two values over n members of whom most have none, from their sums."""

    def spread(product: float, a: float, b: float) -> float:
        return (product - a * b / n) / (n - 1)

    return Pair(n, y / n, x / n, max(0.0, spread(yy, y, y)), max(0.0, spread(xx, x, x)), spread(yx, y, x))


def _adjusted_pairs(control: Pair, treatment: Pair, level: float) -> Effect:
    try:
        found = cuped(control, treatment)
        return welch(found.control, found.treatment, level)
    except NotEnough:
        sides = [Moments(side.n, side.mean_x, side.var_x) for side in (control, treatment)]
        return welch(sides[0], sides[1], level)


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
