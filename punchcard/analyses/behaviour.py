"""Behaviour: questions about what members did one after another, answered in one pass over the timeline.

Each kind's parameters and words live in its file of `timeline/asked/`, its pass in that of `timeline/`; here they
become analyses: they get the viewer's timeline, the period and the filters; their result speaks of activities by title
and flags what is not over yet as charts know it; and the pass that counted names the members behind each of its counts.
A compiled pass is loaded when it is asked for, so that reading a dashboard does not wait for it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from punchcard.analyses.base import Analysis, Found, not_compared
from punchcard.catalog.catalog import Catalog
from punchcard.errors import QueryError, did_you_mean
from punchcard.frame import Frame
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.pick import Pick

if TYPE_CHECKING:
    from punchcard.timeline.kernels import Ints

At = Mapping[str, str]


class Passed(Protocol):
    """What a pass over the timeline found."""

    def result(self) -> Result:
        """Its figures."""
        ...


class Behaviour(Analysis, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question of the timeline. A kind also inherits its parameters, whose `method()` says how it is computed."""

    needs: ClassVar[tuple[str, ...]]  # the labels by which `behind` finds the members of a figure
    may: ClassVar[tuple[str, ...]] = ()  # those that it uses if they are there
    listed: ClassVar[bool] = True  # whether there are members behind its figures to list

    def passed(self, frame: Frame) -> Passed:
        """One pass over the viewer's timeline."""
        raise NotImplementedError

    def behind(self, frame: Frame, at: At) -> "Ints":
        """The members behind a figure, found by the pass that counted it; `at` gives its row's labels by column."""
        raise NotImplementedError

    def people(self) -> str | None:
        """The measure that says how many members `behind` lists; None if the figures count something else."""
        raise NotImplementedError

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """Of the labels of a mark, those by which `behind` finds its members; None if there is nobody to list."""
        counted = getattr(getattr(self, "funnel", self), "unit", None)  # values of a property instead of members
        if counted is not None or not all(name in labels for name in self.needs):
            return None
        return {name: labels[name] for name in (*self.needs, *self.may) if name in labels}

    def find(self, frame: Frame) -> Found:
        """The figures of the pass."""
        return Found(flagged(self.passed(frame).result(), *not_compared(frame)))

    def method(self, catalog: Catalog | None = None) -> str:
        """The parameters in words; with a catalogue, activities are called by title."""
        words: Callable[[], str] = getattr(super(Analysis, self), "method")  # noqa: B009  the parameters' own
        return words() if catalog is None else in_titles(words(), catalog)


def earlier(frame: Frame) -> Frame | None:
    """The same to ask of in the comparison period, if there is one; whom filters leave is read at its own end."""
    return None if frame.comparison is None else replace(frame, period=frame.comparison, comparison=None)


def in_titles(text: str, catalog: Catalog) -> str:
    """A text with the activities in it called as people call them."""

    def title(found: re.Match[str]) -> str:
        activity = catalog.activities.get(found[1])
        return found[0] if activity is None else f"'{activity.title}'"

    return re.sub(r"'([^']+)'", title, text)


def titled(pick: Pick, catalog: Catalog) -> str:
    """What a picked activity is called, as the label of a row.

    The one activity's title stands alone; quotes are for sentences.
    """
    names = (pick.activity,) if isinstance(pick.activity, str) else pick.activity
    known = [activity_title(name, catalog) for name in names] if names else ["Any activity"]
    where = " and ".join(condition.sentence() for condition in pick.where)
    return " or ".join(known) + (f", {where}" if where else "")


def activity_title(name: str, catalog: Catalog) -> str:
    """The title of an activity; one named by its rows (`named_by`) is called by that name."""
    activity = catalog.activities.get(name)
    return name if activity is None else activity.title


def carried(pick: Pick, name: str | None, catalog: Catalog) -> None:
    """QueryError if none of the picked activities is declared to have a property; some may have others (`open`)."""
    picked = (pick.activity,) if isinstance(pick.activity, str) else pick.activity or ()
    known = [catalog.activities[one] for one in picked if one in catalog.activities]
    if name is None or not picked or len(known) < len(picked) or any(one.open is not None for one in known):
        return
    properties = tuple(dict.fromkeys(prop for one in known for prop in one.properties))
    if name not in properties:
        whose = " or ".join(f"'{one.title}'" for one in known)
        has = f"it has {', '.join(properties)}" if properties else "it has none"
        raise QueryError(f"{whose} has no property '{name}'{did_you_mean(name, properties) or f'; {has}'}")


def apart(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels, with a number behind those that were there before.

    >>> apart(["Purchase", "Return", "Purchase"])
    ('Purchase', 'Return', 'Purchase (2)')
    """
    found: list[str] = []
    for place, label in enumerate(labels):
        before = labels[:place].count(label)
        found.append(f"{label} ({before + 1})" if before else label)
    return tuple(found)


def flagged(result: Result, *notes: Note) -> Result:
    """A result whose flag `complete` becomes `incomplete`, and whose row for the whole period is flagged as `total`.

    `notes` are added to its own.
    """
    columns, rows = list(result.columns), [list(row) for row in result.rows]
    for place, column in enumerate(columns):
        if column.name == "complete":
            columns[place] = Column("incomplete", "Not over yet", "flag", "flag", of=column.of)
            for row in rows:
                row[place] = not row[place]
    bucket = next((place for place, column in enumerate(columns) if column.role == "time"), None)
    if bucket is not None and any(row[bucket] is None for row in rows):
        columns.append(Column("total", "Whole period", "flag", "flag"))
        rows = [[*row, row[bucket] is None] for row in rows]
    return Result(tuple(columns), tuple(tuple(row) for row in rows), (*result.notes, *notes))


def shown(result: Result, *names: str, totals: bool = False) -> Result:
    """These columns and the flags, without the row of the whole period: what a chart draws."""
    places = [result.index(name) for name in names]
    flags = [place for place, column in enumerate(result.columns) if column.role == "flag"]
    total = next((place for place in flags if result.columns[place].name == "total"), None)
    places += [place for place in flags if place != total]
    rows = (row for row in result.rows if totals or total is None or not row[total])
    columns = tuple(result.columns[place] for place in places)
    return Result(columns, tuple(tuple(row[place] for place in places) for row in rows), result.notes)


def place(at: At, column: str, labels: Sequence[Cell]) -> int:
    """Which of the labels is meant; QueryError if it is none of them."""
    written = [as_written(label) for label in labels]
    wanted = at.get(column)
    if wanted is None:
        raise QueryError(f"say which {column}: 'at.{column}' is one of {', '.join(written[:8])}")
    if wanted not in written:
        raise QueryError(f"no {column} '{wanted}' in the answer{did_you_mean(wanted, written)}")
    return written.index(wanted)


def as_written(label: Cell) -> str:
    """A label as addresses write it.

    >>> as_written(date(2026, 3, 1)), as_written(3), as_written(3.0), as_written(None)
    ('2026-03-01', '3', '3', '')
    """
    if label is None:
        return ""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return label.isoformat() if isinstance(label, date) else str(label)


def number(at: At, column: str) -> int:
    """A label that is a number."""
    wanted: Any = at.get(column, "")
    if not str(wanted).isdigit():
        raise QueryError(f"'at.{column}' is a number, not '{wanted}'")
    return int(wanted)


def only_members(unit: str | None) -> None:
    """QueryError if a question counts the values of a property, behind which there are no members."""
    if unit is not None:
        raise QueryError(f"the question counts values of '{unit}', not members, so there is nobody to list")
