"""Compression that does not hold a page back: each piece of a streamed reply leaves as it comes.

A general gzip middleware gathers a full block first, so the frame of a dashboard would wait for its tiles.
"""

import zlib
from collections.abc import Callable
from typing import Final

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

LEAST: Final = 500  # bytes; below it the header costs more than it saves
LEVEL: Final = 5
GZIP: Final = 31  # zlib's window bits for a gzip container
TEXTS: Final = ("text/", "application/json", "application/vnd.oai", "image/svg+xml")


class Compress:
    """ASGI: gzip for texts, where the browser takes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or "gzip" not in Headers.from_scope(scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Squeezed(send))


class _Squeezed:
    """The way out of one reply."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._pack: Callable[[bytes, bool], bytes] | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)  # type: ignore[union-attr]
        if self._start is not None:
            self._begin(self._start, len(body), more=more)
            await self._send(self._start)
            self._start = None
        if self._pack is not None:
            body = self._pack(body, more)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def _begin(self, start: Message, size: int, *, more: bool) -> None:
        headers = MutableScopeHeaders.from_message(start)
        kind = headers.get("content-type", "")
        if not kind.startswith(TEXTS) or "content-encoding" in headers or (size < LEAST and not more):
            return
        self._pack = _packer()
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
        if "content-length" in headers:
            del headers["Content-Length"]


def _packer() -> Callable[[bytes, bool], bytes]:
    """Compresses piece after piece; what is given so far can be read at once, as long as there is more."""
    stream = zlib.compressobj(LEVEL, wbits=GZIP)

    def pack(piece: bytes, more: bool) -> bytes:
        return stream.compress(piece) + stream.flush(zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH)

    return pack
