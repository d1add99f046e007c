"""What a dashboard may weigh and how it arrives: 40 KB cold, the frame first, no tile waiting for a slow one."""

import gzip
import re
import time

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.web import dashboards, pages, view
from punchcard.web.site import Visit
from punchcard.web.tiles import Spot

Web = TestClient[ASGIApp]
KB = 1000


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 5))


def test_script_style_and_a_page_of_twelve_tiles_stay_within_their_budgets(web: Web) -> None:
    script = sum(packed(path.read_bytes()) for path in pages.STATIC.glob("*.js"))
    style = sum(packed(path.read_bytes()) for path in pages.STATIC.glob("*.css"))
    page = web.get("/d/programme_pulse?period=2026-Q1").content
    assert page.count(b"<article") >= 12
    assert script <= 12 * KB
    assert style <= 8 * KB
    assert script + style + packed(page) <= 40 * KB
    assert len(re.findall(rb"<[a-z]", page)) <= 2500, "nodes"


def test_a_slow_tile_holds_up_neither_the_frame_nor_the_others(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = dashboards.tile

    def slow(visit: Visit, spot: Spot) -> view.Tile:
        if spot.id == "0":
            time.sleep(0.5)
        return drawn(visit, spot)

    monkeypatch.setattr(dashboards, "tile", slow)
    page = web.get("/d/pulse").text
    order = re.findall(r'<article [^>]*id="t-(\d)"', page)
    assert order[-1] == "0"
    assert sorted(order) == ["0", "1", "2", "3"]
    assert page.index('name="t-0"') < page.index("<article"), "its place is held from the start"
