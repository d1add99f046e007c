"""Crossing: a cross table of an activity by what it was and by who its members were at that moment."""

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found, flag, part
from punchcard.analyses.behaviour import At, Behaviour, place
from punchcard.chart import Chart
from punchcard.chart import Pivot as Cross
from punchcard.frame import Frame, hide
from punchcard.plan.dimension import describe, is_history
from punchcard.plan.rows import OTHER
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.disclosure import ALL, Support, hidden
from punchcard.stats.disclosure import Key as DisclosedKey
from punchcard.timeline.asked.crossing import Crossing as AskedCrossing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from punchcard.timeline import crossing
    from punchcard.timeline.kernels import Ints

Counts = tuple[Cell, Cell]
Place = tuple[tuple[bool, ...], tuple[str | None, ...]]


class Crossing(Behaviour, AskedCrossing, frozen=True, kw_only=True, tag="crossing"):
    """Members and times of an activity in every cell of several divisions, and in every margin."""

    of_cells: ClassVar[bool] = True

    def passed(self, frame: Frame) -> "crossing.CrossingAnswer":  # type: ignore[override]
        """One pass over the occurrences and one walk along each history."""
        from punchcard.timeline import crossing

        histories = {name: frame.history(name) for name in self._names() if is_history(name)}
        moment = self._moment(frame)
        return crossing.crossing(
            frame.timeline(), self, frame.period, histories, frame.members(), moment=moment
        )  # fmt: skip

    def _names(self) -> tuple[str, ...]:
        return (*self.rows, *self.columns)

    def _moment(self, frame: Frame) -> datetime | None:
        match frame.reading:
            case "at_event":
                return None
            case "at_start":
                return frame.period.start
            case "now":
                return frame.known_at or frame.now

    def find(self, frame: Frame) -> Found:
        """One row a cell and one a margin, groups with the most times first."""
        found = self.passed(frame)
        names = self._names()
        sizes: dict[str, dict[Cell, int]] = {name: defaultdict(int) for name in names}
        cells = (False,) * len(names)
        for (margin, key), (_, times) in found.figures.items():
            if margin == cells:
                for name, label in zip(names, key, strict=True):
                    sizes[name][label] += times
        order = {name: {label: n for n, label in enumerate(_in_order(one))} for name, one in sizes.items()}
        rows: list[tuple[tuple[float, ...], tuple[Cell, ...]]] = []
        figures = _shown(frame, found.figures)
        for (margin, key), counts in figures.items():
            labels = iter(key)
            whole = tuple(None if summed else next(labels) for summed in margin)
            places = tuple(
                float("inf") if summed else order[name][label]
                for name, label, summed in zip(names, whole, margin, strict=True)
            )
            shares = self._shares(figures, margin, whole, counts)
            rows.append((places, (*whole, *counts, *shares, *margin)))
        columns = [Column(name, self._title(frame, name), "label") for name in names]
        columns += [Column("members", "Members", "measure", "members"), Column("times", "Times", "measure", "count")]
        if self.relative is not None:
            columns += [
                Column("members_share", f"Members, share of {self.relative}", "measure", "ratio"),
                Column("times_share", f"Times, share of {self.relative}", "measure", "ratio"),
            ]
        columns += [flag(f"total_{name}") for name in names]
        notes = () if found.figures else (Note("no_data", "Nobody did this in the period."),)
        return Found(Result(tuple(columns), tuple(row for _, row in sorted(rows, key=lambda one: one[0])), notes))

    def _title(self, frame: Frame, name: str) -> str:
        return describe(frame.catalog, None, name) if is_history(name) else name.replace("_", " ").capitalize()

    def _shares(
        self,
        figures: "Mapping[Place, Counts]",
        margin: tuple[bool, ...],
        whole: tuple[str | None, ...],
        counts: Counts,
    ) -> tuple[Cell, ...]:
        if self.relative is None:
            return ()
        down = len(self.rows)
        summed = {
            "row": (*margin[:down], *(True for _ in self.columns)),
            "column": (*(True for _ in self.rows), *margin[down:]),
            "total": (True,) * len(margin),
        }[self.relative]
        key = tuple(label for label, out in zip(whole, summed, strict=True) if not out)
        base = figures[summed, key]
        return tuple(part(one, of) for one, of in zip(counts, base, strict=True))

    def people(self) -> str | None:
        """The measure whose members can be listed."""
        return "members"

    def marked(self, labels: "Mapping[str, Cell]") -> "Mapping[str, Cell] | None":
        """The labels of the divisions; those of a margin are left out."""
        return {name: labels[name] for name in self._names() if name in labels}

    def behind(self, frame: Frame, at: At) -> "Ints":
        """The members of a cell; of a margin, if `at` leaves a division out."""
        found = self.passed(frame)
        key = {
            division.name: division.labels[place(at, division.name, division.labels)]
            for division in found.divisions
            if division.name in at
        }
        return found.members(key, frame.period, frame.members())

    def dimensions(self) -> tuple[str, ...]:
        """The histories among its divisions."""
        return tuple(name for name in self._names() if is_history(name))

    def chart(self, found: Found) -> Chart:
        """A cross table, shaded by default."""
        wanted = ("members", "times") if self.count == "both" else (self.count,)
        if self.relative is not None:
            wanted = tuple(f"{name}_share" for name in wanted)
        result = found.result
        kept = [column for column in result.columns if column.role != "measure" or column.name in wanted]
        places = [result.index(column.name) for column in kept]
        shown = Result(tuple(kept), tuple(tuple(row[n] for n in places) for row in result.rows), result.notes)
        return Cross.of(shown, across=self.columns, look="heat" if self.look == "heat" else "plain")


def _shown(frame: Frame, figures: "Mapping[Place, tuple[int, int]]") -> dict[Place, Counts]:
    """The counts that the viewer may see, the others hidden."""
    if frame.viewer.brands is None:
        return {**figures}
    supports: dict[DisclosedKey, Support] = {}
    named: dict[Place, DisclosedKey] = {}
    for (margin, key), (members, _) in figures.items():
        labels = iter(key)
        named[margin, key] = tuple(ALL if summed else next(labels) for summed in margin)
        supports[named[margin, key]] = Support(members)
    gone = hidden(supports, frame.privacy)
    return {
        one: (hide(members), hide(times)) if named[one] in gone else (members, times)
        for one, (members, times) in figures.items()
    }


def _in_order(sizes: dict[Cell, int]) -> list[Cell]:
    """Groups, the largest first; the others together, and those without a value, last."""
    return sorted(sizes, key=lambda label: (label is None, label == OTHER, -sizes[label], str(label)))
