"""Tiles: a question at its place on a page, answered and drawn; a mistake stays in its tile and says what to do."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from markupsafe import Markup

from punchcard.analyses.behaviour import Behaviour, as_written
from punchcard.analyses.campaigns import IncrementalCampaigns
from punchcard.analyses.flow import SegmentFlow
from punchcard.analyses.overlap import Overlap
from punchcard.analyses.reach import Audience
from punchcard.analyses.trial import Trial
from punchcard.answer import Answer, rows_behind
from punchcard.chart import Chart, Figure, draw
from punchcard.chart.draw import data_table, failed
from punchcard.chart.voice import Behind, Link, nobody
from punchcard.errors import PunchcardError
from punchcard.query import Query, to_url
from punchcard.result import Cell
from punchcard.web import filters, view
from punchcard.web.address import Address, Pairs
from punchcard.web.behaviour_choices import EXPLORED
from punchcard.web.site import Visit

log = logging.getLogger("punchcard.web")

AT = "at."  # before the labels of the row whose members are wanted
CARD = "/d/campaign_card"
DRAWN = "/audience"  # the page on which an audience is drawn
HEIGHTS = {"number": 150, "ranking": 320}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place for an answer: what it is called, how wide it is, the address of the tile alone and of its page.

    `question` is asked when the tile is drawn, so that its mistakes are the tile's.
    """

    id: str
    title: str
    question: Callable[[], Query]
    address: Address
    page: Address
    width: int = 6
    height: int = 300
    href: str | None = None
    hint: str = ""
    opened: bool = False  # the table of the figures is shown as well
    arrange: view.Arrange | None = None

    @property
    def slot(self) -> view.Slot:
        """The place that is held while the answer is computed."""
        return view.Slot(self.id, self.title, self.width, self.height)


def tile(visit: Visit, spot: Spot) -> view.Tile:
    """The tile with its answer, or with what went wrong."""
    try:
        return _answered(visit, spot)
    except PunchcardError as error:
        return _failed(visit, spot, str(error))
    except Exception:
        number = uuid4().hex[:8]
        log.exception("tile %s of %s could not be drawn (%s)", spot.id, spot.page, number)
        return _failed(
            visit, spot, visit._("This is a mistake of ours; the log has it under %(number)s.", number=number)
        )


def _answered(visit: Visit, spot: Spot) -> view.Tile:
    query = spot.question()
    answer = visit.site.ask(query)
    chart = _said(visit, answer)
    voice = visit.voice(link_of(spot.page, answer), behind_of(answer))
    notes = tuple(note.text for note in answer.result.notes if not (chart.empty and note.kind == "no_data"))
    forms = spot.address
    return view.Tile(
        spot.slot,
        draw(chart, voice, table_href=str(forms.below("table")), opened=spot.opened),
        chart.kind,
        spot.href,
        menu=view.TileMenu(
            f"{spot.page}#t-{spot.id}",
            str(forms.below("csv")),
            str(forms.below("png")),
            explore_address(query) if not spot.page.path.startswith("/explore") else None,
            str(members_address(query)) if has_members(visit, query) else None,
            spot.arrange,
        ),
        notes=(spot.hint, *notes) if spot.hint else notes,
        part=spot.address.path,
        how=str(forms.below("how")),
        act=_act(visit, spot, query),
    )


def _act(visit: Visit, spot: Spot, query: Query) -> view.Anchor | None:
    """What can be done with an answer: an audience is drawn, on its page and by the operator."""
    if not isinstance(query.ask, Audience) or visit.site.viewer.brands is not None or spot.page.path == DRAWN:
        return None
    return view.Anchor(visit._("Draw target and control"), str(Address.of(DRAWN, to_url(query))))


def _failed(visit: Visit, spot: Spot, message: str) -> view.Tile:
    menu = view.TileMenu(arrange=spot.arrange)
    return view.Tile(spot.slot, failed(message, visit.voice()), "failed", spot.href, menu=menu, part=spot.address.path)


def _said(visit: Visit, answer: Answer) -> Chart:
    """The chart, with the comparison period named where a figure is set against it."""
    if isinstance(answer.chart, Figure) and answer.comparison_days is not None:
        return replace(answer.chart, versus=visit._("vs %(period)s", period=visit.days(answer.comparison_days)))
    return answer.chart


def figure_of(pairs: Pairs) -> dict[str, str]:
    """The labels of the row whose members are wanted, by column."""
    return {name[len(AT) :]: value for name, value in pairs if name.startswith(AT)}


def members_address(query: Query) -> Address:
    """The page of the members behind a question's figures."""
    return Address.of("/members", to_url(query))


def explore_address(query: Query) -> str:
    """The page on which a question can be changed."""
    path = "/explore/behaviour" if query.ask.__struct_config__.tag in EXPLORED else "/explore"
    return f"{path}?{to_url(query)}"


def has_members(visit: Visit, query: Query) -> bool:
    """Whether there are members behind a question's figures."""
    if visit.site.viewer.brands is not None:
        return False  # a brand sees no lists
    used = query.ask.used()
    if isinstance(query.ask, Behaviour | Trial):
        return query.ask.listed
    return isinstance(query.ask, SegmentFlow) or (
        query.ask.of_cells and bool(used) and all(visit.readable(name, "member_id") for name in used)
    )


def link_of(page: Address, answer: Answer) -> Link:
    """Where the names of an answer's chart lead: those of a dimension narrow the page, others to their page."""
    if isinstance(answer.query.ask, Overlap):
        return lambda column, value: f"/segments/{value}" if column == "segment" else None
    if isinstance(answer.query.ask, IncrementalCampaigns):
        card = Address(CARD).to(period=page.get("period"))
        return lambda column, value: str(card.to(campaign=str(value))) if column == "campaign" else None
    return filters.linker(page, filters.read(page), answer.query.ask.dimensions())


def behind_of(answer: Answer) -> Behind:
    """Where the figures of an answer's chart lead: those of behaviour, flows and overlaps to their members."""
    ask = answer.query.ask
    if not isinstance(ask, Behaviour | SegmentFlow | Overlap):
        return nobody
    listed = members_address(answer.query)

    def members(at: Mapping[str, Cell]) -> str | None:
        marked = ask.marked(at)
        if marked is None:
            return None
        return str(listed.to(**{f"{AT}{name}": as_written(value) for name, value in marked.items()}))

    return members


def table(visit: Visit, spot: Spot) -> Markup:
    """The data table of a tile, all rows of it."""
    answer = visit.site.ask(spot.question())
    return data_table(answer.chart, visit.voice(link_of(spot.page, answer), behind_of(answer)))


def method(visit: Visit, spot: Spot) -> tuple[view.Method, ...]:
    """How each figure of a tile is computed, over which rows, and what to mind."""
    query = spot.question()
    answer = visit.site.ask(query)
    counted = rows_behind(query, visit.site.viewer, visit.site.programme)
    said = visit.format
    rows = "; ".join(f"{said.exact(one.rows, 'count')} ({one.fact.lower()})" for one in dict.fromkeys(counted))
    common = view.Method(
        "",
        filters=in_force(visit, answer),
        rows_counted=rows,
        freshness=visit.moment(answer.data_until),
        took=f"{answer.seconds * 1000:.0f} ms",
        sql=";\n\n".join(answer.sql),
        analysis=answer.method,
    )
    several = len(answer.metrics) > 1
    told = [
        view.Method(
            one.definition,
            one.formula,
            exclusions=(one.exclusions,) if one.exclusions else (),
            questions=one.questions,
            pitfalls=one.pitfalls,
            more=f"/catalogue/metric/{one.name}",
            title=one.title if several else "",
        )
        for one in answer.metrics
    ]
    return (*told, common)


def in_force(visit: Visit, answer: Answer) -> tuple[str, ...]:
    """The period, the comparison and the filters of an answer, each as a sentence."""
    query = answer.query
    said = [visit._("Period: %(period)s", period=visit.days(answer.days))]
    if answer.comparison_days is not None:
        said.append(visit._("Compared with: %(period)s", period=visit.days(answer.comparison_days)))
    said += [filters.sentence(visit, one, query.ask.used()) for one in query.filters]
    if query.known_at is not None:
        said.append(visit._("As it was known at %(moment)s", moment=query.known_at))
    return tuple(said)
