"""Course: how an effect came about over time, and where: week by week, by group of members, by what they buy."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from punchcard.analyses import statistics as st
from punchcard.analyses.base import By, DimensionName, Found, dimension, dimension_name, flag
from punchcard.analyses.trial import (
    AFTER,
    Experiment,
    Sample,
    Trial,
    adjusted,
    bounded,
    drawing,
    estimate,
    figured,
    money_words,
    plain,
    samples,
    together,
    values_of,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Interval, Line
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.dimension import describe, reads
from punchcard.plan.lots import LOT, Asked, Value, by_rows
from punchcard.result import Cell, Column, Note, Result

MOST_WEEKS = 26
FEWEST_OF_A_GROUP = 30  # members an arm below which a group is not shown


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
        add = st.numpy.tril(st.numpy.ones((weeks, weeks)))
        so_far, errors = add @ weekly, add @ cov @ add.T
        reach = st.reach_of_all(errors, of.level)
        half = reach * st.numpy.sqrt(st.numpy.diag(errors))
        effect = self.column(frame, "so_far", "Difference per member so far")
        columns = (
            Column("week", "Weeks after the draw", "label", "count"),
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

    def _fading(self, frame: Frame, control: st.Joint, treatment: st.Joint, of: Experiment) -> Note:
        """Whether the weekly lift wears off: the slope of the straight line through it, as the lots bring it about."""
        k = len(control.mean)
        centred = st.numpy.arange(k) - (k - 1) / 2
        slope = list(centred / (centred**2).sum())
        unit = self.column(frame).unit
        try:
            found = st.welch(control.moments(slope), treatment.moments(slope), of.level)
        except st.NotEnough as error:
            return figured("novelty", f"Whether it wears off cannot be told: {error}.")
        words = money_words(frame)
        low, high = (words.exact(round(x, 3), unit) for x in (found.interval.low, found.interval.high))
        moved = (
            "wears off" if found.proven and found.value < 0 else "grows" if found.proven else "shows no proven trend"
        )
        return figured(
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
            *bounded(effect),
            Column("adjusted", "p for all groups", "measure", "number"),
            Column("shrunk", "Drawn to the mean", "measure", effect.unit),
            Column("members", "Members treated", "measure", "members"),
            flag("proven"),
        )
        if not effects:
            return Found(Result(columns, (), (Note("no_data", "No group has enough members in both arms."),)))
        p = st.benjamini_hochberg([one.p for _, one, _ in effects])
        shrunk = self._shrunk([one for _, one, _ in effects])
        rows = tuple(
            (group, *estimate(one), float(p[i]), shrunk[i], n, bool(p[i] < of.alpha))
            for i, (group, one, n) in enumerate(effects)
        )
        note = Note(
            "many",
            f"{len(rows)} groups are looked at; of those called proven at most {of.alpha:.0%} are false on average"
            " (Benjamini and Hochberg). 'Drawn to the mean' is what to expect next time.",
        )
        order = sorted(rows, key=lambda row: -abs(as_number(row[1]) or 0.0))
        return Found(Result(columns, tuple(order[: self.top]), (note,)))

    def _shrunk(self, effects: list[st.Effect]) -> list[float | None]:
        if len(effects) < 3:
            return [None] * len(effects)
        return [float(value) for value in st.shrink([one.value for one in effects], [one.se for one in effects]).values]

    def _members(self, frame: Frame, of: Experiment) -> list[tuple[Cell, st.Effect, int]]:
        wanted = self.outcome(frame)
        by = dimension(frame, self.by if isinstance(self.by, By) else By(dimension=self.by))
        known = samples(frame, of, Asked(wanted, values_of(wanted, self.back(frame, of)), by=(by,)))
        found: list[tuple[Cell, st.Effect, int]] = []
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
            except st.NotEnough:
                continue
        return found

    def _parts(self, frame: Frame, of: Experiment) -> list[tuple[Cell, st.Effect, int]]:
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
        found: list[tuple[Cell, st.Effect, int]] = []
        for part, arms in cells.items():
            sides: list[st.Pair] = []
            for side in (True, False):
                ids = [arm.id for arm in of.arms if arm.is_control is side and (arm.id, ()) in whole]
                n = sum(whole[(one, ())].joint.n for one in ids)
                sums = [sum(arms.get(one, (0.0,) * 5)[i] for one in ids) for i in range(5)]
                y, x, yy, xx, yx = sums
                sides.append(_pair(n, y, x, yy, xx, yx))
            try:
                found.append((part, _adjusted_pairs(sides[0], sides[1], of.level), sides[1].n))
            except st.NotEnough:
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


def _best(control: Sample, treatment: Sample, of: Experiment) -> st.Effect:
    try:
        return adjusted(control, treatment, of.level)
    except st.NotEnough:
        return plain(control, treatment, of.level)


def _pair(n: int, y: float, x: float, yy: float, xx: float, yx: float) -> st.Pair:
    """The moments of two values over n members of whom most have none, from their sums."""

    def spread(product: float, a: float, b: float) -> float:
        return (product - a * b / n) / (n - 1)

    return st.Pair(n, y / n, x / n, max(0.0, spread(yy, y, y)), max(0.0, spread(xx, x, x)), spread(yx, y, x))


def _adjusted_pairs(control: st.Pair, treatment: st.Pair, level: float) -> st.Effect:
    try:
        found = st.cuped(control, treatment)
        return st.welch(found.control, found.treatment, level)
    except st.NotEnough:
        sides = [st.Moments(side.n, side.mean_x, side.var_x) for side in (control, treatment)]
        return st.welch(sides[0], sides[1], level)
