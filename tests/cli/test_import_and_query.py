"""punchcard import and punchcard query: files in, figures out, one clear line when something is wrong."""

import json
import os
from pathlib import Path

import pytest

from punchcard.opening import opened
from tests.cli.conftest import ROWS, Command

REVENUE = '{"ask": {"kind": "number", "metrics": ["net_revenue"]}}'


def revenue(punchcard: Command, shop: Path) -> float:
    asked = punchcard("query", shop, "-", given=REVENUE)
    assert asked.code == 0, asked.err
    ((figure, *_),) = json.loads(asked.out)["rows"]
    return figure


def test_a_first_question_is_answered_after_an_import(punchcard: Command, shop: Path) -> None:
    imported = punchcard("import", shop)
    assert imported.code == 0, imported.err
    assert "3 " in imported.out
    assert revenue(punchcard, shop) == 16.75


def test_a_second_import_changes_nothing_and_a_changed_file_replaces_what_it_brought(
    punchcard: Command, shop: Path
) -> None:
    punchcard("import", shop)
    assert "Nothing has changed" in punchcard("import", shop).out
    (shop / "data/sales.csv").write_text(ROWS.replace("10.25", "20.25"), encoding="utf-8")
    punchcard("import", shop)
    assert revenue(punchcard, shop) == 26.75


def test_a_dry_run_keeps_nothing(punchcard: Command, shop: Path) -> None:
    shown = punchcard("import", shop, "--dry-run")
    assert shown.code == 0
    assert shown.out.startswith("Dry run")
    asked = punchcard("query", shop, "-", given=REVENUE)
    assert (asked.code, asked.out) == (2, "")
    assert "nothing is imported yet; run: punchcard import" in asked.err


def test_a_row_that_does_not_fit_is_shown_and_strict_says_so_by_its_exit_code(punchcard: Command, shop: Path) -> None:
    with (shop / "data/sales.csv").open("a", encoding="utf-8") as file:
        file.write("r3,1,ann,2026-03-04 09:00:00,1,much\n")
    shown = punchcard("import", shop, "--strict")
    assert shown.code == 1
    assert "row 5" in shown.out
    assert "'much'" in shown.out
    assert revenue(punchcard, shop) == 16.75


def test_an_import_that_fails_leaves_the_last_good_figures(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    (shop / "data/sales.csv").write_text("receipt;position\n1;2\n", encoding="utf-8")
    failed = punchcard("import", shop)
    assert failed.code == 2
    assert "Traceback" not in failed.err
    assert revenue(punchcard, shop) == 16.75


def test_facts_follow_their_declaration_without_an_import(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    library = Path(__file__).parents[2] / "punchcard/library/facts/commerce.yaml"
    (shop / "facts").mkdir()
    text = library.read_text(encoding="utf-8")
    halved = text.replace(
        "cast(l.net * d.rate as decimal(18, 4)) as net,", "cast(l.net * d.rate / 2 as decimal(18, 4)) as net,"
    )
    assert halved != text
    (shop / "facts/commerce.yaml").write_text(halved, encoding="utf-8")
    assert revenue(punchcard, shop) == 8.375


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ('{"ask": {"kind": "numbr", "metrics": ["net_revenue"]}}', "did you mean 'number'?"),
        (
            '{"ask": {"kind": "number", "metrics": ["net_revenu"]}}',
            "no metric 'net_revenu'; did you mean 'net_revenue'?",
        ),
        ('{"ask": {"kind": "number", "metrics": ["net_revenue"]}, "period": "2017-13"}', "2017-13"),
        ("not json", "the question is no JSON"),
    ],
)
def test_a_wrong_question_is_one_line_and_exit_code_2(punchcard: Command, shop: Path, question: str, said: str) -> None:
    punchcard("import", shop)
    asked = punchcard("query", shop, "-", given=question)
    assert (asked.code, asked.out) == (2, "")
    assert said in asked.err
    assert asked.err.count("\n") == 1


def test_rows_come_as_csv_and_as_a_table(punchcard: Command, shop: Path, tmp_path: Path) -> None:
    punchcard("import", shop)
    question = tmp_path / "question.json"
    question.write_text(
        '{"ask": {"kind": "ranking", "metrics": ["net_revenue"], "by": "member_id", "top": 2}}', "utf-8"
    )
    rows = punchcard("query", shop, question, "--format", "csv").out.splitlines()
    assert rows[0].startswith("member_id,net_revenue")
    assert rows[1].startswith("bob,10.25")
    table = punchcard("query", shop, question, "--format", "table").out
    assert "Net revenue" in table
    assert "€10.25" in table


def test_a_brand_sees_its_own_rows_only(punchcard: Command, shop: Path) -> None:
    with (shop / "punchcard.yaml").open("a", encoding="utf-8") as written:
        written.write("privacy: {smallest_cell: 1, largest_share: 1}\n")  # a handful of members is all there is
    punchcard("import", shop)
    own = json.loads(punchcard("query", shop, "-", "--brand", "corner", given=REVENUE).out)
    other = json.loads(punchcard("query", shop, "-", "--brand", "elsewhere", given=REVENUE).out)
    assert own["rows"][0][0] == 16.75
    assert not other["rows"][0][0]


def test_an_open_programme_keeps_an_import_out_and_says_who_it_is(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    with opened(shop):
        refused = punchcard("import", shop)
    assert refused.code == 2
    assert f"is in use by process {os.getpid()}" in refused.err
    assert punchcard("import", shop).code == 0
