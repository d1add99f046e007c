"""What the pages of segments show, as plain values; see `view`."""

from dataclasses import dataclass

from markupsafe import Markup

from punchcard.web.view import Anchor, Hidden, Shell, Tile


@dataclass(frozen=True, slots=True)
class Moment:
    """As of which day members are in segments, and the form that asks for another; `today` leads back from the past."""

    said: str
    day: str
    latest: str
    action: str
    keep: tuple[Hidden, ...]
    today: str | None


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A segment in the list: how many are in it, how many were 30 days before, and where it is used."""

    name: str
    title: str
    href: str
    rule: str
    size: str
    before: str
    change: str
    used: int
    course: Markup
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SegmentsPage:
    """All segments of the project."""

    shell: Shell
    moment: Moment
    lines: tuple[SegmentLine, ...]
    overlap: str
    build: str | None


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """Everything about one segment. `doubts` are what the data says against its rule.

    `delete` is what the form carries along that takes it out of the project; it is empty for who may not.
    """

    shell: Shell
    id: str
    meaning: str
    rule: str
    size: str
    moment: Moment
    doubts: tuple[str, ...]
    members: str
    csv: str
    change: str | None
    another: str | None
    used_in: tuple[Anchor, ...]
    tile: Tile
    delete: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class OverlapPage:
    """Segments to choose from, and how those chosen overlap."""

    shell: Shell
    choices: tuple[Anchor, ...]
    most: int
    moment: Moment
    message: str = ""
    tile: Tile | None = None


@dataclass(frozen=True, slots=True)
class ListReport:
    """What became of every row of a list: `lines` say it, `unknown` are the first numbers that nobody has."""

    title: str
    lines: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    more: str = ""  # how many further ones there are
    csv: str = ""
    add: str = ""  # takes this column of a file that has several


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition of a rule that is being built, and the addresses that change it; a group holds others."""

    text: str
    remove: str
    negate: str
    move: str
    group: str
    negated: bool = False
    either: bool = False
    members: tuple["ConditionLine", ...] = ()
    report: ListReport | None = None


@dataclass(frozen=True, slots=True)
class BuilderPage:
    """A rule that is being built. Every form adds one condition; `keep` is what all of them carry along."""

    shell: Shell
    conditions: tuple[ConditionLine, ...]
    sentence: str
    size: str
    moment: Moment
    mistakes: tuple[str, ...]
    doubts: tuple[str, ...]
    members: str
    keep: tuple[Hidden, ...]
    groups: tuple[Anchor, ...]
    activities: tuple[Hidden, ...]
    properties: tuple[str, ...]
    numbers: tuple[str, ...]
    metrics: tuple[Hidden, ...]
    traits: tuple[str, ...]
    segments: tuple[Hidden, ...]
    lists: tuple[str, ...]
    columns: tuple[ListReport, ...]
    save: tuple[Hidden, ...]
    title: str
    meaning: str
    of: str  # the title of the segment that is changed, if one is
    used_in: tuple[Anchor, ...]
