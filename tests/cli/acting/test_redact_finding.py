"""Which orders a redaction finds, what it takes with it, and that it does the expensive things once."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from syncdb.cli.output import Output
from syncdb.cli.redact import _bytes_told, _orders_told
from syncdb.connectors.shopify.personal import person_of
from syncdb.ledger import Ledger, redaction
from syncdb.orders.redaction import catch_up, clean, of_customer, strip
from syncdb.services.customer_lookup import may_be, picks
from syncdb.values import canonical_text
from tests.cli.acting.conftest import Manage
from tests.cli.acting.test_redact import customer_of, in_bytes, only_theirs, texts_of
from tests.scenarios.world import World


def ways_to_name(snapshot: dict[str, object]) -> set[str]:
    """How a person may type the customer of an order."""
    person = person_of(snapshot)
    phones = {way for one in person.phones for way in (f"+{one}", f"00{one}", f"{one[:4]} {one[4:]}", f"0{one[2:]}")}
    number = {f"customer:{person.customer_id}", person.customer_id} if person.customer_id else set()
    return {*person.names, *person.emails, *(one.upper() for one in person.emails), *phones, *number}


def test_what_is_not_read_is_surely_of_others(world: World) -> None:
    with closing(sqlite3.connect(world.folder / "ledger.db")) as connection:
        stored = [json.loads(row[0]) for row in connection.execute("SELECT snapshot FROM order_tracking")]
    asked = {who for snapshot in stored for who in ways_to_name(snapshot)}
    tried = spared = 0
    for who in asked:
        meant, passes = picks(who), may_be(who)
        for snapshot in stored:
            text = canonical_text(snapshot)
            if meant(person_of(snapshot)):
                tried += 1
                assert passes is None or passes(text), who
            spared += passes is not None and not passes(text)
    assert tried > len(stored) and spared > len(asked)


def test_of_several_customers_nothing_more_is_read(world: World) -> None:
    with Ledger.open(world.folder / "ledger.db", world.clock.now()) as ledger:
        looked: list[int] = []
        several = of_customer(ledger, lambda person: bool(person.customer_id), None, looked.append)
        assert len(several.customers) > 1 and looked.count(1) == 1
        one = next(iter(several.customers))
        looked.clear()
        mine = of_customer(ledger, lambda person: person.customer_id == one, None, looked.append)
        assert list(mine.customers) == [one] and looked.count(1) == 2


def _verdict(connection: sqlite3.Connection, key: str, field: str, value: str) -> None:
    connection.execute(
        """INSERT INTO verdict (pair, key, field, take, left_shown, right_shown, value, decided_at)
           VALUES ((SELECT pair FROM record LIMIT 1), ?, ?, 'value', ?, ?, ?, '2026-11-20T10:00:00Z')""",
        (key, field, json.dumps(value), json.dumps("before"), json.dumps(value)),
    )


def test_decisions_about_a_customer_go_and_those_of_others_stay(world: World, run: Manage) -> None:
    customer, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    assert customer["displayName"] and mine[0]["email"] in texts
    own, *_ = (line["id"].rpartition("/")[2] for line in mine[0]["lineItems"])
    others = next(order for order in world.shop.orders.values() if order["customer"] and order["customer"] != customer)
    foreign = others["lineItems"][0]["id"].rpartition("/")[2]
    with closing(sqlite3.connect(world.folder / "ledger.db")) as connection, connection:
        _verdict(connection, own, "customer_email", mine[0]["email"])
        _verdict(connection, own, "quantity", "17")
        _verdict(connection, "a row that is gone", "customer_email", mine[0]["email"])
        _verdict(connection, "another that is gone", "customer_email", "somebody@else.example")
        _verdict(connection, foreign, "customer_email", "somebody@else.example")
    said = run("redact", mine[0]["email"], "--yes", "--json")
    assert said.code == 0 and said.data["proved"] is True, said.all
    with closing(sqlite3.connect(world.folder / "ledger.db")) as connection:
        kept = [row[0] for row in connection.execute("SELECT value FROM verdict ORDER BY verdict_id")]
        ended = [row[0] for row in connection.execute("SELECT ended_how FROM verdict ORDER BY verdict_id")]
    assert kept == [None, '"17"', None, '"somebody@else.example"', '"somebody@else.example"']
    assert ended == ["redacted", None, "redacted", None, None]
    assert in_bytes(world.folder, texts) == {}


def test_what_was_agreed_stays_until_the_sheet_is_cleared_and_no_longer(world: World) -> None:
    """With `--sheet` the run in between leaves the ledger to the command; a command cut off there leaves it to the next run."""
    _, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    path = world.folder / "ledger.db"
    with Ledger.open(path, world.clock.now()) as ledger:
        affected = of_customer(ledger, lambda person: mine[0]["email"].casefold() in person.emails)
        emptied: list[str] = []
        ledger.connection.set_trace_callback(lambda statement: emptied.append(statement) if "(TRUNCATE)" in statement else None)
        strip(ledger, affected, places_too=True)
        assert catch_up(ledger) == 0 and not emptied
        clean(ledger, affected)
        assert catch_up(ledger) == 0 and emptied == ["PRAGMA wal_checkpoint(TRUNCATE)"]
        ledger.connection.set_trace_callback(None)
    assert not any(texts & set(hits) for name, hits in in_bytes(world.folder, texts).items() if name.startswith("ledger.db"))


def test_a_command_cut_off_at_the_sheet_is_finished_by_the_next_run(world: World) -> None:
    _, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    with Ledger.open(world.folder / "ledger.db", world.clock.now()) as ledger:
        strip(ledger, of_customer(ledger, lambda person: mine[0]["email"].casefold() in person.emails), places_too=True)
    assert in_bytes(world.folder, texts)
    assert world.sync().code == 0
    assert in_bytes(world.folder, texts) == {}


def test_no_room_is_said_before_anything_is_done(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = world.folder / "ledger.db"
    _, mine = customer_of(world)
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE name = 'deleted_is_zeroed'")  # as of an earlier version: it has to be rebuilt
    before, usage = ledger.read_bytes(), shutil.disk_usage(ledger.parent)
    free = 2 * len(before) if ledger.stat().st_dev == redaction._temporary().stat().st_dev else len(before)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free - 1))
    said = run("redact", mine[0]["email"], "--yes")
    assert said.code == 5 and "GB of room" in said.err and "Nothing was changed" in said.err
    assert ledger.read_bytes() == before and not list(world.folder.glob("*.redacted"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    assert run("redact", mine[0]["email"], "--yes").code == 0


@pytest.mark.parametrize("name", ["SQLITE_TMPDIR", "TMPDIR", ""])
def test_the_temporary_file_is_where_room_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("which files a process has open is only to be seen on Linux")
    for one in ("SQLITE_TMPDIR", "TMPDIR"):
        monkeypatch.delenv(one, raising=False)
    if name:
        monkeypatch.setenv(name, str(tmp_path))
    spill = (
        "import os, sqlite3; c = sqlite3.connect(''); c.execute('PRAGMA cache_size = 10'); c.execute('CREATE TABLE t (x)');"
        "c.executemany('INSERT INTO t VALUES (?)', [('x' * 2000,)] * 500); c.commit();"
        "[print(os.readlink(f'/proc/self/fd/{n}')) for n in os.listdir('/proc/self/fd') if os.path.lexists(f'/proc/self/fd/{n}')]"
    )
    opened = subprocess.run([sys.executable, "-c", spill], stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    assert [Path(one).parent for one in opened if "etilqs_" in one] == [redaction._temporary()]


def test_how_far_it_has_come_is_said_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    searched, looked = _bytes_told(Output(), 2_300_000_000), _orders_told(Output(), "for this customer")
    for done in range(1 << 20, 2_300_000_000, 1 << 20):
        searched(done)
    for count in range(1, 450_000):
        looked(count)
    told = capsys.readouterr()
    assert told.out == "" and told.err.splitlines() == [
        "  1 of 2.3 GB of the ledger searched",
        "  2 of 2.3 GB of the ledger searched",
        "  200,000 orders looked through for this customer",
        "  400,000 orders looked through for this customer",
    ]
