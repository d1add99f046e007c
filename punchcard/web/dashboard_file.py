"""A dashboard's file, changed as a person would: a tile added or taken out, every other line left as it is."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from punchcard.catalog.catalog import Catalog
from punchcard.dashboard import Dashboard, Tile
from punchcard.dashboard import check as check_dashboard
from punchcard.declaration import Reader
from punchcard.errors import QueryError


def new_file(title: str, period: str, compare: str | None, tile: Tile) -> str:
    """The text of a new dashboard with one tile."""
    head: dict[str, Any] = {
        "title": title,
        "question": "What was saved from Explore?",
        "group": "Saved",
        "period": period,
    }
    if compare is not None:
        head["compare"] = compare
    return f"{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}tiles:\n  {_item(tile)}"


def with_tile(text: str, tile: Tile) -> str:
    """The text with one more tile at the end."""
    tiles = _tiles(text)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    place = tiles.end_mark.line + (1 if tiles.end_mark.column else 0)
    while place > 0 and place <= len(lines) and not lines[place - 1].strip():
        place -= 1  # blank lines stay below the list
    lines.insert(place, " " * tiles.start_mark.column + _item(tile))
    changed = "".join(lines)
    _as_meant(text, changed, [*_declared(text), *yaml.safe_load(_item(tile))])
    return changed


def without_tile(text: str, place: int) -> str | None:
    """The text without one tile; None if it was the only one."""
    tiles = _tiles(text)
    if len(tiles.value) == 1:
        return None
    starts = [node.start_mark.line for node in tiles.value]
    end = tiles.end_mark.line + (1 if tiles.end_mark.column else 0)
    lines = text.splitlines(keepends=True)
    changed = "".join(lines[: starts[place]] + lines[(*starts, end)[place + 1] :])
    kept = _declared(text)
    _as_meant(text, changed, kept[:place] + kept[place + 1 :])
    return changed


def decoded(text: str, path: Path, catalog: Catalog, others: dict[str, Dashboard]) -> Dashboard:
    """The dashboard that a text declares; QueryError with the first mistake in it."""
    reader = Reader()
    found = reader.decode(yaml.safe_load(text), Dashboard, path, path.name, "")
    if found is None:
        raise QueryError(str(reader.mistakes[0]))
    for place, message in check_dashboard(found, catalog, others):
        raise QueryError(f"{place}: {message}")
    return found


def file_name(title: str) -> str:
    """The name of a file for a title: letters and digits that every system knows.

    >>> file_name("Été: 10 % off!"), file_name("../../etc"), file_name("لوحة")
    ('ete_10_off', 'etc', 'saved')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60] or "saved"


def numbered(name: str) -> Iterator[str]:
    """A name, and then the same with a number from 2 to 999: the ones to try until one is free."""
    yield name
    yield from (f"{name}_{count}" for count in range(2, 1000))


def _item(tile: Tile) -> str:
    text = yaml.safe_dump(_plain(tile), default_flow_style=True, sort_keys=False, allow_unicode=True, width=1_000_000)
    return f"- {text}"


def _plain(tile: Tile) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(tile).items() if value != {}}


def _tiles(text: str) -> yaml.SequenceNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "tiles" and isinstance(value, yaml.SequenceNode) and not value.flow_style:
            return value
    raise QueryError("the file's tiles are not one to a line, so it can only be changed by hand")


def _declared(text: str) -> list[Any]:
    return yaml.safe_load(text)["tiles"]


def _as_meant(before: str, after: str, tiles: list[Any]) -> None:
    """Refuse to write what would not be read as it was meant."""
    then, now = yaml.safe_load(before), yaml.safe_load(after)
    if now != {**then, "tiles": tiles}:
        raise QueryError("the file is laid out in a way that can only be changed by hand")
