"""A file of segments, changed as a person would: one declaration set or taken out, every other line left as it is."""

from pathlib import Path
from typing import Any

import yaml

from punchcard.errors import QueryError


def home(folder: Path, name: str) -> Path | None:
    """The file of the project that declares a segment, if one does."""
    for path in sorted(folder.glob("*.yaml")):
        if name in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}):
            return path
    return None


def with_segment(text: str, name: str, told: dict[str, Any]) -> str:
    """The text with a segment declared: in its place if it is there, or else at the end."""
    written = yaml.safe_dump({name: told}, sort_keys=False, allow_unicode=True, width=110)
    declared: dict[str, Any] = yaml.safe_load(text) or {}
    if name not in declared:
        return f"{text.rstrip()}\n\n{written}" if text.strip() else written
    first, last = _lines(text, name)
    lines = text.splitlines(keepends=True)
    return _as_meant(
        "".join((*lines[:first], written, *lines[last:])), {**declared, name: yaml.safe_load(written)[name]}
    )


def without_segment(text: str, name: str) -> str | None:
    """The text without a segment; None if it was the only one."""
    declared: dict[str, Any] = yaml.safe_load(text)
    if len(declared) == 1:
        return None
    first, last = _lines(text, name)
    lines = text.splitlines(keepends=True)
    rest = {key: value for key, value in declared.items() if key != name}
    return _as_meant("".join((*lines[:first], *lines[last:])), rest)


def _lines(text: str, name: str) -> tuple[int, int]:
    """The first line of a declaration, and the one after its last; blank lines and comments below are not its own."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise QueryError("the file of the segment is laid out in a way that can only be changed by hand")
    found = next((key, value) for key, value in root.value if key.value == name)
    first, end = found[0].start_mark.line, found[1].end_mark
    last = end.line + (1 if end.column else 0)
    lines = text.splitlines()
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return first, last


def _as_meant(text: str, wanted: dict[str, Any]) -> str:
    """The text, unless it would not be read as it was meant."""
    if yaml.safe_load(text) != wanted:
        raise QueryError("the file of the segment is laid out in a way that can only be changed by hand")
    return text
