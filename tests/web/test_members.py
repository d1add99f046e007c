"""Members: every figure leads to who is behind it, as many as it says; a member leads to all that they did."""

import html
import json
import re
from urllib.parse import urlencode

from litestar.testing import TestClient
from litestar.types import ASGIApp

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
