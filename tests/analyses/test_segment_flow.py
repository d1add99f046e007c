"""Flows between segments: the worked example of a bridge that closes, moves against members, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from punchcard.errors import QueryError
from punchcard.result import Cell
from tests.agree.world import World, instant, opened

START, END = instant("2024-03-01"), instant("2024-04-01")
MEMBERS = "abcdefghij"
BEFORE = {"New": "abc", "Active": "defg", "Leaving": "h"}
AFTER = {"New": "ij", "Active": "abde", "Leaving": "fc"}


def bridge(*, exclusive: bool = True) -> World:
    """The members of the example; a went to Leaving and back on the way, and g left on the last day."""
    names = list(BEFORE)
    spells: list[dict[str, Any]] = []
    for number, member in enumerate(MEMBERS, 1):
        one = next((names.index(n) + 1 for n, who in BEFORE.items() if member in who), None)
        other = next((names.index(n) + 1 for n, who in AFTER.items() if member in who), None)
        stops = [(START - timedelta(days=9), one), (END - timedelta(days=1), other)]
        if member == "a":
            stops.insert(1, (START + timedelta(days=3), 3))
        if one == other:
            stops.pop()
        ends = [moment for moment, _ in stops[1:]] + [None]
        spells += [
            {"scheme_id": 1, "member_id": number, "segment_id": segment, "valid_from": since, "valid_to": until}
            for (since, segment), until in zip(stops, ends, strict=True)
            if segment is not None
        ]
    return World(
        {
            "member": [{"member_id": n, "created_at": START} for n in range(1, len(MEMBERS) + 1)],
            "segment_scheme": [{"scheme_id": 1, "name": "value", "is_exclusive": exclusive}],
            "segment": [{"segment_id": n, "scheme_id": 1, "name": name} for n, name in enumerate(names, 1)],
            "segment_membership": spells,
        }
    )


def asked(world: World, **ask: Any) -> dict[tuple[Cell, ...], Any]:
    """Figures by before, after and which of them is summed."""
    with opened(world, END) as programme:
        answer = programme.ask({"ask": {"kind": "flow", "scheme": "value", **ask}, "period": "2024-03"})
    return {(*row[:2], *row[-2:]): row[2:-2] for row in answer.result.rows}


def test_the_bridge_closes() -> None:
    found = asked(bridge(), relative="before")
    row = {after: found[("Active", after, False, False)] for after in ("Active", "Leaving", None)}
    assert found["Active", None, False, True] == (4, 1.0)
    assert found[None, "Active", True, False][0] == 4
    assert row == {"Active": (2, 0.5), "Leaving": (1, 0.25), None: (1, 0.25)}
    assert found["New", "Active", False, False] == (2, 2 / 3)
    came = sum(count for (one, other, *sums), (count, _) in found.items() if not any(sums) and other == "Active" != one)
    assert came == 2


def test_moves_count_what_members_did_on_the_way() -> None:
    found = asked(bridge(), count="moves")
    assert found["New", "Leaving", False, False] == (2,)
    assert found["Leaving", "Active", False, False] == (1,)
    assert found["New", "Active", False, False] == (1,)


def test_only_one_segment_at_a_time_can_be_moved_from() -> None:
    with pytest.raises(QueryError, match="several segments at once"):
        asked(bridge(exclusive=False))


def test_an_unknown_scheme_is_named_with_a_suggestion() -> None:
    with opened(bridge(), END) as programme, pytest.raises(QueryError, match="did you mean"):
        programme.ask({"ask": {"kind": "flow", "scheme": "valeu"}, "period": "2024-03"})
