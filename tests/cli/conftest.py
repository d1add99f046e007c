"""A small shop on disk, and the command line as a person runs it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SETTINGS = """\
name: Corner shop
zone: Europe/Paris
currency: EUR
today: last_data
"""
BRAND = """\
from:
  rows: [{brand: corner, name: Corner shop}]
tables:
  brand:
    columns: {brand_id: brand, name: name}
"""
SALES = """\
from: {file: data/sales.csv}
brand: corner
tables:
  txn:
    distinct: true
    columns:
      txn_id: receipt
      member_id: card
      kind: {value: sale}
      occurred_at: sold_at
      currency: {value: EUR}
  txn_line:
    columns:
      line_id: {join: [receipt, position]}
      txn_id: receipt
      qty: pieces
      net: paid
      gross: paid
      discount: {value: 0}
"""
ROWS = """\
receipt,position,card,sold_at,pieces,paid
r1,1,ann,2026-03-02 10:00:00,1,2.50
r1,2,ann,2026-03-02 10:00:00,2,4.00
r2,1,bob,2026-03-03 18:30:00,1,10.25
"""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with one file of three sold lines, nothing imported yet."""
    folder = tmp_path / "shop"
    for name, text in {
        "punchcard.yaml": SETTINGS,
        "sources/brand.yaml": BRAND,
        "sources/sales.yaml": SALES,
        "data/sales.csv": ROWS,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def punchcard(tmp_path: Path) -> Command:
    """Runs `punchcard` with words, in a process of its own, and gives what it said."""

    def ran(*words: str | Path, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        start = "from punchcard.cli.app import main; main()"
        return subprocess.run(
            [sys.executable, "-c", start, *map(str, words)], input=given, capture_output=True, text=True, check=False
        )

    return ran
