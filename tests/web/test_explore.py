"""Explore: every choice is a link to another question; what cannot be asked says why; a question becomes a tile."""

import html
import json
import re
from pathlib import Path
from shutil import copytree
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.opening import opened
from punchcard.project import read
from punchcard.query import decode, to_url
from punchcard.web.app import create_app
from punchcard.web.sketch import KINDS, Sketch, sketched
from tests.web.conftest import HOME

Web = TestClient[ASGIApp]
START = "/explore?metric=net_revenue&period=2026-Q1"


def link(page: str, text: str) -> str:
    """The address behind a link with this text."""
    pattern = rf'<a href="([^"]+)"[^>]*><bdi>{re.escape(text)}</bdi>(?:<small>.*?</small>)?</a>'
    found = re.search(pattern, page)
    assert found is not None, f"no link '{text}'"
    return html.unescape(found[1])


def question(address: str) -> dict[str, object]:
    return json.loads(parse_qs(urlsplit(address).query)["ask"][0])


def test_a_metric_alone_is_asked_over_time_and_said_as_a_sentence(web: Web) -> None:
    page = web.get(START).text
    assert "<b><bdi>Net revenue</bdi></b>, over <b><bdi>Jan 1 – Mar 31, 2026</bdi></b>" in page
    assert 'class="tile is-line"' in page


def test_a_question_is_put_together_without_a_word_of_sql(web: Web) -> None:
    by_category = web.get(link(web.get(START).text, "Category")).text
    bars = web.get(link(by_category, "bars")).text
    largest = link(bars, "5")
    assert question(largest) == {"kind": "ranking", "metrics": ["net_revenue"], "by": "category_l1", "top": 5}
    shares = link(bars, "share of the total")
    assert question(shares)["share"] is True
    table = link(web.get(link(bars, "table")).text, "Weekday")
    assert question(table)["by"] in (["category_l1", "time.weekday"], ["time.weekday"])


def test_what_cannot_be_asked_says_why_and_leads_nowhere(web: Web) -> None:
    page = web.get(START).text
    assert '<span class="off" title="needs a breakdown"><bdi>bars</bdi></span>' in page
    assert '<span class="off" title="needs a second metric"><bdi>scatter</bdi></span>' in page
    members = web.get("/explore?metric=purchasing_members").text
    assert "Purchasing members does not add up" in members


def test_a_second_metric_is_asked_beside_the_first(web: Web) -> None:
    page = web.get(START).text
    add = re.search(r'<a class="icon" href="([^"]+)" aria-label="Add Purchasing members"', page)
    assert add is not None
    both = html.unescape(add[1])
    assert question(both)["metrics"] == ["net_revenue", "purchasing_members"]
    assert "Remove Net revenue" in web.get(both).text


@pytest.mark.parametrize("kind", KINDS)
def test_each_chart_is_a_question_that_comes_back_as_the_same_chart(kind: str) -> None:
    wanted = KINDS[kind]
    sketch = Sketch(kind, ("a", "b")[: max(wanted.metrics[0], 1)], ("x", "y")[: wanted.cuts[0]])
    back = sketched(sketch.analysis())
    assert back is not None
    assert (back.kind, back.metrics, back.cuts) == (kind, sketch.metrics, sketch.cuts)


def test_every_tile_of_the_library_opens_in_explore(web: Web) -> None:
    asked = [tile for one in web.get("/api/dashboards").json() for tile in one["tiles"] if "$" not in json.dumps(tile)]
    assert len(asked) > 100
    for ask in asked[::7]:
        reply = web.get(f"/explore/part?{to_url(decode({'ask': ask, 'period': '2026-03'}))}")
        assert reply.status_code == 200, ask


def test_values_to_filter_by_are_listed_the_largest_first(web: Web) -> None:
    values = web.get(f"{START.replace('?', '/values?')}&of=category_l1").text
    assert values.count("<a ") == 4
    narrowed = web.get(link(values, "Dairy")).text
    assert "<b><bdi>Category is Dairy</bdi></b>" in narrowed


@pytest.mark.parametrize("address", ["/explore?metric=net_revenu", "/explore?ask=%7B", "/explore/values?of=store_id"])
def test_a_question_that_is_none_is_said_as_a_page(web: Web, address: str) -> None:
    reply = web.get(address)
    assert reply.status_code == 400
    assert "This cannot be asked" in reply.text


# Saving writes files, so each test has a project of its own.


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    return copytree(shop, tmp_path / "own")


@pytest.fixture
def client(own: Path) -> Web:
    return TestClient(create_app(opened(own)), base_url=HOME)


def token(client: Web) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get(START).text)
    assert found is not None
    return found[1]


ASK: dict[str, object] = {"ask": {"kind": "number", "metrics": ["net_revenue"]}, "period": "2026-02"}


def form(client: Web, **changes: str) -> dict[str, str]:
    return {"token": token(client), "question": to_url(decode(ASK)), "title": "On a whim", "dashboard": ""} | changes


def test_a_saved_question_is_a_tile_of_a_new_file_and_can_be_taken_back(client: Web, own: Path) -> None:
    saved = client.post("/saved/tile", data=form(client, new="Été & Co: #1"), follow_redirects=False)
    assert saved.status_code == 303
    assert re.fullmatch(r"/d/ete_co_1\?done=[0-9a-f]+#t-0", saved.headers["location"])
    path = own / "dashboards" / "ete_co_1.yaml"
    assert yaml.safe_load(path.read_text())["tiles"] == [{"title": "On a whim", "ask": ASK["ask"]}]
    assert "On a whim" in client.get("/d/ete_co_1").text
    assert read(own)[1] == []
    page = client.get("/d/ete_co_1/file").text
    text = re.search(r'name="text" value="([^"]+)"', page)
    assert text is not None
    gone = client.post("/d/ete_co_1/file/remove", data={"token": token(client), "text": text[1], "place": "0"})
    assert gone.status_code == 200
    assert not path.exists()
    assert client.get("/d/ete_co_1").status_code == 404
    done = re.search(r'name="done" value="([^"]+)"', gone.text)
    assert done is not None
    assert client.post("/undo", data={"token": token(client), "done": done[1]}).status_code == 200
    assert "On a whim" in client.get("/d/ete_co_1").text


def test_a_tile_is_added_below_the_others_and_every_other_line_stays(client: Web, own: Path) -> None:
    path = own / "dashboards" / "pulse.yaml"
    path.write_text(f"# Ours.\n{path.read_text()}\n# The end.\n", encoding="utf-8")
    before = path.read_text().splitlines()
    saved = client.post("/saved/tile", data=form(client, dashboard="pulse", period="own"))
    assert saved.status_code == 200, saved.text
    after = path.read_text().splitlines()
    added = [line for line in after if line not in before]
    assert added == ["  - {title: On a whim, ask: {kind: number, metrics: [net_revenue]}, period: 2026-02}"]
    assert [line for line in after if line in before] == before
    assert read(own)[1] == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"token": "guessed"}, 400),
        ({"dashboard": "../../punchcard"}, 404),
        ({"dashboard": "rfm_overview"}, 404),
        ({"question": "ask=%7B%22kind%22%3A%22number%22%2C%22metrics%22%3A%5B%22nothing%22%5D%7D"}, 400),
    ],
)
def test_what_is_not_ours_or_cannot_be_answered_is_not_written(
    client: Web, own: Path, changes: dict[str, str], status: int
) -> None:
    before = sorted(path.name for path in own.rglob("*.yaml"))
    assert client.post("/saved/tile", data=form(client, **changes)).status_code == status
    assert sorted(path.name for path in own.rglob("*.yaml")) == before


def test_a_page_of_another_site_cannot_save(client: Web) -> None:
    sent = client.post("/saved/tile", data=form(client), headers={"Origin": "http://evil.example"})
    assert sent.status_code == 403


def test_a_file_that_changed_meanwhile_is_not_changed_blindly(client: Web, own: Path) -> None:
    reply = client.post("/d/pulse/file/remove", data={"token": token(client), "text": "old", "place": "0"})
    assert reply.status_code == 400
    assert "the file has changed since you looked at it" in reply.text
    assert len(yaml.safe_load((own / "dashboards/pulse.yaml").read_text())["tiles"]) == 4
