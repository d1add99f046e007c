"""Truth: what was put into a programme and what came of it, counted while it was made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from msgspec import Struct, structs, to_builtins

from punchcard.simulate.communications import COUNTS
from punchcard.simulate.creators import rule_of
from punchcard.simulate.experiments import SUMS
from punchcard.simulate.profile import SEGMENTS
from punchcard.simulate.world import ZONE, World
from punchcard.simulate.write import Written


@dataclass(slots=True)
class Tally:
    """What blocks add up; sums of several blocks are the sums of their tallies."""

    totals: dict[str, int] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)

    def count(self, **numbers: int | np.integer[Any]) -> None:
        """Add whole numbers."""
        for name, number in numbers.items():
            self.totals[name] = self.totals.get(name, 0) + int(number)

    def sum(self, **arrays: np.ndarray) -> None:
        """Add arrays of one shape."""
        for name, array in arrays.items():
            self.arrays[name] = self.arrays[name] + array if name in self.arrays else array

    def add(self, other: "Tally") -> None:
        """Take over what another one has added up."""
        self.count(**other.totals)
        self.sum(**other.arrays)
        self.note(other.written)

    def note(self, written: Mapping[str, Written]) -> None:
        """Take over how many rows were written."""
        for name, more in written.items():
            known = self.written.setdefault(name, Written(more.columns))
            known.rows += more.rows
            known.repeated += more.repeated


class Estimand(Struct, frozen=True):
    """One effect on the members of an experiment, per assigned member: `full` if the control had been kept clean,
    `itt` as the lots bring it about with the control that was reached, and the standard error of the plain difference
    of means for lots of these sizes."""

    with_message: float
    without: float
    full: float
    itt: float
    standard_error: float


class CampaignTruth(Struct, frozen=True):
    """One campaign: what was put in, who was in it, and what it did."""

    campaign_id: int
    brand_id: int
    name: str
    starts: str
    experiment_id: int
    lift: float
    novelty_days: float
    window_days: int
    counts: dict[str, int]
    assigned: int = 0
    control: int = 0
    reached_share: float = 0.0
    contamination: float = 0.0
    revenue: Estimand | None = None
    conversion: Estimand | None = None


class Truth(Struct, frozen=True):
    """All of it; `parameters` is the profile itself."""

    profile: str
    seed: int
    members: int
    first_day: str
    days: int
    zone: str
    totals: dict[str, float]
    rows: dict[str, dict[str, int]]
    lifecycle: dict[str, Any]
    consents: list[dict[str, Any]]
    campaigns: list[CampaignTruth]
    funnel: dict[str, int]
    brands: dict[str, dict[str, float]]
    creators: dict[str, dict[str, float]]
    parameters: dict[str, Any]


def truth(world: World, tally: Tally, payouts: np.ndarray | None) -> Truth:
    """The truth of a programme from what was counted."""
    days = world.days
    steps = world.profile.app.steps if world.profile.app else ()
    funnel = tally.arrays.get("funnel", np.zeros(len(steps)))
    return Truth(
        world.profile.name,
        world.seed,
        world.members,
        days.first.isoformat(),
        days.count,
        ZONE,
        {name: number / 100 if name.endswith("_revenue") else number for name, number in sorted(tally.totals.items())},
        {
            name: {"received": one.rows, "repeated": one.repeated, "distinct": one.rows - one.repeated}
            for name, one in sorted(tally.written.items())
        },
        _lifecycle(world, tally),
        [
            {**to_builtins(structs.asdict(consent)), "given": int(given), "taken_back": int(taken_back)}
            for consent, (given, taken_back) in zip(world.profile.consents, tally.arrays["agreed"], strict=True)
        ],
        [_campaign(world, tally, number) for number in range(len(world.campaigns.plan))],
        {step: int(reached) for step, reached in zip(steps, funnel, strict=True)},
        _brands(world, tally, payouts),
        _creators(world, tally),
        to_builtins(structs.asdict(world.profile)),
    )


def _lifecycle(world: World, tally: Tally) -> dict[str, Any]:
    moved = tally.arrays["moved"]
    names = (*SEGMENTS, "gone")
    shares = moved / np.maximum(moved.sum(axis=1, keepdims=True), 1)
    put_in = world.profile.lifecycle.moves
    return {
        segment: {
            "probability": dict(zip(names, put_in[row], strict=True)),
            "observed": {name: round(float(shares[row, column]), 6) for column, name in enumerate(names)},
            "moved": {name: int(moved[row, column]) for column, name in enumerate(names)},
        }
        for row, segment in enumerate(SEGMENTS)
    }


def _campaign(world: World, tally: Tally, number: int) -> CampaignTruth:
    campaigns, plan = world.campaigns, world.plan(number)
    counts = tally.arrays["counts"][number]
    told = CampaignTruth(
        number + 1,
        int(campaigns.brand[number]) + 1,
        f"{plan.name} {campaigns.wave[number] + 1}",
        world.days.day(int(campaigns.day[number])).isoformat(),
        int(campaigns.experiment[number]),
        round(float(campaigns.lift[number]), 6),
        plan.novelty_days,
        plan.window_days,
        {name: int(count) for name, count in zip(COUNTS, counts, strict=True)},
    )
    sums: dict[str, float] = dict(zip(SUMS, map(float, tally.arrays["outcomes"][number]), strict=True))
    if not sums["control"] or not sums["treated"]:
        return told
    leak = sums["control_reached"] / sums["control"]
    potential = sums["treated_reached"] / sums["treated"]
    # The control is reached by mistake only where the message would have arrived.
    share = leak / potential if potential else 0.0
    return structs.replace(
        told,
        assigned=int(sums["assigned"]),
        control=int(sums["control"]),
        reached_share=round(potential, 6),
        contamination=round(share, 6),
        revenue=_revenue(sums, share) if world.profile.shopping else None,
        conversion=_conversion(sums, share),
    )


def _revenue(sums: Mapping[str, float], share: float) -> Estimand:
    count = sums["assigned"]
    with_, without = sums["with_revenue"] / count, sums["without_revenue"] / count
    spread_with = sums["with_revenue_squared"] / count - with_**2
    spread_without = sums["without_revenue_squared"] / count - without**2
    error = sqrt(spread_with / sums["treated"] + spread_without / sums["control"])
    return _estimand(with_, without, share, error)


def _conversion(sums: Mapping[str, float], share: float) -> Estimand:
    count = sums["assigned"]
    with_, without = sums["with_buyers"] / count, sums["without_buyers"] / count
    error = sqrt(with_ * (1 - with_) / sums["treated"] + without * (1 - without) / sums["control"])
    return _estimand(with_, without, share, error)


def _estimand(with_: float, without: float, share: float, error: float) -> Estimand:
    full = with_ - without
    return Estimand(*(round(each, 6) for each in (with_, without, full, full * (1 - share), error)))


def _brands(world: World, tally: Tally, payouts: np.ndarray | None) -> dict[str, dict[str, float]]:
    turnover = tally.arrays.get("turnover")
    market = world.profile.creators
    told: dict[str, dict[str, float]] = {}
    for brand in range(world.brands):
        one: dict[str, float] = {}
        if turnover is not None:
            one["net_revenue"] = int(turnover[brand].sum()) / 100
        if payouts is not None and market is not None:
            one["payouts"] = int(payouts[brand]) / 100
        if one:
            told[str(brand + 1)] = one
    if market is not None:
        for brand, rule in enumerate(rule_of(world, np.arange(world.brands))):
            told[str(brand + 1)]["payout_rule"] = int(rule)
    return told


def _creators(world: World, tally: Tally) -> dict[str, dict[str, float]]:
    posts = world.posts
    if posts is None:
        return {}
    cents, sales, clicks = (tally.arrays[name] for name in ("post_cents", "post_sales", "post_clicks"))
    creators = len(posts.quality)
    by = {
        "quality": posts.quality,
        "clicks": np.bincount(posts.creator, clicks, creators),
        "sales": np.bincount(posts.creator, sales, creators),
        "net_revenue": np.bincount(posts.creator, cents, creators) / 100,
    }
    return {
        str(creator + 1): {name: round(float(values[creator]), 6) for name, values in by.items()}
        for creator in range(creators)
    }


def told(found: Truth) -> str:
    """The truth for a person, as Markdown."""
    lines = [
        f"# What is true of this programme: {found.profile}, seed {found.seed}",
        "",
        f"{found.members:,} member records over {found.days} days from {found.first_day}; all numbers: `truth.json`.",
        "",
        "## Counts",
        "",
        "| | |",
        "|---|--:|",
        *(f"| {name.replace('_', ' ')} | {number:,} |" for name, number in found.totals.items()),
        "",
        "## From month to month",
        "",
        "The share of members that move from a segment (rows) to another, as put in and as it came out.",
        "",
        f"| | {' | '.join((*SEGMENTS, 'gone'))} |",
        "|---|" + "--:|" * 5,
    ]
    for segment, one in found.lifecycle.items():
        cells = (f"{put:.1%} ({one['observed'][name]:.1%})" for name, put in one["probability"].items())
        lines.append(f"| {segment} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Campaigns with a control group",
        "",
        "The effect on each assigned member as the lots bring it about, with the standard error of a plain comparison.",
        "",
        "| campaign | brand | assigned | control | lift put in | revenue | error | buyers | error |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found.campaigns:
        if one.conversion is None:
            continue
        revenue = (f"{one.revenue.itt:.3f}", f"{one.revenue.standard_error:.3f}") if one.revenue else ("", "")
        shown = (
            one.name,
            str(one.brand_id),
            f"{one.assigned:,}",
            f"{one.control:,}",
            f"{one.lift:.3f}",
            *revenue,
            f"{one.conversion.itt:.4f}",
            f"{one.conversion.standard_error:.4f}",
        )
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"
