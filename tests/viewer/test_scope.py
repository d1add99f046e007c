"""Delete what belongs to other brands: whatever a brand's viewer asks, the answer stays byte for byte the same."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.catalog.metric import Aggregate, State
from punchcard.errors import EngineError, QueryError
from punchcard.plan.scope import Scope
from punchcard.programme import Programme
from punchcard.sql import Name, sql
from punchcard.viewer import OPERATOR, Viewer
from tests.oracle.seed import seed
from tests.viewer.seeded import BRAND, SEED, filled, forget_other_brands, programme

Both = tuple[Programme, Programme]
VIEWER = Viewer("brand one", frozenset({BRAND}))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The whole world, and the world without other brands."""
    folder = tmp_path_factory.mktemp("viewer")
    world = seed(SEED)
    whole, alone = filled(world), filled(world)
    made = programme(folder, world, whole)
    assert forget_other_brands(alone, dict(made.project.catalog.tables), BRAND) > 500
    return made, programme(folder, world, alone)


def told(programme: Programme, question: dict[str, Any], viewer: Viewer = VIEWER) -> str:
    """Everything an answer says but how long it took; a refusal is an answer too."""
    try:
        answer = programme.ask(question, viewer)
    except QueryError as error:
        return str(error)
    said = json.loads(answer.to_json())
    del said["seconds"]
    trend = None if answer.trend is None else [list(row) for row in answer.trend.rows]
    return json.dumps([said, str(trend), str(answer.chart), str(answer.days)], sort_keys=True)


def questions(programme: Programme) -> Iterator[dict[str, Any]]:
    """Every metric as a number, and a few of each kind in every analysis, under filters of every sort."""
    catalog = programme.project.catalog
    for name in catalog.metrics:
        yield {"ask": {"kind": "number", "metrics": [name]}, "period": "last_90_days", "compare": "previous_period"}
        yield {"ask": {"kind": "number", "metrics": [name]}}
    filters: list[list[dict[str, Any]]] = [
        [{"dimension": "store.region", "in": [None, "North"], "not": True}],
        [{"dimension": "category_l1", "in": ["dairy", None]}],
        [{"dimension": "attribute.city", "in": [None]}],
        [{"segment": "regulars", "reading": "at_event"}],
        [{"segment": "quiet", "reading": "now", "not": True}],
        [{"dimension": "brand_id", "in": ["2"]}],
        [{"dimension": "member_id", "in": ["3", "4", "5"]}],
    ]
    by = ["store_id", "store.name", "brand_id", "brand.name", "product_id", "product.label", "member_id", "member.city"]
    by += ["tier.name", "segment.activity", "attribute.specialty", "in.regulars", "time.weekday", "channel"]
    for name in ("net_revenue", "txns_count", "purchasing_members", "atv", "members_total", "repeat_purchase_rate"):
        assert name in catalog.metrics, name
        for one in by:
            yield {"ask": {"kind": "ranking", "metrics": [name], "by": one, "top": 3}, "period": "all"}
        for chosen in filters:
            yield {"ask": {"kind": "trend", "metrics": [name], "grain": "month"}, "filters": chosen}
            yield {"ask": {"kind": "table", "metrics": [name], "by": ["store_id"]}, "filters": chosen}
        yield {
            "ask": {"kind": "pivot", "metrics": [name], "rows": ["store_id"], "columns": ["member.gender"], "top": 3}
        }
        yield {"ask": {"kind": "distribution", "metric": name, "per": "member_id"}}
        yield {"ask": {"kind": "scatter", "x": name, "y": "txns_count", "by": "store_id"}}
        yield {"ask": {"kind": "number", "metrics": [name]}, "known_at": "2025-03-01T00:00"}
        yield {"ask": {"kind": "trend", "metrics": [name], "by": "store_id", "top": 2}, "reading": "at_start"}


@pytest.mark.slow
def test_no_answer_changes_when_all_other_brands_are_deleted(both: Both) -> None:
    whole, alone = both
    changed = [question for question in questions(whole) if told(whole, question) != told(alone, question)]
    assert not changed, (len(changed), changed[:10])


@pytest.mark.slow
def test_the_questions_are_about_something(both: Both) -> None:
    whole, _ = both
    operators = [told(whole, question, OPERATOR) for question in questions(whole)]
    viewers = [told(whole, question) for question in questions(whole)]
    different = sum(one != other for one, other in zip(operators, viewers, strict=True))
    assert different > len(viewers) / 2
    assert sum("no_data" in said for said in viewers) < len(viewers) / 3


def test_the_span_and_the_present_are_the_viewers_own(both: Both) -> None:
    whole, alone = both
    assert whole.span(VIEWER) == alone.span(VIEWER)
    assert whole.today(VIEWER) == alone.today(VIEWER)


@pytest.mark.parametrize("brands", [frozenset[str](), frozenset({"nobody"}), frozenset({"' or 1=1 --"})])
def test_a_viewer_of_no_known_brand_sees_nothing(both: Both, brands: frozenset[str]) -> None:
    whole, _ = both
    viewer = Viewer("stranger", brands)
    catalog = whole.project.catalog
    for name, metric in catalog.metrics.items():
        if isinstance(metric, Aggregate | State) and not metric.parameters:
            (row,) = whole.ask({"ask": {"kind": "number", "metrics": [name]}, "period": "2025"}, viewer).result.rows
            assert row[0] in (None, 0), (name, row)
    answer = whole.ask({"ask": {"kind": "table", "metrics": ["net_revenue"], "by": ["store_id", "member_id"]}}, viewer)
    assert answer.result.rows == ((None, None, None, True),)


def test_viewers_share_no_answers(both: Both) -> None:
    whole, _ = both
    question = {"ask": {"kind": "number", "metrics": ["net_revenue"]}}
    one, two = (whole.ask(question, Viewer("", frozenset({brand}))).result.rows for brand in ("1", "2"))
    both_brands = whole.ask(question, Viewer("", frozenset({"1", "2"}))).result.rows
    assert both_brands[0][0] == one[0][0] + two[0][0]  # type: ignore[operator]
    # A brand whose reference looks like a list of two is neither of them.
    assert Viewer("", frozenset({"1,2"})).rows_key != Viewer("", frozenset({"1", "2"})).rows_key
    assert whole.ask(question, Viewer("", frozenset({"1,2"}))).result.rows == ((None,),)


def test_sql_that_forgets_the_scope_fails(both: Both) -> None:
    whole, _ = both
    catalog = whole.project.catalog
    for name in [*catalog.tables, *catalog.facts]:
        scope = Scope(catalog, VIEWER, whole.clock())
        with pytest.raises(EngineError):
            # The name is quoted as a relation would be, but nobody asked the scope for it.
            whole.engine.run(scope.statement(sql("select count(*) from {name}", name=Name(name))))
