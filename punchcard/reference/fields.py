"""The fields of a declared thing, from its JSON Schema: what may stand there, what stands there if nothing does."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from punchcard.reference.markdown import anchor, code, table

Part = dict[str, Any]

_NUMBERS = (("minimum", "at least"), ("maximum", "at most"), ("minItems", "at least"), ("maxItems", "at most"))


def on_this_page(name: str) -> str:
    """The address of a part that is described on the same page."""
    return f"#{anchor(name)}"


@dataclass(frozen=True, slots=True)
class Fields:
    """Writes fields in words; `address` says where a part with a name of its own is described."""

    address: Callable[[str], str] = on_this_page

    def described(self, parts: dict[str, Part]) -> Iterator[str]:
        """A section for each part, in alphabetical order."""
        for name in sorted(parts):
            part = parts[name]
            yield f"### {name}"
            yield part.get("description", "")
            yield f"One of {self.holds(part)}." if "enum" in part else self.table(part)

    def table(self, part: Part) -> str:
        """The fields of one part as a table."""
        required = part.get("required", [])
        return table(
            ("Field", "Holds", "Default", "Meaning"),
            (
                (
                    code(name),
                    self.holds(field),
                    "required" if name in required else _default(field),
                    field.get("description", ""),
                )
                for name, field in part.get("properties", {}).items()
            ),
        )

    def holds(self, field: Part) -> str:
        """What may stand in a field."""
        if "$ref" in field:
            name = field["$ref"].rpartition("/")[2]
            return f"[{name}]({self.address(name)})"
        if "enum" in field:
            return ", ".join(code(str(word)) for word in field["enum"])
        if "anyOf" in field:
            return " or ".join(dict.fromkeys(self.holds(one) for one in field["anyOf"] if one.get("type") != "null"))
        return self._plain(field)

    def _plain(self, field: Part) -> str:
        match field.get("type"):
            case "array":
                found = self._list(field)
            case "object":
                inner = field.get("additionalProperties")
                found = f"mapping of names to {self.holds(inner)}" if isinstance(inner, dict) and inner else "mapping"
            case "string":
                found = f"text like {code(field['pattern'])}" if "pattern" in field else "text"
            case "boolean":
                found = "`true` or `false`"
            case "integer" | "number" as kind:
                found = ("whole number" if kind == "integer" else "number") + _bounds(field)
            case _:
                found = "anything"
        return found

    def _list(self, field: Part) -> str:
        if "prefixItems" in field:
            return f"[{', '.join(self.holds(one) for one in field['prefixItems'])}]"
        return f"list of {self.holds(field['items'])}{_bounds(field)}" if "items" in field else "list"


def _bounds(field: Part) -> str:
    bounds = [f"{word} {field[key]}" for key, word in _NUMBERS if key in field]
    return f" ({', '.join(bounds)})" if bounds else ""


def _default(field: Part) -> str:
    value = field.get("default")
    return "" if value in (None, "", [], {}) or isinstance(value, dict) else code(json.dumps(value).strip('"'))
