"""Style and scripts: read once, under an address that holds their digest, so that a browser never asks twice."""

import gzip
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from punchcard.web.missing import found

KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, as it is and compressed."""

    kind: str
    plain: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All files of a folder."""

    files: dict[str, StaticFile]
    digest: str

    @classmethod
    def of(cls, folder: Path) -> "StaticFiles":
        """The folder's style sheets, scripts and pictures."""
        files: dict[str, StaticFile] = {}
        digest = sha256()
        for path in sorted(folder.iterdir()):
            if path.suffix in KINDS:
                plain = path.read_bytes()
                digest.update(path.name.encode() + b"\0" + plain)
                files[path.name] = StaticFile(KINDS[path.suffix], plain, gzip.compress(plain, 9, mtime=0))
        return cls(files, digest.hexdigest()[:12])

    @property
    def address(self) -> str:
        """Where the files lie, as long as none of them changes."""
        return f"/static/{self.digest}"

    def route(self) -> HTTPRouteHandler:
        """The handler that serves them; an old digest gets the new files, but may not keep them."""

        @get("/static/{digest:str}/{name:str}", sync_to_thread=False, include_in_schema=False)
        def static(request: Request[None, None, State], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
            file = found(self.files, name, "file")
            headers = {"Cache-Control": FOREVER if digest == self.digest else "no-cache", "Vary": "Accept-Encoding"}
            packed = "gzip" in request.headers.get("accept-encoding", "")
            if packed:
                headers["Content-Encoding"] = "gzip"
            return Response(file.packed if packed else file.plain, media_type=file.kind, headers=headers)

        return static
