"""CSV and its kin: text with a delimiter, in any encoding, every cell read as text."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO, cast

import pyarrow as pa

from punchcard.errors import ImportFailed
from punchcard.intake.source import Dialect
from punchcard.intake.sources.content import Content
from punchcard.intake.sources.encoding import Encoding, declared, detect
from punchcard.intake.sources.feed import Place, check_header, require
from punchcard.intake.sources.records import Records, Shape

_BLOCK = 4 << 20  # characters cut at a time
_HEAD = 256 << 10  # characters in which the delimiter is looked for
_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class CsvFeed:
    """The rows of one text file; a row's number is that of its line, the header's being 1."""

    numbers_have_points = False

    def __init__(self, place: Place, dialect: Dialect) -> None:
        self.label = place.label
        self._place = place
        self._content = Content(place)
        self._dialect = dialect
        self._encoding = self._encoded()
        head = self._head()
        self._skipped = dialect.skip_lines + (1 if _separator(head) else 0)
        body = head.split("\n", self._skipped)[-1] if self._skipped else head
        if not body.strip():
            raise ImportFailed("is empty; not even a header is there", where=self.label)
        delimiter = dialect.delimiter or _separator(head) or _delimiter(body, dialect.quote or '"')
        first = next(_parsed(body, delimiter, dialect.quote or '"'))
        self.columns = self._named(first)
        check_header(self.label, self.columns)
        self._shape = Shape(delimiter, dialect.quote or '"', self.columns)
        self._records: Records | None = None
        self._rows = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """The dialect, with what was guessed, and what is odd."""
        guessed = "" if self._encoding.certain else " (guessed; pin dialect: {encoding: ...} if letters look wrong)"
        name = self._encoding.name.removesuffix("-sig")
        delimiter = _NAMES.get(self._shape.delimiter, f"'{self._shape.delimiter}'")
        found = [f"{name}{guessed}, {delimiter} between {len(self.columns)} columns"]
        if self._records is not None and self._records.blank:
            found.append(f"{self._records.blank:,} blank lines left out")
        if self._records is not None and not self._rows:
            found.append("has a header and no rows")
        return tuple(found)

    def fingerprint(self) -> str:
        """The hash of the bytes of the file."""
        return self._content.digest()

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows, with the share of the file that is read."""
        require(self.label, wanted, self.columns, self._headless())
        with self._place.path.open("rb") as file, self._text(file) as text:
            line = 1
            for _ in range(self._skipped):
                text.readline()
                line += 1
            if self._dialect.header:
                line += self._after_header(text)
            self._records = Records(self._shape, wanted, line)
            for batch in self._records.batches(self._chunks(text)):
                self._rows += batch.num_rows
                yield batch, min(file.tell() / max(self._content.size, 1), 1.0)

    def _text(self, file: BinaryIO) -> io.TextIOWrapper:
        """The file as text with plain line ends; a byte that is no letter stays visible as a lone surrogate."""
        opened = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if self._place.path.suffix == ".gz" else file
        return io.TextIOWrapper(opened, encoding=self._encoding.name, errors="surrogateescape", newline=None)

    def _chunks(self, text: io.TextIOWrapper) -> Iterator[str]:
        while chunk := self._read(text, _BLOCK):
            # A file that somebody is still writing would never end.
            self._content.unchanged()
            yield chunk
        self._content.unchanged()

    def _read(self, text: io.TextIOWrapper, characters: int) -> str:
        try:
            return text.read(characters)
        except UnicodeError as error:
            raise ImportFailed(f"is not written in {self._encoding.name}: {error}", where=self.label) from None
        except (EOFError, OSError) as error:
            raise ImportFailed(f"cannot be unpacked: {error}", where=self.label) from None

    def _encoded(self) -> Encoding:
        if self._dialect.encoding is not None:
            return declared(self._dialect.encoding, self.label)
        with self._place.path.open("rb") as file:
            try:
                return detect(cast(BinaryIO, gzip.GzipFile(fileobj=file)) if self._place.path.suffix == ".gz" else file)
            except (EOFError, OSError) as error:
                raise ImportFailed(f"cannot be unpacked: {error}", where=self.label) from None

    def _head(self) -> str:
        with self._place.path.open("rb") as file, self._text(file) as text:
            return self._read(text, _HEAD)

    def _named(self, first: Sequence[str]) -> tuple[str, ...]:
        pinned = self._dialect.columns
        if pinned and len(pinned) != len(first):
            raise ImportFailed(
                f"dialect names {len(pinned)} columns, the file has {len(first)}: {', '.join(first[:12])}",
                where=self.label,
            )
        if pinned:
            return pinned
        if not self._dialect.header:
            return tuple(f"column{position}" for position in range(1, len(first) + 1))
        return tuple(name.strip() or f"column{position}" for position, name in enumerate(first, 1))

    def _headless(self) -> str:
        """What to do if the first line looks like a row and not like names."""
        if self._dialect.columns or not any(name.replace(".", "").isdigit() for name in self.columns):
            return ""
        return "; if the first line is no header, pin dialect: {header: false, columns: [...]}"

    def _after_header(self, text: io.TextIOWrapper) -> int:
        """Read past the header, which may be quoted over several lines; how many lines it took."""
        taken = 0

        def lines() -> Iterator[str]:
            nonlocal taken
            while line := text.readline():
                taken += 1
                yield line

        next(csv.reader(lines(), delimiter=self._shape.delimiter, quotechar=self._shape.quote))
        return taken


def _separator(head: str) -> str | None:
    """The delimiter that Excel announces in a first line of its own: sep=;"""
    first = head.split("\n", 1)[0].strip()
    return first[4] if first.lower().startswith("sep=") and len(first) == 5 else None


def _parsed(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    lines = (line + "\n" for line in text.split("\n") if line.strip())
    try:
        yield from csv.reader(lines, delimiter=delimiter, quotechar=quote)
    except csv.Error:
        return


def _delimiter(head: str, quote: str) -> str:
    """The delimiter that cuts the header into columns and most lines into as many."""

    def fits(delimiter: str) -> tuple[bool, float, int]:
        rows = list(islice(_parsed(head, delimiter, quote), 200))
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows) / max(len(rows), 1)
        return width > 1, alike, width

    return max(_DELIMITERS, key=fits)
