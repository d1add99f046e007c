"""Landing: the typed rows of one file reach their table: ids become integers, known rows are told, the rest stays."""

from collections.abc import Iterable

from punchcard.catalog.table import Type
from punchcard.intake.reading import Part
from punchcard.intake.report import Count
from punchcard.intake.store import Store
from punchcard.sql import Name, Sql, join, sql

_ROWS = Name("temp", "landing_rows")
_MAPPED = Name("temp", "landing")
_LOSERS = Name("temp", "landing_losers")


class Landing:
    """One part of one file on its way into a table. Made, it has its ids; `store` puts it away."""

    def __init__(self, store: Store, cells: Name, part: Part, batch: int, label: str) -> None:
        self._store = store
        self._cells = cells
        self._part = part
        self._batch = batch
        self._label = label
        self._raw = Name("raw", part.name)
        self._where = sql("not _bad and {where}", where=part.where or sql("true"))
        self._drop()
        self._folded = self._fold() if part.filling.distinct else 0
        self._number()
        self._map()

    def displaces(self, later: Iterable[int]) -> list[int]:
        """The batches of files that come later in the plan and hold keys that this part brings."""
        batches = [batch for batch in later if batch]
        if not batches or not self._told_by_key() or self._part.filling.fallback:
            return []
        found = self._store.rows(
            sql(
                """select distinct known._batch from {mapped} m join {raw} known on {same}
                   where known._batch in ({batches})""",
                mapped=_MAPPED,
                raw=self._raw,
                same=self._same_key("known"),
                batches=join(", ", [sql("{batch}", batch=batch) for batch in batches]),
            )
        )
        return [int(batch) for (batch,) in found]

    def store(self, received: int, bad: int) -> Count:
        """Put the rows into the table, except those whose key is known; every row is counted once."""
        taken = self._count(sql("select count(*) from {cells} where {where}", cells=self._cells, where=self._where))
        self._tell_known()
        duplicates = self._count(sql("select count(*) from {losers} where not conflict", losers=_LOSERS))
        conflicts = self._count(sql("select count(*) from {losers} where conflict", losers=_LOSERS))
        if conflicts:
            self._quarantine_conflicts()
        stored = self._insert()
        self._store.run(
            sql(
                """insert into intake.overlap
                   select distinct cast({batch} as integer), of_batch from {losers} where of_batch <> {batch}""",
                batch=self._batch,
                losers=_LOSERS,
            )
        )
        self._drop()
        return Count(
            self._part.name,
            self._part.number,
            received,
            stored,
            duplicates,
            self._folded,
            bad + conflicts,
            received - bad - taken,
        )

    def _count(self, query: Sql) -> int:
        return int(self._store.one(query)[0])

    def _drop(self) -> None:
        for table in (_ROWS, _MAPPED, _LOSERS):
            self._store.run(sql("drop table if exists {table}", table=table))

    def _rows(self) -> Sql:
        """The rows of this part, ids still as the source writes them."""
        if self._part.filling.distinct:
            return sql("{rows}", rows=_ROWS)
        columns = [sql("{value} as {name}", value=value, name=Name(name)) for name, value in self._part.values.items()]
        return sql(
            "(select _row, {columns} from {cells} where {where})",
            columns=join(", ", columns),
            cells=self._cells,
            where=self._where,
        )

    def _fold(self) -> int:
        """Make one row of several that say the same; the number of those that said it again."""
        columns = [sql("{value} as {name}", value=value, name=Name(name)) for name, value in self._part.values.items()]
        self._store.run(
            sql(
                """create temp table {rows} as
                   select min(_row) as _row, * exclude (_row), count(*) as _times
                   from (select _row, {columns} from {cells} where {where}) group by all""",
                rows=_ROWS,
                columns=join(", ", columns),
                cells=self._cells,
                where=self._where,
            )
        )
        return self._count(sql("select coalesce(sum(_times), 0) - count(*) from {rows}", rows=_ROWS))

    def _ids(self) -> dict[str, str]:
        """The id columns that are filled, with the entity of each."""
        columns = self._part.table.columns
        return {name: columns[name].of or "" for name in self._part.values if columns[name].type is Type.ID}

    def _number(self) -> None:
        """Give every id that is seen for the first time the next integer of its entity."""
        for column, entity in self._ids().items():
            self._store.run(
                sql(
                    """insert into {keys}
                       select (select coalesce(max(id), 0) from {keys}) + row_number() over (order by seen), ref
                       from (select {column} as ref, min(_row) as seen from {rows}
                             where {column} is not null group by 1) new
                       anti join {keys} known using (ref)""",
                    keys=Name("keys", entity),
                    column=Name(column),
                    rows=self._rows(),
                )
            )

    def _map(self) -> None:
        ids = self._ids()
        columns = [
            sql("{known}.id as {name}", known=Name(f"{name} key"), name=Name(name))
            if name in ids
            else sql("r.{name}", name=Name(name))
            for name in self._part.values
        ]
        # A part of the key that this filling leaves empty is compared like any other.
        columns += [
            sql("null as {name}", name=Name(name)) for name in self._part.table.key if name not in self._part.values
        ]
        joins = [
            sql(
                " left join {keys} as {known} on {known}.ref = r.{name}",
                keys=Name("keys", entity),
                known=Name(f"{name} key"),
                name=Name(name),
            )
            for name, entity in ids.items()
        ]
        self._store.run(
            sql(
                "create temp table {mapped} as select r._row, {columns} from {rows} r{joins}",
                mapped=_MAPPED,
                columns=join(", ", columns),
                rows=self._rows(),
                joins=join("", joins),
            )
        )

    def _told_by_key(self) -> bool:
        """Whether two rows can have one key: not if the table has none, or if it is made of file and row."""
        cells = self._part.filling.cells()
        key = self._part.table.key
        return bool(key) and not any(column in cells and cells[column].row for column in key)

    def _same_key(self, other: str) -> Sql:
        return join(" and ", [self._same(column, other) for column in self._part.table.key])

    def _same(self, column: str, other: str) -> Sql:
        if self._part.table.columns[column].empty is not None:
            return sql("m.{column} is not distinct from {other}.{column}", column=Name(column), other=Name(other))
        return sql("m.{column} = {other}.{column}", column=Name(column), other=Name(other))

    def _differences(self, other: str) -> Sql:
        """The names of the columns in which a row and the one of its key differ; NULL if it says the same.

        When it was recorded is no difference: who sends a row again sends it later.
        """
        table = self._part.table
        rest = [name for name in self._part.values if name not in table.key and name != table.recorded]
        if not rest or self._part.filling.fallback:
            return sql("cast(null as varchar)")
        each = [
            sql(
                "case when m.{column} is distinct from {other}.{column} then {name} end",
                column=Name(column),
                other=Name(other),
                name=column,
            )
            for column in rest
        ]
        return sql("nullif(concat_ws(', ', {each}), '')", each=join(", ", each))

    def _tell_known(self) -> None:
        """Find the rows whose key the file or the table already has."""
        self._store.run(
            sql(
                "create temp table {losers} (_row bigint, conflict boolean, differs varchar, of_batch integer)",
                losers=_LOSERS,
            )
        )
        if not self._told_by_key():
            return
        key = join(", ", [sql("{column}", column=Name(column)) for column in self._part.table.key])
        self._store.run(
            sql(
                """insert into {losers}
                   with repeated as (
                     select {key}, min(_row) as first_row from {mapped} group by {key} having count(*) > 1),
                   first as (select m.* from {mapped} m join repeated on repeated.first_row = m._row),
                   compared as (
                     select m._row, {differs} as differs from {mapped} m join first on {same}
                     where m._row <> first._row)
                   select _row, differs is not null, differs, {batch} from compared""",
                losers=_LOSERS,
                key=key,
                mapped=_MAPPED,
                differs=self._differences("first"),
                same=self._same_key("first"),
                batch=self._batch,
            )
        )
        self._store.run(
            sql(
                """insert into {losers}
                   with compared as (
                     select m._row, {differs} as differs, known._batch as of_batch
                     from {mapped} m join {raw} known on {same}
                     where m._row not in (select _row from {losers}))
                   select _row, differs is not null, differs, of_batch from compared""",
                losers=_LOSERS,
                differs=self._differences("known"),
                mapped=_MAPPED,
                raw=self._raw,
                same=self._same_key("known"),
            )
        )

    def _quarantine_conflicts(self) -> None:
        key = join(
            ", ", [sql("cast({value} as varchar)", value=self._part.values[column]) for column in self._part.table.key]
        )
        self._store.run(
            sql(
                """insert into intake.quarantine
                   select {batch}, {label}, _row, {table}, {key_name}, concat_ws(', ', {key}), 'key_conflict',
                          'the key is known, but ' || differs || ' differs; the first row was kept'
                   from {losers} join {cells} using (_row) where conflict""",
                batch=self._batch,
                label=self._label,
                table=self._part.name,
                key_name=", ".join(self._part.table.key),
                key=key,
                losers=_LOSERS,
                cells=self._cells,
            )
        )

    def _insert(self) -> int:
        return self._store.run(
            sql(
                """insert into {raw} by name
                   select * exclude (_row), {batch} as _batch from {mapped}
                   where _row not in (select _row from {losers})""",
                raw=self._raw,
                batch=self._batch,
                mapped=_MAPPED,
                losers=_LOSERS,
            )
        )
