"""People: who stands behind each cell of a figure, so that a brand's viewer is shown no single person's own.

For each leaf of a figure the same rows are read again: how many members they are of, and, where the figure is a sum,
how much of it the largest of them makes up. What must be hidden follows from that (`stats/disclosure.py`). It is worked
out for the whole table with all its margins, whichever of them the question shows, so that two questions about the same
table cannot be held against one another.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from msgspec import structs
from sqlglot import exp

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import AGGREGATES, parse
from punchcard.catalog.filter import Dimension, Filter, Scalar
from punchcard.catalog.metric import Aggregate, Conversion, LeafMetric, Model, State, facts_of, per_columns
from punchcard.errors import QueryError
from punchcard.period import Bucket
from punchcard.plan.cells import Figure, Leaf, leaves, side_by_side
from punchcard.plan.rows import OTHER, Cut
from punchcard.plan.scope import Scope
from punchcard.result import Cell
from punchcard.sql import Sql
from punchcard.stats.disclosure import ALL, Key, Rule, Support, hidden, margins, split

Run = Callable[[Sql], tuple[tuple[Cell, ...], ...]]

MOST_DIMENSIONS = 4  # a table of n dimensions has 2 to the n kinds of margins


@dataclass(frozen=True, slots=True)
class _Asked:
    """The uses that count the people behind one leaf, and the columns they come in."""

    leaf: LeafMetric
    uses: tuple[Leaf, ...]


@dataclass(frozen=True)
class People:
    """Who stands behind the figures of one viewer's question."""

    scope: Callable[[], Scope]
    run: Run
    rule: Rule

    def hidden(self, cut: Cut, figure: Figure, rows: Sequence[tuple[Cell, ...]]) -> frozenset[int]:
        """The places of the rows of a cut in which a figure must be hidden."""
        asked = list(_asked(self.scope(), cut, figure))
        if not asked or not rows:
            return frozenset()
        table, chosen = _unfiltered(cut, figure)
        if len(_axes(table)) > MOST_DIMENSIONS:
            text = f"a table for a brand has at most {MOST_DIMENSIONS} dimensions, those of filters among them"
            raise QueryError(f"{text}; leave some out")
        found: set[int] = set()
        for one, whole in zip(asked, _asked(self.scope(), table, _bare(figure)), strict=True):
            if gone := hidden(self._table(table, whole), self.rule):
                blocks = (_block(gone, cut, row, chosen) for row in rows)
                found.update(place for place, block in enumerate(blocks) if _covered(gone, block))
            if cut.keep or chosen:
                found |= self._unsafe(cut, one, rows)
        return frozenset(found)

    def _table(self, cut: Cut, asked: _Asked) -> dict[Key, Support]:
        """Every cell of the table with every margin, by its labels."""
        whole = replace(cut, keep={})
        found: dict[Key, Support] = {}
        for summed in margins(len(_axes(cut))):
            if cut.grain is not None and summed[0] and not _adds_up_in_time(asked.leaf):
                continue
            for key, support in self._supports(_summed(whole, summed), asked.uses):
                labels = iter(key)
                found[tuple(ALL if gone else next(labels) for gone in summed)] = support
        return found

    def _unsafe(self, cut: Cut, asked: _Asked, rows: Sequence[tuple[Cell, ...]]) -> set[int]:
        """The rows that are unsafe by themselves, groups put together included."""
        known = {tuple(map(str, key)): support for key, support in self._supports(cut, asked.uses)}
        count = len(_axes(cut))
        supports = (known.get(tuple(map(_text, row[:count])), Support(0)) for row in rows)
        return {place for place, support in enumerate(supports) if not self.rule.safe(support)}

    def _supports(self, cut: Cut, uses: Sequence[Leaf]) -> Iterator[tuple[Key, Support]]:
        count = len(_axes(cut))
        for row in self.run(side_by_side(self.scope(), cut, uses)):
            people, *parts = (0.0 if value is None else float(str(value)) for value in row[count:])
            yield row[:count], Support(int(people), *parts)


def _text(value: Cell) -> str:
    return str(value)


def _unfiltered(cut: Cut, figure: Figure) -> tuple[Cut, list[Filter]]:
    """The table that a filtered one is a part of: filters by value become dimensions."""
    filters = (*cut.filters, *figure.filters)
    chosen = [one for one in filters if one.dimension is not None and one.within]
    more = {
        one.dimension: Dimension(name=one.dimension, reading=one.reading or cut.reading)
        for one in chosen
        if one.dimension is not None
    }
    by = (*cut.by, *(one for name, one in more.items() if name not in {known.name for known in cut.by}))
    return replace(cut, by=by, keep={}, filters=tuple(one for one in filters if one not in chosen)), chosen


def _bare(figure: Figure) -> Figure:
    return replace(figure, filters=())


Block = tuple[frozenset[Hashable], ...]  # of each axis, the values that a figure is about


def _block(gone: frozenset[Key], cut: Cut, row: tuple[Cell, ...], chosen: Sequence[Filter]) -> Block:
    """Which cells of the whole table a row is the sum of, as far as cells are hidden in it."""
    names = _axes(cut)
    more = [one.dimension for one in chosen if one.dimension not in names]
    found: list[frozenset[Hashable]] = []
    for place, name in enumerate((*names, *dict.fromkeys(more))):
        values: frozenset[Hashable] = frozenset(key[place] for key in gone if key[place] != ALL)
        if place < len(names) and row[place] != OTHER:
            values = frozenset((row[place],))
        elif place < len(names):
            values -= set(cut.keep.get(name or "", ()))
        for one in chosen:
            if one.dimension == name:
                values = frozenset(value for value in values if _listed(value, one.within) != one.negated)
        if place >= len(names):
            values |= _named(name, chosen)
        found.append(values)
    return tuple(found)


def _named(name: str | None, chosen: Sequence[Filter]) -> frozenset[Hashable]:
    """The values that a filter names itself, though nothing of them is hidden."""
    return frozenset(value for one in chosen if one.dimension == name and not one.negated for value in one.within)


def _covered(gone: frozenset[Key], block: Block) -> bool:
    """Whether a block is a hidden cell, or takes some of the cells of a line that are hidden together."""
    if all(len(values) == 1 for values in block):
        return tuple(next(iter(values)) for values in block) in gone
    return split(gone, block)


def _listed(value: object, within: Sequence[Scalar]) -> bool:
    return any(str(one) == str(value) for one in within)


def _axes(cut: Cut) -> tuple[str, ...]:
    """The columns that tell cells apart."""
    return (("bucket",) if cut.grain else ()) + tuple(dimension.name for dimension in cut.by)


def _summed(cut: Cut, summed: Sequence[bool]) -> Cut:
    """A cut with some of its axes summed up."""
    places = list(summed)
    if cut.grain is not None and places.pop(0):
        cut = replace(cut, grain=None, buckets=(_whole(cut),))
    return replace(cut, by=tuple(one for one, gone in zip(cut.by, places, strict=True) if not gone))


def _whole(cut: Cut) -> Bucket:
    """All buckets of a cut as one."""
    first, last = cut.buckets[0], cut.buckets[-1]
    return Bucket(first.key, first.start, last.end, first.previous_start, last.complete)


def _adds_up_in_time(leaf: LeafMetric) -> bool:
    return isinstance(leaf, Aggregate) and leaf.over == "period"


def _asked(scope: Scope, cut: Cut, figure: Figure) -> Iterator[_Asked]:
    """For each leaf of a figure that is about people, the uses that count them."""
    for use, ignored in leaves(scope, cut, figure):
        counted = list(_counting(scope.catalog, use.metric))
        if counted:
            people = isinstance(use.metric, Conversion)
            uses = tuple(
                (replace(use, metric=metric, column=f"n{place}", people=people), ignored)
                for place, metric in enumerate(counted)
            )
            yield _Asked(use.metric, uses)


def _counting(catalog: Catalog, leaf: LeafMetric) -> Iterator[LeafMetric]:
    """Metrics over a leaf's own rows: how many members, and for a sum the largest one's part and all of theirs."""
    facts = [catalog.facts[name] for name in facts_of(leaf)[:1] if name in catalog.facts]
    member = facts[0].member if facts else None
    if member is None or facts[0].partners:
        return
    match leaf:
        case Conversion():
            yield leaf
        case Model():
            yield Aggregate(
                title=leaf.title, method=leaf.method, of=facts_of(leaf)[0], value=f"count(distinct {member})"
            )
        case Aggregate() | State():
            yield _counted(leaf, member)
            if _is_sum(leaf):
                each = {"part": leaf.value, "who": f"max({member})"}
                reduced = structs.replace(leaf, per=member, each=each, having="who is not null", single=())
                if isinstance(reduced, Aggregate):
                    reduced = structs.replace(reduced, finer=None)
                yield structs.replace(reduced, value="max(abs(part))")
                yield structs.replace(reduced, value="sum(abs(part))")


def _counted(leaf: Aggregate | State, member: str) -> Aggregate | State:
    """How many members are behind a metric."""
    if isinstance(leaf, Aggregate):
        leaf = structs.replace(leaf, finer=None)
    if per_columns(leaf) == (member,):
        return structs.replace(leaf, value=_among_counted("count(*)", leaf.value), single=())
    if leaf.per is not None:
        each = {**leaf.each, "who": f"max({member})"}
        return structs.replace(leaf, each=each, value=_among_counted("count(distinct who)", leaf.value), single=())
    return structs.replace(leaf, value=_among_counted(f"count(distinct {member})", leaf.value), single=())


def _among_counted(count: str, value: str) -> str:
    """The count over those rows that a formula counts at all, if each of its aggregates is of some rows only.

    >>> _among_counted("count(*)", "coalesce(sum(a) filter (where b > 1), 0)")
    'count(*) filter (where (b > 1))'
    >>> _among_counted("count(*)", "sum(a) filter (where b > 1) / sum(a)")
    'count(*)'
    """
    conditions: list[str] = []
    for node in _reductions(value):
        if not isinstance(node.parent, exp.Filter):
            return count
        conditions.append(f"({node.parent.expression.this.sql(dialect='duckdb')})")
    return f"{count} filter (where {' or '.join(dict.fromkeys(conditions))})" if conditions else count


def _reductions(value: str) -> list[exp.Expr]:
    return [
        node
        for node in parse(value).tree.walk()
        if isinstance(node, AGGREGATES)
        or (isinstance(node, exp.Anonymous) and node.name.lower() in ("share", "top_share"))
    ]


def _is_sum(leaf: Aggregate | State) -> bool:
    """Whether a figure is one sum over rows, to which each member adds a part."""
    if leaf.per is not None or (isinstance(leaf, State) and leaf.at == "average"):
        return False
    (first, *others) = _reductions(leaf.value) or [None]
    if others or first is None:
        return False
    counts = isinstance(first, exp.Count) and first.find(exp.Distinct) is None
    return isinstance(first, exp.Sum) or counts
