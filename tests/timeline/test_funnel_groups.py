"""Groups of a funnel against one another: a published example, the correction for many, and what is refused."""

import msgspec
import pytest

from punchcard.errors import QueryError
from punchcard.timeline.funnel import FunnelAnswer, funnel
from punchcard.timeline.steps import Breakdown, Funnel, Step
from tests.timeline.events import period, timeline


def lines(groups: dict[str, tuple[int, int]]) -> list[str]:
    """Members of each group that came, and how many of them went on."""
    found: list[str] = []
    member = 0
    for name, (went, came) in groups.items():
        for n in range(came):
            member += 1
            found.append(f"U{member} came 0 group={name}")
            found += [f"U{member} went 5"] if n < went else []
    return found


def asked(groups: dict[str, tuple[int, int]], **settings: object) -> FunnelAnswer:
    question = Funnel(
        steps=(Step("came"), Step("went")),
        breakdown=Breakdown("group"),
        **settings,  # pyright: ignore
    )
    return funnel(timeline(lines(groups), ["group"]), question, period("0", "60"))


def test_newcombe_s_published_example_is_met():
    # Newcombe (1998), example (a): 56 of 70 against 48 of 80; 0.2 from 0.0524 to 0.3339.
    row = asked({"a": (48, 80), "b": (56, 70)}).result().rows[3]
    assert row[:4] == ("b", "'went'", 56, 0.8)
    assert [round(float(str(value)), 4) for value in row[-6:-3]] == [0.2, 0.0524, 0.3339]
    assert row[-1] is True


def test_many_groups_are_corrected_by_holm_and_said_in_words():
    answer = asked({"a": (40, 100), "b": (45, 99), "c": (55, 98), "d": (70, 97)})
    p = {row[0]: (float(str(row[-3])), float(str(row[-2]))) for row in answer.result().rows if row[-3] is not None}
    smallest, middle, largest = (p[name] for name in "dcb")
    assert smallest[1] == pytest.approx(3 * smallest[0])
    assert middle[1] == pytest.approx(2 * middle[0])
    assert largest[1] == pytest.approx(largest[0])
    (note,) = answer.result().notes
    assert note.text.startswith("Last step against a (100 began), corrected for 3 comparisons: d +32.2 points")
    assert note.text.endswith("not proven).")


def test_another_base_can_be_named_and_a_wrong_one_is_refused():
    groups = {"north": (10, 40), "south": (20, 30)}
    answer = asked(groups, against="south")
    assert [row[-6] for row in answer.result().rows if row[-6] is not None] == [pytest.approx(10 / 40 - 20 / 30)]
    with pytest.raises(QueryError, match=r"no group 'suoth' in the answer; did you mean 'south'\?"):
        asked(groups, against="suoth").result()
    with pytest.raises(msgspec.ValidationError, match="break the funnel down"):
        msgspec.convert({"kind": "funnel", "steps": [{}], "against": "south"}, Funnel)


def test_attempts_of_one_member_are_not_compared():
    result = asked({"a": (4, 8), "b": (5, 7)}, count="attempts").result()
    assert {row[-6] for row in result.rows} == {None}
    assert [note.kind for note in result.notes] == ["dependent"]


def test_a_group_of_few_is_not_compared():
    result = asked({"a": (480, 500), "b": (0, 1), "c": (40, 100)}).result()
    assert {row[0] for row in result.rows if row[-6] is not None} == {"c"}
    assert result.notes[0].text.endswith("; 1 group is too small to compare.")


def test_nobody_differs_from_anybody():
    result = asked({"a": (8, 8), "b": (7, 7)}).result()
    assert {row[-6] for row in result.rows} == {None}
    assert result.notes == ()
