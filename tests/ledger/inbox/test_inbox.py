"""Events are kept once, come due when they have been quiet, and are handed to one worker at a time."""

import os
import random
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncdb.errors import LedgerUnusable
from syncdb.ledger.inbox.event import LATEST, QUIET, Event, Thing
from syncdb.ledger.inbox.file import InboxBusy, inbox_path, open_for_reading
from syncdb.ledger.inbox.inbox import DAY, LEASE, MOST_KEPT, MOST_TRIES, TRIED_AGAIN, Inbox, next_due_in

READERS = {"shop": ("sheets", "grist")}
TEA = Thing("products", "9007199254740993")
T0 = 1_800_000_000_000


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox.open(tmp_path / "events.db")
    yield made
    made.close()


def event(number: int, at: int = T0, thing: Thing = TEA, source: str = "shop") -> Event:
    return Event(source, f"hook-{number}", f"{thing.kind}/update", thing, at - 500, at)


def rows(inbox: Inbox, table: str) -> int:
    return int(inbox.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_repeated_delivery_is_known_and_makes_nothing_wait_again(inbox: Inbox) -> None:
    assert inbox.take([event(1), event(1), event(2, T0 + 1)], READERS) == [True, False, True]
    claim = inbox.claim("sheets", T0 + QUIET + 1, 10)
    assert claim is not None and claim.things == {"shop": (TEA,)}
    inbox.finished(claim)
    assert inbox.take([event(2, T0 + 9_000)], READERS) == [False]
    assert next_due_in(inbox.path, "sheets") is None
    assert inbox.connection.execute("SELECT times, repeated FROM heard").fetchall() == [(2, 2)]


def test_the_same_id_of_another_source_is_another_event(inbox: Inbox) -> None:
    assert inbox.take([event(1), event(1, source="second")], READERS | {"second": ("sheets",)}) == [True, True]


def test_it_is_due_after_a_quiet_while_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    for number in range(3):  # another process each time
        inbox = Inbox.open(path)
        inbox.take([event(number, T0 + number * 2_000)], READERS)
        assert next_due_in(inbox.path, "sheets") == T0 + number * 2_000 + QUIET
        inbox.close()
    inbox = Inbox.open(path)
    assert inbox.claim("sheets", T0 + 4_000 + QUIET - 1, 10) is None
    assert inbox.claim("sheets", T0 + 4_000 + QUIET, 10) is not None
    inbox.close()


def test_events_without_end_do_not_put_it_off_for_ever(inbox: Inbox) -> None:
    for number in range(40):
        inbox.take([event(number, T0 + number * 1_000)], READERS)
    assert next_due_in(inbox.path, "sheets") == T0 + LATEST


def test_what_comes_while_it_is_looked_at_waits_and_nobody_else_gets_it(inbox: Inbox) -> None:
    inbox.take([event(1)], READERS)
    claim = inbox.claim("sheets", T0 + QUIET, 10)
    inbox.take([event(2, T0 + QUIET + 5)], READERS)
    assert inbox.claim("sheets", T0 + 60_000, 10) is None
    assert claim is not None
    inbox.finished(claim)
    assert next_due_in(inbox.path, "sheets") == T0 + QUIET + 5 + QUIET
    assert inbox.claim("sheets", T0 + 60_000, 10) is not None


def test_each_reader_gets_it(inbox: Inbox) -> None:
    inbox.take([event(1)], READERS)
    for reader in ("sheets", "grist"):
        claim = inbox.claim(reader, T0 + QUIET, 10)
        assert claim is not None
        inbox.finished(claim)
    assert rows(inbox, "waiting") == 0


def test_a_worker_that_died_is_done_without_and_cannot_finish_later(inbox: Inbox) -> None:
    inbox.take([event(1)], READERS)
    dead = inbox.claim("sheets", T0 + QUIET, 10)
    assert dead is not None and inbox.claim("sheets", T0 + QUIET + LEASE - 1, 10) is None
    assert next_due_in(inbox.path, "sheets") == T0 + QUIET + LEASE
    second = inbox.claim("sheets", T0 + QUIET + LEASE, 10)
    assert second is not None
    inbox.finished(dead)
    assert rows(inbox, "waiting") == 2  # the second worker's claim, and the other reader's
    inbox.finished(second)
    assert next_due_in(inbox.path, "sheets") is None


def test_a_failure_is_tried_again_later_each_time(inbox: Inbox) -> None:
    inbox.take([event(1)], READERS)
    now = T0 + QUIET
    for pause in (*TRIED_AGAIN, TRIED_AGAIN[-1]):
        claim = inbox.claim("sheets", now, 10)
        assert claim is not None
        inbox.release(claim, now)
        assert next_due_in(inbox.path, "sheets") == now + pause
        now += pause
    claim = inbox.claim("sheets", now, 10)
    assert claim is not None
    inbox.release(claim, now, failed=False)
    assert next_due_in(inbox.path, "sheets") == now + TRIED_AGAIN[0]


def test_what_fails_again_and_again_is_left_to_the_other_runs(inbox: Inbox) -> None:
    inbox.take([event(1)], READERS)
    now = T0 + QUIET
    for tries in range(1, MOST_TRIES + 1):
        claim = inbox.claim("sheets", now, 10)
        assert claim is not None, tries
        inbox.release(claim, now)
        now += TRIED_AGAIN[-1]
    assert inbox.claim("sheets", now + DAY, 10) is None
    inbox.take([event(2, now)], READERS)
    assert next_due_in(inbox.path, "sheets") == now + QUIET


def test_two_workers_never_hold_the_same_thing(tmp_path: Path) -> None:
    rng, now = random.Random(5), T0
    workers = [Inbox.open(tmp_path / "events.db") for _ in range(3)]
    held: dict[int, list[object]] = {0: [], 1: [], 2: []}
    things = [Thing("products", str(number)) for number in range(8)]
    claims = 0
    for step in range(250):
        now += rng.randrange(1_500)
        who = rng.randrange(3)
        if rng.random() < 0.5:
            workers[who].take([event(step, now, rng.choice(things))], {"shop": ("sheets",)})
        elif held[who]:
            workers[who].finished(held[who].pop())  # type: ignore[arg-type]
        elif claim := workers[who].claim("sheets", now, 3, lease=10**9):
            claims += 1
            held[who].append(claim)
            taken = [thing for some in held.values() for one in some for thing in one.things["shop"]]  # type: ignore[attr-defined]
            assert len(taken) == len(set(taken))
    assert claims > 20
    for worker in workers:
        worker.close()


def test_old_events_go_and_the_file_stays_bounded(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.take([event(number, T0) for number in range(3_000)], READERS)
    inbox.take([event(number, T0 + 8 * DAY) for number in range(3_000, 6_000)], READERS)
    inbox.take([event(number, T0 + 8 * DAY) for number in range(6_000, 8_100)], READERS)
    assert rows(inbox, "event") == 5_100
    monkeypatch.setattr("syncdb.ledger.inbox.inbox.MOST_KEPT", 4_000)
    for number in range(3):
        start = 9_000 + number * 2_000
        inbox.take([event(one, T0 + 8 * DAY + one) for one in range(start, start + 2_000)], READERS)
    assert rows(inbox, "event") <= 4_000 + 2_000 < MOST_KEPT


def test_what_no_reader_fetches_goes_too(inbox: Inbox) -> None:
    inbox.take([event(1)], READERS)
    inbox.take([event(number, T0 + 8 * DAY, Thing("products", "2")) for number in range(2, 2_100)], {})
    assert rows(inbox, "waiting") == 0


def test_nothing_but_what_is_needed_is_kept(inbox: Inbox) -> None:
    told = {row[1] for table in ("event", "waiting") for row in inbox.connection.execute(f"PRAGMA table_info({table})")}
    assert told == {
        *("source", "event_id", "topic", "kind", "thing_id", "triggered_at", "received_at"),
        *("reader", "first_at", "latest_at", "due_at", "claim", "claimed_until", "tries"),
    }


def test_another_process_that_writes_for_long_is_told_apart_from_damage(inbox: Inbox) -> None:
    other = sqlite3.connect(inbox.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxBusy):
        inbox.take([event(1)], READERS)
    other.rollback()
    other.close()
    assert inbox.take([event(1)], READERS) == [True]


def test_a_damaged_file_says_that_it_may_go(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    path.write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(LedgerUnusable) as told:
        Inbox.open(path)
    assert "delete it" in told.value.next_step


def test_a_newer_file_is_left_alone(inbox: Inbox) -> None:
    inbox.connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('syncdb inbox', 'm999', '')"
    )
    with pytest.raises(LedgerUnusable, match="m999"):
        Inbox.open(inbox.path)


def test_the_file_is_its_owners_alone_and_can_be_read_meanwhile(inbox: Inbox) -> None:
    assert inbox_path(Path("/x/shopify_sync.db")) == Path("/x/shopify_sync.events.db")
    if os.name == "posix":
        assert stat.S_IMODE(inbox.path.stat().st_mode) == 0o600
    inbox.take([event(1)], READERS)
    reader = open_for_reading(inbox.path)
    assert reader.execute("SELECT count(*) FROM event").fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM event")
    reader.close()
