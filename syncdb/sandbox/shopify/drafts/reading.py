"""What answers the questions for draft orders. The recordings show the fields of one; the searches are those of the schema."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.drafts.desk import DraftDesk
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import Place, page
from syncdb.sandbox.shopify.products.entries import GoodsEntry
from syncdb.sandbox.shopify.search import Grammar, read_search

SCOPE = "read_draft_orders"
SEARCH = Grammar(frozenset({"created_at", "updated_at"}), frozenset({"customer_id", "source", "status", "tag"}))
SORTS = {"ID": "number", "UPDATED_AT": "updated_at"}


def desk_of(run: Execution) -> DraftDesk:
    desk: DraftDesk = run.context.shop.drafts
    return desk


def draft_node(run: Execution, gid: str, name: str) -> Node | None:
    """A draft order by its global id, if the app may read it."""
    node = desk_of(run).nodes.get(gid)
    if node is not None:
        run.context.require(SCOPE, name)
    return node


def _one(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require(SCOPE, step.name)
    return desk_of(run).nodes.get(args["id"])


def _list(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    run.context.require(SCOPE, step.name)
    desk, asker, query = desk_of(run), run.context, args.get("query")
    key = SORTS.get(args.get("sortKey") or "ID")
    if key is None:
        raise FieldFailed(f"sortKey {args['sortKey']} is not served here", code="BAD_REQUEST")
    search = read_search(query, asker.shop.timezone, SEARCH)
    if query and (search.warnings or asker.explain):
        asker.searches.append(search.report([step.key], query))
    indexed = bool((query or "").strip()) and not search.databased
    entries = desk.index.entries(desk.clock()) if indexed else [_bare(one) for one in desk.nodes.values()]
    seen = [(entry, desk.nodes[entry.gid]) for entry in entries if entry.gid in desk.nodes and search.test(entry)]
    seen.sort(key=lambda one: (getattr(one[0], key), one[0].number), reverse=bool(args.get("reverse")))
    places: list[Place] = [(str(entry.number) if key == "number" else getattr(entry, key), entry.number) for entry, _ in seen]
    return page([node for _, node in seen], places, args, bool(args.get("reverse")))


def _bare(node: Node) -> GoodsEntry:
    return GoodsEntry(node["id"], int(node["legacyResourceId"]), 0, "", {})


DRAFT_FIELDS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "draftOrder"): _one,
    ("QueryRoot", "draftOrders"): _list,
}
