#!/usr/bin/env python3
"""Two commands that need nothing but Python 3.11 or newer: they set up what syncdb runs on, then run it.

    python run.py demo [grist|sentos|stores|erp|workbook|web] [--fresh] [options of the demonstration]
    python run.py test [--fresh] [--quick | --long] [options of pytest]

What is installed goes into the folder `.venv` beside this file, or into the one that SYNCDB_VENV names, and is installed again
when requirements.txt or constraints.txt change. `--fresh` makes that folder anew. `--quick` runs the units, the engine, the
contract of each connector and a scenario of each pair, in less than three minutes; `--long` also runs the tests that take long.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs an older one must be told
    sys.exit(
        "syncdb needs Python 3.11 or newer; this is Python " + sys.version.split()[0] + " (" + sys.executable + ").\n"
        "Install a newer one from https://www.python.org/downloads/ and run this command with it, e.g. python3.11 run.py demo"
    )

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent
WANTED = ("requirements.txt", "constraints.txt")
# What --quick runs: all of this, every connector's contract, and a scenario of each pair by its name.
UNITS = (
    *(f"tests/{room}" for room in ("config", "ledger", "mapping", "engine", "orders", "pairs", "services", "project")),
    *(f"tests/test_{module}.py" for module in ("bootstrap", "logs", "values")),
    "tests/connectors/test_memory.py",
)
CONTRACTS = "tests/connectors/**/test_contract.py"
SCENARIOS = {
    "sheets": "tests/scenarios/test_everyday.py",
    "grist": "tests/scenarios/test_grist.py",
    "sentos": "tests/scenarios/test_sentos.py",
    "stores": "tests/scenarios/test_stores.py",
    "erp": "tests/scenarios/test_erp.py",
    "workbook": "tests/scenarios/test_workbook.py",
}
# how pip and the systems below it say that nothing could be reached
OFFLINE = ("NewConnectionError", "ConnectTimeoutError", "ProxyError", "name resolution", "getaddrinfo failed", "unreachable")


def say(text: object, file: TextIO | None = None) -> None:
    """Print a line; where nobody takes it (no terminal, a full disk), the work goes on without."""
    stream = file or sys.stdout
    try:
        print(text, file=stream, flush=True)
    except OSError:  # what is kept back would be tried once more at the end, and be the exit code
        nobody = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nobody, stream.fileno())
        os.close(nobody)


def main(arguments: list[str]) -> int:
    """Run one of the commands. Returns its exit code."""
    commands = {"demo": demo, "test": test}
    if not arguments or arguments[0] in ("-h", "--help"):
        say(__doc__)
        return 0 if arguments else 2
    if arguments[0] not in commands:
        say(f"There is no command {arguments[0]!r}; there are: demo, test. See python run.py --help", file=sys.stderr)
        return 2
    rest = [argument for argument in arguments[1:] if argument != "--fresh"]
    try:
        python = environment(fresh=len(rest) < len(arguments) - 1)
        return commands[arguments[0]](python, rest)
    except KeyboardInterrupt:
        return 130


def demo(python: Path, arguments: list[str]) -> int:
    """The whole job on a local shop and a local sheet, or a local Grist document; or the pages over both."""
    if arguments[:1] in (["grist"], ["sentos"], ["stores"], ["erp"], ["workbook"], ["web"]):
        return run(python, "-m", f"syncdb.sandbox.{arguments[0]}_demo", *arguments[1:])
    return run(python, "-m", "syncdb.sandbox.demo", *arguments)


def test(python: Path, arguments: list[str]) -> int:
    """Style, types and tests, always all three. The tests come last, so that their summary ends the output."""
    quick, long = "--quick" in arguments, "--long" in arguments
    if quick and long:
        say("--quick leaves tests out and --long adds some: choose one of them.", file=sys.stderr)
        return 2
    files = quick_files(ROOT) if quick else []
    chosen = [argument for argument in arguments if argument not in ("--quick", "--long")]
    which = [] if long else ["-m", "not long"]
    if not any(argument.startswith(("-n", "--pdb", "-s")) for argument in chosen):
        which += ["-n", "auto", "--dist", "worksteal"]  # as many at once as there are cores; the last ones are shared
    checks = {
        "ruff": run(python, "-m", "ruff", "check", "."),
        "format": run(python, "-m", "ruff", "format", "--check", "--quiet", "."),
        "mypy": run(python, "-m", "mypy"),
    }
    failed = [name for name, code in checks.items() if code]
    if failed:
        say(f"FAILED before the tests: {', '.join(failed)} (see above). The tests run all the same.")
    if quick:
        say(left_out(ROOT, files))
    code = run(python, "-m", "pytest", *which, *chosen, *files)
    return code or (1 if failed else 0)


def quick_files(root: Path) -> list[str]:
    """What --quick gives to pytest. Ends the command where any of it is missing: it would examine less than it says."""
    contracts = sorted(path.relative_to(root).as_posix() for path in root.glob(CONTRACTS))
    wanted = [*UNITS, *SCENARIOS.values(), *(contracts or [CONTRACTS])]
    missing = [name for name in wanted if not test_files(root, name)]
    if missing:
        sys.exit(f"--quick finds no tests in {', '.join(missing)}; nothing was run. Correct the lists in run.py.")
    return wanted


def left_out(root: Path, files: list[str]) -> str:
    """What of the tests --quick does not run, as a sentence."""
    all_files = test_files(root, "tests")
    taken = {path for name in files for path in test_files(root, name)}
    rest = [path.relative_to(root / "tests").parts[0] for path in all_files if path not in taken]
    told = ", ".join(f"tests/{name} ({rest.count(name)})" for name in sorted(set(rest)))
    return (
        f"Quick: {len(taken)} of {len(all_files)} files of tests. Left out, by folder: {told}, and all tests that take long. "
        "Before you rely on a change, run them too: python run.py test"
    )


def test_files(root: Path, name: str) -> list[Path]:
    """The files of tests in a folder, or the file itself."""
    place = root / name
    return [place] if place.is_file() else sorted(place.rglob("test_*.py"))


def run(python: Path, *arguments: str) -> int:
    """Run a Python command of the environment in the project's folder, its output going straight through."""
    with subprocess.Popen([str(python), *arguments], cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"}) as command:
        # asked to end, it asks the command to end, so that none is left behind
        before = signal.signal(signal.SIGTERM, lambda number, frame: command.terminate())
        try:
            code = command.wait()
        except KeyboardInterrupt:
            command.wait()
            return 130  # the command was interrupted too and has said what it had to say
        finally:
            signal.signal(signal.SIGTERM, before)
    return code if code >= 0 else 128 - code


def environment(*, fresh: bool) -> Path:
    """The Python of an environment that has all of requirements.txt; it is made or brought up to date where needed."""
    named = os.environ.get("SYNCDB_VENV", "").strip()
    folder = Path(named).expanduser().absolute() if named else ROOT / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        sys.exit(f"{folder} is in use for something else; it was left as it is. Let SYNCDB_VENV name a new folder.")
    if fresh or not usable(python):
        create(folder)
    stamp = folder / "syncdb-requirements"
    wanted = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in WANTED)).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        install(python)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def usable(python: Path) -> bool:
    """Whether an environment is whole and new enough (it is not after an upgrade of the system's Python, or a broken set-up)."""
    if not python.is_file():
        return False
    code, _ = quietly([str(python), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"])
    return code == 0


def create(folder: Path) -> None:
    """Make an empty environment, in place of an older one."""
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        sys.exit(
            f"This Python ({sys.executable}) comes without the venv module.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv. Then run this command again."
        )
    if in_use(folder):
        sys.exit(f"This command runs on the Python in {folder} and cannot make that folder anew. Run it with another Python.")
    say(f"Making {folder} ...")
    shutil.rmtree(folder, ignore_errors=True)
    code, told = quietly([sys.executable, "-m", "venv", str(folder)])
    if code:
        sys.exit(f"The folder {folder} could not be made:\n{ending(told)}")


def in_use(folder: Path) -> bool:
    """Whether the running Python is that of `folder`."""
    return Path(sys.prefix).resolve() == folder.resolve()


def install(python: Path) -> None:
    """Install requirements.txt, and say what may be wrong if that fails."""
    say("Installing what syncdb needs (a minute or two, only now and when the requirements change) ...")
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", "requirements.txt"]
    code, told = quietly(command)
    if code:
        hint = "Check the connection to the internet; behind a proxy set HTTPS_PROXY. Then run this command again."
        offline = any(sign in told for sign in OFFLINE)
        sys.exit(f"{ending(told)}\n\nInstalling did not work. {hint if offline else 'The lines above say why.'}")
    quietly([str(python), "-m", "compileall", "-q", "syncdb"])  # else each start of a user who may not write here does so


def quietly(command: list[str]) -> tuple[int, str]:
    """Run a command in the project's folder. Returns its exit code and all that it wrote."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def ending(told: str) -> str:
    """The last lines that a command wrote."""
    return "\n".join(told.strip().splitlines()[-15:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
