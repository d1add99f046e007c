"""Table and Column: the canonical model, declared once, from which tables, checks and pages are made.

A table is declared in `library/tables/*.yaml` (or a project's `tables/*.yaml`), several to a file:

    txn:
      title: Purchases
      grain: one receipt or order; a return is a document of its own, with negative amounts
      key: [txn_id]
      brand: brand_id
      time: occurred_at
      columns:
        txn_id: {type: id, of: txn, meaning: "The document's number at the till or in the shop."}
        shipping: {type: money, meaning: "What was charged for delivery.", empty: "nothing"}
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import force_setattr


class Type(StrEnum):
    """What a cell can be. The store's type follows from it (`STORED`), and so do the import's checks."""

    ID = "id"  # a key of the entity named by `of`; any text outside, a dense integer inside
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"  # exact, 4 decimals: quantities, points, hours
    MONEY = "money"  # exact, 4 decimals, in the currency of the row
    RATE = "rate"  # exact, 8 decimals: exchange rates, value of a point
    SHARE = "share"  # exact, 6 decimals, usually 0..1
    BOOLEAN = "boolean"
    INSTANT = "instant"  # a moment, stored in UTC
    DATE = "date"
    JSON = "json"


# Decimals up to 18 digits are stored as 64-bit integers; money is exact without the cost of 128 bits.
STORED: dict[Type, str] = {
    Type.ID: "bigint",
    Type.TEXT: "varchar",
    Type.INTEGER: "bigint",
    Type.DECIMAL: "decimal(18, 4)",
    Type.MONEY: "decimal(18, 4)",
    Type.RATE: "decimal(18, 8)",
    Type.SHARE: "decimal(9, 6)",
    Type.BOOLEAN: "boolean",
    Type.INSTANT: "timestamptz",
    Type.DATE: "date",
    Type.JSON: "json",
}


class Column(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of a table: its type and what it means to a person.

    `of` names the entity of an id (`member`, `txn`, ...): the key space its values belong to.
    `values` lists the words allowed in a text column, if the list is closed.
    `empty` says what a missing value means; a column without it must be filled.
    `default` fills a missing value at import; only for words with an obvious one (`status: ok`).
    """

    type: Type
    meaning: Annotated[str, Meta(min_length=3)]
    of: str | None = None
    values: tuple[str, ...] = ()
    empty: str | None = None
    default: str | bool | int | None = None
    personal: bool = False  # identifies a person: never shown in a breakdown, masked in exports


class Scope(StrEnum):
    """Which rows of a table a brand's own viewer may see; one of these when a table has no brand column."""

    SHARED = "shared"  # reference data that tells nothing of another brand: calendar, exchange rates
    OPERATOR = "operator"  # nobody but the operator: workspace settings, coalition-wide rates
    MEMBERS = "members"  # rows of members who have a fact with the brand


class Via(Struct, frozen=True, forbid_unknown_fields=True):
    """The brand of a row is that of its parent: the row of `table` whose key stands in our column `on`."""

    table: str
    on: str


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the canonical model.

    `brand` names the column that holds the brand, or says through which parent, or which word of `Scope` applies.
    `key` is empty where a row has no identity of its own, such as a payment: two equal rows are then two rows.
    `time` is the moment the row is about; `recorded` the moment the system learned of it;
    `spell` the columns [from, to) of a table that keeps history.
    """

    title: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    brand: str | Via
    time: str | None = None
    recorded: str | None = None
    spell: tuple[str, str] | None = None
    group: str = "Other"

    def __post_init__(self) -> None:
        # msgspec cannot tell a word of an enumeration from any other text, so the word is recognised here.
        if self.brand in tuple(Scope):
            force_setattr(self, "brand", Scope(self.brand))

    def entity(self) -> str | None:
        """The entity whose rows these are, if the key is one id of its own (`member`, `store`, ...)."""
        if len(self.key) != 1:
            return None
        return self.columns[self.key[0]].of
