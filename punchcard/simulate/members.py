"""Members: who they are, how they move from segment to segment, which brands they know and what they agreed to."""

from dataclasses import dataclass

import numpy as np

from punchcard.simulate.chance import Bools, Floats, Ints, chance, numbers, picks, spread
from punchcard.simulate.days import DAY
from punchcard.simulate.profile import GONE, LEFT, NEW, NONE, SEGMENTS
from punchcard.simulate.world import CURRENCY, PROGRAM, SCHEME, World
from punchcard.simulate.write import NOTHING, Rows, Words

__all__ = ["CURRENCY", "Consents", "Members", "consent_rows", "consents", "member_rows", "members"]

NEVER = 2**61

_CITIES = ("Paris", "Lyon", "Marseille", "Lille", "Nantes", "Toulouse", "Nice", "Rennes")
_IDENTITIES = ("card", "email", "phone", "app_user")
_CONFIRMED = 0.88  # of consents by e-mail
_REFERRED = 0.06  # of members
_SURVEYED = 0.08  # of members
# Answers to "would you recommend us", by where the member stands: the mean of a score from 0 to 10.
_LIKES_US = np.array([7.0, 8.4, 8.2, 6.4, 5.0, 4.5])
_HELD = (1.0, 0.82, 0.7)  # who has a card, an address, a number; an app user is who uses the app


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one block, each array in their order; relations are laid out member by member.

    `state` is where each stands in each month. `rate` is the member's own pace of buying, 1 on average; `basket` how
    much is bought at once. A record that was merged away has the place of the surviving one in `root`.
    """

    block: int
    ids: Ints
    joined: Ints
    state: Ints
    rate: Floats
    basket: Floats
    root: Ints
    merged_at: Ints
    undone_at: Ints
    left_at: Ints
    is_test: Bools
    is_employee: Bools
    uses_app: Bools
    machine: Bools
    scanner: Bools
    global_control: Bools
    relation_member: Ints
    relation_brand: Ints
    relation_first: Ints
    relation_since: Ints

    @property
    def counted(self) -> Bools:
        """Whose purchases figures count."""
        return ~(self.is_test | self.is_employee)

    @property
    def duplicate(self) -> Bools:
        """Which records were ever merged away."""
        return self.merged_at > 0


def members(world: World, block: int) -> Members:
    """The members of one block."""
    profile, days = world.profile, world.days
    rng = chance(world.seed, "members", block)
    first = block * profile.block
    count = min(profile.block, world.members - first)
    before = rng.random(count) < profile.lifecycle.joined_before
    # Members of old joined over the three years before; the others over the time of the data.
    joined = np.where(
        before,
        days.start - (rng.random(count) * 3 * 365 * DAY).astype(np.int64) - 1,
        days.noons[(rng.random(count) * days.count).astype(np.int64)]
        + (DAY * rng.uniform(0.35, 0.9, count)).astype(int),
    )
    state = _states(world, block, joined, before)
    merged_at, undone_at, root = _merges(world, block, count, joined)
    gone = (merged_at > 0) & (undone_at == 0)
    if gone.any():
        month = np.searchsorted(days.month_starts, merged_at[gone])
        after = np.arange(state.shape[1])[None, :] >= month[:, None]
        state[gone] = np.where(after, GONE, state[gone])
    shape = profile.shopping.shape if profile.shopping else 1.0
    basket_shape = profile.shopping.basket_shape if profile.shopping else 1.0
    special = rng.random(count)
    employee = special < profile.employees
    test = ~employee & (special < profile.employees + profile.tests)
    member, brand, first_of = _relations(world, block, count)
    return Members(
        block,
        first + 1 + np.arange(count),
        joined,
        state,
        rng.gamma(shape, 1.0 / shape, count),
        rng.gamma(basket_shape, 1.0 / basket_shape, count),
        root,
        merged_at,
        undone_at,
        _left_at(world, state, gone, rng),
        test,
        employee,
        rng.random(count) < (profile.app.users if profile.app else 0.0),
        rng.random(count) < profile.mailing.machine,
        rng.random(count) < profile.mailing.scanner,
        (rng.random(count) < profile.global_control) & ~employee & ~test & (merged_at == 0),
        member,
        brand,
        first_of,
        joined[member] + (rng.random(len(member)) * 20 * DAY).astype(np.int64),
    )


def _states(world: World, block: int, joined: Ints, before: Bools) -> Ints:
    """A chain from month to month; who joins within a month is new in it."""
    lifecycle, days = world.profile.lifecycle, world.days
    rng = chance(world.seed, "lifecycle", block)
    months = len(days.months) - 1
    moves = np.zeros((GONE + 1, 5))
    moves[NEW : LEFT + 1] = np.cumsum(lifecycle.moves, axis=1)
    state = np.zeros((len(joined), months), np.int64)
    entry = days.month_of(joined)
    now = np.where(before, NEW + picks(np.cumsum(lifecycle.at_start), rng.random(len(joined))), NONE)
    for month in range(months):
        if month:
            draws = rng.random(len(joined))
            there = (now >= NEW) & (now <= LEFT)
            now = np.where(there, NEW + np.minimum((draws[:, None] >= moves[now]).sum(axis=1), 4), now)
        now = np.where(~before & (entry == month), NEW, now)
        state[:, month] = now
    return state


def _merges(world: World, block: int, count: int, joined: Ints) -> tuple[Ints, Ints, Ints]:
    """When a record was found to be the same person as the one before, when that was undone, and who survives."""
    profile, days = world.profile, world.days
    rng = chance(world.seed, "merges", block)
    draws, when, back = rng.random(count), rng.random(count), rng.random(count)
    starts = days.month_starts
    merged = draws < profile.merged
    merged[:1] = False
    merged[1:] &= ~merged[:-1]
    earliest = np.maximum(joined, np.roll(joined, 1))
    month = days.month_of(earliest) + 1 + (when * 6).astype(np.int64)
    merged &= month < len(starts) - 2
    at = np.where(merged, starts[np.minimum(month, len(starts) - 1)], 0)
    undone = merged & (back < profile.undone)
    undone_at = np.where(undone, at + 12 * DAY, 0)
    place = np.arange(count)
    return at, undone_at, np.where(merged & ~undone, place - 1, place)


def _left_at(world: World, state: Ints, merged: Bools, rng: np.random.Generator) -> Ints:
    gone = state == GONE
    left = gone.any(axis=1) & ~merged
    moment = world.days.month_starts[gone.argmax(axis=1)] + rng.integers(0, 6 * 3600, len(state))
    return np.where(left, moment, 0)


def _relations(world: World, block: int, count: int) -> tuple[Ints, Ints, Ints]:
    """The brands each member knows, the favourite first."""
    rng = chance(world.seed, "relations", block)
    more = rng.poisson(world.profile.favourites, count) if world.brands > 1 else np.zeros(count, np.int64)
    member, _ = spread(1 + np.minimum(more, world.brands - 1))
    drawn = picks(world.popularity, rng.random(len(member)))
    # A brand that a member draws twice is known once.
    _, kept = np.unique(member * world.brands + drawn, return_index=True)
    kept.sort()
    member, drawn = member[kept], drawn[kept]
    return member, drawn, np.searchsorted(member, np.arange(count))


@dataclass(frozen=True, slots=True)
class Consents:
    """For every relation and consent: since when it is given (never, if not), and until when."""

    since: Ints
    until: Ints

    def holds(self, relation: Ints, kind: Ints, moment: Ints) -> Bools:
        """Whether a consent is in force at a moment."""
        return (self.since[relation, kind] <= moment) & (moment < self.until[relation, kind])


def consents(world: World, people: Members) -> Consents:
    """What members agreed to, before anything they were sent changes their mind."""
    rng = chance(world.seed, "consents", people.block)
    kinds = world.profile.consents
    shape = (len(people.relation_member), len(kinds))
    granted = rng.random(shape) < np.array([each.granted for each in kinds])
    since = people.relation_since[:, None] + rng.integers(0, 7 * DAY, shape)
    withdrawn = rng.random(shape) < np.array([each.withdrawn for each in kinds])
    until = since + (rng.exponential(300.0, shape) * DAY).astype(np.int64) + 3600
    inside = (since < world.days.end) & granted
    return Consents(np.where(inside, since, NEVER), np.where(withdrawn & (until < world.days.end), until, NEVER))


def consent_rows(world: World, people: Members, given: Consents, unsubscribed: Ints) -> Rows:
    """Every act of consent. Some arrive long after, so that a later act may be known before an earlier one."""
    rng = chance(world.seed, "consent acts", people.block)
    kinds = world.profile.consents
    asked = np.broadcast_to(people.relation_since[:, None], given.since.shape)
    granted = given.since < NEVER
    until = np.minimum(given.until, unsubscribed)
    # An address is confirmed by the link in a first message, soon or never.
    by_mail = np.array([each.channel == "email" for each in kinds])
    confirmed = granted & by_mail[None, :] & (rng.random(granted.shape) < _CONFIRMED)
    acts = (
        (~granted & (asked < world.days.end), asked),
        (granted, given.since),
        (confirmed, given.since + rng.integers(60, 3_000, granted.shape)),
        (granted & (until < NEVER), until),
    )
    places = [np.nonzero(happens) for happens, _ in acts]
    relation, kind = (np.concatenate([place[axis] for place in places]) for axis in (0, 1))
    moment = np.concatenate([moments[place] for (_, moments), place in zip(acts, places, strict=True)])
    status = np.repeat(np.arange(len(acts)), [len(place[0]) for place in places])
    by_link = (status == len(acts) - 1) & (unsubscribed < given.until)[relation, kind]
    late = rng.random(len(relation)) < 0.05
    delay = np.where(late, rng.integers(DAY, 40 * DAY, len(relation)), rng.integers(1, 300, len(relation)))
    return {
        "consent_event_id": numbers(people.block, len(relation)),
        "member_id": people.ids[people.relation_member[relation]],
        "brand_id": people.relation_brand[relation] + 1,
        "channel": Words(kind, tuple(each.channel for each in kinds)),
        "purpose": Words(kind, tuple(each.purpose for each in kinds)),
        "status": Words(status, ("denied", "granted", "confirmed", "withdrawn")),
        "occurred_at": moment,
        "recorded_at": np.minimum(moment + delay, world.days.end - 1),
        "source": Words(by_link.astype(np.int64), ("form", "unsubscribe link")),
    }


def member_rows(world: World, people: Members) -> dict[str, Rows]:
    """All that is on record about the members themselves."""
    rng = chance(world.seed, "records", people.block)
    count = len(people.ids)
    city = rng.integers(0, len(_CITIES), count)
    born = np.where(
        rng.random(count) < 0.85, -365 * rng.integers(-35, 30, count) + rng.integers(0, 365, count) - 5_000, NOTHING
    )
    merged = people.duplicate & (people.undone_at == 0)
    rows: dict[str, Rows] = {
        "member": {
            "member_id": people.ids,
            "created_at": people.joined,
            "merged_into_member_id": np.where(merged, people.ids[people.root], 0),
            "birth_date": born,
            "gender": Words(rng.integers(-1, 2, count), ("female", "male")),
            "country": "FR",
            "city": Words(city, _CITIES),
            "language": "fr",
            "is_test": people.is_test,
            "is_employee": people.is_employee,
        },
        "identity": _identities(people, rng),
        "enrolment": {
            "enrolment_id": people.ids,
            "member_id": people.ids,
            "program_id": np.full(count, PROGRAM),
            "enrolled_at": people.joined,
            "left_at": people.left_at,
            "leave_reason": Words(np.where(people.left_at > 0, 0, -1), ("asked to leave",)),
            "source_channel": Words(rng.integers(0, 3, count), ("till", "web", "app")),
            "referrer_member_id": _referrers(people, rng),
        },
        "member_attribute": _attributes(world, people, rng),
        "segment_membership": _segments(world, people),
        "survey_response": _surveys(world, people, rng),
    }
    of = np.flatnonzero(people.duplicate)
    if len(of):
        rows["identity_merge"] = {
            "merge_id": numbers(people.block, len(of)),
            "from_member_id": people.ids[of],
            "into_member_id": people.ids[of - 1],
            "merged_at": people.merged_at[of],
            "rule": "one phone number",
            "undone_at": people.undone_at[of],
            "recorded_at": people.merged_at[of] + 60,
        }
    return rows


def _referrers(people: Members, rng: np.random.Generator) -> Ints:
    """Who recommended the programme: some member who was there before."""
    other = rng.integers(0, len(people.ids), len(people.ids))
    referred = (rng.random(len(people.ids)) < _REFERRED) & (people.joined[other] < people.joined)
    return np.where(referred, people.ids[other], 0)


def _surveys(world: World, people: Members, rng: np.random.Generator) -> Rows:
    """Answers to one survey, most of them by those who like it here."""
    count = len(people.ids)
    month = rng.integers(0, people.state.shape[1], count)
    state = people.state[np.arange(count), month]
    moment = world.days.month_starts[month + 1] - rng.integers(3600, 9 * DAY, count)
    score = np.clip(np.rint(rng.normal(_LIKES_US[state], 1.8)), 0, 10).astype(np.int64)
    asked = (rng.random(count) < _SURVEYED) & (state >= NEW) & (state <= LEFT) & (moment > people.joined)
    member = np.flatnonzero(asked & (moment > world.days.start))
    return {
        "response_id": people.ids[member],
        "member_id": people.ids[member],
        "brand_id": people.relation_brand[people.relation_first[member]] + 1,
        "survey": "recommendation",
        "score": score[member],
        "responded_at": moment[member],
    }


def _identities(people: Members, rng: np.random.Generator) -> Rows:
    count = len(people.ids)
    held = np.column_stack([*(rng.random(count) < share for share in _HELD), people.uses_app])
    member, kind = np.nonzero(held)
    hashed = rng.integers(2**40, 2**62, len(member))
    return {
        "identity_id": people.ids[member] * len(_IDENTITIES) + kind,
        "member_id": people.ids[member],
        "kind": Words(kind, _IDENTITIES),
        "value_hash": hashed,
        "linked_at": people.joined[member],
        "is_primary": kind == 0,
        "is_reachable": rng.random(len(member)) < 0.97,
    }


def _attributes(world: World, people: Members, rng: np.random.Generator) -> Rows:
    """One attribute, which for some changes once."""
    profile = world.profile
    count = len(people.ids)
    before, after = (rng.integers(0, len(profile.attribute_values), count) for _ in range(2))
    starts = world.days.month_starts
    at = starts[1 + rng.integers(0, max(1, len(starts) - 2), count)]
    changes = (rng.random(count) < profile.attribute_changes) & (people.joined < at) & (before != after)
    member = np.concatenate([np.arange(count), np.flatnonzero(changes)])
    second = np.arange(len(member)) >= count
    moment = np.where(second, at[member], people.joined[member])
    return {
        "member_id": people.ids[member],
        "attribute": profile.attribute,
        "value": Words(np.where(second, after[member], before[member]), profile.attribute_values),
        "valid_from": moment,
        "valid_to": np.where(~second & changes[member], at[member], 0),
        "recorded_at": np.minimum(moment + rng.integers(60, 9 * DAY, len(member)), world.days.end - 1),
        "source": "form",
    }


def _segments(world: World, people: Members) -> Rows:
    """Months in one segment on end are one stay; the first begins when the member joined."""
    starts, state = world.days.month_starts, people.state
    months = state.shape[1]
    before = np.column_stack([np.full(len(state), NONE), state[:, :-1]])
    member, month = np.nonzero((state != before) & (state != GONE))
    joined = people.joined[member]
    since = np.where(starts[month] < joined, joined, starts[month])
    since = np.where(month == 0, joined, since)
    # The next change, be it out of the programme, ends the stay.
    changed = state != before
    ahead = np.full((len(state), months + 1), months)
    for index in range(months - 1, -1, -1):
        ahead[:, index] = np.where(changed[:, index], index, ahead[:, index + 1])
    until = ahead[member, month + 1]
    return {
        "scheme_id": np.full(len(member), SCHEME),
        "segment_id": state[member, month] - NEW + 1,
        "member_id": people.ids[member],
        "valid_from": since,
        "valid_to": np.where(until < months, starts[np.minimum(until, months - 1)], 0),
        "recorded_at": np.minimum(since + 3 * 3600, world.days.end - 1),
    }


def agreed(people: Members, given: Consents, unsubscribed: Ints) -> Ints:
    """By consent: relations that gave it, and those that took it back."""
    granted = given.since < NEVER
    withdrawn = granted & (np.minimum(given.until, unsubscribed) < NEVER)
    return np.column_stack([granted.sum(axis=0), withdrawn.sum(axis=0)])


def moved(people: Members) -> Ints:
    """How many members went from each segment to each, and out, from one month to the next; merged records left out."""
    kept = people.state[~people.duplicate]
    inside = (kept[:, :-1] >= NEW) & (kept[:, :-1] <= LEFT)
    pair = (kept[:, :-1][inside] - NEW) * 5 + (kept[:, 1:][inside] - NEW)
    return np.bincount(pair, minlength=len(SEGMENTS) * 5).reshape(len(SEGMENTS), 5)


def shopping_months(world: World, people: Members, by: tuple[float, ...]) -> Floats:
    """How much each member does in each month at a pace of one a month, by where they stand and how busy it is."""
    so_far = world.days.so_far[world.days.months]
    return np.array(by)[people.state] * (np.diff(so_far) / (365.25 / 12))[None, :]
