"""Pages that a reader types along with: their files are written, their commands run, their output compared.

```yaml file=metrics/own.yaml      writes that file
```console                         runs each line after `$ `; the lines after it are what must be printed,
                                   where a line `...` stands for any lines
```python file=ask.py              writes that file; a console block then runs it
"""

import difflib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Typed:
    """A command of a page, and what it must print."""

    command: str
    printed: str


def follow(page: Path, folder: Path) -> int:
    """Do all that a page says, in a folder; the number of commands that were run."""
    programs = _programs(folder.parent / "programs")
    # Paths in blocks count from where the page's own `cd` has led.
    here, ran = folder, 0
    for language, file, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if file:
            (here / file).parent.mkdir(parents=True, exist_ok=True)
            (here / file).write_text(text, encoding="utf-8")
        elif language == "console":
            for typed in _typed(text):
                if typed.command.startswith("cd "):
                    here = here / typed.command.removeprefix("cd ")
                    continue
                _run(typed, here, programs)
                ran += 1
    return ran


def _typed(text: str) -> list[Typed]:
    found: list[Typed] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Typed(line.removeprefix("$ "), ""))
        else:
            found[-1] = Typed(found[-1].command, found[-1].printed + line + "\n")
    return found


def _run(typed: Typed, here: Path, programs: Path) -> None:
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONWARNINGS": "error"}
    done = subprocess.run(  # noqa: S602 - a page is ours, and its commands are a shell's
        typed.command,
        shell=True,
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = done.stdout + done.stderr
    if not OutputChecker().check_output(typed.printed, printed, ELLIPSIS | NORMALIZE_WHITESPACE):
        difference = "\n".join(difflib.ndiff(typed.printed.splitlines(), printed.splitlines()))
        raise AssertionError(f"$ {typed.command}\n{difference}")


def _programs(folder: Path) -> Path:
    """`punchcard` and `python` as a reader has them on the path."""
    folder.mkdir()
    start = "import sys; sys.argv[0] = 'punchcard'; from punchcard.cli.app import main; main()"
    for name, words in (("python", ""), ("punchcard", f'-c "{start}" ')):
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return folder
