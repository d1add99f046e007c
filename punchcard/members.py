"""Members: who is behind a figure, and everything that one of them did.

The list behind a count of behaviour comes from the pass that counted; behind a figure of a fact it is the same metric,
asked by member under the same filters. So a list is as long as its count says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from msgspec import structs

from punchcard.analyses.base import By, Wanted, dimension, dimension_name, figures
from punchcard.analyses.behaviour import Behaviour
from punchcard.analyses.counting import Frequency
from punchcard.analyses.flow import SegmentFlow
from punchcard.analyses.number import Number
from punchcard.analyses.trial import Trial, arms_of, one_of
from punchcard.answer import frame_of
from punchcard.catalog.filter import Filter
from punchcard.catalog.segment import Condition
from punchcard.errors import Forbidden, QueryError
from punchcard.format import after
from punchcard.frame import Frame
from punchcard.plan.dimension import reads
from punchcard.plan.lots import LOT
from punchcard.plan.rows import OTHER
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.result import Cell
from punchcard.sql import sql
from punchcard.timeline.axis import instant
from punchcard.timeline.columns import AMOUNT_UNIT, Kind, given
from punchcard.timeline.kernels import Codes, Ints
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline
from punchcard.viewer import Viewer

At = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Members:
    """Members by their number in the source, in the order in which they came to be known; figures beside, if any."""

    refs: tuple[str, ...]
    figure: str = ""
    values: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that a member did."""

    time: datetime
    activity: str
    properties: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class History:
    """What one member did, newest first; `counts` are of all, whatever was left out."""

    ref: str
    occurrences: tuple[Occurrence, ...]
    counts: Mapping[str, int]


def behind(programme: Programme, query: Query, viewer: Viewer, at: At) -> Members:
    """The members behind a figure of an answer; `at` gives the labels of its row by column, as addresses write them."""
    _for_the_operator(viewer)
    if isinstance(query.ask, Behaviour | SegmentFlow):
        frame = frame_of(query, viewer, programme)
        return Members(_refs(frame, query.ask.behind(frame, at)))
    if isinstance(query.ask, Trial):
        return _drawn(programme, query, query.ask, viewer, at)
    return _of_a_fact(programme, query, viewer, at)


def _for_the_operator(viewer: Viewer) -> None:
    if viewer.brands is not None:
        raise Forbidden("a brand sees figures about its members, but no list and no history of single ones")


def rule_behind(programme: Programme, query: Query, viewer: Viewer, at: At) -> Condition | None:
    """The condition of a segment that says who is behind a figure; None if only their numbers say it.

    How often an activity was done from day to day can be said; whatever filters add to it cannot.
    """
    ask = query.ask
    if not isinstance(ask, Frequency) or query.filters or not isinstance(ask.activity.activity, str):
        return None
    if any(one.operator != "is" for one in ask.activity.where):
        return None
    first, end = programme.period(query.period, viewer).days(programme.project.catalog.calendar)
    return Condition(
        did=ask.activity.activity,
        where={one.property: one.values for one in ask.activity.where},
        exactly=float(at["times"]),
        since=first,
        until=end - timedelta(days=1),
    )


def _drawn(programme: Programme, query: Query, ask: Trial, viewer: Viewer, at: At) -> Members:
    """The members drawn into an arm of an experiment, or treated by a campaign."""
    if not ask.listed:
        raise QueryError("these figures are of what members did, not of members; ask for the arms of the experiment")
    frame = frame_of(query, viewer, programme)
    of = arms_of(frame, one_of(frame, at.get("campaign", ask.experiment)))
    arms = [arm.name for arm in of.arms if at.get("arm") == arm.name or ("arm" not in at and not arm.is_control)]
    if not arms:
        raise QueryError(f"'{of.name}' has no arm '{at.get('arm')}'")
    # Other filters choose what is counted of members, and no members; people in several arms are in none of them.
    of_members = (one for one in query.filters if one.dimension is None or reads(frame.catalog, LOT, one.dimension))
    members = Query(
        ask=Number(metrics=("lots_drawn" if of.kind != "global_control" else "lots_of_everybody",)),
        period="all",
        filters=(
            *of_members,
            Filter(dimension="experiment_id", within=(of.ref,)),
            Filter(dimension="is_crossed", within=(False,)),
            Filter(dimension="arm", within=tuple(arms)),
        ),
    )
    return _of_a_fact(programme, members, viewer, {})


def _of_a_fact(programme: Programme, query: Query, viewer: Viewer, at: At) -> Members:
    wanted = _metric(query, at.get("metric"))
    narrowed = structs.replace(query, filters=(*query.filters, *_cell(query, at)), compare=None)
    if bucket := at.get("bucket"):
        narrowed = structs.replace(narrowed, period=_days(programme, query, viewer, bucket))
    frame = frame_of(narrowed, viewer, programme)
    (figure,) = figures((wanted,))
    metric = frame.catalog.metric(figure.metric)
    rows = frame.cells((figure,), frame.cut(by=(dimension(frame, By(dimension="member_id")),)))
    people = metric.unit == "members"
    found = [
        (str(ref), value) for ref, value in rows if ref is not None and value is not None and (value or not people)
    ]
    refs, values = tuple(ref for ref, _ in found), tuple(value for _, value in found)
    return Members(refs) if people else Members(refs, figure.metric, values)


def _metric(query: Query, name: str | None) -> str | Wanted:
    wanted: tuple[str | Wanted, ...] = getattr(query.ask, "metrics", query.ask.used())
    for one in wanted:
        if name in (None, one if isinstance(one, str) else one.name or one.metric):
            return one
    raise QueryError(f"the question has no figure '{name}'")


def _cell(query: Query, at: At) -> tuple[Filter, ...]:
    dimensions = {dimension_name(one) for one in query.ask.dimensions()}
    if OTHER in at.values():
        raise QueryError("all the rest together cannot be listed; show more rows, and list one of them")
    unknown = [name for name in at if name not in dimensions and name not in ("metric", "bucket")]
    if unknown:
        raise QueryError(f"the question is not broken down by '{unknown[0]}'")
    return tuple(
        Filter(dimension=name, within=(value or None,), reading=query.reading)
        for name, value in at.items()
        if name in dimensions
    )


def _days(programme: Programme, query: Query, viewer: Viewer, bucket: str) -> str:
    """The days of a bucket that lie in the period."""
    buckets = programme.ask(query, viewer).result.of_role("time")
    grain = buckets[0].unit if buckets else "day"
    try:
        start = date.fromisoformat(bucket)
    except ValueError:
        raise QueryError(f"'at.bucket' is the first day of a bucket, not '{bucket}'") from None
    first, end = programme.period(query.period, viewer).days(programme.project.catalog.calendar)
    low, high = max(start, first), min(after(start, grain), end)
    if low >= high:
        raise QueryError(f"the bucket of {bucket} is not in the period")
    return f"{low}..{high - timedelta(days=1)}"


def _refs(frame: Frame, codes: Ints) -> tuple[str, ...]:
    """The numbers of members in the source."""
    keys = pa.Table.from_batches(frame.engine.batches(sql("select id, ref from keys.member order by id")))
    ids = keys["id"].to_numpy()
    places = np.searchsorted(ids, codes)
    return tuple(str(ref) for ref in keys["ref"].take(pa.array(places)).to_pylist())


def history(programme: Programme, ref: str, viewer: Viewer, activity: str | None = None, most: int = 1000) -> History:
    """What a member did, newest first, or only one activity; QueryError if the viewer knows no such member."""
    _for_the_operator(viewer)
    frame = frame_of(Query(ask=Frequency()), viewer, programme)
    code = _code(frame, ref)
    timeline = frame.timeline()
    track = timeline.track(Pick())
    if code >= timeline.members:
        return History(ref, (), {})
    places = np.arange(track.starts[code], track.starts[code + 1])[::-1]
    activities = timeline.activity_at(track, places)
    names, counts = np.unique(activities, return_counts=True)
    counted = {timeline.activities[int(name)]: int(count) for name, count in zip(names, counts, strict=True)}
    if activity is not None:
        here = activities == timeline.code(activity)
        places, activities = places[here], activities[here]
    places, activities = places[:most], activities[:most]
    return History(
        ref,
        _told(timeline, track.time[places], activities, track.rows(places)),
        dict(sorted(counted.items(), key=lambda one: -one[1])),
    )


def _told(timeline: Timeline, times: Ints, activities: Codes, rows: Ints) -> tuple[Occurrence, ...]:
    properties: list[dict[str, Cell]] = [{} for _ in rows]
    for name in timeline.property_names:
        kind, words = timeline.described(name)
        values = timeline.row_values(rows, name)
        for place in np.flatnonzero(given(kind, values)):
            value = values[place]
            if kind is Kind.WORDS:
                properties[place][name] = words[int(value)]
            else:
                properties[place][name] = float(value) / (AMOUNT_UNIT if kind is Kind.AMOUNTS else 1)
    return tuple(
        Occurrence(instant(int(time)), timeline.activities[int(code)], told)
        for time, code, told in zip(times, activities, properties, strict=True)
    )


def _code(frame: Frame, ref: str) -> int:
    """The surviving member of a number, if the viewer knows them: by a record, or by something that they did."""
    scope = frame.scope()
    rows = frame.run(
        scope.statement(
            sql(
                "select coalesce(r.root, k.id), p.member_id is not null from keys.member as k"
                " left join {root} as r on r.member_id = k.id"
                " left join {profile} as p on p.member_id = coalesce(r.root, k.id) where k.ref = {ref}",
                root=scope.relation("root"),
                profile=scope.relation("profile"),
                ref=ref,
            )
        )
    )
    for code, on_record in rows:
        if on_record or _active(frame.timeline(), int(str(code))):
            return int(str(code))
    raise QueryError(f"there is no member '{ref}' among those that you may see")


def _active(timeline: Timeline, code: int) -> bool:
    starts = timeline.track(Pick()).starts
    return code < timeline.members and bool(starts[code] < starts[code + 1])
