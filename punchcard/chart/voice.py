"""Voice: the language and the number format a chart speaks, and where its names lead."""

from dataclasses import dataclass
from typing import Protocol

from punchcard.format import Format
from punchcard.i18n import Language
from punchcard.result import Cell


class Link(Protocol):
    """The address that narrows the page to one value of a column, or None if the value is no filter."""

    def __call__(self, column: str, value: Cell) -> str | None:
        """The address."""
        ...


def nowhere(column: str, value: Cell) -> str | None:
    """The link of a chart that cannot be clicked: none."""
    return None


@dataclass(frozen=True, slots=True)
class Voice:
    """For whom a chart is drawn."""

    language: Language
    format: Format
    link: Link = nowhere

    @classmethod
    def of(cls, tag: str, *, currency: str = "USD", link: Link = nowhere) -> "Voice":
        """The voice of a language tag."""
        return cls(Language.of(tag), Format.of(tag, currency=currency), link)

    def _(self, message: str, **values: object) -> str:
        """The message in the reader's language."""
        return self.language._(message, **values)
