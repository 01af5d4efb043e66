"""A customer redacted in the sheet: also where the orders were read again meanwhile, and never more than was asked for."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

from syncdb.ledger.runs import Runs
from syncdb.sandbox.google.cells import entered
from tests.cli.acting.conftest import Manage
from tests.cli.acting.test_redact import PERSONAL_HEADERS, customer_of, only_theirs, texts_of
from tests.scenarios.world import World


def shown(world: World, order: dict[str, Any]) -> list[Any]:
    """What the personal cells of an order's rows still hold."""
    rows = world.rows()
    keys = [line["id"].rpartition("/")[2] for line in order["lineItems"]]
    return [rows[key][header] for key in keys for header in PERSONAL_HEADERS if rows[key].get(header) not in (None, "")]


def test_orders_that_were_redacted_before_and_read_again_are_cleared_truly(world: World, run: Manage) -> None:
    _, mine = customer_of(world)
    assert run("redact", mine[0]["email"], "--yes").code == 0
    world.shop.refund(mine[0]["id"], goodwill="1.00")
    assert world.sync().code == 0
    assert shown(world, mine[0])
    said = run("redact", mine[0]["name"], "--sheet", "--yes", "--json")
    assert said.code == 0 and said.data["sheet"] == "cleared" and said.data["sheet_cells"] > 0, said.all
    assert shown(world, mine[0]) == []
    assert world.sync(full=True).code == 0
    assert shown(world, mine[0]) == []


def copied_line(world: World) -> tuple[dict[str, Any], str, int]:
    """A customer's order, the key of its first line, and the row that a colleague copied it to."""
    _, mine = customer_of(world)
    key = mine[0]["lineItems"][0]["id"].rpartition("/")[2]
    last = len(world.grid())
    world.colleague.insert_rows(last, 1)
    world.colleague.copy_rows(world.row_of(key), 1, last)
    return mine[0], key, last


def test_a_line_that_stands_in_several_rows_is_not_called_cleared(world: World, run: Manage) -> None:
    order, key, _ = copied_line(world)
    said = run("redact", order["email"], "--sheet", "--yes", "--json")
    assert said.code == 4 and "several rows" in said.data["sheet"] and key in said.data["sheet"], said.all


def test_a_row_whose_key_was_emptied_is_not_called_cleared(world: World, run: Manage) -> None:
    order, _, last = copied_line(world)
    world.colleague.clear(f"A{last}")
    said = run("redact", order["email"], "--sheet", "--yes", "--json")
    told = f"Rows without a key, which were left alone, still show it; delete them: {last}"
    assert said.code == 4 and told in said.data["sheet"], said.all
    world.colleague.delete_rows(last, 1)
    said = run("redact", order["name"], "--sheet", "--yes", "--json")
    assert said.code == 0 and said.data["sheet"] == "cleared", said.all


def test_what_others_edited_is_left_to_the_sync(world: World, run: Manage, monkeypatch: Any) -> None:
    """Only the rows of these orders are touched, though edited cells are reported and not put back."""
    monkeypatch.setenv("EDITED_CELLS", "report")
    world.env["EDITED_CELLS"] = "report"
    _, mine = customer_of(world)
    other = next(order for order in world.shop.orders.values() if all(order["id"] != own["id"] for own in mine))
    key = other["lineItems"][0]["id"].rpartition("/")[2]
    own = mine[0]["lineItems"][0]["id"].rpartition("/")[2]
    world.colleague.type(f"{world.letter('Note')}{world.row_of(key)}", "a colleague's word")
    world.colleague.type(f"{world.letter('Shipping city')}{world.row_of(own)}", "Ulm")
    said = run("redact", mine[0]["email"], "--sheet", "--yes", "--json")
    assert said.code == 0 and said.data["sheet"] == "cleared", said.all
    assert shown(world, mine[0]) == [] and world.rows()[key]["Note"] == "a colleague's word"
    assert "Ulm" not in json.dumps(world.rows()[own], ensure_ascii=False)


def test_tabs_by_month_are_cleared_each(made: Any, run: Manage, monkeypatch: Any) -> None:
    world = made(20)
    monkeypatch.setenv("TABS_BY", "month")
    world.env["TABS_BY"] = "month"
    _, mine = customer_of(world)
    mine[0]["createdAt"] = world.shop.stamp(world.shop.now() - timedelta(days=45))
    world.shop.changed(mine[0])
    world.pass_time(hours=1)
    assert world.at_once().code == 0
    texts = only_theirs(world, texts_of(mine), mine)
    tabs = [tab for tab in world.sandbox.spreadsheet.tabs if tab.title.startswith("Orders ")]
    assert len(tabs) > 1

    def told() -> str:
        return json.dumps([[str(entered(cell)) for cell in row] for tab in tabs for row in tab.rows], ensure_ascii=False)

    assert any(text in told() for text in texts)
    said = run("redact", mine[0]["email"], "--everywhere", "--yes", "--json")
    assert said.code == 0 and said.data["sheet"] == "cleared", said.all
    assert not any(text in told() for text in texts)
    assert world.sync(full=True).code == 0 and not any(text in told() for text in texts)


def test_a_redaction_is_no_run_that_reads_the_shop(world: World, run: Manage) -> None:
    """After a long absence the next run still looks at every order, though a redaction came in between."""
    world.pass_time(hours=24 * 40)
    _, mine = customer_of(world)
    world.faults.log.clear()
    assert run("redact", mine[0]["name"], "--everywhere", "--yes", "--json").data["sheet"] == "cleared"
    assert world.faults.count("shopify") == 0
    with closing(sqlite3.connect(world.folder / "ledger.db")) as connection:
        runs = connection.execute("SELECT pair, mode FROM sync_history ORDER BY run_id").fetchall()
        pair = runs[-1][0]
        assert [mode for _, mode in runs][-1] == "redaction"
        assert (
            Runs(connection).last_start(pair, 99)
            == connection.execute("SELECT max(started_at) FROM sync_history WHERE mode = 'sync'").fetchone()[0]
        )
