"""The ledger's file and disk in every kind of trouble: a clear answer, nothing sent that is not recorded, and a way on."""

import logging
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.ledger import Ledger, file
from syncdb.ledger import schema as current
from syncdb.ledger.queries.order_numbers import stretches
from syncdb.ledger.queries.overview import order_counts
from syncdb.ledger.queries.reader import reading
from tests.reliability.judged import Judged
from tests.reliability.oracle import examined
from tests.reliability.world import BEGIN

ROOT = Path(__file__).resolve().parents[2]
EMPTY = {"snapshot_dictionary"}  # it is filled where orders are packed, by choice
SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("m*.sql"))


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    """A synced shop with a change waiting to be written."""
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 3, BEGIN, in_memory=False)
    assert made.run().code == 0
    made.shop(0, 1)
    yield made
    made.close()


LIMITED = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv = ["shopify_sheets_sync.py", "--full"]
runpy.run_path({script!r}, run_name="__main__")
"""


@pytest.mark.skipif(os.name == "nt", reason="a limit on the size of files needs POSIX (RLIMIT_FSIZE)")
def test_a_full_disk_stops_before_anything_unrecorded_is_sent(judged: Judged) -> None:
    """The limit rises step by step, so that the disk is full at ever later points of a run, until the run goes through."""
    world = judged.world
    script = LIMITED.format(script=str(ROOT / "shopify_sheets_sync.py"))
    codes = []
    for limit in range(4096, 4096 * 60, 4096 * 6):
        environment = os.environ | world.sandbox.environment() | world.env | {
            "SHEET_COLUMNS": ",".join(world.columns), "PYTHONPATH": str(ROOT)
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", script, str(limit)], env=environment, cwd=world.folder, capture_output=True, text=True,
            encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
        codes.append(done.returncode)
        world.pass_time(120)
        assert "Traceback" not in done.stdout, done.stdout
        assert done.returncode in (0, 3, 4, 5), (limit, done.stdout, done.stderr)
        if done.returncode == 0:
            break
        assert "disk may be full" in done.stdout or "cannot be" in done.stdout, done.stdout
        _sound(world.ledger)
    assert codes[-1] == 0 and len(codes) > 2, codes
    judged.agree()


def test_a_ledger_that_may_not_be_written(judged: Judged) -> None:
    world = judged.world
    if os.name == "nt" or os.geteuid() == 0:
        with closing(sqlite3.connect(world.ledger)) as made:  # whoever is root may write everything: stand in another way
            made.execute("CREATE TRIGGER no_runs BEFORE INSERT ON sync_history BEGIN SELECT raise(ABORT, 'readonly'); END")
        ran = judged.run()
        assert ran.code in (1, 5) and ran.writes == 0, ran.text
        with closing(sqlite3.connect(world.ledger)) as made:
            made.execute("DROP TRIGGER no_runs")
    else:
        world.ledger.chmod(0o400)
        ran = judged.run(as_json=False)
        world.ledger.chmod(0o600)
        assert ran.code == 5 and ran.writes == 0 and "cannot be written" in ran.text, ran.text
    judged.agree()


def test_a_ledger_locked_by_another_program(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database browser that holds the file: told by name, nothing sent, and the next run goes on."""
    monkeypatch.setattr(file, "PATIENCE", 0.2)
    with closing(sqlite3.connect(judged.world.ledger, isolation_level=None)) as browser:
        browser.execute("BEGIN EXCLUSIVE")
        ran = judged.run(as_json=False)
        browser.execute("ROLLBACK")
    assert ran.code == 5 and ran.writes == 0 and "held by another program" in ran.text, ran.text
    judged.agree()


def test_a_write_ahead_log_left_behind_is_taken_up(judged: Judged) -> None:
    """A process that died leaves the file and its log; a copy of both is the whole ledger, and runs go on from it."""
    world = judged.world
    with Ledger.open(world.ledger, world.clock.now()) as ledger:
        with ledger.transaction():
            ledger.runs.put("proof", {"written": "just before the end"})
        for ending in ("", "-wal"):
            shutil.copy(f"{world.ledger}{ending}", f"{world.folder / 'dead.db'}{ending}")
    assert Path(f"{world.folder / 'dead.db'}-wal").stat().st_size > 0
    for ending in ("", "-wal"):
        shutil.move(f"{world.folder / 'dead.db'}{ending}", f"{world.ledger}{ending}")
    judged.agree()
    with Ledger.open(world.ledger, world.clock.now()) as ledger:
        assert ledger.runs.get("proof") == {"written": "just before the end"}


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Pytest keeps the tracebacks that are logged, they keep an unfinished query, and that keeps the damaged file open."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_a_truncated_or_damaged_ledger_never_leads_to_a_wrong_sheet(judged: Judged, unlogged: None) -> None:
    """Cut off or with bits turned, anywhere: either it is told and nothing is written, or the damage was harmless."""
    world, rng = judged.world, random.Random(3)
    with Ledger.open(world.ledger, world.clock.now()):
        pass  # the write-ahead log is folded in
    world.copy_ledger("whole.db")
    whole, told = (world.folder / "whole.db").read_bytes(), 0
    for number in range(40):
        kept = world.sandbox.spreadsheet.kept()
        (world.folder / "hurt.db").write_bytes(_hurt(whole, rng, cut=number % 2 == 0))
        world.put_back("hurt.db")
        before = judged.people()
        ran = world.sync(full=True)
        assert ran.code in (0, 3, 5), ran.text
        told += ran.code == 5
        assert "with text" not in ran.text + ran.errors, "what could not be read holds a customer's data"
        if ran.code == 5:
            assert ran.writes == 0, ran.text
        judged.nothing_of_people_changed(before)
        examined["damaged ledgers"] += 1
        world.sandbox.spreadsheet.come_back(kept)
    assert told > 15, f"only {told} of 40 damaged ledgers were noticed"
    world.put_back("whole.db")
    judged.other_ledger = True  # the ledgers that were damaged knew of writes that this one does not
    judged.agree()


def _hurt(whole: bytes, rng: random.Random, *, cut: bool) -> bytes:
    if cut:
        return whole[: rng.randrange(1, len(whole))]
    hurt = bytearray(whole)
    start = rng.randrange(len(hurt))
    for at in range(start, min(len(hurt), start + 600)):
        hurt[at] ^= 1 << rng.randrange(8)
    return bytes(hurt)


def test_a_lost_ledger_is_told_and_its_sheet_adopted(judged: Judged) -> None:
    judged.world.ledger.unlink()
    assert judged.run().code == 5
    assert judged.run(force=True).code == 0
    judged.other_ledger = True  # its history began anew
    judged.agree()


# --- older ledgers


def _dump(path: Path) -> list[str]:
    """The shape of a ledger's tables and indices."""
    with closing(sqlite3.connect(path)) as made:
        query = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_%' ESCAPE '\\'"
        return sorted(f"{kind} {name} {' '.join((text or '').split())}" for kind, name, text in made.execute(query))


def test_every_released_schema_is_there() -> None:
    names = [name.split("_")[0] for name in current.migrations.names]
    missing = [name for name in names if name not in {file.stem for file in SCHEMAS}]
    assert not missing, f"write tests/reliability/schemas/{missing}.sql: python -m tests.reliability.schemas"


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_an_older_ledger_becomes_a_current_one_with_all_it_held(file: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    with closing(sqlite3.connect(old)) as made:
        made.executescript(file.read_text(encoding="utf-8"))
        before = _content(made)
    now = _now()
    for path in (old, new):
        with Ledger.open(path, now):
            pass
    assert _dump(old) == _dump(new)
    with closing(sqlite3.connect(old)) as made:
        after = _content(made, _columns(before))
    for table, (_, rows) in before.items():
        if not table.startswith("_") and table != "meta":
            assert after[table][1] == rows and (len(rows) > 0 or table in EMPTY), table
    _sound(old)


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_an_older_ledger_answers_before_a_run_has_brought_it_up_to_date(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(file.read_text(encoding="utf-8"))
    before = path.read_bytes()
    with reading(path) as reader:
        counts = order_counts(reader)
        assert (counts.orders, counts.missing, counts.deleted, counts.waiting) == (1, 0, 0, 1)
        assert list(stretches(reader)) == [(1, 1001, 1001)]
    assert path.read_bytes() == before
    examined["older ledgers asked"] += 1


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_dying_in_the_middle_of_a_migration_leaves_the_older_or_the_newer_ledger(file: Path, tmp_path: Path) -> None:
    """The process is ended before single statements of the migrations in turn; the next start completes them.

    Of the oldest ledger, which meets every statement, each fourth is tried; of the others fewer.
    """
    died = 0
    for at in range(1, 200, 4 if file == SCHEMAS[0] else 12):
        path = tmp_path / f"{at}.db"
        with closing(sqlite3.connect(path)) as made:
            made.executescript(file.read_text(encoding="utf-8"))
        done = subprocess.run([sys.executable, "-c", DIES, str(path), str(at)], cwd=ROOT, check=False, timeout=60)
        if done.returncode == 0:
            break
        assert done.returncode == 137, done.returncode
        died += 1
        with Ledger.open(path, _now()):
            pass
        _sound(path)
        assert _dump(path) == _dump_of_new(tmp_path)
    assert died > 0 or file == SCHEMAS[-1]


DIES = """
import os, sqlite3, sys
from pathlib import Path
from syncdb.ledger import schema
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
left = [int(sys.argv[2])]
def about_to(text):
    if text.split()[:1] and text.split()[0].upper() in ("CREATE", "DROP", "ALTER", "INSERT", "COMMIT", "RELEASE"):
        left[0] -= 1
        if left[0] == 0:
            os._exit(137)
connection.set_trace_callback(about_to)
schema.migrations.apply(connection)
"""


def _dump_of_new(folder: Path) -> list[str]:
    path = folder / "new.db"
    with Ledger.open(path, _now()):
        pass
    return _dump(path)


Content = dict[str, tuple[list[str], list[tuple[object, ...]]]]


def _content(made: sqlite3.Connection, columns: dict[str, list[str]] | None = None) -> Content:
    """The rows of each table, of all its columns or of those named."""
    names = [row[0] for row in made.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    found: Content = {}
    for name in names:
        asked = (columns or {}).get(name) or [row[1] for row in made.execute(f'PRAGMA table_info("{name}")')]
        rows = made.execute(f'SELECT {", ".join(asked)} FROM "{name}"').fetchall()
        found[name] = asked, sorted(rows, key=repr)
    return found


def _columns(content: Content) -> dict[str, list[str]]:
    return {name: columns for name, (columns, _) in content.items()}


def _sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as made:
        assert made.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert made.execute("PRAGMA foreign_key_check").fetchall() == []
    examined["ledgers checked"] += 1


def _now() -> datetime:
    return datetime.fromtimestamp(BEGIN, UTC)
