"""The kernels' machine code is kept, and thrown away when any kernel has changed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from punchcard.timeline import kernels

pytestmark = pytest.mark.slow

INNER = '''"""One kernel."""
from punchcard.timeline.kernels import kernel

@kernel
def inner(x: int) -> int:
    return x + 1
'''
OUTER = '''"""Another that uses it."""
from punchcard.timeline.kernels import kernel
from punchcard.timeline.kernels.inner import inner

@kernel
def outer(x: int) -> int:
    return inner(x) * 10

if __name__ != "__main__":
    print(outer(1), len(outer.stats.cache_hits))
'''


def asked(folder: Path) -> str:
    """What `outer(1)` gives in a process of its own, and whether it came from the disk."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", "import punchcard.timeline.kernels.outer"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_in_another_file_has_changed(tmp_path: Path):
    folder = tmp_path / "punchcard/timeline/kernels"
    folder.mkdir(parents=True)
    for parent in (folder.parent.parent, folder.parent):
        (parent / "__init__.py").write_text("")
    (folder / "__init__.py").write_text(Path(kernels.__file__).read_text())
    (folder / "inner.py").write_text(INNER)
    (folder / "outer.py").write_text(OUTER)
    assert asked(tmp_path) == "20 0"
    assert asked(tmp_path) == "20 1"
    (folder / "inner.py").write_text(INNER.replace("x + 1", "x + 2"))
    assert asked(tmp_path) == "30 0"
