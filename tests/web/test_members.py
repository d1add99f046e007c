"""Members: every figure leads to who is behind it, as many as it says; a member leads to all that they did."""

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.programme import Programme
from punchcard.project import load

Web = TestClient[ASGIApp]
OFTEN = {"kind": "frequency", "activity": {"activity": "purchase"}}
BARS = {"kind": "ranking", "metrics": ["net_revenue"], "by": "category_l1"}


def asked(analysis: object, **more: str) -> str:
    return urlencode({"period": "2026-01", "ask": json.dumps(analysis), **more})


def test_a_figure_is_picked_and_its_list_is_as_long_as_it_says(web: Web) -> None:
    page = web.get(f"/members?{asked(OFTEN)}").text
    assert "Pick a figure to see its members" in page
    links = re.findall(r'<a href="([^"]+)"><bdi>(\d+)</bdi><small><bdi class="n">(\d+)</bdi>', page)
    assert links
    for address, _, count in links:
        listed = web.get(html.unescape(address)).text
        assert len(re.findall(r'<th scope="row"><a href="/members/', listed)) == int(count)


def test_the_api_and_the_file_name_the_same_members(web: Web) -> None:
    given = web.get(f"/api/members?{asked(OFTEN, **{'at.times': '10'})}").json()
    posted = web.post("/api/members", json={"query": {"ask": OFTEN, "period": "2026-01"}, "at": {"times": "10"}}).json()
    assert given == posted
    assert given["count"] == len(given["members"]) == 2
    file = web.get(f"/members.csv?{asked(OFTEN, **{'at.times': '10'})}")
    assert file.text.split("\r\n")[:-1] == ["Member", *given["members"]]


def test_behind_a_bar_are_the_members_with_their_part_of_it(web: Web) -> None:
    bars = web.get(f"/api/query?{asked(BARS)}").json()["rows"]
    dairy = next(row[1] for row in bars if row[0] == "Dairy")
    behind = web.get(f"/api/members?{asked(BARS, **{'at.category_l1': 'Dairy'})}").json()
    assert behind["figure"] == "net_revenue"
    assert sum(behind["values"]) == dairy


def test_a_bucket_of_a_line_lists_the_members_of_its_days(web: Web) -> None:
    line = {"kind": "trend", "metrics": ["purchasing_members"]}
    rows = web.get(f"/api/query?{asked(line)}").json()["rows"]
    behind = web.get(f"/api/members?{asked(line, **{'at.bucket': rows[0][0]})}").json()
    assert behind["count"] == rows[0][1]


def test_a_member_s_page_says_what_they_did_and_narrows_to_one_activity(web: Web) -> None:
    page = web.get("/members/ann").text
    assert page.count('<th scope="row">') > 20
    assert 'href="/members/ann?activity=purchase"' in page
    assert web.get("/members?ref=ann").status_code == 200
    assert "no activity 'purchas'; did you mean 'purchase'" in html.unescape(
        web.get("/members/ann?activity=purchas").text
    )
    nobody = web.get("/members/nobody")
    assert nobody.status_code == 400
    assert "there is no member 'nobody' among those that you may see" in html.unescape(nobody.text)


def test_a_label_that_is_none_says_what_there_is(web: Web) -> None:
    reply = web.get(f"/api/members?{asked(BARS, **{'at.store': 'x'})}")
    assert reply.status_code == 400
    assert "not broken down by 'store'" in reply.json()["error"]["message"]


def saved(web: Web, address: str, title: str) -> str:
    """The page of the segment that is made of the list at an address."""
    page = web.get(address).text
    form = page.split('action="/segments/behind"')[1].split("</form>", maxsplit=1)[0]
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
    reply = web.post("/segments/behind", data={**fields, "title": title})
    assert reply.status_code == 200, html.unescape(reply.text)[-600:]
    return reply.text


def size(web: Web, name: str) -> int:
    asked_of = {"kind": "number", "metrics": ["members_known"]}
    filters = json.dumps({"segment": name, "reading": "now"})
    return web.get(f"/api/query?{asked(asked_of, f=filters)}").json()["rows"][0][0]


@pytest.fixture
def tidied(programme: Programme) -> Iterator[None]:
    """The project as it was, after segments were saved in it."""
    project = programme.project
    yield
    programme.project = project
    for file in (project.folder / "segments").glob("*"):
        if file.stem in ("ten_times", "january"):
            file.unlink()


@pytest.mark.usefixtures("tidied")
def test_a_list_becomes_a_segment_a_rule_where_one_says_it(web: Web, programme: Programme) -> None:
    ten = asked(OFTEN, **{"at.times": "10"})
    count = web.get(f"/api/members?{ten}").json()["count"]
    assert "Ten times" in saved(web, f"/members?{ten}", "Ten times")
    rule = (programme.project.folder / "segments" / "ten_times.yaml").read_text()
    assert "did: purchase" in rule
    assert "exactly: 10" in rule
    assert size(web, "ten_times") == count
    week = {"kind": "retention", "grain": "month"}
    cell = asked(week, **{"at.cohort": "2026-01-01", "at.interval": "0"})
    saved(web, f"/members?{cell}", "January")
    folder = programme.project.folder / "segments"
    members = web.get(f"/api/members?{cell}").json()["members"]
    assert (folder / "january.csv").read_text().split() == ["member", *members]
    assert "list: january.csv" in (folder / "january.yaml").read_text()
    assert size(web, "january") == len(members)
    assert load(programme.project.folder).catalog.segments["january"].all[0].refs == tuple(members)


def test_only_a_form_of_ours_makes_a_segment(web: Web) -> None:
    reply = web.post("/segments/behind", data={"title": "x", "question": asked(OFTEN), "at.times": "10", "token": "no"})
    assert reply.status_code == 400
    assert "this form is from another page" in reply.text
