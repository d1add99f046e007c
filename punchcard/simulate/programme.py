"""Programme: block after block of members becomes a project's folder, with the truth beside the data."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import msgspec
import numpy as np

from punchcard.errors import PunchcardError
from punchcard.project import SETTINGS_FILE, built_in
from punchcard.simulate import behaviour, communications, company, creators, experiments, points, purchases
from punchcard.simulate import members as people_of
from punchcard.simulate.columns import joined
from punchcard.simulate.members import Members
from punchcard.simulate.profile import Profile
from punchcard.simulate.truth import Tally, Truth, told, truth
from punchcard.simulate.world import CURRENCY, ZONE, World, world
from punchcard.simulate.write import Folder, Format, Home, Place, Rows, Written

FEWEST, MOST = 1_000, 5_000_000
FEWEST_DAYS, MOST_DAYS = 180, 1_500
FIRST_DAY = date(2025, 1, 1)

# So many blocks at most share a file, and so many files at least, if there are as many blocks: few and large files, and
# yet enough of them to share out. The number of processes has no say, or it would show in the files.
_BLOCKS_PER_PART = 16
_PARTS = 8

Heard = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made."""

    profile: Profile
    members: int
    seed: int
    first: date = FIRST_DAY
    days: int | None = None  # None: as many as the profile usually has
    form: Format = Format.PARQUET

    def world(self) -> World:
        """The world of it."""
        return world(self.profile, self.members, self.seed, self.first, self.days or self.profile.days)


def simulate(
    folder: Path,
    order: Order,
    *,
    to: Home | None = None,
    workers: int = 1,
    progress: Heard = lambda stage, done, total: None,
) -> Truth:
    """Write a complete project into a folder that is new or empty, and tell its truth.

    The rows go into files of the folder, or `to` somewhere else, from where its sources then read them.
    The bytes follow from the order alone: neither the number of processes nor the size of a block's memory shows.
    """
    _check(folder, order)
    there = order.world()
    folder.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    with (to or Folder(folder, order.form)).opened(built_in()[0].catalog.tables) as place:
        payouts = _fill(place, order, there, tally, workers, progress)
    found = truth(there, tally, payouts)
    _declare(folder, order, place, tally.written, there)
    (folder / "truth.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    (folder / "truth.md").write_text(told(found), encoding="utf-8")
    return found


def _fill(place: Place, order: Order, there: World, tally: Tally, workers: int, progress: Heard) -> np.ndarray | None:
    """Make all rows into their place: what everybody shares, the parts of the members, and what follows from all."""
    with closing(place.sink("00000", built_in()[0].catalog.tables)) as sink:
        beginning = company.reference_rows(there) | creators.rule_rows(there) | creators.creator_rows(there)
        for name, rows in beginning.items():
            sink.write(name, rows)
        size = _part_size(there)
        for done, part in enumerate(_made(place, order, range(0, there.blocks, size), workers), 1):
            tally.add(part)
            progress("making members", min(done * size, there.blocks), there.blocks)
        payouts = None
        if there.posts is not None:
            rows, payouts = creators.payout_rows(there, tally.arrays["post_cents"].astype(np.int64))
            sink.write("payout", rows)
        months = len(there.days.months) - 1
        turnover = tally.arrays.get("turnover", np.zeros((there.brands, months))).astype(np.int64)
        for name, rows in company.money_rows(there, turnover, tally.arrays["counts"][:, 0].astype(np.int64)).items():
            sink.write(name, rows)
    tally.note(sink.written)
    return payouts


def _part_size(there: World) -> int:
    """How many blocks share the files of a part."""
    return min(_BLOCKS_PER_PART, max(1, there.blocks // _PARTS))


def _check(folder: Path, order: Order) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PunchcardError("is there already and not empty; name a new folder", where=str(folder))
    if not FEWEST <= order.members <= MOST:
        raise PunchcardError(f"members: {order.members:,} is not between {FEWEST:,} and {MOST:,}")
    if order.days is not None and not FEWEST_DAYS <= order.days <= MOST_DAYS:
        raise PunchcardError(f"days: {order.days:,} is not between {FEWEST_DAYS} and {MOST_DAYS:,}")
    if order.seed < 0:
        raise PunchcardError(f"seed: {order.seed} is below zero")


def _made(place: Place, order: Order, parts: Iterable[int], workers: int) -> Iterator[Tally]:
    """The tallies of all parts in their order."""
    jobs = [(place, order, first) for first in parts]
    if workers == 1 or len(jobs) == 1:
        yield from map(_part, jobs)
        return
    # The processes begin afresh: a copy of one that runs threads may hang.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(_part, jobs)


def _part(job: tuple[Place, Order, int]) -> Tally:
    """Make the blocks of one part into its place."""
    place, order, first = job
    there = order.world()
    tally = Tally()
    with closing(place.sink(f"{first + 1:05d}", built_in()[0].catalog.tables)) as sink:
        for block in range(first, min(first + _part_size(there), there.blocks)):
            for name, rows in rows_of(there, block, tally):
                sink.write(name, rows)
    tally.note(sink.written)
    return tally


def rows_of(there: World, block: int, tally: Tally) -> Iterator[tuple[str, Rows]]:
    """The rows of one block's members, table by table."""
    people = people_of.members(there, block)
    given = people_of.consents(there, people)
    meant, unsubscribed = experiments.audience(there, people, given)
    yield from people_of.member_rows(there, people).items()
    yield "consent_event", people_of.consent_rows(there, people, given, unsubscribed)
    yield from experiments.lots(there, people, meant).items()
    _count_members(people, tally)
    clicks = creators.clicks(there, people)
    sold = _sell(there, people, meant, clicks, tally) if there.profile.shopping else None
    if sold:
        yield from sold.rows.items()
    sent = communications.messages(there, people, meant, sold.tier if sold else np.zeros(people.state.shape, np.int64))
    yield from sent.rows.items()
    yield "exposure", experiments.exposures(there, people, meant, sent.message)
    attendance = communications.webinars(there, people, meant, sent.message)
    yield from attendance.rows.items()
    outcomes = sold.outcomes if sold else experiments.registrations(there, meant, attendance.with_, attendance.without)
    visits, funnel = behaviour.visit_rows(there, people)
    if visits:
        yield "event", visits
    touched = behaviour.touches(there, people, [_mail_touches(meant, sent), *([clicks.touches] if clicks else [])])
    yield "touch", behaviour.touch_rows(there, people, touched)
    if sold:
        yield "attribution_credit", behaviour.credit_rows(there, people, touched, sold.documents, sold.ids)
    agreed = people_of.agreed(people, given, unsubscribed)
    tally.sum(agreed=agreed, moved=people_of.moved(people), counts=sent.counts, outcomes=outcomes, funnel=funnel)
    if clicks and there.posts:
        tally.sum(post_clicks=np.bincount(clicks.touches.post, minlength=len(there.posts.creator)))


@dataclass(frozen=True, slots=True)
class _Sold:
    """What one block's members bought: all that could be, the rows of what happened, and what follows from it."""

    documents: purchases.Documents
    ids: np.ndarray
    rows: dict[str, Rows]
    tier: np.ndarray
    outcomes: np.ndarray


def _sell(
    there: World, people: Members, meant: experiments.Audience, clicks: creators.Clicks | None, tally: Tally
) -> _Sold:
    caused, coupon = communications.coupons_and_effects(there, people, meant)
    documents, lines = purchases.purchases(there, people, joined(caused, clicks.causes) if clicks else caused)
    used, taken_off = _coupons_used(documents, lines, coupon)
    sold = purchases.purchase_rows(there, people, documents, lines, used)
    at = np.flatnonzero((used > 0) & documents.happens)
    uses = documents.cause[at], sold.ids[at], documents.moment[at], taken_off[at]
    campaign = np.where(documents.cause >= 0, meant.campaign[documents.cause], -1) if len(meant.campaign) else used - 1
    tiers, tier = points.tier_rows(there, people, documents)
    rows = {
        **sold.rows,
        **communications.coupon_rows(there, people, meant, coupon, uses),
        **tiers,
        **points.point_rows(there, people, documents, sold.ids, campaign),
    }
    _count_sales(there, documents, sold.late, tally)
    tally.count(coupons_given=(coupon > 0).sum(), coupons_redeemed=len(at))
    return _Sold(documents, sold.ids, rows, tier, experiments.outcomes(there, people, meant, documents))


def _coupons_used(
    documents: purchases.Documents, lines: purchases.Lines, coupon: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The id of the coupon that each document used, and what it took off."""
    taken = np.bincount(lines.document, lines.coupon, len(documents.member)).astype(np.int64)
    uses = (taken > 0) & documents.is_sale & (documents.cause >= 0)
    return np.where(uses, coupon[documents.cause] if len(coupon) else 0, 0), taken


def _mail_touches(meant: experiments.Audience, sent: communications.Sent) -> behaviour.Touches:
    """Clicks in messages are contacts with marketing."""
    row = sent.click_row
    return behaviour.Touches(
        meant.member[row],
        sent.click_at,
        np.zeros(len(row), np.int64),
        meant.campaign[row],
        np.full(len(row), -1),
        sent.message[row],
    )


def _count_members(people: Members, tally: Tally) -> None:
    merged = people.duplicate & (people.undone_at == 0)
    tally.count(
        records=len(people.ids),
        open_to_marketing=(people.counted & ~people.duplicate & ~people.global_control).sum(),
        merged=merged.sum(),
        merges_undone=(people.undone_at > 0).sum(),
        test_members=people.is_test.sum(),
        employees=people.is_employee.sum(),
        left_the_programme=(people.left_at > 0).sum(),
        global_control=people.global_control.sum(),
        machine_openers=people.machine.sum(),
    )


def _count_sales(there: World, documents: purchases.Documents, late: int, tally: Tally) -> None:
    """What figures must say: documents that happened and count, and among them what campaigns and posts brought."""
    counts = documents.in_figures & documents.happens
    net = documents.net
    sale = counts & documents.is_sale
    caused = counts & (documents.cause >= 0)
    by_post = counts & (documents.post >= 0)
    tally.count(
        sales=sale.sum(),
        returns=(counts & ~documents.is_sale).sum(),
        net_revenue=net[counts].sum(),
        member_net_revenue=net[counts & (documents.member >= 0)].sum(),
        campaigns_net_revenue=net[caused].sum(),
        campaigns_sales=(caused & documents.is_sale).sum(),
        posts_net_revenue=net[by_post].sum(),
        late_documents=late,
        cancelled_documents=(documents.happens & ~documents.ok).sum(),
    )
    months = len(there.days.months) - 1
    cell = documents.brand[counts] * months + there.days.month_of(documents.moment[counts])
    turnover = np.bincount(cell, net[counts], there.brands * months).reshape(-1, months)
    tally.sum(turnover=turnover)
    if there.posts is not None:
        through = sale & (documents.post >= 0)
        post, count = documents.post[through], len(there.posts.creator)
        tally.sum(post_cents=np.bincount(post, net[through], count), post_sales=np.bincount(post, minlength=count))


def _declare(folder: Path, order: Order, place: Place, written: dict[str, Written], there: World) -> None:
    """The project's own files."""
    profile = there.profile
    home = "[programme_pulse]" if profile.shopping else "[crm_overview]" if profile.plans else "[]"
    (folder / SETTINGS_FILE).write_text(
        f"# Made by: punchcard simulate --profile {profile.name} --members {order.members} --seed {order.seed}\n"
        f"# What is true of it stands in truth.md and truth.json.\n"
        f"name: {profile.title}\nzone: {ZONE}\ncurrency: {CURRENCY}\n"
        f'today: "{there.days.day(there.days.count).isoformat()}"\nhome: {home}\n',
        encoding="utf-8",
    )
    sources = folder / "sources"
    sources.mkdir(exist_ok=True)
    for name, one in written.items():
        (sources / f"{name}.yaml").write_text(place.source(name, one), encoding="utf-8")
