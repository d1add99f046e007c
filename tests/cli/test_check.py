"""punchcard check: every mistake at once, each with its file and line, and quickly."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]


def test_every_mistake_is_told_at_once_with_file_line_and_place(punchcard: Command, shop: Path) -> None:
    (shop / "metrics").mkdir()
    (shop / "dashboards").mkdir()
    (shop / "metrics/own.yaml").write_text(
        "lines:\n  kind: aggregate\n  title: Lines\n  method: The number of lines sold.\n"
        "  of: line\n  value: sum(nett)\n",
        encoding="utf-8",
    )
    (shop / "dashboards/board.yaml").write_text(
        "title: Board\nquestion: What?\ngroup: Mine\ntiles:\n"
        "  - {title: A, ask: {kind: number, metrics: [lines]}}\n"
        "  - title: B\n    ask: {kind: number, metrics: [net_revenu]}\n",
        encoding="utf-8",
    )
    settings = shop / "punchcard.yaml"
    settings.write_text(settings.read_text("utf-8").replace("Europe/Paris", "Europe/Pariss"), encoding="utf-8")
    said = punchcard("check", shop)
    assert said.code == 1
    found = said.out.splitlines()
    assert "punchcard.yaml: zone: no time zone 'Europe/Pariss'; did you mean 'Europe/Paris'?" in found
    assert any(line.startswith("metrics/own.yaml:6: lines.value: ") and "'net'" in line for line in found)
    assert any(line.startswith("dashboards/board.yaml:7: tiles[1].ask: no metric 'net_revenu'") for line in found)
    assert "3 mistakes" in said.err


def test_a_project_without_mistakes_is_counted(punchcard: Command, shop: Path) -> None:
    said = punchcard("check", shop)
    assert said.code == 0
    assert "metrics" in said.out
    assert said.out.rstrip().endswith("no mistakes")


def test_a_folder_without_settings_says_how_to_make_some(punchcard: Command, tmp_path: Path) -> None:
    said = punchcard("check", tmp_path)
    assert said.code == 1
    assert f"no punchcard.yaml here; 'punchcard init {tmp_path}' writes one" in said.out


def test_the_whole_library_is_checked_in_under_a_second() -> None:
    """With the start of Python and all imports; processor time, as the machine may be busy with other things."""
    command = [sys.executable, "-c", "from punchcard.cli.app import main; main()", "check", "projects/complete_journey"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # so that Python has compiled what it reads
    before = os.times()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1


def test_a_check_loads_neither_the_statistics_nor_the_server_nor_the_database() -> None:
    code = (
        "import sys; from pathlib import Path; from punchcard.project import read; import punchcard.cli.app;"
        "read(Path('projects/complete_journey'));"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'numba', 'scipy', 'numpy', 'pyarrow', 'litestar', 'uvicorn', 'duckdb', 'pandas', 'polars'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert said.stdout.split() == []
