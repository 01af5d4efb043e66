"""A catalogue by bulk operations: the same records as by pages, for a handful of points, and pages wherever it fails."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.in_bulk import USUAL, ListingSizes
from syncdb.model import Found
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.bulk import AT_ONCE, FOLDER, Operation
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.connectors.shopify.catalogue.conftest import EVERYTHING, Shelf
from tests.connectors.shopify.catalogue.test_reading import fetched

BULK = ListingSizes(first_page=10, bulk_from=40)
PAGES = ListingSizes(first_page=10, bulk_from=None)
ENTITIES = ("products", "variants", "inventory", "collections")
LISTED = frozenset({"media_urls", "collections"})  # fields of products that are lists of their own
PLAIN = EVERYTHING | {"products": [name for name in EVERYTHING["products"] if name not in LISTED]}
Shown = tuple[dict[str, Found], bool]


def read(shelf: Shelf, entity: str, sizes: ListingSizes, fields: Any = PLAIN) -> tuple[Shown, list[str], int, float]:
    """What was fetched, what was told, how many results were fetched, and what it cost in points."""
    files, spent = results(shelf), shelf.world.app.bucket.spent
    catalogue = shelf.catalogue(fields, sizes=sizes)
    shown = fetched(catalogue.side(entity))
    told = [one.message for one in catalogue.news() if one.code == "bulk"]
    return shown, told, results(shelf) - files, shelf.world.app.bucket.spent - spent


def results(shelf: Shelf) -> int:
    return sum(1 for seen in shelf.world.faults.log if seen.path.startswith(FOLDER))


def many_collections(shelf: Shelf) -> None:
    one = shelf.collection()
    for number in range(50):
        shelf.goods.collections[f"gid://shopify/Collection/{9_000 + number}"] = one | {
            "id": f"gid://shopify/Collection/{9_000 + number}",
            "handle": f"more-{number}",
        }


@pytest.mark.parametrize("entity", ENTITIES)
def test_bulk_brings_what_pages_bring(shelf: Shelf, entity: str) -> None:
    shelf.fill(60)
    many_collections(shelf)
    expected, *_ = read(shelf, entity, PAGES)
    for layout in ("after", "mixed"):
        shelf.world.app.bulk.order = layout
        found, told, files, points = read(shelf, entity, BULK)
        assert found == expected and expected[1] and len(expected[0]) > 50
        assert (told, files) == ([], 1) and points < 150


def test_where_one_kind_is_large_the_shop_begins_with_the_others_at_once(shelf: Shelf) -> None:
    shelf.fill(60)
    many_collections(shelf)
    expected = {entity: read(shelf, entity, PAGES)[0] for entity in ENTITIES}
    catalogue = shelf.catalogue(PLAIN, sizes=BULK)
    catalogue.changes(None)
    found = {"products": fetched(catalogue.side("products"))}
    desk = shelf.world.app.bulk
    assert len(desk.operations) == 4, "each is begun when it is its turn"
    found |= {entity: fetched(catalogue.side(entity)) for entity in ENTITIES[1:]}
    assert found == expected and len(desk.operations) == 4 and catalogue.news() == ()


def test_nothing_is_begun_that_is_not_to_be_listed(shelf: Shelf) -> None:
    shelf.fill(60)
    catalogue = shelf.catalogue(PLAIN, sizes=BULK)
    fetched(catalogue.side("products"))
    assert len(shelf.world.app.bulk.operations) == 1


def test_products_with_lists_of_their_own_are_read_by_pages(shelf: Shelf) -> None:
    shelf.fill(60)
    (_, complete), told, files, _ = read(shelf, "products", BULK, EVERYTHING)
    assert complete and (told, files) == ([], 0)


def test_few_records_are_read_by_pages(shelf: Shelf) -> None:
    shelf.fill(60)
    for entity in ENTITIES:
        (_, complete), told, files, _ = read(shelf, entity, USUAL)
        assert complete and (told, files) == ([], 0)


def refused(shelf: Shelf) -> None:
    shelf.world.faults.add(Fault("forbidden", "shopify write", times=None))


def places_taken(shelf: Shelf) -> None:
    desk = shelf.world.app.bulk
    for number in range(AT_ONCE):
        gid = f"gid://shopify/BulkOperation/{number}"
        desk.operations[gid] = Operation(gid, "", "", shelf.world.time.seconds + 1e9, "COMPLETED", False, lambda: ([], 0))


def switch(**values: Any) -> Callable[[Shelf], None]:
    def act(shelf: Shelf) -> None:
        for name, value in values.items():
            setattr(shelf.world.app.bulk, name, value)

    return act


def another_page(shelf: Shelf) -> None:
    shelf.world.faults.add(Fault("html_200", lambda seen: seen.path.startswith(FOLDER), times=None))


def not_answered(shelf: Shelf) -> None:
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))


FATAL: dict[str, Callable[[Shelf], None]] = {
    "refused at submit": refused,
    "all places taken": places_taken,
    "no end in sight": switch(lasts=1e9),
    "failed": switch(ending="FAILED"),
    "cancelled": switch(ending="CANCELED"),
    "expired": switch(ending="EXPIRED"),
    "denied": switch(ending="ACCESS_DENIED"),
    "takes too long": switch(ending="TIMEOUT"),
    "address gone": switch(reachable=False),
    "truncated": switch(damage=lambda lines: [*lines[:-1], lines[-1][:-9]]),
    "a line too few": switch(damage=lambda lines: lines[:-1]),
    "a line doubled": switch(damage=lambda lines: [*lines, lines[-1]]),
    "a page of something else": another_page,
}
PASSING: dict[str, Callable[[Shelf], None]] = {
    "fails once": switch(endings=["FAILED"]),
    "fetch broken off": switch(cut_after=700),
    "submit not answered": not_answered,
}


def settle(shelf: Shelf) -> None:
    desk = shelf.world.app.bulk
    shelf.world.faults.clear()
    desk.operations.clear()
    for name, value in vars(type(desk)(desk.clock)).items():
        if name not in ("clock", "operations", "_ids"):
            setattr(desk, name, value)


def test_wherever_bulk_fails_pages_bring_the_same(shelf: Shelf) -> None:
    shelf.fill(30)
    entity = "inventory"
    expected, *_ = read(shelf, entity, PAGES)
    for name, trouble in {**FATAL, **PASSING}.items():
        trouble(shelf)
        found, told, _, _ = read(shelf, entity, BULK)
        assert found == expected and expected[1], name
        assert len(told) == (name in FATAL), (name, told)
        settle(shelf)


def test_fewer_records_than_there_are_is_no_result(shelf: Shelf) -> None:
    shelf.fill(40)
    shelf.world.app.bulk.leaves_out = 3
    expected, *_ = read(shelf, "variants", PAGES)
    found, told, _, _ = read(shelf, "variants", BULK)
    assert found == expected and "where there are" in told[0]


def test_senseless_lines_make_it_incomplete(shelf: Shelf) -> None:
    shelf.fill(40)
    shelf.world.app.bulk.damage = lambda lines: [lines[0].replace(b'"id":"gid', b'"id":"xyz'), *lines[1:]]
    (found, complete), *_ = read(shelf, "variants", BULK)
    assert not complete and len(found) >= len(shelf.goods.variants) - 1


def test_what_the_shop_hides_is_not_asked_in_bulk(shelf: Shelf) -> None:
    shelf.fill(40)

    def hide(body: dict[str, Any]) -> None:
        for position, node in enumerate(((body.get("data") or {}).get("productVariants") or {}).get("nodes", [])):
            if "unitCost" in node["inventoryItem"]:
                node["inventoryItem"] = None
                error = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}
                body.setdefault("errors", []).append(
                    error | {"path": ["productVariants", "nodes", position, "inventoryItem", "unitCost"]}
                )

    shelf.world.app.tamper = hide
    (found, complete), told, files, _ = read(shelf, "variants", BULK)
    assert complete and (told, files) == ([], 1) and len(found) == len(shelf.goods.variants)
    (operation,) = shelf.world.app.bulk.operations.values()
    assert "unitCost" not in operation.query and all("cost" not in one.record.fields for one in found.values())


def test_an_operation_that_nobody_waits_for_is_cancelled(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.fill(40)
    desk = shelf.world.app.bulk
    desk.lasts = 600.0
    side = shelf.catalogue(PLAIN, sizes=BULK).side("variants")

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf.world.time, "sleep", interrupted)
    shelf.world.clients[-1].clock = shelf.world.time.clock()
    with pytest.raises(KeyboardInterrupt):
        list(side.fetch())
    (operation,) = desk.operations.values()
    assert operation.ending == "CANCELED"


def test_what_moved_after_the_operation_is_told_as_changed_since_the_run_began(shelf: Shelf) -> None:
    shelf.fill(40)
    catalogue = shelf.catalogue(PLAIN, sizes=BULK)
    cursor = catalogue.changes(None).cursor
    variant = shelf.variant(30)
    fetch = Fault("meanwhile", lambda seen: seen.path.startswith(FOLDER))

    def act() -> None:
        Merchant(shelf.goods).edit_variant(variant["id"], price="4321.00")

    shelf.world.faults.add(replace(fetch, action=act))
    found, complete = fetched(catalogue.side("variants"))
    assert complete and str(found[variant["id"]].record.fields["price"]) != "4321.00"
    shelf.world.time.seconds += 3600
    told = catalogue.changes(cursor).keys["variants"]
    assert told is not None and variant["id"] in told


def test_where_bulk_fails_pages_of_stock_cost_less_than_half(shelf: Shelf) -> None:
    """A hundred pages of 250 levels shall take at most 2,600 points: at most 26 for each, and what it costs to look them up."""
    shelf.fill(250)
    expected, _, _, whole = read(shelf, "inventory", ListingSizes(bulk_from=None))
    assert len(expected[0]) > 800
    shelf.world.app.bulk.ending = "FAILED"
    costs: list[int] = []
    shelf.world.app.tamper = lambda body: costs.append(body["extensions"]["cost"]["requestedQueryCost"])
    found, told, _, points = read(shelf, "inventory", ListingSizes(bulk_from=150))
    assert found == expected and told and points < whole * 0.7
    assert max(one + other for one, other in zip(costs[-5:], costs[-4:], strict=False)) <= 26
    shelf.world.app.charges_each_node = True
    found, _, _, points = read(shelf, "inventory", ListingSizes(bulk_from=150))
    assert found == expected and points < 4 * whole, "more than one page was tried"
