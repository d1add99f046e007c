"""punchcard.open(...).ask(...): answers that a data scientist can reckon with, errors that help."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from punchcard import open as opened
from punchcard.answer import Answer
from punchcard.errors import ImportFailed, QueryError
from tests.cli.conftest import Command

BY_MEMBER = {"ask": {"kind": "ranking", "metrics": ["net_revenue"], "by": "member_id", "top": 2}}


@pytest.fixture
def answer(punchcard: Command, shop: Path) -> Answer:
    punchcard("import", shop)
    with opened(shop) as programme:
        return programme.ask(BY_MEMBER)


def test_arrow_and_polars_keep_exact_amounts_and_pandas_can_add_them_up(answer: Answer) -> None:
    assert answer.to_arrow().column("net_revenue").to_pylist()[0] == Decimal("10.25")
    polars = answer.to_polars()
    assert isinstance(polars, pl.DataFrame)
    assert polars["net_revenue"][0] == Decimal("10.25")
    pandas = answer.to_pandas()
    assert isinstance(pandas, pd.DataFrame)
    assert pandas["net_revenue"].dtype == "float64"
    assert pandas.loc[~pandas["total"], "net_revenue"].sum() == 16.75


def test_a_column_without_any_figure_is_a_column_of_figures_all_the_same(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    with opened(shop) as programme:
        answer = programme.ask({**BY_MEMBER, "period": "2026-03", "compare": "2020"})
    assert answer.to_pandas()["net_revenue_before"].dtype == "float64"


def test_a_notebook_shows_a_table_whose_words_are_escaped(punchcard: Command, shop: Path) -> None:
    sales = shop / "data/sales.csv"
    sales.write_text(sales.read_text("utf-8").replace("bob", "<b>bob</b>"), "utf-8")
    punchcard("import", shop)
    with opened(shop) as programme:
        shown = programme.ask(BY_MEMBER)._repr_html_()
    assert "<td>&lt;b&gt;bob&lt;/b&gt;</td><td>€10.25</td>" in shown
    assert "<caption>" in shown


def test_the_whole_answer_as_plain_values_names_its_parts(answer: Answer) -> None:
    whole = answer.to_dict()
    assert list(whole) == [
        "query", "period", "comparison", "currency", "columns", "rows", "notes", "method", "sql", "freshness",
        "seconds",
    ]  # fmt: skip
    assert whole["currency"] == "EUR"
    assert whole["columns"][1] == {
        "name": "net_revenue", "title": "Net revenue", "role": "measure", "unit": "currency", "better": "higher",
    }  # fmt: skip


def test_a_wrong_word_is_told_with_the_right_one(punchcard: Command, shop: Path) -> None:
    punchcard("import", shop)
    with opened(shop) as programme, pytest.raises(QueryError, match="did you mean 'net_revenue'"):
        programme.ask({"ask": {"kind": "number", "metrics": ["net_revenu"]}})


def test_a_project_without_data_says_what_to_run(shop: Path) -> None:
    with pytest.raises(ImportFailed, match="run: punchcard import"):
        opened(shop)
