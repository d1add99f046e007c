"""Reference: the design's own tables, views and metrics over seeded rows, whole or cut.

The design's texts are read where they lie and run as they are. What they would get wrong for want of an exclusion is
taken care of here: people who are only there for testing are left out of the reference altogether, because the design
leaves them out of sales and of member counts and says that they count nowhere.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from punchcard.catalog.table import Via
from tests.oracle.design import derived_sql, tables_sql
from tests.oracle.differences import LAYER
from tests.oracle.library import TIMELESS, tables
from tests.oracle.seed import Seeded
from tests.oracle.seeded.world import Row
from tests.oracle.store import arrow

DERIVED = ("v_line", "v_msg", "v_pts")


@dataclass(frozen=True)
class Cut:
    """A part of the data: rows before a moment, and conditions on single tables or derived relations.

    `as_written` reads it through the design's own views, without our corrections of them.
    """

    until: datetime | None = None
    where: tuple[tuple[str, str], ...] = ()
    as_written: bool = False

    def conditions(self, relation: str) -> list[str]:
        """What must hold for the rows of this relation."""
        found = [condition for name, condition in self.where if name == relation]
        if self.until and relation in tables() and relation not in TIMELESS:
            table = tables()[relation]
            if table.time:
                moment = f"timestamptz '{self.until.isoformat()}'"
                bound = f"cast({moment} as date)" if table.columns[table.time].type == "date" else moment
                found.append(f'("{table.time}" is null or "{table.time}" < {bound})')
        return found


WHOLE = Cut()


@dataclass
class Reference:
    """A reference database and the cuts of it that were asked for so far."""

    con: duckdb.DuckDBPyConnection
    design: Path
    schemas: dict[Cut, str] = field(default_factory=dict[Cut, str])

    def use(self, cut: Cut) -> None:
        """Makes bare names mean this part of the data."""
        if cut not in self.schemas:
            self.schemas[cut] = self._build(cut)
        self.con.execute(f"set search_path = '{self.schemas[cut]},whole'")

    def _tables(self) -> list[str]:
        """The tables of the design; ours may be more."""
        known = self.con.execute("select table_name from duckdb_tables() where schema_name = 'whole' order by all")
        return [str(name) for (name,) in known.fetchall()]

    def _build(self, cut: Cut) -> str:
        schema = f"cut_{len(self.schemas)}"
        self.con.execute(f"create schema {schema}")
        self.con.execute(f"set search_path = '{schema},whole'")
        for name in self._tables():
            if conditions := cut.conditions(name):
                where = " and ".join(conditions)
                self.con.execute(f'create view "{name}" as select * from whole."{name}" where {where}')
        narrowed = {name: " and ".join(cut.conditions(name)) for name in DERIVED if cut.conditions(name)}
        for statement in duckdb.extract_statements(derived_sql(self.design)):
            text = statement.query.strip()
            name = text.split()[2].split("(")[0]
            if name in LAYER and not cut.as_written:
                text = LAYER[name].applied(text)
            if text.startswith("CREATE VIEW") and name in narrowed:
                self.con.execute(text.replace(f"CREATE VIEW {name}", f"CREATE VIEW whole_{name}", 1))
                self.con.execute(f"create view {name} as select * from whole_{name} where {narrowed[name]}")
            else:
                self.con.execute(text)
        return schema


def reference(design: Path, seeded: Seeded) -> Reference:
    """A database in memory with the design's tables, filled, in the zone of the seeded workspace."""
    con = duckdb.connect(":memory:")
    con.execute(f"set timezone = '{seeded.zone}'")
    con.execute("create schema whole")
    con.execute("set search_path = 'whole'")
    con.execute(tables_sql(design))
    known = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    for name, rows in without_test_people(seeded.rows).items():
        if name not in known:
            continue
        ours = arrow(tables()[name], rows)
        con.register("arriving", ours)
        wanted = [column for (column,) in con.execute(f"select column_name from (describe {name})").fetchall()]
        columns = ", ".join(_FROM_OURS.get((name, column), f'"{column}"') for column in wanted)
        con.execute(f'insert into "{name}" select {columns} from arriving')
        con.unregister("arriving")
    return Reference(con, design)


# We keep one id column for each kind of conversion; the design keeps one for all.
_FROM_OURS = {
    ("attribution_credit", "conversion_id"): "coalesce(conversion_id, enrolment_id, goal_completion_id)",
}


def without_test_people(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """All rows but those of test people, and those that hang on such a row."""
    gone: dict[str, set[object]] = {"member": {row["member_id"] for row in rows["member"] if row["is_test"]}}
    kept: dict[str, list[Row]] = {}
    for name in _parents_first():
        table = tables()[name]
        parents = {column: of for column, of in _parents(name).items() if of in gone}
        key = table.key[0] if table.entity() else None
        kept[name], lost = [], set[object]()
        for row in rows[name]:
            if any(row[column] is not None and row[column] in gone[of] for column, of in parents.items()):
                lost.add(row[key] if key else None)
            else:
                kept[name].append(row)
        if key and lost:
            gone.setdefault(name, set()).update(lost)
    return kept


def _parents(name: str) -> dict[str, str]:
    """The columns that lead to the member or to the row that this one is a part of."""
    table = tables()[name]
    parents = {column: "member" for column, declared in table.columns.items() if declared.of == "member"}
    parents.pop("referrer_member_id", None)
    if isinstance(table.brand, Via):
        parents[table.brand.on] = table.brand.table
    if name == "attribution_credit":
        parents["conversion_id"] = "txn"
    if name == "points_allocation":
        parents["debit_entry_id"] = "points_entry"
    return parents


def _parents_first() -> list[str]:
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            for parent in _parents(name).values():
                if parent != name:
                    visit(parent)
            order.append(name)

    for name in tables():
        visit(name)
    return order
