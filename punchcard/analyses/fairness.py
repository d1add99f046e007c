"""Fairness: what must hold before an experiment is read, and what to mind when it does not.

A check that blocks withholds all figures: a defect of the draw is no finding. The others are said beside the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from punchcard.analyses import statistics as st
from punchcard.analyses.trial import Compared, Experiment, drawing, figured, money_words
from punchcard.chart.series import as_number
from punchcard.format import Format
from punchcard.frame import Frame
from punchcard.plan.lots import overlaps
from punchcard.result import Note

FEWEST = 100  # members an arm from which on means are normal enough for what members spend
OVERLAP = "Treated by other campaigns meanwhile"
UNLIKE = 0.1  # standard deviations between arms before the start, above which they are worth a look (Austin 2009)


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold before a figure is read; one that `blocks` withholds the figures when it fails."""

    title: str
    found: str
    limit: str
    holds: bool
    blocks: bool = False
    words: str = ""


def checks(frame: Frame, sides: Compared) -> tuple[Check, ...]:
    """What must hold before the figures are read."""
    of, words = sides.of, money_words(frame)
    found = (
        _drawn_fairly(of, words),
        _alike_before(sides, words),
        _enough(sides),
        _over(frame, of),
        _kept_clean(sides, words),
        Check(
            "People in several arms",
            str(of.crossed),
            "none",
            of.crossed == 0,
            words="Records merged after the draw; these people are left out.",
        ),
    )
    # A global control is meant to meet with no campaign at all.
    return found if of.kind == "global_control" else (*found, _apart(frame, of, words))


def _drawn_fairly(of: Experiment, words: Format) -> Check:
    title = "Sizes of the arms as planned"
    planned = [arm.planned for arm in of.arms if arm.planned]
    if len(planned) != len(of.arms):
        return Check(
            title, "no plan", "p at least 0.001", holds=False, words="Without planned shares nobody can check it."
        )
    try:
        found = st.sample_ratio([arm.drawn for arm in of.arms], planned)
    except st.NotEnough as error:
        return Check(title, str(error), "p at least 0.001", holds=False, blocks=True, words=str(error))
    return Check(
        title,
        f"chi-square {words.exact(found.chi2, 'chi-square')}, p {found.p:.2g}",
        "p at least 0.001",
        not found.mismatch,
        blocks=True,
        words="the arms do not have the planned sizes, so the draw or its log is at fault",
    )


def _alike_before(sides: Compared, words: Format) -> Check:
    title = "Arms alike before the draw"
    try:
        control, treatment = (side.value("before") for side in (sides.control, sides.treatment))
        gap = st.standardised_difference(control, treatment)
        p = st.welch(control, treatment).p
    except st.NotEnough:
        return Check(title, "nothing happened before", f"within {UNLIKE} standard deviations", holds=True)
    return Check(
        title,
        f"{gap:+.3f} standard deviations, p {p:.2g}",
        f"within {UNLIKE} standard deviations",
        # By chance small arms differ by much and large arms by a little; a defect is both large and no chance.
        abs(gap) <= UNLIKE or p >= st.MISMATCH,
        blocks=True,
        words="the arms differed before anything was done to them, so the draw was not by lot",
    )


def _enough(sides: Compared) -> Check:
    smallest = min(sides.control.joint.n, sides.treatment.joint.n)
    return Check(
        "Members in the smaller arm",
        f"{smallest:,}",
        f"at least {FEWEST}",
        smallest >= FEWEST,
        words="With fewer members, intervals of spend are too narrow.",
    )


def ends(of: Experiment) -> datetime | None:
    """When the outcomes of the last member drawn are complete; None if no end was planned."""
    if of.open_ended:
        return None
    if of.window_days is not None and of.last_draw is not None:
        return of.last_draw + timedelta(days=of.window_days)
    return of.ends_at


def _over(frame: Frame, of: Experiment) -> Check:
    end = ends(of)
    until = min(frame.period.end, frame.now)
    if end is None:
        return Check("Outcomes complete", "no end planned", "the whole period", holds=True)
    return Check(
        "Outcomes complete",
        f"{frame.calendar.day(end):%Y-%m-%d}",
        "within the period and the data",
        end <= until,
        words="A look before the end finds effects that are not there more often than agreed.",
    )


def _kept_clean(sides: Compared, words: Format) -> Check:
    leak, reached = (side.value("reached").mean for side in (sides.control, sides.treatment))
    return Check(
        "Control not contacted",
        f"{words.exact(leak, 'share')} of the control, {words.exact(reached, 'share')} of the treated reached",
        "none of the control",
        leak == 0,
        words="Nobody is thrown out; the effect as drawn is then too small, see 'Per member reached'.",
    )


def _apart(frame: Frame, of: Experiment, words: Format) -> Check:
    rows = frame.run(overlaps(frame.scope(), drawing(frame, of)))
    told = ", ".join(f"{name} {words.exact(as_number(share), 'share')}" for name, share in rows[:3])
    return Check(
        OVERLAP,
        told or "nobody",
        "nobody",
        not rows,
        words="Both arms meet the others alike, so this effect stands; overlapping effects do not add up.",
    )


def blocked(found: Sequence[Check]) -> str:
    """Why no figure may be read; nothing if it may."""
    return "; ".join(check.words for check in found if check.blocks and not check.holds)


def notes_of(found: Sequence[Check]) -> tuple[Note, ...]:
    """What the checks that failed without blocking have to say; overlap takes nothing away and is left to its row."""
    return tuple(
        figured("check", f"{check.title}: {check.found}. {check.words}")
        for check in found
        if not check.holds and not check.blocks and check.title != OVERLAP
    )
