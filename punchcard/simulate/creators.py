"""Creators: accounts, posts with their counters over time, what posts bring, and what brands owe for them."""

from dataclasses import dataclass

import numpy as np

from punchcard.simulate.behaviour import Touches
from punchcard.simulate.chance import Bools, Ints, chance, numbers, picks
from punchcard.simulate.days import DAY
from punchcard.simulate.members import Members
from punchcard.simulate.purchases import Causes
from punchcard.simulate.world import CURRENCY, World
from punchcard.simulate.write import NOTHING, Rows, Words

PLATFORMS = ("instagram", "tiktok", "youtube")

_KINDS = ("feed", "reel", "story", "video")
_LOOKS = np.array([1, 3, 7, 14, 30])  # days after a post at which its counters are read
_FADES = 5.0
_OWED_AFTER = 31  # days after a post

# The rules, in cents: for an engagement, of the net amount of a sale, at most, from this many engagements on, fixed.
PER_ENGAGEMENT, COMMISSION, CAP, STEP, AFTER_STEP, FIXED = 2, 0.1, 20_000, 100, 3, 5_000


@dataclass(frozen=True, slots=True)
class Clicks:
    """What members do about posts: contacts, and the purchases they cause."""

    touches: Touches
    causes: Causes


def clicks(world: World, people: Members) -> Clicks | None:
    """Clicks of one block's members on posts; the better the creator, the more purchases follow."""
    posts, market = world.posts, world.profile.creators
    if posts is None or market is None or not len(posts.creator):
        return None
    rng = chance(world.seed, "clicks", people.block)
    months = len(world.days.months) - 1
    counts = rng.poisson(market.seen_per_month * months, len(people.ids))
    member = np.repeat(np.arange(len(people.ids)), counts)
    post = picks(posts.reach, rng.random(len(member)))
    moment = posts.moment[post] + 120 + (rng.exponential(2.0, len(member)) * DAY).astype(np.int64)
    kept = (moment >= people.joined[member]) & (moment < world.days.end)
    member, post, moment = member[kept], post[kept], moment[kept]
    buys = rng.random(len(member)) < np.minimum(market.buys * posts.quality[posts.creator[post]], 0.9)
    bought_at = moment + rng.integers(300, 2 * DAY, len(member))
    buys &= bought_at < world.days.end
    none = np.full(len(member), -1)
    touched = Touches(
        member, moment, np.ones(len(member), np.int64), posts.campaign[post], post, np.zeros(len(member), np.int64)
    )
    causes = Causes(
        member[buys],
        bought_at[buys],
        posts.brand[post[buys]],
        none[buys],
        post[buys],
        np.ones(int(buys.sum()), np.bool_),
        np.zeros(int(buys.sum()), np.int64),
    )
    return Clicks(touched, causes)


@dataclass(frozen=True, slots=True)
class Engagement:
    """What a post brought in the end, and its counters at each look."""

    removed: Bools
    seen: Bools  # by post and look
    counters: dict[str, Ints]  # by post and look
    interactions: Ints  # at the last look


def engagement(world: World) -> Engagement:
    """Counters of all posts: totals so far, which a network corrects downwards now and then."""
    posts, market = world.posts, world.profile.creators
    assert posts is not None and market is not None  # noqa: S101 - asked only where there are posts
    rng = chance(world.seed, "engagement")
    count = len(posts.creator)
    followers = posts.followers[posts.creator]
    noise = rng.lognormal(0.0, 0.3, count)
    total = followers * market.engagement * posts.quality[posts.creator] * noise
    grown = total[:, None] * (1 - np.exp(-_LOOKS / _FADES))[None, :]
    corrected = np.where(rng.random(grown.shape) < 0.01, 0.97, 1.0)
    parts = {"likes": 0.82, "comments": 0.07, "shares": 0.05, "saves": 0.06}
    counters = {name: np.rint(grown * share * corrected).astype(np.int64) for name, share in parts.items()}
    reach = np.rint(followers[:, None] * 1.4 * (1 - np.exp(-_LOOKS / _FADES))[None, :]).astype(np.int64)
    counters |= {"reach": reach, "impressions": np.rint(reach * 1.35).astype(np.int64)}
    counters["clicks"] = np.rint(grown * 0.11).astype(np.int64)
    seen = posts.moment[:, None] + _LOOKS[None, :] * DAY < world.days.end
    last = np.maximum(seen.sum(axis=1) - 1, 0)
    at = np.arange(count)
    summed = sum((counters[name][at, last] for name in parts), np.zeros(count, np.int64))
    return Engagement(rng.random(count) < market.removed, seen, counters, np.where(seen.any(axis=1), summed, 0))


def rule_of(world: World, brand: Ints) -> Ints:
    """Which of the market's payout rules each brand follows."""
    market = world.profile.creators
    return brand % len(market.rules) if market else brand * 0


def owed(world: World, interactions: Ints, sold_cents: Ints) -> Ints:
    """Cents owed for each post, by its brand's rule; fractions of a cent are dropped."""
    posts, market = world.posts, world.profile.creators
    assert posts is not None and market is not None  # noqa: S101 - asked only where there are posts
    rule = rule_of(world, posts.brand)
    by_rule = {
        "per_engagement": interactions * PER_ENGAGEMENT,
        "per_sale": (sold_cents * round(COMMISSION * 1000)) // 1000,
        "capped": np.minimum(interactions * PER_ENGAGEMENT, CAP),
        "tiered": np.minimum(interactions, STEP) + np.maximum(interactions - STEP, 0) * AFTER_STEP,
        "fixed": np.full(len(rule), FIXED),
    }
    return np.choose(rule, [by_rule[name] for name in market.rules])


def rule_rows(world: World) -> dict[str, Rows]:
    """The rule that each brand pays by, as it is declared; a tiered one has two steps."""
    market = world.profile.creators
    if market is None:
        return {}
    steps = {
        "per_engagement": [("engagement", 0, PER_ENGAGEMENT / 100, 0)],
        "per_sale": [("sale", 0, COMMISSION, 0)],
        "capped": [("engagement", 0, PER_ENGAGEMENT / 100, CAP)],
        "tiered": [("engagement", 0, 0.01, 0), ("engagement", STEP, AFTER_STEP / 100, 0)],
        "fixed": [("post", 0, FIXED / 100, 0)],
    }
    told = [
        (brand + 1, *step)
        for brand, rule in enumerate(rule_of(world, np.arange(world.brands)))
        for step in steps[market.rules[int(rule)]]
    ]
    bases = ("engagement", "sale", "post")
    return {
        "payout_rule": {
            "rule": [str(brand) for brand, *_ in told],
            "brand_id": np.array([brand for brand, *_ in told]),
            "basis": Words(np.array([bases.index(basis) for _, basis, *_ in told]), bases),
            "from_units": np.array([float(units) for *_, units, _, _ in told]),
            "unit_amount": np.array([amount for *_, amount, _ in told]),
            "cap": np.array([cap or NOTHING for *_, cap in told]),
            "currency": CURRENCY,
        }
    }


def creator_rows(world: World) -> dict[str, Rows]:
    """Accounts, followers, participation, posts and their counters."""
    posts, days = world.posts, world.days
    if posts is None:
        return {}
    rng = chance(world.seed, "accounts")
    creators, count = len(posts.quality), len(posts.creator)
    found = engagement(world)
    connected = days.start - rng.integers(DAY, 300 * DAY, creators)
    looks = np.arange(0, days.count, 90)
    at = np.repeat(np.arange(creators), len(looks))
    growth = 1 + 0.02 * np.tile(np.arange(len(looks)), creators)
    took_part, first = np.unique(posts.campaign * creators + posts.creator, return_index=True)
    campaign, creator = took_part // creators, took_part % creators
    applied = world.campaigns.start[campaign] - rng.integers(DAY, 9 * DAY, len(campaign))
    post, look = np.nonzero(found.seen)
    removed_at = np.where(found.removed, posts.moment + 20 * DAY, 0)
    return {
        "creator": {
            "creator_id": np.arange(creators) + 1,
            "member_id": posts.creator_member + 1,
            "platform": Words(posts.platform, PLATFORMS),
            "handle": [f"creator{number}" for number in range(1, creators + 1)],
            "connected_at": connected,
        },
        "creator_stat": {
            "creator_id": at + 1,
            "observed_at": np.tile(days.midnights[looks], creators) + 3600,
            "followers": np.rint(posts.followers[at] * growth).astype(np.int64),
        },
        "participation": {
            "campaign_id": campaign + 1,
            "member_id": posts.creator_member[creator] + 1,
            "applied_at": applied,
            "approved_at": applied + rng.integers(3600, DAY, len(applied)),
            "completed_at": np.where(posts.moment[first] + DAY < days.end, posts.moment[first] + DAY, 0),
            "status": "completed",
        },
        "social_post": {
            "post_id": np.arange(count) + 1,
            "campaign_id": posts.campaign + 1,
            "brand_id": posts.brand + 1,
            "creator_id": posts.creator + 1,
            "platform": Words(posts.platform[posts.creator], PLATFORMS),
            "kind": Words(rng.integers(0, len(_KINDS), count), _KINDS),
            "posted_at": posts.moment,
            "removed_at": np.where(removed_at < days.end, removed_at, 0),
            "review_status": "approved",
        },
        "social_post_stat": {
            "post_id": post + 1,
            "observed_at": posts.moment[post] + _LOOKS[look] * DAY,
            **{name: values[post, look] for name, values in found.counters.items()},
        },
    }


def payout_rows(world: World, sold_cents: Ints) -> tuple[Rows, Ints]:
    """What is owed once a post has been counted for the last time, and cents by brand; removed posts are taken back."""
    posts, days = world.posts, world.days
    assert posts is not None  # noqa: S101 - asked only where there are posts
    found = engagement(world)
    amount = owed(world, found.interactions, sold_cents)
    accrued = posts.moment + _OWED_AFTER * DAY
    due = np.flatnonzero((accrued < days.end) & (amount > 0))
    paid_at = accrued[due] + 14 * DAY
    paid = paid_at < days.end
    reversed_ = found.removed[due]
    kind = (
        np.where(
            np.array(["fixed" in rule for rule in world.profile.creators.rules])[rule_of(world, posts.brand[due])], 1, 0
        )
        if world.profile.creators
        else due
    )
    counts = ~reversed_
    by_brand = np.bincount(posts.brand[due][counts], amount[due][counts], world.brands).astype(np.int64)
    rows: Rows = {
        "payout_id": numbers(-1, len(due)),
        "brand_id": posts.brand[due] + 1,
        "campaign_id": posts.campaign[due] + 1,
        "member_id": posts.creator_member[posts.creator[due]] + 1,
        "creator_id": posts.creator[due] + 1,
        "post_id": due + 1,
        "kind": Words(kind, ("commission", "fixed")),
        "status": Words(np.where(reversed_, 2, np.where(paid, 1, 0)), ("accrued", "paid", "reversed")),
        "amount": amount[due],
        "currency": CURRENCY,
        "accrued_at": accrued[due],
        "paid_at": np.where(paid & counts, paid_at, 0),
    }
    return rows, by_brand
