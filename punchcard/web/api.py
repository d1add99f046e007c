"""The API: the same questions and answers as on the pages, as JSON, described by OpenAPI at /api/schema."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from msgspec import Struct

from punchcard.answer import ENCODER
from punchcard.errors import Forbidden, QueryError
from punchcard.members import behind
from punchcard.query import Query, decode, from_url
from punchcard.receiving import receive
from punchcard.web.site import Here, Visit

JSON: Final = "application/json"
_SCHEMAS: Final = "#/components/schemas/{name}"


class MetricOut(Struct, frozen=True):
    """A metric: what it means and how it may be read."""

    name: str
    title: str
    group: str
    kind: str
    unit: str
    better: str
    additivity: str
    method: str
    pitfalls: str
    questions: tuple[str, ...]


class DashboardOut(Struct, frozen=True):
    """A dashboard: the question it answers, and what its tiles ask (`$name` stands for a choice)."""

    name: str
    title: str
    question: str
    group: str
    address: str
    tiles: tuple[dict[str, Any], ...]


class _WithQuestions(JsonRenderPlugin):
    """The document with the schema of a question, which msgspec writes in the dialect of OpenAPI 3.1."""

    def render(self, request: Request[Any, Any, State], openapi_schema: dict[str, Any]) -> bytes:
        """The document's bytes."""
        _, found = msgspec.json.schema_components((Query,), ref_template=_SCHEMAS)
        parts = openapi_schema.get("components", {})
        schemas = {**parts.get("schemas", {}), **found}
        return super().render(request, {**openapi_schema, "components": {**parts, "schemas": schemas}})


OPENAPI: Final = OpenAPIConfig(
    title="Punchcard",
    version="1",
    description="Questions about a loyalty programme and their answers. Errors are {error: {message, where}}.",
    path="/api/schema",
    render_plugins=[_WithQuestions(path="/")],
    use_handler_docstrings=True,
)


@dataclass
class AskingWithBody(Operation):
    """The operation whose body is a question; the body is decoded by Punchcard itself, for its better messages."""

    def __post_init__(self) -> None:
        content = {JSON: OpenAPIMediaType(schema=Reference(ref=_SCHEMAS.format(name="Query")))}  # type: ignore[arg-type]
        self.request_body = RequestBody(content=content, required=True)


@post("/query", status_code=200, operation_class=AskingWithBody)
async def ask(request: Request[None, None, State], visit: Here) -> Response[bytes]:
    """The answer to a question given as JSON: the same bytes' worth as `punchcard query` prints."""
    query = decode(await request.body())
    return await _answered(visit, query)


@get("/query")
async def ask_by_address(visit: Here) -> Response[bytes]:
    """The answer to a question in the address, as Explore and the menus of tiles write it.

    `ask` is the analysis as JSON; `period`, `compare`, `f` (a filter as JSON, as often as needed), `reading`,
    `known_at` and `p.NAME` (a parameter) say the rest.
    """
    return await _answered(visit, from_url(visit.address.to(lang=None).query))


async def _answered(visit: Visit, query: Query) -> Response[bytes]:
    answer = await asyncio.to_thread(visit.site.ask, query)
    return Response(answer.to_json(), media_type=JSON)


class MembersOut(Struct, frozen=True):
    """The members behind a figure, and each one's own figure if the metric is no count of members."""

    count: int
    members: tuple[str, ...]
    figure: str
    values: tuple[Any, ...]


@get("/members")
async def members_by_address(visit: Here) -> Response[bytes]:
    """The members behind a figure of a question in the address; `at.COLUMN` gives the labels of its row."""
    at = {name[3:]: value for name, value in visit.address.pairs if name.startswith("at.")}
    return await _members(visit, from_url(visit.address.to(lang=None).query), at)


@post("/members", status_code=200)
async def members(request: Request[None, None, State], visit: Here) -> Response[bytes]:
    """The members behind a figure: `{"query": a question, "at": {column: label}}`."""
    try:
        asked = msgspec.json.decode(await request.body(), type=_Wanted)
    except msgspec.DecodeError as error:
        raise QueryError(f"the body is not {{query, at}}: {error}") from None
    return await _members(visit, decode(asked.query), asked.at)


class _Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    query: dict[str, Any]
    at: dict[str, str] = {}


async def _members(visit: Visit, query: Query, at: dict[str, str]) -> Response[bytes]:
    found = await asyncio.to_thread(behind, visit.site.programme, query, visit.site.viewer, at)
    given = MembersOut(len(found.refs), found.refs, found.figure, found.values)
    return Response(ENCODER.encode(given), media_type=JSON)


class ReceiptOut(Struct, frozen=True):
    """What became of the activities that were sent; `live` says that questions of behaviour saw them at once."""

    received: int
    stored: int
    duplicates: int
    quarantined: int
    reasons: tuple[dict[str, Any], ...]
    live: bool


@post("/activities", status_code=201)
async def activities(request: Request[None, None, State], visit: Here) -> Response[bytes]:
    """Take in activities as they happen: a JSON array of `{id, member, name, at, properties, ...}`.

    They are kept as a file of the project and imported like any other file. `received` is `stored` + `duplicates` +
    `quarantined`; what was put in quarantine says why. Only programs and pages of this machine can send them.
    """
    if visit.site.viewer.brands is not None:
        raise Forbidden("only the operator takes activities in")
    try:
        sent = msgspec.json.decode(await request.body(), type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        raise QueryError(f"the body is no JSON array of activities: {error}") from None
    found = await asyncio.to_thread(receive, visit.site.programme, sent)
    reasons = tuple(
        {"activity": one.row, "column": one.column, "value": one.value, "reason": one.reason} for one in found.reasons
    )
    given = ReceiptOut(found.received, found.stored, found.duplicates, found.quarantined, reasons, found.live)
    return Response(ENCODER.encode(given), media_type=JSON, status_code=201)


@get("/metrics", sync_to_thread=False)
def metrics(visit: Here) -> list[MetricOut]:
    """All metrics."""
    return [
        MetricOut(
            name,
            one.title,
            one.group,
            str(one.__struct_config__.tag),
            one.unit,
            one.better,
            one.additivity,
            one.method,
            one.pitfalls,
            one.questions,
        )
        for name, one in visit.catalog.metrics.items()
    ]


@get("/dashboards", sync_to_thread=False)
def dashboards(visit: Here) -> list[DashboardOut]:
    """All dashboards."""
    return [
        DashboardOut(name, one.title, one.question, one.group, f"/d/{name}", tuple(tile.ask for tile in one.tiles))
        for name, one in visit.dashboards.items()
    ]


routes = Router(
    "/api",
    route_handlers=[ask, ask_by_address, members, members_by_address, activities, metrics, dashboards],
)
