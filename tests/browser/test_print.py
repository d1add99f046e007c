"""Reports on paper: the brand's and the company's fit on one A4 page, in light colours and without controls."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from punchcard.opening import bring_in, opened
from punchcard.project import load
from punchcard.simulate.profile import PROFILES
from punchcard.simulate.programme import Order, simulate
from punchcard.viewer import Viewer
from tests.served import served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[None, "3"], ids=["operator", "brand 3"])
def report(request: pytest.FixtureRequest, market: Path) -> Iterator[str]:
    """The address of a report, as the operator or a brand sees it."""
    viewer = Viewer() if request.param is None else Viewer(request.param, frozenset({request.param}))
    page = "company_health" if request.param is None else "brand_report"
    with opened(market) as programme, served(programme, viewer) as address:
        yield f"{address}/d/{page}"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market of creators, made and imported."""
    folder = tmp_path_factory.mktemp("market") / "creators"
    simulate(folder, Order(PROFILES["creators"], 1_000, 1))
    bring_in(load(folder))
    return folder


def test_a_report_is_one_page_of_paper(browser: Browser, report: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page.goto(report)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1
    page.emulate_media(media="print")
    assert page.locator(".printed").is_visible()
    assert not page.locator("header.side").is_visible()
    page.close()
