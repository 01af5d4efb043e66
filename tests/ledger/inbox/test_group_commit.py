"""Many threads share a commit; nobody is told of success before it is on the disk, and everybody of a failure."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from syncdb.ledger.inbox.event import Event, Thing
from syncdb.ledger.inbox.file import InboxBusy
from syncdb.ledger.inbox.group_commit import COUNTED_EACH, GroupCommit

READERS = {"shop": ("sheets",)}
T0 = 1_800_000_000_000


def event(number: int) -> Event:
    return Event("shop", f"hook-{number}", "orders/updated", Thing("orders", str(number)), None, T0 + number)


def seen(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_every_event_of_many_threads_is_kept_once_in_few_commits(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    commits = GroupCommit(path, READERS)
    numbers = [number for number in range(200) for _ in range(2)]  # each is delivered twice
    with ThreadPoolExecutor(32) as threads:
        news = list(threads.map(lambda number: commits.take(event(number)), numbers))
    assert sum(news) == 200
    assert seen(path, "SELECT count(*), count(DISTINCT event_id) FROM event") == [(200, 200)]
    commits.close(T0)


def test_it_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    commits = GroupCommit(tmp_path / "events.db", READERS)
    for number in range(20):
        commits.take(event(number))
        assert seen(tmp_path / "events.db", "SELECT count(*) FROM event") == [(number + 1,)]
    commits.close(T0)


def test_a_failure_is_told_to_all_who_waited_and_the_next_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    commits = GroupCommit(path, READERS)
    commits.take(event(0))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told: list[int] = []

    def take(number: int) -> None:
        try:
            commits.take(event(number))
        except InboxBusy:
            told.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.rollback()
    other.close()
    assert sorted(told) == list(range(1, 7))
    assert commits.take(event(3)) is True  # the sender tries again
    commits.close(T0)


def test_a_failure_to_open_is_told_and_the_next_try_opens_it(tmp_path: Path) -> None:
    commits = GroupCommit(tmp_path / "absent" / "events.db", READERS)
    with pytest.raises(Exception, match="cannot be used"):
        commits.take(event(1))
    (tmp_path / "absent").mkdir()
    assert commits.take(event(1)) is True
    commits.close(T0)


def test_refusals_are_counted_without_a_commit_for_each(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    commits = GroupCommit(path, READERS)
    commits.take(event(1))
    for number in range(1_000):
        commits.turned_away("shop", "signature", T0 + number)
    assert seen(path, "SELECT times FROM refused") == []
    commits.turned_away("shop", "signature", T0 + 2 * COUNTED_EACH)
    assert seen(path, "SELECT source, reason, times FROM refused") == [("shop", "signature", 1_001)]
    commits.turned_away("shop", "size", T0 + 2 * COUNTED_EACH)
    commits.close(T0 + 2 * COUNTED_EACH)
    assert seen(path, "SELECT reason, times FROM refused ORDER BY reason") == [("signature", 1_001), ("size", 1)]
