"""What the pages of segments show, as plain values; see `view`."""

from dataclasses import dataclass

from punchcard.web.view import Anchor, Hidden, Shell, Tile


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
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SegmentsPage:
    """All segments of the project."""

    shell: Shell
    moment: str
    lines: tuple[SegmentLine, ...]
    overlap: str
    build: str | None


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """Everything about one segment. `doubts` are what the data says against its rule."""

    shell: Shell
    id: str
    meaning: str
    rule: str
    size: str
    moment: str
    doubts: tuple[str, ...]
    members: str
    csv: str
    change: str | None
    used_in: tuple[Anchor, ...]
    tile: Tile


@dataclass(frozen=True, slots=True)
class OverlapPage:
    """Segments to choose from, and how those chosen overlap."""

    shell: Shell
    choices: tuple[Anchor, ...]
    most: int
    message: str = ""
    tile: Tile | None = None


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition of a rule that is being built, and the addresses that change it."""

    text: str
    remove: str
    negate: str
    move: str
    negated: bool = False
    either: bool = False


@dataclass(frozen=True, slots=True)
class BuilderPage:
    """A rule that is being built. Every form adds one condition; `keep` is what all of them carry along."""

    shell: Shell
    conditions: tuple[ConditionLine, ...]
    sentence: str
    size: str
    moment: str
    mistakes: tuple[str, ...]
    doubts: tuple[str, ...]
    keep: tuple[Hidden, ...]
    activities: tuple[Hidden, ...]
    properties: tuple[str, ...]
    numbers: tuple[str, ...]
    metrics: tuple[Hidden, ...]
    traits: tuple[str, ...]
    segments: tuple[Hidden, ...]
    save: tuple[Hidden, ...]
