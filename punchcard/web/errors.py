"""Errors: what went wrong and what to do, as a page for people and as JSON for programs."""

import logging
from collections.abc import Callable
from uuid import uuid4

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from punchcard.errors import EngineError, Forbidden, PunchcardError
from punchcard.web import pages, view
from punchcard.web.missing import NotFound
from punchcard.web.site import Site, Visit, visit_of

log = logging.getLogger("punchcard.web")

AnyRequest = Request[None, None, State]


def handlers(site: Site) -> dict[int | type[Exception], Callable[[AnyRequest, Exception], Response[bytes]]]:
    """The replies to errors, by their kind."""

    def known(request: AnyRequest, error: Exception) -> Response[bytes]:
        return reply(site, request, status_of(error), error)

    def unknown(request: AnyRequest, error: Exception) -> Response[bytes]:
        number = uuid4().hex[:8]
        log.error("%s %s failed (%s)", request.method, request.url.path, number, exc_info=error)
        return reply(site, request, 500, PunchcardError(f"this is a mistake of ours; the log has it under {number}"))

    return {PunchcardError: known, HTTPException: known, Exception: unknown}


def status_of(error: Exception) -> int:
    """The HTTP status of an error; what a viewer may not see does not exist for them."""
    match error:
        case NotFound() | Forbidden():
            return 404
        case EngineError():
            return 503
        case HTTPException():
            return error.status_code
        case _:
            return 400


def reply(site: Site, request: AnyRequest, status: int, error: Exception) -> Response[bytes]:
    """The error as the one who asked can read it."""
    message = error.message if isinstance(error, PunchcardError) else _plain(status, error)
    where = error.where if isinstance(error, PunchcardError) else None
    if request.url.path.startswith("/api"):
        return Response(as_json(message, where), media_type="application/json", status_code=status)
    visit = visit_of(site, request)
    told = f"{where}: {message}" if where else message
    content = pages.failed(told, visit.language) if visit.part else pages.page(_page(visit, status, told))
    return Response(content.encode(), media_type="text/html", status_code=status)


def as_json(message: str, where: str | None) -> bytes:
    """An error for programs."""
    return msgspec.json.encode({"error": {"message": message, "where": where}})


def _plain(status: int, error: Exception) -> str:
    if status == 404:
        return "there is nothing at this address"
    return getattr(error, "detail", "") or "this cannot be done"


def _page(visit: Visit, status: int, message: str) -> view.MessagePage:
    titles = {
        404: visit._("Not found"),
        400: visit._("This cannot be asked"),
        403: visit._("Not allowed"),
        503: visit._("The database could not answer"),
    }
    back = view.Anchor(visit._("Dashboards"), "/dashboards")
    return view.MessagePage(
        visit.shell(titles.get(status, visit._("Something went wrong")), "home"),
        message,
        links=(view.Anchor(visit._("Home"), "/"), back),
    )
