"""Query: one complete question, as JSON and as a URL; two equal questions have one name."""

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Meta, Struct
from msgspec import field as named

from punchcard.analyses import AnyAnalysis
from punchcard.catalog.filter import Filter, Reading, Scalar
from punchcard.errors import QueryError, did_you_mean
from punchcard.period import COMPARISONS, PRESETS


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
        if isinstance(raw, dict):
            return msgspec.convert(raw, Query)
        return msgspec.json.decode(raw, type=Query)
    except msgspec.ValidationError as error:
        raise QueryError(explained(str(error))) from None
    except msgspec.DecodeError as error:
        raise QueryError(f"the question is no JSON: {error}") from None


def explained(message: str) -> str:
    """msgspec's message with a suggestion for the word that is wrong."""
    text, _, place = message.partition(" - at ")
    words = known_words()
    for quoted in text.split("`")[1::2] + text.split("'")[1::2]:
        hint = did_you_mean(quoted, words)
        if hint and quoted not in words:
            return f"{text} at {place or '`$`'}{hint}"
    return f"{text} at {place}" if place else text


def known_words() -> frozenset[str]:
    """Every field and tag that a question may hold."""
    schema = msgspec.json.schema(Query)
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            found.update(word for word in node.get("enum", []) if isinstance(word, str))
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(schema)
    return frozenset(found)


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
