"""Crossings against a slow count in plain Python: every cell, every margin, three readings, and the members behind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.timeline import crossing as crossings
from punchcard.timeline.asked.crossing import Crossing
from punchcard.timeline.crossing import OTHER, crossing
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline, among
from punchcard.timeline.spells import Spells, of_batches
from punchcard.timeline.store import of_batches as built

START = datetime(2025, 1, 1, tzinfo=UTC)
STAMP = pa.timestamp("us", "UTC")
Spell = tuple[int, int, int | None, str | None]  # member, since and until in hours, value
Deed = tuple[int, int, str, str | None]  # member, hour, activity, word


def at(hour: int) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hour)


def timeline_of(deeds: Sequence[Deed]) -> Timeline:
    """What members did."""
    columns = list(zip(*deeds, strict=True)) or [[], [], [], []]
    return built(
        [
            pa.RecordBatch.from_pydict(
                {
                    "member": pa.array(columns[0], pa.int32()),
                    "activity": pa.array(columns[2], pa.string()),
                    "time": pa.array([at(int(str(hour))) for hour in columns[1]], STAMP),
                    "word": pa.array(columns[3], pa.string()),
                }
            )
        ]
    )


def spells_of(spells: Sequence[Spell]) -> Spells:
    """Histories as the store gives them, in whatever order."""
    words = ("new", "old", "gone")
    rows = [one for one in spells if one[3] is not None]

    def micros(hour: int | None) -> int | None:
        return None if hour is None else int(at(hour).timestamp() * 1_000_000)

    return of_batches(
        [
            pa.RecordBatch.from_pydict(
                {
                    "member": pa.array([one[0] for one in rows], pa.int64()),
                    "since": pa.array([micros(one[1]) for one in rows], pa.int64()),
                    "until": pa.array([micros(one[2]) for one in rows], pa.int64()),
                    "code": pa.array([words.index(str(one[3])) + 1 for one in rows], pa.int64()),
                }
            )
        ],
        words,
        "segment.value",
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Spell]:
    """Spells of a few members, with gaps and without."""
    found: list[Spell] = []
    for member in range(5):
        cuts = sorted(draw(st.lists(st.integers(0, 30), max_size=4, unique=True)))
        for since, until in zip(cuts, [*cuts[1:], draw(st.sampled_from((None, 31)))], strict=True) if cuts else ():
            if draw(st.integers(0, 3)):
                found.append((member, since, until, draw(st.sampled_from(("new", "old", "gone", None)))))
    return draw(st.permutations(found))


deeds = st.lists(
    st.tuples(
        st.integers(0, 6), st.integers(0, 30), st.sampled_from("ab"), st.sampled_from(("x", "y", "z", "w", None))
    ),
    max_size=25,
)


def held(spells: Sequence[Spell], member: int, hour: int) -> str | None:
    """The value of a member at an hour."""
    found = [s[3] for s in spells if s[0] == member and s[1] <= hour and (s[2] is None or hour < s[2])]
    return found[0] if found else None


@pytest.mark.parametrize("bits", [0, 63])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds, histories(), st.sampled_from((None, 0, 12)), st.integers(1, 4), st.sampled_from(((), (0, 2, 3))))
def test_every_cell_and_margin_is_what_counting_by_hand_gives(
    bits: int,
    monkeypatch: pytest.MonkeyPatch,
    done: list[Deed],
    spells: list[Spell],
    moment: int | None,
    top: int,
    allowed: tuple[int, ...],
) -> None:
    monkeypatch.setattr(crossings, "MOST_BITS", bits)
    timeline = timeline_of([*done, (0, 99, "a", "x")])
    asked = Crossing(activity=Pick("a"), rows=("segment.value",), columns=("word",), top=top)
    span, who = Period(at(3), at(25)), among(timeline, allowed) if allowed else None
    more: dict[str, Any] = {} if who is None else {"scope": who}
    found = crossing(
        timeline,
        asked,
        span,
        {"segment.value": spells_of(spells)},
        **more,
        moment=None if moment is None else at(moment),
    )
    own = [d for d in done if d[2] == "a" and 3 <= d[1] < 25 and (not allowed or d[0] in allowed)]
    shown = {division.name: set(division.labels) for division in found.divisions}

    def group(name: str, label: str | None) -> str | None:
        return label if label in shown[name] else OTHER

    expected: dict[Any, list[int]] = {}
    for member, hour, _, word in own:
        key = (group("segment.value", held(spells, member, hour if moment is None else moment)), group("word", word))
        for margin in ((False, False), (True, False), (False, True), (True, True)):
            inner = tuple(label for label, summed in zip(key, margin, strict=True) if not summed)
            expected.setdefault((margin, inner), []).append(member)
    assert found.figures == {cell: (len(set(members)), len(members)) for cell, members in expected.items()}
    for (margin, labels), members in expected.items():
        names = (name for name, summed in zip(("segment.value", "word"), margin, strict=True) if not summed)
        behind = found.members(dict(zip(names, labels, strict=True)), span, **more)
        assert behind.tolist() == sorted(set(members))
    assert all(len(labels) <= max(top, 1) + 1 or len(labels) <= top + 1 for labels in shown.values())


def test_who_is_in_two_values_at_once_divides_nobody() -> None:
    with pytest.raises(QueryError, match="several values"):
        spells_of([(1, 0, 9, "new"), (1, 5, None, "old")])


def test_numbers_are_no_groups() -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "member": pa.array([0], pa.int32()),
            "activity": pa.array(["a"]),
            "time": pa.array([START], STAMP),
            "price": pa.array([1.5]),
        }
    )
    with pytest.raises(QueryError, match="numbers"):
        crossing(built([batch]), Crossing(rows=("price",)), Period(at(0), at(1)), {})
