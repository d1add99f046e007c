"""Purchases: documents with their lines, discounts and payments; returns; and which of them a campaign caused.

A member buys as a Poisson process whose pace follows the member (a gamma law), the place in the lifecycle, the season
and the day of the week. Purchases that a message or a post causes come on top, and are made for the control as well,
where they do not happen: so what would have been is known.
"""

from dataclasses import dataclass

import numpy as np

from punchcard.simulate.chance import Bools, Floats, Ints, chance, numbers, picks, spread
from punchcard.simulate.columns import joined, taken
from punchcard.simulate.days import DAY
from punchcard.simulate.members import Members, shopping_months
from punchcard.simulate.world import CURRENCY, World
from punchcard.simulate.write import Rows, Words

# When in a day people buy: hours in order, and the share of purchases before each.
_HOURS = np.array([8.0, 9.0, 11.0, 12.0, 13.5, 16.0, 17.0, 19.0, 20.0, 21.5])
_BEFORE = np.array([0.0, 0.05, 0.19, 0.29, 0.41, 0.57, 0.67, 0.9, 0.97, 1.0])
_TENDERS = ("card", "cash")
_MOST_LINES = 14


@dataclass(frozen=True, slots=True)
class Causes:
    """Purchases: whose (-1: nobody known), when, of which brand, what is behind it (a row of the audience or a post),
    whether the data shows it, and what a coupon may take off."""

    member: Ints
    moment: Ints
    brand: Ints
    audience: Ints  # -1: none
    post: Ints  # -1: none
    happens: Bools
    coupon_cents: Ints

    @staticmethod
    def base(member: Ints, moment: Ints, brand: Ints) -> "Causes":
        """Purchases that would happen anyway."""
        none = np.full(len(member), -1)
        return Causes(
            member, moment, brand, none, none, np.ones(len(member), np.bool_), np.zeros(len(member), np.int64)
        )


@dataclass(slots=True)
class Documents:
    """The documents of one block, in the order of member and time, returns at the end. Amounts are cents.

    `cause` is the row of the audience that a campaign's purchase goes back to, `post` the post; -1 is none. `happens`
    is whether the data shows it. `original` is a return's sale.
    """

    member: Ints  # -1: nobody known
    moment: Ints
    brand: Ints
    store: Ints  # place in its brand
    cause: Ints
    post: Ints
    happens: Bools
    is_sale: Bools
    ok: Bools
    original: Ints
    net: Ints
    in_figures: Bools


@dataclass(slots=True)
class Lines:
    """The lines of documents, in their order."""

    document: Ints
    product: Ints
    qty: Ints
    gross: Ints
    promotion: Ints
    coupon: Ints
    cost: Ints
    original: Ints  # -1: a sale's line

    @property
    def net(self) -> Ints:
        """What was paid."""
        return self.gross - self.promotion - self.coupon


def time_of_day(draws: Floats) -> Ints:
    """Seconds into the day, as people shop."""
    return (np.interp(draws, _BEFORE, _HOURS) * 3600).astype(np.int64)


def moments(world: World, month: Ints, draws: Floats, times: Floats) -> Ints:
    """Moments within months, more of them on busy days."""
    so_far, months = world.days.so_far, world.days.months
    low, high = so_far[months[month]], so_far[months[month + 1]]
    day = np.searchsorted(so_far, low + draws * (high - low), side="right") - 1
    return world.days.noons[np.clip(day, months[month], months[month + 1] - 1)] + time_of_day(times)


def purchases(world: World, people: Members, caused: Causes) -> tuple[Documents, Lines]:
    """All documents and lines that could be: those that happen anyway, and those that something causes."""
    rng = chance(world.seed, "purchases", people.block)
    shopping = world.profile.shopping
    if shopping is None:
        raise ValueError("this profile sells nothing")
    reasons = _reasons(world, people, caused, rng)
    sales = _sales(world, people, reasons, rng)
    lines = _lines(world, people, sales, rng)
    _take_off(lines, reasons.coupon_cents)
    sales.net = np.bincount(lines.document, lines.net, len(sales.member)).astype(np.int64)
    return _with_returns(world, sales, lines, rng)


def _reasons(world: World, people: Members, caused: Causes, rng: np.random.Generator) -> Causes:
    """Every purchase there could be, in the order of member and time."""
    shopping = world.profile.shopping
    assert shopping is not None  # noqa: S101 - checked by the caller
    pace = shopping_months(world, people, world.profile.lifecycle.shopping) * shopping.per_month
    counts = rng.poisson(pace * people.rate[:, None])
    cell, _ = spread(counts.ravel())
    member, month = cell // counts.shape[1], cell % counts.shape[1]
    moment = moments(world, month, rng.random(len(member)), rng.random(len(member)))
    # Half of the purchases go to the favourite brand, the rest to any that the member knows.
    known = np.diff(np.append(people.relation_first, len(people.relation_member)))
    favourite = rng.random(len(member)) < 0.5
    place = np.where(favourite, 0, (rng.random(len(member)) * known[member]).astype(np.int64))
    brand = people.relation_brand[people.relation_first[member] + place]
    count = int(rng.poisson(len(member) * shopping.unidentified))
    day = picks(np.cumsum(world.days.busy), rng.random(count))
    at = world.days.noons[day] + time_of_day(rng.random(count))
    nobody = Causes.base(np.full(count, -1), at, picks(world.popularity, rng.random(count)))
    every = joined(Causes.base(member, moment, brand), nobody, caused)
    every = taken(every, (every.member < 0) | (every.moment >= people.joined[every.member]))
    return taken(every, np.argsort((every.member << 33) + every.moment, kind="stable"))


def _sales(world: World, people: Members, reasons: Causes, rng: np.random.Generator) -> Documents:
    shopping, stores = world.profile.shopping, world.profile.stores
    assert shopping is not None  # noqa: S101 - checked by the caller
    count = len(reasons.member)
    ok = (rng.random(count) >= shopping.cancelled) | (reasons.audience >= 0)
    online = rng.random(count) < shopping.online
    branch = 1 + rng.integers(0, max(1, stores - 1), count)
    return Documents(
        reasons.member,
        reasons.moment,
        reasons.brand,
        np.where(online | (stores == 1), 0, branch),
        reasons.audience,
        reasons.post,
        reasons.happens,
        np.ones(count, np.bool_),
        ok,
        np.full(count, -1),
        np.zeros(count, np.int64),
        ok & (people.counted[reasons.member] | (reasons.member < 0)),
    )


def _lines(world: World, people: Members, sales: Documents, rng: np.random.Generator) -> Lines:
    shopping, products = world.profile.shopping, world.profile.products
    assert shopping is not None  # noqa: S101 - checked by the caller
    size = np.where(sales.member >= 0, people.basket[sales.member], 1.0) * shopping.more_lines
    document, _ = spread(np.minimum(1 + rng.poisson(size), _MOST_LINES))
    count = len(document)
    # The first tenth of the range makes a third of the lines.
    product = sales.brand[document] * products + (products * rng.random(count) ** 2).astype(np.int64)
    qty = 1 + (rng.random(count) < 0.22) + (rng.random(count) < 0.06)
    version = np.searchsorted(world.price_days, world.days.of(sales.moment), side="right")[document] - 1
    gross = world.list_price[product, version] * qty
    share = np.where(rng.random(count) < shopping.promoted, 0.1 * rng.integers(1, 4, count), 0.0)
    return Lines(
        document,
        product,
        qty,
        gross,
        np.rint(gross * share).astype(np.int64),
        np.zeros(count, np.int64),
        world.unit_cost[product, version] * qty,
        np.full(count, -1),
    )


def _take_off(lines: Lines, coupon: Ints) -> None:
    """A coupon takes its value off the lines in their order, but never more than half of what is left of each."""
    left = coupon[lines.document]
    room = lines.net // 2
    first = np.searchsorted(lines.document, np.arange(len(coupon)))
    before = np.cumsum(room) - room
    lines.coupon = np.clip(left - (before - before[first][lines.document]), 0, room)


def _with_returns(world: World, sales: Documents, lines: Lines, rng: np.random.Generator) -> tuple[Documents, Lines]:
    """Some sales come back some days later: with all their lines, or with one."""
    shopping = world.profile.shopping
    assert shopping is not None  # noqa: S101 - checked by the caller
    count = len(sales.member)
    moment = sales.moment + rng.integers(1, 25, count) * DAY + rng.integers(-1800, 1800, count)
    back = (rng.random(count) < shopping.returned) & (moment < world.days.end) & sales.ok
    whole = rng.random(count) < 0.4
    of = np.flatnonzero(back)
    position = np.full(count, -1)
    position[of] = count + np.arange(len(of))
    first = np.searchsorted(lines.document, np.arange(count))
    comes = back[lines.document] & (whole[lines.document] | (np.arange(len(lines.document)) == first[lines.document]))
    line = np.flatnonzero(comes)
    document = position[lines.document[line]]
    taken_back = Lines(
        document,
        lines.product[line],
        -lines.qty[line],
        -lines.gross[line],
        -lines.promotion[line],
        -lines.coupon[line],
        -lines.cost[line],
        line,
    )
    returns = Documents(
        sales.member[of],
        moment[of],
        sales.brand[of],
        sales.store[of],
        sales.cause[of],
        sales.post[of],
        sales.happens[of],
        np.zeros(len(of), np.bool_),
        np.ones(len(of), np.bool_),
        of,
        np.bincount(document - count, taken_back.net, len(of)).astype(np.int64),
        sales.in_figures[of],
    )
    return joined(sales, returns), joined(lines, taken_back)


@dataclass(frozen=True, slots=True)
class Sold:
    """The rows of what happened, and the id of each document (0 where it did not happen)."""

    rows: dict[str, Rows]
    ids: Ints
    late: int


def purchase_rows(world: World, people: Members, documents: Documents, lines: Lines, coupons: Ints) -> Sold:
    """Documents, lines, discounts and payments as files hold them; `coupons` is the coupon each document used."""
    shopping = world.profile.shopping
    assert shopping is not None  # noqa: S101 - a profile without purchases has no documents
    rng = chance(world.seed, "documents", people.block)
    shown = np.flatnonzero(documents.happens)
    ids = np.zeros(len(documents.member), np.int64)
    ids[shown] = numbers(people.block, len(shown))
    line = np.flatnonzero(documents.happens[lines.document])
    line_ids = np.zeros(len(lines.document), np.int64)
    line_ids[line] = numbers(people.block, len(line))
    document = lines.document[line]
    net = lines.net[line]
    tax = np.rint(net * shopping.tax).astype(np.int64)
    tax_of = np.bincount(document, tax, len(ids)).astype(np.int64)
    is_late = rng.random(len(shown)) < shopping.late
    delay = np.where(is_late, rng.integers(DAY, 12 * DAY, len(shown)), rng.integers(1, 120, len(shown)))
    moment = documents.moment[shown]
    original, of = documents.original[shown], lines.original[line]
    discounts = [(lines.promotion[line], 0), (lines.coupon[line], 1)]
    cut = [np.flatnonzero(amount) for amount, _ in discounts]
    funded = rng.integers(0, 2, len(cut[0]))
    txn: Rows = {
        "txn_id": ids[shown],
        "brand_id": documents.brand[shown] + 1,
        "store_id": documents.brand[shown] * world.profile.stores + documents.store[shown] + 1,
        "member_id": _member_ids(people, documents.member[shown]),
        "kind": Words((~documents.is_sale[shown]).astype(np.int64), ("sale", "return")),
        "original_txn_id": np.where(original >= 0, ids[original], 0),
        "status": Words((~documents.ok[shown]).astype(np.int64), ("ok", "cancelled")),
        "occurred_at": moment,
        "recorded_at": np.minimum(moment + delay, world.days.end - 1),
        "currency": CURRENCY,
        "tax": tax_of[shown],
        "coupon_id": coupons[shown],
    }
    rows: dict[str, Rows] = {
        "txn": txn,
        "txn_line": {
            "line_id": line_ids[line],
            "txn_id": ids[document],
            "product_id": lines.product[line] + 1,
            "qty": lines.qty[line],
            "gross": lines.gross[line],
            "discount": lines.promotion[line] + lines.coupon[line],
            "net": net,
            "tax": tax,
            "cost": lines.cost[line],
            "original_line_id": np.where(of >= 0, line_ids[of], 0),
        },
        "line_discount": {
            "line_id": line_ids[line][np.concatenate(cut)],
            "kind": Words(np.repeat([0, 1], [len(each) for each in cut]), ("promo", "coupon")),
            "coupon_id": np.concatenate([np.zeros(len(cut[0]), np.int64), coupons[document[cut[1]]]]),
            "amount": np.concatenate([amount[at] for (amount, _), at in zip(discounts, cut, strict=True)]),
            "funded_by": Words(np.concatenate([funded, np.zeros(len(cut[1]), np.int64)]), ("retailer", "supplier")),
        },
        "txn_tender": {
            "txn_id": ids[shown],
            "kind": Words((rng.random(len(shown)) < 0.3).astype(np.int64), _TENDERS),
            "amount": documents.net[shown] + tax_of[shown],
        },
    }
    return Sold(rows, ids, int(is_late.sum()))


def _member_ids(people: Members, member: Ints) -> Ints:
    return np.where(member >= 0, people.ids[member], 0)
