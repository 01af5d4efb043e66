"""The log: nothing secret gets into it by any way, and no trouble with it stops a run."""

import logging
import os
import re
import sys
import warnings
from pathlib import Path
from urllib.parse import quote

import pytest

from syncdb.logs import LogRedaction, set_up

SECRET = "c4nary/secret+value=="
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
ours = logging.getLogger("syncdb.test")
posix = pytest.mark.skipif(os.name != "posix" or not Path("/dev/full").exists(), reason="needs /dev/full")


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def test_lines_carry_moment_level_and_origin(tmp_path: Path) -> None:
    with set_up(tmp_path / "run.log", verbose=False, terminal=True):
        ours.info("%d orders read", 3)
        ours.debug("not without verbose")
    (line,) = text_of(tmp_path / "run.log").splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d INFO syncdb\.test: 3 orders read", line)


@pytest.mark.parametrize(
    ("terminal", "verbose", "shown"),
    [
        (True, False, ["warning"]),
        (True, True, ["info", "warning"]),
        (False, False, ["info", "warning"]),
        (False, True, ["debug", "info", "warning"]),
    ],
)
def test_the_error_stream_is_quiet_on_a_terminal_and_tells_under_cron(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], terminal: bool, verbose: bool, shown: list[str]
) -> None:
    with set_up(tmp_path / "run.log", verbose=verbose, terminal=terminal):
        for level in ("debug", "info", "warning"):
            getattr(ours, level)(f"<{level}>")
    out, err = capsys.readouterr()
    assert re.findall(r"<(\w+)>", err) == shown
    assert out == ""
    assert bool(re.match(r"\d{4}-", err)) is not terminal


def test_no_way_into_the_log_lets_a_secret_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.log"
    third_party = logging.getLogger("urllib3.connectionpool")
    with set_up(file, verbose=True, terminal=False, secrets=[SECRET]):
        ours.info("message %s", SECRET)
        ours.info("a token we were never told of: %s", TOKEN)
        ours.info({"client_secret": SECRET, "authorization": "Bearer abc.def"})
        third_party.warning("POST /oauth?client_secret=%s", quote(SECRET, safe=""))
        third_party.debug("header %s", SECRET)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"careless {SECRET}", UserWarning, stacklevel=1)
        try:
            raise ValueError(f"in an exception {SECRET} {TOKEN}")
        except ValueError:
            ours.exception("it failed", stack_info=True)
    told = text_of(file) + capsys.readouterr().err
    assert told.count("[redacted]") >= 12
    for canary in (SECRET, quote(SECRET, safe=""), TOKEN, "abc.def", "header"):
        assert canary not in told
    assert "in an exception [redacted]" in told and "careless [redacted]" in told


@pytest.mark.parametrize("form", ["plain", "percent", "base64", "json"])
def test_a_known_secret_is_found_in_its_other_forms(form: str) -> None:
    import base64
    import json

    secret = 'pa"ss\\word é'
    forms = {
        "plain": secret,
        "percent": quote(secret, safe=""),
        "base64": base64.b64encode(secret.encode()).decode(),
        "json": json.dumps(secret),
    }
    assert forms[form].strip('"') not in LogRedaction([secret])(f"x {forms[form]} y")
    assert LogRedaction([secret])(f"x {forms[form]} y").startswith("x ")


def test_e_mail_addresses_are_masked_unless_allowed() -> None:
    line = "order 7 of anna.li+x@tea.example.com: share with orders@shop.iam.gserviceaccount.com"
    assert LogRedaction()(line) == "order 7 of [e-mail]: share with orders@shop.iam.gserviceaccount.com"
    assert LogRedaction(customer_data=True)(line) == line


def test_a_long_line_is_searched_once() -> None:
    line = "x" * 300_000 + "@" + "y" * 300_000
    assert LogRedaction(["abcd"])(line).endswith("y" * 1000)


def test_a_secret_too_short_to_tell_does_not_eat_the_log() -> None:
    assert LogRedaction(["a", ""])("a banana") == "a banana"


def test_nobody_can_forge_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # such a line cannot be passed on between test processes
    with set_up(tmp_path / "run.log", verbose=False, terminal=True):
        ours.info("note: %s", "hi\r\n2026-01-01T00:00:00+00:00 ERROR syncdb: all is lost\x1b[2J\u2028x \ud800")
    first, second = text_of(tmp_path / "run.log").split("\n", 1)
    assert first.endswith("note: hi") and second.startswith("    2026-01-01")
    assert "\x1b" not in second and "\u2028" not in second and "\\ud800" in second


def test_the_file_is_rotated_and_old_ones_are_let_go(tmp_path: Path) -> None:
    with set_up(tmp_path / "run.log", verbose=False, terminal=True):
        for _ in range(80):
            ours.info("x" * 100_000)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["run.log"] + [f"run.log.{i}" for i in range(1, 6)]
    assert all(file.stat().st_size <= 1_000_000 for file in files)


@pytest.mark.skipif(os.name != "posix", reason="file modes mean something on POSIX only")
def test_the_file_is_for_this_account_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with set_up(tmp_path / "run.log", verbose=False, terminal=True):
            ours.info("x")
    finally:
        os.umask(before)
    assert (tmp_path / "run.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("where", ["no folder/run.log", "a folder", "nul\0"])
def test_a_log_that_cannot_be_opened_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str) -> None:
    (tmp_path / "a folder").mkdir()
    with set_up(tmp_path / where, verbose=False, terminal=True):
        for _ in range(3):
            ours.warning("still told")
    err = capsys.readouterr().err
    assert err.count("cannot be written") == 1 and err.count("still told") == 3


@posix
def test_a_full_disk_is_said_once_and_the_run_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with set_up(Path("/dev/full"), verbose=False, terminal=True):
        for _ in range(3):
            ours.info("x")
    err = capsys.readouterr().err
    assert err.count("cannot be written") == 1 and "Traceback" not in err


def test_a_file_that_cannot_be_renamed_is_written_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for i in range(1, 6):
        (tmp_path / f"run.log.{i}").mkdir()  # a folder in the way stands for a file held open on Windows
        (tmp_path / f"run.log.{i}" / "x").touch()
    with set_up(tmp_path / "run.log", verbose=False, terminal=True):
        for i in range(12):
            ours.info(f"line {i} " + "x" * 100_000)
    assert text_of(tmp_path / "run.log").count("line ") == 12
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_a_closed_error_stream_is_borne(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull, "w", encoding="utf-8") as gone:
        pass
    for stream in (gone, None):
        monkeypatch.setattr(sys, "stderr", stream)
        with (
            set_up(tmp_path / "run.log", verbose=False, terminal=False),
            set_up(tmp_path / "no" / "x", verbose=False, terminal=True),
        ):
            ours.warning("told")
    assert text_of(tmp_path / "run.log").count("told") == 2


def test_closing_puts_everything_back(tmp_path: Path) -> None:
    root, own = logging.getLogger(), logging.getLogger("syncdb")
    before = (root.level, own.level, list(root.handlers))
    set_up(tmp_path / "run.log", verbose=True, terminal=False).close()
    assert (root.level, own.level, list(root.handlers)) == before
