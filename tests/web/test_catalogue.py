"""The catalogue and the data page: every word of the business explained, every received row accounted for."""

import re

from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.programme import Programme
from punchcard.viewer import Viewer
from punchcard.web.app import create_app
from tests.web.conftest import HOME

Web = TestClient[ASGIApp]


def test_every_metric_table_column_and_fact_has_a_page(web: Web, programme: Programme) -> None:
    catalog = programme.project.catalog
    addresses = [f"/catalogue/metric/{name}" for name in list(catalog.metrics)[::9]]
    addresses += [f"/catalogue/fact/{name}" for name in catalog.facts]
    addresses += [f"/catalogue/table/{name}" for name in catalog.tables]
    addresses += [f"/catalogue/table/{name}/{next(iter(one.columns))}" for name, one in catalog.tables.items()]
    for address in addresses:
        reply = web.get(address)
        assert reply.status_code == 200, address
        assert "nothing failed" not in reply.text or "parameter" in reply.text, address


def test_a_metric_says_what_it_means_and_where_it_is_used(web: Web) -> None:
    page = web.get("/catalogue/metric/net_revenue").text
    for word in ("What was paid for all lines", "higher is better", "Shop pulse", "Category", "is-line"):
        assert word in page


def test_the_search_finds_by_meaning_and_question(web: Web) -> None:
    found = web.get("/catalogue?q=how%20much%20sell").text
    assert "Net revenue" in found
    assert "Nothing found for &#39;xyzzy&#39;" in web.get("/catalogue?q=xyzzy").text


def test_personal_columns_show_no_values(web: Web, programme: Programme) -> None:
    personal = [
        (name, column)
        for name, table in programme.project.catalog.tables.items()
        for column, declared in table.columns.items()
        if declared.personal
    ]
    assert personal
    for name, column in personal:
        assert "Most frequent values" not in web.get(f"/catalogue/table/{name}/{column}").text
    assert "Most frequent values" in web.get("/catalogue/table/txn/kind").text


def test_every_received_row_is_accounted_for_and_the_bad_one_is_shown(web: Web) -> None:
    page = web.get("/data").text
    assert "does not add up" not in page
    lines = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL)
    assert len(lines) >= 3
    for word in ("data/sales.csv", "much", "txn_line.net"):
        assert word in page
    assert "1 received row is in quarantine" in web.get("/").text


def test_a_brand_does_not_see_the_books(programme: Programme) -> None:
    with TestClient(create_app(programme, viewer=Viewer("b", frozenset({"corner"}))), base_url=HOME) as brand:
        assert brand.get("/data").status_code == 404
        assert brand.get("/").status_code == 200
        assert "Most frequent values" not in brand.get("/catalogue/table/txn/kind").text
