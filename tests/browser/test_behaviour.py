"""What the scripts add: exact figures on hover, periods by brush, tiles renewed in place, the keyboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.chart import samples

pytestmark = pytest.mark.browser


def point(page: Page, plot: Locator, x: float, y: float = 0.5) -> tuple[float, float]:
    """The pixel at a share of a plot's plane."""
    plot.scroll_into_view_if_needed()
    box = plot.locator(".plane").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def test_hover_tells_the_exact_figures_of_the_data_table(page: Page) -> None:
    page.goto("/")
    page.mouse.move(*point(page, page.locator("#t-line .plot"), 44 / 89))
    row = samples.daily().rows[44]
    tip = page.locator("#tip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text(f"{row[1]:,}")
    expect(tip).to_contain_text(f"{row[2]:,}")
    expect(page.locator("#t-line .cross")).to_have_count(1)
    page.mouse.move(2, 2)
    expect(tip).to_be_hidden()


def test_hover_finds_the_column_the_row_and_the_dot(page: Page) -> None:
    page.goto("/")
    tip = page.locator("#tip")
    page.mouse.move(*point(page, page.locator("#t-stack .plot"), 0.01))
    expect(tip).to_contain_text("Nov 2025")
    page.locator("#t-bar .rows li").nth(1).hover()
    expect(tip).to_contain_text("90,520")
    plot = page.locator("#t-scatter .plot")
    x, y = (float(part) for part in (plot.get_attribute("data-places") or "").split(" ")[7].split(","))
    page.mouse.move(*point(page, plot, x / 100, y / 100))
    expect(tip).to_contain_text("Store 7")


def test_arrow_keys_read_a_chart(page: Page) -> None:
    page.goto("/")
    page.locator("#t-line .plot").focus()
    page.keyboard.press("End")
    expect(page.locator("#tip")).to_contain_text("Oct 29, 2026 (not over yet)")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tip")).to_contain_text("Oct 28, 2026")
    assert "shift" not in page.url


def test_a_brush_becomes_the_period(page: Page) -> None:
    page.goto("/?period=x")
    plot = page.locator("#t-line .plot")
    page.mouse.move(*point(page, plot, 10 / 89))
    page.mouse.down()
    page.mouse.move(*point(page, plot, 20 / 89), steps=4)
    expect(page.locator("#t-line .brush")).to_have_count(1)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=2026-08-11&to=2026-08-21"))
    assert "period=" not in page.url


def test_a_brush_over_months_ends_with_the_last_day_of_the_last(page: Page) -> None:
    page.goto("/")
    plot = page.locator("#t-stack .plot")
    page.mouse.move(*point(page, plot, 0.3))
    page.mouse.down()
    page.mouse.move(*point(page, plot, 0.36), steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=2026-02-01&to=2026-03-31"))


def test_shift_and_arrows_brush_without_a_mouse(page: Page) -> None:
    page.goto("/")
    page.locator("#t-line .plot").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=2026-08-01&to=2026-08-03"))


def test_a_click_on_a_bar_filters_in_place_and_back_undoes_it(page: Page) -> None:
    page.goto("/")
    page.evaluate("window.same = true")
    page.locator("#t-bar").get_by_role("link", name="E-mail").click()
    expect(page.locator(".chip")).to_contain_text("channel is E-mail")
    assert "channel=E-mail" in page.url
    assert page.evaluate("window.same"), "the page was not loaded anew"
    expect(page.locator("#t-line-how")).to_have_attribute("data-fetch", re.compile("channel=E-mail"))
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    assert "channel" not in page.url


def test_the_focus_stays_where_it_was(page: Page) -> None:
    page.goto("/")
    link = page.locator("#t-bar").get_by_role("link", name="Push")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("#t-bar").get_by_role("link", name="Push")).to_be_focused()


def test_an_older_answer_never_overwrites_a_newer_one(page: Page) -> None:
    page.goto("/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tiles/line?*channel=E-mail*", hold)
    page.locator("#t-bar").get_by_role("link", name="E-mail").click()
    page.wait_for_function("location.search.includes('E-mail')")
    page.locator("#t-bar").get_by_role("link", name="Push").click()
    expect(page.locator("#t-line-how")).to_have_attribute("data-fetch", re.compile("channel=Push"))
    assert len(held) == 1


def test_a_tile_that_cannot_be_loaded_says_so_and_can_be_tried_again(page: Page) -> None:
    page.goto("/")
    page.route("**/tiles/heat*", lambda route: route.fulfill(status=503, body="", headers={"x": "y"}), times=1)
    page.locator("#t-bar").get_by_role("link", name="Push").click()
    expect(page.locator("#t-heat [role=alert]")).to_be_visible()
    page.locator("#t-heat").get_by_role("button", name="Try again").click()
    expect(page.locator("#t-heat table.heat")).to_be_visible()


def test_the_keyboard_does_what_its_help_says(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator(".side input")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("f")
    expect(page.locator("#filters")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("shift=-1"))
    page.keyboard.press("x")
    expect(page).to_have_url(re.compile("compare=no"))
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("/explore"))


def test_escape_clears_the_filters_when_nothing_is_open(page: Page) -> None:
    page.goto("/?channel=Push")
    page.keyboard.press("Escape")
    expect(page.locator(".chip")).to_have_count(0)


def test_in_arabic_the_left_arrow_is_the_next_period(page: Page) -> None:
    page.goto("/?lang=ar")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("shift=1"))


def test_light_and_dark_are_remembered(page: Page) -> None:
    page.goto("/")
    page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 17, 22)"


def test_a_tile_shows_as_a_table_and_copies_its_link(page: Page) -> None:
    page.goto("/")
    page.locator("#t-line button[popovertarget=t-line-menu]").click()
    page.locator("#t-line-menu").get_by_text("Copy link").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("http")
    page.locator("#t-line-menu").get_by_text("Show as table").click()
    expect(page.locator("#t-line .data table")).to_be_visible()


def test_a_popover_opens_beside_its_button(page: Page) -> None:
    page.goto("/")
    button = page.locator("#t-line .icon[popovertarget=t-line-how]")
    button.click()
    there, here = page.locator("#t-line-how").bounding_box(), button.bounding_box()
    assert there is not None
    assert here is not None
    assert abs(there["y"] - (here["y"] + here["height"])) < 12
    assert there["x"] + there["width"] <= 1440


def test_a_list_narrows_while_typing(page: Page) -> None:
    page.goto("/explore")
    page.locator("[data-narrow='#metrics .pick']").fill("welcome")
    expect(page.locator("#metrics a:visible")).to_have_count(1)


def test_a_question_is_saved_from_a_dialog(page: Page) -> None:
    page.goto("/explore")
    page.get_by_role("button", name="Save to a dashboard").click()
    expect(page.locator("#save")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#save")).to_be_hidden()


def test_figures_stay_left_to_right_in_arabic(page: Page) -> None:
    page.goto("/?lang=ar")
    delta = page.locator("#t-active .delta .n")
    assert delta.evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert page.locator("#t-line .plot").evaluate("one => getComputedStyle(one).direction") == "ltr"
    bar = page.locator("#t-bar .rows .bar").first.bounding_box()
    track = page.locator("#t-bar .rows .track").first.bounding_box()
    assert bar is not None
    assert track is not None
    assert bar["x"] + bar["width"] == pytest.approx(track["x"] + track["width"], abs=1)
