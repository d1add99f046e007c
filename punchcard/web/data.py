"""The data page: what was imported, where every received row went, and what was kept out and why."""

from litestar import get

from punchcard.intake.ledger import Entry, KeptOut, Ledger
from punchcard.web import pages, view
from punchcard.web.address import Address
from punchcard.web.dashboards import HTML
from punchcard.web.site import Here, Visit

SHOWN = 100


@get("/data", sync_to_thread=True, media_type=HTML, include_in_schema=False)
def data(visit: Here) -> str:
    """The page; `file` narrows the quarantine to one file, `more` shows more of it."""
    ledger = visit.ledger()
    file = visit.address.get("file")
    shown = SHOWN * (10 if visit.address.get("more") else 1)
    kept = ledger.kept_out(file=file, limit=shown + 1)
    total = ledger.quarantined()
    tables = visit.catalog.tables
    here = Address("/data", () if file is None else (("file", file),))
    return pages.page(
        view.DataPage(
            visit.shell(visit._("Data"), "data"),
            visit.freshness(),
            tuple(_line(visit, entry) for entry in ledger.entries()),
            tuple(
                view.Fact(tables[name].title, visit.format.exact(rows, "count"))
                for name, rows in ledger.rows_of(tables).items()
                if rows
            ),
            tuple(_kept_out(one) for one in kept[:shown]),
            visit.format.exact(total, "count") if total else "",
            _reasons(visit, ledger),
            str(here.to(more="1")) if len(kept) > shown and not visit.address.get("more") else None,
        )
    )


def _line(visit: Visit, entry: Entry) -> view.ImportLine:
    count, exact = entry.count, visit.format.exact
    kept_out = str(Address("/data", (("file", entry.file),))) + "#quarantine" if count.quarantined else None
    return view.ImportLine(
        entry.file,
        count.table,
        visit.moment(entry.loaded_at),
        exact(count.received, "count"),
        exact(count.stored, "count"),
        exact(count.duplicates, "count"),
        exact(count.quarantined, "count"),
        count.balanced(),
        kept_out,
        exact(count.folded, "count"),
        exact(count.skipped, "count"),
    )


def _kept_out(one: KeptOut) -> view.QuarantineLine:
    place = ".".join(part for part in (one.table, one.column) if part)
    return view.QuarantineLine(one.file, str(one.row), place, one.value or "", one.reason)


def _reasons(visit: Visit, ledger: Ledger) -> tuple[view.Fact, ...]:
    return tuple(
        view.Fact(
            f"{'.'.join(part for part in (one.table, one.column) if part) or visit._('whole line')}: {one.kind}",
            visit.format.exact(one.cells, "count"),
        )
        for one in ledger.reasons()
    )
