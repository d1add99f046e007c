"""The two commands of a fresh clone, for a machine with Python 3.11 or newer and nothing else:

    python3 workshop.py demo    install, import a real loyalty programme, serve its dashboards
    python3 workshop.py test    install what the tests need, and run everything that CI runs

`test --quick` leaves out the slow tests; more words after `--` go to pytest. `lock` resolves locks/*.txt anew.
Everything lands in .venv beside this file; deleting that folder undoes it.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Punchcard needs Python 3.11 or newer, and this is %d.%d. If a newer one is installed, "
        "name it: python3.11 workshop.py demo" % sys.version_info[:2]
    )

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Runs one command and gives its exit code."""
    words, extra = sys.argv[1:], []
    if "--" in words:
        words, extra = words[: words.index("--")], words[words.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("demo", "test", "lock"))
    parser.add_argument("--quick", action="store_true", help="leave out the slow tests")
    asked = parser.parse_args(words)
    if asked.command == "demo":
        install("run")
        return subprocess.call([BIN / "punchcard", "demo", *extra], cwd=ROOT)
    if asked.command == "lock":
        return lock()
    install("test")
    return test(quick=asked.quick, extra=extra)


def install(name: str) -> None:
    """Puts what locks/NAME.txt lists and Punchcard itself into .venv; does nothing if both are there."""
    locked = ROOT / "locks" / f"{name}.txt"
    digest = hashlib.sha256(locked.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / f"installed-{name}"
    if stamp.exists() and stamp.read_text() == digest and PYTHON.exists():
        return
    if not PYTHON.exists():
        make_environment()
    print(f"Installing what locks/{name}.txt lists into .venv (once; a few minutes on a slow line) ...", flush=True)
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *quiet]
    # The lock is complete, so pip need not resolve; a file that is not the one we locked is refused.
    run([*pip, "--no-deps", "--require-hashes", "--requirement", locked])
    run([*pip, "--no-deps", "--editable", ROOT])
    stamp.write_text(digest)


def make_environment() -> None:
    """Creates .venv, or says what is missing."""
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False)
    if made.returncode:
        sys.exit(
            "python3 -m venv failed. On Debian and Ubuntu it is a package of its own: apt-get install python3-venv"
        )


def run(command: "list[str | Path]") -> None:
    """Runs a command that must succeed, and stops with its exit code if it does not."""
    code = subprocess.call(command, cwd=ROOT)
    if code:
        sys.exit(f"failed with exit code {code}: {shown(command)}")


def shown(command: "list[str | Path]") -> str:
    """The command as a person would type it."""
    return shlex.join(str(word).replace(f"{ROOT}{os.sep}", "") for word in command)


def test(*, quick: bool, extra: "list[str]") -> int:
    """Every check that CI makes, all of them even if one fails; pytest comes last, so that its summary closes."""
    environment = dict(os.environ)
    browser = find_browser()
    if browser:
        environment.setdefault("PUNCHCARD_CHROMIUM", browser)
    if (ROOT.parent / "shared").is_dir():
        environment.setdefault("PUNCHCARD_SHARED", str(ROOT.parent / "shared"))
    failed: list[str] = []
    for command in [*checks(), pytest(quick=quick, extra=extra)]:
        print(f"\n$ {shown(command)}", flush=True)
        if subprocess.call(command, cwd=ROOT, env=environment):
            failed.append(shown(command))
    for command in failed:
        print(f"FAILED: {command}")
    return 1 if failed else 0


def checks() -> "list[list[str | Path]]":
    """The commands that judge the code without running it."""
    return [
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "ruff", "check", "."],
        [BIN / "pyright", "--pythonpath", BIN / "python"],
        [BIN / "lint-imports", "--no-cache"],
        [BIN / "punchcard", "check", *sorted(path.parent for path in ROOT.glob("projects/*/punchcard.yaml"))],
        [BIN / "punchcard", "docs", "--check"],
    ]


def pytest(*, quick: bool, extra: "list[str]") -> "list[str | Path]":
    """The whole suite on all cores; a file's tests stay together, so that they can share what is dear to make."""
    command: list[str | Path] = [BIN / "pytest", "-n", "auto", "--dist", "loadfile"]
    return [*command, *(["-m", "not slow"] if quick else []), *extra]


def find_browser() -> "str | None":
    """A Chromium's path; installs Debian's where that is possible, and says loudly if there is none."""
    found = installed_browser()
    if found is None and sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing chromium for the browser tests ...", flush=True)
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]
        subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, check=False)
        subprocess.run([*apt, "install", "--no-install-recommends", "chromium"], stdout=subprocess.DEVNULL, check=False)
        found = installed_browser()
    if found is None:
        print(
            "\n*** NO BROWSER: the tests marked `browser` will be SKIPPED, so the pages are not tested here.\n"
            "*** Install Chromium, or name one: PUNCHCARD_CHROMIUM=/path/to/chromium python3 workshop.py test\n",
            flush=True,
        )
    return found


def installed_browser() -> "str | None":
    """The first browser that answers to --version (Ubuntu's package may be a stub that does not)."""
    named = os.environ.get("PUNCHCARD_CHROMIUM")
    for name in (named,) if named else BROWSERS:
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def lock() -> int:
    """Resolves pyproject.toml anew: the newest versions that fit, for every platform, with hashes and no addresses."""
    if not PYTHON.exists():
        make_environment()
    run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
    compiled = [PYTHON, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    compiled += ["--generate-hashes", "--no-annotate", "--upgrade", "--quiet"]
    compiled += ["--custom-compile-command", "python3 workshop.py lock"]
    run([*compiled, "--extra", "demo", "--output-file", "locks/run.txt"])
    run([*compiled, "--all-extras", "--group", "test", "--constraints", "locks/run.txt", "-o", "locks/test.txt"])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # the usual way to end the demo
        sys.exit(130)
