"""Reading declarations: YAML files into typed values, with every mistake's file, line and place.

YAML 1.1 reads `on`, `yes` and `no` as truths; here only `true` and `false` are, so a key `on` is a key. A date is the
text that was written. A key given twice is a mistake, not a silent overwrite.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
import yaml

from punchcard.errors import Mistake, did_you_mean

T = TypeVar("T")


class _Loader(yaml.CSafeLoader):
    """Safe YAML with 1.2's booleans, dates as text and no duplicate keys."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("bool", "timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, object]:
    seen: set[Hashable] = set()
    for key, _ in node.value:
        # Nearly every key is plain text, which need not be made twice.
        name = key.value if isinstance(key, yaml.ScalarNode) else loader.construct_object(key, deep=True)
        if name in seen:
            raise yaml.constructor.ConstructorError(None, None, f"'{name}' is given twice", key.start_mark)
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


@dataclass
class Reader:
    """Reads files and keeps the mistakes, so that all are told at once."""

    mistakes: list[Mistake] = field(default_factory=list[Mistake])

    def mapping(self, path: Path, shown: str) -> dict[str, object]:
        """A file's mapping of names to declarations; empty, with a mistake kept, if it cannot be read."""
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
        except yaml.MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
            self.mistakes.append(Mistake(f"{shown}{line}", "", str(error.problem)))
            return {}
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            self.mistakes.append(Mistake(shown, "", f"cannot be read as YAML in UTF-8: {error}"))
            return {}
        if content is None:
            return {}
        if not isinstance(content, dict):
            self.mistakes.append(Mistake(shown, "", "should be a mapping of names to declarations"))
            return {}
        return {str(name): value for name, value in content.items()}

    def decode(self, raw: object, kind: type[T], path: Path, shown: str, name: str) -> T | None:
        """A declaration as a typed value; None, with a mistake kept, if it is wrong."""
        try:
            return msgspec.convert(raw, type=kind)
        except msgspec.ValidationError as error:
            message, place = explained(str(error), kind, raw)
            where = ".".join(part for part in (name, place) if part)
            self.mistakes.append(Mistake(f"{shown}{line_of(path, where)}", where, message))
            return None


def explained(message: str, kind: object, raw: object) -> tuple[str, str]:
    """msgspec's message about `raw` as a `kind`, with what would be right there; and the place as a dotted path."""
    text, _, place = message.partition(" - at `$")
    place = place.strip("`").lstrip(".")
    text = text.replace("Object missing required field", "lacks the field").replace("`", "'")
    text = text.replace("Invalid RFC3339 encoded date", "no such day; write it like 2026-01-31")
    *way, last = ["", *re.findall(r"[^.\[\]]+", place)]
    kinds, node = [kind], raw
    for part in way[1:]:
        kinds, node = _inside(kinds, node, part)
    if found := re.search(r"unknown field '([^']+)'", text):
        kinds, node = _inside(kinds, node, last)
        fields = sorted({name for struct in _fitting(kinds, node) for name in struct.__struct_encode_fields__})
        return f"unknown field '{found[1]}'{did_you_mean(found[1], fields)}; known are {', '.join(fields)}", place
    if found := re.search(r"Invalid (?:enum )?value '([^']+)'", text):
        words = _words(kinds, node, last)
        hint = did_you_mean(found[1], words) or f"; one of {', '.join(words)}"
        return f"unknown value '{found[1]}'{hint}", place
    return text[0].lower() + text[1:], place


def _inside(kinds: Sequence[object], node: object, part: str) -> tuple[list[object], object]:
    """The types that a field or an element of a value may have, and the field or element itself."""
    if isinstance(node, list | tuple) or part in ("", "..."):
        element = node[int(part)] if isinstance(node, list | tuple) and part.isdigit() else node
        return [*kinds], element
    fields = [field for struct in _fitting(kinds, node) for field in msgspec.structs.fields(struct)]
    return [f.type for f in fields if f.encode_name == part], node.get(part) if isinstance(node, dict) else None


def _fitting(kinds: Sequence[object], node: object) -> list[type[msgspec.Struct]]:
    """The structs that a mapping may be meant as: those of its tag, if it has a known one."""
    structs = [struct for kind in kinds for struct in _structs(kind)]
    tag = node.get("kind") if isinstance(node, dict) else None
    return [struct for struct in structs if struct.__struct_config__.tag == tag] or structs


def _structs(kind: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in get_args(kind):
        yield from _structs(part)


def _words(kinds: Sequence[object], node: object, part: str) -> list[str]:
    """The words that may stand in a field: the tags of what it belongs to, or the values of its type."""
    structs = [struct for kind in kinds for struct in _structs(kind)]
    tags = [str(struct.__struct_config__.tag) for struct in structs if struct.__struct_config__.tag_field == part]
    return tags or [word for kind in _inside(kinds, node, part)[0] for word in _values(kind)]


def _values(kind: object) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield from (str(one.value) for one in kind)
    for part in get_args(kind):
        if isinstance(part, str):
            yield part
        else:
            yield from _values(part)


def line_of(path: Path, place: str) -> str:
    """`:LINE` of a dotted place in a file, as far down as the place can be followed; nothing if it cannot."""
    try:
        node: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError):
        return ""
    line: int | None = None
    for part in re.findall(r"[^.\[\]]+", place):
        following = _child(node, part)
        if following is None:
            break
        line, node = following
    return "" if line is None else f":{line + 1}"


def _child(node: Any, part: str) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        child = node.value[int(part)]
        return child.start_mark.line, child
    return None
