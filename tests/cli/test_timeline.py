"""punchcard timeline: built from scratch, fresh or stale, gone without a loss; people become one, and two again."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Command

MERGES = """\
from: {file: data/merges.csv}
tables:
  identity_merge:
    columns: {merge_id: id, from_member_id: gone, into_member_id: stays, merged_at: at, undone_at: undone}
"""
OFTEN = json.dumps({"ask": {"kind": "frequency", "activity": {"activity": "purchase"}}, "period": "2026-03"})
TWICE = json.dumps(
    {"ask": {"kind": "number", "metrics": ["members_known"]}, "period": "2026-03", "filters": [{"segment": "twice"}]}
)


def rows(punchcard: Command, shop: Path, question: str) -> list[list[float]]:
    """The first two columns of an answer."""
    asked = punchcard("query", shop, "-", given=question)
    assert asked.code == 0, asked.err
    return [row[:2] for row in json.loads(asked.out)["rows"]]


def merged(punchcard: Command, shop: Path, *lines: str) -> str:
    """Import these merges; what the import says."""
    (shop / "data/merges.csv").write_text("\n".join(("id,gone,stays,at,undone", *lines)) + "\n", encoding="utf-8")
    said = punchcard("import", shop)
    assert said.code == 0, said.err
    return said.out


def test_a_timeline_is_built_looked_at_and_rebuilt(punchcard: Command, shop: Path) -> None:
    missing = punchcard("timeline", shop, "--status")
    assert (missing.code, "nothing is imported yet" in missing.err) == (2, True)
    punchcard("import", shop)
    none = punchcard("timeline", shop, "--status")
    assert (none.code, "There is no timeline yet" in none.out) == (1, True)
    built = punchcard("timeline", shop)
    assert built.code == 0, built.err
    assert "up to date" in built.out
    assert "2 activities of 1 kind by 2 members" in built.out
    assert punchcard("timeline", shop, "--status").code == 0
    with (shop / "data/sales.csv").open("a", encoding="utf-8") as file:
        file.write("r3,1,bob,2026-03-04 09:00:00,1,3.00\n")
    punchcard("import", shop)
    stale = punchcard("timeline", shop, "--status")
    assert (stale.code, "stale: the data or the declarations have changed" in stale.out) == (1, True)
    assert "3 activities" in punchcard("timeline", shop).out
    shutil.rmtree(shop / ".punchcard" / "timeline")
    assert rows(punchcard, shop, OFTEN) == [[1, 1], [2, 1]]


def test_people_become_one_and_two_again_after_loading(punchcard: Command, shop: Path) -> None:
    (shop / "sources/merges.yaml").write_text(MERGES, encoding="utf-8")
    (shop / "segments").mkdir()
    (shop / "segments/own.yaml").write_text(
        "twice: {title: Twice, meaning: Bought on two days., all: [{did: purchase, count: days, at_least: 2}]}\n"
    )
    merged(punchcard, shop)
    assert (rows(punchcard, shop, OFTEN), rows(punchcard, shop, TWICE)[0][0]) == ([[1, 2]], 0)
    merged(punchcard, shop, "1,ann,bob,2026-03-05 00:00:00,")
    assert (rows(punchcard, shop, OFTEN), rows(punchcard, shop, TWICE)[0][0]) == ([[2, 1]], 1)
    merged(punchcard, shop, "1,ann,bob,2026-03-05 00:00:00,2026-03-06 00:00:00")
    assert (rows(punchcard, shop, OFTEN), rows(punchcard, shop, TWICE)[0][0]) == ([[1, 2]], 0)


def test_merges_in_a_circle_are_told_and_the_latest_does_not_count(punchcard: Command, shop: Path) -> None:
    (shop / "sources/merges.yaml").write_text(MERGES, encoding="utf-8")
    said = merged(punchcard, shop, "1,ann,bob,2026-03-05 00:00:00,", "2,bob,ann,2026-03-06 00:00:00,")
    assert "merges lead in circles; of each circle the latest does not count: that of member bob" in said
    assert rows(punchcard, shop, OFTEN) == [[2, 1]]
