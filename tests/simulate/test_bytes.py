"""One seed, one programme: to the byte, whoever makes it and in whatever portions."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from msgspec import structs

from punchcard.errors import PunchcardError
from punchcard.project import built_in
from punchcard.simulate.profile import PHARMA, PROFILES
from punchcard.simulate.programme import Order, rows_of, simulate
from punchcard.simulate.truth import Tally
from punchcard.simulate.write import NOTHING, Format, batch

TABLES = built_in()[0].catalog.tables


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for folder, seed in (("one", 5), ("two", 5), ("three", 6)):
        simulate(tmp_path / folder, Order(PHARMA, 1_000, seed, days=180))
    one, two, three = (digests(tmp_path / folder) for folder in ("one", "two", "three"))
    assert one == two
    assert one["data/message/00001.parquet"] != three["data/message/00001.parquet"]


@pytest.mark.parametrize("form", Format)
def test_two_processes_write_the_bytes_that_one_writes(tmp_path: Path, form: Format) -> None:
    # Blocks of 64 members make 16 of 1,000, two to a part, so that both processes have something to do.
    order = Order(structs.replace(PHARMA, block=64), 1_000, 5, days=180, form=form)
    simulate(tmp_path / "one", order, workers=1)
    simulate(tmp_path / "two", order, workers=2)
    assert f"data/member/00015.{form}" in digests(tmp_path / "one")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


@pytest.mark.parametrize("name", PROFILES)
def test_a_block_of_members_does_not_depend_on_the_blocks_before_it(name: str) -> None:
    world = Order(structs.replace(PROFILES[name], block=500), 1_000, 5, days=180).world()

    def second_block() -> list[pa.RecordBatch]:
        return [batch(TABLES[table], rows) for table, rows in rows_of(world, 1, Tally())]

    alone = second_block()
    list(rows_of(world, 0, Tally()))
    assert alone == second_block()


def test_an_amount_is_exact_and_a_missing_one_is_missing() -> None:
    cents = np.array([0, 1, -1, 123_456_789_012, -250, NOTHING])
    got = batch(TABLES["txn"], {"txn_id": np.arange(1, 7), "tax": cents}).column("tax").to_pylist()
    assert [None if each is None else str(each) for each in got] == [
        "0.00",
        "0.01",
        "-0.01",
        "1234567890.12",
        "-2.50",
        None,
    ]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order(PHARMA, 999, 1), "members: 999 is not between 1,000 and 5,000,000"),
        (Order(PHARMA, 1_000, 1, days=90), "days: 90 is not between 180 and 1,500"),
        (Order(PHARMA, 1_000, -1), "seed: -1 is below zero"),
    ],
)
def test_an_order_that_cannot_be_met_is_refused_before_anything_is_written(
    tmp_path: Path, order: Order, said: str
) -> None:
    with pytest.raises(PunchcardError, match=said):
        simulate(tmp_path / "new", order)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(PunchcardError, match="not empty"):
        simulate(tmp_path, Order(PHARMA, 1_000, 1))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_days_begin_at_local_midnight_on_both_sides_of_a_clock_change() -> None:
    days = Order(PHARMA, 1_000, 1, first=date(2025, 3, 29), days=180).world().days
    # The night to 30 March 2025 lost an hour in Paris.
    assert [int(hours) // 3600 for hours in np.diff(days.midnights[:4])] == [24, 23, 24]
    assert (days.noons[1] + 12 * 3600 - days.midnights[1]) // 3600 == 11
