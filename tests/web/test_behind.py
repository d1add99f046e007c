"""Behind every mark of a chart of behaviour are its members, as many as its figure says."""

import html
import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.analyses.behaviour import Behaviour, as_written
from punchcard.members import behind
from punchcard.programme import Programme
from punchcard.query import decode
from punchcard.viewer import OPERATOR

Web = TestClient[ASGIApp]
TWICE = {"steps": [{"activity": "purchase"}, {"activity": "purchase"}], "window": {"n": 4, "unit": "day"}}
KINDS: tuple[dict[str, object], ...] = (
    {"kind": "funnel", **TWICE},
    {"kind": "funnel", **TWICE, "breakdown": {"property": "channel"}},
    {"kind": "funnel", **TWICE, "order": "any"},
    {"kind": "funnel_trend", "funnel": TWICE, "grain": "week"},
    {"kind": "funnel_time", "funnel": TWICE},
    {"kind": "retention", "grain": "week"},
    {"kind": "retention", "grain": "week", "mode": "streak", "cohort": "first_time", "clock": "rolling"},
    {"kind": "lifecycle", "grain": "week"},
    {"kind": "stickiness", "grain": "week", "cumulative": True},
    {"kind": "paths", "count": "members", "session_gap_minutes": 7200, "collapse": False},
    {"kind": "segmentation", "grain": "week"},
    {"kind": "segmentation", "grain": "week", "rolling": 2},
    {"kind": "frequency"},
    {"kind": "sessions", "grain": "week"},
    {"kind": "retention", "start": {"activity": "purchase"}, "breakdown": "channel", "grain": "week", "intervals": 2},
    {"kind": "composition", "activity": {"activity": "purchase"}, "by": "channel", "grain": "day"},
    {"kind": "composition", "activity": {"activity": "purchase"}, "by": "channel", "measure": "times", "grain": "day"},
    {"kind": "property_distribution", "activity": {"activity": "purchase"}, "of": "value"},
    {"kind": "property_distribution", "activity": {"activity": "purchase"}, "of": "value", "per": "member"},
    {"kind": "impact", "first": {"activity": "purchase"}, "then": {"activity": "purchase"}, "grain": "day"},
)


@pytest.mark.parametrize("ask", KINDS, ids=lambda ask: f"{ask['kind']}-{len(ask)}")
def test_a_list_is_as_long_as_its_figure_says(programme: Programme, ask: dict[str, object]) -> None:
    query = decode({"ask": ask, "period": "2026-Q1"})
    assert isinstance(query.ask, Behaviour)
    result = programme.ask(query).result
    told = query.ask.people()
    assert told is not None
    labels = [column.name for column in result.of_role("label", "time")]
    states = ("new", "current", "resurrected", "dormant") if ask["kind"] == "lifecycle" else ()
    compared = 0
    for row in result.rows:
        at = {name: row[result.index(name)] for name in labels}
        figures = [({**at, "measure": state}, row[result.index(state)]) for state in states]
        for named, count in figures or [(at, row[result.index(told)])]:
            marked = query.ask.marked(named)
            if marked is None or (ask["kind"] != "retention" and None in marked.values()):
                continue
            written = {name: as_written(value) for name, value in marked.items()}
            assert len(behind(programme, query, OPERATOR, written).refs) == count, (named, count)
            compared += 1
    assert compared


def test_every_mark_of_a_chart_leads_to_its_members(web: Web) -> None:
    for ask, marks in (
        ({"kind": "funnel", **TWICE}, r'<li><a[^>]*href="(/members[^"]+)"'),
        ({"kind": "retention", "grain": "month", "intervals": 2}, r'<td[^>]*><a href="(/members[^"]+)"'),
        ({"kind": "lifecycle", "grain": "month"}, r'<a href="(/members[^"]+)"[^>]*><rect'),
        ({"kind": "frequency"}, r'<a href="(/members[^"]+)"[^>]*><rect'),
        ({"kind": "paths", "session_gap_minutes": 7200, "collapse": False}, r'<a href="(/members[^"]+)"[^>]*><path'),
    ):
        page = web.get("/explore/behaviour?" + urlencode({"period": "2026-Q1", "ask": json.dumps(ask)})).text
        found = re.findall(marks, page)
        assert found, ask
        assert "Download CSV" in web.get(html.unescape(found[0])).text


def test_a_step_that_may_be_left_out_loses_nobody(web: Web) -> None:
    steps = [{"activity": "purchase"}, {"activity": "purchase", "optional": True}, {"activity": "purchase"}]
    asked = json.dumps({"kind": "funnel", "steps": steps})
    page = web.get("/explore/behaviour?" + urlencode({"period": "2026-Q1", "ask": asked})).text
    assert "↓" in page
    assert "went no further" not in page


def test_who_went_no_further_in_a_funnel_is_listed(web: Web) -> None:
    twice = {**TWICE, "kind": "funnel"}
    page = web.get("/explore/behaviour?" + urlencode({"period": "2026-Q1", "ask": json.dumps(twice)})).text
    assert "went no further" in page
    link = re.search(r'<small class="n"><a href="([^"]+)"', page)
    assert link is not None
    asked = dict(parse_qsl(urlsplit(html.unescape(link[1])).query))
    assert asked["at.dropped"] == "True"
    assert "at.step" in asked


PATHS = {"kind": "paths", "session_gap_minutes": 7200, "collapse": False}


@pytest.mark.parametrize("top", [1, 50])
def test_a_node_of_a_path_says_how_many_are_listed(programme: Programme, top: int) -> None:
    """Whether all that they did next is drawn or not, and whether one was there in several sessions."""
    query = decode({"ask": {**PATHS, "count": "members", "top": top}, "period": "2026-Q1"})
    result = programme.ask(query).result
    assert result.rows
    assert not [note for note in result.notes if note.kind == "sessions"]
    for position, source, target, _, left, came in (row[:6] for row in result.rows):
        for place, node, count in ((position, source, left), (int(str(position)) + 1, target, came)):
            at = {"position": str(place), "node": str(node)}
            assert len(behind(programme, query, OPERATOR, at).refs) == count, at


def test_paths_of_sessions_say_that_lists_are_of_members(web: Web) -> None:
    page = web.get("/explore/behaviour?" + urlencode({"period": "2026-Q1", "ask": json.dumps(PATHS)})).text
    assert "The figures count sessions; the list behind one gives their members, each once." in page
    assert 'title="Sessions: ' in page
