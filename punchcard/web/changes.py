"""Changes: files of the project are written all together or not at all, and what they held before can be put back."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Final

from litestar import Router, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from punchcard.errors import QueryError
from punchcard.project import read
from punchcard.web.ours import ours
from punchcard.web.site import Here, Visit
from punchcard.web.undo import DONE, Change, File, Shelf, digest

Form = URLEncodedBody[dict[str, str]]
SEE_OTHER: Final = 303
one_at_a_time = Lock()


def change(visit: Visit, said: str, texts: Mapping[str, str | None], back: str) -> str:
    """Write files (None takes one away) and let the programme know; gives the name under which it can be undone.

    A project that would have a mistake more than before is refused, and its files stay as they were.
    """
    programme = visit.site.programme
    folder = programme.project.folder
    files = {name: File(_text(folder / name), digest(text)) for name, text in texts.items()}
    _, before = read(folder)
    write(folder, texts)
    project, mistakes = read(folder)
    known = {one.message for one in before}
    wrong = next((one.message for one in mistakes if one.message not in known), None)
    if wrong is not None or project is None:
        write(folder, {name: one.before for name, one in files.items()})
        raise QueryError(wrong or "the project could not be read any more")
    catalog = replace(programme.project.catalog, segments=project.catalog.segments)
    programme.project = replace(programme.project, catalog=catalog, dashboards=project.dashboards)
    programme.forget()
    return Shelf(folder).put(Change(said, files, back))


@post("/undo", status_code=SEE_OTHER, sync_to_thread=True)
def undo(visit: Here, data: Form) -> Redirect:
    """Put back what files held before a change; that can be undone as well."""
    ours(visit, data)
    folder, name = visit.site.programme.project.folder, data.get(DONE, "")
    with one_at_a_time:
        done = Shelf(folder).get(name)
        if done is None:
            raise QueryError("this was too long ago to be undone here; change the files of the project by hand")
        for file, one in done.files.items():
            if digest(_text(folder / file)) != one.after:
                raise QueryError(f"'{file}' has changed since, so it is left as it is; change it by hand")
        before = {file: one.before for file, one in done.files.items()}
        again = change(visit, visit._("Undone: %(change)s", change=done.said), before, done.back)
        Shelf(folder).drop(name)
    return Redirect(f"{done.back}?{DONE}={again}", status_code=SEE_OTHER)


def write(folder: Path, texts: Mapping[str, str | None]) -> None:
    """Put texts into files, each in one step; None takes a file away."""
    for name, text in texts.items():
        path = folder / name
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(text, encoding="utf-8", newline="")
        beside.replace(path)


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.is_file() else None


routes = Router("/", route_handlers=[undo], include_in_schema=False)
