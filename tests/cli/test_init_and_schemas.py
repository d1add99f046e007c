"""punchcard init: a project that teaches, passes its own check and answers at once; schemas that editors can trust."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "punchcard" / "starter", *sorted(path.parent for path in ROOT.glob("projects/*/punchcard.yaml"))]
LIBRARY = ROOT / "punchcard" / "library"


@pytest.fixture
def fresh(punchcard: Command, tmp_path: Path) -> Path:
    folder = tmp_path / "fresh"
    assert punchcard("init", folder).code == 0
    return folder


def test_a_fresh_project_is_checked_imported_and_answers(punchcard: Command, fresh: Path) -> None:
    assert punchcard("check", fresh).code == 0
    imported = punchcard("import", fresh, "--strict")
    assert imported.code == 0, imported.out
    answered = punchcard("query", fresh, fresh / "question.json", "--format", "csv")
    assert answered.out.splitlines()[0] == "category_l1,net_revenue,card_revenue_share,other,total"
    assert len(answered.out.splitlines()) == 6


def test_every_tile_of_the_fresh_dashboard_has_figures(punchcard: Command, fresh: Path) -> None:
    punchcard("import", fresh)
    dashboard = yaml.safe_load((fresh / "dashboards/overview.yaml").read_text("utf-8"))
    for tile in dashboard["tiles"]:
        answered = punchcard("query", fresh, "-", given=json.dumps({"ask": tile["ask"]}))
        assert answered.code == 0, (tile["title"], answered.err)
        assert json.loads(answered.out)["rows"], tile["title"]


def test_nothing_is_overwritten(punchcard: Command, fresh: Path) -> None:
    (fresh / "punchcard.yaml").write_text("name: Mine\n", "utf-8")
    refused = punchcard("init", fresh)
    assert (refused.code, refused.out) == (2, "")
    assert "not empty" in refused.err
    assert (fresh / "punchcard.yaml").read_text("utf-8") == "name: Mine\n"


def test_every_file_that_a_person_edits_names_the_schema_that_it_follows(fresh: Path) -> None:
    for path in fresh.rglob("*.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema="), path
        assert (path.parent / first.partition("=")[2]).is_file(), path


@pytest.mark.parametrize("folder", [LIBRARY, *PROJECTS], ids=lambda folder: folder.name)
def test_the_schemas_accept_what_we_ship(folder: Path, fresh: Path) -> None:
    schemas = {path.stem: json.loads(path.read_text("utf-8")) for path in (fresh / ".schemas").glob("*.json")}
    for path in folder.rglob("*.yaml"):
        kind = "punchcard" if path.parent == folder else path.parent.name
        jsonschema.validate(_as_read(path), schemas[kind])


def _as_read(path: Path) -> Any:
    """Dates and `on` are the text that was written, as Punchcard reads them."""
    from punchcard.declaration import Reader

    return Reader().mapping(path, str(path))


def test_a_kind_is_asked_for_only_where_it_decides_something(fresh: Path) -> None:
    schema = json.loads((fresh / ".schemas/question.json").read_text("utf-8"))
    inner = {"steps": [{"activity": "join"}, {"activity": "purchase"}]}
    jsonschema.validate({"ask": {"kind": "funnel_trend", "funnel": inner}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"ask": inner}, schema)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("metrics", {"sales": {"kind": "agregate", "title": "Sales", "method": "The sum of all sales."}}),
        (
            "dashboards",
            {"title": "A", "question": "B?", "group": "C", "tiles": [{"title": "D", "ask": {"kind": "pie"}}]},
        ),
        ("question", {"ask": {"kind": "number", "metrics": []}}),
        ("punchcard", {"name": "A", "curency": "EUR"}),
    ],
)
def test_the_schemas_refuse_what_would_be_refused(kind: str, wrong: dict[str, Any], fresh: Path) -> None:
    schema = json.loads((fresh / ".schemas" / f"{kind}.json").read_text("utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)
