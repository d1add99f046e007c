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
    assert saved.headers["location"].startswith("/segments/steady_fast?done=")
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


def token(page: str) -> str:
    return re.findall(r'name="token" value="([^"]+)"', page)[0]


def rule(page: str) -> str:
    return html.unescape(re.findall(r'name="rule" value="([^"]+)"', page)[-1])


def link(page: str, label: str) -> str:
    found = re.search(rf'href="([^"]+)" aria-label="{label}', page)
    assert found, label
    return html.unescape(found[1])


def undo(web: Web, page: str) -> str:
    """The page after undoing what the page says was just done."""
    done = re.findall(r'name="done" value="([^"]+)"', page)[0]
    reply = web.post("/undo", data={"token": token(page), "done": done})
    assert reply.status_code == 200
    return reply.text


AGAIN = """\
# kept
again:
  title: Again
  meaning: Twice.
  all:
  - {did: purchase, at_least: 2}

# below
using: {title: Using, meaning: In again., all: [{segment: again}]}
"""


def test_a_segment_is_changed_in_its_place_and_what_uses_it_follows(folder: Path) -> None:
    (folder / "segments" / "again.yaml").write_text(AGAIN)
    with opened(folder) as programme, TestClient(create_app(programme), base_url=HOME) as web:
        page = web.get("/segments/again").text
        before, users = size(page), size(web.get("/segments/using").text)
        assert before == users > 0
        change = re.search(r'href="(/segments/new[^"]+edit=again[^"]*)"', page)
        assert change
        builder = web.get(html.unescape(change[1])).text
        assert 'value="Again"' in builder
        assert '<a href="/segments/using">' in builder
        told = json.dumps({"all": [{"did": "purchase", "at_least": 500}]})
        page = web.post(
            "/segments/save",
            data={"rule": told, "title": "Often", "meaning": "Many.", "edit": "again", "token": token(builder)},
        ).text
        assert "<h1>Often</h1>" in page
        assert size(page) == size(web.get("/segments/using").text) != before
        text = (folder / "segments" / "again.yaml").read_text()
        assert text.startswith("# kept\nagain:")
        assert "# below\nusing:" in text
        assert size(undo(web, page)) == before
        assert size(web.get("/segments/using").text) == before


def test_a_segment_that_would_depend_on_itself_is_told_with_its_circle(web: Web) -> None:
    told = json.dumps({"all": [{"segment": "rich"}]})
    page = html.unescape(web.get(f"/segments/new?{urlencode({'rule': told, 'edit': 'rich'})}").text)
    assert "depends on itself: rich > rich" in page
    assert "Save the change" not in page
    reply = web.post("/segments/save", data={"rule": told, "title": "Rich", "edit": "rich", "token": token(page)})
    assert reply.status_code == 400
    assert "depends on itself" in reply.text


def test_a_segment_is_duplicated_deleted_and_comes_back_undone(web: Web, folder: Path) -> None:
    page = web.get("/segments/rich").text
    another = re.search(r'href="(/segments/new[^"]+title=[^"]*)"', page)
    assert another
    builder = web.get(html.unescape(another[1])).text
    page = web.post("/segments/save", data={"rule": rule(builder), "title": "Twin", "token": token(builder)}).text
    assert size(page) == size(web.get("/segments/rich").text)
    gone = web.post("/segments/delete", data={"name": "twin", "token": token(page)}).text
    assert "Twin was deleted." in gone
    assert web.get("/segments/twin").status_code == 404
    assert not (folder / "segments" / "twin.yaml").exists()
    assert "Undone: Twin was deleted." in html.unescape(undo(web, gone))
    assert size(web.get("/segments/twin").text) == size(web.get("/segments/rich").text)


def test_a_segment_in_use_is_not_deleted_and_says_where(web: Web, folder: Path) -> None:
    told = json.dumps({"all": [{"segment": "rich"}]})
    builder = web.get(f"/segments/new?{urlencode({'rule': told})}").text
    web.post("/segments/save", data={"rule": told, "title": "Leaning", "token": token(builder)})
    page = web.get("/segments/rich").text
    assert '<a href="/segments/leaning">' in page
    reply = web.post("/segments/delete", data={"name": "rich", "token": token(page)})
    assert reply.status_code == 400
    assert "'Rich' is used in 'Leaning'" in html.unescape(reply.text)
    assert "rich" in load(folder).catalog.segments


LIST = "card;name\n{first};Ann\n{second};Bob\n{first};Ann again\nnobody;Eve\n;Nameless\n"


def test_a_file_of_members_is_read_and_every_row_is_accounted_for(web: Web, folder: Path) -> None:
    refs = listed(web, web.get("/segments/dairy").text)[:2]
    content = LIST.format(first=refs[0], second=refs[1]).encode()
    form = {"token": token(web.get("/segments/new").text), "rule": "{}"}
    page = web.post("/segments/list", data=form, files={"file": ("Guests 1.csv", content, "text/csv")}).text
    assert size(page) == 2
    for said in ("5 rows", "2 known members", "1 unknown number", "1 repeated", "1 empty"):
        assert f"<bdi>{said}</bdi>" in page
    assert "<code>nobody</code>" in page
    address = re.search(r'href="(/segments/list.csv[^"]+)"', page)
    assert address
    assert web.get(html.unescape(address[1])).text.split("\r\n") == ["card", "nobody", ""]
    saved = web.post("/segments/save", data={"rule": rule(page), "title": "Guests", "token": form["token"]}).text
    assert sorted(listed(web, saved)) == sorted(refs)
    assert load(folder).catalog.segments["guests"].all[0].column == "card"


def test_pasted_numbers_have_no_headings_and_lose_nobody(web: Web) -> None:
    refs = listed(web, web.get("/segments/dairy").text)[:3]
    form = {"token": token(web.get("/segments/new").text), "rule": "{}", "refs": "\n".join(refs), "called": "pasted"}
    page = web.post("/segments/list", data=form, files={"file": ("", b"", "application/octet-stream")}).text
    assert size(page) == len(refs)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the list is empty"),
        (b"PK\x03\x04\x00\x00", "this is no CSV file"),
        (b"caf\xe9\n1\n", "the list is no text in UTF-8"),
        (b"a,a\n1,2\n", "two columns are called 'a'"),
    ],
)
def test_what_is_no_list_is_told(web: Web, content: bytes, message: str) -> None:
    form = {"token": token(web.get("/segments/new").text), "rule": "{}"}
    reply = web.post("/segments/list", data=form, files={"file": ("x.csv", content, "text/csv")})
    assert reply.status_code == 400
    assert message in html.unescape(reply.text)


def test_a_file_with_several_columns_asks_which_holds_the_numbers(web: Web) -> None:
    form = {"token": token(web.get("/segments/new").text), "rule": "{}"}
    page = web.post("/segments/list", data=form, files={"file": ("odd.csv", b"a,b\nx,y\n", "text/csv")}).text
    assert "Which column holds the numbers of members?" in page
    page = web.get(link(page, "Take the column b")).text
    assert "are one of 1 listed in odd.csv" in html.unescape(page)
    assert size(page) == 0


def test_conditions_are_put_into_groups(web: Web) -> None:
    told = json.dumps({"all": [{"segment": "dairy"}, {"segment": "rich", "not": True}]})
    page = web.get(f"/segments/new?{urlencode({'rule': told})}").text
    assert 0 < size(page) < size(web.get("/segments/dairy").text)
    page = web.get(link(page, "Add to a group with: are not among those who are in")).text
    assert '<option value="all.1.any" selected>' in page
    form = {"rule": rule(page), "into": "all.1.any", "add": "segment", "segment": "dairy"}
    page = web.get(f"/segments/new?{urlencode(form)}").text
    assert json.loads(rule(page)) == {
        "all": [{"segment": "dairy"}, {"any": [{"segment": "rich", "not": True}, {"segment": "dairy"}]}]
    }
    assert size(page) == size(web.get("/segments/dairy").text)
    opposite = web.get(link(page, r"Turn into the contrary: \(")).text
    assert size(opposite) == 0


def test_groups_too_deep_to_follow_are_refused(web: Web) -> None:
    told = '{"all":[' * 400 + '{"segment":"rich"}' + "]}" * 400
    reply = web.get(f"/segments/new?{urlencode({'rule': told})}")
    assert reply.status_code == 400
    assert "4 deep at most" in reply.text


def test_a_segment_is_read_as_of_any_day_and_its_list_is_as_long(web: Web) -> None:
    now = web.get("/segments/dairy").text
    then = web.get("/segments/dairy?at=2026-02-10").text
    assert size(then) == len(listed(web, then)) != size(now)
    told = json.dumps({"all": [{"did": "purchase", "count": "days", "at_least": 20}]})
    builder = web.get(f"/segments/new?{urlencode({'rule': told, 'at': '2026-02-10'})}").text
    assert size(builder) == size(then)
    for wrong in ("2027-01-01", "soon"):
        assert web.get(f"/segments/dairy?at={wrong}").status_code == 400


def test_what_is_counted_while_building_is_what_the_file_lists(web: Web) -> None:
    told = json.dumps({"all": [{"did": "purchase", "count": "days", "at_least": 22}]})
    page = web.get(f"/segments/new?{urlencode({'rule': told})}").text
    address = re.search(r'href="(/segments/new/members\.csv[^"]+)"', page)
    assert address
    assert size(page) == len(web.get(html.unescape(address[1])).text.split("\r\n")[1:-1]) > 0
