"""The comparison period: a table shows it, what cannot show it says so."""

from pathlib import Path
from typing import Any

import pytest

from tests.traps.small import Small, at


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Three stores: one sells in both months, one in October only, one in November only."""
    sales = ((1, "10-05", 10), (1, "11-05", 15), (2, "10-06", 7), (3, "11-06", 4))
    return Small(
        tmp_path,
        {
            "brand": [{"name": "X"}],
            "member": [{}],
            "store": [{}, {}, {}],
            "txn": [
                {"member_id": 1, "store_id": store, "brand_id": 1, "occurred_at": at(day)} for store, day, _ in sales
            ],
            "txn_line": [
                {"txn_id": number, "qty": 1, "gross": net, "net": net, "discount": 0}
                for number, (_, _, net) in enumerate(sales, start=1)
            ],
        },
    )


def ask(small: Small, question: dict[str, Any]) -> Any:
    """The result for November, compared with October."""
    whole = {"ask": question, "period": "2025-11", "compare": "2025-10"}
    return small.programme.ask(whole).result


def test_a_table_has_the_earlier_figure_of_each_of_its_rows_and_of_the_total(small: Small) -> None:
    table = ask(small, {"kind": "table", "metrics": ["net_revenue"], "by": ["store_id"]})
    assert [(column.name, column.role) for column in table.columns[1:3]] == [
        ("net_revenue", "measure"),
        ("net_revenue_before", "comparison"),
    ]
    assert table.rows == (("1", 15, 10, False), ("3", 4, None, False), (None, 19, 17, True))


def test_a_table_that_is_cut_still_compares_each_row_with_itself(small: Small) -> None:
    table = ask(small, {"kind": "table", "metrics": ["net_revenue"], "by": ["store_id"], "limit": 1, "total": False})
    assert table.rows == (("1", 15, 10, False),)


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "pivot", "metrics": ["net_revenue"], "rows": ["store_id"]},
        {"kind": "scatter", "x": "net_revenue", "y": "txns_count", "by": "store_id"},
        {"kind": "distribution", "metric": "net_revenue", "per": "store_id"},
    ],
)
def test_what_shows_no_comparison_says_so(small: Small, question: dict[str, Any]) -> None:
    assert "not_compared" in [note.kind for note in ask(small, question).notes]
    alone = small.programme.ask({"ask": question, "period": "2025-11"}).result
    assert "not_compared" not in [note.kind for note in alone.notes]


def test_figures_can_be_drawn_as_steps(small: Small) -> None:
    question = {"kind": "number", "look": "funnel", "metrics": ["net_revenue", "txns_count"]}
    chart = small.programme.ask({"ask": question, "period": "2025-11"}).chart
    assert (chart.kind, chart.steps, chart.counts) == ("funnel", ("Net revenue", "Transactions"), (19, 2))  # type: ignore[union-attr]
