"""What is not there: said with the nearest name that is."""

from collections.abc import Mapping
from typing import TypeVar

from punchcard.errors import PunchcardError, did_you_mean

T = TypeVar("T")


class NotFound(PunchcardError):
    """Something that the address names does not exist, or not for this viewer."""


def found(named: Mapping[str, T], name: str, kind: str) -> T:
    """What has this name; NotFound with a suggestion if nothing has."""
    if name not in named:
        raise NotFound(f"no {kind} '{name}'{did_you_mean(name, named)}")
    return named[name]
