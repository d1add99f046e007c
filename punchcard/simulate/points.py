"""Points: the ledger of every account, first in first out, with the lots that each debit used up.

A kernel walks each member's acts in their order: what is bought earns, what comes back takes what is left of its own
points, who asks for a reward gets it if the points that may be spent suffice, and what is left of a lot runs out.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from punchcard.simulate.chance import Ints, chance, numbers, spread
from punchcard.simulate.days import DAY
from punchcard.simulate.members import Members, shopping_months
from punchcard.simulate.purchases import Documents, moments
from punchcard.simulate.world import PROGRAM, World
from punchcard.simulate.write import Rows, Words

EARN, BURN, EXPIRE, REVERSE = range(4)
_KINDS = ("earn", "burn", "expire", "reverse_earn")


@dataclass(frozen=True, slots=True)
class Acts:
    """What members do about points, in the order of member and time. `of` is the document, or the reward wanted."""

    member: Ints
    moment: Ints
    kind: Ints
    points: Ints
    of: Ints
    effective: Ints
    expires: Ints
    bonus: Ints  # the campaign behind bonus points, by place; -1 is none


@njit(cache=True)  # pyright: ignore[reportUntypedFunctionDecorator] - numba has no types
def _ledger(  # noqa: C901, PLR0912, PLR0915
    member: Ints, moment: Ints, kind: Ints, points: Ints, lot: Ints, effective: Ints, expires: Ints, end: int
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """Entries (act, kind, points, moment) and allocations (lot entry, debit entry, points), in order.

    `lot` is, for a reversal, the act that earned. One loop with all its arrays: compiled code has no objects.
    """
    acts = len(member)
    entry_act = np.empty(2 * acts + 1, np.int64)
    entry_kind = np.empty(2 * acts + 1, np.int64)
    entry_points = np.empty(2 * acts + 1, np.int64)
    entry_moment = np.empty(2 * acts + 1, np.int64)
    of_lot = np.empty(3 * acts + 1, np.int64)
    of_debit = np.empty(3 * acts + 1, np.int64)
    used = np.empty(3 * acts + 1, np.int64)
    left = np.zeros(acts, np.int64)  # of each earning act
    written = np.full(acts, -1, np.int64)  # the entry of each earning act
    entries = 0
    allocations = 0
    at = 0
    while at < acts:
        whose = member[at]
        stop = at
        while stop < acts and member[stop] == whose:
            stop += 1
        oldest = at
        for act in range(at, stop + 1):
            now = end if act == stop else moment[act]
            # Lots are in the order in which they run out, since every lot lasts as long.
            while oldest < act and (kind[oldest] != EARN or left[oldest] == 0 or expires[oldest] < now):
                if kind[oldest] == EARN and left[oldest] > 0:
                    entry_act[entries] = oldest
                    entry_kind[entries] = EXPIRE
                    entry_points[entries] = -left[oldest]
                    entry_moment[entries] = expires[oldest]
                    of_lot[allocations] = written[oldest]
                    of_debit[allocations] = entries
                    used[allocations] = left[oldest]
                    allocations += 1
                    entries += 1
                    left[oldest] = 0
                oldest += 1
            if act == stop:
                break
            if kind[act] == EARN:
                left[act] = points[act]
                written[act] = entries
                entry_act[entries] = act
                entry_kind[entries] = EARN
                entry_points[entries] = points[act]
                entry_moment[entries] = now
                entries += 1
            elif kind[act] == REVERSE:
                source = lot[act]
                back = min(points[act], left[source]) if source >= 0 else 0
                if back > 0:
                    left[source] -= back
                    entry_act[entries] = act
                    entry_kind[entries] = REVERSE
                    entry_points[entries] = -back
                    entry_moment[entries] = now
                    of_lot[allocations] = written[source]
                    of_debit[allocations] = entries
                    used[allocations] = back
                    allocations += 1
                    entries += 1
            else:
                wanted = points[act]
                can_spend = 0
                for earned in range(oldest, act):
                    if kind[earned] == EARN and effective[earned] <= now:
                        can_spend += left[earned]
                        if can_spend >= wanted:
                            break
                if can_spend >= wanted:
                    rest = wanted
                    for earned in range(oldest, act):
                        if kind[earned] == EARN and effective[earned] <= now and left[earned] > 0:
                            part = min(rest, left[earned])
                            left[earned] -= part
                            rest -= part
                            of_lot[allocations] = written[earned]
                            of_debit[allocations] = entries
                            used[allocations] = part
                            allocations += 1
                            if rest == 0:
                                break
                    entry_act[entries] = act
                    entry_kind[entries] = BURN
                    entry_points[entries] = -wanted
                    entry_moment[entries] = now
                    entries += 1
        at = stop
    return (
        entry_act[:entries],
        entry_kind[:entries],
        entry_points[:entries],
        entry_moment[:entries],
        of_lot[:allocations],
        of_debit[:allocations],
        used[:allocations],
    )


def point_rows(world: World, people: Members, documents: Documents, ids: Ints, campaign: Ints) -> dict[str, Rows]:
    """Accounts, ledger, allocations and reward orders. `campaign` caused each document, by place; -1 is none."""
    rules = world.profile.points
    if rules is None:
        return {}
    rng = chance(world.seed, "points", people.block)
    acts, lot = _acts(world, people, documents, campaign, rng)
    act, kind, points, moment, of_lot, of_debit, used = _ledger(
        acts.member, acts.moment, acts.kind, acts.points, lot, acts.effective, acts.expires, world.days.end
    )
    entry = numbers(people.block, len(act))
    member = people.ids[acts.member[act]]
    earned, burned = kind == EARN, kind == BURN
    orders = np.flatnonzero(burned)
    redemption = np.zeros(len(act), np.int64)
    redemption[orders] = numbers(people.block, len(orders))
    document = np.where(earned | (kind == REVERSE), acts.of[act], 0)
    of_document = earned | (kind == REVERSE)
    bonus = np.where(earned, acts.bonus[act], -1)
    reversed_ = np.full(len(act), -1)
    written = np.zeros(len(acts.member), np.int64)
    written[act[earned]] = entry[earned]
    taken_back = kind == REVERSE
    reversed_[taken_back] = written[lot[act[taken_back]]]
    reward = acts.of[act[orders]]
    price = np.array(rules.prices)[reward]
    handed_over = moment[orders] + rng.integers(1, 4 * DAY, len(orders))
    done = handed_over < world.days.end
    return {
        "points_account": {
            "account_id": people.ids,
            "program_id": np.full(len(people.ids), PROGRAM),
            "member_id": people.ids,
            "unit": "redeemable",
            "opened_at": people.joined,
        },
        "points_entry": {
            "entry_id": entry,
            "account_id": member,
            "program_id": np.full(len(act), PROGRAM),
            "member_id": member,
            "kind": Words(kind, _KINDS),
            "points": points,
            "occurred_at": moment,
            "effective_at": np.where(earned, acts.effective[act], 0),
            "expires_at": np.where(earned, acts.expires[act], 0),
            "txn_id": np.where(of_document, ids[document], 0),
            "campaign_id": bonus + 1,
            "redemption_id": redemption,
            "reverses_entry_id": reversed_,
            "is_bonus": bonus >= 0,
            "recorded_at": np.minimum(moment + 30, world.days.end - 1),
        },
        "points_allocation": {
            "lot_entry_id": entry[of_lot],
            "debit_entry_id": entry[of_debit],
            "points": used,
        },
        "redemption": {
            "redemption_id": redemption[orders],
            "reward_id": reward + 1,
            "program_id": np.full(len(orders), PROGRAM),
            "member_id": member[orders],
            "requested_at": moment[orders],
            "fulfilled_at": np.where(done, handed_over, 0),
            "status": Words(done.astype(np.int64), ("requested", "fulfilled")),
            "points": price,
            "cost": np.rint(price * rules.unit_cost * 100).astype(np.int64),
        },
    }


def _acts(
    world: World, people: Members, documents: Documents, campaign: Ints, rng: np.random.Generator
) -> tuple[Acts, Ints]:
    """All acts in order, and for each reversal the act that earned."""
    rules, days = world.profile.points, world.days
    assert rules is not None  # noqa: S101 - checked by the caller
    counts = documents.happens & documents.ok & (documents.member >= 0)
    worth = (np.abs(documents.net) // 100 * rules.per_unit).astype(np.int64)
    sale = np.flatnonzero(counts & documents.is_sale & (worth > 0))
    back = np.flatnonzero(counts & ~documents.is_sale & (worth > 0))
    extra = world.by_plan("bonus_points").astype(np.int64) if len(world.campaigns.plan) else np.zeros(0, np.int64)
    given = np.flatnonzero(counts & documents.is_sale & (campaign >= 0))
    given = given[extra[campaign[given]] > 0] if len(given) else given
    pace = shopping_months(world, people, world.profile.lifecycle.shopping) * rules.spends_per_month
    cells = rng.poisson(pace)
    cell, _ = spread(cells.ravel())
    asks, month = cell // cells.shape[1], cell % cells.shape[1]
    asked = moments(world, month, rng.random(len(asks)), rng.random(len(asks)))
    wish = np.minimum(rng.geometric(0.45, len(asks)) - 1, len(rules.prices) - 1)
    kept = asked >= people.joined[asks]
    asks, asked, wish = asks[kept], asked[kept], wish[kept]
    sizes = [len(sale), len(given), len(back), len(asks)]
    kind = np.repeat([EARN, EARN, REVERSE, BURN], sizes)
    of = np.concatenate([sale, given, back, wish])
    points = np.concatenate([worth[sale], extra[campaign[given]], worth[back], np.array(rules.prices)[wish]])
    member = np.concatenate([documents.member[sale], documents.member[given], documents.member[back], asks])
    moment = np.concatenate([documents.moment[sale], documents.moment[given], documents.moment[back], asked])
    bonus = np.full(len(kind), -1)
    bonus[sizes[0] : sizes[0] + sizes[1]] = campaign[given]
    order = np.argsort((member << 33) + moment, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    earned_by = np.full(len(documents.member), -1)
    earned_by[sale] = place[: len(sale)]
    lot = np.full(len(order), -1)
    reversing = slice(sizes[0] + sizes[1], sizes[0] + sizes[1] + sizes[2])
    lot[place[reversing]] = earned_by[documents.original[back]]
    day = days.of(moment)
    effective = np.where(kind == EARN, days.midnights[day + rules.pending_days], 0)
    expires = np.where(kind == EARN, days.midnights[np.minimum(day + rules.expiry_days, len(days.midnights) - 1)], 0)
    return (
        Acts(
            member[order],
            moment[order],
            kind[order],
            points[order],
            of[order],
            effective[order],
            expires[order],
            bonus[order],
        ),
        lot,
    )


def tier_rows(world: World, people: Members, documents: Documents) -> tuple[dict[str, Rows], Ints]:
    """Stays in tiers, judged on the first of a month by the spend of a year; and the tier by member and month."""
    rules, days = world.profile.points, world.days
    if rules is None:
        return {}, np.zeros((len(people.ids), len(days.months) - 1), np.int64)
    months = len(days.months) - 1
    counts = documents.happens & documents.ok & (documents.member >= 0)
    cell = documents.member[counts] * months + days.month_of(documents.moment[counts])
    spent = np.bincount(cell, documents.net[counts], len(people.ids) * months).reshape(-1, months) / 100
    so_far = np.concatenate([np.zeros((len(spent), 1)), np.cumsum(spent, axis=1)], axis=1)[:, :-1]
    year_before = np.concatenate([np.zeros((len(spent), min(12, months))), so_far[:, :-12]], axis=1)[:, :months]
    thresholds = np.array([threshold for _, threshold in rules.tiers])
    tier = np.searchsorted(thresholds, so_far - year_before, side="right")
    starts = days.month_starts
    joined_in = np.where(people.joined < days.start, 0, days.month_of(people.joined))
    month = np.arange(months)[None, :]
    tier = np.where(month < joined_in[:, None], 0, np.maximum(tier, 1))
    # Who left, or was merged away, has no tier from the next month on.
    gone = np.where(people.left_at > 0, people.left_at, np.where(people.undone_at == 0, people.merged_at, 0))
    tier = np.where((gone > 0)[:, None] & (starts[:-1][None, :] >= gone[:, None] - DAY), 0, tier)
    before = np.column_stack([np.zeros(len(tier), np.int64), tier[:, :-1]])
    member, at = np.nonzero((tier != before) & (tier > 0))
    changed = tier != before
    ahead = np.full((len(tier), months + 1), months)
    for index in range(months - 1, -1, -1):
        ahead[:, index] = np.where(changed[:, index], index, ahead[:, index + 1])
    until = ahead[member, at + 1]
    was, now = before[member, at], tier[member, at]
    since = np.where(was == 0, people.joined[member], starts[at])
    rows: Rows = {
        "member_id": people.ids[member],
        "program_id": np.full(len(member), PROGRAM),
        "tier_id": now,
        "valid_from": since,
        "valid_to": np.where(until < months, starts[np.minimum(until, months - 1)], 0),
        "reason": Words(np.where(was == 0, 0, np.where(now > was, 1, 2)), ("join", "upgrade", "downgrade")),
        "recorded_at": np.minimum(since + 3600, days.end - 1),
    }
    return {"tier_membership": rows}, tier
