"""Experiments: who was meant by which campaign, which lot each drew, and what the campaign did, in both worlds.

For everyone in an experiment both outcomes are made: with the message and without it. The data shows one of them; the
truth adds up both, so a campaign's effect on these members is known exactly and not only on average.
"""

from dataclasses import dataclass

import numpy as np

from punchcard.simulate.chance import Bools, Ints, chance, numbers, spread
from punchcard.simulate.columns import taken
from punchcard.simulate.days import DAY
from punchcard.simulate.members import Consents, Members
from punchcard.simulate.profile import SEGMENTS
from punchcard.simulate.purchases import Documents
from punchcard.simulate.world import WHOLE_PROGRAMME, World
from punchcard.simulate.write import Rows, Words

# What is added up of each campaign: members, lots, reach, and sums and squares of both outcomes.
SUMS = (
    "assigned",
    "control",
    "treated",
    "treated_reached",
    "control_reached",
    "with_revenue",
    "with_revenue_squared",
    "without_revenue",
    "without_revenue_squared",
    "with_buyers",
    "without_buyers",
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom campaigns were meant for: one row for each campaign and relation.

    `sent` is whether a message goes out: to the treated, and to those of the control that got one by mistake.
    `arrives` is whether it reaches the member if it goes out. `second` is whether the second subject line is drawn.
    """

    campaign: Ints
    relation: Ints
    member: Ints
    state: Ints
    sent_at: Ints
    is_control: Bools
    second: Bools
    sent: Bools
    arrives: Bools
    unsubscribes_at: Ints  # 0: does not

    @property
    def reached(self) -> Bools:
        """Whom the message really reached."""
        return self.sent & self.arrives


def audience(world: World, people: Members, given: Consents) -> tuple[Audience, Ints]:
    """Everyone whom a campaign was meant for, and until when each relation's consents last by links in messages."""
    campaigns, days, mailing = world.campaigns, world.days, world.profile.mailing
    rng = chance(world.seed, "audience", people.block)
    first = campaigns.brand_first
    relation, place = spread((first[1:] - first[:-1])[people.relation_brand])
    campaign = first[people.relation_brand[relation]] + place
    member = people.relation_member[relation]
    start = campaigns.start[campaign]
    state = people.state[member, days.month_of(start)]
    kind = world.consent[campaign]
    able = (people.relation_since[relation] < start) & ~people.global_control[member] & ~people.duplicate[member]
    able &= people.counted[member] & world.wanted[campaign, state] & given.holds(relation, kind, start)
    relation, campaign, member, state, kind = (each[able] for each in (relation, campaign, member, state, kind))
    count = len(relation)
    lots = rng.random(count)
    is_control = lots < world.by_plan("control")[campaign]
    second = ~is_control & (rng.random(count) < 0.5) & (world.by_plan("other_subject")[campaign] != 1)
    by_mistake = rng.random(count) < world.by_plan("contamination")[campaign]
    arrives = rng.random(count) >= mailing.hard_bounce + mailing.soft_bounce + mailing.silent
    sent_at = campaigns.start[campaign] + rng.integers(60, 3 * 3600, count)
    sent = ~is_control | by_mistake
    opts_out = sent & arrives & (rng.random(count) < mailing.unsubscribed)
    out_at = sent_at + rng.integers(120, 2 * DAY, count)
    until = np.full(given.since.shape, 2**61)
    np.minimum.at(until, (relation[opts_out], kind[opts_out]), out_at[opts_out])
    kept = campaigns.start[campaign] < until[relation, kind]
    last = opts_out & (out_at == until[relation, kind])
    meant = Audience(
        campaign, relation, member, state, sent_at, is_control, second, sent, arrives, np.where(last, out_at, 0)
    )
    return taken(meant, kept), until


def lots(world: World, people: Members, meant: Audience) -> dict[str, Rows]:
    """Assignments of all experiments, that of the whole programme among them."""
    campaigns, days = world.campaigns, world.days
    in_test = campaigns.experiment[meant.campaign] > 0
    campaign, second, control = (each[in_test] for each in (meant.campaign, meant.second, meant.is_control))
    everyone = np.flatnonzero(people.counted & ~people.duplicate)
    arm = np.where(second | control, campaigns.control_arm[campaign], campaigns.treated_arm[campaign])
    return {
        "assignment": {
            "experiment_id": np.concatenate([campaigns.experiment[campaign], np.full(len(everyone), WHOLE_PROGRAMME)]),
            "arm_id": np.concatenate([arm, np.where(people.global_control[everyone], 2, 1)]),
            "member_id": people.ids[np.concatenate([meant.member[in_test], everyone])],
            "assigned_at": np.concatenate([campaigns.start[campaign], np.maximum(people.joined[everyone], days.start)]),
            "stratum": Words(np.concatenate([meant.state[in_test] - 1, np.full(len(everyone), -1)]), SEGMENTS),
        }
    }


def exposures(world: World, people: Members, meant: Audience, message: Ints) -> Rows:
    """Who really met with what was tested, in both arms; `message` is the id of each row's message."""
    campaigns = world.campaigns
    met = np.flatnonzero((campaigns.experiment[meant.campaign] > 0) & meant.reached)
    campaign = meant.campaign[met]
    other = meant.second[met] | meant.is_control[met]
    return {
        "exposure_id": numbers(people.block, len(met)),
        "experiment_id": campaigns.experiment[campaign],
        "arm_id": np.where(other, campaigns.control_arm[campaign], campaigns.treated_arm[campaign]),
        "member_id": people.ids[meant.member[met]],
        "message_id": message[met],
        "occurred_at": meant.sent_at[met] + 60,
    }


def outcomes(world: World, people: Members, meant: Audience, documents: Documents) -> np.ndarray:
    """Sums over everyone in each campaign's experiment, by campaign and name in SUMS: revenue (in cents) and buyers
    within the window, as if all had got the message and as if nobody had."""
    campaigns = world.campaigns
    rows = np.flatnonzero(world.by_plan("control")[meant.campaign] > 0)
    campaign, member = meant.campaign[rows], meant.member[rows]
    brand = campaigns.brand[campaign]
    begin = campaigns.start[campaign]
    end = begin + (world.by_plan("window_days")[campaign] * DAY).astype(np.int64)
    shown = documents.in_figures & documents.happens & (documents.member >= 0)
    person = people.root[documents.member]
    key = (person[shown] * world.brands + documents.brand[shown]) << 33 | documents.moment[shown]
    order = np.argsort(key, kind="stable")
    key = key[order]
    net = np.concatenate([[0], np.cumsum(documents.net[shown][order])])
    sales = np.concatenate([[0], np.cumsum(documents.is_sale[shown][order])])
    base = (member * world.brands + brand) << 33
    low, high = np.searchsorted(key, base | begin), np.searchsorted(key, base | end)
    seen_net, seen_sales = net[high] - net[low], sales[high] - sales[low]
    own_net, own_sales, shown_net, shown_sales = _own(meant, documents, rows, end)
    without, without_sales = seen_net - shown_net, seen_sales - shown_sales
    with_, with_sales = without + own_net, without_sales + own_sales
    control, reached = meant.is_control[rows], meant.arrives[rows] & meant.sent[rows]
    columns = (
        np.ones(len(rows)),
        control,
        ~control,
        reached & ~control,
        reached & control,
        with_ / 100,
        (with_ / 100) ** 2,
        without / 100,
        (without / 100) ** 2,
        with_sales > 0,
        without_sales > 0,
    )
    return np.column_stack(
        [np.bincount(campaign, column.astype(np.float64), len(campaigns.plan)) for column in columns]
    )


def _own(meant: Audience, documents: Documents, rows: Ints, end: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """What the campaign itself would bring each row, and what of it the data shows: revenue and sales in the window."""
    place = np.full(len(meant.campaign), -1)
    place[rows] = np.arange(len(rows))
    own = np.flatnonzero((documents.cause >= 0) & documents.in_figures)
    own = own[place[documents.cause[own]] >= 0]
    row = place[documents.cause[own]]
    inside = documents.moment[own] < end[row]
    own, row = own[inside], row[inside]
    shows = documents.happens[own]

    def summed(values: np.ndarray, kept: np.ndarray) -> Ints:
        return np.rint(np.bincount(row[kept], values[own][kept], len(rows))).astype(np.int64)

    all_ = np.ones(len(own), np.bool_)
    return (
        summed(documents.net, all_),
        summed(documents.is_sale, all_),
        summed(documents.net, shows),
        summed(documents.is_sale, shows),
    )


def registrations(world: World, meant: Audience, with_: np.ndarray, without: np.ndarray) -> np.ndarray:
    """The same sums where nothing is sold: who registers counts as a buyer, by campaign and in both worlds."""
    rows = np.flatnonzero(world.by_plan("control")[meant.campaign] > 0)
    campaign, control, reached = meant.campaign[rows], meant.is_control[rows], meant.reached[rows]
    found = np.zeros((len(world.campaigns.plan), len(SUMS)))
    for column, each in enumerate((np.ones(len(rows)), control, ~control, reached & ~control, reached & control)):
        found[:, column] = np.bincount(campaign, each.astype(np.float64), len(found))
    found[:, SUMS.index("with_buyers")] = with_
    found[:, SUMS.index("without_buyers")] = without
    return found
