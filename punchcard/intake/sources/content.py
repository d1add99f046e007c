"""Content: the bytes of a file as they were when it was opened, so that a change while it is read is noticed."""

import hashlib
from os import stat_result

from punchcard.errors import ImportFailed
from punchcard.intake.sources.feed import Place


class Content:
    """A file's hash and size, and the promise that it does not change under the reader."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._opened = self._stat()

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return self._opened.st_size

    def digest(self) -> str:
        """SHA-256 of the bytes."""
        with self._place.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        self.unchanged()
        return found

    def unchanged(self) -> None:
        """Refuse the file if somebody wrote to it since it was opened."""
        now = self._stat()
        if (now.st_size, now.st_mtime_ns, now.st_ino) != (
            self._opened.st_size,
            self._opened.st_mtime_ns,
            self._opened.st_ino,
        ):
            raise ImportFailed(
                "changed while it was read; import it again when it is complete", where=self._place.label
            )

    def _stat(self) -> stat_result:
        try:
            return self._place.path.stat()
        except FileNotFoundError:
            raise ImportFailed("disappeared while it was read", where=self._place.label) from None
