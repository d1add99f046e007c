"""Opening: from a source's declaration to the feeds it means now, in a stable order."""

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from glob import glob
from importlib.util import find_spec
from pathlib import Path

from punchcard.errors import ImportFailed
from punchcard.intake.source import Database, Scalar, Source
from punchcard.intake.sources.csv import CsvFeed
from punchcard.intake.sources.feed import Feed, Place
from punchcard.intake.sources.jsonl import JsonFeed
from punchcard.intake.sources.parquet import ParquetFeed
from punchcard.intake.sources.rows import WrittenRows
from punchcard.intake.sources.xlsx import sheets

Opener = Callable[[], Sequence[Feed]]


def openers(
    source: Source, root: Path, environment: Mapping[str, str] = os.environ, files: Collection[str] = ()
) -> list[Opener]:
    """One call for each file or query of a source; each may be refused on its own. None if no file is there.

    `files` leaves out all files but those of these labels.
    """
    origin = source.origin
    if origin.postgres is not None:
        return [partial(_of_database, origin.postgres, environment)]
    if origin.rows is not None:
        return [partial(_of_rows, source.name, origin.rows)]
    every = places(source, root, environment)
    return [partial(_of_file, place, source) for place in every if not files or place.label in files]


def _of_rows(name: str, rows: Sequence[dict[str, Scalar | None]]) -> Sequence[Feed]:
    return [WrittenRows(f"{name} (written in the source)", rows)]


def _of_database(database: Database, environment: Mapping[str, str]) -> Sequence[Feed]:
    try:
        from punchcard.intake.sources.postgres import PostgresFeed
    except ImportError:
        raise ImportFailed("reading from PostgreSQL needs its driver: pip install 'punchcard[postgres]'") from None
    return [PostgresFeed(database, environment)]


def _of_file(place: Place, source: Source) -> Sequence[Feed]:
    ending = place.path.name.lower().removesuffix(".gz").rpartition(".")[2]
    match ending:
        case "parquet" | "pq":
            return [ParquetFeed(place)]
        case "csv" | "tsv" | "txt" | "tab":
            return [CsvFeed(place, source.dialect)]
        case "jsonl" | "ndjson" | "json":
            return [JsonFeed(place)]
        case "xlsx" | "xlsm" | "xls" | "ods":
            return sheets(place, source.origin.sheet, source.dialect)
        case _:
            raise ImportFailed(
                f"'.{ending}' is no kind of file that can be read; "
                "use .csv, .tsv, .txt, .parquet, .jsonl, .json or .xlsx (.csv and .jsonl also as .gz)",
                where=place.label,
            )


def places(source: Source, root: Path, environment: Mapping[str, str]) -> list[Place]:
    """The files that match, by name; a label does not depend on the machine."""
    wanted = source.origin.file or ""
    pattern = _filled_in(wanted, environment, source.name)
    if source.origin.package is not None:
        folder = _package(source.origin.package, source.name)
        label = f"{source.origin.package}:{wanted}"
        return [
            Place(folder / found, label if found == wanted else f"{source.origin.package}:{found}")
            for found in _matches(folder, pattern)
        ]
    return [Place(root / found, _label(found, pattern, wanted)) for found in _matches(root, pattern)]


def _matches(folder: Path, pattern: str) -> list[str]:
    # Path.glob takes no absolute pattern, which a variable may give.
    found = glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    return sorted(path for path in found if (folder / path).is_file())


def _label(found: str, pattern: str, wanted: str) -> str:
    """The name as it was declared, so that a variable's value on one machine is no part of it."""
    prefix, variable, rest = wanted.rpartition("}")
    if not variable:
        return Path(found).as_posix()
    start = pattern[: len(pattern) - len(rest)] if rest else pattern
    return Path(found).as_posix().replace(Path(start).as_posix(), prefix + variable, 1)


def _filled_in(text: str, environment: Mapping[str, str], source: str) -> str:
    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if not found:
            raise ImportFailed(
                f"the environment has no variable {match[1]}, which '{text}' needs", where=f"sources/{source}.yaml"
            )
        return found

    return re.sub(r"\$\{(\w+)\}", value, text)


def _package(name: str, source: str) -> Path:
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ImportFailed(
            f"the package '{name}' is not installed; install it with pip", where=f"sources/{source}.yaml"
        )
    return Path(next(iter(found.submodule_search_locations)))
