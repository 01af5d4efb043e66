#!/usr/bin/env python3
"""Two commands that need nothing but Python 3.11 or newer: they set up what syncdb runs on, then run it.

    python run.py demo [grist] [--fresh] [options of the demonstration]
    python run.py test [--fresh] [--long] [options of pytest]

What is installed goes into the folder `.venv` beside this file, or into the one that SYNCDB_VENV names, and is installed again
when requirements.txt or constraints.txt change. `--fresh` makes that folder anew. `--long` also runs the tests that take long.
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
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WANTED = ("requirements.txt", "constraints.txt")
# how pip and the systems below it say that nothing could be reached
OFFLINE = ("NewConnectionError", "ConnectTimeoutError", "ProxyError", "name resolution", "getaddrinfo failed", "unreachable")


def main(arguments: list[str]) -> int:
    """Run one of the commands. Returns its exit code."""
    commands = {"demo": demo, "test": test}
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    if arguments[0] not in commands:
        print(f"There is no command {arguments[0]!r}; there are: demo, test. See python run.py --help", file=sys.stderr)
        return 2
    rest = [argument for argument in arguments[1:] if argument != "--fresh"]
    try:
        python = environment(fresh=len(rest) < len(arguments) - 1)
        return commands[arguments[0]](python, rest)
    except KeyboardInterrupt:
        return 130


def demo(python: Path, arguments: list[str]) -> int:
    """The whole job on a local shop and a local sheet, or a local Grist document."""
    if arguments[:1] == ["grist"]:
        return run(python, "-m", "syncdb.sandbox.grist_demo", *arguments[1:])
    return run(python, "-m", "syncdb.sandbox.demo", *arguments)


def test(python: Path, arguments: list[str]) -> int:
    """Style, types and tests, always all three. The tests come last, so that their summary ends the output."""
    chosen = [argument for argument in arguments if argument != "--long"]
    which = [] if len(chosen) < len(arguments) else ["-m", "not long"]
    if not any(argument.startswith(("-n", "--pdb", "-s")) for argument in chosen):
        which += ["-n", "auto", "--dist", "worksteal"]  # as many at once as there are cores; the last ones are shared
    checks = {
        "ruff": run(python, "-m", "ruff", "check", "."),
        "format": run(python, "-m", "ruff", "format", "--check", "--quiet", "."),
        "mypy": run(python, "-m", "mypy"),
    }
    failed = [name for name, code in checks.items() if code]
    if failed:
        print(f"FAILED before the tests: {', '.join(failed)} (see above). The tests run all the same.", flush=True)
    code = run(python, "-m", "pytest", *which, *chosen)
    return code or (1 if failed else 0)


def run(python: Path, *arguments: str) -> int:
    """Run a Python command of the environment in the project's folder, its output going straight through."""
    try:
        return subprocess.call([str(python), *arguments], cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"})
    except KeyboardInterrupt:
        return 130  # the command was interrupted too and has said what it had to say


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
    print(f"Making {folder} ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    code, told = quietly([sys.executable, "-m", "venv", str(folder)])
    if code:
        sys.exit(f"The folder {folder} could not be made:\n{ending(told)}")


def in_use(folder: Path) -> bool:
    """Whether the running Python is that of `folder`."""
    return Path(sys.prefix).resolve() == folder.resolve()


def install(python: Path) -> None:
    """Install requirements.txt, and say what may be wrong if that fails."""
    print("Installing what syncdb needs (a minute or two, only now and when the requirements change) ...", flush=True)
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", "requirements.txt"]
    code, told = quietly(command)
    if code:
        hint = "Check the connection to the internet; behind a proxy set HTTPS_PROXY. Then run this command again."
        offline = any(sign in told for sign in OFFLINE)
        sys.exit(f"{ending(told)}\n\nInstalling did not work. {hint if offline else 'The lines above say why.'}")


def quietly(command: list[str]) -> tuple[int, str]:
    """Run a command in the project's folder. Returns its exit code and all that it wrote."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def ending(told: str) -> str:
    """The last lines that a command wrote."""
    return "\n".join(told.strip().splitlines()[-15:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
