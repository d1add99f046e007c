"""What several commands say in the same way."""

from pathlib import Path
from typing import Annotated

import typer

ProjectFolder = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="The project's folder, the one with punchcard.yaml.")
]


def examples(*lines: str) -> str:
    """Examples for the end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its word.

    >>> counted(1, "metric"), counted(1200, "metric"), counted(2, "query", "queries")
    ('1 metric', '1,200 metrics', '2 queries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
