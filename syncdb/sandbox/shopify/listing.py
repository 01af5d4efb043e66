"""Listing what a search finds among records of one kind: by the lagging index, or by the database where the search allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Step
from syncdb.sandbox.shopify.index import SearchIndex
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import Place, page
from syncdb.sandbox.shopify.products.entries import GoodsEntry
from syncdb.sandbox.shopify.search import Grammar, read_search


class Desk(Protocol):
    """Where records of one kind are kept, with the index that searches see."""

    nodes: dict[str, Node]
    index: SearchIndex[GoodsEntry]
    clock: Callable[[], float]


def listed(desk: Desk, args: dict[str, Any], run: Execution, step: Step, grammar: Grammar, sorts: Mapping[str, str]) -> Node:
    """The page of a connection that was asked for. `sorts` says by which part of an entry each sort key goes."""
    asker, query = run.context, args.get("query")
    key = sorts.get(args.get("sortKey") or "ID")
    if key is None:
        raise FieldFailed(f"sortKey {args['sortKey']} is not served here", code="BAD_REQUEST")
    search = read_search(query, asker.shop.timezone, grammar)
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
