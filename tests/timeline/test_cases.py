"""The worked cases of behaviour, loaded in every way that must not matter."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from punchcard.timeline.case_file import Case, read_cases
from punchcard.timeline.cases import Loading, run_cases


def shuffled(case: Case) -> list[int]:
    """Some order of arrival, the same in every run."""
    order = list(range(len(case.events)))
    random.Random(case.id).shuffle(order)
    return order


WAYS: dict[str, Callable[[Case], Loading]] = {
    "as they are": lambda case: Loading(),
    "in five batches": lambda case: Loading(batches=5),
    "shuffled": lambda case: Loading(order=shuffled(case)),
    "half of them late": lambda case: Loading(late=len(case.events) // 2),
    "all of them late": lambda case: Loading(late=len(case.events)),
    "merged after loading": lambda case: Loading(merge_late=True),
    "shuffled, late, in batches, merged after loading": lambda case: Loading(
        order=shuffled(case), batches=3, late=len(case.events) // 3, merge_late=True
    ),
}


def test_the_file_has_all_its_cases(shared: Path):
    assert len(read_cases(shared / "cases" / "behaviour_cases.json")) == 59


@pytest.mark.parametrize("way", WAYS)
def test_all_cases_have_the_expected_figures_however_they_are_loaded(shared: Path, way: str):
    assert run_cases(shared / "cases" / "behaviour_cases.json", WAYS[way]) == (59, 0, [])
