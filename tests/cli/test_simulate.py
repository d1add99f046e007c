"""punchcard simulate and punchcard demo PROFILE, as a person runs them."""

import json
from pathlib import Path

import pytest

from punchcard.cli.simulate import Kind
from punchcard.simulate.profile import PROFILES
from tests.cli.conftest import Command


def test_the_command_knows_every_profile() -> None:
    assert {kind.value for kind in Kind} == PROFILES.keys()


def test_what_is_simulated_passes_the_check_and_tells_its_truth(punchcard: Command, tmp_path: Path) -> None:
    folder = tmp_path / "pharma"
    words = ("--profile", "pharma", "--members", "1000", "--seed", "4", "--from", "2024-06-01", "--days", "180")
    said = punchcard("simulate", folder, *words)
    assert said.code == 0, said.err
    assert "truth.md" in said.out
    assert punchcard("check", folder).code == 0
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert (truth["seed"], truth["first_day"], truth["days"]) == (4, "2024-06-01", 180)


def test_a_mistake_in_the_order_is_one_line(punchcard: Command, tmp_path: Path) -> None:
    said = punchcard("simulate", tmp_path / "new", "--members", "10")
    assert said.code == 2
    assert said.err.strip() == "members: 10 is not between 1,000 and 5,000,000"


@pytest.mark.slow
def test_rows_go_into_postgresql_and_come_back_from_there(
    punchcard: Command, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pharma"
    words = ("--profile", "pharma", "--members", "1000", "--days", "180", "--schema", "sim_cli")
    monkeypatch.setenv("CRM_URL", postgres)
    said = punchcard("simulate", folder, *words, "--to", "env:CRM_URL")
    assert said.code == 0, said.err
    assert "set CRM_URL to the address of the database" in said.out
    assert punchcard("check", folder).code == 0
    assert punchcard("import", folder, "--strict").code == 0
    again = punchcard("simulate", tmp_path / "again", *words, "--to", "env:CRM_URL")
    assert again.code == 2
    assert "add --replace" in again.err
    assert len(again.err.strip().splitlines()) == 1


def test_a_demo_of_a_profile_starts_at_once_the_second_time(punchcard: Command, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first = punchcard("demo", "pharma", "--folder", folder, "--no-serve")
    assert first.code == 0, first.err
    assert "imported" in first.out
    assert punchcard("demo", "pharma", "--folder", folder, "--no-serve").out == ""
    other = punchcard("demo", "creators", "--folder", folder, "--no-serve")
    assert other.code == 2
    assert "is the demo pharma already" in other.err
