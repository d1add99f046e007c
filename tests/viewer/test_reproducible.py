"""The same question over the same rows gives the same bytes: twice, in another order of rows, and with later rows."""

from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.programme import Programme
from punchcard.viewer import OPERATOR
from tests.oracle.seed import seed
from tests.oracle.store import forget_after
from tests.viewer.seeded import SEED, filled, programme
from tests.viewer.test_scope import questions, told


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The whole world."""
    return programme(tmp_path_factory.mktemp("order"), seed(SEED), filled(seed(SEED)))


@pytest.mark.slow
def test_the_order_in_which_rows_lie_does_not_show(whole: Programme, tmp_path_factory: pytest.TempPathFactory) -> None:
    con = filled(seed(SEED))
    for name in whole.project.catalog.tables:
        con.execute(f'create or replace table raw."{name}" as from raw."{name}" order by random()')
    shuffled = programme(tmp_path_factory.mktemp("shuffled"), seed(SEED), con)
    asked = list(questions(whole))
    changed = [one for one in asked if told(whole, one, OPERATOR) != told(shuffled, one, OPERATOR)]
    assert not changed, (len(changed), changed[:10])


def test_the_same_question_twice_gives_the_same_bytes(whole: Programme) -> None:
    again = Programme(whole.project, whole.engine, clock=whole.clock)
    for question in list(questions(whole))[::7]:
        assert told(whole, question, OPERATOR) == told(again, question, OPERATOR)


def over(period: str) -> Iterator[dict[str, Any]]:
    """Questions about a period that is over, in every analysis."""
    for name in ("net_revenue", "txns_count", "purchasing_members", "atv", "members_total", "repeat_purchase_rate"):
        frame = {"period": period, "filters": [{"segment": "regulars"}]}
        yield {"ask": {"kind": "number", "metrics": [name]}, "period": period, "compare": "previous_period"}
        yield {"ask": {"kind": "trend", "metrics": [name], "grain": "week"}, **frame}
        yield {
            "ask": {"kind": "trend", "metrics": [name], "grain": "day", "by": "store_id", "top": 2},
            "period": period,
        }
        yield {"ask": {"kind": "ranking", "metrics": [name], "by": "member.gender"}, "period": period}
        yield {"ask": {"kind": "ranking", "metrics": [name], "by": "tier.name"}, "period": period}
        yield {"ask": {"kind": "ranking", "metrics": [name], "by": "in.quiet"}, "period": period}
        yield {"ask": {"kind": "pivot", "metrics": [name], "rows": ["store_id"], "columns": ["member.gender"]}, **frame}
        yield {"ask": {"kind": "distribution", "metric": name}, **frame}


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The world as it was when the period ended."""
    world = seed(SEED)
    con = filled(world)
    forget_after(con, world.end, world.zone)
    return programme(tmp_path_factory.mktemp("then"), world, con)


def last_month(programme: Programme) -> str:
    """The seeded world's period, as a question names it."""
    world, calendar = seed(SEED), programme.project.catalog.calendar
    first, after = calendar.day(world.start), calendar.day(world.end)
    return f"{first}..{first.fromordinal(after.toordinal() - 1)}"


def test_a_report_of_a_period_does_not_change_when_later_rows_exist(whole: Programme, then: Programme) -> None:
    for question in over(last_month(whole)):
        assert whole.ask(question).result.rows == then.ask(question).result.rows, question
