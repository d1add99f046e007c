"""Segments in a browser: no barrier, a rule put together in place with its count, saved, and laid over others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from punchcard.opening import bring_in, opened
from punchcard.project import load
from tests.browser.barriers import no_barrier
from tests.served import served
from tests.web.conftest import write_shop
from tests.web.test_segments import SEGMENTS

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = (
    "/segments",
    "/segments/dairy",
    "/segments/overlap",
    "/segments/overlap?s=dairy&s=rich&s=late",
    "/segments/new",
    "/segments/new?add=did&activity=purchase&n=20&span=last&days=60",
    "/segments/new?add=did&activity=purchase&n=few",
    "/segments/new?edit=rich&rule=%7B%22all%22%3A%5B%7B%22segment%22%3A%22dairy%22%7D%2C%7B%22any%22%3A%5B%7B%22segment%22%3A%22late%22%7D%5D%7D%5D%7D",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served shop with segments."""
    folder: Path = write_shop(tmp_path_factory.mktemp("segments"))
    (folder / "segments").mkdir()
    (folder / "segments" / "own.yaml").write_text(SEGMENTS)
    bring_in(load(folder))
    with opened(folder) as programme, served(programme) as address:
        yield address


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_segments_has_a_barrier(browser: Browser, site: str, path: str) -> None:
    no_barrier(browser, site, path, unfolded=True)


def test_a_rule_is_put_together_in_place_saved_and_laid_over_another(page: Page, site: str) -> None:
    page.goto("/segments/new")
    page.evaluate("window.same = true")
    form = page.locator("form.fields").first
    form.get_by_label("Number").fill("25")
    form.get_by_role("button", name="Add").click()
    expect(page.locator(".sentence")).to_have_text("Members who did 'Purchase' at least 25 times.")
    expect(page.locator(".big")).to_have_text("3")
    page.get_by_role("link", name="Turn into the contrary").click()
    expect(page.locator(".big")).to_have_text("0")
    page.get_by_role("link", name="Turn into the contrary").click()
    expect(page.locator(".big")).to_have_text("3")
    assert page.evaluate("window.same"), "the page was not loaded anew"
    page.get_by_label("Title").fill("Faithful")
    page.get_by_role("button", name="Save segment").click()
    page.wait_for_url("**/segments/faithful?done=*")
    expect(page.locator(".big")).to_have_text("3")
    page.goto("/segments/overlap")
    for name in ("Faithful", "Late"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="Show").click()
    part = page.locator(".parts li").first
    count = part.locator(".value").inner_text()
    part.get_by_role("link").click()
    expect(page.locator(".badge")).to_have_text(count)


def test_a_segment_is_changed_undone_and_its_list_is_as_long_as_its_count(page: Page, site: str) -> None:
    page.goto("/segments/late")
    before = page.locator(".big").inner_text()
    page.keyboard.press("e")
    page.wait_for_url("**/segments/new?*edit=late*")
    page.locator("summary", has_text="Did something so often").click()
    form = page.locator("details[open] form.fields")
    form.get_by_label("Number").fill("500")
    form.get_by_role("button", name="Add").click()
    expect(page.locator(".big")).to_have_text("0")
    page.get_by_role("button", name="Save the change").click()
    expect(page.locator(".done")).to_contain_text("Late was changed.")
    expect(page.locator(".big")).to_have_text("0")
    page.keyboard.press("z")
    expect(page.locator(".done")).to_contain_text("Undone")
    expect(page.locator(".big")).to_have_text(before)
    page.get_by_role("link", name="Members", exact=True).last.click()
    expect(page.locator(".badge")).to_have_text(before)


def test_a_file_of_members_becomes_a_condition_and_tells_of_unknown_numbers(page: Page, site: str) -> None:
    page.goto("/segments/new")
    page.locator("summary", has_text="Is on a list").click()
    page.get_by_label("A CSV file").set_input_files(
        files=[{"name": "vips.csv", "mimeType": "text/csv", "buffer": b"card\nnobody\nnobody\n"}]
    )
    page.get_by_role("button", name="Read the list").click()
    expect(page.locator(".big")).to_have_text("0")
    expect(page.locator("#build")).to_contain_text("2 rows · 0 known members · 1 unknown number · 1 repeated")


def test_a_segment_is_deleted_by_its_dialog_and_comes_back(page: Page, site: str) -> None:
    page.goto("/segments/rich")
    page.get_by_role("button", name="Delete").click()
    page.locator("dialog[open]").get_by_role("button", name="Delete").click()
    expect(page.locator(".done")).to_contain_text("Rich was deleted.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".done")).to_contain_text("Undone")
    expect(page.locator("#segments")).to_contain_text("Rich")
