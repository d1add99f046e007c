"""Compare: differences with intervals, against the formula worked out in NumPy and by simulation."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from punchcard.analyses.compare import Z
from tests.traps.small import Small, at

Rows = list[dict[str, Any]]


def purchases(receipts: Iterator[tuple[int, int, float]]) -> dict[str, Rows]:
    """Sales of one line: member, store, value."""
    txn: Rows = []
    line: Rows = []
    for number, (member, store, value) in enumerate(receipts, start=1):
        txn.append(
            {"txn_id": number, "member_id": member, "store_id": store, "brand_id": 1, "occurred_at": at("11-05")}
        )
        net = Decimal(str(round(value, 2)))
        line.append({"line_id": number, "txn_id": number, "qty": 1, "gross": net, "net": net, "discount": 0})
    members = [{"member_id": m} for m in sorted({row["member_id"] for row in txn})]
    stores = [{"store_id": s} for s in sorted({row["store_id"] for row in txn})]
    return {"brand": [{"brand_id": 1}], "member": members, "store": stores, "txn": txn, "txn_line": line}


def between(small: Small, a: int, b: int, metric: str = "atv") -> tuple[Any, ...]:
    """The row of one metric for two stores."""
    sides = {
        side: {"title": side, "filters": [{"dimension": "store_id", "in": [str(store)]}]}
        for side, store in (("a", a), ("b", b))
    }
    return small.rows({"kind": "compare", "metrics": [metric], **sides})[0]


def test_a_member_on_both_sides_is_one_member_of_the_interval(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    receipts = [
        (m, s, float(np.round(draw.gamma(2, 20), 2))) for m in range(1, 81) for s in (1, 2) if draw.random() < 0.7
    ]
    _, left, right, gap, low, high, *_ = between(Small(tmp_path, purchases(iter(receipts))), 1, 2)
    x, y = np.zeros((2, 81)), np.zeros((2, 81))
    for member, store, value in receipts:
        x[store - 1, member] += value
        y[store - 1, member] += 1
    ratios = x.sum(axis=1) / y.sum(axis=1)
    here = y.sum(axis=0) > 0
    influence = ((x[1] - ratios[1] * y[1]) / y[1].sum() - (x[0] - ratios[0] * y[0]) / y[0].sum())[here]
    n = int(here.sum())
    error = float(np.sqrt(n / (n - 1) * np.sum(influence**2)))
    assert (left, right) == pytest.approx(tuple(ratios))
    assert (gap, low, high) == pytest.approx(
        (ratios[1] - ratios[0], ratios[1] - ratios[0] - Z * error, gap + Z * error)
    )


def test_a_total_has_no_interval_and_few_members_prove_nothing(tmp_path: Path) -> None:
    small = Small(tmp_path, purchases(iter([(m, 1 + m % 2, 10.0 * m) for m in range(1, 9)])))
    assert between(small, 1, 2, "net_revenue")[4:6] == (None, None)
    assert between(small, 1, 2)[4:6] == (None, None)


@pytest.mark.slow
def test_the_interval_covers_no_difference_nineteen_times_in_twenty(tmp_path: Path) -> None:
    draw, pairs, members = np.random.default_rng(11), 400, 60
    receipts = (
        ((store - 1) * members + m, store, float(np.round(draw.gamma(2, 20), 2)) + 0.01)
        for store in range(1, 2 * pairs + 1)
        for m in range(1, members + 1)
        for _ in range(1 + draw.poisson(1.0))
    )
    small = Small(tmp_path, purchases(receipts))
    found = [between(small, 2 * pair + 1, 2 * pair + 2) for pair in range(pairs)]
    covered = sum(row[4] <= 0 <= row[5] for row in found)
    # Of 400 intervals that hold with 95 %, between 367 and 391 cover with 99.5 %.
    assert 367 <= covered <= 391
