"""What a CRM marketer opens, on made-up programmes that feed it: no barrier, and no page wider than its screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from punchcard.query import decode, to_url
from tests.browser.barriers import no_barrier
from tests.served import served
from tests.simulate.conftest import Made, made

__all__ = ["made"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AUDIENCE = to_url(decode({"ask": {"kind": "audience", "channel": "email"}, "period": "all"}))
PAGES = {
    "retailer": (
        "/d/campaign_card", "/d/campaign_compare", "/d/experiment_register", "/d/experiment_readout",
        "/d/global_control", "/d/audience_builder", "/d/segment_flow", f"/audience?{AUDIENCE}&draw=autumn",
    ),
    "pharma": ("/d/pharma_segments",),
    "creators": ("/d/brand_report", "/d/company_health"),
}  # fmt: skip


@pytest.mark.parametrize("profile", PAGES)
def test_no_page_of_campaigns_has_a_barrier(browser: Browser, made: Callable[[str], Made], profile: str) -> None:
    with served(made(profile).programme) as site:
        for path in PAGES[profile]:
            no_barrier(browser, site, path)
