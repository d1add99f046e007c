"""Series: a result read as lines over places. What line, column and area charts have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from punchcard.chart.flags import flagged
from punchcard.chart.layout.frame import Key
from punchcard.chart.layout.grid import Cell as GridCell
from punchcard.chart.layout.grid import Grid, Head, Line
from punchcard.chart.palette import SERIES, series_role
from punchcard.chart.voice import Voice
from punchcard.format import after
from punchcard.result import Cell, Column, Result

Number = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line: what it stands for, its values place by place, and bounds if it has them."""

    name: Cell
    title: str
    values: tuple[Number, ...]
    role: str
    comparison: bool = False
    other: bool = False
    low: tuple[Number, ...] = ()
    high: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """Series over the same places; `left_out` counts those not drawn.

    `incomplete` are the places whose period is not over yet.
    """

    place: Column
    places: tuple[Cell, ...]
    measure: Column
    series: tuple[Series, ...]
    by: Column | None = None
    incomplete: frozenset[int] = frozenset()
    left_out: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for series in self.series for value in series.values)

    def label(self, place: int, voice: Voice, *, context: bool = True) -> str:
        """The name of a place, in words."""
        return voice.format.label(self.places[place], self.place.unit, context=context)

    def labels(self, voice: Voice) -> tuple[str, ...]:
        """The names of all places as an axis writes them: with the year only where the axis spans more than one."""
        years = {value.year for value in self.places if isinstance(value, date)}
        return tuple(self.label(place, voice, context=len(years) > 1) for place in range(len(self.places)))

    def name(self, series: Series, voice: Voice) -> str:
        """The name of a series, in words."""
        if self.by is None:
            return before(series.title, self.measure, voice) if series.comparison else series.title
        if series.other:
            return voice._("Other")
        return voice.format.label(series.name, self.by.unit)

    def legend(self, voice: Voice) -> tuple[Key, ...]:
        """The legend; none for a single series, which the tile's title names."""
        if len(self.series) < 2:
            return ()
        return tuple(
            Key(
                self.name(series, voice),
                series.role,
                look="dash" if series.comparison else "square",
                href=voice.link(self.by.name, series.name) if self.by and not series.other else None,
            )
            for series in self.series
        )

    def at(self, place: int, series: Series) -> dict[str, Cell]:
        """The labels of one value by column; where series are measures, `measure` names theirs."""
        labels: dict[str, Cell] = {self.place.name: self.places[place]}
        labels["measure" if self.by is None else self.by.name] = series.name
        return labels

    def edges(self) -> tuple[str, ...]:
        """The first day of each bucket and the day after the last, if places are days or longer stretches of time."""
        days = [value for value in self.places if isinstance(value, date) and not isinstance(value, datetime)]
        if self.place.role != "time" or not days:
            return ()
        return tuple(day.isoformat() for day in (*days, after(days[-1], self.place.unit)))

    def grid(self, voice: Voice) -> Grid:
        """The data table: a row a place, a column a series (and its bounds)."""
        heads = [Head(self.place.title, numeric=False)]
        for series in self.series:
            heads.append(Head(self.name(series, voice), role=series.role))
            if series.low:
                heads += [Head(voice._("low")), Head(voice._("high"))]
        lines = tuple(
            Line((GridCell(self._told(place, voice), numeric=False),), tuple(self._cells(place, voice)))
            for place in range(len(self.places))
        )
        return Grid((tuple(heads),), lines, self.measure.title)

    def _told(self, place: int, voice: Voice) -> str:
        label = self.label(place, voice)
        return voice._("%(period)s (not over yet)", period=label) if place in self.incomplete else label

    def _cells(self, place: int, voice: Voice) -> Iterable[GridCell]:
        for series in self.series:
            href = voice.behind(self.at(place, series)) if series.values[place] else None
            yield GridCell(voice.format.exact(series.values[place], self.measure.unit), href=href)
            for values in (series.low, series.high) if series.low else ():
                yield GridCell(voice.format.exact(values[place], self.measure.unit))


def plot(result: Result) -> Plot:
    """Reads a result: places from its time (or first label) column, series from its next label or its measures."""
    labels = result.of_role("label")
    times = result.of_role("time")
    place = times[0] if times else labels[0]
    by = next((label for label in labels if label is not place), None)
    measures = result.of_role("measure")
    measure = measures[0]
    places = tuple(dict.fromkeys(result.column(place.name)))
    at = {value: position for position, value in enumerate(places)}
    rows = [at[value] for value in result.column(place.name)]
    incomplete = frozenset(rows[row] for row in flagged(result, "incomplete"))
    if by is None:
        series = _by_measure(result, measure, rows, len(places))
        return Plot(place, places, measure, series, incomplete=incomplete)
    series = _by_label(result, by, measure, rows, len(places))
    kept = series[:SERIES] if len(series) > SERIES + 1 else series
    return Plot(place, places, measure, kept, by, incomplete, left_out=len(series) - len(kept))


def _by_measure(result: Result, first: Column, rows: list[int], count: int) -> tuple[Series, ...]:
    drawn: list[Series] = []
    for measure in result.of_role("measure"):
        if measure.unit != first.unit:
            continue  # another unit needs another axis: it stays in the table
        bounds = {column.role: column for column in result.columns if column.of == measure.name}
        low, high = bounds.get("low"), bounds.get("high")
        drawn.append(
            Series(
                measure.name,
                measure.title,
                _placed(result, measure, rows, count),
                series_role(len(drawn)),
                low=_placed(result, low, rows, count) if low and high else (),
                high=_placed(result, high, rows, count) if low and high else (),
            )
        )
    for comparison in result.of_role("comparison"):
        if comparison.of in (None, first.name):
            values = _placed(result, comparison, rows, count)
            drawn.append(Series(comparison.name, comparison.title, values, "muted", comparison=True))
    return tuple(drawn)


def _by_label(result: Result, by: Column, measure: Column, rows: list[int], count: int) -> tuple[Series, ...]:
    values: dict[Cell, list[Number]] = {}
    others = {result.column(by.name)[row] for row in flagged(result, "other")}
    for row, name, value in zip(rows, result.column(by.name), result.column(measure.name), strict=True):
        values.setdefault(name, [None] * count)[row] = as_number(value)
    own = [name for name in values if name not in others]
    ordered = [*own, *(name for name in values if name in others)]
    return tuple(
        Series(name, str(name), tuple(values[name]), series_role(place, other=name in others), other=name in others)
        for place, name in enumerate(ordered)
    )


def _placed(result: Result, column: Column, rows: list[int], count: int) -> tuple[Number, ...]:
    values: list[Number] = [None] * count
    for row, value in zip(rows, result.column(column.name), strict=True):
        values[row] = as_number(value)
    return tuple(values)


def before(title: str, measure: Column, voice: Voice) -> str:
    """The name of a comparison; one titled like its measure needs a word more."""
    return voice._("%(title)s, before", title=title) if title == measure.title else title


def as_number(value: Cell) -> Number:
    """A cell's figure for drawing; text and nothing have none."""
    if value is None or isinstance(value, str | date):
        return None
    return float(value)
