"""Segments by behaviour: each kind of condition under each reading is the oracle's, and its list is as long as counted.

A filter on purchases, a breakdown by the segment, and everybody known who is in it are asked for.
"""

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
    query = decode(
        {"ask": {"kind": "number", "metrics": ["members_known"]}, "period": case.period}
        | {"filters": [{"segment": segment}]}
    )
    end = case.span.end
    inside = sorted(
        f"m{member}"
        for member, since in case.oracle.known().items()
        if since < end and case.oracle.inside(segment, member, end - MICRO)
    )
    assert case.programme.ask(query).result.rows[0][0] == len(inside)
    assert sorted(behind(case.programme, query, OPERATOR, {}).refs) == inside
