"""What the package imports is what pyproject.toml declares."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_import_is_declared() -> None:
    undeclared = {f"{module} ({', '.join(names)})" for module, names in imported().items() if not names & declared()}
    assert not undeclared


def declared() -> set[str]:
    """The distributions of the package and its extras."""
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return {normal(re.split(r"[\[<>=~! ]", line, maxsplit=1)[0]) for line in [*PROJECT["dependencies"], *extras]}


def imported() -> dict[str, set[str]]:
    """Each foreign module that the package imports, with the distributions that bring it."""
    brought_by = packages_distributions()
    found: dict[str, set[str]] = {}
    for path in (ROOT / "punchcard").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in module_names(node):
                if name != "punchcard" and name not in sys.stdlib_module_names:
                    found[name] = {normal(distribution) for distribution in brought_by.get(name, [])}
    return found


def module_names(node: ast.AST) -> list[str]:
    """The top-level names that an import statement needs."""
    match node:
        case ast.Import(names=names):
            return [alias.name.split(".")[0] for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module.split(".")[0]]
        case _:
            return []


def normal(distribution: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
