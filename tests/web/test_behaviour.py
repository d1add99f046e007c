"""Explore for behaviour: activities, steps, conditions and settings by clicks and plain forms; the address is all."""

import html
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.web.behaviour_choices import BEGINNINGS

Web = TestClient[ASGIApp]
START = "/explore/behaviour?kind=funnel&period=2026-Q1"
TWICE = {"kind": "funnel", "steps": [{"activity": "purchase"}, {"activity": "purchase"}]}


def question(address: str) -> dict[str, object]:
    return json.loads(parse_qs(urlsplit(html.unescape(address)).query)["ask"][0])


def address(ask: object, **more: str) -> str:
    return "/explore/behaviour?" + urlencode({"period": "2026-Q1", "ask": json.dumps(ask), **more})


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_every_kind_begins_with_an_answer(web: Web, kind: str) -> None:
    page = web.get(f"/explore/behaviour?kind={kind}&period=2026-Q1")
    assert page.status_code == 200
    assert "is-failed" not in page.text
    assert 'action="/saved/tile"' in page.text


def test_steps_are_added_moved_and_taken_out(web: Web) -> None:
    page = web.get(START).text
    added = re.search(r'id="additions".*?<a href="([^"]+)"', page, re.S)
    assert added is not None
    assert len(question(added[1])["steps"]) == len(TWICE["steps"]) + 1  # type: ignore[arg-type]
    both = web.get(address(TWICE)).text
    removed = re.search(r'<a href="([^"]+)" aria-label="Remove Step 2"', both)
    assert removed is not None
    assert question(removed[1])["steps"] == [{"activity": "purchase", "optional": False}]
    assert 'aria-label="Move Step 2 earlier"' in both
    assert "Purchase (2)" in both


def test_a_form_adds_a_condition_and_a_window_without_script(web: Web) -> None:
    page = web.get(address(TWICE, at="1", property="value", operator="at_least", value="20", n="30", unit="day")).text
    changed = re.search(r'name="ask" value="([^"]+)"', page)
    assert changed is not None
    asked = json.loads(html.unescape(changed[1]))
    assert asked["window"] == {"n": 30, "unit": "day"}
    where = [{"property": "value", "operator": "at_least", "values": ["20"]}]
    assert asked["steps"][1]["where"] == where
    assert "is-failed" not in page


def test_a_step_leads_to_its_members(web: Web) -> None:
    page = web.get(address(TWICE)).text
    link = re.search(r'href="(/members\?[^"]*at\.step=Purchase)"', page)
    assert link is not None
    assert "Download CSV" in web.get(html.unescape(link[1])).text


def panel(page: str) -> list[str]:
    """The addresses that the question's panel leads to."""
    part = page.split('<div class="two explore">')[1].split('class="asked"', maxsplit=1)[0]
    return [html.unescape(one) for one in dict.fromkeys(re.findall(r'href="(/explore/behaviour\?[^"]+)"', part))]


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_whatever_is_clicked_gives_an_answer(web: Web, kind: str) -> None:
    links = panel(web.get(f"/explore/behaviour?kind={kind}&period=2026-Q1").text)
    assert links
    for link in links:
        reply = web.get(link.replace("behaviour?", "behaviour/part?"))
        assert reply.status_code == 200, link
        assert "is-failed" not in reply.text, link


def test_a_funnel_is_seen_over_time_and_as_the_time_it_takes(web: Web) -> None:
    links = panel(web.get(address(TWICE)).text)
    kinds = {str(question(link)["kind"]): link for link in links}
    assert set(kinds) == {"funnel", "funnel_trend", "funnel_time"}
    for kind in ("funnel_trend", "funnel_time"):
        page = web.get(kinds[kind]).text
        assert "is-failed" not in page
        assert 'aria-current="true"' in page
        assert any(question(link)["kind"] == "funnel" for link in panel(page))


def test_what_must_not_happen_is_added_by_a_form_and_taken_out_by_a_click(web: Web) -> None:
    page = web.get(address(TWICE, exclude="purchase", after="1", before="2")).text
    assert "Purchase between 1 and 2" in page
    removed = re.search(r'<a href="([^"]+)" aria-label="Remove the condition: Purchase between 1 and 2"', page)
    assert removed is not None
    assert not question(removed[1]).get("exclusions")
    assert "an exclusion after step 2 and before step 2" in html.unescape(
        web.get(address(TWICE, exclude="purchase", after="2", before="2")).text
    )


def test_a_step_in_the_middle_may_be_left_out(web: Web) -> None:
    steps = {"kind": "funnel", "steps": [{"activity": "purchase"}, {}, {"activity": "purchase"}]}
    link = next(
        link
        for link in panel(web.get(address(steps)).text)
        if question(link)["steps"][1].get("optional")  # type: ignore[index]
    )
    page = web.get(link).text
    assert "☑ May be left out" in page
    assert "may be left out" in page.split('class="asked"')[1]


def test_numbers_are_typed_and_brackets_too(web: Web) -> None:
    spans = {"kind": "retention", "grain": "week", "mode": "brackets", "brackets": [[1, 1]]}
    page = web.get(address(spans, **{"n.brackets": "1, 2-3"})).text
    changed = re.search(r'name="ask" value="([^"]+)"', page)
    assert changed is not None
    assert json.loads(html.unescape(changed[1]))["brackets"] == [[1, 1], [2, 3]]
    value = {"kind": "lifetime_value", "value": "value", "grain": "month"}
    assert "Payback is the first month" in web.get(address(value, **{"n.cost_per_member": "12.5"})).text
    assert "'much' is no number" in html.unescape(web.get(address(value, **{"n.cost_per_member": "much"})).text)


def test_activities_say_how_often_they_happened_in_the_period(web: Web) -> None:
    assert "31 in the period" in web.get("/explore/behaviour?kind=frequency&period=2026-03").text
    assert "28 in the period" in web.get("/explore/behaviour?kind=frequency&period=2026-02").text


def test_nonsense_is_told(web: Web) -> None:
    assert "did you mean" in web.get("/explore/behaviour?kind=funel").text
    assert "is longer than 366 days" in web.get(address(TWICE, n="999", unit="day")).text


PER_MEMBER = {
    "kind": "activity_formula",
    "formula": "A / B",
    "figures": [
        {"as": "A", "activity": "purchase", "measure": "times"},
        {"as": "B", "activity": "purchase", "measure": "members"},
    ],
    "grain": "month",
}


def test_a_formula_gets_series_and_loses_those_that_it_does_not_use(web: Web) -> None:
    page = web.get(address(PER_MEMBER)).text
    assert "Series A" in page
    assert 'aria-label="Remove Series A"' not in page
    added = re.search(r'id="additions".*?<a href="([^"]+)"', page, re.S)
    assert added is not None
    three = web.get(html.unescape(added[1])).text
    removed = re.search(r'<a href="([^"]+)" aria-label="Remove Series C"', three)
    assert removed is not None
    assert [one["as"] for one in question(removed[1])["figures"]] == ["A", "B"]  # type: ignore[attr-defined]
    asked = question(added[1]) | {"formula": "B / C"}
    without_a = re.search(r'<a href="([^"]+)" aria-label="Remove Series A"', web.get(address(asked)).text)
    assert without_a is not None
    left = question(without_a[1])["figures"]
    assert [one["as"] for one in left] == ["B", "C"]  # type: ignore[attr-defined]
    assert "is-failed" not in web.get(html.unescape(without_a[1])).text


def test_a_formula_is_typed_and_what_is_wrong_with_it_stands_beside_it(web: Web) -> None:
    page = web.get(address(PER_MEMBER, **{"n.formula": "B / A"})).text
    kept = re.search(r'name="ask" value="([^"]+)"', page)
    assert kept is not None
    assert json.loads(html.unescape(kept[1]))["formula"] == "B / A"
    wrong = web.get(address(PER_MEMBER, **{"n.formula": "A / D"}))
    assert wrong.status_code == 200
    text = html.unescape(wrong.text)
    assert "has no figure 'D'; it may use A, B" in text
    assert 'value="A / D"' in text
    assert 'aria-invalid="true"' in text
    kept = re.search(r'name="ask" value="([^"]+)"', wrong.text)
    assert kept is not None
    assert json.loads(html.unescape(kept[1]))["formula"] == "A / B"
    assert "aria-invalid" not in page


@pytest.mark.parametrize("typed", ["", "A /", "A / (B", "lower(A)", "1 + 1"])
def test_no_formula_breaks_the_page(web: Web, typed: str) -> None:
    reply = web.get(address(PER_MEMBER, **{"n.formula": typed}))
    assert reply.status_code == 200
    assert 'aria-invalid="true"' in reply.text


def test_a_series_counts_what_is_clicked(web: Web) -> None:
    links = panel(web.get(address(PER_MEMBER)).text)
    asked = [question(link) for link in links]
    added = next(one for one in asked if one["figures"][0].get("measure") == "sum")  # type: ignore[index]
    assert added["figures"][0]["of"]  # type: ignore[index]
    page = web.get(address(added)).text
    assert "is-failed" not in page
    assert any("of" not in question(link)["figures"][0] for link in panel(page))  # type: ignore[index]


def test_a_formula_has_nobody_to_list(web: Web) -> None:
    assert "/members?" not in web.get(address(PER_MEMBER)).text.split('class="asked"')[1]


@pytest.mark.parametrize(
    ("ask", "figures"),
    [(PER_MEMBER, [10.33, 9.33]), ({"kind": "segmentation", "grain": "month", "measure": "times"}, [31, 28])],
)
def test_what_is_counted_over_time_is_set_beside_another_period(
    web: Web, ask: dict[str, object], figures: list[float]
) -> None:
    page = web.get(address(ask)).text
    assert "compare=previous_period" in page
    both = web.get(address(ask, compare="previous_period")).text
    assert "is-failed" not in both
    assert "without the comparison" not in both
    march = address(ask, compare="previous_period").replace("2026-Q1", "2026-03")
    first = web.get(march.replace("behaviour?", "behaviour/tile/csv?")).text.splitlines()[1].split(",")
    assert [round(float(figure), 2) for figure in first[1:3]] == figures
    divided = address({**ask, "breakdown": "brand"}, compare="previous_period")
    assert "is-failed" not in web.get(divided).text
    assert "compare=previous_period" not in web.get(address(TWICE)).text


def test_groups_are_compared_with_the_one_that_is_clicked(web: Web) -> None:
    divided = {**TWICE, "breakdown": {"property": "brand"}}
    links = panel(web.get(address(divided)).text)
    chosen = [link for link in links if question(link).get("against")]
    assert chosen
    page = web.get(chosen[0]).text
    assert "is-failed" not in page
    assert any(not question(link).get("against") and "breakdown" in question(link) for link in panel(page))
    away = [question(link) for link in panel(page) if "breakdown" not in question(link)]
    assert away
    assert not any(one.get("against") for one in away)


def test_groups_of_retention_are_compared_after_a_first_time(web: Web) -> None:
    table = {"kind": "retention", "grain": "month", "breakdown": "brand"}
    assert "groups are compared where each member is in one cohort" in web.get(address(table)).text
    links = panel(web.get(address({**table, "cohort": "first_time"})).text)
    chosen = [link for link in links if question(link).get("against")]
    assert chosen
    assert "is-failed" not in web.get(chosen[0]).text
