"""Catalog: all declared words of one project together, with look-ups that answer a mistake with a suggestion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from punchcard.catalog.activity import Activity
from punchcard.catalog.expression import parse
from punchcard.catalog.fact import Fact
from punchcard.catalog.metric import AnyMetric, Formula, LeafMetric, Ratio
from punchcard.catalog.scheme import Figure, Scheme
from punchcard.catalog.segment import Condition, Segment
from punchcard.catalog.table import Table
from punchcard.errors import QueryError, did_you_mean
from punchcard.period import Calendar


# Compared by identity, so that what follows from a catalog can be kept with it.
@dataclass(frozen=True, eq=False)
class Catalog:
    """Tables, facts, metrics and segments by name, and the settings by which they are read."""

    tables: Mapping[str, Table]
    facts: Mapping[str, Fact]
    metrics: Mapping[str, AnyMetric]
    activities: Mapping[str, Activity] = field(default_factory=dict[str, Activity])
    segments: Mapping[str, Segment] = field(default_factory=dict[str, Segment])
    calendar: Calendar = field(default_factory=Calendar)
    currency: str = "EUR"
    currencies: tuple[str, ...] = ()
    schemes: Mapping[str, Scheme] = field(default_factory=dict[str, Scheme])

    @property
    def many_currencies(self) -> bool:
        """Whether amounts come in more than the reporting currency, so that a rate may be missing."""
        return any(code != self.currency for code in self.currencies)

    def metric(self, name: str) -> AnyMetric:
        """A metric by name; QueryError with a suggestion if there is none."""
        if name not in self.metrics:
            raise QueryError(f"no metric '{name}'{did_you_mean(name, self.metrics)}")
        return self.metrics[name]

    def fact(self, name: str) -> Fact:
        """A fact by name; QueryError with a suggestion if there is none."""
        if name not in self.facts:
            raise QueryError(f"no fact '{name}'{did_you_mean(name, self.facts)}")
        return self.facts[name]

    def segment(self, name: str) -> Segment:
        """A segment by name; QueryError with a suggestion if there is none."""
        if name not in self.segments:
            raise QueryError(f"no segment '{name}'{did_you_mean(name, self.segments)}")
        return self.segments[name]

    def reads(self, name: str) -> tuple[str, ...]:
        """The relations that a fact is built from; spells of schemes are built from what the schemes count."""
        fact = self.facts[name]
        if "$schemes" not in fact.sql:
            return fact.reads()
        counted = list(fact.reads())
        for scheme in self.schemes.values():
            for version in scheme.versions:
                for figure in version.figures.values():
                    counted += self._counted(figure)
        return tuple(dict.fromkeys(of for of in counted if of in self.facts))

    def _counted(self, figure: Figure) -> Iterator[str]:
        """The fact whose rows a figure counts; an activity unknown by name may be one that rows name themselves."""
        if figure.metric is not None and (metric := self.metrics.get(figure.metric)) is not None:
            yield getattr(metric, "of", "")
        elif (activity := self.activities.get(figure.did or "")) is not None:
            yield activity.of
        else:
            yield from (one.of for one in self.activities.values() if one.named_by is not None)

    def conditions(self, name: str) -> Iterator[tuple[str, Condition]]:
        """Every condition on which a segment depends, with the segment that states it: its own, and of those it names.

        QueryError if a segment is defined by itself.
        """
        yield from self._conditions(name, ())

    def _conditions(self, name: str, path: tuple[str, ...]) -> Iterator[tuple[str, Condition]]:
        if name in path:
            raise QueryError(f"depends on itself: {' > '.join((*path, name))}")
        for _, condition in self.segment(name).conditions():
            yield name, condition
            if condition.segment is not None:
                yield from self._conditions(condition.segment, (*path, name))

    @cached_property
    def _looked_up(self) -> dict[str, str]:
        return {fact.entity: name for name, fact in self.facts.items() if fact.entity is not None}

    def lookup(self, entity: str) -> str | None:
        """The relation in which ids of an entity are looked up: a fact that says so, or the entity's own table."""
        return self._looked_up.get(entity) or (entity if entity in self.tables else None)

    def parts(self, name: str) -> Iterator[str]:
        """A metric and, if it is made of others, all of those."""
        yield name
        match self.metric(name):
            case Ratio(numerator=numerator, denominator=denominator):
                yield from self.parts(numerator)
                yield from self.parts(denominator)
            case Formula(value=value):
                for reference in sorted(parse(value).columns):
                    yield from self.parts(reference.split(".")[0])
            case _:
                pass

    def leaves(self, name: str) -> Iterator[LeafMetric]:
        """The metrics that read rows, under a metric that is made of others (itself, if it reads rows)."""
        for part in self.parts(name):
            metric = self.metric(part)
            if not isinstance(metric, Ratio | Formula):
                yield metric
