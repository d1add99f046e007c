"""Project: a folder of declarations that a person keeps in git, read together with the built-in library."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct, structs

from punchcard.catalog.activity import Activity
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.fact import Fact
from punchcard.catalog.listed import listed
from punchcard.catalog.metric import AnyMetric
from punchcard.catalog.scheme import Scheme
from punchcard.catalog.segment import Condition, Segment
from punchcard.catalog.table import Table
from punchcard.dashboard import Dashboard
from punchcard.dashboard import check as check_dashboard
from punchcard.declaration import Reader, line_of
from punchcard.errors import DeclarationError, Mistake, QueryError, did_you_mean
from punchcard.intake.source import Source
from punchcard.intake.source import check as check_source
from punchcard.period import Calendar, is_zone, zones
from punchcard.plan import check

T = TypeVar("T")

LIBRARY = Path(__file__).parent / "library"
SETTINGS_FILE = "punchcard.yaml"
STORE = Path(".punchcard") / "store.duckdb"
TIMELINE = Path(".punchcard") / "timeline"

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Privacy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What viewers of a brand are shown of people; the operator sees every figure."""

    smallest_cell: Annotated[
        int, Meta(ge=1, le=1000, description="A figure about fewer members than this is not shown to a brand.")
    ] = 10
    largest_share: Annotated[
        float,
        Meta(ge=0.5, le=1, description="A sum of which one member makes up more than this share is not shown either."),
    ] = 0.8


class Hook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where audiences may be sent: another system's address."""

    url: Annotated[str, Meta(pattern="^https?://", description="The address that takes target and control as JSON.")]
    title: Annotated[str, Meta(description="What the other system is called.")] = ""
    signed_by: (
        Annotated[
            str,
            Meta(
                pattern="^[A-Z_][A-Z0-9_]*$",
                description="The environment variable with the secret that signs deliveries.",
            ),
        ]
        | None
    ) = None


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `punchcard.yaml` says: the name of the programme and how its days and money are read."""

    name: Annotated[str, Meta(min_length=1, description="What the programme is called.")]
    zone: Annotated[str, Meta(description="The time zone in which days begin and end, like Europe/Paris.")] = "UTC"
    week_start: Annotated[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        Meta(description="The day on which weeks begin."),
    ] = "monday"
    currency: Annotated[
        str, Meta(pattern="^[A-Z]{3}$", description="The currency of figures; other amounts are converted by fx_rate.")
    ] = "EUR"
    currencies: Annotated[
        tuple[str, ...], Meta(description="The currencies that amounts come in, if they are more than one.")
    ] = ()
    languages: Annotated[
        tuple[str, ...], Meta(description="The languages that the pages offer, the first by itself.")
    ] = ("en",)
    engine: Annotated[Literal["duckdb"], Meta(description="The database that answers.")] = "duckdb"
    today: Annotated[
        str,
        Meta(
            description="The day that 'last 30 days' counts back from: now, a date like 2026-03-31, or last_data (the "
            "day after the last fact), for data that no longer grows."
        ),
    ] = "now"
    privacy: Annotated[Privacy, Meta(description="What viewers of a brand are shown of people.")] = Privacy()
    hooks: Annotated[dict[str, Hook], Meta(description="Other systems that audiences may be sent to, by name.")] = {}
    home: Annotated[tuple[str, ...], Meta(description="Dashboards to show first, by file name.")] = ()
    hide: Annotated[tuple[str, ...], Meta(description="Built-in dashboards that this project does not want.")] = ()


@dataclass(frozen=True)
class Project:
    """A project, read and cross-checked."""

    folder: Path
    settings: Settings
    catalog: Catalog
    dashboards: Mapping[str, Dashboard]
    sources: Mapping[str, Source]

    @property
    def store(self) -> Path:
        """Where the imported data lies."""
        return self.folder / STORE


def load(folder: Path) -> Project:
    """Read a project; DeclarationError with every mistake if there is any."""
    project, mistakes = read(folder)
    if mistakes or project is None:
        raise DeclarationError(mistakes)
    return project


def read(folder: Path) -> tuple[Project | None, list[Mistake]]:
    """Read a project and find every mistake; no project if its settings cannot be read."""
    reader = Reader()
    path = folder / SETTINGS_FILE
    if not path.is_file():
        return None, [Mistake(str(folder), "", f"no {SETTINGS_FILE} here; 'punchcard init {folder}' writes one")]
    raw = reader.mapping(path, SETTINGS_FILE)
    settings = reader.decode(raw, Settings, path, SETTINGS_FILE, "") if raw or not reader.mistakes else None
    if settings is None:
        return None, reader.mistakes
    reader.mistakes += _settings(settings)
    return _put_together(folder, settings, reader)


def built_in() -> tuple[Project, list[Mistake]]:
    """The library by itself, as a project without a file of its own."""
    return _put_together(LIBRARY / "none", Settings(name="Punchcard"), Reader())


def _put_together(folder: Path, settings: Settings, reader: Reader) -> tuple[Project, list[Mistake]]:
    shelf = _Shelf(reader, folder)
    catalog = Catalog(
        shelf.all("tables", Table),
        shelf.all("facts", Fact),
        shelf.all("metrics", AnyMetric),  # pyright: ignore[reportArgumentType] - a union is a type to msgspec
        shelf.all("activities", Activity),
        shelf.all("segments", Segment),
        Calendar(settings.zone if is_zone(settings.zone) else "UTC", _WEEK.index(settings.week_start) + 1),
        settings.currency,
        settings.currencies,
        shelf.all("schemes", Scheme),
    )
    catalog = replace(catalog, segments=dict(_with_lists(catalog.segments, shelf)))
    sources = {name: structs.replace(source, name=name) for name, source in shelf.each("sources", Source).items()}
    dashboards = {name: one for name, one in shelf.each("dashboards", Dashboard).items() if name not in settings.hide}
    project = Project(folder, settings, catalog, dashboards, sources)
    return project, [*reader.mistakes, *_crossed(project, shelf)]


def _with_lists(segments: Mapping[str, Segment], shelf: "_Shelf") -> Iterator[tuple[str, Segment]]:
    """The segments with the numbers of the members whom their CSV files list."""
    for name, segment in segments.items():

        def read(place: str, condition: Condition, name: str = name) -> Condition:
            if condition.list is None or condition.refs:
                return condition
            try:
                refs = listed(shelf.beside("segments", name, condition.list), condition.column)
                return structs.replace(condition, refs=refs)
            except QueryError as error:
                shelf.wrong("segments", name, place, error.message)
                return condition

        yield name, segment.changed(read)


def _settings(settings: Settings) -> Iterator[Mistake]:
    if not is_zone(settings.zone):
        yield Mistake(SETTINGS_FILE, "zone", f"no time zone '{settings.zone}'{did_you_mean(settings.zone, zones())}")
    if settings.today not in ("now", "last_data") and not _is_date(settings.today):
        yield Mistake(SETTINGS_FILE, "today", f"'{settings.today}' is not 'now', 'last_data' or a date like 2026-01-31")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


CHECKS = {
    "facts": check.facts,
    "metrics": check.metrics,
    "activities": check.activities,
    "segments": check.segments,
    "schemes": check.schemes,
}


def _crossed(project: Project, shelf: "_Shelf") -> Iterator[Mistake]:
    catalog = project.catalog
    for folder, finder in CHECKS.items():
        for name, place, message in finder(catalog):
            yield shelf.mistake(folder, name, place, message)
    for name, dashboard in project.dashboards.items():
        for place, message in check_dashboard(dashboard, catalog, project.dashboards):
            yield shelf.mistake("dashboards", name, place, message)
    for name, source in project.sources.items():
        for mistake in check_source(source, catalog.tables):
            yield shelf.mistake("sources", name, mistake.place, mistake.message)


class _Shelf:
    """The library's folders under the project's: a name that both have is the project's."""

    def __init__(self, reader: Reader, folder: Path) -> None:
        self._reader = reader
        self._folder = folder
        self._origin: dict[tuple[str, str], tuple[Path, str]] = {}

    def _files(self, folder: str) -> Iterator[tuple[Path, str]]:
        for base, prefix in ((LIBRARY, "library/"), (self._folder, "")):
            for path in sorted((base / folder).glob("*.yaml")):
                yield path, f"{prefix}{folder}/{path.name}"

    def all(self, folder: str, kind: type[T]) -> dict[str, T]:
        """Every declaration of files that hold several."""
        found: dict[str, T] = {}
        for path, shown in self._files(folder):
            for name, raw in self._reader.mapping(path, shown).items():
                self._origin[folder, name] = (path, shown)
                value = self._reader.decode(raw, kind, path, shown, name)
                if value is not None:
                    found[name] = value
        return found

    def each(self, folder: str, kind: type[T]) -> dict[str, T]:
        """The declarations of files that hold one each, named after the file."""
        found: dict[str, T] = {}
        for path, shown in self._files(folder):
            self._origin[folder, path.stem] = (path, shown)
            raw = self._reader.mapping(path, shown)
            value = self._reader.decode(raw, kind, path, shown, "") if raw else None
            if value is not None:
                found[path.stem] = value
        return found

    def beside(self, folder: str, name: str, file: str) -> Path:
        """A file in the folder of a declaration; QueryError if it would lie elsewhere."""
        path, _ = self._origin[folder, name]
        if Path(file).name != file:
            raise QueryError(f"'{file}' is no file beside {path.name}; give its name alone")
        return path.parent / file

    def wrong(self, folder: str, name: str, place: str, message: str) -> None:
        """Keep a mistake in a declaration that could be read."""
        self._reader.mistakes.append(self.mistake(folder, name, place, message))

    def mistake(self, folder: str, name: str, place: str, message: str) -> Mistake:
        """A mistake found later, with the file where the word is declared and its line."""
        path, shown = self._origin.get((folder, name), (None, f"{folder}/{name}.yaml"))
        where = place if folder in ("dashboards", "sources") else ".".join(part for part in (name, place) if part)
        return Mistake(f"{shown}{line_of(path, where) if path else ''}", where, message)
