"""JSON lines: one object a line, keys inside objects addressed as `value.amount` or `value."offer id"`."""

import codecs
import gzip
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, cast

import msgspec
import pyarrow as pa

from punchcard.errors import ImportFailed, did_you_mean
from punchcard.intake.sources.content import Content
from punchcard.intake.sources.feed import FAULT, LINE, ROW, Place
from punchcard.intake.sources.records import MAX_LINE

_BATCH = 8_192
_LOOKED_AT = 2_000  # objects whose keys are shown as the columns
_WHOLE = 256 << 20  # bytes of a file that is one array, which has to be in memory at once
_SHOWN = 500
_STEP = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)')

# Numbers keep the digits they are written with: 10.50 is no float.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class JsonFeed:
    """The objects of one file of JSON lines, or of one JSON array; a row's number is that of its line or its place."""

    numbers_have_points = True

    def __init__(self, place: Place) -> None:
        self.label = place.label
        self._place = place
        self._content = Content(place)
        self._blank = 0
        self._unseen: tuple[str, ...] = ()
        self.columns = self._keys()

    @property
    def notes(self) -> tuple[str, ...]:
        """Blank lines, and keys that were asked for and that no object has."""
        found = [f"{self._blank:,} blank lines left out"] if self._blank else []
        found += [f"no object has '{column}'{did_you_mean(column, self.columns)}" for column in self._unseen]
        return tuple(found)

    def fingerprint(self) -> str:
        """The hash of the bytes of the file."""
        return self._content.digest()

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The objects as rows of the wanted keys."""
        paths = [steps(column) for column in wanted]
        seen: set[int] = set()
        with self._place.path.open("rb") as file:
            lines = self._lines(file)
            while some := list(islice(lines, _BATCH)):
                self._content.unchanged()
                rows = [_row(number, line, paths, seen) for number, line in some]
                columns = zip(*rows, strict=True)
                types = [pa.int64(), *[pa.string()] * (len(wanted) + 2)]
                arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
                batch = pa.RecordBatch.from_arrays(arrays, [ROW, FAULT, LINE, *wanted])
                yield batch, min(file.tell() / max(self._content.size, 1), 1.0)
        self._unseen = tuple(column for position, column in enumerate(wanted) if position not in seen)
        self._content.unchanged()

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, bytes | dict[str, Any]]]:
        """Each line with its number, blank ones counted and left out; of an array, each object."""
        opened = cast(io.BufferedReader, gzip.GzipFile(fileobj=file) if self._place.path.suffix == ".gz" else file)
        try:
            if opened.peek(3).startswith(codecs.BOM_UTF8):
                opened.read(3)
            if opened.peek(64).lstrip().startswith(b"["):
                yield from enumerate(self._array(opened.read(_WHOLE + 1)), 1)
                return
            self._blank = 0
            for number, line in enumerate(iter(lambda: _whole_line(opened), b""), 1):
                if line.isspace():
                    self._blank += 1
                else:
                    yield number, line
        except (EOFError, OSError) as error:
            raise ImportFailed(f"cannot be unpacked: {error}", where=self.label) from None

    def _array(self, text: bytes) -> Iterable[dict[str, Any]]:
        if len(text) > _WHOLE:
            raise ImportFailed(
                f"is one JSON array of more than {_WHOLE >> 20} MB; write one object a line instead", where=self.label
            )
        try:
            return msgspec.convert(_DECODER.decode(text), list[dict[str, Any]])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ImportFailed(f"is no JSON: {error}", where=self.label) from None

    def _keys(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        with self._place.path.open("rb") as file:
            for _, line in islice(self._lines(file), _LOOKED_AT):
                decoded = _decoded(line)
                if isinstance(decoded, dict):
                    found.update(dict.fromkeys(_paths(decoded)))
        return tuple(found)


def steps(column: str) -> tuple[str, ...]:
    """The keys that lead to a value.

    >>> steps('value."offer id"'), steps("value.amount")
    (('value', 'offer id'), ('value', 'amount'))
    """
    return tuple(quoted.replace('\\"', '"') or plain for quoted, plain in _STEP.findall(column))


def _whole_line(file: BinaryIO) -> bytes:
    """The next line; of one that is too long only the beginning, its end being read past."""
    line = rest = file.readline(MAX_LINE + 1)
    while rest and not rest.endswith(b"\n"):
        rest = file.readline(MAX_LINE + 1)
        line += rest[:1] if len(line) <= MAX_LINE else b""
    return line


def _decoded(line: bytes | dict[str, Any]) -> dict[str, Any] | str:
    """The object, or what is wrong with the line."""
    if isinstance(line, dict):
        return line
    if len(line) > MAX_LINE:
        return f"is longer than {MAX_LINE:,} bytes"
    try:
        value = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"is no JSON: {error}"
    return cast(dict[str, Any], value) if isinstance(value, dict) else "is no JSON object"


def _row(
    number: int, line: bytes | dict[str, Any], paths: Sequence[tuple[str, ...]], seen: set[int]
) -> tuple[int | str | None, ...]:
    decoded = _decoded(line)
    if isinstance(decoded, str):
        text = line[:_SHOWN].decode("utf-8", "backslashreplace") if isinstance(line, bytes) else ""
        return (number, decoded, text.rstrip("\n"), *[None] * len(paths))
    values: list[str | None] = []
    for position, path in enumerate(paths):
        found: Any = decoded
        for step in path:
            found = cast(dict[str, Any], found).get(step) if isinstance(found, dict) else None
        if found is not None:
            seen.add(position)
        values.append(_text(found))
    return (number, None, None, *values)


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case _:
            return _ENCODER.encode(value).decode()


def _paths(value: dict[str, Any], before: str = "") -> Iterator[str]:
    for key, inner in value.items():
        quoted = key if re.fullmatch(r"\w+", key) else '"' + key.replace('"', '\\"') + '"'
        yield before + quoted
        if isinstance(inner, dict):
            yield from _paths(cast(dict[str, Any], inner), f"{before}{quoted}.")
