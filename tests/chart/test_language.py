"""The interface speaks Arabic wherever it speaks English."""

import re

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from punchcard.i18n import CATALOGUES, Language, languages

PACKAGE = CATALOGUES.parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]


def arabic() -> Catalog:
    with (CATALOGUES / "ar.po").open("rb") as file:
        return read_po(file, locale="ar")


def said() -> set[str]:
    """Every message of templates and code."""
    found = extract_from_dir(PACKAGE, METHODS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def test_every_message_has_an_arabic_translation() -> None:
    catalogue = arabic()
    translated = {
        message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.string
    }
    assert said() - translated == set()


def test_no_translation_is_left_of_a_message_that_is_gone() -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in arabic() if message.id}
    assert known - said() == set()


def test_a_translation_fills_the_same_blanks() -> None:
    for message in arabic():
        if isinstance(message.id, str) and message.id:
            assert set(re.findall(r"%\(\w+\)s", str(message.string))) == set(re.findall(r"%\(\w+\)s", message.id)), (
                message.id
            )


def test_a_language_knows_its_direction_and_its_plurals() -> None:
    language = Language.of("ar")
    assert language.direction == "rtl"
    assert [language.ngettext("%(count)s entry", "%(count)s entries", count) for count in (0, 1, 2, 3, 11)] == [
        "لا مدخلات", "مدخل واحد", "مدخلان", "3 مدخلات", "11 مدخلًا",
    ]  # fmt: skip


def test_a_language_without_a_catalogue_speaks_english_in_its_own_direction() -> None:
    hebrew = Language.of("he")
    assert (hebrew._("Save"), hebrew.direction) == ("Save", "rtl")


def test_english_comes_first() -> None:
    assert languages()[:2] == ("en", "ar")
