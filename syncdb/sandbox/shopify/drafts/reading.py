"""What answers the questions for draft orders. The recordings show the fields of one; the searches are those of the schema."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.drafts.desk import DraftDesk
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.listing import listed
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.search import Grammar

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
    return listed(desk_of(run), args, run, step, SEARCH, SORTS)


DRAFT_FIELDS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "draftOrder"): _one,
    ("QueryRoot", "draftOrders"): _list,
}
