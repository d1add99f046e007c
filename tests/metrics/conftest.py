"""The worlds, the periods and the folder that tests of metrics share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the projects of seeded worlds lie."""
    return tmp_path_factory.mktemp("worlds")
