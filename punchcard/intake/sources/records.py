"""Records: text with delimiters and quotes cut into rows, fast where it is regular and line by line where it is not.

Every physical line ends in exactly one of: a row, a row with a fault (the line cannot be read, and why), or nothing
(it is blank). A bad line never takes its neighbours with it.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from punchcard.intake.sources.feed import FAULT, LINE, ROW

# A longer line is not a row of a table; a quote that is still open after so much text was never meant as one.
MAX_LINE = 1 << 20
_SHOWN = 500

csv.field_size_limit(MAX_LINE)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a record is written, and the names of its columns."""

    delimiter: str
    quote: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bad:
    """A line that is no row."""

    number: int
    fault: str
    line: str


class Records:
    """Cuts a stream of text into batches of the wanted columns; `_row` is the number of the line a row starts on."""

    def __init__(self, shape: Shape, wanted: Sequence[str], first_line: int) -> None:
        self._shape = shape
        self._wanted = list(wanted)
        self._places = [shape.columns.index(name) for name in wanted]
        self._line = first_line  # of the first character that is not yet cut
        self.blank = 0

    def batches(self, chunks: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """Batches of rows, one or more for each chunk of text."""
        rest = ""
        for chunk in chunks:
            rest += chunk
            if "\n" not in rest and len(rest) > MAX_LINE:
                # The line goes on and on: keep its beginning, to show it, and wait for its end.
                rest = rest[: MAX_LINE + 1]
                continue
            batch, used = self._cut(rest, final=False)
            rest = rest[used:]
            if batch is not None:
                yield batch
        if rest:
            batch, _ = self._cut(rest if rest.endswith("\n") else rest + "\n", final=True)
            if batch is not None:
                yield batch

    def _cut(self, text: str, *, final: bool) -> tuple[pa.RecordBatch | None, int]:
        end = text.rfind("\n") + 1
        if not end:
            return None, 0
        whole = text[:end]
        lines = whole.count("\n")
        batch = self._regular(whole, lines)
        if batch is not None:
            self._line += lines
            return batch, end
        return self._line_by_line(text, end, final=final)

    def _regular(self, text: str, lines: int) -> pa.RecordBatch | None:
        """The rows if each line is one and nothing is odd about any of them; else None."""
        if "\0" in text or not self._quoted_plainly(text):
            return None
        try:
            encoded = text.encode("utf-8")
            table = arrow_csv.read_csv(
                pa.BufferReader(encoded),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=len(encoded) + 1, column_names=list(self._shape.columns)
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self._shape.delimiter, quote_char=self._shape.quote, newlines_in_values=True
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=self._wanted,
                    column_types=dict.fromkeys(self._wanted, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except (UnicodeEncodeError, pa.ArrowInvalid):
            return None
        if table.num_rows != lines or _longest(table) > MAX_LINE:
            return None
        columns = [column.combine_chunks() for column in table.columns]
        rows = pa.array(range(self._line, self._line + lines), pa.int64())
        none = pa.nulls(lines, pa.string())
        return pa.RecordBatch.from_arrays([rows, none, none, *columns], [ROW, FAULT, LINE, *self._wanted])

    def _quoted_plainly(self, text: str) -> bool:
        """Whether every quote opens or closes a field: then both parsers cannot but read the same."""
        quote, delimiter = self._shape.quote, self._shape.delimiter
        quotes = text.count(quote)
        if not quotes:
            return True
        opening = text.count(delimiter + quote) + text.count("\n" + quote) + text.startswith(quote)
        closing = text.count(quote + delimiter) + text.count(quote + "\n")
        return opening == closing and opening + closing == quotes

    def _line_by_line(self, text: str, end: int, *, final: bool) -> tuple[pa.RecordBatch | None, int]:
        lines = text[:end].split("\n")[:-1]
        good: list[tuple[int, list[str]]] = []
        bad: list[_Bad] = []
        position, used = 0, 0
        while position < len(lines):
            line = lines[position]
            number, taken = self._line + position, 1
            if not line.strip():
                self.blank += 1
            elif fault := _unreadable(line):
                bad.append(_Bad(number, fault, line))
            else:
                fields, taken, fault = self._record(lines, position)
                if fields is None and taken > len(lines) - position and not final:
                    break  # the record goes on in text that has not come yet
                if fields is None:
                    taken = 1
                    bad.append(_Bad(number, fault, line))
                else:
                    good.append((number, fields))
            used += sum(len(part) + 1 for part in lines[position : position + taken])
            position += taken
        self._line += position
        return self._batch(good, bad), used

    def _record(self, lines: Sequence[str], start: int) -> tuple[list[str] | None, int, str]:
        """The fields of the record that starts on a line, how many lines it takes, and what is wrong if it is none."""
        width = len(self._shape.columns)
        if self._shape.quote not in lines[start]:
            fields, taken = lines[start].split(self._shape.delimiter), 1
        else:
            taking = _Taking(lines, start)
            reader = csv.reader(taking, delimiter=self._shape.delimiter, quotechar=self._shape.quote, strict=True)
            try:
                fields = next(reader)
            except (csv.Error, StopIteration):
                return None, taking.taken, f"has a quote {self._shape.quote} that does not open and close a field"
            taken = taking.taken
        if len(fields) != width:
            return None, 1, f"has {len(fields)} columns, the header has {width}"
        return fields, taken, ""

    def _batch(self, good: list[tuple[int, list[str]]], bad: list[_Bad]) -> pa.RecordBatch | None:
        if not good and not bad:
            return None
        empty = [None] * len(bad)
        rows = pa.array([number for number, _ in good] + [each.number for each in bad], pa.int64())
        faults = pa.array([None] * len(good) + [each.fault for each in bad], pa.string())
        texts = pa.array([None] * len(good) + [_shown(each.line) for each in bad], pa.string())
        columns = [pa.array([fields[place] for _, fields in good] + empty, pa.string()) for place in self._places]
        return pa.RecordBatch.from_arrays([rows, faults, texts, *columns], [ROW, FAULT, LINE, *self._wanted])


class _Taking:
    """Lines handed to a parser one by one, counted, until a record has become too long to be one.

    `taken` is one more than there are lines if the parser wanted another.
    """

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self._lines = lines
        self._start = start
        self._length = 0
        self.taken = 0

    def __iter__(self) -> "_Taking":
        return self

    def __next__(self) -> str:
        position = self._start + self.taken
        if self._length > MAX_LINE:
            raise csv.Error("too long")
        self.taken += 1
        if position >= len(self._lines):
            raise StopIteration
        line = self._lines[position] + "\n"
        self._length += len(line)
        return line


def _unreadable(line: str) -> str | None:
    if len(line) > MAX_LINE:
        return f"is longer than {MAX_LINE:,} characters"
    if "\0" in line:
        return "has a NUL byte"
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        # What could not be decoded was kept as a lone surrogate that carries the byte.
        return f"has the byte 0x{ord(line[error.start]) - 0xDC00:02x}, which is no letter in the encoding of this file"
    return None


def _shown(line: str) -> str:
    return line[:_SHOWN].replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode("utf-8")


def _longest(table: pa.Table) -> int:
    """No line is longer than the longest cells of all columns together."""
    lengths = (
        pc.call_function("max", [pc.call_function("binary_length", [column])]).as_py() for column in table.columns
    )
    return sum(length or 0 for length in lengths)
