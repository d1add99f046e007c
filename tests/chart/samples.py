"""One small made-up result for each chart kind; the figures are nobody's."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import sin

from punchcard.chart import (
    Bar,
    Bullet,
    Chart,
    Column,
    Compare,
    Distribution,
    Figure,
    Flow,
    Forest,
    Funnel,
    Heat,
    Interval,
    Line,
    Pivot,
    Scatter,
    Table,
    Upset,
    Waterfall,
)
from punchcard.result import Cell, Result
from punchcard.result import Column as Of

DAY = date(2026, 8, 1)


def wave(place: int, *, of: int = 0) -> float:
    """A made-up figure between 0 and 1 that goes up and down."""
    return 0.5 + 0.28 * sin(place * 0.9 + of) + 0.12 * sin(place * 2.3 + of * 3) + place * 0.002


def result(columns: tuple[Of, ...], rows: Sequence[tuple[Cell, ...]]) -> Result:
    return Result(columns, tuple(rows))


def months(count: int) -> list[date]:
    return [date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1) for n in range(count)]


def figure(title: str, value: Cell, before: Cell, unit: str, better: str = "higher") -> Figure:
    one = result(
        (Of("v", title, "measure", unit, better=better), Of("b", "previous", "comparison", unit, of="v")),
        [(value, before)],
    )
    trend = result(
        (Of("day", "Day", "time", "day"), Of("v", title, "measure", unit)),
        [(DAY + timedelta(n), wave(n, of=len(title)) * 100) for n in range(30)],
    )
    return Figure.of(one, trend=trend, versus="vs previous 90 days")


def daily(*, incomplete: int = 1) -> Result:
    days = 90
    return result(
        (
            Of("day", "Day", "time", "day"),
            Of("purchases", "This period", "measure", "receipts"),
            Of("before", "Previous period", "comparison", "receipts", of="purchases"),
            Of("incomplete", "Not over yet", "flag"),
        ),
        [
            (
                DAY + timedelta(n),
                round(38000 + 22000 * wave(n) + 90 * n),
                round(34000 + 18000 * wave(n)),
                n >= days - incomplete,
            )
            for n in range(days)
        ],
    )


def ranking() -> Result:
    rows = [("Influencers", 91806), ("Referral", 90520), ("E-mail", 81842), ("Push", 67942), ("In store", 64333)]
    return result(
        (
            Of("channel", "Channel", "label"),
            Of("members", "Members", "measure", "members"),
            Of("before", "Previous period", "comparison", "members", of="members"),
            Of("other", "All others", "flag"),
        ),
        [(name, value, value * (0.8 + 0.07 * n), False) for n, (name, value) in enumerate(rows)]
        + [("Other (4)", 15398, 17000, True)],
    )


def by_category() -> Result:
    names = ("Fuel", "Grocery", "Pharmacy", "Travel", "Cafe")
    return result(
        (
            Of("month", "Month", "time", "month"),
            Of("category", "Category", "label"),
            Of("points", "Points", "measure", "points"),
        ),
        [
            (month, name, round(40 + 30 * wave(m, of=n)))
            for m, month in enumerate(months(12))
            for n, name in enumerate(names)
        ],
    )


def retention() -> Result:
    cohorts = months(12)
    rows: list[tuple[Cell, ...]] = []
    for c, cohort in enumerate(cohorts):
        rows += [(cohort, m, 1.0 if m == 0 else 0.66 / m**0.35 + 0.02 * wave(c + m)) for m in range(12 - c)]
    return result(
        (
            Of("cohort", "Joined", "label", "month"),
            Of("month", "Months since", "label", "count"),
            Of("kept", "Kept", "measure", "ratio"),
        ),
        rows,
    )


def steps() -> Result:
    rows = [
        ("Invited", 100000),
        ("Opened", 62917),
        ("Card activated", 45145),
        ("First purchase", 26760),
        ("Second purchase", 12689),
    ]
    return result((Of("step", "Step", "label"), Of("members", "Members", "measure", "members")), [*rows])


def flows() -> Result:
    moves = {
        "New": (217000, 310000, 90000, 142000),
        "Active": (0, 560000, 130000, 96000),
        "At risk": (0, 140000, 180000, 77000),
        "Left": (0, 40000, 17000, 278000),
    }
    names = tuple(moves)
    return result(
        (Of("before", "Q2", "label"), Of("after", "Q3", "label"), Of("members", "Members", "measure", "members")),
        [(start, end, count) for start, counts in moves.items() for end, count in zip(names, counts, strict=True)],
    )


def campaigns() -> Result:
    rows: list[tuple[Cell, ...]] = []
    for n in range(9):
        revenue = Decimal(round(1_900_000 * wave(n * 3), 2)).quantize(Decimal("0.01"))
        rows.append((f"Campaign {chr(65 + n)}", 30_000 + round(330_000 * wave(n)), revenue, 0.7 + 3 * wave(n), False))
    rows.append((None, 1_845_161, Decimal("9344525.40"), 2.41, True))
    return result(
        (
            Of("campaign", "Campaign", "label"),
            Of("sent", "Sent", "measure", "messages"),
            Of("revenue", "Revenue", "measure", "currency"),
            Of("roi", "ROI", "measure", "index"),
            Of("total", "Total", "flag"),
        ),
        rows,
    )


def forest() -> Result:
    return result(
        (
            Of("campaign", "Campaign", "label"),
            Of("effect", "Effect per member", "measure", "currency"),
            Of("low", "From", "low", "currency", of="effect"),
            Of("high", "To", "high", "currency", of="effect"),
            Of("shrunk", "Drawn to the mean", "measure", "currency"),
            Of("proven", "proven", "flag"),
            Of("pooled", "pooled", "flag"),
        ),
        [
            ("Double points", 5.2, 3.1, 7.3, 4.4, True, False),
            ("We miss you", 2.4, -0.6, 5.4, 2.9, False, False),
            ("Birthday", -0.4, -3.0, 2.2, 1.1, False, False),
            ("Coupon week", None, None, None, None, False, False),
            ("All together", 2.7, 0.4, 5.0, None, True, True),
        ],
    )


def uplifts() -> Result:
    rows = [
        (0.008, 0.0, 0.016),
        (0.009, -0.011, 0.029),
        (0.004, -0.016, 0.025),
        (0.058, 0.044, 0.072),
        (0.017, 0.003, 0.031),
    ]
    return result(
        (
            Of("campaign", "Campaign", "label"),
            Of("uplift", "Uplift", "measure", "ratio", better="higher"),
            Of("low", "low", "low", "ratio", of="uplift"),
            Of("high", "high", "high", "ratio", of="uplift"),
        ),
        [(f"Campaign {chr(65 + n)}", *row) for n, row in enumerate(rows)],
    )


def stores() -> Result:
    return result(
        (
            Of("store", "Store", "label"),
            Of("format", "Format", "label"),
            Of("trips", "Trips per member", "measure", "trips"),
            Of("basket", "Average basket", "measure", "currency"),
        ),
        [
            (f"Store {n}", ("City", "Mall", "Drive-in")[n % 3], 1 + 5 * wave(n * 5), 18 + 40 * wave(n * 3, of=n % 3))
            for n in range(48)
        ],
    )


def baskets() -> Result:
    return result(
        (
            Of("start", "Basket value", "label", "currency"),
            Of("end", "to", "label", "currency"),
            Of("n", "Receipts", "measure", "receipts"),
        ),
        [
            (
                n * 10,
                None if n == 14 else n * 10 + 10,
                round(9000 * (n + 1) ** 1.4 / 2.1**n**0.9 + (900 if n == 14 else 0)),
            )
            for n in range(15)
        ],
    )


def sides() -> Result:
    names = ("Fresh", "Bakery", "Dairy", "Household", "Drinks")
    return result(
        (
            Of("c", "Category", "label"),
            Of("a", "Gold members", "measure", "ratio"),
            Of("b", "All members", "measure", "ratio"),
        ),
        [(name, 0.2 + 0.5 * wave(n), 0.2 + 0.5 * wave(n, of=1)) for n, name in enumerate(names)],
    )


def bridge() -> Result:
    return result(
        (Of("step", "Step", "label"), Of("v", "Revenue", "measure", "currency"), Of("total", "Level", "flag")),
        [
            ("Q2", 4_200_000, True), ("Members", 310_000, False), ("Frequency", -140_000, False),
            ("Basket", 95_000, False), ("Mix", -30_000, False), ("Q3", 4_435_000, True),
        ],
    )  # fmt: skip


def targets() -> Result:
    return result(
        (
            Of("goal", "Goal", "label"),
            Of("v", "Reached", "measure", "members"),
            Of("t", "Target", "measure", "members"),
        ),
        [("Active members", 1_280_000, 1_500_000), ("New members", 41_000, 38_000), ("App users", 310_000, 700_000)],
    )


def crossing() -> Result:
    labels = ("specialty", "channel", "consent")
    rows: list[tuple[Cell, ...]] = []
    n = 0
    for specialty in ("Cardiology", "Oncology", None):
        for channel in ("Digest", "Webinar", None):
            for consent in ("E-mail", "Phone", "None", None):
                n += 1
                flags = (specialty is None, channel is None, consent is None)
                rows.append((specialty, channel, consent, round(9000 * wave(n) * (1 + 2 * sum(flags))), *flags))
    return result(
        (
            Of("specialty", "Specialty", "label"),
            Of("channel", "Type", "label"),
            Of("consent", "Consent", "label"),
            Of("members", "Members", "measure", "members"),
            *(Of(f"total_{label}", "Total", "flag") for label in labels),
        ),
        rows,
    )


def overlap() -> Result:
    marks = [(True, False, False), (False, False, False), (True, True, False), (True, True, True), (False, True, True)]
    sets = [Of(name, title, "label") for name, title in (("a", "Regulars"), ("b", "Web"), ("c", "Gold"))]
    columns = (*sets, Of("v", "Members", "measure", "members"), Of("total", "total", "flag"))
    rows: list[tuple[Cell, ...]] = [(*mark, 500 - 90 * place, False) for place, mark in enumerate(marks)]
    rows += [(True, None, None, 1050, True), (None, True, None, 690, True), (None, None, True, 370, True)]
    return result(columns, rows)


def forecast() -> Result:
    return result(
        (
            Of("week", "Week", "time", "week"),
            Of("v", "Expected revenue", "measure", "currency"),
            Of("lo", "low", "low", "currency", of="v"),
            Of("hi", "high", "high", "currency", of="v"),
        ),
        [(DAY + timedelta(7 * n), v := 90_000 + 30_000 * wave(n), v - 2000 * n, v + 2500 * n) for n in range(16)],
    )


CHARTS: dict[str, tuple[str, Chart, int]] = {
    "active": ("Active members", figure("Active members", 1_284_000, 1_232_000, "members"), 3),
    "revenue": ("Revenue from members", figure("Revenue", Decimal("48630000.10"), Decimal(45070000), "currency"), 3),
    "redemption": ("Redemption rate", figure("Redemption", 0.312, 0.326, "ratio"), 3),
    "cost": ("Programme cost", figure("Cost", 812_400, 845_000, "currency", better="lower"), 3),
    "line": ("Daily purchases by members", Line.of(daily()), 8),
    "bar": ("Members joined by channel", Bar.of(ranking()), 4),
    "stack": ("Points issued by partner category", Column.of(by_category(), mode="stacked"), 6),
    "funnel": ("Welcome series funnel", Funnel.of(steps()), 6),
    "heat": ("Retention by join month", Heat.of(retention()), 6),
    "flow": ("Segment flow, Q2 to Q3", Flow.of(flows()), 6),
    "upset": ("Three segments over one another", Upset.of(overlap()), 6),
    "table": ("Campaigns", Table.of(campaigns(), bars=("revenue",)), 7),
    "interval": ("Uplift by campaign, 95% interval", Interval.of(uplifts()), 5),
    "forest": ("Campaigns beside each other", Forest.of(forest()), 7),
    "scatter": ("Stores: trips and basket", Scatter.of(stores()), 6),
    "distribution": ("Basket value", Distribution.of(baskets()), 6),
    "area": ("Points issued, stacked", Line.of(by_category(), stacked=True), 6),
    "share": ("Share of points by category", Column.of(by_category(), mode="share"), 6),
    "grouped": ("Points by category, two quarters", Column.of(by_category()), 6),
    "forecast": ("Expected revenue per week", Line.of(forecast()), 6),
    "dumbbell": ("Gold against all: share who buy", Compare.of(sides()), 6),
    "butterfly": ("Gold against all, side by side", Compare.of(sides(), look="butterfly"), 6),
    "waterfall": ("From Q2 to Q3", Waterfall.of(bridge()), 6),
    "bullet": ("On the way to the targets", Bullet.of(targets()), 6),
    "pivot": (
        "Reach by specialty, type and consent",
        Pivot.of(crossing(), across=("channel", "consent"), look="heat"),
        12,
    ),
    "nothing": ("Redemptions by reward", Bar.of(result(ranking().columns, [])), 6),
    "single": ("New members", Line.of(result(daily().columns[:2], [(DAY, 3)])), 6),
}
