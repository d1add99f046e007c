"""Segments of a month of offers: real people, one segment for each kind of condition, checked one by one in Python."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from punchcard.engines.duckdb import DuckDB
from punchcard.members import behind
from punchcard.opening import bring_in
from punchcard.programme import Programme
from punchcard.project import load
from punchcard.query import decode
from punchcard.viewer import OPERATOR

PROJECT = Path(__file__).resolve().parents[1] / "data" / "starbucks_offers"
READ_AT = 30 * 24  # hours after the start: midnight of 31 August, the project's today
Act = dict[str, Any]

SEGMENTS = {
    "often": "all: [{did: transaction, at_least: 10}]",
    "few": "all: [{did: offer viewed, at_most: 1, last_days: 10}]",
    "exactly": "all: [{did: offer completed, exactly: 3}]",
    "days": "all: [{did: transaction, count: days, at_least: 8}]",
    "sum": "all: [{did: transaction, sum: amount, at_least: 200, last_days: 14}]",
    "third": "all: [{did: transaction, nth: 3, since: 2018-08-08, until: 2018-08-14}]",
    "early": "all: [{did: transaction, at_least: 2, first_days: 2, from_first: offer received}]",
    "chain": "all: [{did: offer received, then: [offer viewed, offer completed], within_days: 2}]",
    "large": "all: [{did: transaction, where: {amount: {at_least: 30}}}]",
    "one": "all: [{did: offer received, where: {offer_id: [%s, %s]}}]",
    "never": "all: [{did: transaction, exactly: 0}]",
    "mixed": "all: [{segment: often, not: true}], any: [{segment: sum}, {segment: chain}, {segment: never}]",
}
OFFERS = ("0b1e1539f2cc45b7b9fa7c272da2e1d7", "2298d6c36e964ae4a3e7e9706d1fb8c2")


def done(acts: Sequence[Act], name: str, days: int | None = None) -> list[Act]:
    """What somebody did of a kind before the moment, perhaps only in the last days."""
    past = [one for one in acts if one["event"] == name and one["time"] < READ_AT]
    return [one for one in past if days is None or one["time"] + 24 * days >= READ_AT]


def begins(acts: Sequence[Act]) -> float:
    """When somebody got an offer for the first time."""
    return min((one["time"] for one in done(acts, "offer received")), default=float("inf"))


def chained(acts: Sequence[Act]) -> bool:
    """Whether some receipt, view and completion follow one another within two days."""
    got, seen, completed = (done(acts, f"offer {name}") for name in ("received", "viewed", "completed"))
    return any(a["time"] < b["time"] < c["time"] <= a["time"] + 48 for a in got for b in seen for c in completed)


RULES: dict[str, Callable[[Sequence[Act]], bool]] = {
    "often": lambda acts: len(done(acts, "transaction")) >= 10,
    "few": lambda acts: len(done(acts, "offer viewed", 10)) <= 1,
    "exactly": lambda acts: len(done(acts, "offer completed")) == 3,
    "days": lambda acts: len({one["time"] // 24 for one in done(acts, "transaction")}) >= 8,
    "sum": lambda acts: round(sum(one["amount"] for one in done(acts, "transaction", 14)), 2) >= 200,
    "third": lambda acts: any(7 * 24 <= one["time"] < 14 * 24 for one in done(acts, "transaction")[2:3]),
    "early": lambda acts: (
        sum(begins(acts) <= one["time"] < begins(acts) + 48 for one in done(acts, "transaction")) >= 2
    ),
    "chain": chained,
    "large": lambda acts: any(one["amount"] >= 30 for one in done(acts, "transaction")),
    "one": lambda acts: any(one["offer_id"] in OFFERS for one in done(acts, "offer received")),
    "never": lambda acts: not done(acts, "transaction"),
    "mixed": lambda acts: (
        not RULES["often"](acts) and (RULES["sum"](acts) or RULES["chain"](acts) or RULES["never"](acts))
    ),
}


@pytest.fixture(scope="module")
def people(shared: Path) -> dict[str, list[Act]]:
    """Everybody with what they did, in order."""
    folder = shared / "data" / "starbucks_offers"
    found: dict[str, list[Act]] = defaultdict(list)
    for person in pq.read_table(folder / "profile.parquet", columns=["id"])["id"].to_pylist():
        found[person] = []
    for act in pq.read_table(folder / "transcript.parquet").to_pylist():
        found[act["person"]].append(act)
    return {person: sorted(acts, key=lambda one: (one["time"], one["event_no"])) for person, acts in found.items()}


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Programme:
    """The programme with the segments, imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUNCHCARD_SHARED", str(shared))
        folder = tmp_path_factory.mktemp("offers") / "project"
        shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(".punchcard"))
        (folder / "segments").mkdir()
        written = (f"{name}: {{title: {name}, meaning: One kind., {rule}}}\n" for name, rule in SEGMENTS.items())
        (folder / "segments" / "own.yaml").write_text("".join(written).replace("%s, %s", ", ".join(OFFERS)))
        project = load(folder)
        bring_in(project)
        return Programme(project, DuckDB(project.store))


@pytest.mark.parametrize("segment", RULES)
def test_the_members_of_a_segment_are_those_of_the_rule_one_by_one(
    offers: Programme, people: dict[str, list[Act]], segment: str
) -> None:
    ask = {"kind": "number", "metrics": ["members_known"]}
    query = decode({"ask": ask, "period": "2018-08-01..2018-08-30", "filters": [{"segment": segment}]})
    expected = {person for person, acts in people.items() if RULES[segment](acts)}
    listed = behind(offers, query, OPERATOR, {}).refs
    assert set(listed) == expected
    assert offers.ask(query).result.rows[0][0] == len(listed) == len(expected)
    assert expected
