"""Impact and drivers: figures worked out by hand, members with known effects, and members with none at all."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.timeline.drivers import Drivers, DriversAnswer, drivers
from punchcard.timeline.impact import Impact, impact
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline
from punchcard.timeline.store import of_batches
from tests.timeline.events import ZERO, at, period, timeline

# U1 is known for two weeks before the app, U2 for one day; U3 takes the app on the last day that is known.
APP = [
    "U1 visit 2025-11-01", "U1 buy 2025-11-09", "U1 app 2025-11-15", "U1 buy 2025-11-15",
    "U1 buy 2025-11-16", "U1 buy 2025-11-21T23:59", "U1 buy 2025-11-22",
    "U2 visit 2025-11-14", "U2 app 2025-11-15", "U2 app 2025-11-16", "U2 buy 2025-11-17",
    "U3 visit 2025-11-01", "U3 buy 2025-11-27", "U3 app 2025-11-28",
]  # fmt: skip
MONTH = period("2025-11-01", "2025-12-01")


def app(**settings: object) -> Impact:
    return Impact(first=Pick("app"), then=Pick("buy"), before=2, after=1, **settings)  # pyright: ignore


def test_buckets_count_only_who_is_observed_for_all_of_them():
    answer = impact(timeline(APP), app(), MONTH, known_until=at("2025-11-30"))
    # Two weeks before: U1, U3. One week before: also not U2, who is known for a day only. A week after: not U3.
    assert [(row[0], row[1], row[4], row[5], row[6]) for row in answer.result().rows] == [
        (-2, 0.0, 0, 2, 0),
        (-1, 1.0, 2, 2, 2),
        (1, 1.5, 2, 2, 3),  # the purchase at the moment itself counts on neither side; the 8th day is another week
    ]
    assert answer.members(-1).tolist() == [1, 3]
    assert answer.members(1).tolist() == [1, 2]


def test_observed_throughout_compares_the_same_members_in_every_bucket():
    answer = impact(timeline(APP), app(observed="throughout"), MONTH, known_until=at("2025-11-30"))
    assert [(row[0], row[1], row[5]) for row in answer.result().rows] == [(-2, 0.0, 1), (-1, 1.0, 1), (1, 2.0, 1)]


def test_the_caution_is_always_said():
    for lines in (APP, ["U1 buy 1", "U1 app 5"], ["U1 app 50000", "U1 buy 2"]):
        notes = impact(timeline(lines), app(), MONTH).result().notes
        assert notes[0].kind == "association"
        assert "no control group" in notes[0].text


def test_a_sum_adds_up_money_exactly_and_refuses_words():
    lines = ["U1 visit 2025-11-01", "U1 app 2025-11-15", "U1 buy 2025-11-16 net=0.1", "U1 buy 2025-11-17 net=0.2"]
    seen = timeline(lines, ["page"], ["net"])
    answer = impact(seen, app(measure="sum_per_member", of="net"), MONTH)
    assert answer.bucket(1).total == pytest.approx(0.3)
    nothing = impact(seen, Impact(first=Pick("buy"), then=Pick("app"), measure="sum_per_member", of="net"), MONTH)
    assert [note.kind for note in nothing.result().notes] == ["association", "no_values"]
    with pytest.raises(QueryError, match="'page' holds text and cannot be added up"):
        impact(seen, app(measure="sum_per_member", of="page"), MONTH)
    with pytest.raises(QueryError, match=r"no property 'nett'; did you mean 'net'\?"):
        impact(seen, app(measure="sum_per_member", of="nett"), MONTH)


@pytest.mark.parametrize(
    ("kind", "written", "wrong"),
    [
        (Impact, {"first": {}, "then": {}, "measure": "sum_per_member"}, "a sum per member needs a property"),
        (Impact, {"first": {}, "then": {}, "before": 0}, ">= 1"),
        (Impact, {"first": {}}, "missing required field `then`"),
        (Drivers, {"within_days": 30, "from_day": 28}, "give a later from_day"),
        (Drivers, {"from_day": 30, "to_day": 30}, "is not after from_day"),
        (Drivers, {"times": [0]}, ">= 1"),
    ],
)
def test_impossible_parameters_say_what_is_wrong(kind: type, written: dict[str, object], wrong: str):
    with pytest.raises(msgspec.ValidationError, match=wrong):
        msgspec.convert({"kind": kind.__struct_config__.tag, **written}, kind)


def made(draw: np.random.Generator, members: int, behaviours: int, lift: float) -> Timeline:
    """Members that join, do each of some things early with a chance of a third, and come back with one of a third.

    Who did the first thing comes back more often by `lift`.
    """
    early = draw.random((members, behaviours)) < 1 / 3
    back = draw.random(members) < 1 / 3 + lift * early[:, 0]
    who, what = np.nonzero(early)
    member = np.concatenate((np.arange(members), who, np.flatnonzero(back)))
    name = np.concatenate((np.full(members, "join"), np.char.add("did", what.astype(str)), np.full(back.sum(), "back")))
    hour = np.concatenate((np.zeros(members), draw.integers(1, 7 * 24, len(who)), np.full(back.sum(), 40 * 24)))
    time = np.datetime64(ZERO.replace(tzinfo=None), "us") + hour.astype("timedelta64[h]").astype("timedelta64[us]")
    batch = pa.RecordBatch.from_pydict(
        {
            "member": pa.array(member, pa.int32()),
            "activity": pa.array(name, pa.string()),
            "time": pa.array(time).cast(pa.timestamp("us", "UTC")),
            "arrival": pa.array(np.arange(len(member)), pa.int64()),
        }
    )
    return of_batches([batch])


def searched(seen: Timeline, behaviours: int) -> DriversAnswer:
    question = Drivers(
        start=Pick("join"),
        returning=Pick("back"),
        candidates=tuple(Pick(f"did{n}") for n in range(behaviours)),
        times=(1,),
    )
    return drivers(seen, question, Period(ZERO, at("2025-11-02")))


def test_a_known_effect_is_found_with_its_size_and_nothing_else():
    answer = searched(made(np.random.default_rng(3), 4000, 10, 0.15), 10)
    (found,) = (one for one in answer.tested if one.driver)
    assert answer.tested[0] is found
    assert found.behaviour == Pick("did0")
    assert 0.15 in found.validation.interval
    first, second = found.halves
    assert answer.members(0).tolist() == np.flatnonzero(answer.done(Pick("did0")) > 0).tolist()
    assert first.having[1] + second.having[1] == len(answer.members(0))
    assert first.having[1] + first.without[1] == int((~answer.second).sum())


def test_too_few_members_prove_nothing_and_it_is_said():
    answer = searched(made(np.random.default_rng(3), 40, 3, 0.6), 3)
    assert [note.kind for note in answer.result().notes] == ["association", "members", "tested", "none_proven"]
    assert answer.untested == 3


@pytest.mark.slow
def test_pure_noise_is_discovered_at_most_as_often_as_promised():
    # Nothing is true here, so any discovery is false: Benjamini and Hochberg keep the chance of even one at 5 %.
    draw, worlds, behaviours = np.random.default_rng(7), 1000, 12
    discovered = drivers_found = 0
    for _ in range(worlds):
        answer = searched(made(draw, 600, behaviours, 0.0), behaviours)
        assert len(answer.tested) == behaviours
        discovered += any(one.discovered for one in answer.tested)
        drivers_found += any(one.driver for one in answer.tested)
    assert 28 <= discovered <= 73  # of 1000 with a chance of 5 %, all but one in a thousand times
    # The second half must then show the same side by chance alone: 5 % of 2.5 %.
    assert drivers_found <= 6
