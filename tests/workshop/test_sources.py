"""Rules of the house that no linter has."""

import ast
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "punchcard").rglob("*.py"))
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))

LONG, TOO_LONG = 400, 600
LONG_CLASS = 300
RUNS_SQL = {"sql", "execute", "executemany", "query"}


class LongModule(UserWarning):
    """A module over 400 lines: it may stay if it has a reason."""


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("module", MODULES + TESTS, ids=str)
def test_a_module_fits_in_600_lines_and_a_class_in_300(module: Path) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= TOO_LONG, f"{module} has {lines} lines; split it by what it is about"
    if lines > LONG:
        warnings.warn(f"{module} has {lines} lines; over {LONG} needs a reason", LongModule, stacklevel=1)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONG_CLASS, f"{module}: class {node.name} has {length} lines"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_string_becomes_sql_by_formatting(module: Path) -> None:
    offences = [
        f"{module}:{call.lineno}"
        for call in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and call.args and name_of(call) in RUNS_SQL and is_formatted(call.args[0])
    ]
    assert not offences, "write sql('... {hole} ...', hole=...) instead"


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("sql(f'select {x}')", True),
        ("db.execute('select ' + x)", True),
        ("db.execute('select %s' % x)", True),
        ("db.execute('select {}'.format(x))", True),
        ("db.execute('select ' 'one')", False),
        ("sql('select {x}', x=x)", False),
        ("db.execute(question.text, question.values)", False),
    ],
)
def test_formatted_sql_is_told_from_a_template(code: str, *, refused: bool) -> None:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    assert is_formatted(call.args[0]) is refused


def name_of(call: ast.Call) -> str:
    """The last word of what is called: `execute` of `db.execute(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def is_formatted(argument: ast.expr) -> bool:
    """True for an f-string with a hole, a sum or remainder of strings, and `.format`."""
    match argument:
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            return True
        case ast.Call(func=ast.Attribute(attr="format")):
            return True
        case _:
            return False


@pytest.mark.parametrize("lock", ["run.txt", "test.txt"])
def test_a_lock_names_no_index_and_no_folder_of_the_machine_it_was_made_on(lock: str) -> None:
    text = (ROOT / "locks" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text


def test_both_locks_hold_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "locks" / name).read_text(encoding="utf-8").splitlines()
        return {line.removesuffix(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("run.txt") <= pins("test.txt")


def test_a_python_that_is_too_old_can_read_the_workshop_far_enough_to_say_so() -> None:
    source = (ROOT / "workshop.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    imports = [node.lineno for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    refusal = source[: source.index("sys.exit(")].count("\n") + 1
    assert [line for line in imports if line < refusal] == imports[:1], (
        "only sys is imported before the version is checked"
    )
