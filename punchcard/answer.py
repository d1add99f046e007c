"""Answer: the one path. A question, a viewer and a programme give figures, a chart, and the words that say how.

The page, the export, the API, the command line and a notebook all start here, so they agree.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from punchcard.analyses.base import Found, figures, without_few
from punchcard.catalog.metric import AnyMetric
from punchcard.catalog.metric import facts_of as metric_facts
from punchcard.catalog.segment import Segment
from punchcard.catalog.words import formula_in_words
from punchcard.chart import Chart
from punchcard.chart.written import in_a_notebook
from punchcard.engines.base import Engine
from punchcard.errors import Forbidden, QueryError, did_you_mean
from punchcard.format import Format
from punchcard.frame import Frame, is_hidden
from punchcard.intake.ledger import Ledger
from punchcard.period import COMPARISONS, Grain, Period, of_days, parse
from punchcard.plan.behind import counting
from punchcard.plan.cells import Figure, wanted_dimensions
from punchcard.plan.dimension import HISTORIES, is_history
from punchcard.plan.scope import Scope
from punchcard.plan.segment import heard_only_in_data, named_by_rows, unknown_refs
from punchcard.project import TIMELINE, Project
from punchcard.query import Query, decode
from punchcard.result import Column, Note, Result
from punchcard.sql import Name, Sql, join, sql
from punchcard.stats.disclosure import Rule
from punchcard.timelines import Timelines
from punchcard.viewer import OPERATOR, Viewer

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

DAY = Grain.DAY
T = TypeVar("T")
KEPT = 2048  # answers kept; one is a few kilobytes


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


def _clock() -> datetime:
    return datetime.now(UTC)


def _nothing() -> None:
    """What closing a programme does if nobody else holds the data for it."""


@dataclass
class Programme:
    """An opened project: its declarations, its data, and the answers given so far."""

    project: Project
    engine: Engine
    clock: Callable[[], datetime] = _clock
    release: Callable[[], None] = _nothing
    _answers: "OrderedDict[tuple[str, str, str, date], Answer]" = field(default_factory=OrderedDict)
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict[tuple[str, ...], Any])
    _lock: Lock = field(default_factory=Lock)

    @cached_property
    def timelines(self) -> Timelines:
        """What members did, for questions about behaviour."""
        return Timelines(self.project.catalog, self.engine, self.project.folder / TIMELINE)

    def ask(self, query: Query | Mapping[str, Any] | str, viewer: Viewer = OPERATOR) -> Answer:
        """The answer to a question given as a Query, a mapping or JSON."""
        wanted = query if isinstance(query, Query) else decode(query if isinstance(query, str) else dict(query))
        return answer(wanted, viewer, self)

    def close(self) -> None:
        """Give the data back, so that an import may change it."""
        self.release()

    def __enter__(self) -> "Programme":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def kept(self, key: tuple[str, str, str, date]) -> Answer | None:
        """An answer given before over the same data, if it is still kept."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def keep(self, key: tuple[str, str, str, date], given: Answer) -> None:
        """Keep an answer; the one unused for longest makes room."""
        with self._lock:
            self._answers[key] = given
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)

    def forget(self) -> None:
        """Let go of all answers; the next question is computed anew."""
        with self._lock:
            self._answers.clear()

    def _once(self, viewer: Viewer, what: tuple[str, ...], find: Callable[[Scope], T]) -> T:
        """What the data has for a viewer, found once as long as the data stays the same."""
        key = (self.engine.version(), viewer.rows_key, *what)
        if key not in self._known:
            self._known[key] = find(Scope(self.project.catalog, viewer, self.clock()))
        return self._known[key]

    def span(self, viewer: Viewer, facts: tuple[str, ...] = ()) -> tuple[datetime, datetime] | None:
        """The first and last moment of the facts (all stored ones by default) that the viewer may see."""
        return self._once(viewer, ("span", *facts), lambda scope: self._measured(scope, facts))

    def _measured(self, scope: Scope, facts: tuple[str, ...]) -> tuple[datetime, datetime] | None:
        timed = [
            name
            for name, fact in scope.catalog.facts.items()
            if fact.time is not None and fact.day is not None and (name in facts if facts else fact.stored)
        ]
        if not timed:
            return None
        parts = [_bounds(scope, name, self.project.catalog.facts[name].time or "") for name in timed]
        rows = self.engine.run(
            scope.statement(sql("select min(a), max(z) from ({parts})", parts=join(" union all ", parts)))
        ).rows
        first, last = rows[0]
        if not isinstance(first, datetime) or not isinstance(last, datetime):
            return None
        return first, last

    def undated(self, viewer: Viewer, fact: str) -> int:
        """How many rows of a fact that the viewer may see have no time, and so are in no period."""
        time_column = self.project.catalog.facts[fact].time
        if time_column is None:
            return 0

        def count(scope: Scope) -> int:
            counted = sql(
                "select count(*) - count({time}) from {fact}", time=Name(time_column), fact=scope.relation(fact)
            )
            return int(str(self.engine.run(scope.statement(counted)).rows[0][0]))

        return self._once(viewer, ("undated", fact), count)

    def holds(self, viewer: Viewer, fact: str) -> bool:
        """Whether there is any row of a fact that the viewer may see."""

        def look(scope: Scope) -> bool:
            asked = sql("select exists(select 1 from {fact})", fact=scope.relation(fact))
            return bool(self.engine.run(scope.statement(asked)).rows[0][0])

        return self._once(viewer, ("holds", fact), look)

    def today(self, viewer: Viewer) -> date:
        """The local day that presets count from."""
        calendar = self.project.catalog.calendar
        match self.project.settings.today:
            case "last_data":
                found = self.span(viewer)
                return calendar.next(calendar.day(found[1]), DAY) if found else calendar.day(self.clock())
            case "now":
                return calendar.day(self.clock())
            case fixed:
                return date.fromisoformat(fixed)

    def ledger(self, viewer: Viewer) -> Ledger:
        """The books of all imports; Forbidden for a viewer who does not see every row."""
        if viewer.brands is not None:
            raise Forbidden("the books tell of all brands' rows, so only the operator may read them")
        return Ledger(self.engine)

    def histories(self, viewer: Viewer) -> tuple[str, ...]:
        """The dimensions of members that change over time, as the data has them: attributes, segment schemes, tiers."""

        def names(scope: Scope) -> tuple[str, ...]:
            parts = [
                sql(
                    "select distinct concat({head}, '.', {which}) as name from {spells} where {which} is not null",
                    head=head,
                    which=Name(which),
                    spells=scope.relation(spells),
                )
                for head, (spells, _, which) in HISTORIES.items()
                if spells in scope.catalog.facts
            ]
            statement = sql("select name from ({parts}) order by name", parts=join(" union all ", parts))
            rows = self.engine.run(scope.statement(statement)).rows if parts else ()
            return tuple(str(name) for (name,) in rows)

        return self._once(viewer, ("histories",), names)

    def heard(self, viewer: Viewer) -> tuple[str, ...]:
        """The names that rows give their own activity, as far as the viewer's data has any."""
        catalog = self.project.catalog
        name = named_by_rows(catalog)
        if name is None:
            return ()
        activity = catalog.activities[name]

        def names(scope: Scope) -> tuple[str, ...]:
            column, fact = Name(activity.named_by or ""), scope.relation(activity.of)
            named = sql("select distinct {column} from {fact} where {column} is not null", column=column, fact=fact)
            return tuple(sorted(str(one) for (one,) in self.engine.run(scope.statement(named)).rows))

        return self._once(viewer, ("heard",), names)

    def supposing(self, name: str, segment: Segment) -> "Programme":
        """The programme as it would be with one segment more: to ask of a rule before it is saved."""
        catalog = replace(self.project.catalog, segments={**self.project.catalog.segments, name: segment})
        return Programme(replace(self.project, catalog=catalog), self.engine, self.clock)

    def doubts(self, segment: str, viewer: Viewer) -> Iterator[Note]:
        """What only data can tell of a segment: activities that nobody did so far, and listed numbers of nobody."""
        for name, condition in self.project.catalog.conditions(segment):
            title = self.project.catalog.segment(name).title
            named = [*(step.did for step in condition.steps), *filter(None, [condition.from_first])]
            for did in named:
                if heard_only_in_data(self.project.catalog, did) and did not in (known := self.heard(viewer)):
                    hint = did_you_mean(did, (*known, *self.project.catalog.activities))
                    yield Note("segment", f"{title}: nobody did '{did}' so far, as far as the data tells{hint}")
            # Whether a number is known at all is not for a brand's viewer to learn.
            if condition.refs and viewer.brands is None:
                unknown = [str(ref) for (ref,) in self.engine.run(unknown_refs(condition)).rows]
                if unknown:
                    some = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
                    text = f"{title}: {len(unknown):,} of {len(condition.refs):,} listed numbers are not in the data"
                    yield Note("segment", f"{text}: {some}")

    def period(self, text: str, viewer: Viewer, facts: tuple[str, ...] = ()) -> Period:
        """The period that a text means today; `all` is the span of the facts (all stored ones by default)."""
        today = self.today(viewer)
        return parse(text, self.project.catalog.calendar, today, self.everything(viewer, today, facts))

    def everything(self, viewer: Viewer, today: date, facts: tuple[str, ...] = ()) -> Period:
        """The whole days that the facts span; today alone if there are none."""
        calendar = self.project.catalog.calendar
        span = self.span(viewer, facts) or self.span(viewer)
        first, last = (calendar.day(span[0]), calendar.day(span[1])) if span else (today, today)
        return of_days(first, calendar.next(last, DAY), calendar)


def _bounds(scope: Scope, name: str, time_column: str) -> Sql:
    return sql(
        "select min({time}) as a, max({time}) as z from {fact}", time=Name(time_column), fact=scope.relation(name)
    )


def answer(query: Query, viewer: Viewer, programme: Programme) -> Answer:
    """The answer to a question for a viewer, computed or kept; the one way to a figure."""
    today = programme.today(viewer)
    key = (query.name, viewer.rows_key, programme.engine.version(), today)
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


def _check_histories(query: Query, viewer: Viewer, programme: Programme) -> None:
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


def _doubts(programme: Programme, viewer: Viewer, query: Query) -> Iterator[Note]:
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


def rows_behind(query: Query, viewer: Viewer, programme: Programme) -> tuple[Counted, ...]:
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


def frame_of(query: Query, viewer: Viewer, programme: Programme) -> Frame:
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


def _other_period(text: str, programme: Programme, today: date, everything: Period) -> Period:
    try:
        return parse(text, programme.project.catalog.calendar, today, everything)
    except QueryError:
        raise QueryError(f"no comparison '{text}'; give {', '.join(COMPARISONS)} or a period like 2016") from None


def _instant(text: str | None, programme: Programme) -> datetime | None:
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


def _undated(programme: Programme, viewer: Viewer, query: Query) -> Iterator[Note]:
    for fact in facts_of(programme.project, query):
        if count := programme.undated(viewer, fact):
            title = programme.project.catalog.facts[fact].title.lower()
            yield Note("undated", f"{count:,} rows of {title} have no date, so they are in no period.")


def _until(programme: Programme, viewer: Viewer, query: Query) -> datetime | None:
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
