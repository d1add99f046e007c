"""The SQL of each kind of question over the built-in library, to see in review what a change did to it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from punchcard.engines.base import Rows
from punchcard.programme import Programme
from punchcard.project import read
from punchcard.query import decode
from punchcard.sql import Sql
from tests.conftest import ROOT


class Recorder:
    """An engine that writes statements down and answers each with one row of nothing."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.statements: list[Sql] = []

    def run(self, statement: Sql) -> Rows:
        if "select min(a), max(z)" in statement.text:  # what the data spans: nothing
            return Rows(("a", "z"), ((None, None),))
        if "count(*) - count(" in statement.text:  # rows without a date: none
            return Rows(("undated",), ((0,),))
        self.statements.append(statement)
        return Rows(tuple(f"c{place}" for place in range(self.width)), ((None,) * self.width,))

    def batches(self, statement: Sql) -> Iterator[Any]:
        raise NotImplementedError

    def version(self) -> str:
        return "1"


QUESTIONS: dict[str, dict[str, Any]] = {
    "one additive aggregate": {"ask": {"kind": "number", "metrics": ["net_revenue"]}},
    "a distinct count with a filter on the member": {
        "ask": {"kind": "number", "metrics": ["purchasing_members"]},
        "filters": [{"dimension": "attribute.specialty", "in": ["cardiology", None]}],
    },
    "two facts in one table": {"ask": {"kind": "number", "metrics": ["net_revenue", "txns_count"]}},
    "a ratio of two facts": {"ask": {"kind": "number", "metrics": ["active_rate_90d"]}},
    "a state at the end of the period": {"ask": {"kind": "number", "metrics": ["members_total"]}},
    "a conversion by when its window closes": {"ask": {"kind": "number", "metrics": ["activation_rate_30d"]}},
    "a reduction in two levels": {"ask": {"kind": "number", "metrics": ["repeat_purchase_rate"]}},
    "a formula over two moments": {"ask": {"kind": "number", "metrics": ["members_net_growth"]}},
    "a negated filter on a reference": {
        "ask": {"kind": "number", "metrics": ["net_revenue"]},
        "filters": [{"dimension": "store_id", "in": ["12", "13"], "not": True}],
    },
    "as known at a moment": {"ask": {"kind": "number", "metrics": ["txns_count"]}, "known_at": "2025-06-01T12:00Z"},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_statement_of_a_question_is_as_reviewed(name: str, snapshot: SnapshotAssertion) -> None:
    project, mistakes = read(ROOT / "projects" / "complete_journey")
    assert project is not None
    assert not mistakes
    recorder = Recorder(len(QUESTIONS[name]["ask"]["metrics"]))
    programme = Programme(project, recorder, clock=lambda: datetime(2025, 7, 1, tzinfo=UTC))
    programme.ask(decode({"period": "2025-03", **QUESTIONS[name]}))
    assert "\n\n".join(statement.readable() for statement in recorder.statements) == snapshot
