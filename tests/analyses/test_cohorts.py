"""Segments by behaviour: who did something so often, read at any moment, in facts and in behaviour alike."""

from pathlib import Path

import pytest

from punchcard.members import behind
from punchcard.project import read
from punchcard.query import decode
from punchcard.viewer import OPERATOR
from tests.analyses.test_behaviour import BUY, OFTEN, sale
from tests.traps.small import Small, at

SEGMENTS = """\
often:
  title: Often
  meaning: Bought at least twice.
  all: [{did: purchase, at_least: 2}]
once:
  title: Once
  meaning: Bought exactly once in the web shop.
  all: [{did: purchase, where: {channel: [web]}, exactly: 1}]
opened:
  title: Opened
  meaning: Opened the app, ever.
  all: [{did: app opened}]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("cohorts")
    (folder / "segments").mkdir()
    (folder / "segments" / "own.yaml").write_text(SEGMENTS)
    sales = [sale(member, day) for member, days in OFTEN.items() for day in days]
    rows = {
        "member": [{"created_at": at("01-01")} for _ in OFTEN],
        "store": [{"channel": "pos"}, {"channel": "web"}],
        "txn": sales,
        "txn_line": [{"txn_id": n, "qty": 1, "net": 10, "gross": 10} for n in range(1, len(sales) + 1)],
        "event": [{"member_id": 2, "name": "app opened", "occurred_at": at("11-01")}],
    }
    return Small(folder, rows)


@pytest.mark.parametrize(("segment", "members"), [("often", ("1", "2")), ("once", ("3",)), ("opened", ("2",))])
def test_who_did_is_the_same_in_facts_and_in_behaviour(small: Small, segment: str, members: tuple[str, ...]) -> None:
    frame = {"period": "2025-11", "filters": [{"segment": segment, "reading": "now"}]}
    buyers = decode({"ask": {"kind": "number", "metrics": ["purchasing_members"]}, **frame})
    assert small.programme.ask(buyers).result.rows[0][0] == len(members)
    assert behind(small.programme, buyers, OPERATOR, {}).refs == members
    often = small.programme.ask({"ask": {"kind": "frequency", "activity": BUY}, **frame, "reading": "now"})
    assert sum(int(str(row[1])) for row in often.result.rows) == len(members)


def test_at_the_moment_itself_only_what_came_before_counts(small: Small) -> None:
    filters = [{"segment": "often", "reading": "at_event"}]
    assert small.number("txns_count", "2025-11", filters=filters) == 3  # two of member 1, one of member 2


def test_an_unknown_activity_or_property_is_a_mistake_of_the_project(small: Small, tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "own.yaml").write_text(
        "odd:\n  title: Odd\n  meaning: Names what is not.\n  all:\n"
        "    - {did: purchas}\n"
        "    - {did: purchase, where: {chanel: [web]}}\n"
        "    - {metric: txns_count, where: {channel: [web]}, at_least: 1}\n"
    )
    (tmp_path / "punchcard.yaml").write_text("name: Odd\n")
    _, mistakes = read(tmp_path)
    said = " ".join(str(one) for one in mistakes)
    assert "no activity 'purchas'; did you mean 'purchase'?" in said
    assert "'purchase' has no property 'chanel'; did you mean 'channel'?" in said
    assert "'where' narrows an activity; give 'did' with it" in said
