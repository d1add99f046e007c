"""A month of offers in a coffee shop: figures of a public data set, asked of activities with open properties."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from punchcard.engines.duckdb import DuckDB
from punchcard.opening import bring_in
from punchcard.programme import Programme
from punchcard.project import load

PROJECT = Path(__file__).resolve().parents[1] / "data" / "starbucks_offers"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    """What the data set's own answers say."""
    listed = json.loads((shared / "data" / "starbucks_offers" / "answers.json").read_text())["answers"]
    return {answer["id"]: answer["expected"] for answer in listed}


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Programme:
    """The programme, imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUNCHCARD_SHARED", str(shared))
        folder = tmp_path_factory.mktemp("offers") / "project"
        project = load(shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(".punchcard")))
        bring_in(project)
        return Programme(project, DuckDB(project.store))


def rows(offers: Programme, ask: dict[str, Any], **question: Any) -> list[tuple[Any, ...]]:
    """The rows of an answer, without the total of a table."""
    found = offers.ask({"ask": ask, **question}).result.rows
    return list(found[:-1] if ask["kind"] == "table" else found)


STEPS = ("offer received", "offer viewed", "offer completed")


def steps(metric: str) -> list[dict[str, Any]]:
    """A metric for each of the three things that happen to an offer."""
    return [{"metric": metric, "as": name, "filters": [{"dimension": "name", "in": [name]}]} for name in STEPS]


def test_activities_are_counted_by_their_name(offers: Programme, expected: dict[str, Any]) -> None:
    found = rows(offers, {"kind": "table", "metrics": ["events_total"], "by": ["name"]})
    assert sorted([row[0], row[1]] for row in found) == expected["events"]


@pytest.mark.parametrize(("metric", "answer"), [("events_total", "funnel.total"), ("active_people", "funnel.unique")])
def test_each_offer_is_received_viewed_and_completed(
    offers: Programme, expected: dict[str, Any], metric: str, answer: str
) -> None:
    found = rows(offers, {"kind": "table", "metrics": steps(metric), "by": ["props.offer_id"], "limit": 100})
    counted = sorted([row[0], *(int(value or 0) for value in row[1:4])] for row in found if row[0] is not None)
    assert counted == expected[answer]


def test_the_viewed_rate_divides_views_by_receipts(offers: Programme, expected: dict[str, Any]) -> None:
    found = rows(offers, {"kind": "table", "metrics": steps("events_total"), "by": ["props.offer_id"], "limit": 100})
    rates = {row[0]: row[2] / row[1] for row in found if row[0] is not None}
    assert rates == pytest.approx(dict(expected["funnel.viewed_rate"]), abs=1e-6)


def test_offers_go_out_in_six_waves(offers: Programme, expected: dict[str, Any]) -> None:
    received = [{"dimension": "name", "in": ["offer received"]}]
    found = rows(offers, {"kind": "table", "metrics": ["events_total"], "by": ["time.day"]}, filters=received)
    begin = min(row[0] for row in found)
    assert sorted([(row[0] - begin).days * 24, row[1]] for row in found) == expected["waves"]


def test_rewards_are_added_up_over_completions(offers: Programme, expected: dict[str, Any], shared: Path) -> None:
    portfolio = (shared / "data" / "starbucks_offers" / "portfolio.json").read_text().splitlines()
    kinds = {offer["id"]: offer["offer_type"] for offer in map(json.loads, portfolio)}
    funnel = {
        "kind": "funnel",
        "steps": [{"activity": "offer completed"}],
        "count": "attempts",
        "sum_of": "reward",
        "breakdown": {"property": "offer_id", "attribution": "step"},
    }
    paid: dict[str, list[int]] = {}
    answer = offers.ask({"ask": funnel}).result
    for offer, completions, rewards in zip(*(answer.column(name) for name in ("value", "count", "sum")), strict=True):
        so_far = paid.setdefault(kinds[offer], [0, 0])
        paid[kinds[offer]] = [so_far[0] + int(rewards), so_far[1] + completions]
    assert [[kind, *paid[kind]] for kind in sorted(paid)] == expected["rewards"]


def test_more_members_view_an_offer_than_complete_it_after_the_view(
    offers: Programme, expected: dict[str, Any]
) -> None:
    funnel = {
        "kind": "funnel",
        "steps": [{"activity": name} for name in STEPS],
        "hold": ["offer_id"],
        "window": {"n": 10, "unit": "day"},
    }
    received, viewed, completed = (row[1] for row in rows(offers, funnel))
    never, _ = expected["never"]
    assert received == 17_000 - never
    assert received > viewed > completed > 0
