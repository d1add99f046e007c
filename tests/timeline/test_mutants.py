"""The worked cases notice when a rule is broken: each mutant changes one rule in a copy, and cases must fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import punchcard

pytestmark = pytest.mark.slow

HOME = Path(punchcard.__file__).parent

# What is broken: (file, what stands there, what the mutant says instead).
MUTANTS: dict[str, tuple[str, str, str]] = {
    "the end of the window does not count": (
        "kernels/funnel.py",
        "or clock[best] - clock[i] > window",
        "or clock[best] - clock[i] >= window",
    ),
    "equal instants do not convert": (
        "kernels/funnel.py",
        "if time[middle] < time[after] - tolerance:",
        "if time[middle] <= time[after]:",
    ),
    "exclusions are ignored": ("kernels/funnel.py", "for x in range(len(after_step)):", "for x in range(0):"),
    "the excluded stay in the funnel": (
        "kernels/funnel.py",
        "state[n] = STOPPED\n                        if",
        "state[n] = CLEAN\n                        if",
    ),
    "only the first entry is tried": (
        "attempts.py",
        'p.entry == "first"',
        "True",
    ),
    "strict lets anything between": (
        "kernels/funnel.py",
        "                if not follows:",
        "                if not follows and False:",
    ),
    "any order is the given order": (
        "cases.py",
        "order=query.order,",
        'order="ordered" if query.order == "any" else query.order,',
    ),
    "weeks begin on the other day": (
        "cases.py",
        '7 if case.week_start == "sunday" else 1',
        '1 if case.week_start == "sunday" else 7',
    ),
    "the zone is ignored": ("cases.py", "Calendar(case.timezone,", 'Calendar("UTC",'),
    "identities are ignored": (
        "cases.py",
        "identities[users[sent]] = users[canonical]",
        "identities[users[sent]] = users[sent]",
    ),
    "the first time is any time": (
        "kernels/retention.py",
        "            if first_time:\n                break",
        "            if False:\n                break",
    ),
    "on or after is on": ("retention.py", '"on_or_after": ON_OR_AFTER', '"on_or_after": ON'),
    "one return is enough": ("kernels/retention.py", "if times[i] >= least:", "if times[i] >= 1:"),
    "the dormant are counted a bucket late": (
        "kernels/days.py",
        "dormant += was & (active ^ 1)",
        "dormant += ever & (was ^ 1) & (active ^ 1)",
    ),
    "the resurrected are current": (
        "kernels/days.py",
        "current += active & was",
        "current += active & ever",
    ),
    "stickiness counts occurrences": ("kernels/buckets.py", "if times == least:", "if times >= least:"),
    "sessions have no end": (
        "kernels/paths.py",
        "i > first and time[i] - time[i - 1] >= gap",
        "i > first and time[i] - time[i - 1] >= gap * 1000",
    ),
    "'/about/' is not '/about'": ("cases.py", "trim_slash=True", "trim_slash=False"),
    "the condition of a question is ignored": (
        "read.py",
        "keep &= self._holds(condition, track)\n        return T",
        "keep |= self._holds(condition, track)\n        return T",
    ),
    "bins are a second wider": ("trend.py", "ceil((high - low) / wanted) or", "ceil((high - low) / wanted) + 1 or"),
    "conversion is by a later bucket": (
        "trend.py",
        "buckets.bucket(counted.begun)",
        "buckets.bucket(counted.begun + 10**11)",
    ),
}

RUN = """
import sys
from pathlib import Path
from punchcard.timeline.cases import run_cases
passed, failed, _ = run_cases(Path(sys.argv[1]))
print(passed, failed)
"""


def ran(package: Path, cases: Path) -> tuple[int, int]:
    """How many cases passed and failed with a copy of the package, its kernels run as plain Python."""
    environment = {**os.environ, "PYTHONPATH": str(package), "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(cases)],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    passed, failed = map(int, done.stdout.split())
    return passed, failed


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        HOME, tmp_path / "punchcard", ignore=shutil.ignore_patterns("__pycache__", "library", "web", "static")
    )
    return tmp_path


def test_without_a_mutant_all_cases_pass(copy: Path, shared: Path):
    assert ran(copy, shared / "cases/behaviour_cases.json") == (59, 0)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_cases_notice_when(mutant: str, copy: Path, shared: Path):
    file, sound, broken = MUTANTS[mutant]
    module = copy / "punchcard/timeline" / file
    text = module.read_text()
    assert text.count(sound) >= 1, f"{file} has changed; the mutant '{mutant}' must be written anew"
    module.write_text(text.replace(sound, broken))
    _, failed = ran(copy, shared / "cases/behaviour_cases.json")
    assert failed > 0
