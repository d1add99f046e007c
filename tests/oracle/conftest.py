"""The seeded worlds that the oracle's own tests run over."""

from pathlib import Path

import pytest

from tests.oracle.asked import Asked, asked_of

SEEDS = (0, 1, 2, 3)


@pytest.fixture(params=SEEDS)
def asked(request: pytest.FixtureRequest, shared: Path) -> Asked:
    """Questions to the reference of each seed in turn."""
    return asked_of(shared / "design", request.param)
