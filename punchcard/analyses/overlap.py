"""Overlap: how segments lie over one another: everybody known, by exactly which of the segments they are in."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from punchcard.analyses.base import Analysis, Found, figures, flag, measure
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Dimension, Filter
from punchcard.chart import Chart, Upset
from punchcard.errors import QueryError
from punchcard.frame import Frame, is_hidden
from punchcard.plan.cells import Figure
from punchcard.result import Cell, Column, Result

METRIC = "members_known"


class Overlap(Analysis, frozen=True, kw_only=True, tag="overlap"):
    """One row an intersection that somebody is in, the largest first; then each segment, and everybody, as totals.

    Members are counted at the end of the period; `reading` reads their segments there, at its start or now.
    """

    of_cells: ClassVar[bool] = True

    segments: Annotated[tuple[str, ...], Meta(min_length=2, max_length=12, description="Segments, by name.")]

    def find(self, frame: Frame) -> Found:
        """The parts and the sizes."""
        for name in self.segments:
            frame.catalog.segment(name)
            if self.segments.count(name) > 1:
                raise QueryError(f"'{name}' is given twice; a segment overlaps with others")
        by = tuple(Dimension(name=name, reading=frame.reading) for name in self.dimensions())
        parts = frame.cells(figures((METRIC,)), frame.cut(by=by))
        ordered = sorted(parts, key=lambda row: (-_size(row[-1]), [not mark for mark in row[:-1]]))
        (sizes,) = frame.cells((Figure(METRIC, METRIC), *map(self._figure, self.segments)), frame.cut())
        rows: list[tuple[Cell, ...]] = [(*row, False) for row in ordered]
        for place, size in enumerate(sizes[1:]):
            rows.append((*(True if place == other else None for other in range(len(by))), size, True))
        rows.append((*(None for _ in by), sizes[0], True))
        labels = (
            Column(dimension, frame.catalog.segment(name).title, "label")
            for dimension, name in zip(self.dimensions(), self.segments, strict=True)
        )
        return Found(Result((*labels, measure(frame.catalog, METRIC), flag("total")), tuple(rows)))

    @staticmethod
    def _figure(name: str) -> Figure:
        return Figure(METRIC, name, (Filter(segment=name),))

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A part, by which its members are found."""
        return labels

    def chart(self, found: Found) -> Chart:
        """Sets and their parts."""
        return Upset.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Everybody known at the end of the period is in exactly one part: in these of the segments and in none of"
            " the others. The size of a segment is asked for by itself, and is the sum of its parts."
        )

    def used(self) -> tuple[str, ...]:
        """What is counted."""
        return (METRIC,)

    def dimensions(self) -> tuple[str, ...]:
        """Whether somebody is in each segment."""
        return tuple(f"in.{name}" for name in self.segments)


def _size(value: Cell) -> float:
    """A count to order by; one that may not be shown tells nothing by its place either."""
    return 0.0 if value is None or is_hidden(value) else float(str(value))
