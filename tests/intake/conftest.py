"""A small shop to import into: three tables, a folder for files, and one call that imports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert
from yaml import safe_load

from punchcard.catalog.table import Table
from punchcard.intake.importer import run
from punchcard.intake.report import Count, FileReport, Report
from punchcard.intake.source import Source
from punchcard.intake.store import open_store
from punchcard.sql import trusted

TABLES = convert(
    safe_load("""
brand:
  title: Brands
  grain: one brand
  key: [brand_id]
  brand: brand_id
  columns:
    brand_id: {type: id, of: brand, meaning: The brand.}
member:
  title: Members
  grain: one person
  key: [member_id]
  brand: members
  columns:
    member_id: {type: id, of: member, meaning: The person's number.}
    born: {type: date, meaning: The day of birth., empty: not told}
    gender: {type: text, values: [f, m], meaning: The gender., empty: not told}
    joined_at: {type: instant, meaning: When the person joined., empty: not told}
    is_test: {type: boolean, default: false, meaning: Whether the person is made up.}
    phone: {type: text, meaning: The number., empty: not told}
txn:
  title: Purchases
  grain: one receipt
  key: [txn_id]
  brand: brand_id
  time: occurred_at
  columns:
    txn_id: {type: id, of: txn, meaning: The number of the receipt.}
    brand_id: {type: id, of: brand, meaning: The brand that sold., empty: no brand}
    member_id: {type: id, of: member, meaning: The member., empty: unidentified}
    kind: {type: text, values: [sale, return], default: sale, meaning: Sale or return.}
    occurred_at: {type: instant, meaning: When it was., empty: not told}
    net: {type: money, meaning: What was paid., empty: not told}
    items: {type: integer, meaning: How many., empty: not told}
line:
  title: Lines
  grain: one line of a receipt
  key: [line_id]
  brand: {table: txn, "on": txn_id}
  columns:
    line_id: {type: id, of: line, meaning: The line.}
    txn_id: {type: id, of: txn, meaning: The receipt.}
    product: {type: text, meaning: The article., empty: not told}
    net: {type: money, meaning: What was paid.}
event:
  title: Events
  grain: one act
  key: [event_id]
  brand: operator
  columns:
    event_id: {type: id, of: event, meaning: The act.}
    name: {type: text, meaning: What was done.}
    value: {type: money, meaning: What it was worth., empty: nothing}
    props: {type: json, meaning: The rest., empty: nothing}
"""),
    dict[str, Table],
)


@dataclass
class Shop:
    """A project in a temporary folder. `bring` writes files and imports; `rows` asks the store."""

    root: Path
    sources: dict[str, Any] = field(default_factory=dict[str, Any])
    tables: Mapping[str, Table] = field(default_factory=lambda: TABLES)
    zone: str = "Europe/Paris"

    @property
    def store(self) -> Path:
        return self.root / ".punchcard" / "store.duckdb"

    def write(self, **files: str | bytes) -> "Shop":
        """Write files; a dot in a name is written as two underscores."""
        for name, content in files.items():
            path = self.root / name.replace("__", ".")
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def bring(self, source: str | Mapping[str, Any] | None = None, **options: Any) -> Report:
        """Import the sources; one given here is called `shop`."""
        if source is not None:
            self.sources["shop"] = safe_load(source) if isinstance(source, str) else source
        decoded = [convert({**raw, "name": name}, Source) for name, raw in self.sources.items()]
        now = options.pop("now", datetime(2026, 5, 1, tzinfo=UTC))
        return run(decoded, self.tables, self.store, root=self.root, zone=self.zone, now=now, **options)

    def file(self, source: str | Mapping[str, Any] | None = None, **options: Any) -> FileReport:
        """Import and give the report of the only file, whose rows all add up."""
        (file,) = self.bring(source, **options).files
        assert all(count.balanced() for count in file.counts)
        return file

    def count(self, source: str | Mapping[str, Any] | None = None, **options: Any) -> Count:
        """Import and give the counts of the only table of the only file."""
        (count,) = self.file(source, **options).counts
        return count

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with open_store(self.store, read_only=True) as store:
            return store.rows(trusted(query))

    def quarantine(self) -> list[tuple[Any, ...]]:
        """What is in quarantine: row, column, value, kind."""
        return self.rows('select row, "column", value, kind from intake.quarantine order by row, "column"')


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)
