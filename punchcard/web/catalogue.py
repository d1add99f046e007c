"""The catalogue: every metric, table and column with its meaning, and where each is used."""

from collections.abc import Iterable

from litestar import Router, get
from litestar.params import FromPath

from punchcard.analyses.trend import Trend
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.metric import AnyMetric, Formula, Ratio, facts_of
from punchcard.catalog.table import Column, Scope, Via
from punchcard.catalog.words import formula_in_words
from punchcard.query import Query
from punchcard.web import pages, view
from punchcard.web.address import Address
from punchcard.web.dashboards import HTML
from punchcard.web.explore import PERIOD, address_of
from punchcard.web.missing import found
from punchcard.web.site import Here, Visit, metrics_of
from punchcard.web.sketch import Sketch
from punchcard.web.tiles import Spot, tile


def metric_path(name: str) -> str:
    """The page of a metric."""
    return f"/catalogue/metric/{name}"


def kinds(visit: Visit, current: str) -> tuple[view.Anchor, ...]:
    """What the catalogue lists."""
    names = {
        "": visit._("Metrics"),
        "facts": visit._("Facts"),
        "tables": visit._("Tables"),
        "segments": visit._("Segments"),
    }
    return tuple(
        view.Anchor(title, f"/catalogue/{kind}" if kind else "/catalogue", kind == current)
        for kind, title in names.items()
    )


def listing(visit: Visit, kind: str, entries: Iterable[tuple[str, view.CatalogueEntry]]) -> str:
    """A page of entries by group, only those that hold every word looked for."""
    search = visit.address.get("q") or ""
    wanted = search.lower().split()
    groups: dict[str, list[view.CatalogueEntry]] = {}
    for group, entry in entries:
        text = f"{entry.title} {entry.meaning} {entry.detail} {entry.words}".lower()
        if all(word in text for word in wanted):
            groups.setdefault(group, []).append(entry)
    shown = tuple(view.CatalogueGroup(title, tuple(found)) for title, found in groups.items())
    return pages.page(
        view.CataloguePage(
            visit.shell(visit._("Catalogue"), "catalogue"),
            kinds(visit, kind),
            shown,
            f"/catalogue/{kind}".rstrip("/"),
            search,
            sum(len(group.entries) for group in shown),
        )
    )


@get("/", sync_to_thread=True, media_type=HTML)
def metrics(visit: Here) -> str:
    """All metrics; a search looks through tables and facts as well."""
    entries = [
        (
            one.group,
            view.CatalogueEntry(
                one.title,
                metric_path(name),
                one.method,
                " · ".join((one.unit, additivities(visit)[one.additivity])),
                " ".join((name, *one.also_called, *one.questions)),
            ),
        )
        for name, one in visit.catalog.metrics.items()
    ]
    if visit.address.get("q"):
        entries += [(visit._("Tables"), entry) for _, entry in _tables(visit)]
        entries += [(visit._("Facts"), entry) for _, entry in _facts(visit)]
    return listing(visit, "", entries)


@get("/tables", sync_to_thread=True, media_type=HTML)
def tables(visit: Here) -> str:
    """All tables of the canonical model."""
    return listing(visit, "tables", _tables(visit))


@get("/facts", sync_to_thread=True, media_type=HTML)
def facts(visit: Here) -> str:
    """All facts that metrics read."""
    return listing(visit, "facts", _facts(visit))


@get("/segments", sync_to_thread=True, media_type=HTML)
def segments(visit: Here) -> str:
    """All segments of the project."""
    return listing(
        visit,
        "segments",
        [
            (visit._("Segments"), view.CatalogueEntry(one.title, f"/segments/{name}", one.meaning, name))
            for name, one in visit.catalog.segments.items()
        ],
    )


def _tables(visit: Visit) -> list[tuple[str, view.CatalogueEntry]]:
    return [
        (
            one.group,
            view.CatalogueEntry(
                one.title,
                f"/catalogue/table/{name}",
                visit._("One row is: %(grain)s", grain=one.grain),
                name,
                " ".join((*one.columns, *(column.meaning for column in one.columns.values()))),
            ),
        )
        for name, one in visit.catalog.tables.items()
    ]


def _facts(visit: Visit) -> list[tuple[str, view.CatalogueEntry]]:
    return [
        (
            one.group,
            view.CatalogueEntry(
                one.title,
                f"/catalogue/fact/{name}",
                visit._("One row is: %(grain)s", grain=one.grain),
                name,
                " ".join(one.columns),
            ),
        )
        for name, one in visit.catalog.facts.items()
    ]


def additivities(visit: Visit) -> dict[str, str]:
    """How the parts of a figure may be put together."""
    return {
        "additive": visit._("adds up"),
        "semi_additive": visit._("adds up over members, not over time"),
        "distinct": visit._("counts each member once, so parts overlap"),
        "ratio": visit._("a rate: parts are asked anew"),
        "estimate": visit._("an estimate: parts are asked anew"),
    }


def directions(visit: Visit) -> dict[str, str]:
    """Which way is good."""
    return {
        "higher": visit._("higher is better"),
        "lower": visit._("lower is better"),
        "neutral": visit._("neither way is better"),
        "target": visit._("near its target is best"),
    }


@get("/metric/{name:str}", sync_to_thread=True, media_type=HTML)
def metric(visit: Here, name: FromPath[str]) -> str:
    """Everything about one metric."""
    one = found(visit.catalog.metrics, name, visit._("metric"))
    crumbs = (view.Anchor(visit._("Catalogue"), "/catalogue"), view.Anchor(one.group, f"/catalogue?q={one.group}"))
    query = Query(ask=Trend(metrics=(name,)), period=PERIOD)
    page = address_of(query)
    example = Spot(
        "example",
        visit._("%(metric)s, last 12 months", metric=one.title),
        lambda: query,
        Address("/explore/tile", page.pairs),
        page,
        width=12,
        href=str(page),
    )
    shows = not any(parameter.default is None for parameter in one.parameters.values())
    return pages.page(
        view.MetricPage(
            visit.shell(one.title, "catalogue", crumbs),
            name,
            view.Method(
                one.method,
                formula_in_words(visit.catalog, name),
                exclusions=(one.exclusions,) if one.exclusions else (),
                questions=one.questions,
                pitfalls=one.pitfalls,
            ),
            _about(visit, one),
            tuple(
                view.Anchor(visit.titled(dimension, (name,)), _by(name, dimension), hint=dimension)
                for dimension in visit.readings(name)
            ),
            used_in(visit, name),
            _related(visit.catalog, name, one),
            str(page),
            tile(visit, example) if shows else None,
        )
    )


def _by(name: str, dimension: str) -> str:
    ask = Sketch("bar", (name,), (dimension,)).analysis()
    return str(address_of(Query(ask=ask, period=PERIOD)))


def _about(visit: Visit, one: AnyMetric) -> tuple[view.Fact, ...]:
    facts = [
        view.Fact(visit._("Unit"), one.unit),
        view.Fact(visit._("Parts"), additivities(visit)[one.additivity]),
        view.Fact(visit._("Direction"), directions(visit)[one.better]),
        view.Fact(visit._("Kind"), str(one.__struct_config__.tag)),
    ]
    if one.also_called:
        facts.append(view.Fact(visit._("Also called"), ", ".join(one.also_called)))
    facts += [view.Fact(visit._("Needs: %(name)s", name=name), told.meaning) for name, told in one.parameters.items()]
    return tuple(facts)


def used_in(visit: Visit, name: str) -> tuple[view.Anchor, ...]:
    """The dashboards that show a metric."""
    return tuple(
        view.Anchor(dashboard.title, f"/d/{key}", hint=dashboard.question)
        for key, dashboard in visit.dashboards.items()
        if name in metrics_of(dashboard)
    )


def _related(catalog: Catalog, name: str, one: AnyMetric) -> tuple[view.Anchor, ...]:
    """What a metric is made of, and what is made of it."""
    parts = _parts(catalog, one)
    wholes = [key for key, other in catalog.metrics.items() if name in _parts(catalog, other)]
    return tuple(
        view.Anchor(catalog.metrics[key].title, metric_path(key), hint=catalog.metrics[key].method)
        for key in dict.fromkeys((*parts, *wholes))
    )


def _parts(catalog: Catalog, one: AnyMetric) -> tuple[str, ...]:
    match one:
        case Ratio():
            return (one.numerator, one.denominator)
        case Formula():
            return tuple(name for name in catalog.metrics if name in one.value.replace(".", " ").split())
        case _:
            return ()


def readers(visit: Visit, fact: str) -> tuple[view.Anchor, ...]:
    """The metrics that count the rows of a fact."""
    catalog = visit.catalog
    return tuple(
        view.Anchor(one.title, metric_path(name), hint=one.method)
        for name, one in catalog.metrics.items()
        if not isinstance(one, Ratio | Formula) and fact in facts_of(one)
    )


@get("/table/{name:str}", sync_to_thread=True, media_type=HTML)
def table(visit: Here, name: FromPath[str]) -> str:
    """Everything about one table."""
    one = found(visit.catalog.tables, name, visit._("table"))
    crumbs = (view.Anchor(visit._("Catalogue"), "/catalogue"), view.Anchor(visit._("Tables"), "/catalogue/tables"))
    stored = visit.ledger().rows_of((name,)).get(name) if visit.site.viewer.brands is None else None
    about = [
        view.Fact(visit._("Name"), name),
        view.Fact(visit._("Key"), ", ".join(one.key) or visit._("none: equal rows are different rows")),
        view.Fact(visit._("Who sees it"), _scope(visit, one.brand)),
    ]
    if one.time:
        about.append(view.Fact(visit._("Its moment"), one.time))
    if stored is not None:
        about.append(view.Fact(visit._("Rows"), visit.format.exact(stored, "count")))
    columns = tuple(
        view.ColumnLine(
            key,
            f"/catalogue/table/{name}/{key}",
            column.type.value,
            column.meaning,
            column.empty or "",
            _badges(visit, key, column, one.key),
        )
        for key, column in one.columns.items()
    )
    used = tuple(
        view.Anchor(fact.title, f"/catalogue/fact/{key}", hint=fact.grain)
        for key, fact in visit.catalog.facts.items()
        if name in fact.reads()
    )
    return pages.page(
        view.TablePage(visit.shell(one.title, "catalogue", crumbs), name, one.grain, tuple(about), columns, used)
    )


def _scope(visit: Visit, brand: object) -> str:
    match brand:
        case Scope.SHARED:
            return visit._("everybody")
        case Scope.OPERATOR:
            return visit._("the operator only")
        case Scope.MEMBERS:
            return visit._("brands, for the members who bought from them")
        case Via(table=parent):
            return visit._("the brand of its row in %(table)s", table=parent)
        case _:
            return visit._("the brand in %(column)s", column=str(brand))


def _badges(visit: Visit, name: str, column: Column, key: tuple[str, ...]) -> tuple[str, ...]:
    told = {visit._("key"): name in key, visit._("personal"): column.personal}
    return tuple(text for text, holds in told.items() if holds)


@get("/table/{name:str}/{column:str}", sync_to_thread=True, media_type=HTML)
def table_column(visit: Here, name: FromPath[str], column: FromPath[str]) -> str:
    """Everything about one column of a table, with its most frequent values unless it tells of persons."""
    one = found(visit.catalog.tables, name, visit._("table"))
    declared = found(one.columns, column, visit._("column"))
    crumbs = (
        view.Anchor(visit._("Catalogue"), "/catalogue"),
        view.Anchor(visit._("Tables"), "/catalogue/tables"),
        view.Anchor(one.title, f"/catalogue/table/{name}"),
    )
    about = [view.Fact(visit._("Type"), declared.type.value)]
    if declared.of:
        about.append(view.Fact(visit._("Points to"), declared.of))
    if declared.values:
        about.append(view.Fact(visit._("Allowed values"), ", ".join(declared.values)))
    about.append(view.Fact(visit._("When empty"), declared.empty or visit._("never empty")))
    return pages.page(
        view.ColumnPage(
            visit.shell(f"{name}.{column}", "catalogue", crumbs),
            f"{name}.{column}",
            declared.meaning,
            tuple(about),
            _frequent(visit, name, column, declared),
            tuple(
                view.Anchor(fact.title, f"/catalogue/fact/{key}", hint=fact.grain)
                for key, fact in visit.catalog.facts.items()
                if name in fact.reads() and column in fact.sql
            ),
        )
    )


def _frequent(visit: Visit, table: str, column: str, declared: Column) -> tuple[view.Fact, ...]:
    if declared.personal or declared.of is not None or visit.site.viewer.brands is not None:
        return ()
    values = visit.ledger().frequent(table, column)
    return tuple(view.Fact(visit.format.label(value), visit.format.exact(rows, "count")) for value, rows in values)


@get("/fact/{name:str}", sync_to_thread=True, media_type=HTML)
def fact(visit: Here, name: FromPath[str]) -> str:
    """Everything about one fact: what its rows are, its columns, the metrics that count them."""
    one = found(visit.catalog.facts, name, visit._("fact"))
    crumbs = (view.Anchor(visit._("Catalogue"), "/catalogue"), view.Anchor(visit._("Facts"), "/catalogue/facts"))
    about = (
        view.Fact(visit._("Name"), name),
        view.Fact(visit._("Made of"), ", ".join(one.reads())),
        view.Fact(visit._("Kept"), visit._("in the store") if one.stored else visit._("computed when asked")),
    )
    by = tuple(
        view.ColumnLine(
            key,
            f"/catalogue?q={key}",
            column.type.value,
            column.meaning,
            "",
            (visit._("breakdown"),) if column.dimension else (),
        )
        for key, column in one.columns.items()
    )
    return pages.page(
        view.TablePage(visit.shell(one.title, "catalogue", crumbs), name, one.grain, about, by, readers(visit, name))
    )


routes = Router(
    "/catalogue",
    route_handlers=[metrics, tables, facts, segments, metric, table, table_column, fact],
    include_in_schema=False,
)
