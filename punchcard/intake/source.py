"""Source: where the rows of canonical tables come from, and how their columns map; declared in `sources/*.yaml`.

from: {file: data/transactions*.csv}
dialect: {encoding: cp1251, delimiter: ";", decimal: ",", dates: day-first}
zone: Europe/Paris
tables:
  txn:
    distinct: true
    where: "status <> 'draft'"
    columns:
      txn_id: receipt_no
      kind: {value: sale}
      net: {formula: "amount - voucher"}
  txn_line:
    columns:
      line_id: {join: [receipt_no, position]}
      txn_id: receipt_no
      product_id: article
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from punchcard.catalog.expression import parse
from punchcard.catalog.table import Column, Table, Type
from punchcard.errors import Mistake, QueryError, did_you_mean
from punchcard.period import is_zone, zones

Scalar = str | int | float | bool
Decimal = Literal[".", ","]
Thousands = Literal["", ".", ",", " ", "'"]
Dates = Annotated[
    str,
    Meta(
        pattern="^(day-first|month-first|iso|epoch|epoch-ms|excel|.*%.*)$",
        description="day-first, month-first, iso, epoch, epoch-ms, excel (days since 1900), or a pattern like %d.%m.%y",
    ),
]


class Database(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of a PostgreSQL table or query. The address is always in the environment, never in the project."""

    url: Annotated[str, Meta(pattern="^env:[A-Za-z_][A-Za-z0-9_]*$", description="env:NAME, the variable with the URL")]
    table: str | None = None
    query: str | None = None


class Origin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the rows are: files of the project or of an installed package, a database, or rows written right here."""

    file: str | None = None  # may hold * and ?, and ${NAME} of the environment
    package: str | None = None
    sheet: str | None = None
    postgres: Database | None = None
    rows: tuple[dict[str, Scalar | None], ...] | None = None


class Dialect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a text file is written. Whatever is not pinned here is detected and shown."""

    encoding: str | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    decimal: Decimal | None = None
    thousands: Thousands | None = None
    dates: Dates | None = None
    header: bool = True
    columns: tuple[str, ...] = ()  # names of the columns in order, instead of those in the file
    skip_lines: Annotated[int, Meta(ge=0)] = 0  # lines above the header, such as a title


class Cell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one column of a table is filled: by exactly one of the first seven, and read as the others say.

    `column` a column of the source; `value` a constant; `formula` an expression over source columns;
    `join` an id made of several columns; `row` an id made of file and row, for a source without any key;
    `object` a JSON object of several columns; `each` the name or the value of a column listed in the table's `each`.
    """

    column: str | None = None
    value: Scalar | None = None
    formula: str | None = None
    join: tuple[str, ...] | None = None
    row: Literal[True] | None = None
    object: tuple[str, ...] | None = None
    each: Literal["name", "value"] | None = None
    dates: Dates | None = None
    decimal: Decimal | None = None
    thousands: Thousands | None = None
    words: dict[str, str] = {}  # a word of the source: the word to store
    empty_words: tuple[str, ...] = ()  # words that mean "there is none"

    def reads(self) -> tuple[str, ...]:
        """The source columns this cell needs."""
        if self.column is not None:
            return (self.column,)
        if self.formula is not None:
            return tuple(sorted(parse(self.formula).columns))
        return self.join or self.object or ()


class Filling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rows of the source become rows of one table.

    `where` leaves rows out; `distinct` folds equal rows of a file into one, for a table whose facts the file repeats;
    `fallback` lets every other source speak first: a row whose key is already known adds nothing, whatever it says;
    `each` makes one row for each of the named source columns that is not empty.
    """

    columns: dict[str, str | Cell]
    where: str | None = None
    distinct: bool = False
    fallback: bool = False
    each: tuple[str, ...] = ()

    def cells(self) -> dict[str, Cell]:
        """The cells by column of the table; a bare string is a source column."""
        return {name: Cell(column=cell) if isinstance(cell, str) else cell for name, cell in self.columns.items()}

    def parts(self) -> tuple["Filling", ...]:
        """Itself, or one filling for each column that `each` names."""
        return tuple(self._part(column) for column in self.each) or (self,)

    def _part(self, column: str) -> "Filling":
        columns: dict[str, str | Cell] = {}
        for name, cell in self.cells().items():
            match cell.each:
                case "name":
                    columns[name] = Cell(value=column)
                case "value":
                    columns[name] = msgspec.structs.replace(cell, each=None, column=column)
                case None:
                    columns[name] = cell
        there = f'"{column}" is not null'
        return msgspec.structs.replace(
            self, columns=columns, each=(), where=f"({self.where}) and {there}" if self.where else there
        )


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"origin": "from"}):
    """One source of rows: where they are, how they are written, and which tables they fill.

    `brand` fills the brand column of every table that has one and does not map it.
    `on_request` marks a source that is imported only when it is asked for by name. `name` is that of its file.
    """

    origin: Origin
    tables: dict[str, Filling | tuple[Filling, ...]]
    dialect: Dialect = Dialect()
    zone: str | None = None
    brand: str | None = None
    on_request: bool = False
    name: str = ""

    def fillings(self) -> Iterator[tuple[str, Filling]]:
        """Each table with each of its fillings, `each` unfolded."""
        for table, fillings in self.tables.items():
            for filling in (fillings,) if isinstance(fillings, Filling) else fillings:
                for part in filling.parts():
                    yield table, part

    def reads(self) -> tuple[str, ...]:
        """All source columns that are needed, in order of first use."""
        needed: dict[str, None] = {}
        for _, filling in self.fillings():
            for cell in filling.cells().values():
                needed.update(dict.fromkeys(cell.reads()))
            if filling.where:
                needed.update(dict.fromkeys(sorted(parse(filling.where).columns)))
        return tuple(needed)

    def speaks_last(self) -> bool:
        """Whether any of its tables gives way to other sources."""
        return any(filling.fallback for _, filling in self.fillings())


def check(source: Source, tables: Mapping[str, Table], path: str | None = None) -> list[Mistake]:
    """Everything that is wrong with a source before any file is opened, each with its place and a suggestion."""
    file = path or f"sources/{source.name}.yaml"
    found = [*_origin(source.origin), *_zone("zone", source.zone)]
    if not source.tables:
        found.append(("tables", "fills no table; name at least one"))
    for table_name, fillings in source.tables.items():
        if table_name not in tables:
            found.append((f"tables.{table_name}", f"no table '{table_name}'{did_you_mean(table_name, tables)}"))
            continue
        several = (fillings,) if isinstance(fillings, Filling) else fillings
        for position, filling in enumerate(several):
            place = f"tables.{table_name}" + (f"[{position}]" if len(several) > 1 else "")
            found.extend(_filling(place, filling, table_name, tables[table_name], source))
    return [Mistake(file, place, message) for place, message in found]


Found = tuple[str, str]


def _origin(origin: Origin) -> Iterator[Found]:
    kinds = [name for name in ("file", "postgres", "rows") if getattr(origin, name) is not None]
    if len(kinds) != 1:
        given = " and ".join(kinds) or "nothing"
        yield "from", f"says {given}; it needs exactly one of file, postgres or rows"
    if origin.package is not None and origin.file is None:
        yield "from", "a package needs the file inside it: {package: NAME, file: data/x.parquet}"
    database = origin.postgres
    if database is not None and (database.table is None) == (database.query is None):
        yield "from.postgres", "needs either table or query"


def _zone(place: str, zone: str | None) -> Iterator[Found]:
    if zone is not None and not is_zone(zone):
        yield place, f"no time zone '{zone}'{did_you_mean(zone, zones())}"


def _filling(place: str, filling: Filling, name: str, table: Table, source: Source) -> Iterator[Found]:
    if filling.where is not None:
        yield from _formula(f"{place}.where", filling.where)
    for column, cell in filling.cells().items():
        spot = f"{place}.columns.{column}"
        if column not in table.columns:
            yield spot, f"no column '{column}' in table {name}{did_you_mean(column, table.columns)}"
            continue
        yield from _cell(spot, cell, table.columns[column], filling)
    if filling.each and not any(cell.each == "value" for cell in filling.cells().values()):
        yield f"{place}.each", "no column takes the value; write {each: value} for one"
    if filling.fallback and not table.key:
        yield f"{place}.fallback", f"table {name} has no key, so nothing tells a known row"
    for column, declared in table.columns.items():
        if column not in filling.columns and _must_be_mapped(column, declared, table, source):
            yield f"{place}.columns", f"'{column}' must be mapped: {declared.meaning.rstrip('.').lower()}"


def _must_be_mapped(name: str, declared: Column, table: Table, source: Source) -> bool:
    by_brand = source.brand is not None and table.brand == name
    return declared.empty is None and declared.default is None and not by_brand


def _cell(place: str, cell: Cell, declared: Column, filling: Filling) -> Iterator[Found]:
    ways = [
        name
        for name in ("column", "value", "formula", "join", "row", "object", "each")
        if getattr(cell, name) is not None
    ]
    if len(ways) != 1:
        given = " and ".join(ways) or "nothing"
        yield place, f"is filled by {given}; it needs exactly one of column, value, formula, join, row, object or each"
    if cell.formula is not None:
        yield from _formula(place, cell.formula)
    if (cell.join or cell.row) and declared.type not in (Type.ID, Type.TEXT):
        yield place, f"an id made of several columns or of the row cannot fill a column of type {declared.type}"
    if cell.object and declared.type is not Type.JSON:
        yield place, f"an object cannot fill a column of type {declared.type}"
    if cell.each and not filling.each:
        yield place, "means the columns listed in `each`, but the table has no such list"
    if cell.value is not None and declared.values and str(cell.value) not in declared.values:
        allowed = ", ".join(declared.values)
        yield place, f"'{cell.value}' is not allowed; one of {allowed}{did_you_mean(str(cell.value), declared.values)}"
    for word in cell.words.values():
        if declared.values and word not in declared.values:
            yield (
                f"{place}.words",
                f"'{word}' is not allowed; one of {', '.join(declared.values)}{did_you_mean(word, declared.values)}",
            )


def _formula(place: str, text: str) -> Iterator[Found]:
    try:
        formula = parse(text)
    except QueryError as error:
        yield place, error.message
        return
    if formula.aggregates:
        yield place, "a row is read on its own here, so nothing can be added up over rows"
    if formula.parameters:
        yield place, f"has a parameter that nothing fills: {', '.join(sorted(formula.parameters))}"
