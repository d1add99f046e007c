"""Lists of members: a file or pasted numbers become a file of the project, and every row of it is accounted for."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from punchcard.catalog.listed import Sheet, listed, sheet_of
from punchcard.catalog.segment import Condition, Segment
from punchcard.errors import QueryError
from punchcard.exports.csv import of_rows
from punchcard.web.address import Address
from punchcard.web.changes import write
from punchcard.web.dashboard_file import file_name, numbered
from punchcard.web.segment_size import PATH
from punchcard.web.segment_views import ListReport
from punchcard.web.site import Visit

SHOWN = 40  # unknown numbers on the page; the file has all
FOLDER = "segments"


def kept(visit: Visit, content: bytes, called: str) -> tuple[str, str | None]:
    """Put what was given into a file beside the segments; gives its name, and the column if that is beyond doubt."""
    programme, viewer = visit.site.programme, visit.site.viewer
    sheet = sheet_of(content, lambda refs: programme.recognised(refs, viewer))
    text, folder = sheet.to_csv(), _folder(visit)
    stem = file_name(Path(called).stem) if called else "list"
    for name in (f"{one}.csv" for one in numbered(stem)):
        path = folder / name
        if not path.exists():
            write(folder, {name: text})
        elif path.read_text(encoding="utf-8") != text:
            continue
        return name, None if len(sheet.headings) == 1 else _beyond_doubt(visit, sheet)
    raise QueryError(f"there are a thousand lists called '{stem}'; give this one another name")


def _beyond_doubt(visit: Visit, sheet: Sheet) -> str | None:
    """The only column with known numbers, if there is exactly one."""
    programme, viewer = visit.site.programme, visit.site.viewer
    found = [one for one in sheet.headings if programme.recognised(tuple(filter(None, sheet.column(one))), viewer)]
    return found[0] if len(found) == 1 else None


def files(visit: Visit) -> tuple[str, ...]:
    """The lists that lie beside the segments."""
    return tuple(sorted(path.name for path in _folder(visit).glob("*.csv")))


def read_into(visit: Visit, segment: Segment) -> Segment:
    """A segment with the numbers of the files that it names; QueryError says what is wrong with one."""

    def filled(_: str, condition: Condition) -> Condition:
        if condition.list is None:
            return condition
        return structs.replace(condition, refs=listed(_path(visit, condition.list), condition.column))

    return segment.changed(filled)


def of_condition(visit: Visit, condition: Condition) -> ListReport | None:
    """The account of a list that a condition names; None if it names none, or none that can be read."""
    if condition.list is None:
        return report(visit, "", condition.refs) if condition.refs else None
    try:
        sheet = _sheet(visit, condition.list)
        column = condition.column or sheet.headings[0]
        cells = sheet.column(column)
    except (QueryError, ValueError):
        return None  # the rule itself says what is wrong
    return report(visit, column, cells, Address(f"{PATH}/list.csv", (("list", condition.list), ("column", column))))


def columns(visit: Visit, name: str, here: Address) -> tuple[ListReport, ...]:
    """Each column of a file, to choose the one that holds the numbers of members."""
    sheet = _sheet(visit, name)
    return tuple(
        report(visit, one, sheet.column(one), add=here.to(add="list", list=name, column=one)) for one in sheet.headings
    )


def unknown_csv(visit: Visit, name: str, column: str) -> bytes:
    """The numbers of a list that nobody has, as a file."""
    sheet = _sheet(visit, name)
    if column not in sheet.headings:
        raise QueryError(f"no column '{column}' in '{name}'")
    return of_rows([column], [(ref,) for ref in _unknown(visit, sheet.column(column))[1]])


def report(
    visit: Visit, title: str, cells: Sequence[str], csv: Address | None = None, add: Address | None = None
) -> ListReport:
    """How many cells hold a known number, an unknown one, one that was there before, or nothing."""
    recognised, unknown = _unknown(visit, cells)
    given = [cell for cell in cells if cell]
    empty, repeated = len(cells) - len(given), len(given) - len(set(given))
    ngettext = visit.language.ngettext
    counts = [
        ngettext("%(count)s row", "%(count)s rows", len(cells)),
        ngettext("%(count)s known member", "%(count)s known members", len(set(recognised.values()))),
        ngettext("%(count)s unknown number", "%(count)s unknown numbers", len(unknown)) if unknown else "",
        ngettext("%(count)s repeated", "%(count)s repeated", repeated) if repeated else "",
        ngettext("%(count)s empty", "%(count)s empty", empty) if empty else "",
    ]
    merged = len(recognised) - len(set(recognised.values()))
    if merged:
        counts.append(
            ngettext("%(count)s number more of the same member", "%(count)s numbers more of the same members", merged)
        )
    return ListReport(
        title,
        tuple(filter(None, counts)),
        tuple(unknown[:SHOWN]),
        visit._("and %(count)s more", count=f"{len(unknown) - SHOWN:,}") if len(unknown) > SHOWN else "",
        str(csv) if csv is not None and unknown else "",
        str(add) if add is not None else "",
    )


def _unknown(visit: Visit, cells: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    refs = tuple(dict.fromkeys(cell for cell in cells if cell))
    recognised = visit.site.programme.recognised(refs, visit.site.viewer)
    return recognised, [ref for ref in refs if ref not in recognised]


def _sheet(visit: Visit, name: str) -> Sheet:
    path = _path(visit, name)
    if not path.is_file():
        listed(path, None)  # says so
    return sheet_of(path.read_bytes(), lambda refs: ())


def _path(visit: Visit, name: str) -> Path:
    if Path(name).name != name or not name.endswith(".csv"):
        raise QueryError(f"'{name}' is no list beside the segments; give the name of a CSV file alone")
    return _folder(visit) / name


def _folder(visit: Visit) -> Path:
    return visit.site.programme.project.folder / FOLDER
