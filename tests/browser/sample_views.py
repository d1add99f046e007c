"""Sample views of all pages but the dashboard."""

from typing import TYPE_CHECKING

from markupsafe import Markup

from punchcard.web import view
from tests.chart.samples import CHARTS

if TYPE_CHECKING:
    from tests.browser.sample_pages import Site


def explore(site: "Site") -> view.ExplorePage:
    metrics = tuple(
        view.MetricChoice(
            title, site.address(metric=id_), "What members paid, without tax, after discounts.", current=id_ == "line"
        )
        for id_, (title, _, _) in CHARTS.items()
    )
    options = tuple(
        view.Options(title, tuple(view.Anchor(text, site.address(**{title: text}), text == chosen) for text in texts))
        for title, texts, chosen in (
            ("Break down by", ("nothing", "channel", "store", "segment", "tier"), "nothing"),
            ("Grain", ("day", "week", "month"), "day"),
            ("Chart", ("line", "column", "bar", "table"), "line"),
        )
    )
    sentence = Markup(
        "<b>Purchases</b> of members, by <b>day</b>, in the <b>last 90 days</b>, against the previous period"
    )
    return view.ExplorePage(
        site.shell("Explore", "explore"),
        sentence,
        metrics,
        options,
        site.bar(),
        site.tile("line"),
        "/save",
        dashboards=(view.Hidden("d1", "Programme overview"),),
    )


def catalogue(site: "Site") -> view.CataloguePage:
    entries = tuple(
        view.CatalogueEntry(
            title,
            f"/catalogue/{id_}",
            "What members paid for goods, without tax, after all discounts.",
            "currency · adds up",
        )
        for id_, (title, _, _) in CHARTS.items()
    )
    kinds = (view.Anchor("Metrics", "/catalogue", True), view.Anchor("Tables", "/catalogue/tables"))
    return view.CataloguePage(
        site.shell("Catalogue", "catalogue"),
        kinds,
        (view.CatalogueGroup("Membership", entries[:4]), view.CatalogueGroup("Commerce", entries[4:])),
        "/catalogue",
        count=len(entries),
    )


def metric(site: "Site") -> view.MetricPage:
    facts = (
        view.Fact("Unit", "currency"),
        view.Fact("Adds up", "over time and members"),
        view.Fact("Better", "higher"),
    )
    links = (view.Anchor("Programme overview", "/", hint="Key figures"), view.Anchor("Stores", "/d/stores"))
    return view.MetricPage(
        site.shell("Net revenue", "catalogue"),
        "net_revenue",
        site.method(),
        facts,
        links,
        links,
        (),
        "/explore",
        site.tile("line"),
    )


def table(site: "Site") -> view.TablePage:
    columns = tuple(
        view.ColumnLine(name, f"/catalogue/txn/{name}", type_, meaning, empty, badges)
        for name, type_, meaning, empty, badges in (
            ("txn_id", "id", "The document's number at the till or the shop.", "", ("key",)),
            ("member_id", "id", "Who bought.", "nobody showed a card", ("personal",)),
            ("net", "money", "What was paid, without tax, after all discounts.", "", ()),
        )
    )
    return view.TablePage(
        site.shell("Purchases", "catalogue"), "txn", "one receipt or order", (view.Fact("Rows", "155,848"),), columns
    )


def column(site: "Site") -> view.ColumnPage:
    values = (view.Fact("sale", "98.2%"), view.Fact("return", "1.8%"))
    return view.ColumnPage(
        site.shell("txn.kind", "catalogue"), "txn.kind", "What the document is.", (view.Fact("Type", "text"),), values
    )


def data(site: "Site") -> view.DataPage:
    imports = (
        view.ImportLine(
            "transactions.csv",
            "txn_line",
            "Oct 30, 2026, 04:12",
            "1,469,307",
            "1,469,300",
            "0",
            "7",
            True,
            "#quarantine",
        ),
        view.ImportLine("products.csv", "product", "Oct 30, 2026, 04:12", "92,331", "92,331", "0", "0", True),
    )
    bad = (view.QuarantineLine("transactions.csv", "1,204", "net", "12,O0", "not a number: letter O at place 4"),)
    return view.DataPage(
        site.shell("Data", "data"),
        "Oct 29, 2026",
        imports,
        (view.Fact("txn_line", "1,469,300"),),
        bad,
        "7",
        (view.Fact("not a number", "7"),),
    )


def home(site: "Site") -> view.HomePage:
    cards = tuple(
        view.Anchor(title, f"/d/{id_}", hint="How is the programme doing right now?")
        for id_, (title, _, _) in list(CHARTS.items())[4:12]
    )
    figures = tuple(site.tile(id_) for id_ in list(CHARTS)[:4])
    groups = (view.Group("Data", cards[:5]), view.Group("Tools", cards[5:]))
    return view.HomePage(
        site.shell("Home", "home"),
        groups,
        figures,
        "Oct 29, 2026",
        (view.Anchor("7 cells are in quarantine", "/data"),),
    )


def message(site: "Site") -> view.MessagePage:
    return view.MessagePage(
        site.shell("There is no such page", "home"),
        "no dashboard 'overveiw'; did you mean 'overview'?",
        "Pick one from the list.",
    )
