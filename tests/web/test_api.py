"""The API: the same answers as everywhere, and errors that a program can read."""

import json
from typing import Any

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.programme import Programme
from punchcard.query import decode, to_url

Web = TestClient[ASGIApp]
QUESTION: dict[str, Any] = {
    "ask": {"kind": "ranking", "metrics": ["net_revenue"], "by": "category_l1"},
    "period": "2026-02",
    "filters": [{"dimension": "category_l1", "in": ["Dairy", "Bakery", None]}],
}


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "seconds"}


def test_a_question_gets_the_same_answer_by_body_by_address_and_in_python(web: Web, programme: Programme) -> None:
    body = web.post("/api/query", json=QUESTION).json()
    address = web.get(f"/api/query?{to_url(decode(QUESTION))}").json()
    direct = json.loads(programme.ask(QUESTION).to_json())
    assert timeless(body) == timeless(address) == timeless(direct)
    assert body["rows"][0][:2] == ["Dairy", sum(range(1, 29, 4))] or body["rows"][0][0] in ("Dairy", "Bakery")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"ask": {"kind": "numbr", "metrics": ["net_revenue"]}}, "did you mean 'number'?"),
        ({"ask": {"kind": "number", "metrics": ["net_revenu"]}}, "did you mean 'net_revenue'?"),
        ({"ask": {"kind": "number", "metrics": ["net_revenue"]}, "periot": "2026"}, "did you mean 'period'?"),
        ({"ask": {"kind": "number", "metrics": ["net_revenue"]}, "period": "' or 1=1 --"}, "is no date or period"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(web: Web, question: object, message: str) -> None:
    reply = web.post("/api/query", json=question)
    assert reply.status_code == 400
    assert message in reply.json()["error"]["message"]


def test_what_is_no_json_and_what_is_too_long_is_refused(web: Web) -> None:
    assert "no JSON" in web.post("/api/query", content=b"{").json()["error"]["message"]
    assert web.post("/api/query", content=b" " * 1_100_000).status_code == 413


def test_metrics_and_dashboards_are_listed_and_described(web: Web) -> None:
    metrics = {one["name"]: one for one in web.get("/api/metrics").json()}
    assert metrics["net_revenue"]["unit"] == "currency"
    assert {"pulse", "duel"} <= {one["name"] for one in web.get("/api/dashboards").json()}
    schema = web.get("/api/schema").json()
    assert schema["openapi"].startswith("3.1")
    body = schema["paths"]["/api/query"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Query"}
    assert "Ranking" in schema["components"]["schemas"]


def test_an_unknown_address_of_the_api_is_json_too(web: Web) -> None:
    reply = web.get("/api/nothing")
    assert (reply.status_code, reply.json()) == (
        404,
        {"error": {"message": "there is nothing at this address", "where": None}},
    )
