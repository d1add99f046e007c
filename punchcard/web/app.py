"""The web application: all routes, top to bottom, and what each request is given.

    app = create_app(programme)

Pages and the API speak Query and Answer; no route reaches an engine.
"""

import secrets
from urllib.parse import parse_qs

from litestar import Litestar, Request
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.types import ASGIApp, Message, Scope

from punchcard.programme import Programme
from punchcard.viewer import OPERATOR, Viewer
from punchcard.web import (
    api,
    audience,
    behaviour,
    catalogue,
    changes,
    dashboards,
    data,
    errors,
    explore,
    home,
    members,
    pages,
    saved,
    segments,
)
from punchcard.web.compress import Compress
from punchcard.web.door import Door
from punchcard.web.site import LANGUAGE, Site, Visit, known_languages, visit_of
from punchcard.web.static_files import StaticFiles


def create_app(programme: Programme, *, viewer: Viewer = OPERATOR) -> ASGIApp:
    """The application for one programme and one viewer, ready for an ASGI server that listens on loopback."""
    files = StaticFiles.of(pages.STATIC)
    site = Site(programme, viewer, files.address, secrets.token_urlsafe(32))

    async def visit(request: Request[None, None, State]) -> Visit:
        return visit_of(site, request)

    async def remember_language(message: Message, scope: Scope) -> None:
        wanted = parse_qs(scope["query_string"].decode("latin-1")).get(LANGUAGE, [""])[0]
        if message["type"] == "http.response.start" and wanted in known_languages(site):
            cookie = f"{LANGUAGE}={wanted}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
            MutableScopeHeaders.from_message(message).add("Set-Cookie", cookie)

    app = Litestar(
        route_handlers=[
            home.home,
            home.listing,
            dashboards.routes,
            saved.routes,
            changes.routes,
            explore.routes,
            segments.routes,
            audience.routes,
            behaviour.routes,
            catalogue.routes,
            data.data,
            members.listed,
            members.file,
            members.one,
            api.routes,
            files.route(),
        ],
        dependencies={"visit": Provide(visit)},
        exception_handlers=errors.handlers(site),
        before_send=[remember_language],
        openapi_config=api.OPENAPI,
        logging_config=None,
        request_max_body_size=1_000_000,
    )
    return Door(Compress(app))
