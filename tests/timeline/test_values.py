"""Formulas, distributions and compositions with figures worked out by hand, and what is refused."""

from datetime import date

import msgspec
import pytest

from punchcard.errors import QueryError
from punchcard.timeline.asked.formula import ActivityFormula, Counted
from punchcard.timeline.asked.paths import Paths
from punchcard.timeline.asked.segmentation import Segmentation
from punchcard.timeline.asked.values import Composition, PropertyDistribution
from punchcard.timeline.formula import formula
from punchcard.timeline.paths import paths
from punchcard.timeline.pick import Pick
from punchcard.timeline.segmentation import segmentation
from punchcard.timeline.values import composition, property_distribution
from tests.timeline.events import period, timeline

LINES = [
    "U1 open 2025-11-01", "U1 open 2025-11-02", "U1 buy 2025-11-02 net=10 shop=north",
    "U1 buy 2025-11-03 net=30 shop=south",
    "U2 open 2025-11-01", "U2 buy 2025-11-01 net=20 shop=north", "U2 buy 2025-11-01T12:00 net=0.5",
    "U3 open 2025-11-03", "U3 return 2025-11-03 net=-5 shop=north",
    "U4 open 2025-11-05",
]  # fmt: skip
SEEN = timeline(LINES, ["shop"], ["net"])
DAYS = period("2025-11-01", "2025-11-05")
BUY = Pick("buy")


def made(text: str, *figures: Counted, **settings: object) -> ActivityFormula:
    return ActivityFormula(formula=text, figures=figures, **settings)  # pyright: ignore


def test_a_rate_has_no_value_where_nobody_could_convert():
    answer = formula(SEEN, made("A / B", Counted(activity="buy"), Counted(activity="open")), DAYS)
    assert [answer.value("", n) for n in range(4)] == [0.5, 1.0, 1.0, None]
    assert answer.value("", None) == pytest.approx(2 / 3)  # two of three, not the sum of the days
    assert [note.kind for note in answer.result().notes] == ["no_value"]


def test_figures_have_names_measures_and_groups_of_their_own():
    asked = made(
        "sold - back * 2",
        Counted(name="sold", activity="buy", measure="sum", of="net"),
        Counted(name="back", activity="return", measure="times"),
        breakdown="shop",
    )
    answer = formula(SEEN, asked, DAYS)
    assert answer.labels == ("north", "south", "(none)")
    assert [answer.value(label, None) for label in answer.labels] == [28.0, 30.0, 0.5]


def test_rolling_and_cumulative_figures_count_members():
    opened, bought = Counted(activity="open"), Counted(activity="buy")
    cumulative = formula(SEEN, made("B / A", opened, bought, cumulative=True), DAYS)
    assert [cumulative.value("", n) for n in range(4)] == [0.5, 1.0, pytest.approx(2 / 3), pytest.approx(2 / 3)]
    rolling = formula(SEEN, made("B / A", opened, bought, rolling=2), DAYS)
    assert [rolling.value("", n) for n in range(4)] == [0.5, 1.0, 0.5, 1.0]


def test_another_period_lies_beside_bucket_by_bucket():
    asked = Segmentation(activity=BUY, measure="times", grain="day")
    now = segmentation(SEEN, asked, period("2025-11-03", "2025-11-05"))
    before = segmentation(SEEN, asked, period("2025-11-01", "2025-11-03"))
    assert [row[:3] for row in now.result(before).rows] == [
        (date(2025, 11, 3), 1, 2),
        (date(2025, 11, 4), 0, 1),
        (None, 1, 3),
    ]


@pytest.mark.parametrize("measure", ["sum", "mean", "min", "median", "max"])
def test_a_property_that_nothing_counted_gives_is_told(measure: str):
    asked = Segmentation(activity=Pick("open"), measure=measure, of="net")  # pyright: ignore
    answer = segmentation(SEEN, asked, DAYS)
    assert answer.figure("", None) == (0 if measure == "sum" else None)
    (note,) = answer.result().notes
    assert note.kind == "no_values"
    assert "'net' is given nowhere for 'open' in the period" in note.text
    own = segmentation(SEEN, Segmentation(activity=BUY, measure=measure, of="net"), DAYS)  # pyright: ignore
    assert not own.result().notes
    nobody = segmentation(SEEN, asked, period("2025-12-01", "2025-12-03"))
    assert not nobody.result().notes
    both = formula(
        SEEN, made("A + B", Counted(activity="buy"), Counted(activity="open", measure="sum", of="net")), DAYS
    )
    assert [(one.kind, one.text[:2]) for one in both.result().notes] == [("no_values", "B:")]


@pytest.mark.parametrize(
    ("measure", "figures"), [("min", [0.5, 10, 30]), ("median", [10.25, 10, 30]), ("max", [20, 10, 30])]
)
def test_least_middle_and_greatest_value(measure: str, figures: list[float]):
    asked = Segmentation(activity=BUY, measure=measure, of="net", grain="day")  # pyright: ignore
    answer = segmentation(SEEN, asked, DAYS)
    assert [answer.figure("", n) for n in range(4)] == [*figures, None]
    assert answer.figure("", None) == {"min": 0.5, "median": 15, "max": 30}[measure]


def test_a_distribution_of_values_and_of_sums_by_member():
    one = property_distribution(SEEN, PropertyDistribution(activity=BUY, of="net", bins=3), DAYS)
    # The last bin holds what lies above it, too.
    assert [row[:4] for row in one.result().rows] == [(0.0, 10.0, 1, 1), (10.0, 20.0, 1, 1), (20.0, None, 2, 2)]
    assert one.result().notes[0].text == (
        "4 in all · minimum 0.50 · quarter 7.62 · median 15 · three quarters 22.50 · maximum 30 · mean 15.12"
    )
    summed = property_distribution(SEEN, PropertyDistribution(activity=BUY, of="net", per="member"), DAYS)
    assert dict(zip(summed.member.tolist(), summed.value.tolist(), strict=True)) == {1: 40, 2: 20.5}
    nothing = property_distribution(SEEN, PropertyDistribution(activity=Pick("open"), of="net"), DAYS)
    assert nothing.result().rows == ()
    assert nothing.result().notes[0].text == "'net' is given nowhere in the period."


def test_members_are_counted_once_under_their_last_value():
    answer = composition(SEEN, Composition(activity=BUY, by="shop", grain="day"), DAYS)
    rows = {(row[0], row[1]): row[2:4] for row in answer.result().rows}
    # The second purchase of member 2 tells no shop: the one before it does.
    assert rows["north", date(2025, 11, 1)] == (1.0, 1)
    assert rows["north", None] == (0.5, 1)
    assert rows["south", None] == (0.5, 1)
    assert answer.members(answer.labels.index("south"), None).tolist() == [1]


def test_the_smaller_values_together_are_one_part():
    lines = [f"U{n} buy 2025-11-01 shop={shop}" for n, shop in enumerate("aaabbcde")]
    answer = composition(timeline(lines, ["shop"]), Composition(activity=BUY, by="shop", top=2), DAYS)
    assert [(row[0], row[3], row[5]) for row in answer.result().rows if row[1] is None] == [
        ("a", 3, False),
        ("b", 2, False),
        ("Other", 3, True),
    ]


def test_a_part_below_nothing_leaves_no_shares():
    asked = Composition(activity=Pick(("buy", "return")), by="shop", measure="sum", of="net", grain="day")
    result = composition(SEEN, asked, DAYS).result()
    shares = {(row[0], row[1]): row[2] for row in result.rows}
    assert shares["north", date(2025, 11, 2)] == 1
    assert shares["north", date(2025, 11, 3)] is None
    assert [note.kind for note in result.notes] == ["negative"]


def test_what_cannot_be_counted_says_so():
    with pytest.raises(QueryError, match=r"no property 'nett'; did you mean 'net'\?"):
        property_distribution(SEEN, PropertyDistribution(of="nett"), DAYS)
    with pytest.raises(QueryError, match="'shop' holds text"):
        property_distribution(SEEN, PropertyDistribution(of="shop"), DAYS)
    with pytest.raises(QueryError, match="'net' holds numbers; parts are the values of a property of text"):
        composition(SEEN, Composition(by="net"), DAYS)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("A / C", "has no figure 'C'"),
        ("conversions / B", "has no figure 'conversions'"),
        ("A +", "cannot read the formula"),
        ("sum(A)", "adds, takes off, multiplies and divides"),
        ("A > B", "adds, takes off, multiplies and divides"),
        ("'x' + A", "adds, takes off, multiplies and divides"),
        ("1 + 1", "is of no figure; it may use A, B"),
    ],
)
def test_a_formula_says_what_it_cannot_do(text: str, wrong: str):
    written = {"kind": "activity_formula", "formula": text, "figures": [{"activity": "buy"}, {}]}
    with pytest.raises(msgspec.ValidationError, match=wrong):
        msgspec.convert(written, ActivityFormula)


def test_two_figures_of_one_name_are_refused():
    written = {"formula": "x", "figures": [{"as": "x"}, {"as": "x"}], "kind": "activity_formula"}
    with pytest.raises(msgspec.ValidationError, match="two figures are called 'x'"):
        msgspec.convert(written, ActivityFormula)
    rolled = {"formula": "A", "figures": [{"measure": "times"}], "rolling": 3, "kind": "activity_formula"}
    with pytest.raises(msgspec.ValidationError, match="rolling and cumulative count members"):
        msgspec.convert(rolled, ActivityFormula)


def test_a_node_counts_who_was_there_once_and_who_went_no_further():
    """Moves would count U1, who went two ways in two sessions, twice, and U3, who went nowhere, not at all."""
    seen = timeline(
        [
            "U1 open 2025-11-01T10:00", "U1 buy 2025-11-01T10:05",
            "U1 open 2025-11-02T10:00", "U1 read 2025-11-02T10:05",
            "U2 open 2025-11-01T10:00", "U2 buy 2025-11-01T10:05",
            "U3 open 2025-11-01T10:00",
        ]
    )  # fmt: skip
    by_member = paths(seen, Paths(count="members"), DAYS)
    assert by_member.places() == {(1, "open"): 3, (2, "buy"): 2, (2, "read"): 1}
    assert all(len(by_member.there(*place)) == count for place, count in by_member.places().items())
    by_session = paths(seen, Paths(), DAYS)
    assert by_session.places() == {(1, "open"): 4, (2, "buy"): 2, (2, "read"): 1}
