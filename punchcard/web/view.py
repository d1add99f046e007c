"""Views: all that a page needs to be written, as plain values. The routes fill them; the templates only lay them out.

Texts of the interface come from the templates; texts in a view (titles, meanings, sentences) come in the reader's
language. Every address is ready made: a template builds no URL.
"""

from dataclasses import dataclass, field

from markupsafe import Markup

from punchcard.i18n import Language


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link: `current` marks where the reader is or what is chosen, `hint` is a line below it.

    One that leads nowhere now says why in `why_not`.
    """

    text: str
    href: str
    current: bool = False
    hint: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A parameter of the address that a form must carry along."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Undo:
    """What was just done, and the form that takes it back."""

    said: str
    action: str
    keep: tuple[Hidden, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds every page."""

    project: str
    title: str
    section: str  # home, dashboards, explore, catalogue or data
    language: Language
    theme: str = "auto"  # auto, light or dark: from the cookie `theme`
    languages: tuple[Anchor, ...] = ()
    static: str = "/static"  # where the style and scripts lie; may hold a version
    crumbs: tuple[Anchor, ...] = ()
    auto_refresh: int = 0
    brand: str = ""  # whose viewer it is, if not the operator
    undo: Undo | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """A button that opens a list of choices. `key` is the keyboard letter that opens it."""

    id: str
    title: str
    value: str
    choices: tuple[Anchor, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class PeriodPicker:
    """The period: presets, a custom range (both ends inclusive, ISO days), and the periods before and after."""

    label: str
    presets: tuple[Anchor, ...]
    start: str
    end: str
    action: str
    keep: tuple[Hidden, ...] = ()
    previous: str | None = None
    following: str | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, as a sentence, and the address without it."""

    text: str
    remove: str


@dataclass(frozen=True, slots=True)
class FilterField:
    """Something to filter by: its values as links, which are fetched from `src` when they are wanted."""

    title: str
    src: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    """The controls of a page. `part` is the address (without query) that gives this bar anew for other parameters."""

    period: PeriodPicker
    menus: tuple[Menu, ...] = ()
    chips: tuple[Chip, ...] = ()
    fields: tuple[FilterField, ...] = ()
    clear: str | None = None
    compare_toggle: str | None = None
    part: str = ""
    notice: Anchor | None = None  # why there may be nothing to see, and the way out (`hint` names it)


@dataclass(frozen=True, slots=True)
class Method:
    """How a figure is computed, in words, and everything a reader needs to check it. `title` tells several apart."""

    definition: str
    formula: str = ""
    filters: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    rows_counted: str = ""
    freshness: str = ""
    took: str = ""
    questions: tuple[str, ...] = ()
    pitfalls: str = ""
    sql: str = ""
    more: str | None = None  # the metric's page of the catalogue
    title: str = ""
    analysis: str = ""  # what the kind of question adds to the metrics' own methods


@dataclass(frozen=True, slots=True)
class TileMenu:
    """Where the entries of a tile's menu lead; an entry without address is left out."""

    link: str | None = None
    csv: str | None = None
    png: str | None = None
    explore: str | None = None
    members: str | None = None
    arrange: "Arrange | None" = None


@dataclass(frozen=True, slots=True)
class Arrange:
    """Where the reader's own layout is changed; `arranged` if this tile is kept first, or the page is."""

    address: str
    query: str
    arranged: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a tile will be: its place is held while it is computed. `width` is in twelfths, `height` in pixels."""

    id: str
    title: str
    width: int = 6
    height: int = 280


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile. `body` is `chart.draw(...)`; `part` the address (without query) that gives the tile anew.

    `how` is the address that tells how it is computed, which is fetched when it is wanted.
    """

    slot: Slot
    body: Markup
    kind: str = "chart"  # the chart's kind; `figure` makes a small tile
    href: str | None = None
    how: str | None = None
    menu: TileMenu = TileMenu()
    notes: tuple[str, ...] = ()
    part: str = ""
    act: "Anchor | None" = None  # what can be done with the answer


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """A dashboard before its tiles: they follow one by one, in order of readiness (`Pages.stream`)."""

    shell: Shell
    question: str
    bar: FilterBar
    slots: tuple[Slot, ...]
    link: str
    explore: str | None = None
    related: tuple[Anchor, ...] = ()
    file: str | None = None  # where the project's own file can be seen and changed
    parts: str = ""  # the address (without query) that gives the bar and all tiles anew in one reply
    folded: tuple[Hidden, ...] = ()  # tiles that the reader has folded away, by place and title
    arrange: Arrange | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Cards or links under a heading."""

    title: str
    anchors: tuple[Anchor, ...]
    open: bool = False  # unfolded from the start


@dataclass(frozen=True, slots=True)
class HomePage:
    """The first page: key figures, dashboards by group, what is fresh and what is wrong.

    `waiting` are the dashboards for which the project has no data.
    """

    shell: Shell
    groups: tuple[Group, ...]
    figures: tuple[Tile, ...] = ()
    freshness: str = ""
    warnings: tuple[Anchor, ...] = ()
    waiting: tuple[Anchor, ...] = ()
    figures_of: Anchor | None = None  # the dashboard that the key figures are from; `hint` names their period


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric to pick: what it means; `words` are other names it is known by, for the search."""

    title: str
    href: str
    meaning: str
    group: str = ""
    words: str = ""
    current: bool = False
    add: str | None = None  # asks for it beside what is asked already


@dataclass(frozen=True, slots=True)
class Options:
    """A choice of one among a few, shown at once: grain, chart. Many are a list to search in, which has an `id`."""

    title: str
    choices: tuple[Anchor, ...]
    id: str = ""
    typed: "Input | None" = None  # a value that is typed instead
    more: bool = False  # out of the way until it is wanted
    changed: bool = False  # it is not what it is unless something is said

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Why some choices cannot be taken now: the choices, the reason."""
        found: dict[str, list[str]] = {}
        for one in self.choices:
            if one.why_not:
                found.setdefault(one.why_not, []).append(one.text)
        return tuple((", ".join(texts), reason) for reason, texts in found.items())


@dataclass(frozen=True, slots=True)
class Input:
    """A value that the reader types."""

    name: str
    title: str
    value: str
    error: str = ""  # why it cannot be used; the question is still the one before


@dataclass(frozen=True, slots=True)
class ExplorePage:
    """One question put together by clicks. `sentence` is the question in words, with its choices in bold."""

    shell: Shell
    sentence: Markup
    metrics: tuple[MetricChoice, ...]
    options: tuple[Options, ...]
    bar: FilterBar
    tile: Tile | None
    save_action: str = ""
    save_keep: tuple[Hidden, ...] = ()
    dashboards: tuple[Hidden, ...] = ()  # name: its id, value: its title
    part: str = ""
    chosen: tuple[Chip, ...] = ()  # the metrics asked for
    inputs: tuple[Input, ...] = ()  # what the metrics have to be told
    inputs_keep: tuple[Hidden, ...] = ()
    kinds: tuple[Anchor, ...] = ()  # metrics, and the kinds of behaviour


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A line of the catalogue."""

    title: str
    href: str
    meaning: str
    detail: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueGroup:
    """Entries under a heading."""

    title: str
    entries: tuple[CatalogueEntry, ...]


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """All metrics, or all tables; `kinds` switches between them, `search` is what was looked for."""

    shell: Shell
    kinds: tuple[Anchor, ...]
    groups: tuple[CatalogueGroup, ...]
    action: str
    search: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a definition list."""

    name: str
    value: str | Markup


@dataclass(frozen=True, slots=True)
class MetricPage:
    """Everything about one metric."""

    shell: Shell
    id: str
    method: Method
    facts: tuple[Fact, ...]
    breakdowns: tuple[Anchor, ...] = ()
    used_in: tuple[Anchor, ...] = ()
    related: tuple[Anchor, ...] = ()
    explore: str | None = None
    tile: Tile | None = None


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column in the list of its table."""

    name: str
    href: str
    type: str
    meaning: str
    empty: str = ""
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TablePage:
    """Everything about one table."""

    shell: Shell
    id: str
    grain: str
    facts: tuple[Fact, ...]
    columns: tuple[ColumnLine, ...]
    used_in: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnPage:
    """Everything about one column. `values` are its most frequent values, with their counts."""

    shell: Shell
    id: str
    meaning: str
    facts: tuple[Fact, ...]
    values: tuple[Fact, ...] = ()
    used_in: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One imported file: where its rows went, and whether they are all accounted for.

    `folded` rows say again what another row of the file says, `skipped` ones are left out by the source's own rule.
    """

    source: str
    table: str
    when: str
    received: str
    stored: str
    duplicates: str
    quarantined: str
    balanced: bool
    quarantine: str | None = None
    folded: str = "0"
    skipped: str = "0"


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """One cell that could not be read."""

    file: str
    row: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class DataPage:
    """What was imported, what was refused and why."""

    shell: Shell
    freshness: str
    imports: tuple[ImportLine, ...]
    tables: tuple[Fact, ...] = ()
    quarantine: tuple[QuarantineLine, ...] = ()
    quarantine_total: str = ""
    reasons: tuple[Fact, ...] = ()
    more: str | None = None


@dataclass(frozen=True, slots=True)
class FilePage:
    """A dashboard's file as it lies in the project. A form posted to `action` with a `place` takes a tile out."""

    shell: Shell
    text: str
    tiles: tuple[str, ...]
    action: str
    keep: tuple[Hidden, ...]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page that says what went wrong (or that there is nothing yet) and what to do."""

    shell: Shell
    message: str
    advice: str = ""
    details: tuple[str, ...] = ()
    links: tuple[Anchor, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member in a list."""

    ref: str
    href: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class MembersPage:
    """The members behind a figure; `figures` are the answer's other figures, each leading to its members."""

    shell: Shell
    question: str
    chips: tuple[str, ...]
    figures: tuple[Anchor, ...]
    count: str
    members: tuple[MemberLine, ...] | None  # None until a figure is chosen
    figure: str = ""
    csv: str = ""
    explore: str = ""
    previous: str | None = None
    following: str | None = None
    save_keep: tuple[Hidden, ...] = ()  # what the form carries along that makes a segment of them
    as_rule: bool = False  # the segment is the rule that says who they are, and no list


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of a member's timeline."""

    when: str
    activity: str
    details: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Everything one member did, the newest first."""

    shell: Shell
    ref: str
    activities: tuple[Anchor, ...]
    deeds: tuple[Deed, ...]
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An activity in a question of behaviour: a step, a series, what begins; and how it can be changed."""

    id: str
    title: str
    text: str
    instead: tuple[MetricChoice, ...]
    conditions: tuple[Chip, ...]
    properties: tuple[str, ...]
    values: tuple[str, ...]
    place: str
    remove: str = ""
    earlier: str = ""
    later: str = ""
    optional: Anchor | None = None  # whether the step may be left out on the way; a click says otherwise
    settings: tuple[Options, ...] = ()  # what is counted of it


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What must not happen between steps of a funnel, and what a form can add."""

    chips: tuple[Chip, ...]
    activities: tuple[Hidden, ...]
    after: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BehaviourPage:
    """A question of behaviour put together by clicks. `keep` is what its forms carry along."""

    shell: Shell
    kinds: tuple[Anchor, ...]
    sentence: str
    details: str
    parts: tuple[Part, ...]
    add: tuple[MetricChoice, ...]
    options: tuple[Options, ...]
    bar: FilterBar
    tile: Tile
    keep: tuple[Hidden, ...]
    operators: tuple[Hidden, ...]
    window: tuple[str, str] | None = None
    units: tuple[Hidden, ...] = ()
    exclusions: Exclusions | None = None
    members: str = ""
    save_action: str = ""
    save_keep: tuple[Hidden, ...] = ()
    dashboards: tuple[Hidden, ...] = ()
    part: str = ""
    add_title: str = ""

    @property
    def first(self) -> tuple[Options, ...]:
        """The settings that most readers change."""
        return tuple(one for one in self.options if not one.more)

    @property
    def more(self) -> tuple[Options, ...]:
        """The others."""
        return tuple(one for one in self.options if one.more)

    @property
    def more_open(self) -> bool:
        """Whether one of the others is in use."""
        return any(one.changed for one in self.more)
