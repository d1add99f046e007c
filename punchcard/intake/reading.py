"""Reading: the SQL that turns the staged rows of one file into typed cells, and names every cell that cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass

from punchcard.catalog.expression import parse
from punchcard.catalog.table import Column, Table, Type
from punchcard.errors import ImportFailed
from punchcard.intake.cells import PLAIN, REASONS, Kind, kind_of, number, said, typed
from punchcard.intake.convention import Columns, weigh
from punchcard.intake.formula import compiled, numbers
from punchcard.intake.source import Cell, Filling, Source
from punchcard.intake.sources.feed import Feed
from punchcard.intake.store import Store
from punchcard.sql import EMPTY, Name, Sql, join, sql

_NUMBERS = (Type.INTEGER, Type.DECIMAL, Type.MONEY, Type.RATE, Type.SHARE)
_DAYS = (Type.DATE, Type.INSTANT)
_SHOWN = 500  # characters of a value kept in quarantine


@dataclass(frozen=True, slots=True)
class Check:
    """One way in which a cell can be wrong: the condition, what the source said, and the words for it."""

    table: str
    column: str
    wrong: Sql
    value: Sql
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """One filling of one table: which rows it takes, and the typed value of each column it fills."""

    name: str
    number: int
    table: Table
    filling: Filling
    where: Sql | None
    values: dict[str, Sql]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A cell on its way: its value, what the source says in text, what to show of it, and what else makes it wrong."""

    value: Sql
    given: Sql
    shown: Sql
    wrong: tuple[tuple[Sql, str], ...] = ()


class Reading:
    """How the rows of one staged file become cells of canonical tables."""

    def __init__(
        self, store: Store, staged: Sql, feed: Feed, file: int, source: Source, tables: Mapping[str, Table], zone: str
    ) -> None:
        self._store = store
        self._staged = staged
        self._label = feed.label
        self._file = file
        self._source = source
        self._zone = source.zone or zone
        self._kinds = {
            str(row[0]): kind_of(str(row[1]))
            for row in store.rows(sql("describe select * from {staged}", staged=staged))
        }
        self._columns: dict[Sql, Name] = {}
        self.evidence = weigh(store, staged, feed.label, self._text_columns(tables), points=feed.numbers_have_points)
        self.parts = self._parts(tables)

    def cells(self, into: Name) -> None:
        """Type every row once; `_bad` marks those that no table gets."""
        wrong = [sql("_fault is not null")]
        for part in self.parts:
            if part.checks:
                either = join(" or ", [check.wrong for check in part.checks])
                wrong.append(sql("({where} and ({either}))", where=part.where or sql("true"), either=either))
        kept = dict.fromkeys(name for part in self.parts for name in _aliases(part, self._columns))
        self._store.run(
            sql(
                "create temp table {into} as select _row, coalesce({wrong}, false) as _bad{kept} from ({read})",
                into=into,
                wrong=join(" or ", wrong),
                kept=join("", [sql(", {name}", name=name) for name in kept]),
                read=self._read(self._staged),
            )
        )

    def quarantine(self, cells: Name, batch: int) -> None:
        """Enter every line and cell that kept a row out into the books."""
        bad = sql("{staged} where _row in (select _row from {cells} where _bad)", staged=self._staged, cells=cells)
        found = [
            sql(
                """select _row, null as tbl, null as col, _line as said, 'bad_line' as kind, _fault as reason
                   from bad where _fault is not null"""
            )
        ]
        for part in self.parts:
            found.extend(
                sql(
                    """select _row, {table}, {column}, {value}, {kind}, {reason} from bad
                       where _fault is null and {where} and {wrong}""",
                    table=check.table,
                    column=check.column,
                    value=check.value,
                    kind=check.kind,
                    reason=check.reason,
                    where=part.where or sql("true"),
                    wrong=check.wrong,
                )
                for check in part.checks
            )
        self._store.run(
            sql(
                """insert into intake.quarantine
                   with bad as materialized ({bad}), found as ({found})
                   select {batch}, {label}, _row, tbl, col, left(said, {shown}), kind, reason from found""",
                bad=self._read(bad),
                found=join(" union all ", found),
                batch=batch,
                label=self._label,
                shown=_SHOWN,
            )
        )

    def _read(self, rows: Sql) -> Sql:
        columns = [sql(", {value} as {name}", value=value, name=name) for value, name in self._columns.items()]
        return sql("select _row, _fault, _line{columns} from {rows}", columns=join("", columns), rows=rows)

    def _kept(self, value: Sql) -> Sql:
        """A column of the one typing pass; the same expression is computed once."""
        name = self._columns.setdefault(value, Name(f"c{len(self._columns)}"))
        return sql("{name}", name=name)

    def _text_columns(self, tables: Mapping[str, Table]) -> Columns:
        """The text columns that are read as numbers, as dates, or as they stand."""
        used: dict[str, dict[str, None]] = {"numbers": {}, "days": {}, "codes": {}}
        for table, filling in self._source.fillings():
            for name, cell in filling.cells().items():
                kind = tables[table].columns[name].type
                use = "numbers" if kind in _NUMBERS else "days" if kind in _DAYS else "codes"
                if cell.formula is not None:
                    used["numbers"].update(dict.fromkeys(sorted(numbers(parse(cell.formula)))))
                elif cell.column is not None:
                    used[use][cell.column] = None
            if filling.where is not None:
                used["numbers"].update(dict.fromkeys(sorted(numbers(parse(filling.where)))))
        text = {
            use: tuple(column for column in columns if self._kinds[column] is Kind.TEXT)
            for use, columns in used.items()
        }
        return Columns(**text)

    def _parts(self, tables: Mapping[str, Table]) -> tuple[Part, ...]:
        counted: dict[str, int] = {}
        parts: list[Part] = []
        for name, filling in self._source.fillings():
            counted[name] = number = counted.get(name, 0) + 1
            parts.append(self._part(name, number, tables[name], filling))
        return tuple(parts)

    def _part(self, name: str, number: int, table: Table, filling: Filling) -> Part:
        values: dict[str, Sql] = {}
        checks: list[Check] = []
        where = None
        if filling.where is not None:
            read = self._formula(filling.where, Cell(formula=filling.where))
            where = self._kept(sql("coalesce(try_cast({value} as boolean), false)", value=read.value))
            shown = self._kept(read.shown)
            checks += [
                Check(name, "where", self._kept(wrong), shown, "bad_cell", reason) for wrong, reason in read.wrong
            ]
        for column, declared in table.columns.items():
            cell = self._cell(column, table, filling)
            if cell is None:
                continue
            if cell.value is not None:
                values[column] = self._constant(column, cell, declared)
                continue
            values[column], found = self._checked(name, column, declared, cell)
            checks += found
        return Part(name, number, table, filling, where, values, tuple(checks))

    def _cell(self, column: str, table: Table, filling: Filling) -> Cell | None:
        """How a column is filled: as mapped, by the source's brand, by the table's default, or not at all."""
        mapped = filling.cells().get(column)
        if mapped is not None:
            return mapped
        if self._source.brand is not None and table.brand == column:
            return Cell(value=self._source.brand)
        default = table.columns[column].default
        return None if default is None else Cell(value=default)

    def _constant(self, column: str, cell: Cell, declared: Column) -> Sql:
        text = str(cell.value).lower() if isinstance(cell.value, bool) else str(cell.value)
        given = sql("cast({text} as varchar)", text=text)
        value = typed(given, given, Kind.TEXT, declared.type, PLAIN, self._zone)
        if self._store.one(sql("select {value}", value=value))[0] is None:
            raise ImportFailed(
                f"column '{column}': the value '{text}' {REASONS[declared.type]}", where=self._source.name
            )
        return value

    def _checked(self, table: str, column: str, declared: Column, cell: Cell) -> tuple[Sql, list[Check]]:
        read = self._typed(cell, declared)
        value, given, shown = self._kept(read.value), self._kept(read.given), self._kept(read.shown)
        untyped = sql("({given} is not null and {value} is null)", given=given, value=value)
        checks = [Check(table, column, untyped, shown, "bad_cell", REASONS[declared.type])]
        checks += [Check(table, column, self._kept(wrong), shown, "bad_cell", reason) for wrong, reason in read.wrong]
        if declared.values:
            allowed = join(", ", [sql("{word}", word=word) for word in declared.values])
            not_allowed = sql("({value} not in ({allowed}))", value=value, allowed=allowed)
            checks.append(
                Check(table, column, not_allowed, shown, "not_allowed", f"is not one of {', '.join(declared.values)}")
            )
        if declared.default is not None:
            default = self._constant(column, Cell(value=declared.default), declared)
            value = self._kept(
                sql(
                    "case when {given} is null then {default} else {value} end",
                    given=read.given,
                    default=default,
                    value=read.value,
                )
            )
        elif declared.empty is None:
            otherwise = [sql(" and not {wrong}", wrong=self._kept(wrong)) for wrong, _ in read.wrong]
            missing = sql("({given} is null{otherwise})", given=given, otherwise=join("", otherwise))
            checks.append(
                Check(
                    table, column, missing, sql("null"), "missing", f"is empty, but must be filled: {declared.meaning}"
                )
            )
        return value, checks

    def _typed(self, cell: Cell, declared: Column) -> _Read:
        if cell.row:
            given = sql("concat({file}, '#', _row)", file=str(self._file))
            return _Read(given, given, given)
        if cell.join is not None:
            given = join(" || '|' || ", [_escaped(self._said(column), self._kinds[column]) for column in cell.join])
            return _Read(given, given, given)
        if cell.object is not None:
            pairs = [sql("{key}, {value}", key=column, value=self._as_it_is(column)) for column in cell.object]
            # A patch drops what is null: an object has only what the row says.
            given = sql("cast(json_merge_patch('{{}}', json_object({pairs})) as varchar)", pairs=join(", ", pairs))
            return _Read(sql("cast({given} as json)", given=given), given, given)
        if cell.formula is not None:
            return self._formula_typed(cell, declared)
        return self._column(cell.column or "", cell, declared)

    def _column(self, column: str, cell: Cell, declared: Column) -> _Read:
        raw, kind = sql("{column}", column=Name(column)), self._kinds[column]
        convention = (
            self.evidence.convention(column, cell, self._source.dialect)
            if self._conventional(cell, declared)
            else PLAIN
        )
        raw, given, kind = _worded(raw, said(raw, kind), kind, cell)
        return _Read(typed(raw, given, kind, declared.type, convention, self._zone), given, given)

    @staticmethod
    def _conventional(cell: Cell, declared: Column) -> bool:
        return declared.type in _NUMBERS or declared.type in _DAYS or cell.dates is not None

    def _formula_typed(self, cell: Cell, declared: Column) -> _Read:
        read = self._formula(cell.formula or "", cell)
        described = self._store.rows(
            sql("describe select {value} as f from {staged}", value=read.value, staged=self._staged)
        )
        kind = kind_of(str(described[0][1]))
        raw, given, kind = _worded(read.value, said(read.value, kind), kind, cell)
        return _Read(typed(raw, given, kind, declared.type, PLAIN, self._zone), given, read.shown, read.wrong)

    def _formula(self, text: str, cell: Cell) -> _Read:
        formula = parse(text)
        as_numbers = numbers(formula)
        wrong: list[tuple[Sql, str]] = []
        resolved: dict[str, Sql] = {}
        for column in sorted(formula.columns):
            raw, kind = sql("{column}", column=Name(column)), self._kinds[column]
            if kind is not Kind.TEXT:
                resolved[column] = raw
                continue
            given = said(raw, kind)
            resolved[column] = given
            if column in as_numbers:
                convention = self.evidence.convention(column, cell, self._source.dialect)
                value = sql("try_cast({digits} as decimal(18, 6))", digits=number(given, convention))
                resolved[column] = value
                wrong.append(
                    (
                        sql("({given} is not null and {value} is null)", given=given, value=value),
                        f"'{column}' is no number",
                    )
                )
        value = compiled(formula, resolved.__getitem__)
        inputs = [
            sql("{name} || {raw}", name=f"{column} = ", raw=self._said(column)) for column in sorted(formula.columns)
        ]
        return _Read(value, EMPTY, sql("concat_ws(', ', {inputs})", inputs=join(", ", inputs)), tuple(wrong))

    def _as_it_is(self, column: str) -> Sql:
        return self._said(column) if self._kinds[column] is Kind.TEXT else sql("{column}", column=Name(column))

    def _said(self, column: str) -> Sql:
        return said(sql("{column}", column=Name(column)), self._kinds[column])


def _worded(raw: Sql, given: Sql, kind: Kind, cell: Cell) -> tuple[Sql, Sql, Kind]:
    """A column after the words of the source were replaced by ours, and those for 'none' by nothing."""
    if cell.empty_words:
        empty = join(", ", [sql("{word}", word=word) for word in cell.empty_words])
        raw = sql("case when {given} in ({empty}) then null else {raw} end", given=given, empty=empty, raw=raw)
        given = sql("case when {given} in ({empty}) then null else {given} end", given=given, empty=empty)
    if cell.words:
        swaps = join(
            " ", [sql("when {theirs} then {ours}", theirs=theirs, ours=ours) for theirs, ours in cell.words.items()]
        )
        given = sql("case {given} {swaps} else {given} end", given=given, swaps=swaps)
        return given, given, Kind.TEXT
    return raw, given, kind


def _escaped(text: Sql, kind: Kind) -> Sql:
    """A part of a joined id, so that no two different lists of parts give the same id."""
    if kind is not Kind.TEXT:
        return text
    return sql("replace(replace({text}, '\\', '\\\\'), '|', '\\|')", text=text)


def _aliases(part: Part, columns: Mapping[Sql, Name]) -> list[Name]:
    """The columns of the typing pass that a part's rows are made of."""
    names = {str(name): name for name in columns.values()}
    wanted = [*part.values.values(), *([part.where] if part.where else [])]
    return [names[value.text] for value in wanted if value.text in names]
