"""Access rules that keep a part of the document from the key: nothing is damaged, and what stands in the way is told.

The sandbox has none, so this is tried where a real Grist is named. The key is that of a service account that is an editor.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox.grist.places import WHY_SKIPPED, Doc, names, place
from tests.scenarios.grist_world import GristWorld

NOT_OWNER = "user.Access != OWNER"
CACHED = 8.0  # seconds for which a server may still answer by what an account could see before it was let in
# what is kept from the key: table, columns, condition, permissions; and the code with which a run ends that has a price to write
RULES = {
    "a column is hidden": ("Variants", "Price", NOT_OWNER, "-R", 5),
    "a column may not be written": ("Variants", "Price", NOT_OWNER, "-U", 4),
    "a table may not be written": ("Variants", "*", NOT_OWNER, "-CUD", 4),
    "rows are hidden": ("Variants", "*", f"{NOT_OWNER} and rec.Price > 10", "-R", 3),
    "a table is hidden": ("Variants", "*", NOT_OWNER, "-CRUD", 5),
    "a table of people's own is hidden": ("Mine", "*", NOT_OWNER, "-R", 3),
}


@contextmanager
def ruled(doc: Doc, table: str, columns: str, condition: str, permissions: str) -> Iterator[None]:
    """While the block lasts the owner has this rule in the document."""
    resource = ["AddRecord", "_grist_ACLResources", -1, {"tableId": table, "colIds": columns}]
    rule = ["AddRecord", "_grist_ACLRules", None, {"resource": -1, "aclFormula": condition, "permissionsText": permissions}]
    resource_id, rule_id = doc.ok("POST", "/apply", [resource, rule])["retValues"]
    try:
        yield
    finally:
        gone = [["RemoveRecord", "_grist_ACLRules", rule_id], ["RemoveRecord", "_grist_ACLResources", resource_id]]
        doc.ok("POST", "/apply", gone)


@pytest.mark.skipif("real" not in names(), reason=WHY_SKIPPED)
def test_nothing_is_damaged_by_rules_and_what_is_in_the_way_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with place("real") as server, server.document() as doc:
        account = server.ask("POST", "/api/service-accounts", {"label": "syncdb", "expiresAt": "2099-12-31T00:00:00Z"}).json()
        doc.ok("PATCH", "/access", {"delta": {"users": {account["login"]: "editors"}}})
        doc.ok("POST", "/tables", {"tables": [{"id": "Mine", "columns": [{"id": "A", "fields": {"type": "Text"}}]}]})
        time.sleep(CACHED)
        world = GristWorld(tmp_path, products=3, real=doc)
        try:
            world.env["GRIST_API_KEY"] = account["key"]
            world.synced()
            for number, (what, (*rule, code)) in enumerate(RULES.items()):
                under_a_rule(world, doc, rule, what, code, number)
            world.synced(full=True)
            world.agreed()
        finally:
            world.close()


def shop(world: GristWorld) -> tuple[list[str], list[str]]:
    variants = [f"{one['price']} {one['sku']}" for one in world.goods.variants.values()]
    return variants, [str(one["title"]) for one in world.goods.products.values()]


def under_a_rule(world: GristWorld, doc: Doc, rule: list[str], what: str, code: int, number: int) -> None:
    """The merchant changes a price and a title; the run writes what it may and takes nothing for deleted or edited."""
    world.merchant.edit_variant(world.variant()["id"], price=f"{31 + number}.00")
    world.merchant.edit_product(world.product()["id"], title=f"Tea {number}")
    shop = (
        [(one["price"], one["sku"]) for one in world.goods.variants.values()],
        [one["title"] for one in world.goods.products.values()],
    )
    rows = {name: len(world.rows(name)) for name in ("products", "variants", "inventory")}
    with ruled(doc, *rule):
        for full in (False, True):
            ran = world.sync(full=full)
            assert ran.code == code and ran.conflicts == 0, f"{what}: {ran.code} {ran.text}"
    now = (
        [(one["price"], one["sku"]) for one in world.goods.variants.values()],
        [one["title"] for one in world.goods.products.values()],
    )
    assert now == shop and {name: len(world.rows(name)) for name in rows} == rows, what
    world.synced()
    assert world.shown("variants", world.variant()["id"], "Price") == 31 + number, what
