"""Figures as people of several languages read them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_decimal

from punchcard.format import Format, after

EN = Format.of("en", currency="USD")


@pytest.mark.parametrize(
    ("value", "unit", "short", "exact"),
    [
        (1_284_000, "members", "1.28M", "1,284,000"),
        (999_999, "points", "1M", "999,999"),
        (9_999, "receipts", "9,999", "9,999"),
        (0, "members", "0", "0"),
        (Decimal("48630000.10"), "currency", "$48.6M", "$48,630,000.10"),
        (Decimal("12.5"), "currency", "$12.50", "$12.50"),
        (-12_345, "currency", "−$12.3K", "−$12,345.00"),
        (0.3123, "ratio", "31.2%", "31.2%"),
        (0.004, "ratio", "0.40%", "0.40%"),
        (-0.004, "ratio", "−0.40%", "−0.40%"),
        (31.23, "percent", "31.2%", "31.2%"),
        (1, "days", "1 day", "1 day"),
        (2.5, "hours", "2.5 hours", "2.5 hours"),
        (1.256, "index", "1.26", "1.26"),
        (0.0141, "pp", "1.4", "1.4"),
        (Decimal("0.125"), "currency", "$0.13", "$0.13"),
        (None, "members", "—", "—"),
        (float("nan"), "ratio", "—", "—"),
        (float("inf"), "ratio", "—", "—"),
    ],
)  # fmt: skip
def test_a_figure_is_written_by_its_unit(value: Decimal | float | None, unit: str, short: str, exact: str) -> None:
    assert (EN.short(value, unit), EN.exact(value, unit)) == (short, exact)


@pytest.mark.parametrize(
    ("tag", "members", "money", "share", "days"),
    [
        ("de", "1,28\xa0Mio.", "1.234,50\xa0€", "31,2\xa0%", "5 Tage"),
        ("ru", "1,28\xa0млн", "1\xa0234,50\xa0€", "31,2\xa0%", "5 дней"),
        ("ar", "1.28M", "€1,234.50", "31.2%", "5 أيام"),
        ("ko", "128만", "€1,234.50", "31.2%", "5일"),
    ],
)
def test_each_language_has_its_own_way(tag: str, members: str, money: str, share: str, days: str) -> None:
    other = Format.of(tag, currency="EUR")
    assert other.short(1_284_000, "members") == members
    assert other.exact(Decimal("1234.5"), "currency") == money
    assert other.exact(0.312, "ratio") == share
    assert other.exact(5, "days") == days


def test_money_of_letters_is_set_apart_from_its_figure() -> None:
    assert Format.of("en", currency="CHF").exact(1234.5, "currency") == "CHF\xa01,234.50"


def test_india_groups_by_two_after_the_thousands() -> None:
    assert Format.of("en-IN", currency="INR").exact(12345678, "currency") == "₹1,23,45,678.00"


@pytest.mark.parametrize("tag", ["en", "de", "fr", "ru", "ko", "pt-BR", "es", "hi", "tr", "ja"])
@pytest.mark.parametrize("value", [0, 7, -1234.5, 1234567.891, Decimal("98765432.125")])
def test_digits_are_those_of_babel(tag: str, value: Decimal | float) -> None:
    locale = tag.replace("-", "_")
    ours = Format.of(tag).exact(value, "index").replace("−", "-")
    assert ours == format_decimal(Decimal(str(value)) + Decimal("0.0000001"), format=_two_places(locale), locale=locale)


def _two_places(locale: str) -> str:
    return Locale.parse(locale).decimal_formats[None].pattern.partition(".")[0] + ".00"


@pytest.mark.parametrize(
    ("now", "before", "unit", "better", "arrow", "text", "good"),
    [
        (110, 100, "members", "higher", "▲", "+10.0%", True),
        (90, 100, "members", "higher", "▼", "−10.0%", False),
        (90, 100, "currency", "lower", "▼", "−10.0%", True),
        (110, 100, "members", "neutral", "▲", "+10.0%", None),
        (0.30, 0.314, "ratio", "higher", "▼", "−1.4 pp", False),
        (100.01, 100, "members", "higher", "■", "0.0%", None),
        (1500, 1, "members", "higher", "▲", "+149,900%", True),
    ],
)  # fmt: skip
def test_a_change_has_an_arrow_and_a_sign(
    now: float, before: float, unit: str, better: str, arrow: str, text: str, good: bool | None
) -> None:
    change = EN.change(now, before, unit, better)
    assert change is not None
    assert (change.arrow, change.text, change.good) == (arrow, text, good)


@pytest.mark.parametrize("before", [None, 0, -5])
def test_a_percentage_of_nothing_or_of_a_loss_is_not_made_up(before: float | None) -> None:
    assert EN.change(10, before, "currency", "higher") is None


@pytest.mark.parametrize(
    ("grain", "full", "axis"),
    [
        ("day", "Mar 5, 2026", "Mar 5"),
        ("week", "Mar 5, 2026", "Mar 5"),
        ("month", "Mar 2026", "Mar"),
        ("quarter", "Q1 2026", "Q1"),
        ("year", "2026", "2026"),
    ],
)
def test_a_bucket_is_named_by_its_grain(grain: str, full: str, axis: str) -> None:
    day = date(2026, 3, 5)
    assert (EN.bucket(day, grain), EN.bucket(day, grain, context=False)) == (full, axis)


def test_an_hour_is_named_with_its_day() -> None:
    moment = datetime(2026, 3, 5, 14, tzinfo=UTC)
    assert EN.label(moment, "hour") == "Mar 5 14:00"
    assert EN.label(moment) == "5 Mar 2026, 14:00"


@pytest.mark.parametrize(
    ("value", "unit", "label"),
    [
        (None, "text", "(none)"),
        ("", "text", "(none)"),
        ("Fuel", "text", "Fuel"),
        (True, "text", "✓"),
        (1, "weekday", "Mon"),
        (12, "count", "12"),
    ],
)
def test_a_label_is_never_empty(value: object, unit: str, label: str) -> None:
    assert EN.label(value, unit) == label


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 3, 1), date(2026, 3, 2), "Mar 1, 2026"),
        (date(2026, 3, 1), date(2026, 4, 1), "Mar 1 – 31, 2026"),
        (date(2026, 3, 1), date(2026, 6, 1), "Mar 1 – May 31, 2026"),
        (date(2025, 12, 1), date(2026, 2, 1), "Dec 1, 2025 – Jan 31, 2026"),
    ],
)
def test_a_period_names_its_first_and_last_day(start: date, end: date, text: str) -> None:
    assert EN.period(start, end) == text


@pytest.mark.parametrize(
    ("grain", "next_start"),
    [
        ("day", date(2026, 12, 2)),
        ("week", date(2026, 12, 8)),
        ("month", date(2027, 1, 1)),
        ("quarter", date(2027, 3, 1)),
    ],
)
def test_the_bucket_after(grain: str, next_start: date) -> None:
    assert after(date(2026, 12, 1), grain) == next_start


@pytest.mark.parametrize(
    ("value", "unit", "step", "high", "text"),
    [
        (5_000, "receipts", 5_000, 15_000, "5K"),
        (5_000, "receipts", 1_000, 6_000, "5,000"),
        (0, "receipts", 5_000, 15_000, "0"),
        (0.025, "ratio", 0.005, 0.05, "2.5%"),
        (0.25, "ratio", 0.25, 1, "25%"),
        (1_500_000, "currency", 500_000, 2_000_000, "$1.5M"),
        (2.5, "index", 0.5, 4, "2.5"),
    ],
)  # fmt: skip
def test_a_tick_has_the_decimals_of_its_step(value: float, unit: str, step: float, high: float, text: str) -> None:
    assert EN.axis(value, unit, step=step, high=high) == text
