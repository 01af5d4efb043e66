"""The log as pages show it: what kind each entry is, and that no run that ended badly is missing from it."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.clock import Clock
from syncdb.engine.recording import recorded
from syncdb.ledger import Ledger
from syncdb.pairs import registry
from syncdb.services.jobs import Jobs, RunWish
from syncdb.services.log_lines import log_lines
from syncdb.values import iso


def test_the_log_is_read_by_kind_and_given_as_a_safe_file(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    lines = [
        "2026-11-01T12:00:00+00:00 INFO syncdb.sync: run 1 ended with exit code 0: nothing to do",
        "2026-11-20T10:00:00+00:00 INFO syncdb.sync: run 2 ended with exit code 0: nothing to do",
        "2026-11-20T10:00:01+00:00 ERROR syncdb: it broke",
        "    2026-11-20T10:00:01+00:00 INFO forged: by what a shop holds",
        "2026-11-20T10:00:02+00:00 INFO syncdb.web: Oscar decided the conflict abc: left",
    ]
    log = tmp_path / "log.txt"
    log.write_text("\n".join(lines), encoding="utf-8")
    found = log_lines(log, now - timedelta(days=7))
    assert [(one.kind, one.part) for one in found] == [("success", "web"), ("error", "syncdb"), ("success", "sync")]
    assert "forged" in found[1].text
    assert len(log_lines(log, now - timedelta(days=30), "success")) == 3 and log_lines(tmp_path / "none", now) == []


@pytest.mark.parametrize(
    ("code", "kind"), [(0, "success"), (1, "error"), (2, "error"), (3, "warning"), (4, "error"), (5, "warning"), (7, "warning")]
)
@pytest.mark.parametrize("begin", ["INFO syncdb.sync: run 2", "ERROR syncdb.jobs: a run of sheets that Olga started"])
def test_how_a_run_ended_is_the_kind_of_its_line(begin: str, code: int, kind: str, tmp_path: Path) -> None:
    log, now = tmp_path / "log.txt", datetime(2026, 11, 20, 12, tzinfo=UTC)
    log.write_text(f"2026-11-20T10:00:00+00:00 {begin} ended with exit code {code}: what it did\n", encoding="utf-8")
    assert [one.kind for one in log_lines(log, now - timedelta(days=1))] == [kind]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_run_that_was_killed_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By the process that started it, and by the next run."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    killed = (sys.executable, "-S", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    jobs = Jobs(tmp_path / "ledger.db", None, tmp_path, program=killed)
    jobs.make()
    with caplog.at_level("INFO"):
        jobs.start(RunWish(registry.PAIRS[0]), "web", "Olga", now)
        jobs.end_own(30)
        with Ledger.open(tmp_path / "ledger.db", now) as ledger:
            with ledger.transaction():
                assert ledger.runs.start("sheets:one", "sync", iso(now)) == 1
            recorded(ledger, "sheets:one", False, Clock(now=lambda: now), lambda report: None)
    told = "\n".join(f"2026-11-20T12:00:00+00:00 {one.levelname} {one.name}: {one.getMessage()}" for one in caplog.records)
    (tmp_path / "log.txt").write_text(told, encoding="utf-8")
    errors = [one.text for one in log_lines(tmp_path / "log.txt", now, "error")]
    assert (
        len(errors) == 2 and errors[0].startswith("run 1 never ended (killed") and "that Olga started ended without" in errors[1]
    )
