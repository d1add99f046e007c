"""Small programmes of every profile: made once, imported once, opened for questions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from punchcard.intake.report import Report
from punchcard.opening import bring_in, opened
from punchcard.programme import Programme
from punchcard.project import read
from punchcard.simulate.profile import PROFILES, Profile
from punchcard.simulate.programme import Order, simulate
from punchcard.simulate.truth import Truth

DAYS = 220  # long enough for every plan to come round once


@dataclass(frozen=True)
class Made:
    """A programme that was made, imported and opened."""

    folder: Path
    truth: Truth
    report: Report
    programme: Programme


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Made]]:
    """The programme of a profile, with 1,000 members."""
    known: dict[str, Made] = {}

    def one(name: str) -> Made:
        if name not in known:
            folder = tmp_path_factory.mktemp("simulated") / name
            truth = simulate(folder, Order(_with_expiry(PROFILES[name]), 1_000, 3, days=DAYS))
            project, mistakes = read(folder)
            assert project is not None
            assert [str(mistake) for mistake in mistakes] == []
            known[name] = Made(folder, truth, bring_in(project), opened(folder))
        return known[name]

    yield one
    for each in known.values():
        each.programme.close()


def _with_expiry(profile: Profile) -> Profile:
    """Points that run out within the days of a test."""
    return structs.replace(profile, points=profile.points and structs.replace(profile.points, expiry_days=70))
