"""Site: what all requests share; and Visit: one request, with the reader's language and theme."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from litestar import Request
from litestar.datastructures import State
from litestar.di import Dependency
from litestar.params import SkipValidationMarker

from punchcard.answer import Answer
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.metric import facts_behind
from punchcard.chart import Voice
from punchcard.chart.voice import Behind, Link, nobody, nowhere
from punchcard.dashboard import Dashboard, View, question
from punchcard.errors import QueryError
from punchcard.format import Format
from punchcard.i18n import Language, languages
from punchcard.intake.ledger import Ledger
from punchcard.plan.dimension import describe, known, reads
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.viewer import Viewer
from punchcard.web import view
from punchcard.web.address import Address
from punchcard.web.layout import AS_DECLARED, COOKIE, Layout
from punchcard.web.undo import DONE, Shelf

LANGUAGE = "lang"
DOCUMENTS = ("txn.", "txn_line.", "receipt.")  # nobody breaks figures down by what a single document says
ALIKE = ("member.is_test", "is_test")  # the same in every row that is counted
THEME = "theme"


@dataclass(frozen=True, slots=True)
class Site:
    """A programme as one viewer sees it. `static` is where style and scripts lie; `token` proves a form to be ours."""

    programme: Programme
    viewer: Viewer
    static: str
    token: str

    def ask(self, query: Query) -> Answer:
        """The answer to a question."""
        return self.programme.ask(query, self.viewer)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a reader. `part` says that a page which is already there asks for a piece of itself."""

    site: Site
    address: Address
    language: Language
    theme: str = "auto"
    part: bool = False
    layout: Layout = AS_DECLARED
    done: str = ""  # the change that was just made, as its undoing names it

    @property
    def catalog(self) -> Catalog:
        """The declared words of the project."""
        return self.site.programme.project.catalog

    @property
    def dashboards(self) -> dict[str, Dashboard]:
        """The project's dashboards by name, in the order of their titles."""
        found = self.site.programme.project.dashboards
        return dict(sorted(found.items(), key=lambda item: (item[1].group, item[1].title)))

    def offered(self) -> dict[str, Dashboard]:
        """The dashboards that have something to show: those of the project, and those whose facts have rows."""
        return {name: one for name, one in self.dashboards.items() if self.own_file(name) or self._fed(one)}

    def _fed(self, dashboard: Dashboard) -> bool:
        """Whether at least half of the tiles that show metrics rest on facts that have rows."""
        asked = [used for query in questions(dashboard) if (used := query.ask.used())]
        fed = [used for used in asked if any(self._has_rows(metric) for metric in used)]
        return 2 * len(fed) >= len(asked)

    def _has_rows(self, metric: str) -> bool:
        """Whether there are rows of each fact that a metric reads."""
        return all(self.site.programme.holds(self.site.viewer, fact) for fact in self._facts(metric))

    @property
    def format(self) -> Format:
        """Figures and dates as the reader writes them."""
        return Format.of(self.language.tag, currency=self.catalog.currency, none=self._("(none)"))

    def voice(self, link: Link = nowhere, behind: Behind = nobody) -> Voice:
        """How charts speak to the reader, where their names lead, and where the members behind their figures are."""
        return Voice(self.language, self.format, link, behind)

    def _(self, message: str, **values: object) -> str:
        """A message in the reader's language."""
        return self.language._(message, **values)

    def shell(self, title: str, section: str, crumbs: tuple[view.Anchor, ...] = ()) -> view.Shell:
        """What surrounds a page."""
        tags = dict.fromkeys((*self.site.programme.project.settings.languages, self.language.tag))
        languages = tuple(
            view.Anchor(Language.of(tag).name, str(self.address.to(lang=tag)), tag == self.language.tag, tag)
            for tag in tags
        )
        name = self.site.programme.project.settings.name
        viewer = self.site.viewer
        brand = "" if viewer.brands is None else viewer.name
        return view.Shell(
            name,
            title,
            section,
            self.language,
            self.theme,
            languages,
            self.site.static,
            crumbs,
            brand=brand,
            undo=self._undo(),
        )

    def _undo(self) -> view.Undo | None:
        done = Shelf(self.site.programme.project.folder).get(self.done) if self.done else None
        if done is None or self.site.viewer.brands is not None:
            return None
        return view.Undo(done.said, "/undo", (view.Hidden("token", self.site.token), view.Hidden(DONE, self.done)))

    def days(self, days: tuple[date, date]) -> str:
        """A half-open span of days, as a person writes it."""
        return self.format.period(*days)

    def moment(self, instant: datetime | None) -> str:
        """An instant in the project's zone."""
        if instant is None:
            return self._("no data yet")
        return self.format.moment(instant.astimezone(self.catalog.calendar.info))

    def freshness(self) -> str:
        """Up to when there is data."""
        span = self.site.programme.span(self.site.viewer)
        return self.moment(span[1] if span else None)

    @property
    def folder(self) -> Path:
        """Where the project's own dashboards are."""
        return self.site.programme.project.folder / "dashboards"

    def own_file(self, name: str) -> Path | None:
        """The project's own file of a dashboard; None for one of the library."""
        path = self.folder / f"{name}.yaml"
        return path if name in self.dashboards and path.is_file() and not path.is_symlink() else None

    def ledger(self) -> Ledger:
        """What was imported, for those who may see every row."""
        return self.site.programme.ledger(self.site.viewer)

    def readable(self, metric: str, dimension: str) -> bool:
        """Whether a metric can be read by a dimension."""
        return any(reads(self.catalog, fact, dimension) for fact in self._facts(metric))

    def readings(self, metric: str) -> tuple[str, ...]:
        """Everything that a metric can be broken down by: what names a group first, what names single things last."""
        facts = self._facts(metric)
        names = dict.fromkeys(name for fact in facts for name in known(self.catalog, fact) if _divides(name))
        changing = self.site.programme.histories(self.site.viewer)
        every = (*names, *(name for name in changing if any(reads(self.catalog, fact, name) for fact in facts)))
        return tuple(sorted(every, key=lambda name: name.endswith("_id")))

    def _facts(self, metric: str) -> tuple[str, ...]:
        leaves = self.catalog.leaves(metric)
        return tuple(
            dict.fromkeys(fact for leaf in leaves for fact in facts_behind(leaf) if fact in self.catalog.facts)
        )

    def titled(self, dimension: str, metrics: Iterable[str] = ()) -> str:
        """What a dimension is called by the first fact that has it."""
        facts = (fact for name in metrics for fact in self._facts(name))
        fact = next((fact for fact in facts if reads(self.catalog, fact, dimension)), None)
        if fact is None:
            fact = next((name for name in self.catalog.facts if reads(self.catalog, name, dimension)), None)
        return describe(self.catalog, fact, dimension)


# The visit as a parameter of a route. Litestar would take it apart to validate it, and there is nothing to validate.
Here = Annotated[Visit, Dependency(kind="named"), SkipValidationMarker()]


def _divides(dimension: str) -> bool:
    """Whether anybody breaks figures down by a dimension: not by the id of another thing's, such as a store's brand."""
    repeats = "." in dimension and dimension.endswith("_id")
    return not repeats and not dimension.startswith(DOCUMENTS) and dimension not in ALIKE


def known_languages(site: Site) -> tuple[str, ...]:
    """The languages a reader may choose: those with a catalogue, and those the project asks for."""
    return tuple(dict.fromkeys((*site.programme.project.settings.languages, *languages())))


def visit_of(site: Site, request: Request[None, None, State]) -> Visit:
    """A request, with what its reader has chosen before."""
    address = Address.of(request.url.path, request.scope["query_string"].decode("latin-1"))
    known = known_languages(site)
    wanted = (address.get(LANGUAGE), request.cookies.get(LANGUAGE))
    tag = next((one for one in wanted if one in known), known[0])
    theme = request.cookies.get(THEME, "")
    return Visit(
        site,
        address.to(**{DONE: None}),
        Language.of(tag),
        theme if theme in ("light", "dark") else "auto",
        "x-punchcard-part" in request.headers,
        Layout.read(request.cookies.get(COOKIE, "")),
        address.get(DONE) or "",
    )


def questions(dashboard: Dashboard) -> Iterator[Query]:
    """The questions of a dashboard's tiles, whatever is chosen: to see what they use."""
    chosen = dashboard.anything()
    for tile in dashboard.tiles:
        try:
            yield question(dashboard, tile, View(choices=chosen))
        except QueryError:
            continue  # the tile itself says what is wrong with it


def metrics_of(dashboard: Dashboard) -> tuple[str, ...]:
    """The metrics that a dashboard shows, each once."""
    return tuple(dict.fromkeys(name for query in questions(dashboard) for name in query.ask.used()))
