"""A customer redacted: gone from every byte, and never back. What is looked for comes from the shop's own state."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.inbox.event import PERSON, Event, Thing
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.ledger.inbox.overview import overview
from syncdb.ledger.web.file import make, reading, web_path, writing
from syncdb.orders.redaction import of_customer, strip
from tests.cli.acting.conftest import Manage
from tests.scenarios.world import World

PERSONAL_HEADERS = ("Customer", "Email", "Phone", "Shipping name", "Shipping city", "Note")


def customer_of(world: World) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The customer who is easiest to tell from the others, and all their orders."""
    buyers: dict[str, list[dict[str, Any]]] = {}
    for order in world.shop.orders.values():
        if order["customer"] and order["email"]:
            buyers.setdefault(order["customer"]["id"], []).append(order)
    mine = max(buyers.values(), key=lambda orders: len(only_theirs(world, texts_of(orders), orders)))
    return mine[0]["customer"], mine


def texts_of(orders: list[dict[str, Any]]) -> set[str]:
    found = set()
    for order in orders:
        address, customer = order["shippingAddress"] or {}, order["customer"] or {"displayName": None, "id": ""}
        found |= {order["email"], order["phone"], order["note"]}
        found |= {address.get(part) for part in ("address1", "name", "phone")}
        found.add(customer["displayName"])
        found.add(customer["id"].rpartition("/")[2])
    return {text for text in found if text and len(text) >= 6}


def only_theirs(world: World, texts: set[str], mine: list[dict[str, Any]]) -> set[str]:
    """Without what other customers' orders hold, too."""
    others = "\n".join(texts_of([order for order in world.shop.orders.values() if all(order is not own for own in mine)]))
    return {text for text in texts if text not in others}


def in_bytes(folder: Path, texts: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            hits = [text for text in texts if json.dumps(text, ensure_ascii=False)[1:-1].encode() in content]
            if hits:
                found[path.name] = hits
    return found


def test_a_customer_is_gone_from_every_byte_and_stays_gone(world: World, run: Manage) -> None:
    customer, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    assert len(texts) >= 3
    (world.folder / "ledger.log").write_text("", encoding="utf-8")
    with (world.folder / "sync.log").open("a", encoding="utf-8") as log:
        log.write(f"a line about {customer['displayName']}\n")
    assert world.at_once(test=True).code == 0  # a dry run's files
    (world.folder / "test_output" / "north").mkdir()  # and those of a route
    (world.folder / "test_output" / "north" / "summary.html").write_text(" ".join(texts), encoding="utf-8")
    assert in_bytes(world.folder, texts)
    before = world.rows()

    said = run("redact", mine[0]["email"], "--yes", "--json")
    assert said.code == 0, said.all
    assert said.data["proved"] is True
    assert said.data["texts_searched"] >= len(texts)
    assert {one["name"] for one in said.data["orders"]} == {order["name"] for order in mine}
    assert in_bytes(world.folder, texts) == {}
    assert not any(text in said.all for text in texts)
    assert world.rows() == before  # the sheet was not asked for

    world.shop.refund(mine[0]["id"], goodwill="1.00")  # the order changes, so it is read again
    assert world.sync().code == 0
    assert world.sync(full=True).code == 0
    assert in_bytes(world.folder, texts) == {}
    assert world.sync().writes == 0
    key = mine[0]["lineItems"][0]["id"].rpartition("/")[2]
    after = world.rows()[key]
    for header in PERSONAL_HEADERS:
        if header in after:
            assert after[header] == before[key][header], header


def test_the_sheet_is_cleared_on_request_and_nobody_elses_cell(world: World, run: Manage) -> None:
    _, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    before = world.rows()
    said = run("redact", mine[0]["email"], "--sheet", "--yes", "--json")
    assert said.code == 0, said.all
    assert said.data["sheet"] == "cleared" and said.data["sheet_cells"] > 0
    keys = {line["id"].rpartition("/")[2] for order in mine for line in order["lineItems"]}
    after = world.rows()
    assert all(after[key] == before[key] for key in before if key not in keys)
    shown = json.dumps([after[key] for key in keys], ensure_ascii=False)
    assert not any(text in shown for text in texts)
    assert all(after[key]["SKU"] == before[key]["SKU"] and after[key]["Total"] == before[key]["Total"] for key in keys)
    assert in_bytes(world.folder, texts) == {}
    assert world.sync().writes == 0
    assert world.sync(full=True).writes == 0
    assert in_bytes(world.folder, texts) == {}


def test_a_ledger_lost_or_restored_does_not_bring_it_back(world: World, run: Manage, tmp_path: Path) -> None:
    _, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    old = (world.folder / "ledger.db").read_bytes()
    assert run("redact", mine[0]["email"], "--yes").code == 0

    (world.folder / "ledger.db").write_bytes(old)  # the backup of yesterday
    for end in ("-wal", "-shm"):
        (world.folder / f"ledger.db{end}").unlink(missing_ok=True)
    assert in_bytes(world.folder, texts)
    assert world.sync().code == 0
    assert in_bytes(world.folder, texts) == {}

    (world.folder / "ledger.db").unlink()  # a new ledger
    for end in ("-wal", "-shm"):
        (world.folder / f"ledger.db{end}").unlink(missing_ok=True)
    assert world.at_once(force=True, full=True).code == 0
    assert in_bytes(world.folder, texts) == {}


def test_restoring_a_backup_does_not_bring_it_back(world: World, run: Manage) -> None:
    """The backup from before the redaction is put back; the ledger does not hold the person for a moment after the command."""
    _, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    assert run("backup", "--output", "before.db").code == 0
    assert run("redact", mine[0]["email"], "--yes").code in (0, 3)  # 3: the backup still holds it
    left = in_bytes(world.folder, texts)
    assert set(left) == {"before.db"}

    said = run("restore", "before.db", "--yes", "--json")
    assert said.code == 0, said.all
    assert said.data["redacted_again"] == len(mine)
    assert in_bytes(world.folder, texts) == left
    assert run("restore", "before.db", "--yes").out.count("Redacted since that backup: ") == 1
    assert run("backup", "--output", "after.db").code == 0
    assert run("restore", "after.db", "--yes", "--json").data["redacted_again"] == 0
    assert world.at_once(full=True).code == 0
    assert in_bytes(world.folder, texts) == left


def test_a_restore_that_cannot_know_who_was_redacted_is_refused(world: World, run: Manage) -> None:
    assert run("backup", "--output", "before.db").code == 0
    (world.folder / "ledger.db.redacted").write_text("no list", encoding="utf-8")
    before = (world.folder / "ledger.db").read_bytes()
    said = run("restore", "before.db", "--yes")
    assert said.code == 5 and "whose data was redacted" in said.err
    assert (world.folder / "ledger.db").read_bytes() == before


def test_a_redaction_cut_short_is_finished_by_the_next_run(world: World, run: Manage) -> None:
    _, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    with Ledger.open(world.folder / "ledger.db", world.clock.now()) as ledger:
        affected = of_customer(ledger, lambda person: mine[0]["email"].casefold() in person.emails)
        assert {order["id"].rpartition("/")[2] for order in mine} == set(affected.orders)
        strip(ledger, affected, places_too=False)  # and here the power fails
    assert in_bytes(world.folder, texts)
    assert world.sync().code == 0
    assert in_bytes(world.folder, texts) == {}


def test_no_redaction_while_a_write_is_open(world: World, run: Manage) -> None:
    with sqlite3.connect(world.folder / "ledger.db") as connection:
        connection.execute("UPDATE journal SET state = 'open', attempt = '{}' WHERE rowid = (SELECT max(rowid) FROM journal)")
    connection.close()
    _, mine = customer_of(world)
    said = run("redact", mine[0]["email"], "--yes")
    assert said.code == 5 and "settle" in said.err
    assert in_bytes(world.folder, {mine[0]["email"]})


def test_one_order_only(world: World, run: Manage) -> None:
    order = next(order for order in world.shop.orders.values() if order["customer"])
    said = run("redact", order["name"], "--yes", "--json")
    assert said.code == 0, said.all
    assert [one["name"] for one in said.data["orders"]] == [order["name"]]
    connection = sqlite3.connect(world.folder / "ledger.db")
    rows = dict(connection.execute("SELECT order_id, snapshot FROM order_tracking").fetchall())
    connection.close()
    redacted = [order_id for order_id, text in rows.items() if "withheld" in json.loads(text)]
    assert redacted == [order["id"].rpartition("/")[2]]
    stripped = json.loads(rows[redacted[0]])
    assert "customer" not in stripped and "email" not in stripped
    assert stripped["current_total_price"] and stripped["line_items"][0]["title"]


@pytest.mark.parametrize("way", ["name", "phone", "id", "url"])
def test_a_customer_is_found_in_other_ways(world: World, run: Manage, way: str) -> None:
    customer, mine = customer_of(world)
    number = customer["id"].rpartition("/")[2]
    typed = {
        "name": customer["displayName"].upper(),
        "phone": next((order["phone"] for order in mine if order["phone"]), None),
        "id": f"customer:{number}",
        "url": f"https://admin.shopify.com/store/x/customers/{number}",
    }[way]
    if typed is None:
        pytest.skip("this customer left no phone number")
    said = run("redact", typed, "--yes", "--json")
    if said.code == 2:  # a namesake: told, nothing done
        assert "customers" in said.data["error"]["message"]
        return
    assert {order["name"] for order in mine} <= {one["name"] for one in said.data["orders"]}


def test_what_the_pages_and_webhooks_know_goes_and_their_files_stay(world: World, run: Manage) -> None:
    customer, mine = customer_of(world)
    texts = only_theirs(world, texts_of(mine), mine)
    number = customer["id"].rpartition("/")[2]
    web, events = web_path(world.folder / "ledger.db"), inbox_path(world.folder / "ledger.db")
    make(web)
    with writing(web) as connection:
        telling = f"Order {mine[0]['name']}: {mine[0]['email']} is no e-mail address"
        connection.execute("INSERT INTO trouble VALUES ('a', '', 'sheets', 'refused', ?, '', '1', '1', NULL, 0)", (telling,))
        connection.execute("INSERT INTO message VALUES (1, 'trouble', 'a', 'refused', ?, '{}', '1')", (telling,))
        connection.execute("INSERT INTO account VALUES ('Olga', 'owner', 'x', '1', 'x')")
    with closing(Inbox.open(events)) as inbox:
        topics = (("customers/redact", PERSON), ("customers/update", "customers"))
        told = [Event("shopify", topic, topic, Thing(kind, number), None, 1) for topic, kind in topics]
        inbox.take([*told, Event("shopify", "c", "customers/redact", Thing(PERSON, "7"), None, 1)], {"shopify": ["sheets"]})
    assert {web.name, events.name} <= in_bytes(world.folder, texts | {number}).keys()
    said = run("redact", f"customer:{number}", "--yes", "--delete-files", "--json")
    assert said.code == 0 and {str(web), str(events)} <= set(said.data["files_cleaned"]), said.all
    assert in_bytes(world.folder, texts | {number}) == {}
    with reading(web) as connection:
        assert connection.execute("SELECT name FROM account").fetchall() == [("Olga",)]
        assert "[removed] is no e-mail" in connection.execute("SELECT message FROM trouble").fetchone()[0]
    assert [one.person for one in overview(events).asked] == ["7"]


def test_it_asks_first_and_no_means_no(world: World, run: Manage) -> None:
    _, mine = customer_of(world)
    before = (world.folder / "ledger.db").read_bytes()
    said = run("redact", mine[0]["email"], typed="n\n")
    assert said.code == 130 and "Kept: order numbers" in said.out
    assert run("redact", mine[0]["email"]).code == 2  # nobody to ask
    assert run("redact", "nobody@example.com", "--yes").code == 2
    assert (world.folder / "ledger.db").read_bytes() == before


def test_files_of_ones_own_are_named_not_touched(world: World, run: Manage) -> None:
    _, mine = customer_of(world)
    export = world.folder / "orders.csv"
    export.write_text(f"order,email\n1,{mine[0]['email']}\n", encoding="utf-8")
    said = run("redact", mine[0]["name"], "--yes", "--json")
    if said.data["texts_shared"]:
        said = run("redact", mine[0]["email"], "--yes", "--json")
    assert said.code in (2, 3)
    assert export.exists()
