"""Bad questions: each is refused with an error that says what is wrong, where and what was meant."""

from typing import Any

import pytest

from punchcard.errors import QueryError
from punchcard.query import decode, from_url
from tests.agree.world import World, instant, opened

Question = dict[str, Any]


def number(*metrics: Any, **frame: Any) -> Question:
    """A question for a number."""
    return {"ask": {"kind": "number", "metrics": list(metrics)}, **frame}


def ranking(by: Any, m: str = "revenue", **more: Any) -> Question:
    """A question for a ranking."""
    return {"ask": {"kind": "ranking", "metrics": [m], "by": by, **more}}


def filtered(*filters: Any, m: str = "revenue") -> Question:
    """A question under filters."""
    return number(m, filters=list(filters))


BAD: list[tuple[Question, str]] = [
    ({}, "lacks the field 'ask'"),
    ({"ask": {}}, "ask: lacks the field 'kind'"),
    ({"ask": {"kind": "numbr", "metrics": ["revenue"]}}, "ask.kind: unknown value 'numbr'; did you mean 'number'?"),
    ({"ask": {"kind": "number"}}, "ask: lacks the field 'metrics'"),
    ({"ask": {"kind": "number", "metrics": []}}, "ask.metrics: expected 'array' of length >= 1"),
    (
        {"ask": {"kind": "number", "metric": "revenue"}},
        "ask: unknown field 'metric'; did you mean 'metrics'?; known are grain, look, metrics, trend",
    ),
    ({"ask": {"kind": "number", "metrics": "revenue"}}, "ask.metrics: expected 'array', got 'str'"),
    ({"ask": {"kind": "number", "metrics": [1]}}, "ask.metrics[0]: expected 'str | object', got 'int'"),
    (number("revenu"), "no metric 'revenu'; did you mean 'revenue'?"),
    (number(""), "no metric ''"),
    (number("revenue", "revenue"), "two figures are called 'revenue'; give one another name with 'as'"),
    (number("reve\u0000nue"), "no metric 'reve\x00nue'; did you mean 'revenue'?"),
    (number("\ud800"), "the question holds half a character (a lone surrogate), which is no text"),
    (number("revenue'; drop table raw.txn; --"), "no metric 'revenue'; drop table raw.txn; --'"),
    (number("données"), "no metric 'données'"),
    (number(*["revenue"] * 30), "ask.metrics: expected 'array' of length <= 24"),
    (
        number({"metric": "revenue", "as": "x"}, {"metric": "trips", "as": "x"}),
        "two figures are called 'x'; give one another name with 'as'",
    ),
    (
        number({"metric": "revenue", "at": "start"}),
        "'revenue' is no state, so it is not read at 'start'; leave 'at' out",
    ),
    (number({"metric": "members", "at": "noon"}), "a state is read at 'start', 'end' or as 'average', not 'noon'"),
    (
        number({"metric": "large_trips", "with": {"leest": 5}}),
        "large_trips has no parameter 'leest'; did you mean 'least'?",
    ),
    (
        number({"metric": "large_trips", "with": {"least": "many"}}),
        "the parameter 'least' should be a number, not 'many': The least that is large.",
    ),
    (
        number({"metric": "large_trips", "with": {"least": "1; drop table x"}}),
        "the parameter 'least' should be a number, not '1; drop table x': The least that is large.",
    ),
    (
        number({"metric": "revenue", "filters": [{"dimension": "channl", "in": ["a"]}]}),
        "no dimension 'channl' in line; did you mean 'channel'?",
    ),
    (
        {"ask": {"kind": "number", "metrics": ["revenue"]}, "periods": "2017"},
        "unknown field 'periods'; did you mean 'period'?; known are ask, compare, filters, known_at, period, reading, with",  # noqa: E501 - the whole message
    ),
    (
        number("revenue", period="2017-13"),
        "'2017-13' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",  # noqa: E501 - the whole message
    ),
    (number("revenue", period="0000"), "the period '0000' lies outside the years 1900 to 2199"),
    (number("revenue", period="9999"), "the period '9999' lies outside the years 1900 to 2199"),
    (number("revenue", period="last_0_days"), "the period holds no day"),
    (number("revenue", period="last_9999_years"), "the period 'last_9999_years' lies outside the years 1900 to 2199"),
    (number("revenue", period="2024-03-10..2024-03-01"), "the period ends (2024-03-02) before it starts (2024-03-10)"),
    (number("revenue", period="yesturday"), "'yesturday' is no date or period; did you mean 'yesterday'?"),
    (
        number("revenue", period=""),
        "'' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",
    ),
    (number("revenue", period="0001-01-01"), "the period '0001-01-01' lies outside the years 1900 to 2199"),
    (
        number("revenue", period="2024-02-30"),
        "'2024-02-30' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",  # noqa: E501 - the whole message
    ),
    (number("revenue", period=2024), "period: expected 'str', got 'int'"),
    (
        number("revenue", period="2024' or '1'='1"),
        "'2024' or '1'='1' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",  # noqa: E501 - the whole message
    ),
    (
        number("revenue", period="2024-01..2024-02"),
        "'2024-01' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",  # noqa: E501 - the whole message
    ),
    (
        number("revenue", period="a..b"),
        "'a' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",
    ),
    (
        number("revenue", period=".."),
        "'' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",
    ),
    (
        number("revenue", compare="previous_yeer"),
        "no comparison 'previous_yeer'; give previous_period, previous_year, 52_weeks_before or a period like 2016",
    ),
    (
        number("revenue", compare="next"),
        "no comparison 'next'; give previous_period, previous_year, 52_weeks_before or a period like 2016",
    ),
    (
        number("revenue", known_at="noon"),
        "'known_at' is no moment: 'noon'; write 2025-11-02T12:00 or 2025-11-02T12:00Z",
    ),
    (
        number("revenue", known_at="0001-01-01T00:00+14:00"),
        "'known_at' is no moment: '0001-01-01T00:00+14:00'; write 2025-11-02T12:00 or 2025-11-02T12:00Z",
    ),
    (number("revenue", reading="then"), "reading: unknown value 'then'; one of at_event, at_start, now"),
    (
        number("revenue", **{"with": {"least": [1]}}),
        "with[...]: expected 'bool | int | float | str | null', got 'array'",
    ),
    (ranking("regin"), "no dimension 'regin' in line"),
    (ranking("store.regon"), "no column 'regon' in store; did you mean 'region'?"),
    (ranking("stor.region"), "line cannot be read by 'stor.region'; did you mean 'store.region'?"),
    (ranking("attribute.agee"), "no attribute 'agee' in the data; did you mean 'attribute.age'?"),
    (ranking("attribute.nothing"), "no attribute 'nothing' in the data; did you mean 'attribute.age'?"),
    (ranking("time.houer"), "no part of time 'houer'; did you mean 'hour'?"),
    (ranking("in.regulrs"), "no segment 'regulrs'; did you mean 'regulars'?"),
    (ranking("in."), "no dimension 'in.' in line"),
    (ranking(""), "no dimension '' in line"),
    (ranking("."), "no dimension '.' in line"),
    (ranking("store."), "no dimension 'store.' in line; did you mean 'store.name'?"),
    (ranking("ts"), "no dimension 'ts' in line"),
    (ranking("member.birth_date"), "no column 'birth_date' in member"),
    (ranking("net"), "no dimension 'net' in line"),
    (ranking("category_l1", m="buyers"), "no dimension 'category_l1' in purchase"),
    (ranking("channel", m="members"), "no dimension 'channel' in membership; did you mean 'store.channel'?"),
    (ranking("attribute.age' or 1=1"), "no attribute 'age' or 1=1' in the data; did you mean 'attribute.age'?"),
    (ranking("store.region; drop"), "no column 'region; drop' in store; did you mean 'region'?"),
    (ranking("channel", top=0), "ask.top: expected 'int' >= 1"),
    (ranking("channel", top=10**9), "ask.top: expected 'int' <= 200"),
    (ranking("channel", top=-1), "ask.top: expected 'int' >= 1"),
    (ranking("channel", top="ten"), "ask.top: expected 'int', got 'str'"),
    (
        ranking("channel", m="buyers", share=True),
        "'buyers' does not add up over channel, so its parts are no shares of a whole",
    ),
    (ranking("channel", sort="colour"), "ask.sort: unknown value 'colour'; one of size, name"),
    (
        ranking({"dimension": "channel", "reading": "never"}),
        "ask.by.reading: unknown value 'never'; one of at_event, at_start, now",
    ),
    (ranking({"dim": "channel"}), "ask.by: unknown field 'dim'; known are dimension, reading"),
    (ranking(None), "ask.by: expected 'str | object', got 'null'"),
    (
        {"ask": {"kind": "trend", "metrics": ["buyers"], "cumulative": True}},
        "'buyers' does not add up over time; leave 'cumulative' out",
    ),
    (
        {"ask": {"kind": "trend", "metrics": ["revenue"], "grain": "minute"}},
        "ask.grain: unknown value 'minute'; one of hour, day, week, month, quarter, year",
    ),
    (
        {"ask": {"kind": "trend", "metrics": ["revenue"], "grain": "hour"}, "period": "2000..2023"},
        "'2000' is no date or period; write 2017-11-13, 2017-11, 2017-Q4, 2017, 2017-01-01..2017-03-31 or last_90_days",
    ),
    (
        {"ask": {"kind": "trend", "metrics": ["revenue"], "grain": "hour"}, "period": "2000-01-01..2023-01-01"},
        "201,648 buckets of one hour are too many; ask for a shorter period or a wider grain",
    ),
    (
        {"ask": {"kind": "trend", "metrics": ["revenue"], "moving_average": 1}},
        "ask.moving_average: expected 'int' >= 2",
    ),
    ({"ask": {"kind": "table", "metrics": ["revenue"], "by": []}}, "ask.by: expected 'array' of length >= 1"),
    (
        {"ask": {"kind": "table", "metrics": ["revenue"], "by": ["channel", "channel"]}},
        "two columns would be called 'channel'; name a dimension once, or a figure with 'as'",
    ),
    (
        {"ask": {"kind": "table", "metrics": ["revenue"], "by": ["channel"], "order": "trips"}},
        "cannot order by 'trips'; one of revenue",
    ),
    (
        {"ask": {"kind": "table", "metrics": ["revenue"], "by": ["channel"], "limit": 10**7}},
        "ask.limit: expected 'int' <= 100000",
    ),
    (
        {"ask": {"kind": "table", "metrics": [{"metric": "revenue", "as": "channel"}], "by": ["channel"]}},
        "two columns would be called 'channel'; name a dimension once, or a figure with 'as'",
    ),
    (
        {"ask": {"kind": "pivot", "metrics": ["revenue"], "rows": ["channel"], "columns": ["channel"]}},
        "a dimension can stand in a pivot only once",
    ),
    (
        {"ask": {"kind": "pivot", "metrics": ["revenue"], "rows": ["channel"], "relative": "row", "margins": False}},
        "shares need the margins they are shares of; leave 'margins' on",
    ),
    ({"ask": {"kind": "pivot", "metrics": ["revenue"], "rows": []}}, "ask.rows: expected 'array' of length >= 1"),
    ({"ask": {"kind": "distribution", "metric": "revenue", "per": "nobody"}}, "no dimension 'nobody' in line"),
    ({"ask": {"kind": "distribution", "metric": "revenue", "bins": 1}}, "ask.bins: expected 'int' >= 2"),
    (
        {"ask": {"kind": "scatter", "x": "revenue", "y": "revenue", "by": "channel"}},
        "two figures are called 'revenue'; give one another name with 'as'",
    ),
    ({"ask": {"kind": "scatter", "x": "revenue", "by": "channel"}}, "ask: lacks the field 'y'"),
    (filtered({}), "a filter needs a dimension or a segment"),
    (filtered({"in": ["a"]}), "a filter needs a dimension or a segment"),
    (
        filtered({"dimension": "channel"}),
        "the filter on 'channel' says no value; give 'in', 'at_least', 'below' or 'contains'",
    ),
    (
        filtered({"dimension": "channel", "in": []}),
        "the filter on 'channel' says no value; give 'in', 'at_least', 'below' or 'contains'",
    ),
    (
        filtered({"dimension": "channel", "segment": "young"}),
        "a filter is on a dimension or a segment; this one names 'channel' and 'young'",
    ),
    (filtered({"segment": "young", "in": ["a"]}), "a filter on the segment 'young' takes no values; leave them out"),
    (filtered({"segment": "yung"}), "no segment 'yung'; did you mean 'young'?"),
    (
        filtered({"dimension": "time.hour", "in": ["noon"]}),
        "'noon' is no integer; 'time.hour' holds values of that type",
    ),
    (filtered({"dimension": "time.hour", "in": [True]}), "'True' is no integer; 'time.hour' holds values of that type"),
    (
        filtered({"dimension": "time.hour", "in": [10**30]}),
        "'1000000000000000000000000000000' is no integer; 'time.hour' holds values of that type",
    ),
    (
        filtered({"dimension": "time.hour", "at_least": 1e300}),
        "'1e+300' is no integer; 'time.hour' holds values of that type",
    ),
    (
        filtered({"dimension": "time.hour", "contains": "1"}),
        "'time.hour' holds integers, so 'contains' finds nothing in it; give 'in' or a range",
    ),
    (filtered({"dimension": "day", "in": ["someday"]}), "'someday' is no date; 'day' holds values of that type"),
    (filtered({"dimension": "day", "at_least": "2024"}), "'2024' is no date; 'day' holds values of that type"),
    (filtered({"dimension": "day", "at_least": 5}), "'5.0' is no date; 'day' holds values of that type"),
    (
        filtered({"dimension": "store_id", "at_least": "s1"}),
        "'store_id' has no order, so it cannot be bounded; give its values with 'in'",
    ),
    (
        filtered({"dimension": "channel", "in": ["\ud83d\ude00", "متجر", "x" * 100000]}),
        "the question holds half a character (a lone surrogate), which is no text",
    ),
    (
        filtered({"dimension": "product.is_private_label", "in": ["maybe"]}),
        "'maybe' is no boolean; 'product.is_private_label' holds values of that type",
    ),
    (
        filtered({"dimension": "product.is_private_label", "at_least": "a"}),
        "'product.is_private_label' has no order, so it cannot be bounded; give its values with 'in'",
    ),
    (filtered({"dimension": "channel", "at_least": 5}), "'5.0' is no text; 'channel' holds values of that type"),
    (
        filtered({"dimension": "channel", "in": ["a"], "contains": "b"}),
        "the filter on 'channel' gives values, a range and a text at once; make a filter of each",
    ),
    (filtered({"dimension": "category_l1", "in": ["a"]}, m="buyers"), "no dimension 'category_l1' in purchase"),
    (
        filtered({"dimension": "channel", "in": ["pos"]}, m="members"),
        "no dimension 'channel' in membership; did you mean 'store.channel'?",
    ),
    (
        filtered({"dimension": "channel", "in": ["a"], "reading": "soon"}),
        "filters[0].reading: unknown value 'soon'; one of at_event, at_start, now",
    ),
    (
        filtered({"dimension": "channel", "in": [["a"]]}),
        "filters[0].in[0]: expected 'bool | int | float | str | null', got 'array'",
    ),
    (filtered({"dimension": "member.birth_date", "in": ["a"]}), "no column 'birth_date' in member"),
    (filtered({"dimension": "in.young", "in": ["x"]}), "'x' is no boolean; 'in.young' holds values of that type"),
    (
        filtered({"dimension": "in.young", "contains": "x"}),
        "'in.young' holds booleans, so 'contains' finds nothing in it; give 'in' or a range",
    ),
]


@pytest.mark.parametrize(("question", "error"), BAD, ids=range(len(BAD)))
def test_a_bad_question_is_refused_with_what_is_wrong_and_what_was_meant(question: Question, error: str) -> None:
    world = World({"member_attribute": [known("age")]})
    programme = opened(world, instant("2024-04-01T00:00"))
    with pytest.raises(QueryError) as refused:
        programme.ask(question)
    assert str(refused.value) == error


def known(attribute: str) -> dict[str, Any]:
    """An attribute of a member, so that the data has one of that name."""
    since = instant("2024-01-01T00:00")
    return {"member_id": 1, "brand_id": None, "attribute": attribute, "value": "18-39", "valid_from": since}


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ("", "the question is no JSON: Input data was truncated"),
        ("{", "the question is no JSON: Input data was truncated"),
        ("[]", "expected 'object', got 'array'"),
        ("null", "expected 'object', got 'null'"),
        ('{"ask": 1e999}', "the question is no JSON: Number out of range"),
        (b"\xff\xfe", "the question is no JSON: JSON is malformed: invalid character (byte 0)"),
    ],
)
def test_what_is_no_question_is_refused(raw: str | bytes, error: str) -> None:
    with pytest.raises(QueryError) as refused:
        decode(raw)
    assert str(refused.value) == error


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("ask=%7B", "'ask' in the address is no JSON: Input data was truncated"),
        ("f=1&ask={}", "filters[0]: expected 'object', got 'int'"),
        ("period=2017", "lacks the field 'ask'"),
        ("ask=1", "ask: expected 'object', got 'int'"),
    ],
)
def test_an_address_that_is_no_question_is_refused(address: str, error: str) -> None:
    with pytest.raises(QueryError) as refused:
        from_url(address)
    assert str(refused.value) == error


@pytest.mark.parametrize(
    "text", ["'; drop table raw.txn; --", "1 or 1=1", "\u0000", "\U0001f600 \u0645\u062a\u062c\u0631", "x" * 100_000]
)
def test_a_text_of_any_kind_is_only_ever_a_value(text: str) -> None:
    programme = opened(World(), instant("2024-04-01T00:00"))
    for wanted in ({"in": [text]}, {"contains": text}, {"at_least": text}, {"in": [text], "not": True}):
        answer = programme.ask(filtered({"dimension": "channel", **wanted}))
        assert answer.result.rows == ((None,),)
        assert [note.kind for note in answer.result.notes] == ["no_data"]
