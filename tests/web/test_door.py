"""The door: this machine only, our own pages only, and headers that hold a browser to it."""

import re

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

Web = TestClient[ASGIApp]
QUESTION = {"ask": {"kind": "number", "metrics": ["net_revenue"]}}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "", "127.0.0.1:80:80", "[::2]"]
)
def test_a_foreign_name_for_this_machine_is_refused(web: Web, host: str) -> None:
    assert web.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080"])
def test_this_machine_is_let_in_by_any_of_its_names(web: Web, host: str) -> None:
    assert web.get("/dashboards", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_only_our_own_pages_may_send_something(web: Web, headers: dict[str, str], status: int) -> None:
    assert web.post("/api/query", json=QUESTION, headers=headers).status_code == status


def test_other_sites_may_link_here_but_not_load_from_here(web: Web) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert web.get("/dashboards", headers=link).status_code == 200
    assert web.get("/dashboards", headers=link | {"Sec-Fetch-Dest": "iframe"}).status_code == 403
    assert web.get("/api/metrics", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_every_reply_forbids_foreign_and_inline_scripts(web: Web) -> None:
    for address in ("/", "/d/pulse", "/nothing", "/api/metrics", "/api/schema"):
        headers = web.get(address).headers
        assert "script-src 'self';" in headers["content-security-policy"], address
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_no_page_needs_what_the_policy_forbids(web: Web) -> None:
    for address in ("/", "/dashboards", "/d/pulse", "/nothing"):
        page = web.get(address).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), address
        assert not re.search(r"\son\w+=", page), address
        assert "<style" not in page, address


def test_style_and_scripts_are_kept_for_ever_under_their_digest(web: Web) -> None:
    (address,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', web.get("/").text)
    reply = web.get(address)
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["content-encoding"] == "gzip"
    assert web.get("/static/old/punchcard.css").headers["cache-control"] == "no-cache"
    assert web.get("/static/old/..%2fview.py").status_code == 404


def test_a_stream_is_compressed_piece_by_piece(web: Web) -> None:
    with web.stream("GET", "/d/pulse") as reply:
        assert reply.headers["content-encoding"] == "gzip"
        first = next(reply.iter_text())
    assert "Shop pulse" in first
