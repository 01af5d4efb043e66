"""A pair of another package has every command of the manager: two files of goods, from set-up to restore."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.cli.commands import COMMANDS
from syncdb.pairs.registry import PAIRS
from tests.pairs.installed import install_example

ROOT = Path(__file__).parents[2]
SIDES = {"shelf": "shelf.json", "book": "book.json"}
USED: set[str] = set()


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Shop:
    """A folder with two files of goods; a person may edit either at any time."""

    folder: Path
    packages: Path

    def ask(self, *arguments: str, code: int = 0) -> Answer:
        """The answer of the manager, which must end with this code, and never in a traceback."""
        USED.add(arguments[0])
        env = {name: value for name, value in os.environ.items() if not name.endswith("_FILE")}
        env |= {"PYTHONPATH": str(self.packages), "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "200"}
        command = [sys.executable, str(ROOT / "sync_manager.py"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
        )
        told = f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in told and "defect" not in told, told
        assert done.returncode == code, told
        return Answer(done.returncode, done.stdout, done.stderr)

    def goods(self, side: str) -> dict[str, dict[str, Any]]:
        """What stands in a file, by SKU."""
        stored = json.loads((self.folder / SIDES[side]).read_text(encoding="utf-8"))
        return {row["sku"]: row for row in stored["goods"].values()}

    def put(self, side: str, given: int, goods: Mapping[str, Mapping[str, Any]]) -> None:
        (self.folder / SIDES[side]).write_text(json.dumps({"given": given, "goods": goods}), encoding="utf-8")

    def edit(self, side: str, sku: str, **fields: Any) -> None:
        """A person changes something of an article."""
        path = self.folder / SIDES[side]
        stored = json.loads(path.read_text(encoding="utf-8"))
        (row,) = (row for row in stored["goods"].values() if row["sku"] == sku)
        row.update(fields)
        path.write_text(json.dumps(stored), encoding="utf-8")

    def stamps(self) -> list[int]:
        return [(self.folder / name).stat().st_mtime_ns for name in SIDES.values()]


MUG = {"sku": "A", "name": "mug", "stock": 3}
CUP = {"sku": "B", "name": "cup", "stock": 1}
JAR = {"sku": "C", "name": "jar", "stock": 9}


def set_up(made: Shop) -> None:
    """By `init`: an article on both sides under ids of their own, and one on each side alone."""
    made.put("shelf", 2, {"shelf-1": MUG, "shelf-2": CUP})
    made.put("book", 7, {"book-3": MUG, "book-7": JAR})
    refused = made.ask("init", "--pair", "toy", "--shelf-file", "shelf.json", "--book-file", "lost.json", "--json", code=2)
    assert "lost.json is not there" in refused.data["error"]["message"] and not (made.folder / "config.json").exists()
    made.ask("init", "--pair", "toy", "--shelf-file", "shelf.json", "--book-file", "book.json")
    assert json.loads((made.folder / "config.json").read_text(encoding="utf-8")) == {
        "shelf_file": "shelf.json",
        "book_file": "book.json",
    }


def before_the_first_run(shop: Shop) -> None:
    assert "There is no ledger" in shop.ask("status", code=5).err
    tried = shop.ask("validate").out
    assert "the pair of syncdb-toy 1.0 is in use" in tried
    assert "goods of shelf.json and book.json" in tried and "book.json: 2 goods" in tried and "All is set up." in tried
    assert "Shelf and Book were not asked." in shop.ask("validate", "--offline").out
    assert "sync_manager.py toy" in shop.ask("schedule", "--pair", "toy", "--kind", "cron").out
    assert "wants nothing made" in shop.ask("setup", code=2).err
    assert "A shelf and its book in step" in shop.ask("schedule", "--kind", "systemd").out  # the one that is configured
    dry = shop.ask("toy", "--test").out
    assert "Shelf: it would add 1 record" in dry and "Book: it would add 1 record" in dry
    rows = (shop.folder / "test_output" / "rows_to_append.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows == ["SKU,Name,Stock", "B,cup,1", "C,jar,9"]
    assert list(shop.goods("shelf")) == ["A", "B"] and list(shop.goods("book")) == ["A", "C"]


def the_first_run_brings_over_both_ways_and_the_second_writes_nothing(shop: Shop) -> None:
    told = shop.ask("toy").out
    assert "Book: 1 record added, 0 records changed." in told and "Shelf: 1 record added, 0 records changed." in told
    assert shop.goods("shelf") == shop.goods("book") == {"A": MUG, "B": CUP, "C": JAR}
    before = shop.stamps()
    assert "Nothing to change on either side." in shop.ask("toy").out
    assert shop.stamps() == before


def edits_of_either_side_come_over_and_what_both_changed_waits(shop: Shop) -> None:
    shop.edit("shelf", "A", name="big mug", stock=5)
    shop.edit("book", "A", stock=2)
    shop.edit("book", "C", name="jar with a lid")
    shop.edit("shelf", "B", name="tea cup")
    shop.edit("book", "B", name="cup of tea")
    report = shop.ask("toy", "--json").data
    assert report["counts"]["written_left"] == 2 and report["counts"]["written_right"] == 1 and report["conflicts"] == 1
    assert shop.goods("shelf")["A"] == shop.goods("book")["A"] == {"sku": "A", "name": "big mug", "stock": 4}
    assert shop.goods("shelf")["C"]["name"] == "jar with a lid"
    assert shop.goods("shelf")["B"]["name"] == "tea cup" and shop.goods("book")["B"]["name"] == "cup of tea"
    shop.ask("toy", "--fields", "price", code=2)
    shop.ask("toy", "--fields", "stock")  # what waits is none of its business
    state = shop.ask("status", code=1).out
    assert "(Shelf and book)" in state and "3 goods" in state and "waits for a person's decision" in state
    assert "of them in Shelf" not in state and "shop" not in state.replace("shopify_sync.db", "").replace(str(shop.folder), "")


def a_decision_is_carried_out(shop: Shop) -> None:
    (waiting,) = shop.ask("conflicts", "--json").data["conflicts"]
    assert (waiting["entity"], waiting["field"]) == ("goods", "name")
    assert (waiting["shelf"], waiting["book"]) == ("tea cup", "cup of tea")
    assert "name" in shop.ask("errors").out
    shop.ask("conflicts", waiting["id"], "--take", "left", code=2)  # sides are called by their names
    shop.ask("conflicts", waiting["id"], "--take", "book")
    shop.ask("toy", "--full")
    assert shop.goods("shelf")["B"]["name"] == shop.goods("book")["B"]["name"] == "cup of tea"
    before = shop.stamps()
    shop.ask("toy", "--force")
    assert shop.stamps() == before
    assert shop.ask("status").out.startswith("Fine")


def an_audit_proves_them_equal_or_names_what_is_not(shop: Shop) -> None:
    assert shop.ask("audit", "--json").data["proven"] is True
    shop.edit("book", "A", stock=1)
    before = shop.stamps()
    told = shop.ask("audit", code=3).out
    assert "4 | 1; changed in Book since they were last agreed" in told and shop.stamps() == before
    shop.edit("book", "A", stock=4)


def the_past_is_told_by_any_name(shop: Shop) -> None:
    told = shop.ask("history", "b", "--json").data  # the SKU, whatever the case
    assert told["about"] == {"kind": "goods", "key": "shelf-2", "name": "cup of tea"}
    assert [event["who"] for event in told["events"] if event["what"] == "written"] == ["shelf"]
    by_id = shop.ask("history", "shelf-1").out
    assert "Goods" in by_id and "big mug" in by_id and "mug" in by_id
    assert "Did you mean" in shop.ask("history", "lid", code=2).err
    assert "is called 'nowhere'" in shop.ask("history", "nowhere", code=2).err


def what_is_about_orders_says_that_it_does_not_apply(shop: Shop) -> None:
    for command in (("missing",), ("missing", "--offline"), ("redact", "jane@example.com", "--everywhere", "--yes")):
        told = shop.ask(*command, code=2).err
        assert "no copies of orders" in told and "does not apply" in told, told
        assert "docs/grist.md" in told and "adding-a-pair" not in told
    assert "no order" in shop.ask("reset", "1001", "--yes", code=2).err
    for command in (("hooks",), ("webhooks", "status")):
        assert "Nothing that sends webhooks is configured" in shop.ask(*command, code=2).err
    assert "would let other computers in" in shop.ask("serve", "--host", "0.0.0.0", code=2).err
    assert "FLEET_DATABASE_URL is not set" in shop.ask("fleet", "status", code=2).err
    assert "No secret is set" in shop.ask("secrets", "list").out and "nobody is told" in shop.ask("alerts", "list").out
    assert "No orders." in shop.ask("orders").out
    assert "nothing to try again" in shop.ask("retry").out


def what_the_ledger_holds_goes_out_and_comes_back(shop: Shop) -> None:
    shop.ask("export", "--what", "runs", "--output", "runs.csv")
    runs = (shop.folder / "runs.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(runs) > 5 and ",toy," in runs[1]
    assert shop.ask("report", "--json").data["runs"]["outcomes"] == {"done": len(runs) - 1}
    shop.ask("backup", "--output", "kept.db")
    shop.edit("shelf", "C", stock=7)
    shop.ask("toy")
    assert "sync_manager.py toy --test" in shop.ask("restore", "kept.db", "--yes").out
    shop.ask("toy")
    assert shop.goods("shelf") == shop.goods("book") and shop.goods("book")["C"]["stock"] == 7
    assert "is sound" in shop.ask("check").out


def a_lost_file_is_told_and_nothing_is_deleted(shop: Shop) -> None:
    (shop.folder / "book.json").rename(shop.folder / "away.json")
    assert "book.json is not there" in shop.ask("toy", code=5).out
    failed = [one["part"] for one in shop.ask("validate", "--json", code=5).data["checks"] if one["state"] == "failed"]
    assert failed == ["book"]
    (shop.folder / "away.json").rename(shop.folder / "book.json")
    before = shop.stamps()
    shop.ask("toy")
    assert shop.stamps() == before


def test_every_command_of_the_manager_works_with_it(tmp_path: Path) -> None:
    """One story in one folder, so that few processes are enough."""
    shop = Shop(tmp_path / "shop", install_example(tmp_path / "packages"))
    shop.folder.mkdir()
    (shop.folder / ".env").write_text("SYNCDB_PLUGINS=toy\n", encoding="utf-8")
    set_up(shop)
    before_the_first_run(shop)
    the_first_run_brings_over_both_ways_and_the_second_writes_nothing(shop)
    edits_of_either_side_come_over_and_what_both_changed_waits(shop)
    a_decision_is_carried_out(shop)
    an_audit_proves_them_equal_or_names_what_is_not(shop)
    the_past_is_told_by_any_name(shop)
    what_is_about_orders_says_that_it_does_not_apply(shop)
    what_the_ledger_holds_goes_out_and_comes_back(shop)
    a_lost_file_is_told_and_nothing_is_deleted(shop)
    assert USED - {"toy"} == set(COMMANDS) - {pair.command for pair in PAIRS} - {"help", "completion"}
