"""Pages of the metrics: a list, and a page for each group with every metric's definition."""

from collections.abc import Iterator

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.metric import AnyMetric, facts_of
from punchcard.catalog.words import formula_in_words
from punchcard.reference.markdown import anchor, bullets, code, grouped, page, table

_ADDS = {
    "additive": "May be summed over any cells.",
    "semi_additive": "May be summed over groups, never over time.",
    "distinct": "Counts overlap between cells, so every total is asked anew.",
    "ratio": "Is never summed or averaged; every total is asked anew.",
    "estimate": "An estimate; every total is estimated anew.",
}


def pages(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """The list, and a page a group, by file name."""
    groups = grouped((name, metric.group) for name, metric in catalog.metrics.items())
    yield (
        "metrics.md",
        page(
            "Metrics",
            "A metric is a figure with a name. Ask for it by that name.",
            *(part for group, names in groups.items() for part in _listed(catalog, group, names)),
        ),
    )
    for group, names in groups.items():
        yield (
            _file(group),
            page(
                f"Metrics: {group}", *(part for name in names for part in _metric(catalog, name, catalog.metrics[name]))
            ),
        )


def _file(group: str) -> str:
    return f"metrics-{anchor(group)}.md"


def _listed(catalog: Catalog, group: str, names: list[str]) -> Iterator[str]:
    yield f"## [{group}]({_file(group)})"
    yield table(
        ("Name", "Title", "Unit", "What it is"),
        (
            (
                f"[{code(name)}]({_file(group)}#{anchor(name)})",
                catalog.metrics[name].title,
                catalog.metrics[name].unit,
                catalog.metrics[name].method,
            )
            for name in names
        ),
    )


def _metric(catalog: Catalog, name: str, metric: AnyMetric) -> Iterator[str]:
    yield f"## {name}"
    also = f" Also called {', '.join(metric.also_called)}." if metric.also_called else ""
    yield f"**{metric.title}**, in {metric.unit}.{also} {metric.method}"
    yield bullets(_habits(catalog, name, metric))
    yield table(
        ("Parameter", "Type", "Default", "Meaning"),
        (
            (code(key), one.type, "required" if one.default is None else code(str(one.default)), one.meaning)
            for key, one in metric.parameters.items()
        ),
    )
    if metric.questions:
        yield "Answers: " + " · ".join(metric.questions)


def _habits(catalog: Catalog, name: str, metric: AnyMetric) -> Iterator[str]:
    yield f"Kind: {type(metric).__struct_config__.tag}. {_ADDS[metric.additivity]}"
    yield f"Computed as: {formula_in_words(catalog, name)}"
    facts = dict.fromkeys(fact for leaf in catalog.leaves(name) for fact in facts_of(leaf))
    if facts:
        yield "Facts: " + ", ".join(f"[{code(fact)}](facts.md#{anchor(fact)})" for fact in facts)
    if metric.better != "neutral":
        yield f"Better: {metric.better}"
    if metric.exclusions:
        yield f"Left out: {metric.exclusions}"
    if metric.pitfalls:
        yield f"Beware: {metric.pitfalls}"
    if metric.not_by:
        yield f"Not by: {', '.join(map(code, metric.not_by))}"
