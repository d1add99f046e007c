"""Filters in the address: read, written, changed by a click, said as a sentence."""

from collections.abc import Iterable

import msgspec

from punchcard.catalog.filter import Filter, Scalar
from punchcard.catalog.words import filter_in_words
from punchcard.chart.voice import Link
from punchcard.errors import QueryError
from punchcard.plan.rows import OTHER
from punchcard.query import converted
from punchcard.result import Cell
from punchcard.web.address import Address
from punchcard.web.site import Visit

FILTER = "f"

Filters = tuple[Filter, ...]


def read(address: Address) -> Filters:
    """The filters in an address; QueryError says which one is none."""
    return tuple(_decoded(text) for text in address.every(FILTER))


def _decoded(text: str) -> Filter:
    try:
        return converted(msgspec.json.decode(text), Filter)
    except msgspec.DecodeError:
        raise QueryError("a filter in the address is no JSON", where=f"the filter {text}") from None


def write(address: Address, filters: Iterable[Filter]) -> Address:
    """The address with these filters and no others."""
    return address.with_every(FILTER, tuple(msgspec.json.encode(one).decode() for one in filters))


def narrowed(filters: Filters, dimension: str, value: Scalar) -> Filters:
    """The filters after a click on a value: only that one is left, or, at a second click, all are back."""
    clicked = Filter(dimension=dimension, within=(value,))
    others = tuple(one for one in filters if one.dimension != dimension)
    return others if clicked in filters else (*others, clicked)


def toggled(filters: Filters, dimension: str, value: Scalar) -> Filters:
    """The filters after a value in a list is ticked: it joins the values chosen of its dimension, or leaves them."""
    place = next((at for at, one in enumerate(filters) if one.dimension == dimension and _lists(one)), None)
    if place is None:
        return (*filters, Filter(dimension=dimension, within=(value,)))
    chosen = filters[place].within
    values = tuple(one for one in chosen if one != value) if value in chosen else (*chosen, value)
    changed = (msgspec.structs.replace(filters[place], within=values),) if values else ()
    return (*filters[:place], *changed, *filters[place + 1 :])


def with_segment(filters: Filters, segment: str) -> Filters:
    """The filters after a click on a segment: its members only, or, at a second click, everybody again."""
    others = tuple(one for one in filters if one.segment != segment)
    return others if len(others) < len(filters) else (*filters, Filter(segment=segment))


def chosen(filters: Filters, dimension: str) -> tuple[Scalar, ...]:
    """The values of a dimension that are ticked."""
    return next((one.within for one in filters if one.dimension == dimension and _lists(one)), ())


def _lists(one: Filter) -> bool:
    return bool(one.within) and not one.negated


def sentence(visit: Visit, wanted: Filter, metrics: Iterable[str] = ()) -> str:
    """A filter in words."""
    title = visit.titled(wanted.dimension, metrics) if wanted.dimension is not None else ""
    return filter_in_words(visit.catalog, wanted, title)


def scalar(value: Cell) -> Scalar:
    """A cell as a filter writes it."""
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def linker(page: Address, filters: Filters, dimensions: Iterable[str]) -> Link:
    """Where the names of a chart lead: a value of a dimension narrows the page to it."""
    known = frozenset(dimensions)

    def link(column: str, value: Cell) -> str | None:
        if column not in known or value == OTHER:
            return None
        return str(write(page, narrowed(filters, column, scalar(value))))

    return link
