"""A dashboard: served whole and tile by tile, narrowed by links, its mistakes kept where they are."""

import html
import json
import re
from urllib.parse import quote

from litestar.testing import TestClient
from litestar.types import ASGIApp
from msgspec import structs

from punchcard.dashboard import Dashboard, Tile, View, question
from tests.web.conftest import FORMULA, SCRIPT

Web = TestClient[ASGIApp]
MARCH = sum(range(1, 32))


def only(dimension: str, *values: str | None) -> str:
    return "f=" + quote(json.dumps({"dimension": dimension, "in": values}))


def links(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', page)]


def test_a_dashboard_shows_every_tile_with_its_figure(web: Web) -> None:
    page = web.get("/d/pulse").text
    assert [f'id="t-{place}"' in page for place in range(4)] == [True] * 4
    assert f"€{MARCH:.0f}" in page
    assert "vs Feb 1 – 28, 2026" in page


def test_a_tile_alone_is_the_tile_of_the_page(web: Web) -> None:
    alone = web.get("/d/pulse/t/0").text
    assert alone.strip() in web.get("/d/pulse").text


def test_the_parts_of_a_page_come_anew_in_one_reply(web: Web) -> None:
    parts = web.get("/d/pulse/parts?period=2026-02").text.split("<!--part-->")
    assert parts.pop() == ""
    assert 'class="bar-filters"' in parts[0]
    assert sorted(re.search(r' id="t-(\d)"', part)[1] for part in parts[1:]) == ["0", "1", "2", "3"]  # type: ignore[index]


def test_the_address_is_the_whole_state(web: Web) -> None:
    assert f"€{sum(range(1, 29))}" in web.get("/d/pulse/t/0?period=2026-02").text
    assert "€55" in web.get("/d/pulse/t/0?from=2026-03-01&to=2026-03-10").text
    bakery = web.get(f"/d/pulse/t/0?{only('category_l1', 'Bakery')}").text
    assert f"€{sum(range(4, 32, 4))}" in bakery


def test_a_click_on_a_bar_narrows_the_page_and_a_second_one_takes_it_back(web: Web) -> None:
    tile = web.get("/d/pulse/t/2").text
    to_bakery = next(link for link in links(tile) if "Bakery" in link and link.startswith("/d/pulse"))
    narrowed = web.get(to_bakery).text
    assert "Category is Bakery" in narrowed
    again = [link for link in links(web.get(to_bakery.replace("/d/pulse", "/d/pulse/t/2")).text) if "?" not in link]
    assert "/d/pulse" in again


def test_filters_are_ticked_together_and_removed_one_by_one(web: Web) -> None:
    values = web.get("/d/pulse/values?of=category_l1").text
    dairy = next(link for link in links(values) if "Dairy" in link)
    both = next(link for link in links(web.get(dairy.replace("?", "/values?of=category_l1&")).text) if "Bakery" in link)
    page = web.get(both).text
    assert "Category is Dairy or Bakery" in page
    bar = web.get(both.replace("?", "/bar?")).text
    assert "Remove the filter: Category is Dairy or Bakery" in bar
    assert "Category is" not in web.get("/d/pulse/bar").text


def test_a_tile_that_cannot_be_answered_says_why_and_the_others_stand(web: Web) -> None:
    page = web.get(f"/d/pulse?{only('category_l1', 'Bakery')}").text
    assert "no dimension &#39;category_l1&#39; in purchase" in page
    assert f"€{sum(range(4, 32, 4))}" in page


def test_a_period_without_data_says_what_the_data_covers(web: Web) -> None:
    page = web.get("/d/pulse?period=2019").text
    assert "There is no data in this period; it covers Jan 1 – Mar 31, 2026." in page
    assert "No data in this period" in page


def test_a_period_that_is_none_is_said_and_the_page_still_opens(web: Web) -> None:
    reply = web.get("/d/pulse?period=lately")
    assert reply.status_code == 200
    assert "&#39;lately&#39; is no date or period" in reply.text


def test_choices_start_with_the_largest_and_can_be_changed(web: Web) -> None:
    bar = web.get("/d/duel/bar").text
    named = re.findall(r'<button[^>]*popovertarget="choice-[ab]".*?</button>', bar, re.DOTALL)
    assert len(named) == 2
    chosen = web.get("/d/duel/t/0?a=Bakery").text
    bakery = sum(day for days in (31, 28, 31) for day in range(4, days + 1, 4))
    assert f"€{bakery}" in chosen


def test_links_keep_the_period_and_the_filters(web: Web) -> None:
    page = web.get(f"/d/pulse?period=2026-02&{only('category_l1', 'Dairy')}").text
    related = [link for link in links(page) if link.startswith("/d/duel")]
    assert any("period=2026-02" in link and "Dairy" in link for link in related)


def test_hostile_names_are_text(web: Web) -> None:
    page = web.get("/d/pulse").text
    assert SCRIPT not in page
    assert html.escape(SCRIPT) in page


def test_how_it_is_computed_tells_meaning_filters_rows_and_sql(web: Web) -> None:
    how = web.get(f"/d/pulse/t/0/how?{only('category_l1', 'Bakery')}").text
    for word in ("What was paid for all lines", "Category is Bakery", "7 (purchase lines)", "select"):
        assert word in how


def test_the_table_has_all_rows(web: Web) -> None:
    assert web.get("/d/pulse/t/1/table").text.count("<tr") == 32


def test_files_carry_exact_figures_and_no_formula(web: Web) -> None:
    reply = web.get("/d/pulse/t/2/csv?bom=1")
    assert reply.headers["content-disposition"].startswith('attachment; filename="Categories, 2026-03-01 to 2026-04-01')
    text = reply.content.decode("utf-8-sig")
    assert reply.content.startswith(b"\xef\xbb\xbf")
    assert f"'{FORMULA}" in text
    assert "\r\n" in text
    assert web.get("/d/pulse/t/0/png").content.startswith(b"\x89PNG")
    assert web.get("/d/pulse/t/0/json").json()["rows"][0][0] == MARCH


def test_what_is_not_there_is_not_found_with_a_suggestion(web: Web) -> None:
    missing = web.get("/d/puls")
    assert missing.status_code == 404
    assert "did you mean &#39;pulse&#39;?" in missing.text
    for address in ("/d/pulse/t/9", "/d/pulse/t/0/exe", "/d/pulse/values?of=card", "/d/..%2fsecret"):
        assert web.get(address).status_code == 404, address


def test_arabic_is_written_from_right_to_left_and_remembered(web: Web) -> None:
    first = web.get("/d/pulse?lang=ar")
    assert 'dir="rtl"' in first.text
    assert "lang=ar" in first.headers["set-cookie"]
    assert 'dir="ltr"' in web.get("/d/pulse?lang=en").text


def test_the_list_offers_what_has_data_and_puts_the_rest_apart(web: Web) -> None:
    page = web.get("/dashboards").text
    offered, apart = page.split("Without data so far")
    for title in ("Shop pulse", "Two categories", "Programme pulse"):
        assert title in offered, title
    for title in ("Consents", "Flow of points", "E-mail performance"):
        assert title not in offered, title
        assert title in apart, title
    assert web.get("/d/consents").status_code == 200, "it opens all the same"


def test_home_unfolds_the_group_that_the_project_shows_first(web: Web) -> None:
    page = web.get("/").text
    folds = re.findall(r"<details( open data-open)?>\s*<summary><h2 class=\"section\"><bdi>([^<]+)", page)
    assert [title for opened, title in folds if opened] == ["Key figures"]
    assert len(folds) > 3
    assert 'data-narrow=".shelf .card"' in page


def test_a_tile_without_comparison_has_one_when_the_reader_asks() -> None:
    tile = Tile(title="Alone", ask={"kind": "number", "metrics": ["net_revenue"]}, compare="none")
    page = Dashboard(title="Page", question="What?", group="Tools", compare="previous_period", tiles=(tile,))
    assert question(page, tile, View()).compare is None
    assert question(page, tile, View(compare="previous_year")).compare == "previous_year"
    assert question(page, structs.replace(tile, compare=None), View()).compare == "previous_period"
    assert (
        question(page, structs.replace(tile, compare="previous_year"), View(compare="2025")).compare == "previous_year"
    )
