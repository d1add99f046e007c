"""JSON Schemas of everything a person writes, made from the types that read it."""

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from punchcard.analyses import AnyAnalysis
from punchcard.catalog.activity import Activity
from punchcard.catalog.fact import Fact
from punchcard.catalog.metric import AnyMetric
from punchcard.catalog.segment import Segment
from punchcard.catalog.table import Table
from punchcard.dashboard import Dashboard
from punchcard.intake.source import Source
from punchcard.project import Settings
from punchcard.query import Query

FOLDER = ".schemas"

# The file's name without its ending: what is written in it.
WRITTEN: dict[str, Any] = {
    "punchcard": Settings,
    "sources": Source,
    "tables": dict[str, Table],
    "facts": dict[str, Fact],
    "metrics": dict[str, AnyMetric],
    "activities": dict[str, Activity],
    "segments": dict[str, Segment],
    "dashboards": Dashboard,
    "question": Query,
}

_REF = "#/$defs/{name}"


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    found, parts = msgspec.json.schema_components([WRITTEN[name]], ref_template=_REF)
    definitions = dict(parts)
    if name == "dashboards":
        # A tile keeps its question open for `$choices`; a person who writes one wants it completed all the same.
        asked, more = msgspec.json.schema_components([AnyAnalysis], ref_template=_REF)
        definitions |= more
        definitions["Tile"]["properties"]["ask"] = asked[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **found[0],
        "$defs": {key: _tidy(definitions[key]) for key in sorted(definitions)},
    }


def _tidy(part: dict[str, Any]) -> dict[str, Any]:
    """A docstring's lines without the indentation that they have in the source."""
    text = part.get("description")
    return {**part, "description": inspect.cleandoc(text)} if isinstance(text, str) else part


def files() -> Iterator[tuple[str, bytes]]:
    """Every schema as a file of a project's `.schemas` folder."""
    for name in WRITTEN:
        yield f"{name}.json", msgspec.json.format(msgspec.json.encode(schema(name)), indent=1) + b"\n"


def write(folder: Path) -> list[Path]:
    """Write the schemas into a project; the paths of the files."""
    written: list[Path] = []
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, content in files():
        path = folder / FOLDER / name
        path.write_bytes(content)
        written.append(path)
    return written
