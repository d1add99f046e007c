"""Delivery: an audience handed over to another system by a web hook, and the account of all that was handed over.

A delivery is signed as Standard Webhooks lays down, so that receivers can check it with a library of their language:
`webhook-signature` is an HMAC-SHA256 of the delivery's id, the moment and the body under a secret both sides know. The
id is made of the body: whoever gets the same delivery twice, by a repeated try or a second press, can tell.
"""

import json
import time
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new as keyed
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct

from punchcard.audience import Drawn
from punchcard.errors import QueryError, did_you_mean
from punchcard.project import Hook

PATIENCE_SECONDS = 20
PAUSES_SECONDS = (1, 4, 10)  # between tries; what fails for longer is for a person to look at
PASSING = frozenset((408, 425, 429))  # answers that ask for another try; so do all from 500 on
ACCOUNT = Path(".punchcard") / "deliveries.jsonl"
SHOWN = 200  # characters of what the receiver said
BASE64_FOLLOWS = "whsec_"
HERE = frozenset(("127.0.0.1", "localhost", "::1"))


class Try(Struct, frozen=True):
    """One try: when, and what came of it; no status if nobody answered."""

    at: str
    status: int | None
    said: str


class Delivery(Struct, frozen=True, kw_only=True):
    """What was handed over, or not: to whom, how many of each arm, in how many tries, and the digest of the body."""

    draw: str
    hook: str
    to: str
    target: int
    control: int
    digest: str
    signed: bool
    tries: tuple[Try, ...]

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        last = self.tries[-1].status
        return last is not None and 200 <= last < 300


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A body under way: where to, and what does not change from try to try."""

    url: SplitResult
    body: bytes
    digest: str
    secret: bytes | None

    @property
    def id(self) -> str:
        """The same for the same body."""
        return f"audience_{self.digest[:32]}"

    def heads(self, moment: int) -> dict[str, str]:
        """The headers of a try at this moment."""
        heads = {"Content-Type": "application/json", "User-Agent": "punchcard", "webhook-id": self.id}
        heads["webhook-timestamp"] = str(moment)
        if self.secret is not None:
            heads["webhook-signature"] = signature(self.secret, self.id, moment, self.body)
        return heads


def signature(secret: bytes, id_: str, moment: int, body: bytes) -> str:
    """The signature of a delivery.

    >>> signature(b"secret", "audience_1", 1700000000, b"{}")
    'v1,1CqXJf61mMREBJrqvy1kFOG0q44mMt1O41v/7oJAPco='
    """
    signed = keyed(secret, f"{id_}.{moment}.".encode() + body, sha256)
    return f"v1,{b64encode(signed.digest()).decode()}"


def hook_of(hooks: Mapping[str, Hook], wanted: str) -> tuple[str, Hook]:
    """A web hook by its name in the settings, or by its address; QueryError if there is none."""
    if wanted in hooks:
        return wanted, hooks[wanted]
    if "://" in wanted:
        return "", Hook(url=wanted)
    hint = did_you_mean(wanted, hooks) or "; give one under 'hooks' in punchcard.yaml, or write an address"
    raise QueryError(f"no web hook '{wanted}'{hint}")


def deliver(
    drawn: Drawn,
    name: str,
    hook: Hook,
    environment: Mapping[str, str],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Hand target and control over as JSON, trying again where that may help; tells how it went either way.

    QueryError if it cannot even be tried: no address, no secret, or an address to which members' numbers must not go.
    """
    body = json.dumps(
        {"draw": drawn.name, "target": drawn.of("target"), "control": drawn.of("control")}, separators=(",", ":")
    ).encode()
    parcel = _Parcel(_address(hook.url), body, sha256(body).hexdigest(), _secret(hook, environment))
    tries: list[Try] = []
    for wait in (0, *PAUSES_SECONDS):
        if wait:
            pause(wait)
        tries.append(_try(parcel))
        status = tries[-1].status
        if status is not None and status < 500 and status not in PASSING:
            break
    url = parcel.url
    to = f"{url.scheme}://{url.hostname}{f':{url.port}' if url.port else ''}{url.path}"  # without a key in its query
    return Delivery(
        draw=drawn.name,
        hook=name,
        to=to,
        target=drawn.target,
        control=drawn.control,
        digest=parcel.digest,
        signed=parcel.secret is not None,
        tries=tuple(tries),
    )


def _address(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise QueryError(f"'{url}' is no address of a web hook; write it as https://host/path")
    if parts.scheme == "http" and parts.hostname not in HERE:
        raise QueryError(f"'{url}' would send members' numbers readable to all on the way; use https")
    return parts


def _secret(hook: Hook, environment: Mapping[str, str]) -> bytes | None:
    """The secret of a web hook as bytes; one that begins with `whsec_` is in base64."""
    if hook.signed_by is None:
        return None
    text = environment.get(hook.signed_by, "")
    if not text:
        raise QueryError(f"the environment has no '{hook.signed_by}', by which this web hook's deliveries are signed")
    if not text.startswith(BASE64_FOLLOWS):
        return text.encode()
    try:
        return b64decode(text.removeprefix(BASE64_FOLLOWS), validate=True)
    except NotBase64:
        raise QueryError(f"'{hook.signed_by}' begins with {BASE64_FOLLOWS}, and what follows is no base64") from None


def _try(parcel: _Parcel) -> Try:
    now = datetime.now(UTC)
    moment = now.isoformat(timespec="seconds")
    url = parcel.url
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=PATIENCE_SECONDS)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        connection.request("POST", path, parcel.body, parcel.heads(int(now.timestamp())))
        answer = connection.getresponse()
        said = answer.read(2_000).decode("utf-8", "replace").strip()
    except (OSError, HTTPException) as error:
        return Try(moment, None, f"no answer: {error}"[:SHOWN])
    finally:
        connection.close()
    return Try(moment, answer.status, (said or answer.reason)[:SHOWN])


def enter(folder: Path, delivery: Delivery) -> None:
    """Write a delivery down in the project's account, for good."""
    path = folder / ACCOUNT
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as account:
        account.write(msgspec.json.encode(delivery) + b"\n")


def account(folder: Path, most: int = 50) -> tuple[Delivery, ...]:
    """What was handed over so far, the latest first."""
    path = folder / ACCOUNT
    if not path.is_file():
        return ()
    lines = path.read_bytes().splitlines()[-most:]
    return tuple(msgspec.json.decode(line, type=Delivery) for line in reversed(lines))
