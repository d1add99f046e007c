"""Pages of the canonical model: its tables with help for mapping, the facts that metrics read, and their dimensions."""

from collections.abc import Iterator, Mapping

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.fact import Fact
from punchcard.catalog.table import Column, Scope, Table, Type, Via
from punchcard.plan.dimension import describe, known
from punchcard.reference.markdown import anchor, block, bullets, code, grouped, page, table

_SCOPES = {
    Scope.SHARED: "the same for every brand",
    Scope.OPERATOR: "seen by the operator only",
    Scope.MEMBERS: "of members who have a fact with the brand",
}


def tables(catalog: Catalog) -> str:
    """Every table and column, and what a source must map."""
    parts = [
        "What can be imported. A source (`sources/*.yaml`) says which of its columns fills which column here; a column "
        "that says what its being empty means may be left out. Everything starts with `brand`, `txn` and `txn_line`.",
        _contents(catalog.tables),
    ]
    for group, names in grouped((name, one.group) for name, one in catalog.tables.items()).items():
        parts.append(f"## {group}")
        parts += [part for name in names for part in _table(name, catalog.tables[name])]
    return page("Tables", *parts)


def _contents(tables: Mapping[str, Table]) -> str:
    return bullets(
        f"{group}: " + ", ".join(f"[{name}](#{anchor(name)})" for name in names)
        for group, names in grouped((name, one.group) for name, one in tables.items()).items()
    )


def _table(name: str, declared: Table) -> Iterator[str]:
    yield f"### {name}"
    yield f"**{declared.title}**: {declared.grain}."
    yield bullets(_habits(declared))
    yield table(
        ("Column", "Type", "Meaning", "When empty"),
        (
            (code(column), _type(one), one.meaning + _values(one), _when_empty(declared, column, one))
            for column, one in declared.columns.items()
        ),
    )
    yield "The least that a source says:"
    yield block(_mapping(name, declared), "yaml")


def _habits(declared: Table) -> Iterator[str]:
    yield f"Key: {', '.join(map(code, declared.key))}" if declared.key else "No key: two equal rows are two rows"
    match declared.brand:
        case Via(table=parent, on=on):
            yield f"Brand: that of its `{parent}`, by `{on}`"
        case Scope() as word:
            yield f"Brand: {_SCOPES[word]}"
        case column:
            yield f"Brand: `{column}`"
    if declared.time:
        yield f"Time: `{declared.time}`" + (f", known since `{declared.recorded}`" if declared.recorded else "")
    if declared.spell:
        yield f"History: a row holds from `{declared.spell[0]}` until before `{declared.spell[1]}`"


def _type(column: Column) -> str:
    return f"id of {column.of}" if column.of else column.type.value


def _values(column: Column) -> str:
    return f" One of {', '.join(map(code, column.values))}." if column.values else ""


def _when_empty(declared: Table, name: str, column: Column) -> str:
    if column.default is not None:
        return f"filled with `{str(column.default).lower() if isinstance(column.default, bool) else column.default}`"
    if column.empty is not None:
        return column.empty
    return "**required**" + (", or the source's `brand`" if declared.brand == name else "")


def _mapping(name: str, declared: Table) -> str:
    needed = [
        column
        for column, one in declared.columns.items()
        if one.empty is None and one.default is None and column != declared.brand
    ]
    lines = [f"      {column}: ...  # {declared.columns[column].meaning}" for column in needed]
    brand = ["brand: ...  # the brand's id, if the source has only one"] if declared.brand in declared.columns else []
    return "\n".join(["from: {file: data/...}", *brand, "tables:", f"  {name}:", "    columns:", *lines])


def facts(catalog: Catalog) -> str:
    """Every fact: its rows, columns and SQL."""
    parts = [
        "What metrics read: rows made from the tables, with the surviving member, the brand and the local day. What is "
        "left out of figures (void, cancelled, test and staff purchases, ...) is decided here, once.",
        bullets(f"[{name}](#{anchor(name)}): {fact.grain}" for name, fact in sorted(catalog.facts.items())),
    ]
    for name, fact in sorted(catalog.facts.items()):
        parts += _fact(name, fact)
    return page("Facts", *parts)


def _fact(name: str, fact: Fact) -> Iterator[str]:
    yield f"## {name}"
    yield f"**{fact.title}**: {fact.grain}."
    habits = [f"Reads {', '.join(map(code, fact.reads()))}"]
    habits.append("Stored when the data is imported" if fact.stored else "Made from other rows when it is asked for")
    if fact.time:
        habits.append(f"A period cuts it by `{fact.time}`")
    yield bullets(habits)
    yield table(
        ("Column", "Type", "Meaning", "Break down by it"),
        (
            (
                code(column),
                f"id of {one.of}" if one.type is Type.ID and one.of else one.type.value,
                one.meaning,
                "yes" if one.dimension else "",
            )
            for column, one in fact.columns.items()
        ),
    )
    yield block(fact.sql, "sql")


def dimensions(catalog: Catalog) -> str:
    """What each fact's figures can be broken down and filtered by."""
    parts = [
        "What figures can be broken down and filtered by, fact by fact. A metric's page names its fact. Every fact "
        "with a member also has `attribute.NAME`, `tier.name`, `tier.PROGRAM`, `segment.SCHEME` (imported histories) "
        "and `in.SEGMENT` (a segment declared in the project): they are read at the moment of the fact, at the start "
        "of the period or now, as the question's `reading` says.",
    ]
    for name, fact in sorted(catalog.facts.items()):
        parts.append(f"## {name}")
        parts.append(
            table(("Dimension", "Title"), ((code(one), describe(catalog, name, one)) for one in known(catalog, name)))
        )
        if fact.member:
            parts.append("And by the histories of its member.")
    return page("Dimensions", *parts)
