"""The reference pages say what the code and the declarations say, always in the same words."""

import re
from pathlib import Path

import msgspec
import pytest

from punchcard.cli.app import app
from punchcard.cli.docs import all_pages
from punchcard.project import Project, Settings, built_in
from punchcard.reference.markdown import anchor
from punchcard.reference.schemas import WRITTEN

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return all_pages(None)


def library() -> Project:
    project, mistakes = built_in()
    assert not mistakes
    return project


def test_no_page_is_stale(pages: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    stale = sorted(name for name in there.keys() | pages.keys() if there.get(name) != pages.get(name))
    assert not stale, "run `punchcard docs`"


def test_every_table_with_every_column_has_a_row(pages: dict[str, str]) -> None:
    for name, table in library().catalog.tables.items():
        section = pages["tables.md"].partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        assert table.title in section
        missing = [column for column in table.columns if f"| `{column}` |" not in section]
        assert not missing, name


def test_every_metric_fact_and_dashboard_has_a_section(pages: dict[str, str]) -> None:
    project = library()
    everything = "\n".join(pages.values())
    for name, metric in project.catalog.metrics.items():
        assert f"## {name}\n\n**{metric.title}**" in everything
    for name in project.catalog.facts:
        assert f"\n## {name}\n" in pages["facts.md"]
    for name, dashboard in project.dashboards.items():
        assert f"### {dashboard.title} (`{name}`)" in pages["dashboards.md"]


def test_every_setting_command_and_kind_of_file_is_documented(pages: dict[str, str]) -> None:
    for field in msgspec.structs.fields(Settings):
        assert f"| `{field.encode_name}` |" in pages["settings.md"]
    for command in app.registered_commands:
        assert f"## punchcard {command.name}\n" in pages["command-line.md"]
    for kind in WRITTEN.keys() - {"punchcard", "question"}:
        assert f"## {kind}/*.yaml" in pages["files.md"]


def test_every_command_shows_examples(pages: dict[str, str]) -> None:
    commands = pages["command-line.md"].split("\n## ")[1:]
    assert all("Examples:" in command for command in commands)


def test_every_link_between_pages_leads_to_a_heading(pages: dict[str, str]) -> None:
    anchors = {name: {anchor(h) for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)} for name, text in pages.items()}
    for name, text in pages.items():
        for file, place in re.findall(r"\]\(([\w-]+\.md)?#([^)]+)\)", text):
            assert place in anchors[file or name], (name, file, place)
