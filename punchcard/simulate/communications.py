"""Communications: messages with what was true when they arrived, what people and programs did with them, webinars."""

from dataclasses import dataclass

import numpy as np

from punchcard.simulate.chance import Bools, Ints, chance, numbers, spread
from punchcard.simulate.days import DAY
from punchcard.simulate.experiments import Audience
from punchcard.simulate.members import Members
from punchcard.simulate.profile import NEW
from punchcard.simulate.purchases import Causes
from punchcard.simulate.world import CURRENCY, SCHEME, World
from punchcard.simulate.write import Rows, Words

KINDS = ("delivered", "bounce_hard", "bounce_soft", "open", "click", "unsubscribe", "complaint")
MACHINES = ("apple_mpp", "scanner")

# Seconds from sending to delivery, at most; mail programs and gateways fetch pictures and links at once.
_UNDER_WAY = 50
_ACTIVATED = 0.3  # of coupons


def coupons_and_effects(world: World, people: Members, meant: Audience) -> tuple[Causes, Ints]:
    """The purchases that messages cause, for everyone they would reach, the control included; and the id of every
    row's coupon."""
    rng = chance(world.seed, "effects", people.block)
    profile, campaigns, days = world.profile, world.campaigns, world.days
    coupon = np.where(meant.reached & (world.by_plan("coupon_cents")[meant.campaign] > 0), 1, 0)
    given = np.flatnonzero(coupon)
    coupon[given] = numbers(people.block, len(given))
    if profile.shopping is None:
        nothing = np.zeros(0, np.int64)
        return Causes.base(nothing, nothing, nothing), coupon
    window = world.by_plan("window_days")[meant.campaign]
    known = np.diff(np.append(people.relation_first, len(people.relation_member)))[meant.member]
    favourite = people.relation_first[meant.member] == meant.relation
    # The share of the member's purchases that go to this brand, as `purchases` deals them out.
    share = np.where(favourite, 0.5, 0.0) + 0.5 / known
    pace = profile.shopping.per_month * people.rate[meant.member] * share * window / (365.25 / 12)
    pace *= campaigns.lift[meant.campaign] * np.array(profile.lifecycle.response)[meant.state]
    counts = rng.poisson(np.where(meant.arrives, pace, 0.0))
    row, place = spread(counts)
    # The lift fades: after `novelty_days` it has fallen to 37 %.
    fades = world.by_plan("novelty_days")[meant.campaign[row]]
    span = window[row] - 1
    after = -fades * np.log1p(-rng.random(len(row)) * (1 - np.exp(-span / fades)))
    day = campaigns.day[meant.campaign[row]] + 1 + np.minimum(after, span - 1).astype(np.int64)
    moment = days.noons[day] + (3600 * rng.uniform(8.0, 21.0, len(row))).astype(np.int64)
    cents = world.by_plan("coupon_cents").astype(np.int64)[meant.campaign[row]]
    causes = Causes(
        meant.member[row],
        moment,
        campaigns.brand[meant.campaign[row]],
        row,
        np.full(len(row), -1),
        meant.sent[row],
        np.where(place == 0, cents, 0),  # a coupon is used once, by the first of the purchases drawn
    )
    return causes, coupon


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages and their reactions as rows, the id of every audience row's message (0: none was sent), and clicks."""

    rows: dict[str, Rows]
    message: Ints
    click_row: Ints
    click_at: Ints
    counts: np.ndarray  # by campaign: sent, delivered, opened by a person, by a machine, clicked by a person


COUNTS = ("sent", "delivered", "human_opened", "machine_opened", "human_clicked", "unsubscribed")


def messages(world: World, people: Members, meant: Audience, tier: Ints) -> Sent:
    """Everything that was sent, and what came of it."""
    profile, mailing, campaigns = world.profile, world.profile.mailing, world.campaigns
    rng = chance(world.seed, "messages", people.block)
    row = np.flatnonzero(meant.sent)
    count = len(row)
    message = np.zeros(len(meant.campaign), np.int64)
    message[row] = ids = numbers(people.block, count)
    campaign, member, state, sent_at = meant.campaign[row], meant.member[row], meant.state[row], meant.sent_at[row]
    arrives = meant.arrives[row]
    delivered_at = sent_at + rng.integers(2, _UNDER_WAY, count)
    failed = rng.random(count) * (mailing.hard_bounce + mailing.soft_bounce + mailing.silent)
    hard = ~arrives & (failed < mailing.hard_bounce)
    soft = ~arrives & ~hard & (failed < mailing.hard_bounce + mailing.soft_bounce)
    machine = arrives & people.machine[member] & (rng.random(count) < 0.97)
    scanner = arrives & people.scanner[member]
    likes = np.array(profile.lifecycle.opening)[state] * world.by_plan("opened")[campaign]
    opened = arrives & (rng.random(count) < np.minimum(likes, 0.95))
    opened_at = delivered_at + (rng.exponential(0.35, count) * DAY).astype(np.int64) + 60
    clicks = world.by_plan("clicked")[campaign] * np.where(
        meant.second[row], world.by_plan("other_subject")[campaign], 1.0
    )
    clicked = opened & (rng.random(count) < clicks)
    clicked_at = opened_at + rng.integers(5, 600, count)
    again = opened & (rng.random(count) < 0.22)
    complained = arrives & (rng.random(count) < mailing.complained)
    leaves_at = meant.unsubscribes_at[row]
    leaves = leaves_at > 0
    groups = (
        (arrives, delivered_at, 0, -1),
        (hard, delivered_at, 1, -1),
        (soft, delivered_at + 3600, 2, -1),
        (machine, delivered_at + rng.integers(1, 400, count), 3, 0),
        (opened, opened_at, 3, -1),
        (again, opened_at + rng.integers(600, DAY, count), 3, -1),
        (scanner, delivered_at + rng.integers(1, 20, count), 4, 1),
        (clicked, clicked_at, 4, -1),
        (leaves, leaves_at, 5, -1),
        (complained, delivered_at + 7200, 6, -1),
    )
    reactions = _reactions(world, people, ids, groups, rng)
    sums = (np.ones(count), arrives, opened, machine, clicked, leaves)
    shown = clicked & (clicked_at < world.days.end)
    rows: dict[str, Rows] = {
        "message": _message_rows(world, people, meant, row, ids, tier),
        "message_event": reactions,
        "message_segment": {
            "message_id": ids,
            "scheme_id": np.full(count, SCHEME),
            "segment_id": state - NEW + 1,
        },
    }
    return Sent(
        rows,
        message,
        row[shown],
        clicked_at[shown],
        np.column_stack([np.bincount(campaign, each.astype(np.float64), len(campaigns.plan)) for each in sums]),
    )


def _reactions(
    world: World,
    people: Members,
    ids: Ints,
    groups: tuple[tuple[Bools, Ints, int, int], ...],
    rng: np.random.Generator,
) -> Rows:
    at = [np.flatnonzero(happens & (moment < world.days.end)) for happens, moment, _, _ in groups]
    sizes = [len(each) for each in at]
    which = np.concatenate(at)
    moment = np.concatenate([moment[there] for (_, moment, _, _), there in zip(groups, at, strict=True)])
    # A provider's reports come in the order of messages, the reactions of one message together.
    order = np.argsort(which, kind="stable")
    kind = np.repeat([kind for _, _, kind, _ in groups], sizes)[order]
    reason = np.repeat([reason for _, _, _, reason in groups], sizes)[order]
    moment = moment[order]
    late = rng.random(len(order)) < 0.01
    delay = np.where(late, rng.integers(DAY, 5 * DAY, len(order)), rng.integers(1, 30, len(order)))
    return {
        "event_id": numbers(people.block, len(order)),
        "message_id": ids[which][order],
        "kind": Words(kind, KINDS),
        "occurred_at": moment,
        "recorded_at": np.minimum(moment + delay, world.days.end - 1),
        "is_machine": reason >= 0,
        "machine_reason": Words(reason, MACHINES),
    }


def _message_rows(world: World, people: Members, meant: Audience, row: Ints, ids: Ints, tier: Ints) -> Rows:
    profile, campaigns = world.profile, world.campaigns
    campaign, member = meant.campaign[row], meant.member[row]
    plans = campaigns.plan[campaign]
    experiment = campaigns.experiment[campaign]
    other = meant.second[row] | meant.is_control[row]
    moment = meant.sent_at[row]
    # Two templates of every brand and plan: the first and the second subject line.
    template = (campaigns.brand[campaign] * len(profile.plans) + plans) * 2 + meant.second[row] + 1
    return {
        "message_id": ids,
        "brand_id": campaigns.brand[campaign] + 1,
        "campaign_id": campaign + 1,
        "template_id": template,
        "experiment_id": experiment,
        "arm_id": np.where(other, campaigns.control_arm[campaign], campaigns.treated_arm[campaign]),
        "member_id": people.ids[member],
        "channel": Words(plans, tuple(plan.channel for plan in profile.plans)),
        "comm_type": Words(plans, tuple(plan.comm_type for plan in profile.plans)),
        "sent_at": moment,
        "recorded_at": moment + 5,
        "cost": np.full(len(row), profile.mailing.cost),
        "currency": CURRENCY,
        "tier_id_asof": tier[member, world.days.month_of(moment)],
        "consent_asof": np.ones(len(row), np.bool_),
    }


def coupon_rows(
    world: World, people: Members, meant: Audience, coupon: Ints, used: tuple[Ints, Ints, Ints, Ints]
) -> dict[str, Rows]:
    """Coupons given out and used; `used` is, of each use, the audience row, the document's id, moment and discount."""
    campaigns = world.campaigns
    given = np.flatnonzero(coupon)
    campaign = meant.campaign[given]
    issued = meant.sent_at[given]
    row, document, moment, discount = used
    # Who uses a coupon has activated it; so have others who then did not come.
    rng = chance(world.seed, "coupons", people.block)
    activated = rng.random(len(coupon)) < _ACTIVATED
    activated[row] = True
    shown = given[activated[given]]
    acts = np.concatenate([shown, row])
    none = np.zeros(len(shown), np.int64)
    return {
        "coupon": {
            "coupon_id": coupon[given],
            "campaign_id": campaign + 1,
            "brand_id": campaigns.brand[campaign] + 1,
            "member_id": people.ids[meant.member[given]],
            "code": coupon[given],
            "kind": "personal",
            "face_value": world.by_plan("coupon_cents").astype(np.int64)[campaign],
            "currency": CURRENCY,
            "issued_at": issued,
            "valid_from": issued,
            "valid_to": campaigns.start[campaign] + (world.by_plan("window_days")[campaign] * DAY).astype(np.int64),
        },
        "coupon_event": {
            "coupon_event_id": numbers(people.block, len(acts)),
            "coupon_id": coupon[acts],
            "member_id": people.ids[meant.member[acts]],
            "kind": Words(np.repeat([0, 1], [len(shown), len(row)]), ("activated", "redeemed")),
            "occurred_at": np.concatenate([meant.sent_at[shown] + rng.integers(600, 2 * 3600, len(shown)), moment]),
            "txn_id": np.concatenate([none, document]),
            "discount": np.concatenate([none, discount]),
        },
    }


@dataclass(frozen=True, slots=True)
class Attendance:
    """Webinar rows, and by campaign how many of each lot would register with the invitation and without it."""

    rows: dict[str, Rows]
    with_: np.ndarray
    without: np.ndarray


def webinars(world: World, people: Members, meant: Audience, message: Ints) -> Attendance:
    """Registrations: some come anyway, some because of the invitation; most of the registered attend."""
    campaigns = world.campaigns
    rng = chance(world.seed, "webinars", people.block)
    row = np.flatnonzero(world.by_plan("webinar")[meant.campaign] > 0)
    if not len(row):
        nobody = np.zeros(len(campaigns.plan))
        return Attendance({}, nobody, nobody)
    campaign, count = meant.campaign[row], len(row)
    response = np.array(world.profile.lifecycle.response)[meant.state[row]]
    anyway = rng.random(count) < world.by_plan("registered_anyway")[campaign] * response
    because = meant.arrives[row] & (rng.random(count) < world.by_plan("registered")[campaign] * response)
    registered = anyway | (because & meant.sent[row])
    at = np.flatnonzero(registered)
    moment = meant.sent_at[row[at]] + rng.integers(1800, 9 * DAY, len(at))
    opens = webinar_start(world)[campaign[at]]
    attended = np.flatnonzero((rng.random(len(at)) < 0.6) & (opens < world.days.end))
    who = np.concatenate([at, at[attended]])
    number = numbers(people.block, len(who))
    brand = campaigns.brand[campaign]
    minutes = np.concatenate([np.zeros(len(at), np.int64), rng.integers(8, 60, len(attended))])
    # Who comes anyway is not led here by the message.
    led = np.where(anyway[at], 0, message[row[at]])
    rows: dict[str, Rows] = {
        "webinar_event": {
            "webinar_event_id": number,
            "webinar_id": campaign[who] + 1,
            "member_id": people.ids[meant.member[row[who]]],
            "kind": Words(np.repeat([0, 1], [len(at), len(attended)]), ("registered", "attended")),
            "occurred_at": np.concatenate([moment, opens[attended] + 120]),
            "minutes": minutes,
            "message_id": np.concatenate([led, np.zeros(len(attended), np.int64)]),
        },
        "goal_completion": {
            "goal_completion_id": numbers(people.block, len(at)),
            "goal_id": brand[at] + 1,
            "member_id": people.ids[meant.member[row[at]]],
            "occurred_at": moment,
        },
    }
    plans = len(campaigns.plan)
    return Attendance(
        rows,
        np.bincount(campaign, (anyway | because).astype(np.float64), plans),
        np.bincount(campaign, anyway.astype(np.float64), plans),
    )


def webinar_start(world: World) -> Ints:
    """When each campaign's webinar begins, if it is for one: eleven days after the invitation, in the evening."""
    return world.days.noons[world.campaigns.day + 11] + 18 * 3600
