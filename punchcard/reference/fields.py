"""The fields of a declared thing, from its JSON Schema: what may stand there, what stands there if nothing does."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from punchcard.reference.markdown import anchor, code, table

Part = dict[str, Any]

_NUMBERS = (("minimum", "at least"), ("maximum", "at most"), ("minItems", "at least"), ("maxItems", "at most"))


def described(schema: Part, root: str | None = None) -> Iterator[str]:
    """A section for each kind of thing in a schema, the outermost first (or only those that `root` reaches)."""
    definitions: dict[str, Part] = schema["$defs"]
    for name in _reached(definitions, root) if root else sorted(definitions):
        part = definitions[name]
        yield f"### {name}"
        yield part.get("description", "")
        yield f"One of {holds(part)}." if "enum" in part else fields(part)


def _reached(definitions: dict[str, Part], root: str) -> list[str]:
    found = [root]
    for name in found:
        for other in _references(definitions[name]):
            if other not in found:
                found.append(other)
    return found


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rpartition("/")[2]
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def fields(part: Part) -> str:
    """The fields of one thing as a table."""
    required = part.get("required", [])
    return table(
        ("Field", "Holds", "Default", "Meaning"),
        (
            (
                code(name),
                holds(field),
                "required" if name in required else _default(field),
                field.get("description", ""),
            )
            for name, field in part.get("properties", {}).items()
        ),
    )


def holds(field: Part) -> str:
    """What may stand in a field, in words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{anchor(name)})"
    if "enum" in field:
        return ", ".join(code(str(word)) for word in field["enum"])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(holds(one) for one in field["anyOf"] if one.get("type") != "null"))
    return _PLAIN.get(field.get("type", ""), lambda field: "anything")(field)


def _list(field: Part) -> str:
    if "prefixItems" in field:
        return f"[{', '.join(holds(one) for one in field['prefixItems'])}]"
    return f"list of {holds(field['items'])}{_bounds(field)}" if "items" in field else "list"


def _mapping(field: Part) -> str:
    inner = field.get("additionalProperties")
    return f"mapping of names to {holds(inner)}" if isinstance(inner, dict) and inner else "mapping"


def _text(field: Part) -> str:
    return f"text like {code(field['pattern'])}" if "pattern" in field else "text"


_PLAIN: dict[str, Callable[[Part], str]] = {
    "array": _list,
    "object": _mapping,
    "string": _text,
    "boolean": lambda field: "`true` or `false`",
    "integer": lambda field: f"whole number{_bounds(field)}",
    "number": lambda field: f"number{_bounds(field)}",
}


def _bounds(field: Part) -> str:
    bounds = [f"{word} {field[key]}" for key, word in _NUMBERS if key in field]
    return f" ({', '.join(bounds)})" if bounds else ""


def _default(field: Part) -> str:
    value = field.get("default")
    return "" if value in (None, "", [], {}) or isinstance(value, dict) else code(json.dumps(value).strip('"'))
