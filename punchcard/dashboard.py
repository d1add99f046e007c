"""Dashboard: tiles on a grid with controls, declared in one file; the file's name is its address.

    title: Programme pulse
    question: How is the programme doing right now?
    group: Key figures
    period: last_12_months
    compare: previous_period
    controls:
      - {dimension: store.region, title: Region}
    tiles:
      - {title: Net revenue, width: 3, ask: {kind: number, metrics: [net_revenue], trend: true}}

A control with a `name` is a choice whose value tiles take where they write `$name`, also as the end of a dimension
(`segment.$scheme`). What is `$name?` is left out where there is nothing to choose.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec import field as named

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Filter, Reading, Scalar
from punchcard.catalog.metric import facts_behind
from punchcard.errors import QueryError, did_you_mean
from punchcard.plan.dimension import known, reads
from punchcard.query import Query, decode


class Control(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something the reader chooses: a filter on a dimension, or, with a `name`, a value for the tiles.

    A named choice lists the values of its `dimension`, the largest by `metric` first; `nth` is the one chosen at first.
    A choice without a dimension offers `options`.
    """

    title: str
    dimension: str | None = None
    name: str | None = None
    metric: str | None = None
    nth: Annotated[int, Meta(ge=1, le=50)] = 1
    options: dict[str, str] = named(default_factory=dict[str, str])


class Tile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question on a dashboard. What it does not say (period, comparison, filters) the dashboard's controls say.

    `compare: none` keeps the dashboard's comparison off a tile until the reader asks for one.
    """

    title: str
    ask: dict[str, Any]
    width: Annotated[int, Meta(ge=2, le=12)] = 6
    hint: str = ""
    filters: tuple[dict[str, Any], ...] = ()
    period: str | None = None
    compare: str | None = None
    reading: Reading | None = None
    parameters: dict[str, Scalar] = named(name="with", default_factory=dict[str, Scalar])
    link: str | None = None


class Dashboard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A page of tiles that answers one question of one audience."""

    title: str
    question: str
    group: str
    kind: Literal["data", "tool"] = "data"
    audience: str = ""
    period: str = "last_12_months"
    compare: str | None = None
    controls: tuple[Control, ...] = ()
    tiles: Annotated[tuple[Tile, ...], Meta(min_length=1)]
    links: tuple[str, ...] = ()
    parameters: dict[str, Scalar] = named(name="with", default_factory=dict[str, Scalar])

    def choices(self) -> tuple[Control, ...]:
        """The named controls."""
        return tuple(control for control in self.controls if control.name is not None)

    def anything(self) -> dict[str, str]:
        """Something chosen for each of them, to see what the tiles ask: an option, or a year, which fits anywhere."""
        return {one.name: next(iter(one.options), "2000") for one in self.choices() if one.name is not None}


class View(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the reader has chosen on a dashboard: all of it is in the address."""

    period: str | None = None
    compare: str | None = None
    filters: tuple[Filter, ...] = ()
    reading: Reading | None = None
    known_at: str | None = None
    choices: dict[str, str] = named(default_factory=dict[str, str])


def question(dashboard: Dashboard, tile: Tile, view: View) -> Query:
    """The complete question of a tile under a view; QueryError says what is wrong with either."""
    chosen = dict(view.choices)
    raw = _filled(msgspec.to_builtins(tile.ask), chosen)
    filters = [*msgspec.to_builtins(view.filters), *(_filled(one, chosen) for one in tile.filters)]
    own = None if tile.compare == "none" and view.compare is not None else tile.compare
    compare = own if own is not None else view.compare if view.compare is not None else dashboard.compare
    return decode(
        {
            "ask": raw,
            "period": _text(_filled(tile.period or view.period or dashboard.period, chosen)),
            "compare": None if compare in (None, "none") else _text(_filled(compare, chosen)),
            "filters": filters,
            "reading": tile.reading or view.reading or "at_event",
            "known_at": view.known_at,
            "with": _filled({**dashboard.parameters, **tile.parameters}, chosen),
        }
    )


# A name that ends with what was chosen, like `segment.$scheme`.
_WITHIN = re.compile(r"([a-z]+\.)(\$[a-z_]+)")


def _text(value: object) -> str:
    return str(value)


def _filled(node: object, chosen: Mapping[str, str]) -> Any:
    """The declaration with each `$name` replaced by what was chosen."""
    match node:
        case str() if node.startswith("$"):
            name = node[1:].removesuffix("?")
            if name not in chosen:
                raise QueryError(f"nothing is chosen for '{node}'{did_you_mean(name, chosen)}")
            return chosen[name]
        case str() if (found := _WITHIN.fullmatch(node)) is not None:
            return found[1] + _filled(found[2], chosen)
        case dict():
            return {key: _filled(value, chosen) for key, value in node.items() if not _open(value, chosen)}
        case list() | tuple():
            return [_filled(value, chosen) for value in node]
        case _:
            return node


def _open(value: object, chosen: Mapping[str, str]) -> bool:
    """Whether a value may be left out and nothing is chosen for it."""
    return isinstance(value, str) and value.startswith("$") and value.endswith("?") and value[1:-1] not in chosen


def check(dashboard: Dashboard, catalog: Catalog, others: Mapping[str, Dashboard]) -> Iterator[tuple[str, str]]:
    """Mistakes in a dashboard: unknown metrics, dimensions, dashboards and choices."""
    chosen = dashboard.anything()
    for position, tile in enumerate(dashboard.tiles):
        place = f"tiles[{position}]"
        try:
            asked = question(dashboard, tile, View(choices=chosen))
        except QueryError as error:
            yield f"{place}.ask", error.message
            continue
        for message in _unknown(asked, catalog):
            yield f"{place}.ask", message
        if tile.link is not None and tile.link not in others:
            yield f"{place}.link", f"no dashboard '{tile.link}'{did_you_mean(tile.link, others)}"
    for position, link in enumerate(dashboard.links):
        if link not in others:
            yield f"links[{position}]", f"no dashboard '{link}'{did_you_mean(link, others)}"
    for position, control in enumerate(dashboard.controls):
        if control.dimension is None and not control.options:
            yield f"controls[{position}]", "a control needs a dimension, or options to choose from"
        if control.metric is not None and control.metric not in catalog.metrics:
            yield (
                f"controls[{position}].metric",
                f"no metric '{control.metric}'{did_you_mean(control.metric, catalog.metrics)}",
            )


def _unknown(query: Query, catalog: Catalog) -> Iterator[str]:
    metrics = query.ask.used()
    missing = [name for name in metrics if name not in catalog.metrics]
    yield from (f"no metric '{name}'{did_you_mean(name, catalog.metrics)}" for name in missing)
    if missing:
        return
    wanted = [*query.ask.dimensions(), *(one.dimension for one in query.filters if one.dimension is not None)]
    for metric in metrics:
        facts = {fact for leaf in catalog.leaves(metric) for fact in facts_behind(leaf)}
        for name in wanted:
            if facts and not any(reads(catalog, fact, name) for fact in facts):
                names = [one for fact in sorted(facts) for one in known(catalog, fact)]
                yield f"{metric} cannot be read by '{name}'{did_you_mean(name, names)}"
