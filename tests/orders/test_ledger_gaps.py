"""Gaps in the numbers of a ledger whose orders come from several counters: what is lost is found, and nothing else is told."""

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from syncdb.ledger import Ledger
from syncdb.ledger.maintained import MOST_TIMES
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.state_keys import WATERMARK
from syncdb.order_snapshot import snapshot_of
from syncdb.orders.ledger_gaps import gaps_in, gaps_since
from syncdb.orders.number_gaps import Gap
from syncdb.values import iso
from tests import seeds

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=300)
STATES = ("tracked", "missing", "deleted")
Made = tuple[int, str, datetime]  # number, name, when it was made
examined = Counter[str]()


@contextmanager
def emptied() -> Iterator[Ledger]:
    """An empty ledger for one example, as a dry run opens it: what it holds is never waited for to be on the disk."""
    with Ledger.copy(Path("nowhere.db"), END) as made:
        remember_time(made)
        yield made


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "shopify_sync.db", END) as made:
        remember_time(made)
        yield made


def remember_time(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.runs.put(WATERMARK, {"at": iso(END), "covered_since": iso(START - timedelta(days=1))})


def reader_of(ledger: Ledger) -> LedgerReader:
    return LedgerReader(ledger.connection, ledger.path)


def made_at(gap: Gap) -> datetime:
    assert gap.before.created_at is not None
    return gap.before.created_at


def take(ledger: Ledger, orders: list[Made]) -> None:
    """Keep orders (number, name, when it was made) as a run does."""
    known = ledger.orders.count()
    snapshots = (
        {"id": str(9_000_000 + known + place), "number": number, "name": name, "created_at": iso(made)}
        for place, (number, name, made) in enumerate(orders)
    )
    with ledger.transaction():
        ledger.orders.save([snapshot_of(one) for one in snapshots], 1, iso(END))


def gaps(ledger: Ledger) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in gaps_in(reader_of(ledger))]


def test_repeated_numbers_add_no_gap(ledger: Ledger) -> None:
    """One order in twenty-five has a name of its own; 40 numbers stand twice, some of them with such a name."""
    lost = {101, 700, 701, 1500, 1900}
    names = {number: f"Wholesale {number % 7}" if number % 25 == 0 else f"#{number}" for number in range(1, 2001)}
    take(ledger, [(number, names[number], START + timedelta(hours=number)) for number in names if number not in lost])
    assert gaps(ledger) == [(101, 101), (700, 701), (1500, 1500), (1900, 1900)]
    again = range(50, 2000, 48)
    take(ledger, [(number, names[number] + " copy", START + timedelta(hours=number + 500)) for number in again])
    assert len(again) > 40 and gaps(ledger) == [(101, 101), (700, 701), (1500, 1500), (1900, 1900)]


def test_a_counter_that_has_the_numbers_in_between_did_not_lose_them(ledger: Ledger) -> None:
    """Of four counters two end at 31, and one gets another name there; another order has the number 40 once more."""
    spans = [("KY-{}", 0, 1, 31), ("{}-B2B", 31, 32, 60), ("US-{}", 0.4, 2, 31), ("#{}", 1000, 1, 30), ("KY-{}", 2000, 3, 49)]
    for name, begins, first, last in spans:
        take(ledger, [(n, name.format(n), START + timedelta(hours=begins + n - first)) for n in range(first, last + 1)])
    take(ledger, [(40, "KY-40*", START + timedelta(hours=2037, minutes=5))])
    assert gaps(ledger) == []


# --- random counters


@dataclass(frozen=True)
class Story:
    """Orders of several counters, and the names of those that were lost."""

    orders: list[Made]
    lost: list[str]


NAMES = ("#{}", "KY-{}", "{}-B2B")  # a shop may change its prefix whenever it likes


def number_in(name: str) -> int:
    return int(re.findall(r"(?<!B)\d+", name)[0])


def counter(draw: st.DrawFn, first: int, count: int, begins: float, names: tuple[str, ...], kept: set[int]) -> Story:
    """One counter from `first` on, an order an hour; it loses numbers here and there, but none of those to be kept."""
    losable = [number for number in range(first + 6, first + count - 6) if not kept & set(range(number - 6, number + 7))]
    wanted = draw(st.sets(st.sampled_from(losable), max_size=4)) if losable else set[int]()
    lost = {number for number in wanted if not any(0 < number - other < 8 for other in wanted)}
    lost |= {number + 1 for number in lost if number % 3 == 0}
    turns = draw(st.lists(st.integers(first, first + count), max_size=2))
    pattern = {number: names[sum(number >= turn for turn in turns) % len(names)] for number in range(first, first + count)}
    orders = [
        (number, pattern[number].format(number), START + timedelta(hours=begins + number - first))
        for number in range(first, first + count)
        if number not in lost
    ]
    # the name of a lost order is not known: it is told like the one before it
    return Story(
        orders, [pattern[number - 1 if number - 1 not in lost else number - 2].format(number) for number in sorted(lost)]
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A counter; perhaps set back once or twice; perhaps another beside it, with names of its own; and single repeats.

    All have some numbers in common: where one ends before the next begins, a number in between might be either's.
    """
    first, count = draw(st.integers(1, 20)), draw(st.integers(60, 120))
    spans = [(first, count, 0.0, NAMES)]
    for again in range(draw(st.integers(0, 2))):
        spans.append((draw(st.integers(1, 20)), draw(st.integers(30, 90)), 1000.0 * (again + 1), NAMES))
    if draw(st.booleans()):
        spans.append((draw(st.integers(1, 20)), draw(st.integers(30, 90)), 0.4, ("US-{}",)))
    # where a counter begins or ends among the numbers of another, a lost number cannot be told from one that it never had
    edges = {edge for start, length, _, _ in spans for edge in (start, start + length - 1)}
    told = [counter(draw, start, length, begins, names, edges) for start, length, begins, names in spans]
    orders, lost = [one for story in told for one in story.orders], [name for story in told for name in story.lost]
    free = {number for number, _, _ in orders} - set(map(number_in, lost))
    copied: set[int] = set()
    for number, name, made in draw(st.lists(st.sampled_from(orders), max_size=5)):
        near = set(range(number - 8, number + 9))
        if near <= free - edges and all(
            abs(number - other) > 30 for other in copied
        ):  # several close together look like a counter
            copied.add(number)
            orders.append((number, name + "*", made + timedelta(minutes=5)))
    random.Random(draw(st.integers(0, 99))).shuffle(orders)
    return Story(orders, lost)


@seed(seeds.of_this_run())
@given(stories(), st.integers(0, 2500))
@settings(max_examples=150, deadline=None)
def test_what_counters_lost_is_told_and_nothing_else(story: Story, hours: int) -> None:
    with emptied() as ledger:
        take(ledger, story.orders)
        found = gaps_in(reader_of(ledger))
        note(f"stretches: {kept(ledger.connection)[0]}")
        note(f"lost: {story.lost}")
        note(f"told: {[name for gap in found for name in gap.names()]}")
        told = [name for gap in found for name in gap.names()]
        assert Counter(map(number_in, told)) == Counter(map(number_in, story.lost))
        alone = {number for number in map(number_in, told) if sum(abs(number - number_in(name)) < 4 for name in told) == 1}
        assert {name for name in told if number_in(name) in alone} <= set(story.lost)
        examined["names"] += len(alone)
        examined["lost numbers"] += len(story.lost)
        examined["repeated numbers"] += len(story.orders) - len({number for number, _, _ in story.orders})
        since = START + timedelta(hours=hours)
        assert gaps_since(reader_of(ledger), since) == [gap for gap in found if made_at(gap) >= since]
        examined["new gaps"] += sum(made_at(gap) >= since for gap in found)


def test_the_stories_were_about_something() -> None:
    assert examined["lost numbers"] > 100 and examined["repeated numbers"] > 100 and examined["new gaps"] > 20
    assert examined["names"] > 50


# --- what the ledger keeps beside the orders

ACTS = st.lists(st.tuples(st.sampled_from(("comes", "goes", "renumbered", "turns", "waits", "settled")),
                          st.integers(0, 30), st.one_of(st.none(), st.integers(-2, 9), st.just(2**63 - 1))))  # fmt: skip


@given(ACTS)
@settings(max_examples=200, deadline=None)
def test_stretches_and_counts_are_those_of_the_orders_whatever_happens_to_them(acts: list[tuple[str, int, int | None]]) -> None:
    with emptied() as ledger:
        for act, which, number in acts:
            happen(ledger.connection, act, str(which), number)
            examined[act] += 1
        assert kept(ledger.connection) == worked_out(ledger.connection)
        examined["stretches"] += len(kept(ledger.connection)[0])


def test_everything_happened() -> None:
    assert all(examined[act] > 20 for act in ("comes", "goes", "renumbered", "turns", "waits", "settled", "stretches"))


def test_of_a_number_that_very_many_orders_have_no_more_than_some_are_told_apart(ledger: Ledger) -> None:
    take(ledger, [(number, f"#{number}", START) for number in (1, 2) for _ in range(MOST_TIMES + 5)])
    assert kept(ledger.connection) == worked_out(ledger.connection)
    assert kept(ledger.connection)[0] == [(times, 1, 2) for times in range(1, MOST_TIMES + 1)]
    for order_id in range(9_000_000, 9_000_007):
        happen(ledger.connection, "goes", str(order_id), None)
    assert kept(ledger.connection) == worked_out(ledger.connection)
    assert kept(ledger.connection)[0][-1] == (MOST_TIMES, 2, 2)


def happen(connection: sqlite3.Connection, act: str, order_id: str, number: int | None) -> None:
    run = connection.execute
    match act:
        case "comes":
            run(
                """INSERT OR IGNORE INTO order_tracking
                     (order_id, name, number, hash, snapshot, status, first_seen_at, last_seen_at, last_changed_at)
                   VALUES (?, 'x', ?, '', '{}', 'tracked', '', '', '')""",
                (order_id, number),
            )
        case "goes":
            run("DELETE FROM order_tracking WHERE order_id = ?", (order_id,))
        case "renumbered":
            run("UPDATE order_tracking SET number = ? WHERE order_id = ?", (number, order_id))
        case "turns":
            run("UPDATE order_tracking SET status = ? WHERE order_id = ?", (STATES[(number or 0) % 3], order_id))
        case "waits":
            run("INSERT OR IGNORE INTO pending VALUES ('one', ?)", (order_id,))
        case "settled":
            run("DELETE FROM pending WHERE order_id = ?", (order_id,))


def kept(connection: sqlite3.Connection) -> tuple[list[tuple[int, ...]], dict[str, int]]:
    stretches = connection.execute("SELECT times, first, last FROM number_stretch ORDER BY 1, 2").fetchall()
    return stretches, dict(connection.execute("SELECT state, orders FROM order_count").fetchall())


def worked_out(connection: sqlite3.Connection) -> tuple[list[tuple[int, ...]], dict[str, int]]:
    """The same, by plain counting."""
    numbers = Counter(row[0] for row in connection.execute("SELECT number FROM order_tracking WHERE number IS NOT NULL"))
    stretches = list[tuple[int, ...]]()
    for times in range(1, min(max(numbers.values(), default=0), MOST_TIMES) + 1):
        there = {number for number, count in numbers.items() if count >= times}
        for first in sorted(number for number in there if number - 1 not in there):
            last = first
            while last + 1 in there:
                last += 1
            stretches.append((times, first, last))
    counts = Counter(row[0] for row in connection.execute("SELECT status FROM order_tracking"))
    waiting = connection.execute("SELECT order_id FROM pending").fetchall()
    return stretches, {state: counts[state] for state in STATES} | {"waiting": len(waiting)}
