"""Fact: a relation that metrics read: rows of one kind, with the surviving member, the brand and the local day.

Facts are declared in `library/facts/*.yaml`, several to a file. Their SQL reads canonical tables (and other facts) by
bare name; it is the one place where exclusions (void, cancelled, test, staff), merges, currency and the local day are
decided, so that no metric decides them again.

A `stored` fact is written to the store after each import. It must be row-local: a row may depend only on rows of its
own brand and on shared tables, so that cutting it to a brand gives the same rows as building it from that brand alone.
Any other fact is a view over relations already cut to the viewer.
"""

import re
from typing import Annotated

from msgspec import Meta, Struct, field

from punchcard.catalog.table import Type

# The settings a fact's SQL may name; each is bound or written in when the fact is built.
SETTINGS = ("zone", "currency", "now", "today", "schemes")

_WORD = re.compile(r"\b(?:from|join)\s+([a-z_][a-z0-9_]*)\b(?!\s*\()", re.IGNORECASE)
_WITH = re.compile(
    r"\b([a-z_][a-z0-9_]*)\s*(?:\([^)]*\)\s*)?as\s*(?:not\s+materialized\s*|materialized\s*)?\(\s*select", re.IGNORECASE
)


class FactColumn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of a fact: what it means, its type, and whether a person may break figures down by it."""

    type: Type
    meaning: Annotated[str, Meta(min_length=3)]
    title: str | None = None
    of: str | None = None
    dimension: bool = True
    additive: bool = False  # a quantity that formulas may sum
    converted: str | None = (
        None  # money in the reporting currency: the column with the rate, missing where that is missing
    )


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A declared relation over canonical tables.

    `time` is the instant by which a period cuts it, `day` the local date of that instant; a fact without a time (a
    spell, a reference list) has neither. `member` and `brand` name its member and brand columns, if it has them.
    `row` names the column that tells its rows apart. `entity` says that ids of that entity are looked up here (a member
    in `profile`). A `whole` fact weighs rows of all brands: it is stored for those who see all of them, and built for a
    brand's viewer from the rows that exist for them. A `shared` fact is the same for every viewer: it may hold nothing
    that tells of a brand.
    `partners` says that its members deal with the brand under their own names (creators whom it pays), so that its
    figures need not hide them from the brand.
    `kept` names, for a history of members (segment, tier, attribute), the fact with what was true at the row's own
    moment, to be read instead of the spells; it is matched on its own `row` column.
    """

    title: str
    grain: str
    sql: str
    columns: dict[str, FactColumn]
    row: str
    group: str = "Other"
    stored: bool = False
    whole: bool = False
    shared: bool = False
    entity: str | None = None
    order: tuple[str, ...] = ()
    time: str | None = None
    day: str | None = None
    member: str | None = None
    brand: str | None = None
    partners: bool = False
    kept: dict[str, str] = field(default_factory=dict)

    def reads(self) -> tuple[str, ...]:
        """The relations its SQL names, each once, in order of appearance."""
        own = set(_WITH.findall(self.sql))
        return tuple(dict.fromkeys(name for name in _WORD.findall(self.sql) if name not in own))
