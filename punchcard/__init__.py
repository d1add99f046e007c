"""Punchcard: self-hosted analytics for loyalty programmes and CRM marketing."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from punchcard.programme import Programme


def open(folder: Path | str) -> "Programme":  # noqa: A001 - read as punchcard.open
    """A project's folder, ready to answer: `punchcard.open("shop").ask({"ask": ...})`."""
    from punchcard.opening import opened

    return opened(folder)
