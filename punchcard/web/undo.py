"""Undo: what files of the project held before a change, kept for a while beside its data."""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

DONE: Final = "done"  # the parameter of an address that names a change which can still be taken back
KEPT: Final = 50


class File(msgspec.Struct, frozen=True):
    """What a file held before a change (None: there was none), and the digest of what it holds since."""

    before: str | None
    after: str | None


class Change(msgspec.Struct, frozen=True):
    """One change of the project: what was done in words, the files by their place in it, where undoing leads."""

    said: str
    files: dict[str, File]
    back: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The changes of a project that can be taken back, the latest 50."""

    folder: Path

    def put(self, change: Change) -> str:
        """Keep a change; gives the name it is found by."""
        name = uuid4().hex
        self._place.mkdir(parents=True, exist_ok=True)
        self._path(name).write_bytes(msgspec.json.encode(change))
        by_age = sorted(self._place.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-KEPT]:
            with suppress(OSError):
                path.unlink()
        return name

    def get(self, name: str) -> Change | None:
        """A change by its name, if it is still kept."""
        path = self._path(name)
        return msgspec.json.decode(path.read_bytes(), type=Change) if name.isalnum() and path.is_file() else None

    def drop(self, name: str) -> None:
        """Let go of a change."""
        self._path(name).unlink(missing_ok=True)

    @property
    def _place(self) -> Path:
        return self.folder / ".punchcard" / "undo"

    def _path(self, name: str) -> Path:
        return self._place / f"{name}.json"


def digest(text: str | None) -> str | None:
    """What tells one text from another; none of a file that is not there."""
    return None if text is None else sha256(text.encode()).hexdigest()
