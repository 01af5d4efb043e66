"""The Dockerfile's steps, as far as they can be taken without a container: what is copied is there, what is run works."""

import json
import re
import shlex
import shutil
import urllib.request
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import ROOT
from tests.packaging.environment import NO_ISOLATION, made

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STEPS = [
    (word, rest)
    for word, _, rest in (line.partition(" ") for line in TEXT.replace("\\\n", " ").splitlines())
    if word and not word.startswith("#")
]
IGNORED = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]


def steps(word: str) -> list[str]:
    return [rest for first, rest in STEPS if first == word]


def sent(path: str) -> bool:
    """Whether a path reaches the builder: the last pattern that fits it or a folder of it decides."""
    parts = path.split("/")
    ways = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    decided = True
    for pattern in IGNORED:
        plain = pattern.removeprefix("!").removeprefix("**/")
        anywhere = "**/" in pattern
        if any(fnmatch(way.rpartition("/")[2] if anywhere else way, plain) for way in ways if anywhere or _as_deep(way, plain)):
            decided = pattern.startswith("!")
    return decided


def _as_deep(way: str, pattern: str) -> bool:
    return way.count("/") == pattern.count("/")


def copied() -> list[tuple[list[str], str]]:
    """What each COPY names, and where it goes."""
    return [(words[:-1], words[-1]) for words in map(shlex.split, steps("COPY"))]


def test_it_says_where_to_begin_who_runs_and_what() -> None:
    assert STEPS[0][0] == "FROM" and len(steps("FROM")) == 1
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "ENV", "ENTRYPOINT", "HEALTHCHECK", "CMD"}
    assert {word for word, _ in STEPS} <= known
    assert steps("USER") == ["syncdb"] and steps("VOLUME") == ["/data"] and steps("WORKDIR")[-1] == "/data"
    assert [step for step in STEPS if step[0] in ("RUN", "COPY")] == STEPS[2 : 2 + len(steps("RUN")) + len(steps("COPY"))]


def test_what_it_copies_is_there_and_is_sent_to_the_builder() -> None:
    named = [name for names, _ in copied() for name in names]
    assert len(named) >= 4
    for name in named:
        assert (ROOT / name).exists() and sent(name), name


@pytest.mark.parametrize(
    "name", ["config.json", ".env", "service_account.json", "shopify_sync.db", ".git", ".venv", "tests", "demo", "test_output"]
)
def test_nothing_of_a_user_is_sent_to_the_builder(name: str) -> None:
    assert not sent(name)


def test_of_the_package_only_the_sandbox_and_what_python_left_stay_behind() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "syncdb").rglob("*") if path.is_file()]
    left = {file for file in files if not sent(file)}
    assert left == {file for file in files if "/sandbox/" in file or "/__pycache__/" in file} and len(left) < len(files)


def test_its_python_is_one_that_syncdb_runs_on_and_is_tested_with(declared: dict[str, Any]) -> None:
    version = re.fullmatch(r"python:3\.(\d+)-slim", steps("FROM")[0])
    assert version and f">=3.{version[1]}" == declared["requires-python"]


def test_the_installation_works_with_what_was_copied_and_leaves_what_is_started(declared: dict[str, Any], tmp_path: Path) -> None:
    source = tmp_path / "src"
    for names, target in copied():
        for name in names:
            place = source / target / name if len(names) > 1 else source / target
            _copy(ROOT / name, place)
    environment = made(tmp_path / "env", [*declared["dependencies"], "setuptools"])
    commands = [shlex.split(run) for run in steps("RUN") if run.startswith("pip ")]
    assert len(commands) == 1
    done = environment.pip(*commands[0][1:], NO_ISOLATION, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    (program,), arguments = json.loads(steps("ENTRYPOINT")[0]), json.loads(steps("CMD")[0])
    data = tmp_path / "data"
    data.mkdir()
    assert arguments == ["serve", "--schedule"]
    with environment.begun(program, *arguments, "--port", "0", cwd=data) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(3)]
        address = re.search(r"http://localhost:\d+", told[0])
        assert address and "Code to make an owner" in told[2], told
        with urllib.request.urlopen(f"{address[0]}/healthz", timeout=30) as answer:
            assert answer.read() == b"ok\n"
        process.terminate()
        assert process.wait(60) == 0


def _copy(path: Path, place: Path) -> None:
    """As the builder does: without what .dockerignore keeps back."""
    if path.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
        return
    for file in path.rglob("*"):
        if file.is_file() and sent(file.relative_to(ROOT).as_posix()):
            _copy(file, place / file.relative_to(path))
