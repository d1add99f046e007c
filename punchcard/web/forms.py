"""The other forms of a tile: how it is computed, its table, and files: CSV, PNG, JSON."""

import re
from collections.abc import Callable
from urllib.parse import quote

from litestar import Response

from punchcard.chart.export import Picture
from punchcard.chart.palette import LIGHT, PALETTES
from punchcard.exports.csv import to_file
from punchcard.exports.png import to_png
from punchcard.web import pages
from punchcard.web.missing import found
from punchcard.web.site import Visit
from punchcard.web.tiles import Spot, in_force, method, table

HTML = "text/html"


def reply(visit: Visit, spot: Spot, form: str) -> Response[bytes]:
    """A tile in one of its forms."""
    return found(FORMS, form, visit._("form of a tile"))(visit, spot)


def _how(visit: Visit, spot: Spot) -> Response[bytes]:
    return Response(pages.how(method(visit, spot), visit.language).encode(), media_type=HTML)


def _table(visit: Visit, spot: Spot) -> Response[bytes]:
    return Response(str(table(visit, spot)).encode(), media_type=HTML)


def _csv(visit: Visit, spot: Spot) -> Response[bytes]:
    answer = visit.site.ask(spot.question())
    content = to_file(answer, byte_order_mark=visit.address.get("bom") == "1")
    return _file(content, "text/csv", f"{spot.title}, {_days(answer.days)}", "csv")


def _png(visit: Visit, spot: Spot) -> Response[bytes]:
    answer = visit.site.ask(spot.question())
    freshness = visit._("Data up to %(moment)s", moment=visit.moment(answer.data_until))
    picture = Picture(
        spot.title,
        " · ".join(in_force(visit, answer)),
        f"{visit.site.programme.project.settings.name} · {freshness}",
        PALETTES.get(visit.address.get("theme") or visit.theme, LIGHT),
    )
    content = to_png(answer.chart, visit.voice(), picture)
    return _file(content, "image/png", f"{spot.title}, {_days(answer.days)}", "png")


def _json(visit: Visit, spot: Spot) -> Response[bytes]:
    return Response(visit.site.ask(spot.question()).to_json(), media_type="application/json")


FORMS: dict[str, Callable[[Visit, Spot], Response[bytes]]] = {
    "how": _how,
    "table": _table,
    "csv": _csv,
    "png": _png,
    "json": _json,
}


def _days(days: tuple[object, object]) -> str:
    return f"{days[0]} to {days[1]}"


def _file(content: bytes, kind: str, name: str, ending: str) -> Response[bytes]:
    return Response(content, media_type=kind, headers={"Content-Disposition": disposition(f"{name}.{ending}")})


def disposition(name: str) -> str:
    """A download's name for any browser (RFC 6266): plain letters and signs, and the whole name beside it.

    >>> print(disposition('Ventes "été".csv'))
    attachment; filename="Ventes _t_.csv"; filename*=UTF-8''Ventes%20%C3%A9t%C3%A9.csv
    """
    clean = re.sub(r'[\x00-\x1f\x7f"\\/:*?<>|]', "", name)
    plain = re.sub(r"[^A-Za-z0-9 ._,()-]", "_", clean)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean)}"
