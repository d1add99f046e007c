"""All reference pages of a project, by file name: the words that can be declared, and those that are."""

from collections.abc import Iterator, Mapping

from punchcard.catalog.expression import OWN, function_names
from punchcard.dashboard import Dashboard
from punchcard.period import COMPARISONS, PRESETS
from punchcard.project import Project
from punchcard.reference import metrics, model
from punchcard.reference.fields import Fields, Part, on_this_page
from punchcard.reference.markdown import anchor, block, bullets, code, grouped, page, table
from punchcard.reference.schemas import schema

_EXAMPLE = '{"ask": {"kind": "ranking", "metrics": ["net_revenue"], "by": "category_l1"}, "period": "2017"}'

_FILES = {
    "sources": "Where rows come from and how their columns map: one source a file, named after the file.",
    "metrics": "Figures with a name, several to a file.",
    "activities": "What members do, for questions about behaviour; several to a file.",
    "segments": "Rules on members, several to a file.",
    "schemes": "Exclusive divisions of members that are evaluated at every moment, several to a file.",
    "dashboards": "Pages of tiles: one a file, whose name is the page's address.",
    "facts": "Relations that metrics read, several to a file.",
    "tables": "Tables of the canonical model, several to a file.",
}


def pages(project: Project) -> dict[str, str]:
    """Every page but the command line's, which is told from the commands themselves."""
    catalog = project.catalog
    found = {
        "settings.md": settings(),
        "files.md": files(),
        "formulas.md": formulas(),
        "question.md": question(),
        "analyses.md": analyses(),
        "tables.md": model.tables(catalog),
        "facts.md": model.facts(catalog),
        "dimensions.md": model.dimensions(catalog),
        **dict(metrics.pages(catalog)),
    }
    if project.dashboards:
        found["dashboards.md"] = dashboards(project.dashboards)
    return found


def index(names: Mapping[str, str]) -> str:
    """The list of all pages, with their titles."""
    titles = {name: text.splitlines()[0].removeprefix("# ") for name, text in names.items()}
    return page(
        "Reference",
        "Made from the code and the declarations, so that it cannot say anything else than they do.",
        bullets(f"[{titles[name]}]({name})" for name in sorted(titles, key=lambda name: titles[name])),
    )


def settings() -> str:
    """What punchcard.yaml may say."""
    parts = dict(schema("punchcard")["$defs"])
    found = parts.pop("Settings")
    return page("Settings: punchcard.yaml", found["description"], Fields().table(found), *Fields().described(parts))


def files() -> str:
    """What the other files of a project may say."""
    parts = [
        "A project extends the built-in library with files of the same form; a name that both have is the project's."
    ]
    asked = schema("question")["$defs"]
    words = Fields(lambda name: _asked(name) if name in asked else on_this_page(name))
    for name, meaning in _FILES.items():
        found = schema(name)["$defs"]
        parts += [f"## {name}/*.yaml", meaning]
        parts += words.described({key: part for key, part in found.items() if key not in asked})
    return page("Files of a project", *parts)


def _asked(name: str) -> str:
    """Where a part of a question is described."""
    if name == "Filter":
        return "question.md#filter"
    kind = _kind(schema("question")["$defs"][name])
    return f"analyses.md#{anchor(kind or name)}"


def _kind(part: Part) -> str | None:
    """The kind that an analysis is asked for by, if the part is one."""
    return str(part["properties"]["kind"]["enum"][0]) if "kind" in part.get("required", []) else None


def formulas() -> str:
    """What a formula may say."""
    return page(
        "Formulas",
        "A formula adds, compares and aggregates the columns of one fact. It names no table, opens no subquery and "
        "calls only these functions. A division by zero gives no figure, never infinity.",
        "## Punchcard's own functions",
        table(("Function", "Stands for"), ((code(f"{name}/{size}"), code(text)) for name, (size, text) in OWN.items())),
        "## SQL functions",
        ", ".join(code(name) for name in function_names() if name not in OWN),
    )


def question() -> str:
    """How a question is written."""
    found = schema("question")["$defs"]
    words = Fields(_asked)
    return page(
        "Questions",
        found["Query"]["description"],
        block(_EXAMPLE, "json"),
        words.table(found["Query"]),
        "### Filter",
        found["Filter"]["description"],
        words.table(found["Filter"]),
        "## Periods",
        "`2017`, `2017-Q3`, `2017-11`, `2017-11-13`, `2017-01-01..2017-03-31` (both days included), or one of "
        + ", ".join(map(code, PRESETS))
        + ". A comparison (`compare`) is another period or one of "
        + ", ".join(map(code, COMPARISONS))
        + ".",
    )


def analyses() -> str:
    """The kinds of question, each with its parameters."""
    found = schema("question")["$defs"]
    words = Fields(_asked)
    kinds = {kind: part for part in found.values() if (kind := _kind(part))}
    parts = ["What a question asks (`ask`): the kind, and the parameters of that kind."]
    for kind, part in sorted(kinds.items()):
        parts += [f"## {kind}", part["description"], words.table(part)]
    parts.append("## Parts of the above")
    parts += words.described(
        {name: part for name, part in found.items() if not _kind(part) and name not in ("Query", "Filter")}
    )
    return page("Analyses", *parts)


def dashboards(found: Mapping[str, Dashboard]) -> str:
    """Every dashboard with its question and tiles."""
    parts: list[str] = []
    for group, names in grouped((name, one.group) for name, one in found.items()).items():
        parts.append(f"## {group}")
        for name in names:
            parts += _dashboard(name, found[name])
    return page("Dashboards", *parts)


def _dashboard(name: str, one: Dashboard) -> Iterator[str]:
    yield f"### {one.title} ({code(name)})"
    yield one.question
    yield table(
        ("Tile", "Analysis", "Hint"),
        ((tile.title, code(str(tile.ask.get("kind", ""))), tile.hint) for tile in one.tiles),
    )
