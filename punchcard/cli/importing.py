"""punchcard import: files in, with an account of every row."""

from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.words import ProjectFolder, counted, examples

if TYPE_CHECKING:
    from punchcard.intake.report import Count, FileReport, Report

_SAMPLES = 5


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    lines = ("punchcard import .", "punchcard import . --dry-run", "punchcard import . transactions products")
    app.command("import", epilog=examples(*lines))(import_)


def import_(
    folder: ProjectFolder,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Only these sources, by name; also those marked on_request."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen; keep nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with code 1 if a row is in quarantine.")] = False,
) -> None:
    """Import what is new or changed in the files that sources/*.yaml name.

    All of it happens in one transaction: if a file cannot be read, or the run is interrupted, the data is as it was
    (exit code 2). A row that does not fit is kept in quarantine with its reason; the rest of its file is stored.
    """
    from punchcard.cli.progress import bars
    from punchcard.opening import bring_in
    from punchcard.project import load

    project = load(folder)
    with bars() as progress:
        report = bring_in(project, only=sources or (), dry_run=dry_run, progress=progress)
    show(report)
    if strict and any(count.quarantined for file in report.files for count in file.counts):
        raise typer.Exit(1)


def show(report: "Report") -> None:
    """Print where the rows of each file went, table by table, and what was noticed."""
    if report.dry_run:
        typer.echo("Dry run: nothing is kept.")
    width = max((len(count.table) for file in report.files for count in file.counts), default=0) + 2
    if width > 2:
        headings = zip(
            ("received =", "stored +", "duplicates", "folded", "quarantine", "skipped"), _WIDTHS, strict=True
        )
        typer.echo(" " * width + "".join(f"{heading:>{space}}" for heading, space in headings))
    for file in report.files:
        typer.echo(
            f"{file.source}: {file.label}: {file.outcome.value}" + ("" if file.counts else f", {file.rows:,} rows")
        )
        for count in file.counts:
            typer.echo(f"  {count.table:<{width - 2}}" + _columns(count))
        for remark in _remarks(file):
            typer.echo(f"  * {remark}")
    for warning in report.warnings:
        typer.echo(f"warning: {warning}")
    typer.echo(_summary(report))


_WIDTHS = (11, 10, 12, 11, 12, 11)


def _columns(count: "Count") -> str:
    rows = (count.received, count.stored, count.duplicates, count.folded, count.quarantined, count.skipped)
    return "".join(f"{number:>{space},}" for number, space in zip(rows, _WIDTHS, strict=True))


def _remarks(file: "FileReport") -> list[str]:
    remarks = list(file.notes)
    if file.unmapped:
        remarks.append(f"not mapped: {', '.join(file.unmapped)}")
    for sample in file.samples[:_SAMPLES]:
        place = ".".join(part for part in (sample.table, sample.column) if part)
        value = "" if sample.value is None else f" '{sample.value}'"
        remarks.append(f"row {sample.row}: {place}{value}: {sample.reason}")
    if _kept_out(file) > len({sample.row for sample in file.samples[:_SAMPLES]}):
        remarks.append(f"{_kept_out(file):,} lines in quarantine in all")
    return remarks


def _summary(report: "Report") -> str:
    changed = [file for file in report.files if file.counts]
    if not changed:
        return "Nothing has changed since the last import."
    stored = sum(count.stored for file in changed for count in file.counts)
    kept_out = sum(_kept_out(file) for file in changed)
    verbs = ("would be read", "to store") if report.dry_run else ("read", "stored")
    return (
        f"{counted(len(changed), 'file')} {verbs[0]}: {counted(stored, 'row')} {verbs[1]}, "
        f"{counted(kept_out, 'line')} in quarantine."
    )


def _kept_out(file: "FileReport") -> int:
    """The lines of a file of which a table kept something out."""
    return max((count.quarantined for count in file.counts), default=0)
