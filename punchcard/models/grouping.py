"""Grouping: the rows of one fact reduced to finer rows, and a figure over those in each cell of a cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from punchcard.catalog.metric import Days, Window
from punchcard.plan.leaf import Use, bucket_key, moment_of
from punchcard.plan.rows import Cut, Rows
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql


@dataclass(frozen=True)
class Grouping:
    """Rows of a fact in a window, with the cells of the cut that they fall into."""

    rows: Rows
    key: Sql | None
    groups: tuple[Sql, ...]

    @classmethod
    def of(cls, scope: Scope, cut: Cut, use: Use, fact: str, over: Window | Days) -> "Grouping":
        """The rows of a fact for a use, with its own filters."""
        moments = [moment_of(bucket, over, scope.catalog.calendar) for bucket in cut.buckets]
        rows = Rows(scope, fact, cut, moments, use.parameters)
        rows.conditions += [rows.filter(wanted) for wanted in use.filters]
        return cls(rows, bucket_key(rows, cut, by_day=False), tuple(rows.groups()))

    @property
    def cells(self) -> tuple[Name, ...]:
        """The names of the cell's columns."""
        names = (Name("bucket"),) if self.key is not None else ()
        return (*names, *(Name(f"g{i}") for i in range(len(self.groups))))

    def reduced(self, by: Sequence[Sql], values: Sequence[Sql]) -> Sql:
        """One row for each cell and each value of `by` (SQL with names), with `values` (SQL with names)."""
        cell = [] if self.key is None else [sql("{key} as bucket", key=self.key)]
        cell += [sql("{group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(self.groups)]
        return sql(
            "select {columns}\n{source}\ngroup by all",
            columns=join(",\n  ", [*cell, *by, *values]),
            source=self.rows.source(),
        )

    def within(self, *more: Name) -> Sql:
        """`partition by` the cell and more columns; nothing where there is neither."""
        names = [sql("{name}", name=name) for name in (*self.cells, *more)]
        return sql("partition by {names}", names=join(", ", names)) if names else sql("")

    def figure(self, column: str, value: Sql, source: Sql) -> Sql:
        """The leaf: the value for each cell over a relation with the cell's columns."""
        cells = [sql("{name}", name=name) for name in self.cells]
        by = sql("\ngroup by {cells}", cells=join(", ", cells)) if cells else sql("")
        return sql(
            "select {columns}\nfrom (\n{source}\n) as finer{by}",
            columns=join(", ", [*cells, sql("{value} as {column}", value=value, column=Name(column))]),
            source=source,
            by=by,
        )
