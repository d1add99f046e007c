"""A figure that looks beyond its period says so while those days are not over."""

from pathlib import Path

from tests.traps.small import Small, at


def notes(small: Small, metric: str, period: str) -> list[str]:
    """The kinds of notes on one figure; 'today' is the first day of 2100."""
    answer = small.programme.ask({"ask": {"kind": "number", "metrics": [metric]}, "period": period})
    return [note.kind for note in answer.result.notes]


def test_a_figure_that_waits_for_days_to_come_says_so(tmp_path: Path) -> None:
    small = Small(
        tmp_path,
        {
            "brand": [{"name": "X"}],
            "txn": [{"brand_id": 1, "occurred_at": at("11-05")}],
            "txn_line": [{"txn_id": 1, "qty": 1, "gross": 1, "net": 1, "discount": 0}],
        },
    )
    assert "open" in notes(small, "pull_forward", "2099-12")
    assert "open" not in notes(small, "pull_forward", "2099-11"), "its four weeks end on 29 December"
    assert "open" not in notes(small, "promo_uplift", "2099-12"), "it looks back only"
