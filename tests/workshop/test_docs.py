"""The documentation points only to what is there, and its examples run."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (ROOT / page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_an_example_gives_what_the_page_says(page: Path) -> None:
    result = doctest.testfile(str(ROOT / page), module_relative=False)
    assert result.failed == 0


def test_the_page_on_the_house_names_the_floors_that_are_enforced() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers: list[str] = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    enforced = [set(re.findall(r"\w+", layer)) for layer in layers]
    rows = re.findall(r"^\| \d+ \| (.+?) \|", (ROOT / "docs/house.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [set(re.findall(r"\w+", row)) for row in rows] == enforced
