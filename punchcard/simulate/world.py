"""World: what is there before any member: brands, stores, products, prices, campaigns and their lots, rewards."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from punchcard.simulate.chance import Bools, Floats, Ints, chance, spread
from punchcard.simulate.days import DAY, Days, days
from punchcard.simulate.profile import NEW, SEGMENTS, Plan, Profile

ZONE = "Europe/Paris"
CURRENCY = "EUR"
PROGRAM = 1
SCHEME = 1
WHOLE_PROGRAMME = 1  # the experiment of the global control group; its arms are 1 (everything) and 2 (control)

_FEWEST_BRANDS = 6
_SEND_HOUR = 8
_PRICE_EVERY = 240  # days between price rises
_CALM = 31  # days before the end in which no campaign begins, so that every window closes


@dataclass(frozen=True, slots=True)
class Campaigns:
    """All campaigns, those of one brand together and in the order of their start."""

    plan: Ints
    brand: Ints
    wave: Ints
    start: Ints
    day: Ints
    lift: Floats
    brand_first: Ints  # where each brand's campaigns begin; one more at the end
    experiment: Ints  # the number of its experiment; 0 is none
    control_arm: Ints
    treated_arm: Ints


@dataclass(frozen=True, slots=True)
class Posts:
    """All posts of creators, and who made them."""

    creator_member: Ints  # the member behind each creator, by place
    quality: Floats
    followers: Ints
    platform: Ints
    creator: Ints  # of each post, by place
    campaign: Ints
    brand: Ints
    moment: Ints
    reach: Floats  # running sum of the posts' share of what is seen


@dataclass(frozen=True)
class World:
    """Everything that members meet."""

    profile: Profile
    members: int
    seed: int
    days: Days

    @cached_property
    def brands(self) -> int:
        """How many brands there are."""
        if not self.profile.members_per_brand:
            return self.profile.brands
        return min(self.profile.brands, max(_FEWEST_BRANDS, self.members // self.profile.members_per_brand))

    @cached_property
    def popularity(self) -> Floats:
        """Running sum of the brands' shares of members: the tenth brand has a third of the first one's."""
        return np.cumsum((1.0 + np.arange(self.brands)) ** -0.5).astype(np.float64)

    @property
    def blocks(self) -> int:
        """In how many blocks the members are made."""
        return -(-self.members // self.profile.block)

    @cached_property
    def list_price(self) -> Ints:
        """Cents, by product and version."""
        profile = self.profile
        count = self.brands * profile.products
        middle = profile.shopping.price_cents if profile.shopping else 0.0
        first = middle * chance(self.seed, "prices").lognormal(0.0, 0.7, count)
        rises = 1.0 + 0.03 * np.arange(len(self.price_days))
        return np.maximum(np.rint(first[:, None] * rises[None, :] / 10).astype(np.int64) * 10 - 1, 49)

    @cached_property
    def unit_cost(self) -> Ints:
        """Cents, by product and version."""
        share = 1.0 - (self.profile.shopping.margin if self.profile.shopping else 0.0)
        varies = chance(self.seed, "costs").uniform(0.85, 1.15, len(self.list_price))
        return np.rint(self.list_price * share * varies[:, None]).astype(np.int64)

    @cached_property
    def price_days(self) -> Ints:
        """The day on which each version of the prices takes over."""
        return np.arange(0, self.days.count, _PRICE_EVERY)

    def plan(self, campaign: int) -> Plan:
        """The plan a campaign is a wave of."""
        return self.profile.plans[self.campaigns.plan[campaign]]

    def by_plan(self, name: str) -> Floats:
        """One number of every campaign's plan."""
        values = np.array([float(getattr(plan, name)) for plan in self.profile.plans])
        return values[self.campaigns.plan]

    @cached_property
    def campaigns(self) -> Campaigns:
        """The plans of the profile, unrolled for every brand over all days."""
        waves = [
            (index, day, wave)
            for index, plan in enumerate(self.profile.plans)
            for wave, day in enumerate(range(plan.first_day, self.days.count - _CALM, plan.every_days))
        ]
        waves.sort(key=lambda wave: (wave[1], wave[0]))
        plan, day, wave = (
            (np.array(column, np.int64).reshape(-1) for column in zip(*waves, strict=True))
            if waves
            else (np.zeros(0, np.int64),) * 3
        )
        brand, place = spread(np.full(self.brands, len(waves)))
        plan, wave = plan[place], wave[place]
        # Brands do not all write on one day.
        day = np.minimum(day[place] + (brand * 7) % 23, self.days.count - _CALM)
        order = np.lexsort((plan, day, brand))
        brand, plan, wave, day = brand[order], plan[order], wave[order], day[order]
        draws = chance(self.seed, "lifts").uniform(-1.0, 1.0, len(plan))
        lift = np.array([each.lift for each in self.profile.plans])[plan]
        varies = np.array([each.varies for each in self.profile.plans])[plan]
        tested = np.array([each.control > 0 or each.other_subject != 1 for each in self.profile.plans])[plan]
        experiment = np.where(tested, WHOLE_PROGRAMME + np.cumsum(tested), 0)
        return Campaigns(
            plan,
            brand,
            wave,
            self.days.noons[day] + _SEND_HOUR * 3600,
            day,
            lift * (1 + varies * draws),
            np.searchsorted(brand, np.arange(self.brands + 1)),
            experiment,
            np.where(tested, 2 * experiment, 0),
            np.where(tested, 2 * experiment - 1, 0),
        )

    @cached_property
    def wanted(self) -> Bools:
        """Whether a campaign is meant for members who stand there, by campaign and place in the lifecycle."""
        table = np.zeros((len(self.profile.plans), NEW + len(SEGMENTS) + 1), np.bool_)
        for index, plan in enumerate(self.profile.plans):
            table[index, [NEW + SEGMENTS.index(segment) for segment in plan.segments]] = True
        return table[self.campaigns.plan]

    @cached_property
    def consent(self) -> Ints:
        """Which of the profile's consents a campaign needs."""
        kinds = [(each.channel, each.purpose) for each in self.profile.consents]
        return np.array([kinds.index((plan.channel, plan.purpose)) for plan in self.profile.plans], np.int64)[
            self.campaigns.plan
        ]

    @cached_property
    def posts(self) -> Posts | None:
        """What creators posted, if the profile has any."""
        market = self.profile.creators
        if market is None:
            return None
        rng = chance(self.seed, "posts")
        creators = min(market.at_most, max(5, int(self.members * market.share)))
        quality = rng.lognormal(-(market.spread**2) / 2, market.spread, creators)
        followers = np.rint(rng.lognormal(np.log(market.followers), 1.0, creators)).astype(np.int64)
        campaigns = self.campaigns
        joined = rng.poisson(creators * 0.35 / self.brands * 2, len(campaigns.plan))
        campaign, _ = spread(joined)
        creator = rng.integers(0, creators, len(campaign))
        # A creator takes part in a campaign once.
        pair = np.unique(campaign * creators + creator)
        campaign, creator = pair // creators, pair % creators
        which, _ = spread(1 + rng.poisson(market.posts - 1, len(pair)))
        campaign, creator = campaign[which], creator[which]
        moment = campaigns.start[campaign] + (DAY * rng.uniform(0.5, 20.0, len(campaign))).astype(np.int64)
        return Posts(
            (np.arange(creators) * self.members) // creators,
            quality,
            followers,
            rng.integers(0, 3, creators),
            creator,
            campaign,
            campaigns.brand[campaign],
            moment,
            np.cumsum(followers[creator].astype(np.float64) ** 0.7),
        )


def world(profile: Profile, members: int, seed: int, first: date, count: int) -> World:
    """The world of one programme."""
    return World(profile, members, seed, days(first, count, ZONE, profile.season))
