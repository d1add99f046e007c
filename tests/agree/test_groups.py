"""Ranking, table, pivot, distribution and scatter: groups, the others, totals, margins, shares and bins."""

from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.agree.asking import Case, Condition, agree, by_value, cases, every, quickly, reference, same, sieves
from tests.agree.oracle import Read, divided

BY = ("channel", "category_l1", "store_id", "brand_id", "time.hour", "product.is_private_label", "day")
METRICS = ("revenue", "trips", "basket", "buyers_of_lines")


@quickly
@given(cases(), st.sampled_from(BY), st.integers(1, 3), st.lists(sieves(), max_size=1))
def test_a_ranking_is_the_largest_groups_the_others_and_the_whole(
    case: Case, by: str, top: int, chosen: list[Any]
) -> None:
    answer = case.ask(
        {"kind": "ranking", "metrics": METRICS, "by": by, "top": top, "share": True},
        filters=[sieve.asked for sieve in chosen],
    )
    holds = every(case.oracle, chosen)
    groups = by_value(case, by, METRICS, top, holds)
    rows = {row[0]: row[1:5] for row in answer.result.rows[:-1]}
    assert list(rows) == list(groups)
    agree(rows, {g: tuple(case.oracle.figure(m, case.span, inside) for m in METRICS) for g, inside in groups.items()})
    whole = [case.oracle.figure(metric, case.span, holds) for metric in METRICS]
    assert all(same(one, other) for one, other in zip(answer.result.rows[-1][1:5], whole, strict=True))
    for row in answer.result.rows:
        assert same(row[answer.result.index("share")], divided(row[1], whole[0]))


@quickly
@given(cases(), st.sampled_from(("members", "buyers")), st.sampled_from(("attribute.age", "segment.value", "in.mixed")))
def test_members_fall_into_the_groups_they_were_in(case: Case, metric: str, by: str) -> None:
    for reading in ("at_event", "at_start", "now"):
        answer = case.ask(
            {"kind": "ranking", "metrics": [metric], "total": False} | {"by": {"dimension": by, "reading": reading}}
        )
        for group, value in zip(answer.result.column(by), answer.result.column(metric), strict=True):
            inside = _inside(case, Read(by, reading), {group})
            assert same(value, case.oracle.figure(metric, case.span, inside)), (reading, group)


def _inside(case: Case, read: Read, groups: set[Any]) -> Condition:
    def holds(row: Any, span: Any, event: Any) -> bool:
        return bool(case.oracle.dimension(row, read, span, event) & groups)

    return holds


@quickly
@given(cases(), st.sampled_from(("channel", "category_l1")), st.sampled_from(("store_id", "time.weekday")))
def test_a_table_has_each_combination_once(case: Case, one: str, other: str) -> None:
    answer = case.ask({"kind": "table", "metrics": METRICS, "by": [one, other]})
    rows = [row for row in case.oracle.lines if case.span.start <= row["ts"] < case.span.end]
    combinations = {
        (reference(one, a), reference(other, b))
        for row in rows
        for a, b in product(
            case.oracle.dimension(row, Read(one), case.span), case.oracle.dimension(row, Read(other), case.span)
        )
    }
    found = {row[:2]: row[2:6] for row in answer.result.rows[:-1]}
    assert len(found) == len(answer.result.rows) - 1
    expected = {
        (a, b): tuple(case.oracle.figure(m, case.span, _both(case, (one, a), (other, b))) for m in METRICS)
        for a, b in combinations
    }
    agree(found, expected)


def _both(case: Case, *pairs: tuple[str, Any]) -> Condition:
    def holds(row: Any, span: Any, event: Any) -> bool:
        return all(
            value in {reference(name, v) for v in case.oracle.dimension(row, Read(name), span, event)}
            for name, value in pairs
        )

    return every(case.oracle, [], holds)


@quickly
@given(cases(), st.integers(1, 2), st.sampled_from(("row", "column", "total")))
def test_every_margin_of_a_pivot_is_asked_anew(case: Case, top: int, relative: str) -> None:
    names = ("store_id", "channel", "time.weekday")
    answer = case.ask(
        {"kind": "pivot", "metrics": ["revenue", "buyers_of_lines"], "rows": names[:2], "columns": names[2:]}
        | {"top": top, "relative": relative}
    )
    groups = [by_value(case, name, ("revenue",), top) for name in names]
    cells = {(row[:3], row[-3:]): row for row in answer.result.rows}
    assert len(cells) == len(answer.result.rows)
    for (key, summed), row in cells.items():
        inside = [g[k] for g, k, out in zip(groups, key, summed, strict=True) if not out]
        holds = every(case.oracle, [], _all_of(inside))
        figures = [case.oracle.figure(name, case.span, holds) for name in ("revenue", "buyers_of_lines")]
        assert all(same(one, two) for one, two in zip(row[3:5], figures, strict=True)), (key, summed)
        whole = _margin(summed, relative)
        base = next(r for (k, s), r in cells.items() if s == whole and _under(k, key, whole))
        for value, of, part in zip(row[3:5], base[3:5], row[5:7], strict=True):
            assert same(part, divided(value, of))


def _all_of(conditions: list[Condition]) -> Condition:
    return lambda row, span, event: all(holds(row, span, event) for holds in conditions)


def _margin(summed: tuple[Any, ...], relative: str) -> tuple[Any, ...]:
    return {"row": (*summed[:2], True), "column": (True, True, summed[2]), "total": (True, True, True)}[relative]


def _under(key: tuple[Any, ...], of: tuple[Any, ...], summed: tuple[Any, ...]) -> bool:
    return all(out or one == other for one, other, out in zip(key, of, summed, strict=True))


@quickly
@given(cases(), st.sampled_from(("member_id", "store_id")), st.integers(2, 12))
def test_a_distribution_counts_every_unit_in_its_bin(case: Case, per: str, bins: int) -> None:
    answer = case.ask({"kind": "distribution", "metric": "revenue", "per": per, "bins": bins})
    values = [
        Fraction(value)
        for group, holds in by_value(case, per, ("revenue",), 99).items()
        if group is not None and (value := case.oracle.figure("revenue", case.span, holds)) is not None
    ]
    starts, counts = answer.result.column("from"), answer.result.column("count")
    assert sum(counts) == len(values)  # type: ignore[arg-type]
    edges = [Fraction(str(start)) for start in starts]
    for place, count in enumerate(counts):
        last = place == len(edges) - 1
        inside = [v for v in values if edges[place] <= v and (last or v < edges[place + 1])]
        assert len(inside) == count, (answer.result.rows, sorted(map(float, values)))


@quickly
@given(cases())
def test_a_scatter_has_a_point_for_each_group(case: Case) -> None:
    answer = case.ask({"kind": "scatter", "x": "revenue", "y": "trips", "by": "store_id"})
    groups = by_value(case, "store_id", ("revenue",), 99)
    expected = {
        group: tuple(case.oracle.figure(name, case.span, holds) for name in ("revenue", "trips"))
        for group, holds in groups.items()
    }
    agree({row[0]: row[1:3] for row in answer.result.rows}, expected)
