"""Webhook subscriptions: kept as asked for, refused in the words that real stores used (recorded)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import Place, page

FIRST_ID = 2**53 + 3
PATH = "webhookSubscription"
NO_FILTER = "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."
TAKEN = "Address for this topic has already been taken"
JSON_ONLY = frozenset({"RETURNS_APPROVE"})  # observed of this one
SCOPES = {"ORDERS": "read_orders", "PRODUCTS": "read_products", "INVENTORY": "read_inventory", "CUSTOMERS": "read_customers"}
TERM = re.compile(r"-?[a-z_][a-z_.0-9]*:(>=|<=|>|<)?('[^']*'|\"[^\"]*\"|[^\s:]+)", re.IGNORECASE)


class Subscriptions:
    """The subscriptions made through the API by the one app there is. `clock` stamps DateTime scalars."""

    def __init__(self, stamp: Callable[[], str]) -> None:
        self.by_id: dict[str, Node] = {}
        self._stamp = stamp
        self._ids = count(FIRST_ID)

    def create(self, topic: str, given: Mapping[str, Any]) -> tuple[Node | None, list[Node]]:
        problems = self._problems(topic, given, None)
        if problems:
            return None, problems
        number, at = next(self._ids), self._stamp()
        made: Node = {
            "__typename": "WebhookSubscription",
            "id": f"gid://shopify/WebhookSubscription/{number}",
            "legacyResourceId": str(number),
            "topic": topic,
            "createdAt": at,
            "updatedAt": at,
            "format": "JSON",
            "filter": None,
            "includeFields": [],
            "metafieldNamespaces": [],
            "metafields": [],
        }
        _apply(made, given)
        self.by_id[made["id"]] = made
        return made, []

    def update(self, gid: str, given: Mapping[str, Any]) -> tuple[Node | None, list[Node]]:
        found = self.by_id.get(gid)
        if found is None:
            return None, [_refusal(["id"], "Webhook subscription does not exist")]
        problems = self._problems(found["topic"], given, found)
        if problems:
            return None, problems
        _apply(found, given)
        found["updatedAt"] = max(found["updatedAt"], self._stamp())
        return found, []

    def delete(self, gid: str) -> list[Node]:
        if self.by_id.pop(gid, None) is None:
            return [_refusal(["id"], "Webhook subscription does not exist")]
        return []

    def _problems(self, topic: str, given: Mapping[str, Any], known: Node | None) -> list[Node]:
        kind = given.get("format") or (known["format"] if known else "JSON")
        if kind == "XML" and topic in JSON_ONLY:
            return [_refusal([PATH, "format"], "Format 'xml' is invalid for this webhook topic. Allowed formats: json")]
        if (filter := given.get("filter")) and not _is_filter(filter):
            return [_refusal([PATH], NO_FILTER)]
        uri = _uri(given)
        if uri is None and known is not None:
            return []
        if problem := _address_problem(uri or ""):
            return [_refusal([PATH, "callbackUrl"], problem)]
        wanted = given.get("filter") if "filter" in given else known["filter"] if known else None
        for one in self.by_id.values():
            same = (one["topic"], one["uri"], one["format"], one["filter"] or "") == (topic, uri, kind, wanted or "")
            if same and one is not known:
                return [_refusal([PATH, "callbackUrl"], TAKEN)]
        return []


def _apply(node: Node, given: Mapping[str, Any]) -> None:
    uri = _uri(given)
    if uri is not None:
        node["uri"] = node["callbackUrl"] = uri
        node["endpoint"] = {"__typename": "WebhookHttpEndpoint", "callbackUrl": uri}
    for name in ("format", "filter"):
        if name in given:
            node[name] = given[name]
    for name in ("includeFields", "metafieldNamespaces", "metafields"):
        if name in given:
            node[name] = given[name] or []


def _uri(given: Mapping[str, Any]) -> str | None:
    """The address, without blanks around it (observed)."""
    told = given.get("uri", given.get("callbackUrl"))
    return None if told is None else str(told).strip()


def _address_problem(uri: str) -> str | None:
    if not uri:
        return "Address can't be blank"
    parts = urlsplit(uri)
    if parts.scheme != "https":
        return f"Address protocol {parts.scheme}:// is not supported"
    return None if parts.hostname else "Address is invalid"


def _is_filter(text: str) -> bool:
    """Whether every term names a field; a bare word is refused (observed)."""
    terms = [one for one in re.split(r"\s+(?![^'\"]*['\"])", text.strip()) if one not in ("AND", "OR", "NOT")]
    return all(TERM.fullmatch(one.strip("()")) for one in terms)


def _refusal(field: list[str], message: str) -> Node:
    return {"field": field, "message": message}


def _desk(run: Execution) -> Subscriptions:
    found: Subscriptions = run.context.subscriptions
    return found


def _shown(node: Node | None, run: Execution) -> Node | None:
    if node is None:
        return None
    version = run.context.version
    return {**node, "apiVersion": {"handle": version, "displayName": f"{version} (Latest)", "supported": True}}


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    if scope := SCOPES.get(args["topic"].split("_")[0]):
        run.context.require(scope, step.name)
    made, problems = _desk(run).create(args["topic"], args["webhookSubscription"])
    return {"webhookSubscription": _shown(made, run), "userErrors": problems}


def _update(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node:
    found, problems = _desk(run).update(args["id"], args["webhookSubscription"])
    return {"webhookSubscription": _shown(found, run), "userErrors": problems}


def _delete(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node:
    problems = _desk(run).delete(args["id"])
    return {"deletedWebhookSubscriptionId": None if problems else args["id"], "userErrors": problems}


def _one(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node | None:
    return _shown(_desk(run).by_id.get(args["id"]), run)


def _list(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node:
    if args.get("query"):
        raise FieldFailed("webhookSubscriptions cannot be searched here", code="BAD_REQUEST")
    found = [one for one in _desk(run).by_id.values() if _fits(one, args)]
    key = args.get("sortKey") or "CREATED_AT"
    placed = sorted((_place(one, key), one["id"], one) for one in found)
    falling = bool(args.get("reverse"))
    if falling:
        placed.reverse()
    return page([_shown(one, run) for *_, one in placed], [place for place, *_ in placed], args, falling)


def _fits(one: Node, args: Mapping[str, Any]) -> bool:
    uri = args.get("uri") or args.get("callbackUrl")
    topics, kind = args.get("topics"), args.get("format")
    return (not uri or one["uri"] == uri) and (not topics or one["topic"] in topics) and (not kind or one["format"] == kind)


def _place(one: Node, key: str) -> Place:
    """As in the recorded cursors: the number as text, or the moment with six zeros."""
    number = int(one["legacyResourceId"])
    created = one["createdAt"]
    return (str(number), number) if key == "ID" else (f"{created[:10]} {created[11:19]}.000000", number)


SUBSCRIPTION_FIELDS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "webhookSubscription"): _one,
    ("QueryRoot", "webhookSubscriptions"): _list,
    ("Mutation", "webhookSubscriptionCreate"): _create,
    ("Mutation", "webhookSubscriptionUpdate"): _update,
    ("Mutation", "webhookSubscriptionDelete"): _delete,
}
