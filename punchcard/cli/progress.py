"""Progress bars on standard error; silent where nobody watches."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from punchcard.intake.report import Progress as Heard


@contextmanager
def bars() -> Generator[Heard]:
    """A function that shows the stage at work and how far it is; one of unknown length only turns."""
    console = Console(stderr=True)
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with shown:
        task = shown.add_task("starting", total=None)
        stage_at_work = ""

        def hear(stage: str, done: int, total: int) -> None:
            nonlocal stage_at_work
            if stage != stage_at_work:
                stage_at_work = stage
                shown.reset(task, description=stage)
            shown.update(task, completed=done, total=total or None)

        yield hear
