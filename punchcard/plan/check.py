"""The cross-check of metrics, facts and segments: every name that one mentions must exist in another."""

from collections.abc import Iterator

from msgspec import structs

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.metric import Aggregate, AnyMetric, Conversion, Formula, Model, Ratio, State, per_columns
from punchcard.catalog.scheme import Scheme, Version
from punchcard.catalog.segment import Condition, contradictions
from punchcard.errors import QueryError, did_you_mean
from punchcard.models import MODELS
from punchcard.plan.dimension import HISTORIES, OF_MEMBERS, known
from punchcard.plan.rows import MOMENTS
from punchcard.plan.scheme import metric_of
from punchcard.plan.segment import check_deeds, counted, heard_only_in_data

# A mistake in a declared word: its name, the place inside it, what is wrong.
Found = tuple[str, str, str]


def facts(catalog: Catalog) -> Iterator[Found]:
    """Mistakes in facts: relations and columns that do not exist, a stored fact that reads one that is not."""
    for name, fact in catalog.facts.items():
        for read in fact.reads():
            if read not in catalog.facts and read not in catalog.tables:
                everything = [*catalog.facts, *catalog.tables]
                yield name, "sql", f"no fact or table '{read}'{did_you_mean(read, everything)}"
            elif fact.stored and read in catalog.facts and not catalog.facts[read].stored:
                yield name, "stored", f"a stored fact may only read tables and stored facts; '{read}' is a view"
        for role in ("row", "time", "day", "member", "brand"):
            column = getattr(fact, role)
            if column is not None and column not in fact.columns:
                yield name, role, f"no column '{column}'{did_you_mean(column, fact.columns)}"
        for history, kept in fact.kept.items():
            yield from _kept(catalog, name, history, kept)
        for column, declared in fact.columns.items():
            if declared.converted is not None and declared.converted not in fact.columns:
                yield (
                    name,
                    f"columns.{column}.converted",
                    f"no column '{declared.converted}'{did_you_mean(declared.converted, fact.columns)}",
                )


def _kept(catalog: Catalog, name: str, history: str, kept: str) -> Iterator[Found]:
    place = f"kept.{history}"
    if history not in HISTORIES:
        yield name, place, f"no history '{history}'{did_you_mean(history, HISTORIES)}"
    elif kept not in catalog.facts:
        yield name, place, f"no fact '{kept}'{did_you_mean(kept, catalog.facts)}"
    else:
        fact = catalog.facts[kept]
        _, value, which = HISTORIES[history]
        for column in (value, which):
            if column not in fact.columns:
                yield name, place, f"no column '{column}' in {kept}{did_you_mean(column, fact.columns)}"
        if fact.row not in catalog.facts[name].columns:
            yield name, place, f"{kept} is matched on '{fact.row}', which {name} has not"


def metrics(catalog: Catalog) -> Iterator[Found]:
    """Mistakes in metrics: unknown facts, columns, metrics and models, and metrics that are made of themselves."""
    for name, metric in catalog.metrics.items():
        for place, message in _metric(catalog, name, metric):
            yield name, place, message


def activities(catalog: Catalog) -> Iterator[Found]:
    """Mistakes in activities: facts without members or time, columns that do not exist."""
    for name, activity in catalog.activities.items():
        fact = catalog.facts.get(activity.of)
        if fact is None:
            yield name, "of", f"no fact '{activity.of}'{did_you_mean(activity.of, catalog.facts)}"
            continue
        if fact.member is None or fact.time is None:
            yield name, "of", f"{activity.of} has no member or no time, so it is nothing that a member does"
        named = {*fact.columns, *known(catalog, activity.of)}
        for title, column in activity.properties.items():
            if column not in named:
                yield name, f"properties.{title}", f"no column '{column}'{did_you_mean(column, named)}"
        for place in ("named_by", "open"):
            column = getattr(activity, place)
            if column is not None and column not in fact.columns:
                yield name, place, f"no column '{column}'{did_you_mean(column, fact.columns)}"


def segments(catalog: Catalog) -> Iterator[Found]:
    """Mistakes in segments: conditions on nothing, on what cannot be counted, or on themselves."""
    for name, segment in catalog.segments.items():
        if not segment.all and not segment.any:
            yield name, "", "has no condition; give 'all' or 'any'"
        for place, condition in segment.conditions():
            wrong = [*contradictions(condition)]
            yield from ((name, place, message) for message in wrong)
            if not wrong:
                yield from _asked(name, place, lambda n=name, c=condition: _of_segment(catalog, n, c))


def schemes(catalog: Catalog) -> Iterator[Found]:
    """Mistakes in schemes: figures of nothing, names that no formula can mean, values that leave somebody out."""
    for name, scheme in catalog.schemes.items():
        earlier = None
        for number, version in enumerate(scheme.versions):
            place = f"versions[{number}]"
            if number and (version.since is None or (earlier is not None and version.since <= earlier)):
                yield (
                    name,
                    f"{place}.from",
                    "each version after the first needs a day 'from', later than the one before",
                )
            earlier = version.since
            for title, message in _version(catalog, scheme, version):
                yield name, f"{place}.{title}", message


def _version(catalog: Catalog, scheme: Scheme, version: Version) -> Iterator[tuple[str, str]]:
    for title, figure in version.figures.items():
        for _, _, message in _asked("", "", lambda figure=figure: metric_of(catalog, figure)):
            yield f"figures.{title}", message
    if version.scores and scheme.at == "events":
        yield "scores", "scores compare all members at one moment; let the scheme look 'at' each day, week or month"
    for title, score in version.scores.items():
        if score.of not in version.figures:
            yield f"scores.{title}.of", f"no figure '{score.of}'{did_you_mean(score.of, version.figures)}"
    for title in {*version.figures} & {*version.scores}:
        yield f"scores.{title}", "a figure has the same name; give the score another one"
    if version.base is not None:
        yield from _condition("base", version.base, {*version.figures})
    yield from _values(version, {*version.figures, *version.scores})


def _values(version: Version, named: set[str]) -> Iterator[tuple[str, str]]:
    *ruled, rest = version.values
    for number, value in enumerate(ruled):
        if value.when is None:
            yield f"values[{number}].when", "only the last value may be without a condition: it has all who are left"
        else:
            yield from _condition(f"values[{number}].when", value.when, named)
    if rest.when is not None:
        yield f"values[{len(ruled)}].when", "the last value has no condition, so that each member is in one"
    names = [value.name for value in version.values]
    for repeated in sorted({one for one in names if names.count(one) > 1}):
        yield "values", f"two values are called '{repeated}'"


def _condition(place: str, text: str, named: set[str]) -> Iterator[tuple[str, str]]:
    try:
        formula = parse(text)
    except QueryError as error:
        yield place, error.message
        return
    for column in sorted(formula.columns - named):
        yield place, f"no figure or score '{column}'{did_you_mean(column, named)}"
    if formula.aggregates:
        yield place, "figures are totals already; a rule cannot sum or count"


def unheard(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Segments and the activities in them that only data can know; the answer says where it has none of them."""
    for name, segment in catalog.segments.items():
        for _, condition in segment.conditions():
            named = [*(step.did for step in condition.steps), *filter(None, [condition.from_first])]
            yield from ((name, one) for one in dict.fromkeys(named) if heard_only_in_data(catalog, one))


def _of_segment(catalog: Catalog, name: str, condition: Condition) -> None:
    if condition.metric is not None:
        counted(catalog, condition)
    check_deeds(catalog, condition)
    if condition.segment is not None:
        for _ in catalog.conditions(name):
            pass
    if condition.member is not None and condition.member not in catalog.fact("profile").columns:
        known_columns = catalog.fact("profile").columns
        raise QueryError(f"no column '{condition.member}' in profile{did_you_mean(condition.member, known_columns)}")


def _asked(name: str, place: str, ask: object) -> Iterator[Found]:
    try:
        ask()  # type: ignore[operator]
    except QueryError as error:
        yield name, place, error.message


def _metric(catalog: Catalog, name: str, metric: AnyMetric) -> Iterator[tuple[str, str]]:
    match metric:
        case Aggregate():
            yield from _reduction(catalog, metric, {})
        case State():
            yield from _reduction(catalog, metric, {"holds": metric.holds})
        case Ratio():
            yield from _made_of(catalog, name, {"numerator": metric.numerator, "denominator": metric.denominator})
        case Formula():
            yield from _formula(catalog, name, metric)
        case Conversion():
            yield from _window(catalog, metric)
        case Model():
            if metric.function not in MODELS:
                yield "function", f"no model '{metric.function}'{did_you_mean(metric.function, MODELS)}"


def _reduction(catalog: Catalog, metric: Aggregate | State, conditions: dict[str, str]) -> Iterator[tuple[str, str]]:
    if metric.of not in catalog.facts:
        yield "of", f"no fact '{metric.of}'{did_you_mean(metric.of, catalog.facts)}"
        return
    if metric.where is not None:
        conditions = {**conditions, "where": metric.where}
    for place, text in conditions.items():
        yield from _over_fact(catalog, metric, metric.of, place, text, aggregates=False)
    if metric.per is None:
        yield from _over_fact(catalog, metric, metric.of, "value", metric.value, aggregates=True)
    else:
        yield from _twice(catalog, metric)
    if isinstance(metric, Aggregate) and metric.finer is not None:
        finer = metric.finer
        same = structs.replace(
            metric, of=finer.of, value=finer.value, where=finer.where, per=finer.per, each=finer.each, finer=None
        )
        for place, message in _reduction(catalog, same, {}):
            yield f"finer.{place}", message
    if metric.among is not None and not isinstance(catalog.metrics.get(metric.among), State):
        states = [name for name, other in catalog.metrics.items() if isinstance(other, State)]
        yield "among", f"'{metric.among}' is no state metric{did_you_mean(metric.among, states)}"


def _twice(catalog: Catalog, metric: Aggregate | State) -> Iterator[tuple[str, str]]:
    for column in per_columns(metric):
        yield from _over_fact(catalog, metric, metric.of, "per", column, aggregates=False)
    for column in metric.single:
        if column not in per_columns(metric):
            yield "single", f"'{column}' must be one of 'per' ({', '.join(per_columns(metric))})"
    for column, text in metric.each.items():
        yield from _over_fact(catalog, metric, metric.of, f"each.{column}", text, aggregates=True)
    named = {*metric.each, *MOMENTS}
    yield from _names(metric, "value", metric.value, named, aggregates=True)
    if metric.having is not None:
        yield from _names(metric, "having", metric.having, named, aggregates=False)


def _over_fact(
    catalog: Catalog, metric: AnyMetric, fact: str, place: str, text: str, *, aggregates: bool
) -> Iterator[tuple[str, str]]:
    named = {*catalog.facts[fact].columns, *known(catalog, fact), *MOMENTS}
    yield from _names(metric, place, text, named, aggregates=aggregates)


def _names(metric: AnyMetric, place: str, text: str, named: set[str], *, aggregates: bool) -> Iterator[tuple[str, str]]:
    try:
        formula = parse(text)
    except QueryError as error:
        yield place, error.message
        return
    for column in sorted(formula.columns - named):
        if column.partition(".")[0] not in OF_MEMBERS:
            yield place, f"no column '{column}'{did_you_mean(column, named)}"
    for parameter in sorted(formula.parameters - metric.parameters.keys()):
        yield place, f"the parameter '{parameter}' is not declared{did_you_mean(parameter, metric.parameters)}"
    if formula.aggregates != aggregates:
        yield place, f"'{text}' should {'' if aggregates else 'not '}be a total over rows (count, sum, avg, ...)"


def _made_of(catalog: Catalog, name: str, parts: dict[str, str]) -> Iterator[tuple[str, str]]:
    for place, part in parts.items():
        if part not in catalog.metrics:
            yield place, f"no metric '{part}'{did_you_mean(part, catalog.metrics)}"
        elif name in _parts(catalog, part, set()):
            yield place, f"'{part}' is made of '{name}' itself"


def _parts(catalog: Catalog, name: str, seen: set[str]) -> set[str]:
    if name in seen or name not in catalog.metrics:
        return seen
    seen.add(name)
    metric = catalog.metrics[name]
    if isinstance(metric, Ratio):
        _parts(catalog, metric.numerator, seen)
        _parts(catalog, metric.denominator, seen)
    elif isinstance(metric, Formula):
        try:
            for reference in parse(metric.value).columns:
                _parts(catalog, reference.split(".")[0], seen)
        except QueryError:
            return seen
    return seen


def _formula(catalog: Catalog, name: str, metric: Formula) -> Iterator[tuple[str, str]]:
    try:
        formula = parse(metric.value)
    except QueryError as error:
        yield "value", error.message
        return
    if formula.aggregates:
        yield "value", "a formula works on metrics, which are totals already; it cannot sum or count"
    for reference in sorted(formula.columns):
        part, _, shift = reference.partition(".")
        if shift not in ("", "start", "previous"):
            yield "value", f"'{reference}': a metric can be read as '.start' or '.previous', not '.{shift}'"
        yield from _made_of(catalog, name, {"value": part})


def _window(catalog: Catalog, metric: Conversion) -> Iterator[tuple[str, str]]:
    for place, side in (("entry", metric.entry), ("follow", metric.follow)):
        if side.of not in catalog.facts:
            yield f"{place}.of", f"no fact '{side.of}'{did_you_mean(side.of, catalog.facts)}"
            continue
        if side.where is not None:
            yield from _over_fact(catalog, metric, side.of, f"{place}.where", side.where, aggregates=False)
        columns = catalog.facts[side.of].columns
        for column in metric.follow.on:
            if column not in columns:
                yield f"{place}.on", f"no column '{column}' in {side.of}{did_you_mean(column, columns)}"
        if catalog.facts[side.of].time is None:
            yield f"{place}.of", f"{side.of} has no time"
