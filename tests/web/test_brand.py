"""A brand's viewer: whatever address they try, nothing of another brand comes back."""

import html
import re
from collections import deque
from pathlib import Path

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.opening import bring_in, opened
from punchcard.project import load
from punchcard.viewer import Viewer
from punchcard.web.app import create_app
from tests.web.conftest import HOME, PULSE

Web = TestClient[ASGIApp]
PAGES = 400

BRANDS = """\
from:
  rows:
    - {brand: ours, name: CANARY_A}
    - {brand: theirs, name: CANARY_B}
tables:
  brand:
    columns: {brand_id: brand, name: name}
"""
SALES = """\
from: {file: data/sales.csv}
tables:
  product:
    distinct: true
    columns: {product_id: product, brand_id: brand, name: product, category_l1: category}
  txn:
    columns:
      txn_id: receipt
      brand_id: brand
      member_id: card
      kind: {value: sale}
      occurred_at: sold_at
      currency: {value: EUR}
  txn_line:
    columns:
      line_id: receipt
      txn_id: receipt
      product_id: product
      qty: {value: 1}
      net: paid
      gross: paid
      discount: {value: 0}
"""


@pytest.fixture(scope="module")
def two_brands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two brands whose names, products, categories and members all say whose they are; theirs sells for 7919 a day."""
    folder = tmp_path_factory.mktemp("brands")
    rows = ["receipt,brand,product,category,card,sold_at,paid"]
    for letter, brand, paid in (("A", "ours", 101), ("B", "theirs", 7919)):
        rows += [
            f"CANARY_{letter}_r{day},{brand},CANARY_{letter}_p,CANARY_{letter}_c,CANARY_{letter}_m{day % 15},"
            f"2026-03-{day:02} 12:00:00,{paid}"
            for day in range(1, 31)
        ]
    for name, text in {
        "punchcard.yaml": 'name: Two brands\nzone: UTC\ncurrency: EUR\ntoday: "2026-04-01"\nhome: [pulse]\n',
        "sources/brand.yaml": BRANDS,
        "sources/sales.yaml": SALES,
        "data/sales.csv": "\n".join(rows) + "\n",
        "dashboards/pulse.yaml": PULSE.replace("links: [duel]\n", "")
        .replace("link: duel, ", "")
        .replace("  - {title: Not by category, ask: {kind: number, metrics: [documents]}}\n", ""),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    bring_in(load(folder))
    return folder


def addresses(text: str) -> list[str]:
    """All that a page leads to, by link or by script."""
    found = re.findall(r'(?:href|data-fetch|data-src|data-part|data-parts|src)="([^"#]+)', text)
    return [html.unescape(one) for one in found if one.startswith("/") and not one.startswith("/static")]


def test_no_address_a_brand_can_reach_tells_of_another(two_brands: Path) -> None:
    viewer = Viewer("ours", frozenset({"ours"}))
    with opened(two_brands) as programme, TestClient(create_app(programme, viewer=viewer), base_url=HOME) as web:
        queue = deque(["/", "/data", "/explore?metric=net_revenue", "/api/metrics", "/api/dashboards", "/api/schema"])
        seen: set[str] = set()
        ours = 0
        while queue and len(seen) < PAGES:
            address = queue.popleft()
            # One address of each shape is enough: the same route with the same parameters' names.
            shape = re.sub(r"=[^&]*", "=", address.split("lang=")[0])
            if shape in seen:
                continue
            seen.add(shape)
            reply = web.get(address)
            ours += "CANARY_A" in reply.text
            assert "CANARY_B" not in reply.text, address
            assert not re.search(r"7[,.]?919|237[,.]?570", reply.text), address
            if "text/html" in reply.headers.get("content-type", ""):
                queue.extend(addresses(reply.text))
        assert len(seen) > 100
        assert ours > 5, "the brand sees its own names"


def test_asking_for_another_brand_by_name_finds_nothing(two_brands: Path) -> None:
    viewer = Viewer("ours", frozenset({"ours"}))
    with opened(two_brands) as programme, TestClient(create_app(programme, viewer=viewer), base_url=HOME) as web:
        for theirs in ({"dimension": "brand_id", "in": ["theirs"]}, {"dimension": "brand.name", "in": ["CANARY_B"]}):
            asked = {"ask": {"kind": "number", "metrics": ["net_revenue"]}, "filters": [theirs]}
            assert web.post("/api/query", json=asked).json()["rows"] == [[None]]
        everything = web.post("/api/query", json={"ask": {"kind": "number", "metrics": ["net_revenue"]}}).json()
        assert everything["rows"] == [[101 * 30]]
