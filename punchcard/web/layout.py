"""Layout: how one reader arranges a dashboard for themselves: tiles first that they keep first, others folded away.

It is a cookie of the reader's browser for that page, so nobody else's page changes, and nothing has to be signed in to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from punchcard.errors import QueryError

T = TypeVar("T")

COOKIE = "layout"
_WRITTEN = re.compile(r"((?:\d{1,3}\.)*)/((?:\d{1,3}\.)*)")


@dataclass(frozen=True, slots=True)
class Layout:
    """The tiles kept first, in their order, and those folded away, by their place in the declaration.

    >>> Layout.read("2.0./5.").written
    '2.0./5.'
    """

    first: tuple[int, ...] = ()
    folded: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Layout":
        """The layout of a cookie; anything else is no layout."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            return cls()
        first, folded = (tuple(dict.fromkeys(map(int, part.split(".")[:-1]))) for part in written.groups())
        return cls(first, folded)

    @property
    def written(self) -> str:
        """As a cookie holds it."""
        return "/".join("".join(f"{place}." for place in part) for part in (self.first, self.folded))

    def after(self, deed: str, place: int) -> "Layout":
        """The layout after something was done to a tile: `first`, `loose`, `fold` or `unfold`."""
        first = tuple(one for one in self.first if one != place)
        folded = tuple(one for one in self.folded if one != place)
        match deed:
            case "first":
                return Layout((place, *first), folded)
            case "fold":
                return Layout(first, (*folded, place))
            case "loose":
                return Layout(first, self.folded)
            case "unfold":
                return Layout(self.first, folded)
            case _:
                raise QueryError(f"nothing called '{deed}' can be done to a tile; give first, loose, fold or unfold")

    def arranged(self, tiles: Sequence[T]) -> tuple[tuple[T, ...], tuple[T, ...]]:
        """The tiles to show in their order, and those folded away.

        >>> Layout((2,), (0,)).arranged(("a", "b", "c"))
        (('c', 'b'), ('a',))
        """
        there = range(len(tiles))
        folded = tuple(place for place in self.folded if place in there)
        first = [place for place in self.first if place in there and place not in folded]
        rest = [place for place in there if place not in first and place not in folded]
        return tuple(tiles[place] for place in (*first, *rest)), tuple(tiles[place] for place in folded)


AS_DECLARED = Layout()
