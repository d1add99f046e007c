"""Home: key figures, all dashboards by group, up to when there is data, and what is wrong with it."""

from dataclasses import replace
from typing import Any

from litestar import get

from punchcard.dashboard import Dashboard
from punchcard.web import pages, view
from punchcard.web.bar import presets
from punchcard.web.dashboards import HTML, page_address, spots
from punchcard.web.site import Here, Visit
from punchcard.web.tiles import tile

FIGURES = 8


@get("/", sync_to_thread=True, media_type=HTML, include_in_schema=False)
def home(visit: Here) -> str:
    """The first page."""
    project = visit.site.programme.project
    offered = visit.offered()
    return pages.page(
        view.HomePage(
            visit.shell(project.settings.name, "home"),
            groups(visit, offered, project.settings.home),
            figures(visit),
            visit.freshness(),
            warnings(visit),
            waiting(visit, offered),
            figures_of(visit),
        )
    )


@get("/dashboards", sync_to_thread=True, media_type=HTML, include_in_schema=False)
def listing(visit: Here) -> str:
    """All dashboards, every group unfolded."""
    shell = visit.shell(visit._("Dashboards"), "dashboards")
    offered = visit.offered()
    return pages.page(
        view.HomePage(shell, groups(visit, offered, tuple(offered)), waiting=waiting(visit, offered)),
    )


def groups(visit: Visit, offered: dict[str, Dashboard], unfolded: tuple[str, ...]) -> tuple[view.Group, ...]:
    """The dashboards as cards, those of the project's `home` first.

    A group with one of `unfolded` is open; if no group is, all are.
    """
    first = visit.site.programme.project.settings.home
    found: dict[str, list[str]] = {}
    for name in sorted(offered, key=lambda name: name not in first):
        found.setdefault(offered[name].group, []).append(name)
    unfolded = unfolded if any(name in offered for name in unfolded) else tuple(offered)
    return tuple(
        view.Group(
            title,
            tuple(view.Anchor(offered[name].title, f"/d/{name}", hint=offered[name].question) for name in names),
            not set(names).isdisjoint(unfolded),
        )
        for title, names in found.items()
    )


def waiting(visit: Visit, offered: dict[str, Dashboard]) -> tuple[view.Anchor, ...]:
    """The dashboards that have nothing to show yet."""
    return tuple(
        view.Anchor(one.title, f"/d/{name}", hint=one.question)
        for name, one in visit.dashboards.items()
        if name not in offered
    )


def figures(visit: Visit) -> tuple[view.Tile, ...]:
    """The single figures of the first dashboard that the project shows first."""
    name = _first(visit)
    if name is None:
        return ()
    dashboard = visit.dashboards[name]
    places = spots(visit, name, dashboard, page_address(name, replace(visit, address=visit.address.only())))
    single = [one for one, declared in zip(places, dashboard.tiles, strict=True) if _is_single(declared.ask)]
    return tuple(tile(visit, replace(one, href=f"/d/{name}")) for one in single[:FIGURES])


def _is_single(ask: dict[str, Any]) -> bool:
    """Whether a tile shows one figure."""
    return ask.get("kind") == "number" and len(ask.get("metrics", ())) == 1


def figures_of(visit: Visit) -> view.Anchor | None:
    """The dashboard that the figures are from, and their period."""
    name = _first(visit)
    if name is None:
        return None
    dashboard = visit.dashboards[name]
    period = presets(visit.language).get(dashboard.period, dashboard.period)
    return view.Anchor(dashboard.title, f"/d/{name}", hint=period)


def _first(visit: Visit) -> str | None:
    return next((one for one in visit.site.programme.project.settings.home if one in visit.dashboards), None)


def warnings(visit: Visit) -> tuple[view.Anchor, ...]:
    """What a reader should know before trusting any figure."""
    if visit.site.viewer.brands is not None:
        return ()
    kept_out = visit.ledger().quarantined()
    if not kept_out:
        return ()
    count = visit.format.exact(kept_out, "count")
    text = visit.language.ngettext(
        "%(rows)s received row is in quarantine, in no figure.",
        "%(rows)s received rows are in quarantine, in no figure.",
        kept_out,
        rows=count,
    )
    return (view.Anchor(text, "/data#quarantine"),)
