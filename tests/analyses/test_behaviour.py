"""Questions about behaviour through the one path: figures, labels, flags, who is behind a count, who may see what."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from punchcard.analyses.behaviour import as_written
from punchcard.answer import Answer
from punchcard.errors import Forbidden, QueryError
from punchcard.members import behind, history
from punchcard.programme import Programme
from punchcard.project import Privacy
from punchcard.query import decode
from punchcard.result import Cell
from punchcard.viewer import OPERATOR, Viewer
from tests.traps.small import Small, at

OFTEN = {1: ("11-01", "11-03", "11-10"), 2: ("11-02", "11-20"), 3: ("11-05",)}
NORTH = Viewer("north", frozenset({"1"}))


def sale(member: int, day: str, brand: int = 1) -> dict[str, Any]:
    return {
        "member_id": member,
        "brand_id": brand,
        "store_id": 1 if member < 3 else 2,
        "kind": "sale",
        "status": "ok",
        "occurred_at": at(day),
        "currency": "EUR",
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """Three members that buy, of whom two open messages before; the third buys of another brand."""
    sales = [sale(member, day, 2 if member == 3 else 1) for member, days in OFTEN.items() for day in days]
    rows = {
        "brand": [{"name": "North"}, {"name": "South"}],
        "member": [{"created_at": at("01-01")} for _ in OFTEN],
        "store": [{"channel": "pos"}, {"channel": "web"}],
        "txn": sales,
        "txn_line": [{"txn_id": n, "qty": 1, "net": 10, "gross": 10} for n in range(1, len(sales) + 1)],
        "event": [
            {"member_id": member, "brand_id": 1, "name": "app opened", "occurred_at": at(day) - timedelta(hours=2)}
            for member, day in ((1, "11-01"), (2, "11-02"), (2, "11-19"))
        ],
    }
    yield Small(tmp_path_factory.mktemp("small"), rows)


def ask(small: Small, analysis: Mapping[str, Any], viewer: Viewer = OPERATOR, period: str = "2025-11") -> Answer:
    return small.programme.ask({"ask": dict(analysis), "period": period}, viewer)


OPEN_THEN_BUY = {"kind": "funnel", "steps": [{"activity": "app opened"}, {"activity": "purchase"}]}
BUY = {"activity": "purchase"}


def test_steps_are_called_by_title_and_times_are_durations(small: Small) -> None:
    answer = ask(small, OPEN_THEN_BUY)
    assert [row[:2] for row in answer.result.rows] == [("app opened", 2), ("Purchase", 2)]
    assert answer.result.columns[answer.result.index("median_seconds")].unit == "seconds"
    assert "then Purchase" in answer.method.replace("'", "")
    assert answer.chart.kind == "funnel"
    twice = ask(small, {"kind": "funnel", "steps": [BUY, BUY], "window": {"n": 30}})
    assert [row[:2] for row in twice.result.rows] == [("Purchase", 3), ("Purchase (2)", 2)]


ONE = {"activity": BUY}

KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "funnel_trend": ({"funnel": {"steps": OPEN_THEN_BUY["steps"]}, "grain": "week"}, "line"),
    "funnel_time": ({"funnel": {"steps": OPEN_THEN_BUY["steps"]}}, "distribution"),
    "retention": ({"start": BUY, "returning": BUY, "grain": "week", "intervals": 3}, "heat"),
    "lifecycle": ({"activity": BUY, "grain": "week"}, "column"),
    "stickiness": ({"activity": BUY, "grain": "week"}, "column"),
    "paths": ({"session_gap_minutes": 600}, "flow"),
    "segmentation": ({"activity": BUY, "grain": "week"}, "line"),
    "frequency": ({"activity": BUY}, "column"),
    "interval": ({"activity": BUY}, "column"),
    "sessions": ({"grain": "week"}, "column"),
    "lifetime_value": ({"joining": BUY, "earning": BUY, "value": "value", "intervals": 2}, "line"),
    "attribution": (
        {"touch": {"activity": "app opened"}, "channel": "brand", "conversion": BUY, "models": ["first", "last"]},
        "column",
    ),
    "activity_formula": (
        {"formula": "A / B", "figures": [BUY, {"activity": "app opened"}], "grain": "week", "unit": "ratio"},
        "line",
    ),
    "property_distribution": ({**ONE, "of": "value"}, "distribution"),
    "composition": ({**ONE, "by": "channel", "grain": "week"}, "column"),
    "impact": (
        {"first": {"activity": "app opened"}, "then": BUY, "grain": "day", "before": 2, "after": 9},
        "line",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_with_its_chart_and_words(small: Small, kind: str) -> None:
    given, chart = KINDS[kind]
    answer = ask(small, {"kind": kind, **given})
    assert answer.result.rows
    assert answer.chart.kind == chart
    assert not answer.chart.empty
    assert len(answer.method) > 20
    names = {column.name for column in answer.result.of_role("flag")}
    assert names <= {"incomplete", "unripe", "total", "other"}


COUNTS = {
    "funnel": "count",
    "retention": "retained",
    "stickiness": "members",
    "segmentation": "figure",
    "frequency": "members",
    "sessions": "members",
    "funnel_time": "members",
    "impact": "did",
    "composition": "figure",
    "property_distribution": "members",
}


@pytest.mark.parametrize("kind", COUNTS)
def test_the_list_is_as_long_as_the_count_says(small: Small, kind: str) -> None:
    asked = OPEN_THEN_BUY if kind == "funnel" else {"kind": kind, **KINDS[kind][0]}
    answer = ask(small, asked)
    result = answer.result
    labels = result.of_role("label", "time")
    totals: tuple[Cell, ...] = result.column("total") if any(c.name == "total" for c in result.columns) else ()
    for place, row in enumerate(result.rows):
        if totals and totals[place]:
            continue
        where = {one.name: as_written(row[result.index(one.name)]) for one in labels}
        listed = behind(small.programme, answer.query, OPERATOR, where)
        assert len(listed.refs) == row[result.index(COUNTS[kind])], (where, listed.refs)


def test_activity_and_formulas_are_laid_over_another_period(small: Small) -> None:
    for given in ({"kind": "segmentation", **ONE}, {"kind": "activity_formula", "formula": "A", "figures": [BUY]}):
        query = {"ask": {**given, "grain": "month"}, "period": "2025-11", "compare": "previous_period"}
        answer = small.programme.ask(query)
        result = answer.result
        assert [(row[result.index("figure")], row[result.index("figure_before")]) for row in result.rows] == [
            (3, 0)
        ] * 2
        assert [series.comparison for series in answer.chart.plot.series] == [False, True]  # type: ignore[union-attr]


def test_other_kinds_say_that_they_do_not_compare(small: Small) -> None:
    for kind in KINDS.keys() - {"segmentation", "activity_formula"}:
        query = {"ask": {"kind": kind, **KINDS[kind][0]}, "period": "2025-11", "compare": "previous_period"}
        assert "not_compared" in [note.kind for note in small.programme.ask(query).result.notes], kind


def test_a_formula_and_all_the_rest_have_no_list(small: Small) -> None:
    answer = ask(small, {"kind": "activity_formula", **KINDS["activity_formula"][0]})
    with pytest.raises(QueryError, match="a formula of several figures has no members of its own"):
        behind(small.programme, answer.query, OPERATOR, {"bucket": "2025-11-01"})
    with pytest.raises(QueryError, match=r"no property 'chanel'; did you mean 'channel'\?"):
        ask(small, {"kind": "composition", **ONE, "by": "chanel"})
    with pytest.raises(QueryError, match=r"has no figure 'buys'"):
        ask(small, {"kind": "activity_formula", "formula": "buys / A", "figures": [BUY]})


def test_a_brand_is_told_no_figure_of_a_single_member_in_words_either(small: Small) -> None:
    by_channel = {"kind": "funnel", "steps": [BUY, BUY], "window": {"n": 30}, "breakdown": {"property": "channel"}}
    asked = [{"kind": kind, **given} for kind, (given, _) in KINDS.items()]
    asked += [by_channel, {"kind": "drivers", "within_days": 3, "from_day": 3, "to_day": 10}]
    for one in asked:
        assert not [note for note in ask(small, one, NORTH).result.notes if note.figures], one
    everything = [note.kind for one in asked for note in ask(small, one).result.notes if note.figures]
    assert {"summary", "quartiles", "members", "tested"} <= set(everything)
    compared = ask(small, {**by_channel, "against": "pos"}, NORTH).result
    assert {row[compared.index("difference")] for row in compared.rows} == {None}


def test_impact_draws_every_bucket(small: Small) -> None:
    answer = ask(small, {"kind": "impact", **KINDS["impact"][0]})
    drawn = answer.chart.plot  # type: ignore[union-attr]
    assert drawn.places == (-2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    assert drawn.series[0].values == answer.result.column("figure")


def test_few_members_have_no_drivers_and_the_answer_says_so(small: Small) -> None:
    answer = ask(small, {"kind": "drivers", "within_days": 3, "from_day": 3, "to_day": 10})
    assert answer.chart.kind == "interval"
    assert [note.kind for note in answer.result.notes] == ["association", "members", "tested", "none_proven"]
    with pytest.raises(QueryError, match="no behaviour 'Purchase' in the answer"):
        behind(small.programme, answer.query, OPERATOR, {"behaviour": "Purchase"})
    with pytest.raises(QueryError, match="overlaps the first 7 days"):
        ask(small, {"kind": "drivers", "from_day": 3})


def test_members_of_a_lifecycle_state_and_of_a_move(small: Small) -> None:
    lifecycle = ask(small, {"kind": "lifecycle", **KINDS["lifecycle"][0]})
    first = str(lifecycle.result.rows[0][0])
    new = behind(small.programme, lifecycle.query, OPERATOR, {"bucket": first, "state": "new"})
    assert new.refs == ("1", "2")
    moves = ask(small, {"kind": "paths", **KINDS["paths"][0]})
    assert moves.result.rows[0][:3] == (1, "app opened", "Purchase")
    where = {"position": "1", "source": "app opened", "target": "Purchase"}
    assert behind(small.programme, moves.query, OPERATOR, where).refs == ("1", "2")


def test_members_behind_a_bar_of_a_fact_are_those_of_the_metric(small: Small) -> None:
    ranking = decode(
        {"ask": {"kind": "ranking", "metrics": ["purchasing_members"], "by": "channel"}, "period": "2025-11"}
    )
    rows = {row[0]: row[1] for row in small.programme.ask(ranking).result.rows}
    assert rows["pos"] == 2
    assert behind(small.programme, ranking, OPERATOR, {"channel": "pos"}).refs == ("1", "2")


def test_a_brand_sees_what_its_own_rows_say(small: Small) -> None:
    buying = {"kind": "frequency", "activity": BUY}
    assert sum(int(str(row[1])) for row in ask(small, buying).result.rows) == 3
    few = ask(small, buying, NORTH)
    assert {row[1] for row in few.result.rows} <= {None, 0}, "two members are too few to show"
    project = small.programme.project
    trusting = structs.replace(project.settings, privacy=Privacy(smallest_cell=1))
    programme = Programme(replace(project, settings=trusting), small.programme.engine, small.programme.clock)
    own = programme.ask(few.query, NORTH)
    assert sum(int(str(row[1])) for row in own.result.rows) == 2
    with pytest.raises(Forbidden, match="no list"):
        behind(small.programme, own.query, NORTH, {"times": "1"})


def test_what_is_unknown_or_impossible_says_what_was_meant(small: Small) -> None:
    with pytest.raises(QueryError, match=r"no activity 'purchas'; did you mean 'purchase'\?"):
        ask(small, {"kind": "frequency", "activity": {"activity": "purchas"}})
    where = [{"property": "chanel", "operator": "is", "values": ["pos"]}]
    with pytest.raises(QueryError, match=r"no property 'chanel'; did you mean 'channel'\?"):
        ask(small, {"kind": "frequency", "activity": {"activity": "purchase", "where": where}})
    with pytest.raises(QueryError, match="a window of 400 days is longer than 366 days"):
        ask(small, OPEN_THEN_BUY | {"window": {"n": 400}})
    with pytest.raises(QueryError, match="no step 'Purchas' in the answer; did you mean 'Purchase'"):
        behind(small.programme, ask(small, OPEN_THEN_BUY).query, OPERATOR, {"step": "Purchas"})


def test_a_member_s_own_timeline(small: Small) -> None:
    found = history(small.programme, "2", OPERATOR)
    assert [(one.activity, one.time.date().isoformat()) for one in found.occurrences] == [
        ("purchase", "2025-11-20"),
        ("app opened", "2025-11-19"),
        ("purchase", "2025-11-02"),
        ("app opened", "2025-11-02"),
    ]
    assert found.occurrences[0].properties["channel"] == "pos"
    with pytest.raises(QueryError, match="no member '300'"):
        history(small.programme, "300", OPERATOR)
    with pytest.raises(Forbidden, match="no history"):
        history(small.programme, "2", NORTH)


@pytest.mark.parametrize("kind", ["segmentation", "activity_formula"])
def test_a_property_that_an_activity_is_not_declared_to_have_is_refused(small: Small, kind: str) -> None:
    """A sum over purchases of what only others carry would be 0, which nobody could tell from a figure."""
    counted = {"measure": "sum", "of": "valeu"}
    if kind == "segmentation":
        asked: dict[str, Any] = {"kind": kind, "activity": BUY, **counted}
    else:
        asked = {"kind": kind, "formula": "A", "figures": [{**BUY, **counted}]}
    with pytest.raises(QueryError, match="'Purchase' has no property 'valeu'; did you mean 'value'"):
        ask(small, asked)
    assert ask(small, {**asked, **({"of": "value"} if kind == "segmentation" else {"figures": [{**BUY}]})}).result.rows
