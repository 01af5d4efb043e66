"""What the ledger says it wrote, held against what changed and what the servers received.

The ledger is accused, the servers are the witnesses.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from tests.reliability.grist.world import ProofWorld
from tests.reliability.oracle import examined

NAMES = {
    "title": "title", "status": "status", "vendor": "vendor", "productType": "product_type", "tags": "tags", "price": "price",
    "compareAtPrice": "compare_at_price", "barcode": "barcode", "sku": "sku",
}  # fmt: skip
Written = tuple[str, str, str, str]  # side, entity, key, field


def false_history(world: ProofWorld, changed: set[Written]) -> list[str]:
    """Where the ledger's journal and history of writes do not agree with what was received, as sentences.

    `changed` are the cells that were seen to change during our runs ("" for a row that was made).
    """
    with closing(sqlite3.connect(f"{world.ledger.as_uri()}?mode=ro", uri=True)) as ledger:
        states = dict(ledger.execute("SELECT state, count(*) FROM journal GROUP BY state"))
        written = {
            (side, pair.rsplit(":", 1)[1], key, field or "")
            for side, pair, key, field, action in ledger.execute("SELECT side, pair, key, field, action FROM cell_write")
            if action != "delete"
        }
    received = set(_received(world))
    examined["writes held against the journal"] += len(written)
    problems = [f"{count} intents are still open" for state, count in states.items() if state == "open"]
    problems += [f"changed, but not in the history: {one}" for one in sorted(changed - written)]
    to_shop = {one for one in written if one[0] == "left"}
    problems += [f"in the history, but the shop never received it: {one}" for one in sorted(to_shop - received)]
    rows = {(one[1], one[2]) for one in written if one[0] == "right"}
    sent = {(one[1], one[2]) for one in received if one[0] == "right"}
    problems += [f"in the history, but Grist never received it: {one}" for one in sorted(rows - sent)]
    return problems


def _received(world: ProofWorld) -> Iterator[Written]:
    for seen in world.all_received():
        body = seen.body_json
        if not seen.applied or not isinstance(body, dict):
            continue
        if seen.system == "shopify" and isinstance(body.get("query"), str) and body["query"].lstrip().startswith("mutation"):
            yield from _mutated(world, body["variables"])
        elif seen.system == "grist" and seen.method == "PUT" and isinstance(body.get("records"), list):
            yield from _put(body["records"])


def _put(records: list[dict[str, Any]]) -> Iterator[Written]:
    for one in records:
        keys = [value for value in one["require"].values() if isinstance(value, str) and value.startswith("gid://shopify/")]
        if keys and one["fields"]:
            yield "right", ENTITY[keys[0].split("/")[3]], keys[0], "*"
        elif keys:
            yield "right", ENTITY[keys[0].split("/")[3]], keys[0], "nothing"


ENTITY = {"Product": "products", "ProductVariant": "variants", "InventoryLevel": "inventory", "Collection": "collections"}


def _mutated(world: ProofWorld, variables: dict[str, Any]) -> Iterator[Written]:
    """The cells that a mutation sets, told by the shape of what it was given."""
    for value in variables.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _input(world, one)


def _input(world: ProofWorld, one: dict[str, Any]) -> Iterator[Written]:
    if "quantities" in one:
        for quantity in one["quantities"]:
            yield "left", "inventory", world.levels[quantity["inventoryItemId"], quantity["locationId"]], one["name"]
    elif "ownerId" in one:
        yield "left", ENTITY[one["ownerId"].split("/")[3]], one["ownerId"], f"metafields.{one['namespace']}.{one['key']}"
    elif "id" in one:
        flat = one | (one.get("inventoryItem") or {})
        for name in flat.keys() & NAMES.keys():
            yield "left", ENTITY[one["id"].split("/")[3]], one["id"], NAMES[name]
