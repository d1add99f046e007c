"""Behaviour: visits to app and site with their steps, contacts with marketing, and who is given credit for a sale."""

from dataclasses import dataclass

import numpy as np

from punchcard.simulate.chance import Ints, chance, numbers, spread
from punchcard.simulate.columns import joined, taken
from punchcard.simulate.days import DAY
from punchcard.simulate.members import Members, shopping_months
from punchcard.simulate.purchases import Documents, moments
from punchcard.simulate.world import World
from punchcard.simulate.write import Rows, Words

WINDOW_DAYS = 30

_PLATFORMS = ("ios", "android", "web")
_CHANNELS = ("email", "social", "search", "display")
_STEP_SECONDS = 45
_WHOLE = 100_000_000  # weights have eight decimals; their sum is exact in whole units of the last one


@dataclass(frozen=True, slots=True)
class Touches:
    """Contacts with marketing in the order of member and time."""

    member: Ints
    moment: Ints
    channel: Ints
    campaign: Ints  # -1: none
    post: Ints  # -1: none
    message: Ints  # an id; 0: none


def visit_rows(world: World, people: Members) -> tuple[Rows, Ints]:
    """Activities of all visits, and how many visits got as far as each step."""
    app = world.profile.app
    if app is None:
        return {}, np.zeros(0, np.int64)
    rng = chance(world.seed, "visits", people.block)
    # Who stopped buying still looks in now and then.
    looks = tuple(
        max(share, 0.15) if index in (3, 4) else share for index, share in enumerate((0.0, 1.3, 1.0, 0.5, 0.1, 0.0))
    )
    pace = shopping_months(world, people, looks) * app.visits_per_month * people.uses_app[:, None]
    cells = rng.poisson(pace)
    cell, _ = spread(cells.ravel())
    member, month = cell // cells.shape[1], cell % cells.shape[1]
    moment = moments(world, month, rng.random(len(member)), rng.random(len(member)))
    kept = moment >= people.joined[member]
    member, moment = member[kept], moment[kept]
    order = np.argsort((member << 33) + moment, kind="stable")
    member, moment = member[order], moment[order]
    count = len(member)
    goes_on = np.cumsum(np.log(app.goes_on))
    # One draw decides how far a visit gets: it passes a step if it lies under the product of the shares so far.
    draws = np.log1p(-rng.random(count))
    reached = 1 + (draws[:, None] < goes_on[None, :]).sum(axis=1)
    visit, step = spread(reached)
    at = moment[visit] + step * _STEP_SECONDS + rng.integers(0, _STEP_SECONDS - 5, len(visit))
    anonymous = rng.random(count) < app.anonymous
    brand = people.relation_brand[people.relation_first[member]]
    late = rng.random(len(visit)) < 0.02
    delay = np.where(late, rng.integers(3600, 3 * DAY, len(visit)), rng.integers(1, 20, len(visit)))
    session = numbers(people.block, count)
    rows: Rows = {
        "event_id": numbers(people.block, len(visit)),
        "brand_id": brand[visit] + 1,
        "member_id": np.where(anonymous[visit], 0, people.ids[member[visit]]),
        "anonymous_id": people.ids[member[visit]] * 7 + 1_000_003,
        "session_id": session[visit],
        "name": Words(step, app.steps),
        "occurred_at": at,
        "received_at": np.minimum(at + delay, world.days.end - 1),
        "platform": Words((people.ids[member] % 3)[visit], _PLATFORMS),
        "country": "FR",
        "source": "app",
    }
    depth = np.bincount(reached, minlength=len(app.steps) + 1)
    return rows, np.cumsum(depth[::-1])[::-1][1:]


def touches(world: World, people: Members, parts: list[Touches]) -> Touches:
    """All contacts: those with messages and posts, and clicks on paid search and display."""
    rng = chance(world.seed, "ads", people.block)
    app = world.profile.app
    pace = shopping_months(world, people, world.profile.lifecycle.shopping) * (app.ads_per_month if app else 0.0)
    cells = rng.poisson(pace)
    cell, _ = spread(cells.ravel())
    member, month = cell // cells.shape[1], cell % cells.shape[1]
    moment = moments(world, month, rng.random(len(member)), rng.random(len(member)))
    kept = moment >= people.joined[member]
    member, moment = member[kept], moment[kept]
    none = np.full(len(member), -1)
    ads = Touches(member, moment, rng.integers(2, 4, len(member)), none, none, np.zeros(len(member), np.int64))
    every = joined(*parts, ads)
    return taken(every, np.argsort((every.member << 33) + every.moment, kind="stable"))


def touch_rows(world: World, people: Members, made: Touches) -> Rows:
    """Contacts as files hold them."""
    posts = world.posts
    creator = np.full(len(made.post), -1)
    if posts is not None and len(posts.creator):
        creator = np.where(made.post >= 0, posts.creator[made.post], -1)
    return {
        "touch_id": numbers(people.block, len(made.member)),
        "member_id": people.ids[made.member],
        "occurred_at": made.moment,
        "channel": Words(made.channel, _CHANNELS),
        "campaign_id": made.campaign + 1,
        "creator_id": creator + 1,
        "message_id": made.message,
        "kind": "click",
    }


def credit_rows(world: World, people: Members, made: Touches, documents: Documents, ids: Ints) -> Rows:
    """Credit for sales in shop and app by two rules; the shares of one sale under one rule add up to exactly 1."""
    sale = np.flatnonzero(
        documents.happens & documents.is_sale & documents.ok & (documents.member >= 0) & (documents.store == 0)
    )
    key = (made.member << 33) + made.moment
    here = (documents.member[sale] << 33) + documents.moment[sale]
    first = np.searchsorted(key, np.maximum(here - WINDOW_DAYS * DAY, documents.member[sale] << 33))
    last = np.searchsorted(key, here)
    found = last - first
    of, place = spread(np.maximum(found, 1))
    touch = np.where(found[of] > 0, first[of] + place, -1)
    parts = np.maximum(found, 1)
    # What does not divide evenly goes to the last touch.
    linear = np.where(place == parts[of] - 1, _WHOLE - (_WHOLE // parts[of]) * (parts[of] - 1), _WHOLE // parts[of])
    final = np.flatnonzero(place == parts[of] - 1)
    number = numbers(people.block, len(made.member))
    ids_of = np.where(touch >= 0, number[touch] if len(number) else 0, 0)
    rows = np.concatenate([np.arange(len(of)), final])
    rule = np.repeat([0, 1], [len(of), len(final)])
    return {
        "model": Words(rule, ("linear", "last_click")),
        "conversion_kind": "txn",
        "conversion_id": ids[sale[of[rows]]],
        "touch_id": ids_of[rows],
        "weight": np.where(rule == 0, linear[rows], _WHOLE) / _WHOLE,
        "window_days": np.full(len(rows), WINDOW_DAYS),
        "computed_at": np.full(len(rows), world.days.end - 1),
    }
