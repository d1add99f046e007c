"""Every page: no barriers, no overflow, nothing outside the budgets, and readable without any script."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from punchcard.web import pages
from punchcard.web.pages import STATIC
from tests.browser.sample_pages import Site
from tests.chart.samples import CHARTS

pytestmark = pytest.mark.browser

PAGES = ("/", "/home", "/explore", "/catalogue", "/metric", "/table", "/column", "/data", "/message")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_barrier(browser: Browser, site: str, path: str, theme: str) -> None:
    tag = "ar" if theme == "dark" else "en"
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light", base_url=site)
    page = context.new_page()
    page.goto(f"{path}?lang={tag}&channel=E-mail")
    found = Axe().run(page, options=RULES)
    context.close()
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.slow
def test_what_opens_has_no_barrier_either(page: Page) -> None:
    page.goto("/")
    page.locator("#t-line .icon[popovertarget=t-line-how]").click()
    page.locator("#t-line-how summary").click()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    page.locator("button[popovertarget=filters]").click()
    page.locator("#filters summary").click()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_its_screen(page: Page, path: str) -> None:
    for tag in ("en", "ar"):
        page.goto(f"{path}?lang={tag}")
        for width in (390, 768, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_all_can_be_read_without_any_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 1000}, base_url=site)
    page = context.new_page()
    page.goto("/?late=active")
    first, second = page.locator("#t-active").bounding_box(), page.locator("#t-revenue").bounding_box()
    assert first is not None
    assert second is not None
    assert (first["y"], first["x"] < second["x"]) == (second["y"], True), "a late tile still lands in its place"
    page.locator("#t-line .icon[popovertarget=t-line-how]").click()
    assert page.locator("#t-line-how").is_visible()
    page.locator("button[popovertarget=period]").click()
    page.get_by_role("link", name="Last 30 days").click()
    assert "period=Last" in page.url
    context.close()


def test_the_frame_comes_before_the_slowest_tile(page: Page) -> None:
    page.goto("/?late=line", wait_until="commit")
    page.wait_for_function("document.querySelector('#t-active .big') && !document.querySelector('#t-line')")
    page.wait_for_selector("#t-line .plot", timeout=6000)


def test_style_and_scripts_keep_their_budgets() -> None:
    def zipped(pattern: str) -> int:
        return sum(len(gzip.compress(path.read_bytes(), 9)) for path in STATIC.glob(pattern))

    assert zipped("*.css") <= 8 * 1024
    assert zipped("*.js") <= 12 * 1024


def test_a_dashboard_of_twelve_tiles_keeps_its_budget() -> None:
    site = Site("en", "auto", "/")
    ids = list(CHARTS)[:12]
    opening, closing = pages.around(site.dashboard())
    page = opening + "".join(pages.tile(site.tile(id_), site.language) for id_ in ids) + closing
    assert len(gzip.compress(page.encode(), 6)) <= 20 * 1024
    assert page.count("<") - page.count("</") <= 3200, "nodes"
