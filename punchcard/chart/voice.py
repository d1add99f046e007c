"""Voice: the language and the number format a chart speaks, and where its names and figures lead."""

from collections.abc import Mapping
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


class Behind(Protocol):
    """The address of the members behind a figure, given the labels of its mark by column; None if it has none."""

    def __call__(self, at: Mapping[str, Cell]) -> str | None:
        """The address."""
        ...


def nobody(at: Mapping[str, Cell]) -> str | None:
    """The members behind the figures of a chart that does not say: none."""
    return None


@dataclass(frozen=True, slots=True)
class Voice:
    """For whom a chart is drawn."""

    language: Language
    format: Format
    link: Link = nowhere
    behind: Behind = nobody

    @classmethod
    def of(cls, tag: str, *, currency: str = "USD", link: Link = nowhere) -> "Voice":
        """The voice of a language tag."""
        language = Language.of(tag)
        return cls(language, Format.of(tag, currency=currency, none=language._("(none)")), link)

    def _(self, message: str, **values: object) -> str:
        """The message in the reader's language."""
        return self.language._(message, **values)
