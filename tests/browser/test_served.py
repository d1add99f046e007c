"""The real application in a browser: no barrier on any page, the keyboard alone is enough, and Back undoes."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from punchcard.programme import Programme
from tests.browser.barriers import no_barrier
from tests.served import served
from tests.web.conftest import programme, shop

__all__ = ["programme", "shop"]

PAGES = (
    "/",
    "/dashboards",
    "/d/pulse",
    "/d/duel",
    "/d/pulse/file",
    "/d/pulse?period=2019",
    "/d/nothing",
    "/explore",
    "/explore?metric=net_revenue",
    "/explore/behaviour",
    "/explore/behaviour?kind=retention&period=2026-Q1",
    "/explore/behaviour?kind=paths&period=2026-Q1",
    "/explore/behaviour?kind=segmentation&period=2026-Q1",
    "/explore/behaviour?kind=activity_formula&period=2026-Q1",
    "/explore/behaviour?kind=activity_formula&period=2026-Q1&compare=previous_period&n.formula=A+%2F+D",
    "/explore/behaviour?kind=lifecycle&period=2026-Q1",
    "/explore/behaviour?kind=sessions&period=2026-Q1",
    "/explore/behaviour?kind=frequency&period=2026-Q1",
    "/explore/behaviour?kind=interval&period=2026-Q1",
    "/explore/behaviour?kind=lifetime_value&period=2026-Q1",
    "/explore/behaviour?kind=attribution&period=2026-Q1",
    "/explore/behaviour?period=2026-Q1&ask=%7B%22kind%22%3A%22funnel%22%2C%22steps%22%3A%5B%7B%22activity%22%3A%22purchase%22%7D%2C%7B%7D%2C%7B%22activity%22%3A%22purchase%22%7D%5D%2C%22order%22%3A%22strict%22%7D",
    "/members",
    "/members?ask=%7B%22kind%22%3A%22frequency%22%7D&period=2026-Q1",
    "/members?ask=%7B%22kind%22%3A%22frequency%22%7D&period=2026-Q1&at.times=30",
    "/members/ann",
    "/catalogue",
    "/catalogue?q=xyzzy",
    "/catalogue/tables",
    "/catalogue/facts",
    "/catalogue/metric/net_revenue",
    "/catalogue/table/txn_line",
    "/catalogue/table/txn/kind",
    "/catalogue/fact/line",
    "/data",
)


@pytest.fixture(scope="session")
def site(programme: Programme) -> Iterator[str]:
    """The address of the served shop; overrides the sample site of this folder."""
    with served(programme) as address:
        yield address


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_barrier(browser: Browser, site: str, path: str) -> None:
    no_barrier(browser, site, path)


@pytest.mark.browser
def test_a_click_filters_every_tile_in_place_and_back_undoes_it(page: Page) -> None:
    page.goto("/d/pulse")
    page.evaluate("window.same = true")
    page.locator("#t-2").get_by_role("link", name="Bakery").click()
    expect(page.locator(".chip")).to_contain_text("Category is Bakery")
    expect(page.locator("#t-0 .big")).to_have_text("€112")
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#t-0 .big")).to_have_text("€496")
    assert page.evaluate("window.same"), "the page was not loaded anew"


@pytest.mark.browser
def test_a_change_that_does_not_come_through_says_so_in_each_tile_and_can_be_tried_again(page: Page) -> None:
    page.goto("/d/pulse")
    page.route("**/d/pulse/parts*", lambda route: route.fulfill(status=503, body=""), times=1)
    page.locator("#t-2").get_by_role("link", name="Bakery").click()
    expect(page.locator(".tile [role=alert]")).to_have_count(4)
    page.get_by_role("button", name="Try again").first.click()
    expect(page.locator("#t-0 .big")).to_have_text("€112")


@pytest.mark.browser
def test_values_of_a_filter_are_fetched_when_it_is_opened_and_ticked_one_by_one(page: Page) -> None:
    page.goto("/d/pulse")
    page.keyboard.press("f")
    page.locator("#filters summary", has_text="Category").first.click()
    page.locator("#filters").get_by_role("link", name="Dairy").click()
    expect(page.locator(".chip")).to_contain_text("Category is Dairy")
    page.keyboard.press("f")
    page.locator("#filters summary", has_text="Category").first.click()
    page.locator("#filters").get_by_role("link", name="Bakery").click()
    expect(page.locator(".chip")).to_contain_text("Category is Dairy or Bakery")


@pytest.mark.browser
def test_the_keyboard_alone_moves_the_period_compares_and_clears(page: Page) -> None:
    page.goto("/d/pulse")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**period=2026-02*")
    expect(page.locator("#t-0 .big")).to_have_text("€406")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#t-0 .big")).to_have_text("€496")
    page.keyboard.press("x")
    page.wait_for_url("**compare=none*")
    expect(page.locator("#t-0 .delta")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/explore")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(re.compile(r"/$"))


@pytest.mark.browser
def test_a_stretch_drawn_on_a_chart_becomes_the_period(page: Page) -> None:
    page.goto("/d/pulse")
    plane = page.locator("#t-1 .plane").bounding_box()
    assert plane is not None
    y = plane["y"] + plane["height"] / 2
    page.mouse.move(plane["x"] + plane["width"] * 0.01, y)
    page.mouse.down()
    page.mouse.move(plane["x"] + plane["width"] * 0.31, y, steps=4)
    page.mouse.up()
    page.wait_for_url("**from=2026-03-01&to=2026-03-10*")
    expect(page.locator("#t-0 .big")).to_have_text("€55")


@pytest.mark.browser
def test_how_a_figure_is_computed_opens_beside_it(page: Page) -> None:
    page.goto("/d/pulse")
    page.locator("#t-0 .icon").first.click()
    how = page.locator("#t-0-how")
    expect(how).to_contain_text("What was paid for all lines")
    expect(how).to_contain_text("31 (purchase lines)")
    page.keyboard.press("Escape")
    expect(how).to_be_hidden()


@pytest.mark.browser
def test_a_bar_leads_to_its_members_and_one_of_them_to_all_that_they_did(page: Page) -> None:
    page.goto("/explore/behaviour?kind=frequency&period=2026-01")
    page.wait_for_load_state("networkidle")
    bar = page.locator(".plane svg a").first
    count = int(page.locator(".data tbody td").first.inner_text())
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/members?*")
    expect(page.locator(".badge").first).to_have_text(str(count))
    expect(page.locator(".grid tbody tr")).to_have_count(count)
    page.locator(".grid tbody a").first.click()
    page.wait_for_url("**/members/*")
    page.get_by_role("link", name=re.compile("^Purchase")).click()
    page.wait_for_url("**activity=purchase*")


@pytest.mark.browser
def test_a_point_of_a_line_leads_to_its_members(page: Page) -> None:
    page.goto("/explore/behaviour?kind=segmentation&period=2026-Q1")
    page.wait_for_load_state("networkidle")
    plane = page.locator(".plane").first.bounding_box()
    assert plane is not None
    x, y = plane["x"] + plane["width"] / 2, plane["y"] + 40
    page.mouse.move(x, y)
    expect(page.locator("#tip")).to_contain_text("Feb")
    page.mouse.click(x, y)
    page.wait_for_url("**at.bucket=2026-02-01*")


@pytest.mark.browser
def test_each_change_of_a_question_redraws_its_answer_in_place(page: Page) -> None:
    page.goto("/explore/behaviour?kind=funnel&period=2026-Q1")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="over time", exact=True).click()
    expect(page.locator("#t-answer.is-line")).to_be_visible()
    page.keyboard.press("m")
    page.get_by_label("Find: Step 1").fill("purch")
    expect(page.locator("#part-0 .pick:visible")).to_have_count(1)
    page.go_back()
    expect(page.locator("#t-answer.is-funnel")).to_be_visible()
    assert page.evaluate("window.same"), "the page was not loaded anew"


@pytest.mark.browser
def test_a_question_is_put_together_and_saved_and_taken_back(page: Page) -> None:
    page.goto("/explore")
    page.locator("#metrics").get_by_role("link", name=re.compile("^Net revenue What was paid")).first.click()
    expect(page.locator("#t-answer")).to_be_visible()
    page.locator("#cut-0").get_by_role("link", name="Category", exact=True).click()
    expect(page.locator(".sentence")).to_contain_text("Net revenue by category")
    page.get_by_role("link", name="bars", exact=True).click()
    expect(page.locator("#t-answer.is-bar")).to_be_visible()
    page.go_back()
    expect(page.locator("#t-answer.is-line")).to_be_visible()
    page.get_by_role("button", name="Save to a dashboard").click()
    page.locator("#save select").select_option("")
    page.get_by_label("Name of the new dashboard").fill("Browser made")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/d/browser_made*")
    page.get_by_role("link", name="File").click()
    expect(page.locator("pre")).to_contain_text("kind: trend")
    page.get_by_role("button", name="Take out").click()
    page.wait_for_url("**/dashboards?done=*")
    assert page.get_by_text("Browser made").count() == 0
