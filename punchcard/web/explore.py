"""Explore: one question put together by clicks; the address is the question, so Back undoes every step."""

from dataclasses import replace

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath
from markupsafe import Markup
from msgspec import structs

from punchcard.analyses.trend import Trend
from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.query import Query, from_url, to_url
from punchcard.web import behaviour_choices, filters, forms, pages, saved, view
from punchcard.web.address import Address
from punchcard.web.bar import bar, comparisons, presets, reading_menu
from punchcard.web.dashboards import HTML, narrowing_choices
from punchcard.web.options import Offer, grains
from punchcard.web.site import Here, Visit
from punchcard.web.sketch import KINDS, Sketch, sketched
from punchcard.web.tiles import Spot, tile

PERIOD = "last_12_months"
OWN = ("lang", "of", "metric")  # parameters that are not part of the question


def asked(visit: Visit) -> Query | None:
    """The question in the address, if there is one; `metric=NAME` alone asks for it over time."""
    address = visit.address
    for name in OWN:
        address = address.to(**{name: None})
    if address.get("ask") is not None:
        return from_url(address.query)
    metric = visit.address.get("metric")
    if metric is None:
        return None
    visit.catalog.metric(metric)
    ask = Trend(metrics=(metric,))
    written = msgspec.json.encode(ask).decode()
    return from_url(address.to(period=address.get("period") or PERIOD, ask=written).query)


def address_of(query: Query) -> Address:
    """The address of a question on this page."""
    return Address.of("/explore", to_url(query))


def shown(visit: Visit) -> view.ExplorePage:
    """The page for the question in the address."""
    query = asked(visit)
    shell = visit.shell(visit._("Explore"), "explore")
    kinds = behaviour_choices.kinds(visit, None)
    if query is None:
        page = Address("/explore", (("period", PERIOD),))
        choices = metric_choices(visit, None, Query(ask=Trend(metrics=("",)), period=PERIOD))
        empty = bar(visit, page, period=PERIOD, compare=None)
        return view.ExplorePage(shell, Markup(""), choices, (), empty, None, part="/explore/part", kinds=kinds)
    page = address_of(query)
    sketch = sketched(query.ask)
    return view.ExplorePage(
        shell,
        sentence(visit, query, sketch),
        metric_choices(visit, sketch, query),
        options(visit, sketch, query),
        filter_bar(visit, query, sketch, page),
        replace(tile(visit, spot(visit, query)), part=""),
        "/saved/tile",
        saved.keep(visit, query),
        saved.own(visit),
        "/explore/part",
        chosen(visit, sketch, query),
        *inputs(visit, query, page),
        kinds,
    )


def spot(visit: Visit, query: Query) -> Spot:
    """The place of the answer."""
    page = address_of(query)
    return Spot(
        "answer",
        title(visit, query),
        lambda: query,
        Address("/explore/tile", page.pairs),
        page,
        width=12,
        height=460,
        opened=True,
    )


def title(visit: Visit, query: Query) -> str:
    """A short name for a question: its metrics and what they are broken down by."""
    metrics = [visit.catalog.metric(name).title for name in query.ask.used()]
    cuts = [visit.titled(name, query.ask.used()) for name in query.ask.dimensions()]
    what = ", ".join(dict.fromkeys(metrics)) or str(query.ask.__struct_config__.tag).replace("_", " ").capitalize()
    if not cuts:
        return what
    return visit._("%(metrics)s by %(dimensions)s", metrics=what, dimensions=", ".join(cuts).lower())


def sentence(visit: Visit, query: Query, sketch: Sketch | None) -> Markup:
    """The question in words, with what can be changed in bold."""
    said = [_bold(title(visit, query))]
    if sketch is not None and sketch.grain is not None and KINDS[sketch.kind].time:
        said.append(_marked(visit._("for each %(grain)s"), grain=_width(visit, sketch)))
    name = presets(visit.language).get(query.period)
    days = _span(visit, query).days(visit.catalog.calendar)
    said.append(_marked(visit._("over %(period)s"), period=name.lower() if name else visit.days(days)))
    if query.compare is not None:
        against = comparisons(visit.language).get(query.compare, query.compare)
        said.append(_marked(visit._("against the %(comparison)s"), comparison=against))
    said += [_bold(filters.sentence(visit, one, query.ask.used())) for one in query.filters]
    return Markup.escape(visit._(", ")).join(said)


def _bold(text: str) -> Markup:
    return Markup("<b><bdi>{}</bdi></b>").format(text)


def _marked(message: str, **values: str) -> Markup:
    """A message with its values in bold."""
    return Markup.escape(message) % {name: _bold(value) for name, value in values.items()}


def _width(visit: Visit, sketch: Sketch) -> str:
    word = grains(visit.language)[sketch.grain.value] if sketch.grain is not None else ""
    return word.split(" ", 1)[-1]


def _span(visit: Visit, query: Query) -> Period:
    try:
        return visit.site.programme.period(query.period, visit.site.viewer)
    except QueryError:
        return visit.site.programme.period("all", visit.site.viewer)


def metric_choices(visit: Visit, sketch: Sketch | None, query: Query) -> tuple[view.MetricChoice, ...]:
    """Every metric: a click asks for it instead, `+` beside what is asked already."""
    now = sketch.names if sketch is not None else ()
    found: list[view.MetricChoice] = []
    for name, metric in visit.catalog.metrics.items():
        instead = sketch.with_metrics((name, *sketch.metrics[1:])) if sketch is not None else Sketch("line", (name,))
        instead = _readable(visit, replace(instead, metrics=(name,)) if len(now) < 2 else instead)
        beside = sketch.with_metrics((*sketch.metrics, name)) if sketch is not None and name not in now else None
        found.append(
            view.MetricChoice(
                metric.title,
                _changed(query, instead),
                metric.method,
                metric.group,
                " ".join((name, *metric.also_called, *metric.questions)),
                name in now,
                _changed(query, beside) if beside is not None else None,
            )
        )
    return tuple(found)


def _readable(visit: Visit, sketch: Sketch) -> Sketch:
    """The sketch without breakdowns that its metrics do not know."""
    cuts = tuple(
        cut
        for cut, name in zip(sketch.cuts, sketch.dimensions, strict=True)
        if all(visit.readable(metric, name) for metric in sketch.names)
    )
    return sketch if cuts == sketch.cuts else sketch.with_cuts(cuts)


def _changed(query: Query, sketch: Sketch) -> str:
    return str(address_of(structs.replace(query, ask=sketch.analysis())))


def chosen(visit: Visit, sketch: Sketch | None, query: Query) -> tuple[view.Chip, ...]:
    """The metrics asked for, each with the question without it."""
    if sketch is None:
        return ()
    found: list[view.Chip] = []
    for place, name in enumerate(sketch.names):
        rest = (*sketch.metrics[:place], *sketch.metrics[place + 1 :])
        without = _changed(query, sketch.with_metrics(rest)) if rest else ""
        found.append(view.Chip(visit.catalog.metric(name).title, without))
    return tuple(found)


def options(visit: Visit, sketch: Sketch | None, query: Query) -> tuple[view.Options, ...]:
    """How the question can be changed."""
    if sketch is None:
        return ()
    return Offer(visit, sketch, _span(visit, query), lambda changed: _changed(query, changed)).all()


def inputs(visit: Visit, query: Query, page: Address) -> tuple[tuple[view.Input, ...], tuple[view.Hidden, ...]]:
    """What the metrics have to be told, as fields of a form, and the rest of the question for it to carry along."""
    wanted = {
        f"p.{name}": parameter
        for metric in query.ask.used()
        for name, parameter in visit.catalog.metric(metric).parameters.items()
    }
    if not wanted:
        return (), ()
    fields = tuple(
        view.Input(name, parameter.meaning, page.get(name) or str(parameter.default or ""))
        for name, parameter in wanted.items()
    )
    return fields, tuple(view.Hidden(name, value) for name, value in page.pairs if name not in wanted)


def filter_bar(visit: Visit, query: Query, sketch: Sketch | None, page: Address) -> view.FilterBar:
    """Period, comparison and filters of the question."""
    used = query.ask.used()
    names = tuple(dict.fromkeys(name for metric in used for name in visit.readings(metric)))
    fields = [
        view.FilterField(visit.titled(name, used), str(Address("/explore/values", page.pairs).to(of=name)))
        for name in names
    ]
    if visit.catalog.segments:
        fields.append(
            view.FilterField(visit._("Segment"), str(Address("/explore/values", page.pairs).to(of="segment")))
        )
    changing = any(name.partition(".")[0] in ("attribute", "segment", "tier") for name in query.ask.dimensions())
    menus = (reading_menu(visit, page, query.reading),) if changing or query.filters else ()
    return bar(
        visit,
        page,
        period=query.period,
        compare=query.compare,
        metrics=used,
        menus=menus,
        fields=tuple(fields),
    )


@get("/", sync_to_thread=True, media_type=HTML)
def whole(visit: Here) -> str:
    """The page."""
    return pages.page(shown(visit))


@get("/part", sync_to_thread=True, media_type=HTML)
def part(visit: Here) -> str:
    """The question and its answer anew."""
    return pages.explore_part(shown(visit))


@get("/values", sync_to_thread=True, media_type=HTML)
def values(visit: Here) -> str:
    """The values of one dimension to filter the question by, the largest first."""
    query = _question(visit)
    return narrowing_choices(visit, address_of(query), query, query.ask.used())


@get("/tile/{form:str}", sync_to_thread=True)
def form(visit: Here, form: FromPath[str]) -> Response[bytes]:
    """The answer in another form: its method, its table, a file."""
    return forms.reply(visit, spot(visit, _question(visit)), form)


def _question(visit: Visit) -> Query:
    query = asked(visit)
    if query is None:
        raise QueryError("the address holds no question; give 'ask', or 'metric'")
    return query


routes = Router("/explore", route_handlers=[whole, part, values, form], include_in_schema=False)
