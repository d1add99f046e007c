"""A corner shop with three months of sales, some of them with hostile names, behind the whole web application."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.opening import bring_in, opened
from punchcard.programme import Programme
from punchcard.project import load
from punchcard.web.app import create_app

HOME = "http://127.0.0.1"
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"

SETTINGS = """\
name: Corner shop
zone: Europe/Paris
currency: EUR
languages: [en, ar]
today: "2026-04-01"
home: [pulse]
"""
BRAND = """\
from:
  rows: [{brand: corner, name: Corner shop}]
tables:
  brand:
    columns: {brand_id: brand, name: name}
"""
PRODUCTS = """\
from: {file: data/products.csv}
brand: corner
tables:
  product:
    columns: {product_id: product, name: product, category_l1: category}
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
      line_id: receipt
      txn_id: receipt
      product_id: product
      qty: {value: 1}
      net: paid
      gross: paid
      discount: {value: 0}
"""
PULSE = """\
title: Shop pulse
question: How is the shop doing?
group: Key figures
period: 2026-03
compare: previous_period
controls:
  - {dimension: category_l1, title: Category}
links: [duel]
tiles:
  - {title: Revenue, width: 4, ask: {kind: number, metrics: [net_revenue], trend: true}}
  - {title: Revenue by day, width: 8, ask: {kind: trend, metrics: [net_revenue], grain: day, look: column}}
  - {title: Categories, link: duel, ask: {kind: ranking, metrics: [net_revenue], by: category_l1}}
  - {title: Not by category, ask: {kind: number, metrics: [documents]}}
"""
METRICS = """\
documents:
  kind: aggregate
  title: Documents
  of: purchase
  value: count(*)
  method: Documents of any kind; a document has no category.
"""
DUEL = """\
title: Two categories
question: Which category sells more?
group: Tools
kind: tool
period: 2026-Q1
controls:
  - {name: a, title: First, dimension: category_l1, metric: net_revenue, nth: 1}
  - {name: b, title: Second, dimension: category_l1, metric: net_revenue, nth: 2}
tiles:
  - {title: First, filters: [{dimension: category_l1, in: [$a]}], ask: {kind: number, metrics: [net_revenue]}}
  - {title: Second, filters: [{dimension: category_l1, in: [$b]}], ask: {kind: number, metrics: [net_revenue]}}
"""
CATEGORIES = {"bread": "Bakery", "milk": "Dairy", "odd": SCRIPT, "sum": FORMULA}


def write_shop(folder: Path) -> Path:
    """A project of three months; each day's receipt is worth its day of the month, in euros."""
    products = "product,category\n" + "".join(f'{name},"{category}"\n' for name, category in CATEGORIES.items())
    names = list(CATEGORIES)
    sales = ["receipt,product,card,sold_at,paid"]
    for month, days in ((1, 31), (2, 28), (3, 31)):
        for day in range(1, days + 1):
            product, card = names[day % 4], ("ann", "bob", "eve")[day % 3]
            sales.append(f"r{month}-{day},{product},{card},2026-{month:02}-{day:02} 12:00:00,{day}")
    sales.append("r4,bread,ann,2026-03-31 13:00:00,much")
    for name, text in {
        "punchcard.yaml": SETTINGS,
        "sources/brand.yaml": BRAND,
        "sources/products.yaml": PRODUCTS,
        "sources/sales.yaml": SALES,
        "metrics/shop.yaml": METRICS,
        "dashboards/pulse.yaml": PULSE,
        "dashboards/duel.yaml": DUEL,
        "data/products.csv": products,
        "data/sales.csv": "\n".join(sales) + "\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The imported project."""
    folder = write_shop(tmp_path_factory.mktemp("web") / "shop")
    bring_in(load(folder))
    return folder


@pytest.fixture(scope="session")
def programme(shop: Path) -> Programme:
    return opened(shop)


@pytest.fixture(scope="session")
def app(programme: Programme) -> ASGIApp:
    return create_app(programme)


@pytest.fixture(scope="session")
def web(app: ASGIApp) -> Iterator[TestClient[ASGIApp]]:
    """A browser without scripts on this machine."""
    with TestClient(app, base_url=HOME) as client:
        yield client
