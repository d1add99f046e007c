"""Cutting text into rows: what a writer wrote is read back, wherever the text happens to be cut."""

import csv
import io
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.intake.sources.feed import FAULT, LINE, ROW
from punchcard.intake.sources.records import Records, Shape

SHAPE = Shape(",", '"', ("a", "b"))
Row = tuple[int, str | None, str | None, str | None, str | None]


def rows(chunks: Sequence[str]) -> tuple[list[Row], int]:
    records = Records(SHAPE, ("b", "a"), 2)
    found = [
        (row[ROW], row[FAULT], row[LINE], row["a"], row["b"])
        for batch in records.batches(chunks)
        for row in batch.to_pylist()
    ]
    return sorted(found), records.blank


def cut(text: str, sizes: Sequence[int]) -> list[str]:
    chunks, rest = list[str](), text
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    return [*chunks, rest]


CELLS = st.text(st.sampled_from('ab",\n '), max_size=6)


@given(st.lists(st.tuples(CELLS.filter(str.strip), CELLS), max_size=6), st.lists(st.integers(1, 9), max_size=12))
def test_what_a_writer_wrote_is_read_back(written: list[tuple[str, str]], sizes: list[int]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(written)
    found, blank = rows(cut(text.getvalue(), sizes))
    assert [(a, b) for _, fault, _, a, b in found if fault is None] == written
    assert blank == 0
    lines = [2]
    for a, b in written:
        lines.append(lines[-1] + 1 + a.count("\n") + b.count("\n"))
    assert [row for row, *_ in found] == lines[:-1]


@given(st.text(st.sampled_from('ab",\n\0'), max_size=60), st.lists(st.integers(1, 9), max_size=20))
@example('"a\n"b\n', [3])
@example('1,"open\n2,ok\n3,"fine"\n', [9, 9])
def test_where_the_text_is_cut_makes_no_difference_and_every_line_is_accounted_for(text: str, sizes: list[int]) -> None:
    whole, blank = rows([text])
    assert rows(cut(text, sizes)) == (whole, blank)
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    taken = sum(1 + (a or "").count("\n") + (b or "").count("\n") for _, _, _, a, b in whole)
    assert taken + blank == lines
