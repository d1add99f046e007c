"""Pivot: metrics by several dimensions down and across, every margin computed from rows of its own."""

from itertools import product
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from punchcard.analyses.base import (
    Analysis,
    DimensionName,
    Found,
    MetricNames,
    dimension,
    dimension_name,
    figures,
    flag,
    label,
    measure,
    metric_names,
    no_rows,
    not_compared,
    part,
)
from punchcard.analyses.largest import largest
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Heat
from punchcard.chart import Pivot as Cross
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.rows import OTHER
from punchcard.result import Cell, Column, Note, Result

Keys = tuple[Cell, ...]
Figures = tuple[Cell, ...]

MOST_CELLS = 50_000


class Pivot(Analysis, frozen=True, kw_only=True, tag="pivot"):
    """One row a cell, margins flagged `total_<dimension>`.

    The `top` largest groups of each dimension are shown, all others of it together as one group, asked anew: a
    rectangle whatever the number of groups. `relative` adds, to each metric, its share of the row's, the column's or
    the grand total: of that margin's own figure, recomputed. A distinct count's shares need not add up to one, and a
    note says so.
    """

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    rows: Annotated[
        tuple[DimensionName, ...], Meta(min_length=1, max_length=4, description="Dimensions whose groups go down.")
    ]
    columns: Annotated[
        tuple[DimensionName, ...], Meta(max_length=3, description="Dimensions whose groups go across.")
    ] = ()
    relative: Annotated[
        Literal["row", "column", "total"] | None, Meta(description="Add each cell's share of this total.")
    ] = None
    top: Annotated[int, Meta(ge=1, le=500, description="How many groups of each dimension; all others are one.")] = 50
    margins: Annotated[bool, Meta(description="Add subtotals and totals, each asked anew.")] = True
    look: Annotated[
        Literal["table", "heat", "shaded"],
        Meta(
            description="A heat map needs one dimension down and one across; a shaded table keeps its totals, and shows"
            " shares alone if they are asked for."
        ),
    ] = "table"

    def find(self, frame: Frame) -> Found:
        """The cells, and every margin as a question of its own."""
        by = tuple(dimension(frame, one) for one in (*self.rows, *self.columns))
        names = [one.name for one in by]
        if len(set(names)) < len(names):
            raise QueryError("a dimension can stand in a pivot only once")
        asked = figures(self.metrics)
        keep: dict[str, tuple[Cell, ...]] = {}
        places: list[dict[Cell, int]] = []
        alone: dict[str, dict[Keys, Figures]] = {}
        for one in by:
            shown = largest(frame, asked, one, self.top)
            keep.update(shown.keep)
            alone[one.name] = {(group,): values for group, values in shown.figures.items()}
            places.append({group: place for place, group in enumerate(_in_order(one.name, shown.groups))})
        cells: dict[tuple[bool, ...], dict[Keys, Figures]] = {}
        for margin in self._margins(len(by)):
            inside = tuple(one for one, summed in zip(by, margin, strict=True) if not summed)
            found = alone[inside[0].name] if len(inside) == 1 else {}
            if not found:
                kept = {one.name: keep[one.name] for one in inside if one.name in keep}
                rows_of = frame.cells(asked, frame.cut(inside, keep=kept))
                found = {row[: len(inside)]: row[len(inside) :] for row in rows_of}
            known = {_spread(key, margin): values for key, values in found.items()}
            cells[margin] = self._rectangle(known, places, frame.nothing(asked))
        rows = [
            (*key, *values, *self._shares(key, values, cells, margin), *margin)
            for margin, known in cells.items()
            for key, values in known.items()
        ]
        columns = [label(frame, one, self.metrics) for one in (*self.rows, *self.columns)] + [
            measure(frame.catalog, wanted) for wanted in self.metrics
        ]
        columns += self._share_columns(columns[len(by) :])
        columns += [flag(f"total_{name}") for name in names]
        return Found(Result(tuple(columns), tuple(rows), self._notes(frame, rows, len(by))))

    def _rectangle(
        self, known: dict[Keys, Figures], places: list[dict[Cell, int]], empty: Figures
    ) -> dict[Keys, Figures]:
        """Every row that occurs by every column that occurs, in the order of their groups."""

        def place(key: Keys, start: int) -> list[int]:
            return [places[start + i].get(group, -1) for i, group in enumerate(key)]

        down = len(self.rows)
        rows = sorted({key[:down] for key in known}, key=lambda key: place(key, 0))
        columns = sorted({key[down:] for key in known}, key=lambda key: place(key, down))
        if len(rows) * len(columns) > MOST_CELLS:
            raise QueryError(
                f"{len(rows):,} rows by {len(columns):,} columns are too many to show;"
                " name fewer dimensions, or a smaller 'top'"
            )
        return {(*row, *column): known.get((*row, *column), empty) for row in rows for column in columns}

    def _margins(self, count: int) -> list[tuple[bool, ...]]:
        """Which dimensions are summed away: none for the cells, then subtotals from the left on each side."""
        down, across = len(self.rows), len(self.columns)
        if not self.margins:
            return [(False,) * count]
        downs = [(False,) * kept + (True,) * (down - kept) for kept in range(down, -1, -1)]
        acrosses = [(False,) * kept + (True,) * (across - kept) for kept in range(across, -1, -1)]
        return [(*one, *other) for one, other in product(downs, acrosses)]

    def _shares(
        self, key: Keys, values: Figures, cells: dict[tuple[bool, ...], dict[Keys, Figures]], margin: tuple[bool, ...]
    ) -> Figures:
        if self.relative is None:
            return ()
        down = len(self.rows)
        match self.relative:
            case "row":
                whole = (*margin[:down], *(True for _ in self.columns))
            case "column":
                whole = (*(True for _ in self.rows), *margin[down:])
            case "total":
                whole = (True,) * len(margin)
        base = cells.get(whole, {}).get(
            tuple(None if summed else value for value, summed in zip(key, whole, strict=True))
        )
        if base is None:
            return (None,) * len(values)
        return tuple(part(value, of) for value, of in zip(values, base, strict=True))

    def _share_columns(self, measures: list[Column]) -> list[Column]:
        if self.relative is None:
            return []
        if not self.margins:
            raise QueryError("shares need the margins they are shares of; leave 'margins' on")
        return [Column(f"{m.name}_share", f"{m.title}, share of {self.relative}", "measure", "ratio") for m in measures]

    def _notes(self, frame: Frame, rows: list[tuple[Cell, ...]], labels: int) -> tuple[Note, ...]:
        notes = no_rows(frame, [value for row in rows for value in row[labels : labels + len(self.metrics)]])
        distinct = [
            n for n in metric_names(self.metrics) if frame.catalog.metric(n).additivity in ("distinct", "semi_additive")
        ]
        notes += not_compared(frame)
        if self.relative is not None and distinct:
            notes += (
                Note(
                    "shares",
                    "A member can be in several cells, so shares of unique counts may add up to more than one.",
                ),
            )
        return notes

    def chart(self, found: Found) -> Chart:
        """A cross table, or a heat map of one row and one column dimension."""
        if self.look == "heat" and len(self.rows) == len(self.columns) == 1:
            flags = [found.result.index(column.name) for column in found.result.of_role("flag")]
            cells = tuple(row for row in found.result.rows if not any(row[flag] for flag in flags))
            return Heat.of(Result(found.result.columns, cells, found.result.notes))
        if self.look == "shaded":
            return Cross.of(
                self._shares_alone(found.result), across=tuple(map(dimension_name, self.columns)), look="heat"
            )
        return Cross.of(found.result, across=tuple(dimension_name(one) for one in self.columns))

    def _shares_alone(self, result: Result) -> Result:
        """The result without the figures whose shares are shown, if shares are."""
        if self.relative is None:
            return result
        kept = [
            place
            for place, column in enumerate(result.columns)
            if column.role != "measure" or column.name.endswith("_share")
        ]
        rows = tuple(tuple(row[place] for place in kept) for row in result.rows)
        return Result(tuple(result.columns[place] for place in kept), rows, result.notes)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        text = (
            f"Of each dimension the {self.top} largest groups by the first metric are shown; all others are asked for"
            " together as one. Every subtotal and total is computed from all rows it covers, not added up from cells."
        )
        if self.relative is not None:
            text += f" Shares are of the {self.relative}'s own recomputed total."
        return text

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)

    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, rows first."""
        return tuple(dimension_name(one) for one in (*self.rows, *self.columns))


def _in_order(name: str, groups: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Groups as they stand in the pivot: parts of time as they follow one another, all else as it came."""
    if not name.startswith("time."):
        return groups
    return tuple(sorted(groups, key=lambda group: (group is None, group == OTHER, group)))  # type: ignore[type-var]


def _spread(key: Keys, margin: tuple[bool, ...]) -> Keys:
    values = iter(key)
    return tuple(None if summed else next(values) for summed in margin)
