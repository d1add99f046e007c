"""A small shop on disk, and the command line as a person runs it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from punchcard.cli.app import main

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


@dataclass(frozen=True)
class Said:
    """What a command left behind: its exit code and its words."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


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
def punchcard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `punchcard` with words, `given` on its standard input."""

    def ran(*words: str | Path, given: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", StringIO(given))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return ran
