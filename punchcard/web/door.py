"""The door: who may come in at all, and what every reply tells the browser.

The server has no sign-in yet and listens on loopback only. A page of another site, open in the same browser, can still
send requests here; so a request must name this machine as its host (a foreign name that was made to resolve here does
not), and nothing but a plain link may come from elsewhere.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

OURS: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS"))

# Bars and cells are placed by inline style attributes; scripts and style sheets come from our own files only.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# For style and scripts; the rest only means something on a document.
FILE_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
HEADERS: Final = {
    **FILE_HEADERS,
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
CACHE: Final = "Cache-Control"


class Door:
    """ASGI: turns away what may not come in, and puts the headers on every reply."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply = MutableScopeHeaders.from_message(message)
                for name, value in headers_for(str(scope["path"])).items():
                    reply[name] = value
                reply.setdefault(CACHE, "no-store")
            await send(message)

        refusal = refused(str(scope["method"]), headers)
        if refusal is None:
            await self._app(scope, receive, with_headers)
        else:
            await _reply(with_headers, *refusal)


def headers_for(path: str) -> dict[str, str]:
    """The headers of a reply: all of them on pages and answers, few on style and scripts."""
    return FILE_HEADERS if path.startswith("/static/") else HEADERS


def refused(method: str, headers: Headers) -> tuple[int, str] | None:
    """Why a request may not come in, with the status of the reply; None if it may."""
    host = headers.get("host", "")
    if OURS.fullmatch(host) is None:
        return 421, f"this server answers to 127.0.0.1 and localhost, not to '{host[:100]}'"
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "none")
    if method in SAFE:
        followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if site == "cross-site" and not followed:
            return 403, "other sites may link here, and nothing else"
        return None
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
        return 403, "this can only be sent from one of Punchcard's own pages"
    return None


async def _reply(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
