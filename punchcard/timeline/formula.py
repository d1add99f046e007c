"""Formula: several counts of activities put together by arithmetic, bucket by bucket."""

from dataclasses import dataclass
from datetime import datetime

from punchcard.catalog.arithmetic import arithmetic, worked_out
from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.formula import ActivityFormula
from punchcard.timeline.read import ALL, Scope, Timeline
from punchcard.timeline.segmentation import SegmentationAnswer, segmentation


@dataclass(frozen=True, slots=True)
class FormulaAnswer:
    """The figures of a formula by name."""

    parameters: ActivityFormula
    parts: dict[str, SegmentationAnswer]

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups that any of the figures has."""
        return tuple(dict.fromkeys(label for part in self.parts.values() for label in part.labels))

    def figures(self, label: str, bucket: int | None) -> dict[str, int | float | None]:
        """The figures of a group in a bucket, or in the whole period."""
        return {name: part.figure(label, bucket) for name, part in self.parts.items()}

    def value(self, label: str, bucket: int | None) -> float | None:
        """The value of the formula."""
        return worked_out(arithmetic(self.parameters.formula, self.parts), self.figures(label, bucket))

    def result(self, before: "FormulaAnswer | None" = None) -> Result:
        """One row a group and bucket, and one for the whole period, with the figures that the value was made of."""
        p, one = self.parameters, next(iter(self.parts.values()))
        rows: list[tuple[Cell, ...]] = []
        unknown = False
        for label in self.labels:
            head: tuple[Cell, ...] = (label,) if p.breakdown else ()
            for place, key in (*enumerate(one.keys), (None, None)):
                whole = place is None or one.whole[place]
                value = self.value(label, place)
                unknown = unknown or value is None
                earlier = () if before is None else (before.value(label, place),)
                rows.append((*head, key, value, *earlier, *self.figures(label, place).values(), whole))
        # Only where members are counted and nothing else do the parts say how many members stand behind a value.
        counted = all(part.parameters.measure == "members" for part in self.parts.values())
        exact = all(part.parameters.measure in ("members", "times") for part in self.parts.values())
        unit = "members" if counted else "count" if exact else "number"
        columns = (
            *((Column("value", p.breakdown, "label"),) if p.breakdown else ()),
            Column("bucket", str(p.grain).capitalize(), "time", str(p.grain)),
            Column("figure", p.formula, "measure", p.unit),
            *(() if before is None else (Column("figure_before", p.formula, "comparison", p.unit, of="figure"),)),
            *(Column(f"part_{name}", name, "measure", unit) for name in self.parts),
            Column("complete", "Complete", "flag", of="figure"),
        )
        notes = () if all(one.whole) else (Note("incomplete", "The last bucket is not over: it will still change."),)
        for name, part in self.parts.items():
            notes += tuple(Note(note.kind, f"{name}: {note.text}") for note in part.unvalued)
        if unknown:
            notes += (
                Note("no_value", "Where a figure has no data, or the formula would divide by 0, there is no value."),
            )
        return Result(columns, tuple(rows), notes)


def formula(
    timeline: Timeline,
    parameters: ActivityFormula,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
) -> FormulaAnswer:
    """The figures of a formula, each by the pass that would count it alone."""
    parts = {
        name: segmentation(timeline, question, period, scope, known_until=known_until)
        for name, question in parameters.parts()
    }
    return FormulaAnswer(parameters, parts)
