"""The library's tables, read once for the oracle."""

from functools import cache
from pathlib import Path

import msgspec
import yaml

from punchcard.catalog.table import Table

FOLDER = Path(__file__).parents[2] / "punchcard" / "library" / "tables"

# Who somebody is, and who is the same person, is always answered with what is known today.
TIMELESS = {"member", "identity_merge"}


@cache
def tables() -> dict[str, Table]:
    """Every table of the built-in library by name."""
    declared: dict[str, Table] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        found = msgspec.convert(yaml.safe_load(file.read_text()), dict[str, Table])
        if twice := declared.keys() & found.keys():
            raise ValueError(f"{file.name} declares again: {', '.join(sorted(twice))}")
        declared |= found
    return declared
