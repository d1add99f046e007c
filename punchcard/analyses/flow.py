"""Flow: how members move between the values of a scheme, between two dates or around a campaign."""

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from punchcard.analyses.base import Analysis, Found, flag, part
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Flow
from punchcard.chart import Pivot as Cross
from punchcard.errors import QueryError
from punchcard.frame import Frame, hide
from punchcard.plan import flow
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.disclosure import ALL, Support, hidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from punchcard.timeline.kernels import Ints

Key = tuple[Cell, ...]


class SegmentFlow(Analysis, frozen=True, kw_only=True, tag="flow"):
    """Members by their value of a scheme before and after.

    Before and after are the start and the end of the period; with a `campaign`, each of its members' own moments: when
    their lot was drawn (or the first message came) and `days` later. `count: moves` counts every change in between.
    """

    of_cells: ClassVar[bool] = True

    scheme: Annotated[str, Meta(description="An exclusive scheme, declared or imported.")]
    count: flow.Count = "members"
    campaign: Annotated[
        str | None, Meta(description="Its number or name: only its members, its control group apart.")
    ] = None
    days: Annotated[int, Meta(ge=1, le=730, description="After how many days around a campaign.")] = 30
    relative: Annotated[Literal["before", "after", "total"] | None, Meta(description="Of which whole.")] = None
    look: Literal["sankey", "matrix"] = "sankey"

    def find(self, frame: Frame) -> Found:
        """One row a flow, and the margins flagged `total_before` and `total_after`."""
        asked = self._asked(frame)
        rows = frame.run(flow.cells(frame.scope(), asked))
        counts = {row[:-1]: int(str(row[-1])) for row in rows}
        names = (*(("team",) if self.campaign else ()), "before", "after")
        wholes = _margins(counts, len(names))
        shown = _shown(frame, wholes)
        cells: list[Key] = []
        for (key, summed), count in shown.items():
            of = shown.get(self._whole(key, summed))
            share = () if self.relative is None else (part(count, of),)
            cells.append((*key, count, *share, *summed))
        titles = {"team": "Group", "before": "Before", "after": "After"}
        unit = "members" if self.count == "members" else "count"
        columns = [Column(name, titles[name], "label") for name in names]
        columns.append(Column("flow", "Members" if self.count == "members" else "Moves", "measure", unit))
        if self.relative is not None:
            columns.append(Column("share", f"Share of {self.relative}", "measure", "ratio"))
        columns += [flag(f"total_{name}") for name in ("before", "after")]
        notes = () if counts else (Note("no_data", "Nobody was in this scheme at these moments."),)
        return Found(Result(tuple(columns), tuple(cells), notes))

    def _whole(self, key: Key, summed: tuple[bool, bool]) -> tuple[Key, tuple[bool, bool]]:
        """The margin of which a cell is a share."""
        team = key[:-2]
        match self.relative:
            case "before":
                return (*team, key[-2], None), (summed[0], True)
            case "after":
                return (*team, None, key[-1]), (True, summed[1])
            case _:
                return (*team, None, None), (True, True)

    def _asked(self, frame: Frame) -> flow.Asked:
        if frame.run(flow.exclusive(frame.scope(), self.scheme)):
            raise QueryError(
                f"in '{self.scheme}' a member can be in several segments at once, so nobody moves from one"
            )
        return flow.Asked(self.scheme, frame.cut(), self.count, self.campaign, self.days)

    def behind(self, frame: Frame, at: "Mapping[str, str]") -> "Ints":
        """Who went from `before` to `after`, in the `team` of a campaign."""
        import numpy as np

        for name in ("before", "after", *(("team",) if self.campaign else ())):
            if name not in at:
                raise QueryError(f"say which flow: give 'at.{name}'")
        statement = flow.behind(
            frame.scope(), self._asked(frame), at["before"] or None, at["after"] or None, at.get("team")
        )
        return np.array([int(str(row[0])) for row in frame.run(statement)], np.int64)

    def marked(self, labels: "Mapping[str, Cell]") -> "Mapping[str, Cell] | None":
        """A stream from before to after, by which `behind` finds its members; a campaign's teams share theirs."""
        if self.campaign is not None or not {"source", "target"} <= labels.keys():
            return None
        ends = {"before": labels["source"], "after": labels["target"]}
        return {name: None if end == "(none)" else end for name, end in ends.items()}

    def chart(self, found: Found) -> Chart:
        """A Sankey from before to after, or a matrix with its margins."""
        result = found.result
        drawn = "flow" if self.relative is None else "share"
        if self.look == "matrix":
            kept = [column for column in result.columns if column.role != "measure" or column.name == drawn]
            places = [result.index(column.name) for column in kept]
            rows = tuple(tuple(row[place] for place in places) for row in result.rows)
            return Cross.of(Result(tuple(kept), rows, result.notes), across=("after",), look="heat")
        flags = [result.index(column.name) for column in result.of_role("flag")]
        labels = result.of_role("label")
        places = [result.index(one.name) for one in (*labels, result.columns[result.index("flow")])]
        rows = tuple(
            # A stage must know where everybody is; outside the scheme is a place too.
            tuple(row[place] if row[place] is not None else "(none)" for place in places)
            for row in result.rows
            if not any(row[place] for place in flags)
        )
        return Flow.of(Result((*labels, result.columns[result.index("flow")]), rows, result.notes))

    def dimensions(self) -> tuple[str, ...]:
        """The scheme, as figures are broken down by it."""
        return (f"segment.{self.scheme}",)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        scheme = catalog.schemes.get(self.scheme)
        what = "Members" if self.count == "members" else "Moves of members"
        when = "just before the period and at its end"
        if self.campaign is not None:
            when = (
                f"just before each member's lot in campaign '{self.campaign}' was drawn (or its first message was sent)"
                f" and {self.days} days later; the control group is set apart, and who drew several lots is left out"
            )
        rules = "" if scheme is None else f" {scheme.meaning}"
        return (
            f"{what} by their value of '{scheme.title if scheme else self.scheme}' {when}.{rules}"
            " Opening plus in less out is closing; who is in no value is shown as none."
        )


def _shown(
    frame: Frame, wholes: "Mapping[tuple[Key, tuple[bool, bool]], int]"
) -> dict[tuple[Key, tuple[bool, bool]], Cell]:
    """The counts that the viewer may see, the others hidden."""
    if frame.viewer.brands is None:
        return dict(wholes)
    names = {
        (key, summed): (*key[:-2], *(ALL if out else value for value, out in zip(key[-2:], summed, strict=True)))
        for key, summed in wholes
    }
    gone = hidden({names[one]: Support(count) for one, count in wholes.items()}, frame.privacy)
    return {one: hide(count) if names[one] in gone else count for one, count in wholes.items()}


def _margins(counts: dict[Key, int], labels: int) -> dict[tuple[Key, tuple[bool, bool]], int]:
    """Every cell, and the sums over after, over before, and over both: a member is in one cell only."""
    found: dict[tuple[Key, tuple[bool, bool]], int] = defaultdict(int)
    for summed in ((False, False), (False, True), (True, False), (True, True)):
        for key, count in counts.items():
            team = key[: labels - 2]
            ends = (None if out else value for value, out in zip(key[-2:], summed, strict=True))
            found[(*team, *ends), summed] += count
    return dict(found)
