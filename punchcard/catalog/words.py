"""Metrics and filters in words: how a figure is computed, said from the same declaration that computes it."""

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Filter
from punchcard.catalog.metric import Aggregate, Conversion, Days, Formula, Model, Ratio, State, Window, per_columns

_WINDOWS: dict[str, str] = {
    "period": "in the period",
    "ever": "up to the end of the period",
    "before": "before the period",
    "previous": "in the equal period before",
    "previous_and_period": "in the period and the equal one before",
}


def formula_in_words(catalog: Catalog, name: str) -> str:
    """One sentence that says what is reduced how, over which rows."""
    metric = catalog.metric(name)
    match metric:
        case Aggregate():
            each = (
                f", first for each {' and '.join(per_columns(metric))} ({_listed(metric.each)})" if metric.per else ""
            )
            among = f", among members counted by {_title(catalog, metric.among)}" if metric.among else ""
            rows = _rows(catalog, metric.of, metric.where)
            return f"{metric.value} over {rows} {window_in_words(metric.over)}{each}{among}."
        case State():
            rows = _rows(catalog, metric.of, metric.where)
            moment = {
                "end": "at the end of the period",
                "start": "at its start",
                "average": "at each day's end, averaged",
            }[metric.at]
            return f"{metric.value} over {rows} for which {metric.holds}, {moment}."
        case Ratio():
            times = "" if metric.times == 1 else f"{metric.times:g} times "
            ignoring = (
                f", the latter not cut by {', '.join(metric.denominator_ignores)}" if metric.denominator_ignores else ""
            )
            top, bottom = _title(catalog, metric.numerator), _title(catalog, metric.denominator)
            return f"{times}{top} divided by {bottom}{ignoring}."
        case Conversion():
            inside = f"within {metric.within_days} days" if metric.within_days else "at any later time"
            when = (
                "whose window closes in the period"
                if metric.cohort == "closes" and metric.within_days
                else "of the period"
            )
            first = f"the first per {metric.entry.first_of} of " if metric.entry.first_of else ""
            entry, follow = (
                _rows(catalog, metric.entry.of, metric.entry.where),
                _rows(catalog, metric.follow.of, metric.follow.where),
            )
            return f"Of {first}{entry} {when}, the share followed {inside} by {follow}."
        case Formula():
            return f"{metric.value}."
        case Model():
            settings = ", ".join(f"{key} {value}" for key, value in metric.settings.items())
            return f"The model {metric.function}" + (f" with {settings}." if settings else ".")


def window_in_words(over: Window | Days) -> str:
    """The window of rows, as part of a sentence."""
    if not isinstance(over, Days):
        return _WINDOWS[over]
    if over.last_days is not None:
        return f"in the {over.last_days} days up to its end"
    around = [
        f"{days} days {where} it" for days, where in ((over.days_before, "before"), (over.days_after, "after")) if days
    ]
    return " and ".join(["in the period", *around])


def _rows(catalog: Catalog, fact: str, where: str | None) -> str:
    title = catalog.facts[fact].title.lower() if fact in catalog.facts else fact
    return f"{title} where {where}" if where else title


def _title(catalog: Catalog, name: str) -> str:
    return catalog.metrics[name].title.lower() if name in catalog.metrics else name


def _listed(each: dict[str, str]) -> str:
    return ", ".join(f"{name} = {formula}" for name, formula in each.items())


def filter_in_words(catalog: Catalog, wanted: Filter, title: str) -> str:
    """A filter as a sentence; `title` is what its dimension is called."""
    if wanted.segment is not None:
        segment = catalog.segments.get(wanted.segment)
        name = segment.title if segment is not None else wanted.segment
        return f"not in {name}" if wanted.negated else f"in {name}"
    parts: list[str] = []
    if wanted.within:
        values = " or ".join("(none)" if value is None else str(value) for value in wanted.within)
        parts.append(f"is {'not ' if wanted.negated else ''}{values}")
    if wanted.at_least is not None:
        parts.append(f"is {'below' if wanted.negated else 'at least'} {wanted.at_least}")
    if wanted.below is not None:
        parts.append(f"is {'at least' if wanted.negated else 'below'} {wanted.below}")
    if wanted.contains is not None:
        parts.append(f"{'does not contain' if wanted.negated else 'contains'} '{wanted.contains}'")
    return f"{title} {' and '.join(parts)}"
