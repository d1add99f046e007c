"""The filter bar: period, comparison, choices and filters, every one of them a link to a changed address."""

from collections.abc import Iterable
from datetime import timedelta

from punchcard.errors import QueryError
from punchcard.i18n import Language
from punchcard.period import COMPARISONS, Period, following, previous, written
from punchcard.web import filters, view
from punchcard.web.address import Address
from punchcard.web.site import Visit

NO_COMPARISON = "none"


def presets(language: Language) -> dict[str, str]:
    """The periods offered by name."""
    return {
        "last_7_days": language._("Last 7 days"),
        "last_30_days": language._("Last 30 days"),
        "last_90_days": language._("Last 90 days"),
        "last_12_months": language._("Last 12 months"),
        "this_month": language._("This month"),
        "last_month": language._("Last month"),
        "last_quarter": language._("Last quarter"),
        "this_year": language._("This year"),
        "last_year": language._("Last year"),
        "all": language._("All time"),
    }


def comparisons(language: Language) -> dict[str, str]:
    """What a period can be compared with."""
    return {
        NO_COMPARISON: language._("nothing"),
        "previous_period": language._("previous period"),
        "previous_year": language._("previous year"),
        "52_weeks_before": language._("52 weeks before"),
    }


def readings(language: Language) -> dict[str, str]:
    """The moments at which a member's changing attributes can be read."""
    return {
        "at_event": language._("at that moment"),
        "at_start": language._("at the period's start"),
        "now": language._("now"),
    }


def period_picker(visit: Visit, page: Address, text: str) -> tuple[view.PeriodPicker, Period]:
    """The period's control; QueryError if the text is no period."""
    programme, calendar = visit.site.programme, visit.catalog.calendar
    period = programme.period(text, visit.site.viewer)
    first, after = period.days(calendar)
    names = presets(visit.language)
    label = names.get(text) or visit.days((first, after))
    today = programme.today(visit.site.viewer)
    before, later = (
        str(page.to(period=written(*other.days(calendar))))
        for other in (previous(period, calendar), following(period, calendar))
    )
    return (
        view.PeriodPicker(
            label,
            tuple(view.Anchor(title, str(page.to(period=name)), name == text) for name, title in names.items()),
            first.isoformat(),
            (after - timedelta(days=1)).isoformat(),
            page.path,
            tuple(view.Hidden(name, value) for name, value in page.pairs if name != "period"),
            before,
            later if after < today else None,
        ),
        period,
    )


def bar(
    visit: Visit,
    page: Address,
    *,
    period: str,
    compare: str | None,
    metrics: Iterable[str] = (),
    menus: tuple[view.Menu, ...] = (),
    fields: tuple[view.FilterField, ...] = (),
    part: str = "",
) -> view.FilterBar:
    """The bar of a page; a period that is none is said in the bar, and the rest of it still works."""
    narrowing = filters.read(page)
    notice = None
    try:
        picker, span = period_picker(visit, page, period)
        notice = _nothing_there(visit, page, span)
    except QueryError as error:
        picker, _ = period_picker(visit, page.to(period=None), "all")
        notice = view.Anchor(str(error), str(page.to(period="all")), hint=visit._("Show all time"))
    chips = tuple(
        view.Chip(filters.sentence(visit, one, metrics), str(filters.write(page, _without(narrowing, place))))
        for place, one in enumerate(narrowing)
    )
    return view.FilterBar(
        picker,
        (compare_menu(visit, page, compare), *menus),
        chips,
        fields,
        str(filters.write(page, ())) if chips else None,
        str(page.to(compare=NO_COMPARISON if compare else "previous_period")),
        part,
        notice,
    )


def _nothing_there(visit: Visit, page: Address, period: Period) -> view.Anchor | None:
    span = visit.site.programme.span(visit.site.viewer)
    if span is None:
        return view.Anchor(
            visit._("Nothing has been imported yet"), "/data", hint=visit._("See what the project expects")
        )
    if period.start <= span[1] and span[0] < period.end:
        return None
    first, last = (visit.catalog.calendar.day(instant) for instant in span)
    covered = visit.days((first, last + timedelta(days=1)))
    return view.Anchor(
        visit._("There is no data in this period; it covers %(period)s.", period=covered),
        str(page.to(period="all")),
        hint=visit._("Show all time"),
    )


def _without(narrowing: filters.Filters, place: int) -> filters.Filters:
    return (*narrowing[:place], *narrowing[place + 1 :])


def compare_menu(visit: Visit, page: Address, compare: str | None) -> view.Menu:
    """What to compare the period with."""
    names = comparisons(visit.language)
    if compare is not None and compare not in (*COMPARISONS, NO_COMPARISON):
        names[compare] = compare
    now = compare or NO_COMPARISON
    choices = tuple(view.Anchor(title, str(page.to(compare=name)), name == now) for name, title in names.items())
    return view.Menu("compare", visit._("Compare"), names[now], choices)


def reading_menu(visit: Visit, page: Address, reading: str) -> view.Menu:
    """When members' attributes are read."""
    names = readings(visit.language)
    choices = tuple(
        view.Anchor(title, str(page.to(reading=None if name == "at_event" else name)), name == reading)
        for name, title in names.items()
    )
    return view.Menu("reading", visit._("Members as they were"), names.get(reading, reading), choices)
