"""punchcard query: a question from a file, its whole answer on standard output."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.words import ProjectFolder, examples

if TYPE_CHECKING:
    from punchcard.answer import Answer


class Form(StrEnum):
    """How an answer is printed."""

    JSON = "json"
    CSV = "csv"
    TABLE = "table"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    lines = (
        "punchcard query . question.json",
        "punchcard query . question.json --format csv > rows.csv",
        """echo '{"ask": {"kind": "number", "metrics": ["net_revenue"]}}' | punchcard query . - --format table""",
    )
    app.command("query", epilog=examples(*lines))(query)


def query(
    folder: ProjectFolder,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A file with the question as JSON; - reads it.")],
    form: Annotated[Form, typer.Option("--format", help="json has everything; csv only the rows.")] = Form.JSON,
    brand: Annotated[
        list[str] | None,
        typer.Option("--brand", metavar="REF", help="See only what a viewer of this brand sees; may be repeated."),
    ] = None,
) -> None:
    """Ask a question and print the answer: columns with units, rows, notes, method, SQL, freshness.

    The JSON is a contract: fields may be added, none is renamed or taken away.
    """
    from punchcard.opening import opened
    from punchcard.viewer import OPERATOR, Viewer

    text = read(question)
    viewer = Viewer("command line", frozenset(brand)) if brand else OPERATOR
    with opened(folder) as programme:
        answer = programme.ask(text, viewer)
    match form:
        case Form.JSON:
            typer.echo(answer.to_json())
        case Form.CSV:
            from punchcard.exports.csv import to_csv

            typer.echo(to_csv(answer), nl=False)
        case Form.TABLE:
            show(answer)


def read(question: str) -> str:
    """The text of a question: a file's, or that of the standard input."""
    from punchcard.errors import QueryError

    try:
        return sys.stdin.read() if question == "-" else Path(question).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not written in UTF-8"
        raise QueryError(f"the question cannot be read: {reason}", where=question) from None


def show(answer: "Answer") -> None:
    """Print an answer as a table for a person, with its period, notes and method."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from punchcard.chart.written import written
    from punchcard.format import Format

    words = Format.of("en", currency=answer.currency)
    console = Console()
    console.print(Text(words.period(*answer.days), style="bold"))
    if answer.comparison_days:
        console.print(f"compared with {words.period(*answer.comparison_days)}", highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    shown = written(answer.result, words)
    for heading, figure in zip(shown.headings, shown.figures, strict=True):
        table.add_column(Text(heading), justify="right" if figure else "left")
    for number, row in enumerate(shown.rows):
        table.add_row(*map(Text, row), style="bold" if number in shown.totals else None)
    console.print(table)
    for note in answer.result.notes:
        console.print(Text(f"* {note.text}"))
    console.print(Text(f"How: {answer.method}"))
    for metric in answer.metrics:
        console.print(Text(f"{metric.title}: {metric.definition} Computed as {metric.formula}"))
    if answer.data_until:
        console.print(Text(f"Data until {words.moment(answer.data_until)} UTC", style="dim"))
