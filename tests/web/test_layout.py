"""A reader's own layout of a dashboard: kept first, folded away, as declared again; nobody else's page changes."""

import re
from collections.abc import Iterator

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.errors import QueryError
from punchcard.web.layout import Layout
from tests.web.conftest import HOME


@pytest.mark.parametrize("text", ["", "x", "1,2", "1./", "../..", "1./2./3.", "9" * 200])
def test_what_is_no_layout_arranges_nothing(text: str) -> None:
    found = Layout.read(text)
    assert found.arranged("abc")[0] in (("a", "b", "c"), ("b", "a", "c"))
    assert Layout.read(found.written) == found


def test_what_is_done_to_tiles_adds_up() -> None:
    layout = Layout().after("first", 2).after("first", 1).after("fold", 0)
    assert layout.arranged("abc") == (("b", "c"), ("a",))
    assert layout.after("unfold", 0).arranged("abc") == (("b", "c", "a"), ())
    assert layout.after("loose", 1).arranged("abc") == (("c", "b"), ("a",))
    assert layout.after("fold", 1).arranged("abc") == (("c",), ("a", "b"))
    assert Layout.read(layout.written) == layout
    with pytest.raises(QueryError, match="fold or unfold"):
        layout.after("burn", 1)


def test_a_declaration_with_fewer_tiles_forgets_what_is_gone() -> None:
    assert Layout((7, 1), (9,)).arranged("ab") == (("b", "a"), ())


@pytest.fixture
def client(web: TestClient[ASGIApp]) -> Iterator[TestClient[ASGIApp]]:
    """A reader without cookies, who leaves none behind."""
    web.cookies.clear()
    yield web
    web.cookies.clear()


def titles(page: str) -> list[str]:
    """The titles of the places on a page, in their order."""
    return re.findall(r'<slot name="t-(\d+)">', page)


def test_a_page_is_arranged_for_its_reader_alone(client: TestClient[ASGIApp]) -> None:
    declared = titles(client.get("/d/pulse").text)
    done = {"place": declared[-1], "do": "first", "query": "period=2026-02"}
    reply = client.post("/d/pulse/layout", data=done, headers={"Origin": HOME}, follow_redirects=False)
    assert reply.status_code == 303
    assert reply.headers["location"] == "/d/pulse?period=2026-02"
    assert "Path=/d/pulse" in reply.headers["set-cookie"]
    assert titles(client.get("/d/pulse").text) == [declared[-1], *declared[:-1]]
    client.post("/d/pulse/layout", data={"place": declared[0], "do": "fold"}, headers={"Origin": HOME})
    page = client.get("/d/pulse").text
    assert titles(page) == [declared[-1], *declared[1:-1]]
    assert "Folded away:" in page
    client.cookies.clear()
    assert titles(client.get("/d/pulse").text) == declared


def test_all_can_be_as_declared_again(client: TestClient[ASGIApp]) -> None:
    declared = titles(client.get("/d/pulse").text)
    client.post("/d/pulse/layout", data={"place": declared[0], "do": "fold"}, headers={"Origin": HOME})
    client.post("/d/pulse/layout", data={"do": "reset"}, headers={"Origin": HOME})
    assert titles(client.get("/d/pulse").text) == declared


def test_a_tile_that_is_not_there_is_refused(client: TestClient[ASGIApp]) -> None:
    assert (
        client.post("/d/pulse/layout", data={"place": "99", "do": "fold"}, headers={"Origin": HOME}).status_code == 400
    )
