"""No barrier: what axe finds on a page in English and light and in Arabic and dark, and pages wider than a screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.test_pages import RULES

OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


def no_barrier(browser: Browser, site: str, path: str, *, unfolded: bool = False) -> None:
    """Fails where axe finds anything on a page or the page is too wide; `unfolded` opens everything on it first."""
    for language, dark in (("en", False), ("ar", True)):
        context = browser.new_context(color_scheme="dark" if dark else "light", base_url=site)
        context.add_cookies([{"name": "lang", "value": language, "url": site}])
        page = context.new_page()
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if unfolded:
            page.evaluate(OPEN_ALL)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path} {language}\n{found.generate_report()}"
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        context.close()
