"""A forecast on the one path: complete weeks go on with an interval and a measured error, or it is refused."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from punchcard.errors import QueryError
from punchcard.viewer import Viewer
from tests.traps.small import Small, at

WEEKS = 30
BRAND = Viewer("one", frozenset({"1"}))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """One sale a week from Monday 5 May 2025 for 30 weeks: 100, 110, 100, 110, ... to one member."""
    days = [date(2025, 5, 5) + timedelta(weeks=week) for week in range(WEEKS)]
    rows = {
        "brand": [{"name": "One"}],
        "member": [{}],
        "txn": [
            {"brand_id": 1, "member_id": 1, "kind": "sale", "status": "ok", "occurred_at": at(f"{day:%m-%d}")}
            for day in days
        ],
        "txn_line": [{"txn_id": n, "qty": 1, "net": 100 + 10 * (n % 2 == 0)} for n in range(1, WEEKS + 1)],
    }
    yield Small(tmp_path_factory.mktemp("forecast"), rows)


def test_complete_weeks_go_on_with_an_interval(small: Small) -> None:
    asked = {"kind": "forecast", "metrics": ["net_revenue"], "ahead": 3}
    answer = small.programme.ask({"ask": asked, "period": "2025-05-07..2025-11-26"})
    known = [row for row in answer.result.rows if not row[5]]
    coming = [row for row in answer.result.rows if row[5]]
    assert [known[0][0], known[-1][0]] == [date(2025, 5, 12), date(2025, 11, 17)], "weeks that the period cuts are out"
    assert [row[0] for row in coming] == [date(2025, 11, 24), date(2025, 12, 1), date(2025, 12, 8)]
    for _, actual, expected, low, high, _ in coming:
        assert actual is None
        assert 90 < low < expected < high < 120  # type: ignore[operator]
    (note,) = answer.result.notes
    assert note.kind == "back_test"
    assert "off by 4." in note.text or "off by 5." in note.text


def test_too_little_history_is_refused_with_the_reason(small: Small) -> None:
    asked = {"kind": "forecast", "metrics": ["net_revenue"]}
    with pytest.raises(QueryError, match=r"Net revenue by week: a forecast needs at least 12 values; there are 4"):
        small.programme.ask({"ask": asked, "period": "2025-06"})


def test_what_does_not_add_up_is_not_forecast(small: Small) -> None:
    with pytest.raises(QueryError, match="'purchasing_members' does not add up over time"):
        small.programme.ask({"ask": {"kind": "forecast", "metrics": ["purchasing_members"]}})


def test_a_brand_gets_no_forecast_of_what_it_may_not_see(small: Small) -> None:
    asked = {"kind": "forecast", "metrics": ["net_revenue"]}
    with pytest.raises(QueryError, match="may not be shown to a brand"):
        small.programme.ask({"ask": asked, "period": "2025-05-05..2025-11-30"}, BRAND)
