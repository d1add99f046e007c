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
from punchcard.catalog.scheme import Scheme
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
    "schemes": dict[str, Scheme],
    "dashboards": Dashboard,
    "question": Query,
}

_REF = "#/$defs/{name}"

Part = dict[str, Any]


@cache
def schema(name: str) -> Part:
    """The JSON Schema of one kind of file."""
    found, parts = msgspec.json.schema_components([WRITTEN[name]], ref_template=_REF)
    definitions = dict(parts)
    if name == "dashboards":
        # A tile keeps its question open for `$choices`; a person who writes one wants it completed all the same.
        asked, more = msgspec.json.schema_components([AnyAnalysis], ref_template=_REF)
        definitions |= {name: _open_to_choices(part) for name, part in more.items()}
        definitions["Tile"]["properties"]["ask"] = asked[0]
    tidy = _Tidy(found[0], definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **tidy.node(found[0]),
        "$defs": {tidy.name(key): tidy.part(key) for key in sorted(definitions, key=tidy.name)},
    }


def _open_to_choices(node: Any) -> Any:
    """A piece of a schema in which `$name` may stand for one of several words; what tells kinds apart stays."""
    match node:
        case {"enum": [_, _, *_], **rest}:
            said = {key: rest[key] for key in ("description", "default") if key in rest}
            return {"anyOf": [{"enum": node["enum"]}, {"type": "string", "pattern": "^[$]"}], **said}
        case dict():
            return {key: _open_to_choices(value) for key, value in node.items()}
        case list():
            return [_open_to_choices(value) for value in node]
        case _:
            return node


class _Tidy:
    """Mends what msgspec writes: indented docstrings, whole module paths as names, tags that nobody has to give."""

    def __init__(self, root: Part, definitions: dict[str, Part]) -> None:
        self._definitions = definitions
        self._told_apart = set(_chosen_by_kind([root, *definitions.values()]))

    def name(self, key: str) -> str:
        """Two types of one name come with their modules; the last module is enough to tell them apart."""
        return ".".join(key.split(".")[-2:])

    def part(self, key: str) -> Part:
        """One definition. Its kind is needed only where it is one of several that the kind tells apart."""
        part = self.node(self._definitions[key])
        text, required = part.get("description"), part.get("required", [])
        if isinstance(text, str):
            part["description"] = inspect.cleandoc(text)
        if "kind" in required and _REF.format(name=key) not in self._told_apart:
            part["required"] = [name for name in required if name != "kind"]
        return part

    def node(self, node: Any) -> Any:
        """A piece of a schema with its references by the short names."""
        match node:
            case dict():
                return {key: self.node(value) for key, value in node.items()}
            case list():
                return [self.node(value) for value in node]
            case str() if node.startswith(_REF.format(name="")):
                return _REF.format(name=self.name(node.removeprefix(_REF.format(name=""))))
            case _:
                return node


def _chosen_by_kind(nodes: list[Any]) -> Iterator[str]:
    """The references among which a `kind` decides."""
    for node in nodes:
        if isinstance(node, dict):
            yield from node.get("discriminator", {}).get("mapping", {}).values()
            yield from _chosen_by_kind(list(node.values()))
        elif isinstance(node, list):
            yield from _chosen_by_kind(node)


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
