"""Explore for behaviour: activities, steps, conditions and settings by clicks and plain forms; the address is all."""

import html
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.web.behaviour_choices import BEGINNINGS

Web = TestClient[ASGIApp]
START = "/explore/behaviour?kind=funnel&period=2026-Q1"
TWICE = {"kind": "funnel", "steps": [{"activity": "purchase"}, {"activity": "purchase"}]}


def question(address: str) -> dict[str, object]:
    return json.loads(parse_qs(urlsplit(html.unescape(address)).query)["ask"][0])


def address(ask: object, **more: str) -> str:
    return "/explore/behaviour?" + urlencode({"period": "2026-Q1", "ask": json.dumps(ask), **more})


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_every_kind_begins_with_an_answer(web: Web, kind: str) -> None:
    page = web.get(f"/explore/behaviour?kind={kind}&period=2026-Q1")
    assert page.status_code == 200
    assert "is-failed" not in page.text
    assert 'action="/saved/tile"' in page.text


def test_steps_are_added_moved_and_taken_out(web: Web) -> None:
    page = web.get(START).text
    added = re.search(r'id="additions".*?<a href="([^"]+)"', page, re.S)
    assert added is not None
    assert len(question(added[1])["steps"]) == len(TWICE["steps"])  # type: ignore[arg-type]
    both = web.get(address(TWICE)).text
    removed = re.search(r'<a href="([^"]+)" aria-label="Remove Step 2"', both)
    assert removed is not None
    assert question(removed[1])["steps"] == [{"activity": "purchase", "optional": False}]
    assert 'aria-label="Move Step 2 earlier"' in both
    assert "Purchase (2)" in both


def test_a_form_adds_a_condition_and_a_window_without_script(web: Web) -> None:
    page = web.get(address(TWICE, at="1", property="value", operator="at_least", value="20", n="30", unit="day")).text
    changed = re.search(r'name="ask" value="([^"]+)"', page)
    assert changed is not None
    asked = json.loads(html.unescape(changed[1]))
    assert asked["window"] == {"n": 30, "unit": "day"}
    where = [{"property": "value", "operator": "at_least", "values": ["20"]}]
    assert asked["steps"][1]["where"] == where
    assert "is-failed" not in page


def test_a_step_leads_to_its_members(web: Web) -> None:
    page = web.get(address(TWICE)).text
    link = re.search(r'href="(/members\?[^"]*at\.step=Purchase)"', page)
    assert link is not None
    assert "Download CSV" in web.get(html.unescape(link[1])).text


def test_nonsense_is_told(web: Web) -> None:
    assert "did you mean" in web.get("/explore/behaviour?kind=funel").text
    assert "is longer than 366 days" in web.get(address(TWICE, n="999", unit="day")).text
