"""Query: one complete question, as JSON and as a URL; two equal questions have one name."""

from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Meta, Struct
from msgspec import field as named

from punchcard.analyses import AnyAnalysis
from punchcard.catalog.filter import Filter, Reading, Scalar
from punchcard.declaration import explained
from punchcard.errors import QueryError
from punchcard.period import COMPARISONS, PRESETS

T = TypeVar("T")


class Query(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An analysis, over a period, under filters.

    `period` is a preset (`last_90_days`), a calendar name (`2017`, `2017-Q3`, `2017-11`, `2017-11-13`), a range of days
    `2017-01-01..2017-03-31` (both included) or `all`. `compare` is another period, or one of previous_period,
    previous_year and 52_weeks_before. `known_at` asks for the figures as they were known at that moment.
    """

    ask: Annotated[AnyAnalysis, Meta(description="The kind of question, with its parameters.")]
    period: Annotated[str, Meta(examples=list(PRESETS), description="Over which days.")] = "all"
    compare: Annotated[str | None, Meta(examples=list(COMPARISONS), description="With which other period.")] = None
    filters: Annotated[tuple[Filter, ...], Meta(description="Conditions that every row must meet.")] = ()
    reading: Annotated[
        Reading,
        Meta(description="When a member's changing attribute is read: at the fact's moment, at the start, now."),
    ] = "at_event"
    known_at: Annotated[str | None, Meta(description="As it was known at this moment: 2025-11-02T12:00.")] = None
    parameters: Annotated[dict[str, Scalar], Meta(description="Values for the parameters of metrics, by name.")] = (
        named(name="with", default_factory=dict[str, Scalar])
    )

    @property
    def name(self) -> str:
        """The one text that stands for this question: canonical JSON, keys in order."""
        return msgspec.json.encode(self, order="deterministic").decode()


def decode(raw: bytes | str | dict[str, Any]) -> Query:
    """A question from JSON or its Python form; QueryError says what is wrong, where, and what was meant."""
    try:
        given = raw if isinstance(raw, dict) else msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise QueryError(f"the question is no JSON: {str(error).partition(' - at ')[0]}") from None
    found = converted(given, Query)
    try:
        found.name.encode()
    except UnicodeEncodeError:
        raise QueryError("the question holds half a character (a lone surrogate), which is no text") from None
    return found


def converted(raw: object, kind: type[T]) -> T:
    """A part of a question as a typed value; QueryError says what is wrong, where, and what was meant."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, place = explained(str(error), kind, raw)
        raise QueryError(message, where=place or None) from None


def to_url(query: Query) -> str:
    """The query string of a question: the frame in plain parameters, the analysis as JSON.

    >>> from punchcard.analyses.number import Number
    >>> to_url(Query(ask=Number(metrics=("net_revenue",)), period="2017"))
    'period=2017&ask=%7B%22kind%22%3A%22number%22%2C%22metrics%22%3A%5B%22net_revenue%22%5D%7D'
    """
    pairs = frame_pairs(query)
    pairs.append(("ask", msgspec.json.encode(query.ask).decode()))
    return urlencode(pairs)


def frame_pairs(query: Query) -> list[tuple[str, str]]:
    """Everything of a question but the analysis, as URL parameters."""
    pairs = [("period", query.period)]
    if query.compare:
        pairs.append(("compare", query.compare))
    pairs += [("f", msgspec.json.encode(one).decode()) for one in query.filters]
    if query.reading != "at_event":
        pairs.append(("reading", query.reading))
    if query.known_at:
        pairs.append(("known_at", query.known_at))
    pairs += [(f"p.{name}", str(value)) for name, value in sorted(query.parameters.items())]
    return pairs


def from_url(text: str) -> Query:
    """A question from its query string; QueryError if it is none."""
    raw: dict[str, Any] = {"filters": [], "with": {}}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key in ("ask", "f"):
            try:
                decoded = msgspec.json.decode(value)
            except msgspec.DecodeError as error:
                raise QueryError(f"'{key}' in the address is no JSON: {error}") from None
            if key == "ask":
                raw["ask"] = decoded
            else:
                raw["filters"].append(decoded)
        elif key.startswith("p."):
            raw["with"][key[2:]] = value
        elif key in ("period", "compare", "reading", "known_at"):
            raw[key] = value
    return decode(raw)
