"""A brand's viewer is shown nothing that tells of a single member, whichever way the question is put."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from punchcard.answer import Answer
from punchcard.errors import Forbidden, QueryError
from punchcard.members import behind, history
from punchcard.opening import bring_in, opened
from punchcard.plan.rows import OTHER
from punchcard.programme import Programme
from punchcard.project import load
from punchcard.query import decode
from punchcard.viewer import Viewer

BRAND = Viewer("ours", frozenset({"ours"}))
BRANDS = "from: {rows: [{brand: ours}]}\ntables: {brand: {columns: {brand_id: brand, name: brand}}}\n"
SALES = """\
from: {file: data/sales.csv}
tables:
  product: {distinct: true, columns: {product_id: product, brand_id: brand, name: product, category_l1: product}}
  store: {distinct: true, columns: {store_id: store, brand_id: brand, name: store, region: store}}
  txn:
    columns:
      txn_id: receipt
      brand_id: brand
      store_id: store
      member_id: card
      kind: {value: sale}
      occurred_at: sold_at
      currency: {value: EUR}
  txn_line:
    columns:
      line_id: receipt
      txn_id: receipt
      product_id: product
      qty: {value: 1}
      net: paid
      gross: paid
      discount: {value: 0}
"""
# Members of each product in each store. Beer in the village is bought by three; one buys nearly all wine of the town.
CELLS = {
    ("bread", "town"): 60, ("bread", "village"): 40, ("bread", "airport"): 25,
    ("milk", "town"): 50, ("milk", "village"): 30, ("milk", "airport"): 12,
    ("beer", "town"): 20, ("beer", "village"): 3, ("beer", "airport"): 0,
    ("wine", "town"): 15, ("wine", "village"): 14, ("wine", "airport"): 11,
}  # fmt: skip


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    """One brand that sells four products in three stores; each purchase is worth 10, but one of wine in town 5,000."""
    folder: Path = tmp_path_factory.mktemp("cells")
    rows, number = ["receipt,brand,store,product,card,sold_at,paid"], itertools.count(1)
    for (product, store), members in CELLS.items():
        for place in range(members):
            paid = 5000 if (product, store, place) == ("wine", "town", 0) else 10
            day = place % 28 + 1
            rows.append(f"r{next(number)},ours,{store},{product},{store}{place},2026-03-{day:02} 12:00:00,{paid}")
    for name, text in {
        "punchcard.yaml": 'name: Cells\nzone: UTC\ncurrency: EUR\ntoday: "2026-04-01"\n',
        "sources/brand.yaml": BRANDS,
        "sources/sales.yaml": SALES,
        "data/sales.csv": "\n".join(rows) + "\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    bring_in(load(folder))
    with opened(folder) as found:
        yield found


def ask(programme: Programme, kind: str, filters: Any = None, **asked: Any) -> Answer:
    """A question of the brand about March."""
    return programme.ask({"ask": {"kind": kind, **asked}, "period": "2026-03", "filters": filters or []}, BRAND)


def shown(answer: Answer, *labels: str) -> dict[tuple[str, ...], object]:
    """The first figure by its labels; a total has an empty label."""
    result = answer.result
    places = [result.index(label) for label in labels]
    figure = next(place for place, column in enumerate(result.columns) if column.role == "measure")
    return {tuple(str(row[place] or "") for place in places): row[figure] for row in result.rows}


def sums(answer: Answer, labels: tuple[str, ...]) -> Iterator[Callable[[tuple[str, str]], bool]]:
    """Of each shown figure, which cells it sums up; "all others" are the values that the answer does not name."""
    figures = shown(answer, *labels)
    named = [{label[place] for label in figures} for place in range(len(labels))]
    for label, value in figures.items():
        sides = {name: (one, others) for name, one, others in zip(labels, label, named, strict=True)}
        wanted = [sides.get(name, ("", set[str]())) for name in ("product.name", "store.name")]
        if value is not None:
            yield lambda key, wanted=wanted: all(map(in_group, wanted, key))


def in_group(wanted: tuple[str, set[str]], name: str) -> bool:
    """Whether a value is what a label says: itself, all of them, or those that are not named."""
    one, others = wanted
    return name not in others if one == OTHER else one in ("", name)


def test_a_small_group_is_hidden_and_another_with_it(programme: Programme) -> None:
    pivot: dict[str, Any] = {"metrics": ["txns_count"], "rows": ["product.name"], "columns": ["store.name"]}
    found = shown(ask(programme, "pivot", **pivot), "product.name", "store.name")
    assert found["beer", "village"] is None
    assert found["beer", ""] == 23
    assert found["beer", "town"] is None, "with the total of beer it would tell of the village"
    assert found["", "village"] == 87
    assert sum(value is None for (product, store), value in found.items() if store == "village" and product) > 1
    answer = ask(programme, "pivot", **pivot)
    assert [note.kind for note in answer.result.notes] == ["suppressed"]
    assert [column.of for column in answer.result.columns if column.name.startswith("suppressed")] == ["txns_count"]


@pytest.mark.parametrize("metric", ["txns_count", "net_revenue", "purchasing_members"])
def test_no_unsafe_cell_follows_from_all_answers_about_one_table(programme: Programme, metric: str) -> None:
    names = [sorted({key[side] for key in CELLS}) for side in (0, 1)]
    cells = [key for key in CELLS if CELLS[key]]
    known: list[list[float]] = []

    def learn(answer: Answer, labels: tuple[str, ...], within: Any = lambda key: True) -> None:
        known.extend([float(within(key) and holds(key)) for key in cells] for holds in sums(answer, labels))

    for top in (2, 3, 50):
        pivot: dict[str, Any] = {"metrics": [metric], "rows": ["product.name"], "columns": ["store.name"], "top": top}
        learn(ask(programme, "pivot", **pivot), ("product.name", "store.name"))
    learn(ask(programme, "table", metrics=[metric], by=["product.name", "store.name"]), ("product.name", "store.name"))
    for side, name in enumerate(("product.name", "store.name")):
        for ascending in (False, True):
            learn(ask(programme, "ranking", metrics=[metric], by=name, top=1, ascending=ascending), (name,))
        other = ("product.name", "store.name")[1 - side]
        for value in names[side]:
            for negated in (False, True):
                only = [{"dimension": name, "in": [value], "not": negated}]
                kept = lambda key, side=side, value=value, negated=negated: (key[side] == value) != negated  # noqa: E731
                learn(ask(programme, "number", only, metrics=[metric]), (), kept)
                learn(ask(programme, "ranking", only, metrics=[metric], by=other), (other,), kept)
    matrix = np.array(known)
    rank = np.linalg.matrix_rank(matrix)
    unsafe = [("beer", "village"), *([("wine", "town")] if metric == "net_revenue" else [])]
    for key in unsafe:
        row = [float(one == key) for one in cells]
        assert np.linalg.matrix_rank(np.array([*known, row])) == rank + 1, key


def test_a_sum_that_is_nearly_all_one_members_is_hidden(programme: Programme) -> None:
    found = shown(
        ask(programme, "table", metrics=["net_revenue"], by=["product.name", "store.name"]),
        "product.name",
        "store.name",
    )
    assert found["wine", "town"] is None
    counted = shown(
        ask(programme, "table", metrics=["txns_count"], by=["product.name", "store.name"]), "product.name", "store.name"
    )
    assert counted["bread", "town"] == 60


def test_the_order_of_rows_does_not_tell_of_hidden_ones(programme: Programme) -> None:
    rows = ask(programme, "table", metrics=["net_revenue"], by=["product.name", "store.name"], total=False).result.rows
    values = [row[2] for row in rows]
    first = values.index(None)
    assert all(value is None for value in values[first:])
    assert [str(row[:2]) for row in rows[first:]] == sorted(str(row[:2]) for row in rows[first:])


def test_what_is_computed_from_a_hidden_figure_is_hidden(programme: Programme) -> None:
    answer = ask(
        programme, "pivot", metrics=["txns_count"], rows=["product.name"], columns=["store.name"], relative="row"
    )
    for row in answer.result.rows:
        assert (row[2] is None) == (row[3] is None), row
    few = [{"dimension": "product.name", "in": ["beer"]}, {"dimension": "store.name", "in": ["village"]}]
    compared = ask(programme, "compare", metrics=["atv"], a={"title": "A", "filters": few}, b={"title": "B"})
    assert compared.result.rows[0][1] is None
    assert compared.result.rows[0][3:7] == (None,) * 4
    assert ask(programme, "trend", metrics=["net_revenue"], grain="day", cumulative=True).result.rows


def test_a_member_is_never_a_row_and_lists_are_refused(programme: Programme) -> None:
    answer = ask(programme, "table", metrics=["net_revenue"], by=["member_id"])
    assert all(row[1] is None for row in answer.result.rows if not row[2])
    one = [{"dimension": "member_id", "in": ["town0"]}]
    assert ask(programme, "number", one, metrics=["net_revenue"]).result.rows[0][0] is None
    with pytest.raises(Forbidden, match="no list"):
        behind(programme, decode({"ask": {"kind": "number", "metrics": ["purchasing_members"]}}), BRAND, {})
    with pytest.raises(Forbidden, match="no history"):
        history(programme, "town0", BRAND)
    with pytest.raises(QueryError, match="at most 4 dimensions"):
        by = ["product.name", "store.name", "time.weekday", "time.hour", "channel"]
        ask(programme, "table", metrics=["net_revenue"], by=by)


def test_a_spread_names_neither_the_first_nor_the_last(programme: Programme) -> None:
    answer = ask(programme, "distribution", metric="net_revenue")
    assert all(row[2] is None or row[2] == 0 or row[2] >= 10 for row in answer.result.rows)  # type: ignore[operator]
    assert "minimum — " in answer.result.notes[0].text


def test_behaviour_of_few_members_is_hidden(programme: Programme) -> None:
    answer = ask(programme, "frequency", activity={"activity": "purchase"})
    members = answer.result.index("members")
    assert all(row[members] is None or row[members] >= 10 for row in answer.result.rows)  # type: ignore[operator]


def test_the_operator_sees_every_figure(programme: Programme) -> None:
    asked = {"kind": "pivot", "metrics": ["txns_count"], "rows": ["product.name"], "columns": ["store.name"]}
    answer = programme.ask({"ask": asked, "period": "2026-03"})
    assert shown(answer, "product.name", "store.name")["beer", "village"] == 3
    assert not answer.result.notes
    assert "suppressed" not in json.dumps(answer.to_dict(), default=str)
