"""Segments by behaviour: each kind of condition under each reading is the oracle's, and its list is as long as counted.

A filter on purchases, a breakdown by the segment, and everybody known who is in it are asked for.
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.members import behind
from punchcard.query import decode
from punchcard.viewer import OPERATOR
from tests.agree.asking import READINGS, Case, agree, cases, quickly, within
from tests.agree.deeds import RULES
from tests.agree.worlds import MICRO


@pytest.mark.parametrize("segment", RULES)
@quickly
@given(cases(), st.booleans())
def test_who_did_so_is_the_oracles_at_each_moment(segment: str, case: Case, negated: bool) -> None:
    for reading in READINGS:
        sieve = within(segment, reading, negated)

        def holds(row: Any, span: Any, event: Any, chosen: Any = sieve) -> bool:
            return chosen.holds(case.oracle, row, span, event)

        answer = case.ask({"kind": "number", "metrics": ["trips", "buyers"]}, filters=[sieve.asked])
        expected = {name: case.oracle.figure(name, case.span, holds) for name in ("trips", "buyers")}
        agree(dict(zip(("trips", "buyers"), answer.result.rows[0], strict=True)), expected)


@pytest.mark.parametrize("segment", RULES)
@quickly
@given(cases())
def test_everybody_in_a_segment_is_counted_and_listed(segment: str, case: Case) -> None:
    end = case.span.end
    for reading, moment in {"at_event": end - MICRO, "at_start": case.span.start, "now": case.now}.items():
        query = decode(
            {"ask": {"kind": "number", "metrics": ["members_known"]}, "period": case.period}
            | {"filters": [{"segment": segment, "reading": reading}]}
        )
        inside = sorted(
            f"m{member}"
            for member, since in case.oracle.known().items()
            if since < end and case.oracle.inside(segment, member, moment)
        )
        assert case.programme.ask(query).result.rows[0][0] == len(inside), reading
        assert sorted(behind(case.programme, query, OPERATOR, {}).refs) == inside, reading


@quickly
@given(cases(), st.lists(st.sampled_from([*RULES]), min_size=2, max_size=4, unique=True))
def test_segments_over_one_another_are_the_oracles_parts(case: Case, segments: list[str]) -> None:
    result = case.ask({"kind": "overlap", "segments": segments}).result
    end = case.span.end
    expected = Counter(
        tuple(case.oracle.inside(name, member, end - MICRO) for name in segments)
        for member, since in case.oracle.known().items()
        if since < end
    )
    assert {row[: len(segments)]: row[-2] for row in result.rows if not row[-1]} == expected
    sizes = [row for row in result.rows if row[-1]]
    assert [row[-2] for row in sizes[:-1]] == [
        sum(count for marks, count in expected.items() if marks[place]) for place in range(len(segments))
    ]
    assert sizes[-1][-2] == expected.total()
