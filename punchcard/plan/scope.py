"""Scope: the relations a question may read, already cut to the viewer and to what was known at a moment.

Raw tables live in schema `raw` and stored facts in `fact`; a bare name exists only as a CTE made here. So SQL that
forgets the scope does not leak: it fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.fact import Fact
from punchcard.catalog.table import Scope as Rows
from punchcard.catalog.table import Table, Via
from punchcard.errors import QueryError, did_you_mean
from punchcard.sql import Name, Sql, join, sql, trusted
from punchcard.viewer import OPERATOR, Viewer

# The members who have a fact with a brand: the fact by which tables of members are cut for a brand's viewer.
MEMBERS_OF_A_BRAND = "brand_member"


@dataclass
class Scope:
    """Collects the relations that a statement reads, and puts them in front of it.

    `only` narrows relations by name to some of their rows, such as those that have just come.
    """

    catalog: Catalog
    viewer: Viewer
    now: datetime
    known_at: datetime | None = None
    only: Mapping[str, Sql] = field(default_factory=dict[str, Sql])
    _ctes: dict[str, Sql] = field(default_factory=dict[str, Sql])
    _defined: dict[Sql, str] = field(default_factory=dict[Sql, str])

    def relation(self, name: str) -> Name:
        """The bare name of a fact or table, made to exist for this statement."""
        if name not in self._ctes:
            if fact := self.catalog.facts.get(name):
                self._ctes[name] = self._fact(name, fact)
            elif table := self.catalog.tables.get(name):
                self._ctes[name] = self._table(name, table)
            else:
                known = [*self.catalog.facts, *self.catalog.tables]
                raise QueryError(f"no fact or table '{name}'{did_you_mean(name, known)}")
        return Name(name)

    @property
    def relations(self) -> tuple[str, ...]:
        """What the statement reads so far, by name."""
        return tuple(self._ctes)

    def define(self, kind: str, body: Sql) -> Name:
        """A relation of the statement's own, after those that exist so far; the same body is made once."""
        if body not in self._defined:
            self._defined[body] = f"{kind}_{len(self._defined)}"
            name = self._defined[body]
            self._ctes[name] = sql("{name} as materialized ({body})", name=Name(name), body=body)
        return Name(self._defined[body])

    def statement(self, body: Sql) -> Sql:
        """A statement with all its relations in front."""
        if not self._ctes:
            return body
        return sql("with {ctes}\n{body}", ctes=join(",\n", list(self._ctes.values())), body=body)

    def _fact(self, name: str, fact: Fact) -> Sql:
        if fact.stored and self.known_at is None and not (fact.whole and self.viewer.brands is not None):
            body = sql("select * from {table}{where}", table=Name("fact", name), where=self._brands(fact.brand))
            if name in self.only:
                body = sql("select * from ({body}) where {only}", body=body, only=self.only[name])
        elif fact.shared:
            # The same for every viewer, so built as the operator sees it, in a statement of its own.
            body = Scope(self.catalog, OPERATOR, self.now, self.known_at).built(fact)
        else:
            for read in fact.reads():
                self.relation(read)
            body = self._filled(fact)
        return sql("{name} as not materialized ({body})", name=Name(name), body=body)

    def built(self, fact: Fact) -> Sql:
        """A fact's rows from the tables, as a statement of its own."""
        for read in fact.reads():
            self.relation(read)
        return self.statement(sql("select * from ({rows}) as fact_rows", rows=self._filled(fact)))

    def _filled(self, fact: Fact) -> Sql:
        moment = self.known_at or self.now
        settings = {
            "zone": sql("{zone}", zone=self.catalog.calendar.zone),
            "currency": sql("{currency}", currency=self.catalog.currency),
            "now": sql("cast({now} as timestamptz)", now=self.known_at)
            if self.known_at
            else sql("timestamptz 'infinity'"),
            "today": sql("{today}", today=self.catalog.calendar.day(moment)),
        }
        if "$schemes" in fact.sql:
            from punchcard.plan.scheme import spells  # schemes read facts through a scope in their turn

            settings["schemes"] = spells(self)
        first, *parts = fact.sql.strip().split("$")
        pieces = [trusted(first)]
        for part in parts:
            name = next((setting for setting in settings if part.startswith(setting)), None)
            if name is None:
                raise QueryError(f"a fact's SQL names the setting '${part[:12]}'; known are {', '.join(settings)}")
            pieces += [settings[name], trusted(part[len(name) :])]
        return join("", pieces)

    def _table(self, name: str, table: Table) -> Sql:
        conditions = [*self._known(table), *self._visible(table), *([self.only[name]] if name in self.only else [])]
        where = sql(" where {all}", all=join(" and ", conditions)) if conditions else sql("")
        return sql(
            "{name} as not materialized (select * from {table}{where})",
            name=Name(name),
            table=Name("raw", name),
            where=where,
        )

    def _known(self, table: Table) -> list[Sql]:
        if self.known_at is None or table.recorded is None:
            return []
        recorded = sql("{recorded}", recorded=Name(table.recorded))
        if table.time is not None:
            recorded = sql("coalesce({recorded}, {time})", recorded=recorded, time=Name(table.time))
        return [sql("({recorded} is null or {recorded} < {known_at})", recorded=recorded, known_at=self.known_at)]

    def _visible(self, table: Table) -> list[Sql]:
        if self.viewer.brands is None or table.brand is Rows.SHARED:
            return []
        match table.brand:
            case Via(table=parent, on=on):
                parent_key = self.catalog.tables[parent].key[0]
                return [
                    sql(
                        "{on} in (select {key} from {parent})",
                        on=Name(on),
                        key=Name(parent_key),
                        parent=self.relation(parent),
                    )
                ]
            case Rows.MEMBERS:
                return [
                    sql(
                        "member_id in (select as_recorded_id from {members})", members=self.relation(MEMBERS_OF_A_BRAND)
                    )
                ]
            case str() if table.brand in table.columns:
                return [self._own(table.brand)]
            case _:
                return [sql("false")]

    def _brands(self, column: str | None) -> Sql:
        if self.viewer.brands is None:
            return sql("")
        if column is None:
            return sql("")
        return sql(" where {own}", own=self._own(column))

    def _own(self, column: str) -> Sql:
        refs = join(", ", [sql("{ref}", ref=ref) for ref in sorted(self.viewer.brands or ())] or [sql("null")])
        return sql("{column} in (select id from keys.brand where ref in ({refs}))", column=Name(column), refs=refs)
