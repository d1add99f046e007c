"""Audience: the members a campaign is for, cut into target and control by a lot that anybody can draw again.

The lot of a member is a number made of the draw's name and the member's own; the same name draws the same lots on any
machine, on any day, and a member who joins changes nobody else's. Another name draws afresh.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from punchcard.analyses.reach import Audience
from punchcard.answer import frame_of
from punchcard.errors import Forbidden, QueryError
from punchcard.plan.audience import Reach, listed
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.viewer import Viewer

PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Drawn:
    """Members by number in the source and whether each is of the control, in the order of the source."""

    name: str
    refs: tuple[str, ...]
    controls: tuple[bool, ...]

    @property
    def target(self) -> int:
        """Members to write to."""
        return len(self.refs) - self.control

    @property
    def control(self) -> int:
        """Members kept as control."""
        return sum(self.controls)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Member and arm."""
        for ref, control in zip(self.refs, self.controls, strict=True):
            yield ref, "control" if control else "target"

    def of(self, arm: str) -> tuple[str, ...]:
        """The members of an arm."""
        return tuple(ref for ref, own in self.rows() if own == arm)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a web hook answered to an audience: when, how, and the digest of what it was sent."""

    url: str
    sent_at: str
    status: int
    members: int
    digest: str
    answer: str


def lot(name: str, ref: str) -> float:
    """A member's lot in a draw: a number from 0 to 1, as good as chance and always the same.

    >>> round(lot("autumn", "17"), 6), lot("autumn", "17") == lot("winter", "17")
    (0.464296, False)
    """
    # A separator that no name holds keeps ("a", "bc") and ("ab", "c") apart.
    digest = blake2b(f"{name}\x1f{ref}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def draw(programme: Programme, query: Query, viewer: Viewer, name: str) -> Drawn:
    """The audience of a question of the kind 'audience', its control drawn under a name; Forbidden for brands."""
    if viewer.brands is not None:
        raise Forbidden("only the operator may take out lists of members")
    if not isinstance(query.ask, Audience):
        raise QueryError("an audience is drawn from a question of the kind 'audience'")
    if not name.strip():
        raise QueryError("a draw has a name, such as that of the campaign: the same name draws the same lots again")
    frame = frame_of(query, viewer, programme)
    reach = Reach(query.ask.channel, query.ask.purpose)
    refs = tuple(str(ref) for (ref,) in frame.run(listed(frame.scope(), frame.cut(), reach)))
    return Drawn(name, refs, tuple(lot(name, ref) < query.ask.control for ref in refs))


def post(drawn: Drawn, url: str) -> Receipt:
    """Send the audience to a web hook as JSON; QueryError says what went wrong and what to do."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise QueryError(f"'{url}' is no address of a web hook; write it as https://host/path")
    body = json.dumps(
        {"draw": drawn.name, "target": drawn.of("target"), "control": drawn.of("control")}, separators=(",", ":")
    ).encode()
    digest = sha256(body).hexdigest()
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=PATIENCE_SECONDS)
    path = parts.path or "/"
    # The digest lets a receiver tell a repeated delivery from a new one.
    heads = {"Content-Type": "application/json", "Idempotency-Key": digest, "User-Agent": "punchcard"}
    try:
        connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, heads)
        answer = connection.getresponse()
        said = answer.read(2_000).decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        raise QueryError(f"the web hook did not answer: {error}; nothing is known to be delivered", where=url) from None
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise QueryError(f"the web hook answered {answer.status} {answer.reason}: {said[:200].strip()}", where=url)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return Receipt(url, moment, answer.status, len(drawn.refs), digest, said)


def heads() -> Sequence[str]:
    """The columns of the file."""
    return ("member", "arm")
