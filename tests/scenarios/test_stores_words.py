"""What is said of two stores: what was done and to what, in words that a person knows, and the same in every place."""

import csv
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncdb.sandbox.stores_demo import picture
from tests.scenarios.stores_world import StoresWorld


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., StoresWorld]]:
    made: list[StoresWorld] = []
    monkeypatch.chdir(tmp_path)

    def world(mugs: int = 1, **options: Any) -> StoresWorld:
        folder = tmp_path / f"stores{len(made)}"
        folder.mkdir()
        made.append(StoresWorld(folder, products=0, **options))
        for number in range(mugs):
            for store in (made[-1].taf, made[-1].afl):
                mug = store.merchant.add_product(f"Mug {number}", sku=f"MUG-{number}", price="10.00", stock=10, vendor="Kayra")
                picture(store, mug, f"Mug {number}")
        return made[-1]

    yield world
    for one in made:
        one.close()


def taf_mug(world: StoresWorld, number: int = 0) -> Any:
    return next(one for one in world.taf.goods.products.values() if one["title"] == f"Mug {number}")


def flat(text: str) -> str:
    """Without the line breaks of a narrow terminal."""
    return " ".join(text.split())


def test_a_product_taken_off_sale_is_nowhere_called_deleted(make: Callable[..., StoresWorld]) -> None:
    world = make(2)
    world.synced()
    world.taf.merchant.delete_product(taf_mug(world)["id"])
    dry = world.synced(test=True, full=True, as_json=False)
    assert "afl: it would add 0 records and change 0 records; 1 record would be set to draft." in dry.text
    assert "Left for a person" not in dry.text, "its variants, stock and media are no questions of their own"
    page = Path("test_output", "products", "summary.html").read_text(encoding="utf-8")
    assert "to be set to draft" in page and "to delete" not in page
    assert '"becomes": "set to draft"' in Path("test_output", "products", "plan.json").read_text(encoding="utf-8")
    done = world.synced(full=True, as_json=False)
    assert "afl: 0 records added, 0 records changed, 1 record set to draft." in done.text
    assert "1 row set to draft" in world.manage("status").all
    told = flat(world.manage("history", "Mug 0").all)
    assert 'status: "ACTIVE" -> "DRAFT" (deleted on the other side)' in told and "gid://" not in told.split("Where", 1)[1]
    assert world.manage("history", "MUG-0").code == 0 and world.manage("conflicts", "--json").data["count"] == 0


def test_a_guard_asks_once_for_each_product_and_gives_every_reason(make: Callable[..., StoresWorld]) -> None:
    world = make(14)
    world.synced()
    for number in range(7):
        world.taf.merchant.delete_product(taf_mug(world, number)["id"])
    for number in range(7, 14):
        world.taf.merchant.edit_variant(taf_mug(world, number)["variants"][0]["id"], price="2.00")
    stopped = world.sync(full=True)
    assert stopped.code == 5
    told = stopped.report["error"]["message"]
    assert "7 of 14 known records would be set to draft" in told and "Mug 0" in told and "would be deleted" not in told
    assert "price of 7 records would fall" in told and "Mug 7 / MUG-7: price 10.00 -> 2.00" in told
    assert "gid://" not in told and world.manage("conflicts", "--json").data["count"] == 0
    assert all(one["status"] == "ACTIVE" for one in world.afl.goods.products.values())


def test_one_product_deleted_here_and_edited_there_is_one_question_by_its_name(make: Callable[..., StoresWorld]) -> None:
    world = make(2)
    world.synced()
    mug = taf_mug(world)
    world.afl.merchant.edit_product(world.same(mug)["id"], title="Cup")
    world.taf.merchant.delete_product(mug["id"])
    ran = world.synced(full=True)
    assert ran.conflicts == 1 and [one["name"] for one in ran.report["left_for_a_person"]] == ["Mug 0"]
    again = world.synced(as_json=False)
    listed = world.manage("conflicts", "--json").data["conflicts"]
    assert [(one["entity"], one["name"]) for one in listed] == [("products", "Mug 0")], again.text
    status = world.manage("status", "--json").data
    assert status["orders"]["conflicts"] == status["orders"]["undecided"] == 1
    assert "1 conflict waits" in world.manage("status").all and "1 to decide" in world.manage("status").all


def test_what_was_never_agreed_is_called_by_its_title_all_the_same(make: Callable[..., StoresWorld]) -> None:
    world = make(1)
    world.afl.merchant.edit_product(world.same(taf_mug(world))["id"], title="Beaker", handle="beaker")
    dry = world.synced(test=True, as_json=False)
    assert '"Title" of Mug 0 differs' in dry.text and "gid://" not in dry.text, dry.text
    assert "conflicts" not in dry.text and "table" not in dry.text, "there is no ledger yet, and no table in a shop"
    world.synced()
    listed = world.manage("conflicts").all
    assert "products: Mug 0 - title" in listed and "gid://" not in listed
    assert "Mug 0" in world.manage("errors").all and "gid://" not in world.manage("errors").all


def test_the_result_of_a_run_tells_what_it_is_about_and_counts_nothing_else(make: Callable[..., StoresWorld]) -> None:
    world = make(3)
    (run,) = world.synced().data["runs"]
    assert run["entities"] == ["products", "variants", "options", "inventory", "metafields", "media"]
    assert run["counts"]["fetched"] == 18 and not [name for name in run["counts"] if name.startswith("orders_")]
    assert "18 records compared" in world.manage("status").all


def test_stores_are_called_by_their_configured_names_everywhere(make: Callable[..., StoresWorld]) -> None:
    world = make(1, names=("north", "south"))
    world.synced()
    mug = taf_mug(world)
    world.taf.merchant.edit_product(mug["id"], title="Cup")
    world.taf.merchant.add_product("Plate", sku="PLATE", price="7.50", stock=5)
    dry = world.synced(test=True, as_json=False)
    with Path("test_output", "products", "rows_to_append.csv").open(encoding="utf-8-sig") as file:
        assert [(row["Where"], row["Title"]) for row in csv.DictReader(file)] == [("south", "Plate")]
    done = world.synced(as_json=False)
    for text in (dry.text, done.text, world.manage("status").all, world.manage("history", "Cup").all):
        assert "taf:" not in text and "afl:" not in text and "econd store" not in text and "irst store" not in text, text
    assert "south: 1 record added" in done.text
    assert json.loads(Path("test_output", "products", "plan.json").read_text(encoding="utf-8"))["operations"]


def test_an_audit_of_stores_speaks_of_no_days_and_says_how_to_go_on(
    make: Callable[..., StoresWorld], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(1)
    world.synced()
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    assert flat(world.manage("audit").out).startswith("Audit of all that is kept in step, as it is now: equal")
    world.taf.merchant.edit_product(taf_mug(world)["id"], title="Cup")
    told = world.manage("audit")
    assert told.code == 3 and "Mug 0" in told.out and "shopify_stores_sync.py --test" in told.out
    assert world.manage("audit", "--json").data["period"] is None


def test_one_shop_under_two_names_is_refused_before_anything_else(make: Callable[..., StoresWorld]) -> None:
    world = make(1)
    for name in ("CLIENT_ID", "CLIENT_SECRET", "BASE_URL"):
        world.env[f"AFL_{name}"] = world.env[f"TAF_{name}"]
    for asked in ({"test": True}, {}):
        ran = world.sync(as_json=False, **asked)
        assert ran.code == 5 and "taf and afl are both the shop taf-demo.myshopify.com" in ran.text


@pytest.mark.parametrize(
    ("address", "why"), [("http://127.0.0.1:{port}", "nothing answers"), ("https://shop.invalid", "no server of that name")]
)
def test_a_store_that_cannot_be_reached_is_named_at_once_and_given_up_soon(
    make: Callable[..., StoresWorld], caplog: pytest.LogCaptureFixture, address: str, why: str
) -> None:
    world = make(1)
    world.synced()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        world.env["AFL_BASE_URL"] = address.format(port=free.getsockname()[1])
    caplog.clear()
    began = world.time
    ran = world.sync(as_json=False)
    assert ran.code == 4 and world.time - began < 900 + 31, "a quarter of an hour passes before each run"
    first = next(record.getMessage() for record in caplog.records if "tried again until" in record.getMessage())
    for told in (first, ran.text):
        assert urlsplit(world.env["AFL_BASE_URL"]).netloc in told and why in told, told
    assert "afl (afl-demo.myshopify.com): The shop" in ran.text and "What to do: Check the address" in ran.text


def test_less_than_nothing_is_told_until_it_is_counted_again(make: Callable[..., StoresWorld]) -> None:
    world = make(2)
    world.synced()
    mug = taf_mug(world)["variants"][0]
    world.taf.merchant.sell(mug["id"], 12)
    world.synced()
    for _ in range(2):  # runs that look at nothing of it
        notes = [note for note in world.synced().report["notes"] if note["code"] == "negative"]
        assert len(notes) == 2 and all("MUG-0 at" in note["message"] for note in notes), notes
    world.taf.merchant.receive(mug["id"], 5)
    world.synced()
    assert "negative" not in {note["code"] for note in world.synced().report["notes"]}


def test_what_could_be_several_things_or_is_refused_is_told_by_title(make: Callable[..., StoresWorld]) -> None:
    world = make(0)
    for store, title in ((world.taf, "Cup A"), (world.taf, "Cup B"), (world.afl, "Cup C")):
        store.merchant.add_product(title, sku="CUP", price="10.00", stock=10)
    voucher = world.taf.merchant.add_product("Voucher", sku="GIFT", price="10.00", stock=1)
    voucher["isGiftCard"] = True
    ran = world.sync(full=True, as_json=False)
    assert ran.code == 3 and "Voucher: it is a gift card" in ran.text and "gid://" not in ran.text
    listed = flat(world.manage("conflicts").all)
    assert "products: Cup A" in listed and "Like Cup B, Cup C" in listed
    message = flat(world.manage("errors").all).split("Message", 1)[1]
    assert message.startswith(" product Voucher: it is a gift card")


def test_a_ledger_without_orders_speaks_of_none(make: Callable[..., StoresWorld]) -> None:
    world = make(0)
    world.synced()
    for command in (("status",), ("report", "--days", "2")):
        told = world.manage(*command).all
        assert "Gaps" not in told and "Orders known" not in told and "tracked" not in told, told
    assert "Nothing in the ledger is called 'Teapot'" in world.manage("history", "Teapot").all


def test_the_report_of_two_stores_speaks_of_what_they_keep_and_not_of_orders(make: Callable[..., StoresWorld]) -> None:
    world = make(2)
    world.synced()
    assert world.manage("report", "--output", "report.html").code == 0
    page = flat(Path("report.html").read_text(encoding="utf-8"))
    visible = page.split("<body>", 1)[1]
    assert "<b>2</b><span>products in step</span>" in visible and "records brought over" in visible
    assert "rder" not in visible, visible[visible.index("rder") - 80 : visible.index("rder") + 80]
    text = flat(world.manage("report").all)
    assert "2 products" in text and "rders" not in text, text


@pytest.mark.parametrize(
    ("chosen", "lacking"),
    [('{"products": true, "inventory": true}', "variants"), ('{"metafields": true}', "products"), ('{"products": true}', "")],
)
def test_what_hangs_on_products_or_variants_is_not_chosen_without_them(
    make: Callable[..., StoresWorld], chosen: str, lacking: str
) -> None:
    world = make(env={"STORES_SYNC": chosen})
    mug, ran = taf_mug(world), world.sync()
    if lacking:
        assert ran.code == 2 and f'put \\"{lacking}\\": true beside' in ran.text
    else:
        world.taf.merchant.edit_product(mug["id"], title="Cup")
        assert world.synced().written == 1 and world.same(mug)["title"] == "Cup"
