"""Disclosure: which cells of a table with margins must be hidden, so that nobody's own figure can be worked out.

A cell is unsafe if too few people stand behind it, or if one of them makes up nearly all of it. Hiding only those would
not do: a total less the cells beside it gives them away. So others are hidden with them, by two rules.

* *Lines.* In each line whose total is shown, what is hidden together is itself safe: one hidden cell alone is safe, and
  nobody dominates their sum. Otherwise the smallest safe cell of the line is hidden too.
* *Algebra.* Over all lines together, the equations of the table must leave every unsafe cell open. It is open exactly
  if some change of the hidden cells keeps all shown totals and changes it.

Totals come first, cells after: what is hidden of a total by itself is hidden of it in every finer table too.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

ALL = "\u2026all"  # in a key: the dimension is summed up

Key = tuple[Hashable, ...]

# Beyond so many hidden cells the equations are not solved; the finest cells are all hidden instead.
MOST_UNKNOWN = 300
MOST_TRIED = 30
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Support:
    """Who stands behind a cell: how many people, what the largest of them adds to it, and what all of them add."""

    people: int
    largest: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """When a cell is safe: at least `people` stand behind it, and nobody makes up more than `share` of it."""

    people: int = 10
    share: float = 0.8

    def safe(self, support: Support) -> bool:
        """Whether a cell may be shown for itself; one with nobody in it tells of nobody.

        >>> Rule().safe(Support(9)), Rule().safe(Support(10, 90, 100)), Rule().safe(Support(10, 80, 100))
        (False, False, True)
        """
        return support.people == 0 or (
            support.people >= self.people and support.largest <= self.share * support.total + _TINY
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A total and the cells that it is the sum of."""

    total: Key
    cells: tuple[Key, ...]


def hidden(cells: Mapping[Key, Support], rule: Rule) -> frozenset[Key]:
    """The cells to hide. Keys have a value for each dimension, or ALL; a total is given like any other cell."""
    found = {key for key, support in cells.items() if not rule.safe(support)}
    unsafe = frozenset(found)
    every = _lines(cells)
    for summed in sorted({_depth(line.total) for line in every}, reverse=True):
        level = [line for line in every if _depth(line.total) == summed]
        _hide_with(level, cells, rule, found)
    _keep_open(every, cells, unsafe, found)
    return frozenset(found)


def _depth(key: Key) -> int:
    return sum(part == ALL for part in key)


def _lines(cells: Mapping[Key, Support]) -> list[Line]:
    """Every total with the cells along each dimension that it sums up."""
    children: dict[tuple[Key, int], list[Key]] = {}
    for key, support in cells.items():
        if support.people:
            for place, part in enumerate(key):
                if part != ALL:
                    children.setdefault(((*key[:place], ALL, *key[place + 1 :]), place), []).append(key)
    in_order = sorted(children.items(), key=lambda one: (_order(one[0][0]), one[0][1]))
    return [Line(total, tuple(sorted(below, key=_order))) for (total, _), below in in_order if total in cells]


def _order(key: Key) -> tuple[str, ...]:
    return tuple(f"{type(part).__name__} {part}" for part in key)


def _smallest_first(cells: Mapping[Key, Support], keys: Iterable[Key]) -> list[Key]:
    return sorted(keys, key=lambda key: (cells[key].people, _order(key)))


def _hide_with(lines: list[Line], cells: Mapping[Key, Support], rule: Rule, found: set[Key]) -> None:
    """Hide more cells of each line until what can be taken off its total is safe, or nothing of the line is shown."""
    changed = True
    while changed:
        changed = False
        for line in lines:
            shown = [key for key in line.cells if key not in found]
            gone = [cells[key] for key in line.cells if key in found]
            # All cells of a hidden total together would be that total.
            more = not gone if line.total in found else bool(gone) and not _safe_together(gone, rule)
            if more and shown:
                found.add(_smallest_first(cells, shown)[0])
                changed = True


def _safe_together(gone: list[Support], rule: Rule) -> bool:
    """Whether the sum of hidden cells may be known. A person can be in several, so people are not added up."""
    united = Support(max(one.people for one in gone), sum(one.largest for one in gone), sum(one.total for one in gone))
    return rule.safe(united)


def _keep_open(lines: list[Line], cells: Mapping[Key, Support], unsafe: frozenset[Key], found: set[Key]) -> None:
    """Hide more until no unsafe cell follows from what is shown."""
    while closed := determined(lines, found):
        wanted = sorted(unsafe & closed, key=_order)
        if not wanted:
            return
        touched = [line for line in lines if closed.intersection(line.cells)]
        beside = {key for line in touched for key in line.cells} - found
        if beside and len(found) <= MOST_UNKNOWN:
            found.add(_opening(lines, _smallest_first(cells, beside), wanted[0], found))
        elif finest := [key for key in cells if _depth(key) == 0 and key not in found]:
            found.update(finest)
        else:
            totals = {line.total for line in touched} - found
            found.update(_smallest_first(cells, totals)[:1] or cells)


def _opening(lines: list[Line], candidates: list[Key], closed: Key, found: set[Key]) -> Key:
    """The first candidate that, hidden too, leaves a cell open; the first one of all if more than one is needed."""
    for one in candidates[:MOST_TRIED]:
        if closed not in determined(lines, {*found, one}):
            return one
    return candidates[0]


def determined(lines: list[Line], gone: set[Key]) -> set[Key]:
    """The hidden cells that follow exactly from the shown ones."""
    places = {key: place for place, key in enumerate(sorted(gone, key=_order))}
    rows = [row for line in lines if (row := _equation(line, places)) is not None]
    if not rows:
        return set()
    if len(places) > MOST_UNKNOWN:
        fine = [line for line in lines if _depth(line.total) == 1]
        return set(gone) if any(key not in gone for line in fine for key in line.cells) else set()
    import numpy as np  # here, so that reading a project does not wait for it

    _, sizes, directions = np.linalg.svd(np.array(rows), full_matrices=True)
    rank = int((sizes > _TINY).sum())
    free = np.abs(directions[rank:]).max(axis=0, initial=0.0) if rank < len(places) else np.zeros(len(places))
    return {key for key, place in places.items() if free[place] < _TINY}


def _equation(line: Line, places: Mapping[Key, int]) -> list[float] | None:
    row = [0.0] * len(places)
    for key in line.cells:
        if key in places:
            row[places[key]] = 1.0
    if line.total in places:
        row[places[line.total]] = -1.0
    return row if any(row) else None


def split(gone: frozenset[Key], groups: tuple[frozenset[Hashable] | None, ...]) -> bool:
    """Whether a sum over a block of cells takes some hidden cells of a line and leaves others.

    `groups` says, for each dimension, which values the block holds; None is all of them.
    """
    finest = [key for key in gone if _depth(key) == 0]
    for place, chosen in enumerate(groups):
        if chosen is None:
            continue
        taken: dict[Key, set[bool]] = {}
        for key in _within(finest, groups, place):
            taken.setdefault((*key[:place], *key[place + 1 :]), set()).add(key[place] in chosen)
        if any(len(both) == 2 for both in taken.values()):
            return True
    return False


def _within(keys: list[Key], groups: tuple[frozenset[Hashable] | None, ...], apart: int) -> Iterator[Key]:
    for key in keys:
        if all(place == apart or chosen is None or key[place] in chosen for place, chosen in enumerate(groups)):
            yield key


def margins(count: int) -> list[tuple[bool, ...]]:
    """Which of so many dimensions are summed up, for every level of a table.

    >>> margins(1)
    [(False,), (True,)]
    """
    return [tuple(one) for one in product((False, True), repeat=count)]
