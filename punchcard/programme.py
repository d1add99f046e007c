"""Programme: an opened project, what its data has for a viewer, and the answers given so far."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from punchcard.answer import Answer, answer
from punchcard.catalog.segment import Segment
from punchcard.engines.base import Engine
from punchcard.errors import Forbidden, did_you_mean
from punchcard.intake.ledger import Ledger
from punchcard.period import Grain, Period, of_days, parse
from punchcard.plan.dimension import HISTORIES
from punchcard.plan.scope import Scope
from punchcard.plan.segment import heard_only_in_data, named_by_rows, recognised_refs, unknown_refs
from punchcard.project import TIMELINE, Project
from punchcard.query import Query, decode
from punchcard.result import Note
from punchcard.sql import Name, Sql, join, sql
from punchcard.timelines import Timelines
from punchcard.viewer import OPERATOR, Viewer

DAY = Grain.DAY
T = TypeVar("T")
Key = tuple[str, str, str, date, int]  # the question, whose rows, which data, which day, which words
KEPT = 2048  # answers kept; one is a few kilobytes


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
    forgotten: int = 0  # how often all answers were let go
    _answers: "OrderedDict[Key, Answer]" = field(default_factory=OrderedDict)
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

    def kept(self, key: Key) -> Answer | None:
        """An answer given before over the same data, if it is still kept."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def keep(self, key: Key, given: Answer) -> None:
        """Keep an answer; the one unused for longest makes room."""
        with self._lock:
            self._answers[key] = given
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)

    def forget(self) -> None:
        """Let go of all answers, also of those under way; the next question is computed anew."""
        with self._lock:
            self._answers.clear()
            self.forgotten += 1

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

    def recognised(self, refs: Collection[str], viewer: Viewer) -> dict[str, int]:
        """Which of the numbers members have, each with its member; only the operator may look members up."""
        if viewer.brands is not None:
            raise Forbidden("only the operator may look up the numbers of members")
        scope = Scope(self.project.catalog, viewer, self.clock())
        found = self.engine.run(scope.statement(recognised_refs(scope, refs))).rows if refs else ()
        return {str(ref): int(str(member)) for ref, member in found}

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
