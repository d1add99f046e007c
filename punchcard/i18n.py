"""Language: what a page says and in which direction it is written. Messages are gettext catalogues beside the code.

    language = Language.of("ar")
    language._("No data in this period")
    language.ngettext("%(count)s row", "%(count)s rows", 3)

A catalogue is `locale/<tag>.po`, read as it is: there is nothing to compile. To collect new messages and merge them:

    pybabel extract --mapping punchcard/locale/babel.cfg --output messages.pot punchcard
    pybabel update --input-file messages.pot --output-file punchcard/locale/ar.po --locale ar
"""

from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

CATALOGUES: Final = Path(__file__).parent / "locale"
SOURCE: Final = "en"  # the language of the messages in the code


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the interface; passed to whatever speaks, never global."""

    tag: str
    messages: NullTranslations

    @classmethod
    def of(cls, tag: str) -> "Language":
        """The language of a tag; one that has no catalogue speaks English, in its own direction."""
        return cls(tag, _messages(tag))

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return Locale.parse(self.tag.replace("-", "_")).text_direction

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return Locale.parse(self.tag.replace("-", "_")).get_display_name() or self.tag

    def _(self, message: str, **values: object) -> str:
        """The message in this language, with its `%(name)s` filled in."""
        return _filled(self.messages.gettext(message), values)

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The form of a message that fits a count; `%(count)s` is the count unless given as text."""
        return _filled(self.messages.ngettext(one, many, count), {"count": count, **values})


def _filled(text: str, values: dict[str, object]) -> str:
    if not values:
        return text
    if any(hasattr(value, "__html__") for value in values.values()):
        return Markup.escape(text) % values
    return text % values


def languages() -> tuple[str, ...]:
    """The tags of all languages there are, English first."""
    return (SOURCE, *sorted(path.stem for path in CATALOGUES.glob("*.po")))


@lru_cache(maxsize=32)
def _messages(tag: str) -> NullTranslations:
    for name in (tag, tag.split("-", maxsplit=1)[0]):
        path = CATALOGUES / f"{name}.po"
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=name.replace("-", "_"))
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            return GNUTranslations(compiled)
    return NullTranslations()
