"""Questions that cannot be answered say what is wrong, where, and what to do."""

from datetime import UTC, datetime

import msgspec
import pytest

from punchcard.errors import QueryError
from punchcard.timeline.cohort import Cohorts, NotOf, Same
from punchcard.timeline.funnel import funnel
from punchcard.timeline.paths import Paths, paths
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.segmentation import Segmentation, segmentation
from punchcard.timeline.steps import Breakdown, Funnel, Step
from tests.timeline.events import period, timeline

SEEN = timeline(["U1 open 0 page=home", "U1 buy 5 net=2"], ["page"], ["net"])
HOUR = period("0", "60")


def test_an_unknown_property_is_refused_with_a_suggestion():
    with pytest.raises(QueryError, match=r"there is no property 'pages'; did you mean 'page'\?"):
        segmentation(SEEN, Segmentation(activity=Pick("open", (Condition("pages", "is", ("home",)),))), HOUR)


def test_a_sum_of_words_is_refused():
    with pytest.raises(QueryError, match="'page' holds text and cannot be added up"):
        segmentation(SEEN, Segmentation(activity=Pick("open"), measure="sum", of="page"), HOUR)


def test_a_comparison_of_words_by_size_is_refused():
    with pytest.raises(QueryError, match="needs a number"):
        segmentation(SEEN, Segmentation(activity=Pick("open", (Condition("page", "at_least", (3,)),))), HOUR)


def test_a_breakdown_by_numbers_is_refused():
    with pytest.raises(QueryError, match="'net' holds numbers"):
        funnel(SEEN, Funnel(steps=(Step("open"), Step("buy")), breakdown=Breakdown("net")), HOUR)


def test_a_path_from_an_unknown_node_is_refused():
    with pytest.raises(QueryError, match="did you mean 'open'"):
        paths(SEEN, Paths(start="opne"), HOUR)


def test_a_cohort_defined_by_itself_is_refused():
    cohorts = Cohorts(SEEN, datetime(2025, 12, 1, tzinfo=UTC), {"good": NotOf(Same("bad")), "bad": Same("good")})
    with pytest.raises(QueryError, match="'good' is defined by itself: good -> bad -> good"):
        cohorts.members(Same("good"))


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ({"steps": []}, "length >= 1"),
        ({"steps": [{"activity": "a"}], "window": {"n": 400, "unit": "day"}}, "longer than 366 days"),
        ({"steps": [{"activity": "a"}], "window": {"n": 0}}, ">= 1"),
        ({"steps": [{"activity": "a"}], "order": "sorted"}, "Invalid enum value 'sorted'"),
        ({"steps": [{"activity": "a"}], "colour": 1}, "unknown field `colour`"),
        ({"steps": [{"activity": "a", "optional": True}, {"activity": "b"}]}, "cannot be optional"),
        (
            {"steps": [{"activity": "a"}], "exclusions": [{"activity": "x", "after_step": 1, "before_step": 2}]},
            "of 1",
        ),
    ],
)
def test_a_nonsense_funnel_says_what_is_wrong(written: dict[str, object], wrong: str):
    with pytest.raises(msgspec.ValidationError, match=wrong):
        msgspec.convert({"kind": "funnel", **written}, Funnel)
