"""Figures and dates as a person reads them: compact or exact, by unit and locale; no figure is a dash, never a zero."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time, get_day_names
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)
from babel.units import format_unit

Figure = int | float | Decimal
Grain = Literal["hour", "day", "week", "month", "quarter", "year"]

NO_DATA: Final = "—"
UP: Final = "▲"
DOWN: Final = "▼"
LEVEL: Final = "■"
MINUS: Final = "−"  # the typographic minus, as wide as a plus

GRAINS: Final = frozenset(("hour", "day", "week", "month", "quarter", "year"))

# Units that are written with their own word; every other unit (members, receipts, points, ...) is a plain count
# whose word is in the title.
_MEASURES: Final = {
    "seconds": "duration-second",
    "minutes": "duration-minute",
    "hours": "duration-hour",
    "days": "duration-day",
    "weeks": "duration-week",
    "months": "duration-month",
    "years": "duration-year",
}
_SHARES: Final = frozenset(("ratio", "probability", "share"))
_FRACTIONAL: Final = frozenset(("index", "elasticity", "z", "chi-square", "multiple", "points/currency", "number"))
COMPACT_FROM: Final = 10_000  # below it, a person reads the exact figure as fast
SMALL_SHARE: Final = 0.01  # below it, a second decimal tells a share from zero

# Rounds as people and spreadsheets do, where decimals would round a half to the even neighbour.
_HALF_UP: Final = Context(prec=40, rounding=ROUND_HALF_UP)
_PLACES: Final = tuple(Decimal(1).scaleb(-places) for places in range(20))


@dataclass(frozen=True, slots=True)
class Change:
    """How far a figure moved: an arrow, a signed text, and whether the move is good (None: neither)."""

    arrow: str
    text: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class Format:
    """Writes figures and dates for one locale; `currency` is the project's own.

    In right-to-left languages figures keep Latin digits and Latin suffixes, and the page isolates them left to right.

    >>> english = Format.of("en", currency="USD")
    >>> (
    ...     english.short(1_284_000, "members"),
    ...     english.short(Decimal("48630000"), "currency"),
    ...     english.short(None, "ratio"),
    ... )
    ('1.28M', '$48.6M', '—')
    >>> english.exact(Decimal("1234.5"), "currency"), english.exact(0.3123, "ratio"), english.exact(1.5, "days")
    ('$1,234.50', '31.2%', '1.5 days')
    """

    locale: Locale
    currency: str = "USD"
    none: str = "(none)"  # what a group without a name is called

    @classmethod
    def of(cls, tag: str, *, currency: str = "USD", none: str = "(none)") -> "Format":
        """The format of a language tag such as `en`, `pt-BR` or `ar`."""
        return cls(_locale(tag), currency, none)

    @property
    def numbers(self) -> Locale:
        """The locale that figures are written in."""
        return _locale("en") if self.locale.text_direction == "rtl" else self.locale

    def short(self, value: Figure | None, unit: str) -> str:
        """A figure for a card or an axis: about three digits and a suffix."""
        if value is None or not math.isfinite(value):
            return NO_DATA
        if unit in _SHARES or unit in ("percent", "pp") or unit in _MEASURES:
            return self.exact(value, unit)
        size = abs(value)
        if size < COMPACT_FROM:
            whole = size >= 100 or value == round(value)
            return self._money(value, digits=0 if whole else 2) if _is_money(unit) else self._count(value, unit)
        value = float(f"{value:.3g}")  # 999,999 is 1M, not 1000K
        digits = _significant(abs(value))
        text = (
            format_compact_currency(value, self.currency, locale=self.numbers, fraction_digits=digits)
            if _is_money(unit)
            else format_compact_decimal(value, locale=self.numbers, fraction_digits=digits)
        )
        return _signed(text)

    def exact(self, value: Figure | None, unit: str) -> str:
        """A figure for a table, a hover or a reader who checks: nothing rounded that matters to the unit."""
        if value is None or not math.isfinite(value):
            return NO_DATA
        if unit in _SHARES or unit == "percent":
            share = value / 100 if unit == "percent" else value
            return self._percent(share, digits=2 if 0 < abs(share) < SMALL_SHARE else 1)
        if unit == "pp":
            return self._decimal(value * 100, most=1, least=1)
        if _is_money(unit):
            return self._money(value, digits=2)
        if unit == "seconds":
            value, unit = _handy(value)
        if unit in _MEASURES:
            return _signed(self._measure(value, _MEASURES[unit]))
        return self._count(value, unit)

    def full(self, value: Figure | None, unit: str, *, largest: Figure) -> str:
        """A figure in a ranking or a table, where cents are noise once the largest figure has four digits."""
        if value is not None and math.isfinite(value) and _is_money(unit) and largest >= 1000:
            return self._money(value, digits=0)
        return self.exact(value, unit)

    def axis(self, value: float, unit: str, *, step: float, high: float) -> str:
        """A tick of an axis that ends at `high`: as many decimals as the step between ticks needs."""
        if unit in _SHARES or unit in ("percent", "pp"):
            share = value / 100 if unit == "percent" else value
            decimals = max(0, -math.floor(math.log10(step / 100 if unit == "percent" else step)) - 2)
            return self._percent(share, digits=decimals)
        if abs(value) >= 1000 and max(abs(value), abs(high)) >= COMPACT_FROM:
            size = 10.0 ** (3 * (int(math.log10(abs(value))) // 3))
            decimals = max(0, -math.floor(math.log10(step / size) + 1e-9))
            if _is_money(unit):
                text = format_compact_currency(value, self.currency, locale=self.numbers, fraction_digits=decimals)
            else:
                text = format_compact_decimal(value, locale=self.numbers, fraction_digits=decimals)
            return _signed(text)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        if _is_money(unit):
            return self._money(value, digits=decimals)
        return self._decimal(value, most=decimals, least=decimals)

    def change(self, now: Figure | None, before: Figure | None, unit: str, better: str) -> Change | None:
        """From `before` to `now`: relative for amounts, in points for shares; None when it cannot be said."""
        if now is None or before is None or not (math.isfinite(now) and math.isfinite(before)):
            return None
        if unit in _SHARES or unit == "percent":
            step = float(now) - float(before)
            moved = step * (1 if unit == "percent" else 100)
            text = self._decimal(abs(moved), most=1, least=1)
            suffix = " pp"
        else:
            if before <= 0:
                return None  # a percentage of nothing, or of a loss, says nothing
            moved = (float(now) - float(before)) / float(before) * 100
            text = self._decimal(abs(moved), most=1 if abs(moved) < 1000 else 0, least=1 if abs(moved) < 1000 else 0)
            suffix = "%"
        if round(moved, 1) == 0:
            return Change(LEVEL, text + suffix, None)
        rose = moved > 0
        good = None if better not in ("higher", "lower") else rose == (better == "higher")
        return Change(UP if rose else DOWN, ("+" if rose else MINUS) + text + suffix, good)

    def signed(self, value: Figure | None, unit: str) -> str:
        """An exact figure that always carries its sign, as effects and differences do."""
        text = self.exact(value, unit)
        return "+" + text if value is not None and value > 0 else text

    def label(self, value: object, unit: str = "text", *, context: bool = True) -> str:
        """The name of a row or bucket: dates by grain, figures by unit, text as it is; no value says so.

        `context` adds the year to a date, which an axis leaves out.
        """
        match value:
            case None | "":
                text = self.none
            case datetime() | date():
                text = self._dated(value, unit, context=context)
            case bool():
                text = "✓" if value else "✗"
            case int() if unit == "weekday":
                text = get_day_names("abbreviated", locale=self.locale)[(value - 1) % 7]
            case int() | float() | Decimal() if unit != "text":
                text = self.exact(value, unit)
            case _:
                text = str(value)
        return text

    def _dated(self, value: date, unit: str, *, context: bool) -> str:
        if unit in GRAINS:
            return self.bucket(value, unit, context=context)
        return self.moment(value) if isinstance(value, datetime) else self.day(value, context=context)

    def bucket(self, start: date, grain: str, *, context: bool = True) -> str:
        """The name of the bucket that starts then; a week is named by its first day."""
        if grain == "year":
            return str(start.year)
        if grain == "quarter":
            return _date(self.locale, start, "QQQ y" if context else "QQQ")
        if grain == "month":
            return _date(self.locale, start, "yMMM" if context else "MMM")
        if grain == "hour" and isinstance(start, datetime):
            clock = format_time(start.timetz(), "HH:mm", locale=self.locale)
            return f"{self.day(start.date(), context=False)} {clock}" if context else clock
        return self.day(start, context=context)

    def day(self, day: date, *, context: bool = True) -> str:
        """One day, with its year unless an axis already says it."""
        return _date(self.locale, day, "yMMMd" if context else "MMMd")

    def moment(self, instant: datetime) -> str:
        """A day and a time of day, to the minute."""
        return format_datetime(instant, "d MMM y, HH:mm", locale=self.locale)

    def period(self, start: date, end: date) -> str:
        """A half-open period [start, end) by its first and last day.

        >>> Format.of("en").period(date(2026, 3, 1), date(2026, 4, 1))
        'Mar 1 – 31, 2026'
        """
        last = end - timedelta(days=1)
        if last <= start:
            return self.day(start)
        if self.locale.language == "en" and start.year == last.year:
            tail = str(last.day) if start.month == last.month else self.day(last, context=False)
            return f"{self.day(start, context=False)} – {tail}, {last.year}"
        return f"{self.day(start)} – {self.day(last)}"

    def _money(self, value: Figure, *, digits: int) -> str:
        style = _style(self.numbers, self.currency)
        return _framed(style.digits(value, digits, digits), style.money)

    def _percent(self, share: Figure, *, digits: int) -> str:
        hundredfold = share * 100 if isinstance(share, Decimal | int) else Decimal(repr(float(share))) * 100
        style = _style(self.numbers, self.currency)
        return _framed(style.digits(hundredfold, digits, digits), style.percent)

    def _measure(self, value: Figure, measure: str) -> str:
        # Babel 2.18 does not follow CLDR's aliases between lengths and then writes the unit's id instead of its word.
        for length in ("long", "short", "narrow"):
            text = format_unit(value, measure, length=length, format="#,##0.#", locale=self.locale)
            if measure not in text:
                return text
        return self._decimal(value, most=1, least=0)

    def _count(self, value: Figure, unit: str) -> str:
        if unit in _FRACTIONAL:
            return self._decimal(value, most=2, least=2)
        return self._decimal(value, most=0 if abs(value) >= 1000 else 2, least=0)

    def _decimal(self, value: Figure, *, most: int, least: int) -> str:
        return _framed(_style(self.numbers, self.currency).digits(value, most, least), ("", ""))


def _handy(seconds: Figure) -> tuple[Figure, str]:
    """A span of time in the largest unit of which there is at least one.

    >>> _handy(90), _handy(172_800)
    ((1.5, 'minutes'), (2.0, 'days'))
    """
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if abs(seconds) >= size:
            return float(seconds) / size, unit
    return seconds, "seconds"


def after(start: date, grain: str) -> date:
    """The first day after the bucket that starts then.

    >>> after(date(2026, 11, 1), "quarter")
    datetime.date(2027, 2, 1)
    """
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain)
    if months is None:
        return start + timedelta(days=7 if grain == "week" else 1)
    month = start.month - 1 + months
    return date(start.year + month // 12, month % 12 + 1, 1)


@lru_cache(maxsize=16_384)  # the same days stand in every tile of a page
def _date(locale: Locale, day: date, look: str) -> str:
    if look.startswith("Q"):
        return format_date(day, look, locale=locale)
    return format_skeleton(look, day, locale=locale)


@dataclass(frozen=True, slots=True)
class _Style:
    """How a locale writes numbers: its marks, its groups, what stands before and after money and percent."""

    point: str
    group: str
    sizes: tuple[int, int]
    money: tuple[str, str]
    percent: tuple[str, str]

    def digits(self, value: Figure, most: int, least: int) -> str:
        """The figure with `most` decimals at most and `least` at least. Babel takes 20 times as long for the same."""
        exact = (
            value if isinstance(value, Decimal) else Decimal(value if isinstance(value, int) else repr(float(value)))
        )
        rounded = exact.quantize(_PLACES[most], context=_HALF_UP)
        sign = "-" if rounded < 0 else ""
        whole, _, part = f"{abs(rounded):f}".partition(".")
        part = part[:least] + part[least:].rstrip("0")
        return sign + _grouped(whole, self.sizes, self.group) + (self.point + part if part else "")


@lru_cache(maxsize=256)
def _style(locale: Locale, currency: str) -> _Style:
    symbol = get_currency_symbol(currency, locale)
    before, after_ = _affixes(locale.currency_formats["standard"].pattern)
    if "¤" in before and symbol[-1].isalpha():
        before += "\xa0"  # CLDR sets letters apart from digits, Babel does not
    decimal = locale.decimal_formats[None]
    return _Style(
        get_decimal_symbol(locale),
        get_group_symbol(locale),
        decimal.grouping,
        (before.replace("¤", symbol), after_.replace("¤", symbol)),
        _affixes(locale.percent_formats[None].pattern),
    )


def _affixes(pattern: str) -> tuple[str, str]:
    """What a CLDR pattern writes before and after the digits.

    >>> _affixes("¤#,##0.00;(¤#,##0.00)"), _affixes("#,##0 %")
    (('¤', ''), ('', ' %'))
    """
    digits = pattern.partition(";")[0].strip("\u200e\u200f")
    places = [place for place, character in enumerate(digits) if character in "#0"]
    return digits[: places[0]], digits[places[-1] + 1 :]


def _grouped(whole: str, sizes: tuple[int, int], mark: str) -> str:
    """Digits in groups: the last of one size, those before it of another.

    >>> _grouped("12345678", (3, 3), ","), _grouped("12345678", (3, 2), ",")
    ('12,345,678', '1,23,45,678')
    """
    last, rest = sizes
    head, groups = whole[:-last], [whole[-last:]]
    while head:
        groups.append(head[-rest:])
        head = head[:-rest]
    return mark.join(reversed(groups))


def _framed(digits: str, affixes: tuple[str, str]) -> str:
    sign = MINUS if digits.startswith("-") else ""
    return f"{sign}{affixes[0]}{digits.removeprefix('-')}{affixes[1]}"


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale:
    return Locale.parse(tag.replace("-", "_"))


def _is_money(unit: str) -> bool:
    return unit.startswith("currency")


def _significant(size: Figure) -> int:
    """Decimals that leave three significant digits after the thousands are taken out."""
    return 2 - int(math.log10(size)) % 3


def _signed(text: str) -> str:
    return text.replace("-", MINUS, 1) if text.lstrip("\u200e\u200f").startswith("-") else text
