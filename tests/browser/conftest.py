"""A browser and the sample site, for all tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.sample_pages import serve


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, without anything that calls out."""
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-background-networking", "--disable-quic", "--no-first-run"]
        opened = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the sample site."""
    server = serve()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of 1440 pixels that fails the test if a script fails on it."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, base_url=site)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            failures.append(message.text) if message.type == "error" and "status of 503" not in message.text else None
        ),
    )
    yield opened
    context.close()
    assert failures == []
