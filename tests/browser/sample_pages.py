"""A small site of sample pages, as the routes will fill them; to look at all charts, run

python -m tests.browser.sample_pages 8099
"""

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from urllib.parse import parse_qs, urlsplit

from punchcard.chart import Voice, draw
from punchcard.i18n import Language
from punchcard.result import Cell
from punchcard.web import pages, view
from tests.browser import sample_views
from tests.chart.samples import CHARTS

SQL = "select sum(net)\nfrom line\nwhere day >= date '2026-08-01'\n  and day < date '2026-10-30'"


class Site:
    """The pages in one language and theme, for one address."""

    def __init__(self, tag: str, theme: str, address: str) -> None:
        self.tag, self.theme = tag, theme
        self.path = urlsplit(address).path
        self.query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        self.voice = Voice.of(tag, link=self.link)
        self.language = Language.of(tag)

    def link(self, column: str, value: Cell) -> str | None:
        return None if value is None else self.address(**{column: str(value)})

    def address(self, **changes: str | None) -> str:
        query = {**self.query, **changes}
        return f"{self.path}?" + "&".join(f"{key}={value}" for key, value in query.items() if value is not None)

    def shell(self, title: str, section: str) -> view.Shell:
        languages = tuple(
            view.Anchor(Language.of(tag).name, self.address(lang=tag), tag == self.tag) for tag in ("en", "ar")
        )
        return view.Shell("Punchcard", title, section, self.language, self.theme, languages)

    def bar(self, part: str = "") -> view.FilterBar:
        label = self.query.get("from", "Last 90 days")
        presets = tuple(
            view.Anchor(text, self.address(period=text)) for text in ("Last 30 days", "Last 90 days", "This year")
        )
        fields = ("channel", "brand", "campaign")
        return view.FilterBar(
            view.PeriodPicker(
                label,
                presets,
                "2026-08-01",
                "2026-10-29",
                self.path,
                (),
                self.address(shift="-1"),
                self.address(shift="1"),
            ),
            (view.Menu("compare", "Compare", "previous period", (view.Anchor("previous period", self.address()),)),),
            tuple(
                view.Chip(f"{key} is {value}", self.address(**{key: None}))
                for key, value in self.query.items()
                if key in fields
            ),
            (view.FilterField("Channel", self.address().replace(self.path, "/values", 1)),),
            self.path if set(fields) & set(self.query) else None,
            self.address(compare="no"),
            part,
        )

    def method(self) -> view.Method:
        return view.Method(
            "What members paid for goods, without tax, after all discounts; returns are taken off.",
            "sum of net over the lines of members' receipts",
            (
                "Period: Aug 1 – Oct 29, 2026",
                *(f"{key} is {value}" for key, value in self.query.items() if key != "lang"),
            ),
            ("Test and employee members", "Cancelled receipts"),
            "1,469,307",
            "Oct 29, 2026, 23:59",
            "41 ms",
            ("How much do members spend?", "Is revenue growing?"),
            "Late receipts move the last days up.",
            SQL,
            "/catalogue/net_revenue",
        )

    def slot(self, id_: str) -> view.Slot:
        title, chart, width = CHARTS[id_]
        return view.Slot(id_, title, width, 150 if chart.kind == "figure" else 300)

    def tile(self, id_: str) -> view.Tile:
        _, chart, _ = CHARTS[id_]
        menu = view.TileMenu(self.address(), f"/csv/{id_}", f"/png/{id_}", "/explore")
        notes = ("The last day is not over yet.",) if id_ == "line" else ()
        return view.Tile(
            self.slot(id_),
            draw(chart, self.voice),
            chart.kind,
            None,
            self.address().replace(self.path, f"/how/{id_}", 1),
            menu,
            notes,
            f"/tiles/{id_}",
        )

    def dashboard(self) -> view.DashboardPage:
        shell = self.shell("Loyalty programme overview", "dashboards")
        slots = tuple(self.slot(id_) for id_ in CHARTS)
        return view.DashboardPage(
            shell, "How is the programme doing right now?", self.bar("/bar"), slots, self.address(), "/explore"
        )

    def respond(self) -> Iterator[str]:
        """The reply to the address, in pieces."""
        whole = {
            "/home": sample_views.home,
            "/explore": sample_views.explore,
            "/catalogue": sample_views.catalogue,
            "/metric": sample_views.metric,
            "/table": sample_views.table,
            "/column": sample_views.column,
            "/data": sample_views.data,
            "/message": sample_views.message,
        }
        match self.path.strip("/").split("/"):
            case ["tiles", id_]:
                self.path = "/"
                yield pages.tile(self.tile(id_), self.language)
            case ["how", _]:
                yield pages.how((self.method(),), self.language)
            case ["values"]:
                self.path = "/"
                offered = (view.Anchor(name, self.address(channel=name)) for name in ("E-mail", "Push"))
                yield pages.choices(tuple(offered), self.language)
            case ["bar"]:
                self.path = "/"
                yield pages.bar(self.bar("/bar"), self.language)
            case [""]:
                opening, closing = pages.around(self.dashboard())
                yield opening
                late = self.query.get("late")
                for id_ in CHARTS:
                    if id_ != late:
                        yield pages.tile(self.tile(id_), self.language)
                if late:
                    sleep(1.5)
                    yield pages.tile(self.tile(late), self.language)
                yield closing
            case _:
                yield pages.page(whole.get(self.path, sample_views.message)(self))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        static = pages.STATIC / path.removeprefix("/static/")
        if path.startswith("/static/") and static.is_file():
            kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
            return self.reply(kinds[static.suffix], [static.read_text()])
        query = parse_qs(urlsplit(self.path).query)
        cookies = self.headers.get("Cookie", "")
        theme = "dark" if "theme=dark" in cookies else "light" if "theme=light" in cookies else "auto"
        self.reply("text/html; charset=utf-8", Site(query.get("lang", ["en"])[0], theme, self.path).respond())
        return None

    def reply(self, kind: str, pieces: Iterator[str] | list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header(
            "Content-Security-Policy", "default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'"
        )
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece.encode())
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
        """Says nothing: a test's output is the test's."""


def serve(port: int = 0) -> ThreadingHTTPServer:
    """The site, on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    serve(int(sys.argv[1]))
    input(f"http://127.0.0.1:{sys.argv[1]}/  (Enter ends)\n")
