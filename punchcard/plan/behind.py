"""Behind: the rows on which a figure rests, counted by figures of their own over the same window and conditions."""

from collections.abc import Iterator, Sequence

from msgspec import structs

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.metric import Aggregate, Conversion, LeafMetric, Model, State, facts_of
from punchcard.plan.cells import fitting

COUNT = "count(*)"


def counting(catalog: Catalog, name: str, dimensions: Sequence[str]) -> Iterator[tuple[str, Aggregate | State]]:
    """The facts under a metric as it is read for these dimensions, each with a metric that counts the rows taken.

    A fact that is used twice comes twice: a rate's two parts may take different rows of it.
    """
    for leaf in catalog.leaves(name):
        yield from _counting(catalog, fitting(catalog, leaf, dimensions) if isinstance(leaf, Aggregate) else leaf)


def _counting(catalog: Catalog, leaf: LeafMetric) -> Iterator[tuple[str, Aggregate | State]]:
    match leaf:
        case Aggregate():
            yield leaf.of, structs.replace(leaf, value=COUNT, per=None, each={}, having=None, finer=None)
        case State():
            yield leaf.of, structs.replace(leaf, value=COUNT, per=None, each={}, having=None)
        case Conversion():
            for side in (leaf.entry, leaf.follow):
                yield side.of, _rows(leaf, side.of, side.where)
        case Model():
            for fact in facts_of(leaf):
                if fact in catalog.facts:
                    yield fact, _rows(leaf, fact, None)


def _rows(leaf: LeafMetric, fact: str, where: str | None) -> Aggregate:
    return Aggregate(
        title=leaf.title, method=leaf.method, of=fact, where=where, value=COUNT, parameters=leaf.parameters
    )
