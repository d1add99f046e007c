"""Segments: counts as long as their lists, a rule put together by clicks and saved, parts that add up."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.opening import bring_in, opened
from punchcard.plan.segment import written
from punchcard.project import load
from punchcard.web.app import create_app
from tests.web.conftest import HOME, write_shop

Web = TestClient[ASGIApp]

SEGMENTS = """\
dairy: {title: Dairy days, meaning: Bought on 20 or more days., all: [{did: purchase, count: days, at_least: 20}]}
rich: {title: Rich, meaning: Brought 460 or more., all: [{did: purchase, sum: value, at_least: 460}]}
late: {title: Late, meaning: Bought in the last two days., all: [{did: purchase, last_days: 2}]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_shop(tmp_path_factory.mktemp("segments"))
    (made / "segments").mkdir(exist_ok=True)
    (made / "segments" / "own.yaml").write_text(SEGMENTS)
    return made


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    project = load(folder)
    bring_in(project)
    with opened(folder) as programme, TestClient(create_app(programme), base_url=HOME) as client:
        yield client


def size(page: str) -> int:
    found = re.search(r'<p class="big"[^>]*><bdi class="n">(\d+)</bdi>', page)
    assert found
    return int(found[1])


def listed(web: Web, page: str) -> list[str]:
    address = re.search(r'href="(/members\.csv[^"]+)"', page)
    assert address
    return web.get(html.unescape(address[1])).text.split("\r\n")[1:-1]


@pytest.mark.parametrize("name", ["dairy", "rich", "late"])
def test_a_segment_s_page_counts_as_many_as_its_file_lists(web: Web, name: str) -> None:
    page = web.get(f"/segments/{name}").text
    assert size(page) == len(listed(web, page)) > 0
    assert f'<a href="/segments/{name}">' in web.get("/segments").text


def test_an_unknown_segment_is_not_found_with_a_suggestion(web: Web) -> None:
    reply = web.get("/segments/diary")
    assert reply.status_code == 404
    assert "did you mean 'dairy'?" in html.unescape(reply.text)


def test_a_rule_grows_with_each_form_counts_at_once_and_is_saved_as_a_file(web: Web, folder: Path) -> None:
    form = {"add": "did", "activity": "purchase", "compare": "at_least", "n": "10", "count": "days", "span": "last"}
    page = web.get(f"/segments/new?{urlencode({**form, 'days': '60'})}").text
    assert "did 'Purchase' on at least 10 days in the last 60 days" in html.unescape(page)
    counted = size(page)
    rule = html.unescape(re.findall(r'name="rule" value="([^"]+)"', page)[-1])
    sequence = [
        ("rule", rule),
        ("add", "then"),
        ("step", "purchase"),
        ("step", "purchase"),
        ("step", ""),
        ("within", "5"),
    ]
    page = web.get(f"/segments/new/part?{urlencode(sequence)}").text
    assert "did 'Purchase', then 'Purchase' within 5 days" in html.unescape(page)
    assert size(page) <= counted
    rule = html.unescape(re.findall(r'name="rule" value="([^"]+)"', page)[-1])
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]
    saved = web.post(
        "/segments/save", data={"rule": rule, "title": "Steady & fast", "token": token}, follow_redirects=False
    )
    assert saved.headers["location"] == "/segments/steady_fast"
    assert size(web.get("/segments/steady_fast").text) == size(page)
    assert load(folder).catalog.segments["steady_fast"].all[1].then == ("purchase",)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"add": "did", "activity": "purchas", "n": "1"}, "no activity 'purchas'; did you mean 'purchase'?"),
        ({"add": "did", "activity": "purchase", "n": "few"}, "'few' is no number"),
        ({"add": "did", "activity": "purchase", "n": "-1"}, "a number of times is never below 0"),
        ({"add": "then", "step": "purchase"}, "a sequence needs at least two activities"),
        ({"add": "segment", "segment": "diary"}, "no segment 'diary'; did you mean 'dairy'?"),
        ({"add": "refs", "refs": " "}, "give the numbers of members"),
        ({"add": "dit"}, "no condition 'dit'; did you mean 'did'?"),
    ],
)
def test_a_wrong_condition_is_told_and_cannot_be_saved(web: Web, form: dict[str, str], message: str) -> None:
    page = html.unescape(web.get(f"/segments/new?{urlencode(form)}").text)
    assert message in page
    assert "Save segment" not in page


def test_an_activity_named_almost_like_another_is_told_apart(web: Web) -> None:
    programme = load(Path(__file__).parents[2] / "punchcard" / "starter").catalog
    assert written(programme, "offer received") == "offer received"
    odd = written(programme, "purchased")
    assert json.loads(odd) == {"did": "event", "where": {"name": ["purchased"]}}
    form = {"add": "did", "activity": odd, "n": "1", "property": "platform", "value": "ios"}
    page = web.get(f"/segments/new?{urlencode(form)}").text
    assert "'Activity' where name is purchased and platform is ios" in html.unescape(page)
    assert size(page) == 0


def test_only_a_form_of_ours_is_saved(web: Web, folder: Path) -> None:
    rule = json.dumps({"all": [{"did": "purchase"}]})
    before = sorted((folder / "segments").iterdir())
    assert web.post("/segments/save", data={"rule": rule, "title": "X", "token": "guess"}).status_code == 400
    assert sorted((folder / "segments").iterdir()) == before


def test_a_part_of_an_overlap_leads_to_as_many_members_as_it_says(web: Web) -> None:
    page = web.get("/segments/overlap?s=dairy&s=rich&s=late").text
    parts = re.findall(
        r'<a href="([^"]+)" class="name" title="[^"]+">.*?<span class="value"><bdi class="n">(\d+)', page
    )
    assert parts
    for address, count in parts:
        members = web.get(html.unescape(address)).text
        assert len(re.findall(r'<th scope="row"><a href="/members/', members)) == int(count)
    assert sum(int(count) for _, count in parts) == 3
