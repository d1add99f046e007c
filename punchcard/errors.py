"""The few errors a person sees: what is wrong, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class PunchcardError(Exception):
    """An error with a message for a person; `where` names the place (a file, a field), if there is one."""

    def __init__(self, message: str, *, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class DeclarationError(PunchcardError):
    """A file of the project is wrong. Carries every mistake found, not only the first."""

    def __init__(self, mistakes: "Iterable[Mistake]") -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class Mistake:
    """One mistake in a declaration: the file, the place inside it, what is wrong and what to do."""

    __slots__ = ("file", "message", "place")

    def __init__(self, file: str, place: str, message: str) -> None:
        self.file = file
        self.place = place
        self.message = message

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.message) if part)


class QueryError(PunchcardError):
    """A question is wrong: an unknown name, an impossible period, a breakdown that cannot be."""


class ImportFailed(PunchcardError):
    """A file or a database could not be read as declared; what was stored before is untouched."""


class Forbidden(PunchcardError):
    """The viewer may not see what was asked for."""


class EngineError(PunchcardError):
    """The database refused or failed; the question itself was well formed."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A suffix that suggests the nearest known word, or nothing.

    >>> did_you_mean("coin", ["coins", "points"])
    "; did you mean 'coins'?"
    >>> did_you_mean("xyzzy", ["coins"])
    ''
    """
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
