"""No unsafe cell of a table can be worked out from what is shown of it."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.stats.disclosure import ALL, Key, Rule, Support, hidden, split

RULE = Rule(10, 0.8)
Members = dict[Key, dict[int, int]]  # of each cell: what each member adds


@st.composite
def tables(draw: st.DrawFn) -> dict[Key, Support]:
    """Tables of one to three dimensions with all margins, from amounts of members who may be in several cells."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    cells: Members = {}
    for key in product(*(range(size) for size in sizes)):
        first = draw(st.integers(0, 40))
        members = range(first, first + draw(st.sampled_from([0, 0, 1, 3, 9, 10, 15, 40])))
        giant = draw(st.sampled_from([1, 1, 1, 2000]))
        cells[key] = {member: giant if member == first else 10 for member in members}
    return with_margins(cells)


def with_margins(cells: Members) -> dict[Key, Support]:
    """Who stands behind every cell and every margin."""
    added: dict[Key, dict[int, int]] = {}
    for key, members in cells.items():
        for summed in product((False, True), repeat=len(key)):
            margin = tuple(ALL if gone else part for gone, part in zip(summed, key, strict=True))
            for member, amount in members.items():
                known = added.setdefault(margin, {})
                known[member] = known.get(member, 0) + amount
    return {key: Support(len(known), max(known.values()), sum(known.values())) for key, known in added.items()}


def equations(cells: dict[Key, Support]) -> list[tuple[Key, list[Key]]]:
    """Every margin with the finest cells that it sums, written apart from the code under test."""
    finest = [key for key in cells if ALL not in key]
    return [
        (margin, [key for key in finest if all(b in (ALL, a) for a, b in zip(key, margin, strict=True))])
        for margin in cells
    ]


def recovered(cells: dict[Key, Support], gone: frozenset[Key]) -> list[Key]:
    """Unsafe cells that follow from the shown ones: adding such a cell to what is known does not raise the rank."""
    finest = [key for key in cells if ALL not in key]
    shown = [
        [1.0 if key in below else 0.0 for key in finest] for margin, below in equations(cells) if margin not in gone
    ]
    known = np.linalg.matrix_rank(np.array(shown)) if shown else 0
    found: list[Key] = []
    for margin, below in equations(cells):
        if not RULE.safe(cells[margin]):
            row = [1.0 if key in below else 0.0 for key in finest]
            if shown and np.linalg.matrix_rank(np.array([*shown, row])) == known:
                found.append(margin)
    return found


@settings(max_examples=300, deadline=None)
@given(tables())
def test_no_unsafe_cell_follows_from_the_shown_ones(cells: dict[Key, Support]) -> None:
    gone = hidden(cells, RULE)
    assert all(RULE.safe(support) for key, support in cells.items() if key not in gone)
    assert recovered(cells, gone) == []


@settings(max_examples=200, deadline=None)
@given(tables())
def test_what_is_hidden_of_a_line_is_safe_together(cells: dict[Key, Support]) -> None:
    gone = hidden(cells, RULE)
    for margin in cells:
        for place, part in enumerate(margin):
            if part != ALL or margin in gone:
                continue
            line = [key for key in cells if key[place] != ALL and (*key[:place], ALL, *key[place + 1 :]) == margin]
            away = [cells[key] for key in line if key in gone]
            if away and len(away) < len(line):
                assert max(one.people for one in away) >= RULE.people
                assert sum(one.largest for one in away) <= RULE.share * sum(one.total for one in away) + 1e-6


@given(tables())
def test_hiding_depends_on_nothing_but_the_table(cells: dict[Key, Support]) -> None:
    assert hidden(cells, RULE) == hidden(dict(reversed(cells.items())), RULE)


@pytest.mark.parametrize(
    ("people", "gone"),
    [
        ({"a": 100, "b": 50, "c": 20}, ""),
        ({"a": 100, "b": 50, "c": 20, "d": 5}, "cd"),  # d alone would be the total less the others
        ({"a": 100, "b": 9, "c": 9}, "abc"),  # nine and nine may be the same nine
        ({"a": 100, "b": 50, "c": 12, "d": 9, "e": 9}, "cde"),
        ({"a": 100, "b": 0}, ""),  # nobody is nobody's secret
        ({"a": 5}, "a"),
    ],
)
def test_which_groups_of_a_ranking_are_hidden(people: dict[str, int], gone: str) -> None:
    cells: dict[Key, Support] = {(name,): Support(count) for name, count in people.items()}
    cells[ALL,] = Support(sum(people.values()))
    assert {key[0] for key in hidden(cells, RULE)} - {ALL} == set(gone)


def test_the_rest_of_a_ranking_is_hidden_if_it_takes_apart_what_is_hidden_together() -> None:
    gone: frozenset[Key] = frozenset({("c",), ("d",)})
    assert split(gone, (frozenset({"b", "d"}),))
    assert not split(gone, (frozenset({"b", "c", "d"}),))
    assert not split(gone, (frozenset({"a", "b"}),))
    assert not split(gone, (None,))


def test_a_margin_that_gives_a_cell_away_by_itself_is_hidden_too() -> None:
    # Column y stands in row 1 only, so its total is a cell; with the total of row 1 it tells of the other cell.
    cells = with_margins(
        {
            (1, "x"): dict.fromkeys(range(5), 1),
            (1, "y"): dict.fromkeys(range(10, 110), 1),
            (2, "x"): dict.fromkeys(range(200, 300), 1),
        }
    )
    gone = hidden(cells, RULE)
    assert recovered(cells, gone) == []
    assert {(1, ALL), (ALL, "y")} & gone
