"""Answer: the one path. A question, a viewer and a programme give figures, a chart, and the words that say how.

The page, the export, the API, the command line and a notebook all start here, so they agree.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from punchcard.analyses.base import Found, figures, without_few
from punchcard.catalog.metric import AnyMetric
from punchcard.catalog.metric import facts_of as metric_facts
from punchcard.catalog.words import formula_in_words
from punchcard.chart import Chart
from punchcard.chart.written import in_a_notebook
from punchcard.errors import QueryError, did_you_mean
from punchcard.format import Format
from punchcard.frame import Frame, is_hidden
from punchcard.period import COMPARISONS, Period, parse
from punchcard.plan.behind import counting
from punchcard.plan.cells import Figure, wanted_dimensions
from punchcard.plan.dimension import is_history
from punchcard.project import Project
from punchcard.query import Query
from punchcard.result import Column, Note, Result
from punchcard.stats.disclosure import Rule
from punchcard.viewer import Viewer

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from punchcard.programme import Programme


@dataclass(frozen=True)
class MetricMethod:
    """How one metric is computed, in words for a person."""

    name: str
    title: str
    definition: str
    formula: str
    exclusions: str
    pitfalls: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What a question gives: the result and all that a reader needs to trust it."""

    query: Query
    result: Result
    trend: Result | None
    chart: Chart
    period: Period
    days: tuple[date, date]
    comparison_days: tuple[date, date] | None
    method: str
    metrics: tuple[MetricMethod, ...]
    sql: tuple[str, ...]
    data_until: datetime | None
    seconds: float
    currency: str

    def to_dict(self) -> dict[str, Any]:
        """The whole answer as plain values, for JSON."""
        return {
            "query": msgspec.to_builtins(self.query),
            "period": _half_open(self.days),
            "comparison": None if self.comparison_days is None else _half_open(self.comparison_days),
            "currency": self.currency,
            "columns": [
                {
                    key: value
                    for key, value in {
                        "name": column.name,
                        "title": column.title,
                        "role": column.role,
                        "unit": column.unit,
                        "of": column.of,
                        "better": column.better,
                    }.items()
                    if value is not None
                }
                for column in self.result.columns
            ],
            "rows": [list(row) for row in self.result.rows],
            "notes": [{"kind": note.kind, "text": note.text} for note in self.result.notes],
            "method": {
                "analysis": self.method,
                "metrics": [msgspec.to_builtins(metric) for metric in self.metrics],
            },
            "sql": list(self.sql),
            "freshness": {"data_until": None if self.data_until is None else self.data_until.isoformat()},
            "seconds": round(self.seconds, 4),
        }

    def to_json(self) -> bytes:
        """The whole answer as JSON; exact decimals are numbers with all their digits."""
        return ENCODER.encode(self.to_dict())

    def to_arrow(self) -> "pa.Table":
        """The rows as an Arrow table."""
        return self.result.to_arrow()

    def to_polars(self) -> "pl.DataFrame":
        """The rows as a Polars frame; exact decimals stay decimals."""
        return self.result.to_polars()

    def to_pandas(self) -> "pd.DataFrame":
        """The rows as a pandas frame; exact decimals become floats, with which pandas can reckon."""
        return self.result.to_pandas()

    def _repr_html_(self) -> str:
        """The rows as a notebook shows them, with the period and the notes."""
        words = Format.of("en", currency=self.currency)
        return in_a_notebook(self.result, words, words.period(*self.days))


def _half_open(days: tuple[date, date]) -> dict[str, object]:
    return {"from": days[0].isoformat(), "to": days[1].isoformat(), "half_open": True}


ENCODER = msgspec.json.Encoder(decimal_format="number")


def answer(query: Query, viewer: Viewer, programme: "Programme") -> Answer:
    """The answer to a question for a viewer, computed or kept; the one way to a figure."""
    today = programme.today(viewer)
    key = (query.name, viewer.rows_key, programme.engine.version(), today, programme.forgotten)
    known = programme.kept(key)
    if known is not None:
        return known
    started = time.perf_counter()
    _check_histories(query, viewer, programme)
    frame = frame_of(query, viewer, programme)
    found = query.ask.find(frame)
    if viewer.brands is not None:
        if not query.ask.of_cells:
            found = Found(without_few(found.result, frame.privacy.people))
        found = _marked(found, frame.privacy)
    _check_columns(found.result)
    catalog = programme.project.catalog
    comparison = None if frame.comparison is None else frame.comparison.days(frame.calendar)
    given = Answer(
        query=query,
        result=found.result.with_notes(
            *frame.notes, *_undated(programme, viewer, query), *_doubts(programme, viewer, query)
        ),
        trend=found.trend,
        chart=query.ask.chart(found),
        period=frame.period,
        days=frame.period.days(frame.calendar),
        comparison_days=comparison,
        method=query.ask.method(catalog),
        metrics=tuple(_method(programme.project, name) for name in dict.fromkeys(query.ask.used())),
        sql=tuple(statement.readable() for statement in frame.statements),
        data_until=_until(programme, viewer, query),
        seconds=time.perf_counter() - started,
        currency=catalog.currency,
    )
    programme.keep(key, given)
    return given


def _check_histories(query: Query, viewer: Viewer, programme: "Programme") -> None:
    """Refuse an attribute, a scheme or a programme that the data has not: its figures would be of nobody."""
    wanted = getattr(query.ask, "metrics", ())
    filters = [*query.filters, *(one for figure in figures(wanted) for one in figure.filters)]
    names = [*query.ask.dimensions(), *(one.dimension for one in filters if one.dimension is not None)]
    names = [name for name in names if is_history(name)]
    if not names:
        return
    declared = [f"segment.{scheme}" for scheme in programme.project.catalog.schemes]
    known = tuple(dict.fromkeys((*programme.histories(viewer), *declared)))
    for name in names:
        head, _, which = name.partition(".")
        same = [one for one in known if one.startswith(f"{head}.")]
        if name != "tier.name" and same and name not in same:
            raise QueryError(f"no {head} '{which}' in the data{did_you_mean(name, same)}")


def _marked(found: Found, rule: Rule) -> Found:
    """What was found, with figures that may not be shown left out, flagged, and told of."""
    result, some = _left_out(found.result)
    trend, more = (None, False) if found.trend is None else _left_out(found.trend)
    if not some and not more:
        return found
    text = (
        f"Figures about fewer than {rule.people} members, or of which one member makes up more than"
        f" {rule.share:.0%}, are not shown, nor others from which they could be worked out."
    )
    return Found(result.with_notes(Note("suppressed", text)), trend)


def _left_out(result: Result) -> tuple[Result, bool]:
    columns, rows = list(result.columns), [list(row) for row in result.rows]
    for place, column in enumerate(result.columns):
        hidden = [is_hidden(row[place]) for row in rows]
        if not any(hidden):
            continue
        columns.append(Column(f"suppressed_{column.name}", "Not shown", "flag", "flag", of=column.name))
        for row, gone in zip(rows, hidden, strict=True):
            row[place] = None if gone else row[place]
            row.append(gone)
    if len(columns) == len(result.columns):
        return result, False
    return Result(tuple(columns), tuple(tuple(row) for row in rows), result.notes), True


def segments_of(query: Query) -> tuple[str, ...]:
    """The segments by which a question is filtered or broken down, each once."""
    wanted = getattr(query.ask, "metrics", ())
    filters = [*query.filters, *(one for figure in figures(wanted) for one in figure.filters)]
    named = [one.segment for one in filters if one.segment is not None]
    dimensions = [*query.ask.dimensions(), *(one.dimension for one in filters if one.dimension is not None)]
    named += [name.removeprefix("in.") for name in dimensions if name.startswith("in.")]
    return tuple(dict.fromkeys(named))


def _doubts(programme: "Programme", viewer: Viewer, query: Query) -> Iterator[Note]:
    seen: set[Note] = set()
    for segment in segments_of(query):
        for note in programme.doubts(segment, viewer):
            if note not in seen:
                seen.add(note)
                yield note


def _check_columns(result: Result) -> None:
    names = [column.name for column in result.columns]
    for name in names:
        if names.count(name) > 1:
            raise QueryError(f"two columns would be called '{name}'; name a dimension once, or a figure with 'as'")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows of a fact stand behind a metric."""

    metric: str
    fact: str
    rows: int


def rows_behind(query: Query, viewer: Viewer, programme: "Programme") -> tuple[Counted, ...]:
    """The rows that a question's figures rest on, counted over the same period and filters; none too few to tell."""
    frame = frame_of(query, viewer, programme)
    counters: dict[str, AnyMetric] = {}
    asked: list[tuple[Figure, str]] = []
    for figure in figures(getattr(query.ask, "metrics", query.ask.used())):
        dimensions = (*wanted_dimensions(frame.cut(), figure.filters), *query.ask.dimensions())
        for fact, metric in counting(frame.catalog, figure.metric, dimensions):
            name = f"rows_{len(counters)}"
            counters[name] = metric
            asked.append((replace(figure, metric=name, name=name, at=""), fact))
    frame.catalog = replace(frame.catalog, metrics={**frame.catalog.metrics, **counters})
    (row,) = frame.cells([figure for figure, _ in asked], frame.cut()) if asked else ((),)
    return tuple(
        Counted(counters[figure.metric].title, frame.catalog.fact(fact).title, int(str(cell or 0)))
        for (figure, fact), cell in zip(asked, row, strict=True)
        if not is_hidden(cell)
    )


def frame_of(query: Query, viewer: Viewer, programme: "Programme") -> Frame:
    """What a question is asked of."""
    today = programme.today(viewer)
    catalog = programme.project.catalog
    calendar = catalog.calendar
    everything = programme.everything(viewer, today, facts_of(programme.project, query))
    period = parse(query.period, calendar, today, everything)
    comparison = None
    if query.compare is not None:
        shift = COMPARISONS.get(query.compare)
        comparison = shift(period, calendar) if shift else _other_period(query.compare, programme, today, everything)
    now = calendar.midnight(today) if programme.project.settings.today != "now" else programme.clock()
    return Frame(
        catalog=catalog,
        engine=programme.engine,
        viewer=viewer,
        now=now,
        timelines=programme.timelines,
        period=period,
        today=today,
        everything=everything,
        comparison=comparison,
        filters=query.filters,
        reading=query.reading,
        known_at=_instant(query.known_at, programme),
        parameters=query.parameters,
        privacy=Rule(
            programme.project.settings.privacy.smallest_cell, programme.project.settings.privacy.largest_share
        ),
    )


def _other_period(text: str, programme: "Programme", today: date, everything: Period) -> Period:
    try:
        return parse(text, programme.project.catalog.calendar, today, everything)
    except QueryError:
        raise QueryError(f"no comparison '{text}'; give {', '.join(COMPARISONS)} or a period like 2016") from None


def _instant(text: str | None, programme: "Programme") -> datetime | None:
    if text is None:
        return None
    zone = programme.project.catalog.calendar.info
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise QueryError(f"'known_at' is no moment: '{text}'; write 2025-11-02T12:00 or 2025-11-02T12:00Z") from None


def facts_of(project: Project, query: Query) -> tuple[str, ...]:
    """The facts whose rows a question counts, in alphabetical order."""
    found = {fact for name in query.ask.used() for leaf in project.catalog.leaves(name) for fact in metric_facts(leaf)}
    return tuple(sorted(found))


def _undated(programme: "Programme", viewer: Viewer, query: Query) -> Iterator[Note]:
    for fact in facts_of(programme.project, query):
        if count := programme.undated(viewer, fact):
            title = programme.project.catalog.facts[fact].title.lower()
            yield Note("undated", f"{count:,} rows of {title} have no date, so they are in no period.")


def _until(programme: "Programme", viewer: Viewer, query: Query) -> datetime | None:
    span = programme.span(viewer, facts_of(programme.project, query))
    return span[1] if span else None


def _method(project: Project, name: str) -> MetricMethod:
    metric = project.catalog.metric(name)
    return MetricMethod(
        name,
        metric.title,
        metric.method,
        formula_in_words(project.catalog, name),
        metric.exclusions,
        metric.pitfalls,
        metric.questions,
    )
