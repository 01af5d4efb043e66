"""What answers the fields that are more than a look-up: roots, lists of orders, guarded fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from graphql import FieldNode

from syncdb.sandbox.shopify.bulk import IN_BULK, BulkDesk
from syncdb.sandbox.shopify.customers.writes import CUSTOMER_FIELDS
from syncdb.sandbox.shopify.documents import Document
from syncdb.sandbox.shopify.drafts.reading import DRAFT_FIELDS, draft_node
from syncdb.sandbox.shopify.execute import BrokenAnswer, Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.files.reading import FILE_READS
from syncdb.sandbox.shopify.files.writes import FILE_WRITES
from syncdb.sandbox.shopify.index import Entry, entry_of
from syncdb.sandbox.shopify.metafields import OWNERS, metafield, metafields
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.ordering.changing import ORDER_WRITES
from syncdb.sandbox.shopify.ordering.creating import CREATION
from syncdb.sandbox.shopify.ordering.ending import ENDING
from syncdb.sandbox.shopify.ordering.fulfilment import FULFILMENT
from syncdb.sandbox.shopify.paging import MAX_PAGE, Place, listed, page
from syncdb.sandbox.shopify.payments.reading import PAYMENT_FIELDS, payments_node
from syncdb.sandbox.shopify.products.collection_writes import COLLECTION_WRITES
from syncdb.sandbox.shopify.products.definitions import DEFINITION_WRITES
from syncdb.sandbox.shopify.products.in_bulk import GOODS_IN_BULK, all_goods
from syncdb.sandbox.shopify.products.media_writes import MEDIA_WRITES
from syncdb.sandbox.shopify.products.metafield_writes import METAFIELD_WRITES
from syncdb.sandbox.shopify.products.option_order import OPTION_ORDER
from syncdb.sandbox.shopify.products.option_writes import OPTION_WRITES
from syncdb.sandbox.shopify.products.product_set import SET_WRITES
from syncdb.sandbox.shopify.products.product_writes import PRODUCT_WRITES
from syncdb.sandbox.shopify.products.publishing import PUBLISHING
from syncdb.sandbox.shopify.products.queries import found as goods_node
from syncdb.sandbox.shopify.products.queries import readers
from syncdb.sandbox.shopify.products.stock_writes import STOCK_WRITES
from syncdb.sandbox.shopify.products.variant_writes import VARIANT_WRITES
from syncdb.sandbox.shopify.search import Search, read_search
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.webhooks.subscriptions import SUBSCRIPTION_FIELDS, Subscriptions

SORTS = {
    "PROCESSED_AT": "processed_at",
    "UPDATED_AT": "updated_at",
    "CREATED_AT": "created_at",
    "ORDER_NUMBER": "order_number",
    "ID": "number",
}
SCOPES = {
    ("Order", "customer"): "read_customers",
    ("DraftOrder", "customer"): "read_customers",
    ("Order", "retailLocation"): "read_locations",
    ("Order", "paymentTerms"): "read_payment_terms",
    ("RefundLineItem", "location"): "read_locations",
    ("Fulfillment", "location"): "read_locations",
}
# Fields of protected customer data: what must be approved for each (documented in two levels).
PROTECTED = {
    ("Order", "customer"): "Customer",
    ("Order", "email"): "email",
    ("Order", "phone"): "phone",
    ("DraftOrder", "customer"): "Customer",
    ("DraftOrder", "email"): "email",
    ("DraftOrder", "phone"): "phone",
    ("Order", "clientIp"): "address",
    ("Order", "billingAddress"): "address",
    ("Order", "shippingAddress"): "address",
    ("Order", "displayAddress"): "address",
    ("Customer", "email"): "email",
    ("Customer", "defaultEmailAddress"): "email",
    ("Customer", "phone"): "phone",
    ("Customer", "defaultPhoneNumber"): "phone",
    ("Customer", "firstName"): "name",
    ("Customer", "lastName"): "name",
    ("Customer", "displayName"): "name",
    ("Customer", "defaultAddress"): "address",
}
NEW_STATUS_SINCE = "2026-10"


@dataclass(slots=True)
class Asker:
    """Who asks and for which version. `unapproved` holds kinds of PROTECTED data; `searches` collects reports."""

    shop: Shop
    scopes: frozenset[str]
    version: str
    unapproved: frozenset[str] = frozenset()
    explain: bool = False
    bulk: BulkDesk | None = None
    address: str = ""
    searches: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: Subscriptions | None = None

    @property
    def everything(self) -> bool:
        return "read_all_orders" in self.scopes

    def withheld(self, source: Source) -> frozenset[str] | set[str]:
        """Fields of this order that were made to fail. Raises BrokenAnswer where the whole order was."""
        gid = source.get("id", "")
        if gid in self.shop.failing:
            raise BrokenAnswer
        return self.shop.withheld.get(gid, frozenset())

    def require(self, scope: str, name: str) -> None:
        if scope in self.scopes or scope.replace("read_", "write_") in self.scopes:
            return
        required = f"`{scope}` access scope."
        raise FieldFailed(
            f"Access denied for {name} field. Required access: {required}",
            code="ACCESS_DENIED",
            documentation="https://shopify.dev/api/usage/access-scopes",
            requiredAccess=required,
        )

    def approve(self, kind: str, name: str) -> None:
        if kind not in self.unapproved:
            return
        what = f"access the {kind} object" if kind[0].isupper() else f"use the {name} field"
        see = "https://shopify.dev/docs/apps/launch/protected-customer-data"
        raise FieldFailed(f"This app is not approved to {what}. See {see} for more details.", code="ACCESS_DENIED")


def _shop(_: Source, __: dict[str, Any], run: Execution, ___: Step) -> Node:
    shop: Shop = run.context.shop
    return shop.settings


def _order(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require("read_orders", step.name)
    found = _node(_, args, run, step)
    return found if found and found["__typename"] == "Order" else None


def _node(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    return _found(args["id"], run, step)


def _nodes(_: Source, args: dict[str, Any], run: Execution, step: Step) -> list[Node | None]:
    ids = args["ids"]
    if len(ids) > MAX_PAGE:
        text = f"The input array size of {len(ids)} is greater than the maximum allowed of {MAX_PAGE}."
        raise FieldFailed(text, code="MAX_INPUT_SIZE_EXCEEDED")
    return [_found(one, run, step) for one in ids]


def _found(gid: str, run: Execution, step: Step) -> Node | None:
    asker: Asker = run.context
    if not gid.startswith("gid://shopify/"):
        raise FieldFailed(f"Invalid global id '{gid}'", code="INVALID_FIELD_ARGUMENTS")
    if gid == asker.shop.settings["id"]:
        return asker.shop.settings
    if asker.bulk is not None and (operation := asker.bulk.find(gid)):
        return operation
    found = goods_node(run, gid, step.name) or payments_node(run, gid, step.name) or draft_node(run, gid, step.name)
    if found is not None:
        return found
    if gid in asker.shop.customers.nodes:
        asker.require("read_customers", step.name)
        asker.approve("Customer", step.name)
        return asker.shop.customers.nodes[gid]
    asker.require("read_orders", step.name)
    return asker.shop.find(gid, asker.everything)


def _installation(_: Source, __: dict[str, Any], run: Execution, ___: Step) -> Node:
    return {
        "__typename": "AppInstallation",
        "id": "gid://shopify/AppInstallation/590201716781",
        "accessScopes": [{"handle": scope, "description": scope} for scope in sorted(run.context.scopes)],
        "app": {"__typename": "App", "id": "gid://shopify/App/1", "title": "syncdb", "handle": "syncdb"},
        "launchUrl": f"https://{run.context.shop.settings['myshopifyDomain']}/admin/apps/syncdb",
    }


def _orders(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    asker: Asker = run.context
    asker.require("read_orders", step.name)
    key = args.get("sortKey") or "PROCESSED_AT"
    if key not in SORTS:
        raise FieldFailed(f"sortKey {key} is not served here", code="BAD_REQUEST")
    found, indexed = _matching(args.get("query"), asker, step)
    placed = sorted(((_place(entry, order, key, indexed), order) for entry, order in found), key=lambda one: one[0])
    falling = bool(args.get("reverse"))
    if falling:
        placed.reverse()
    return page([order for _, order in placed], [place for place, _ in placed], args, falling)


def _listed_in_bulk(node: FieldNode, run: Execution) -> tuple[str, list[Node]]:
    """The type at a bulk query's root, and what it finds, in its order."""
    step = run.root_field(node)
    if step.name != "orders":
        return all_goods(run, step)
    run.context.require("read_orders", step.name)
    found, indexed = _matching(run.args(step).get("query"), run.context, step)
    key = run.args(step).get("sortKey") or "PROCESSED_AT"
    placed = sorted(((_place(entry, order, key, indexed), order) for entry, order in found), key=lambda one: one[0])
    return "Order", [order for _, order in placed]


def _run_bulk(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node:
    asker: Asker = run.context
    assert asker.bulk is not None

    def execution(document: Document) -> Execution:
        return Execution(document, {}, BULK_RESOLVERS, asker)

    return asker.bulk.submit(args["query"], bool(args.get("groupObjects")), asker.address, execution, _listed_in_bulk)


def _cancel_bulk(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node:
    assert run.context.bulk is not None
    cancelled: Node = run.context.bulk.cancel(args["id"])
    return cancelled


def _bulk_operation(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node | None:
    found: Node | None = run.context.bulk.find(args["id"]) if run.context.bulk is not None else None
    return found


def _matching(query: str | None, asker: Asker, step: Step) -> tuple[list[tuple[Entry, Node]], bool]:
    """The orders a search finds, and whether the index was asked: for anything but a search by id."""
    shop = asker.shop
    search = read_search(query, shop.timezone)
    _report(search, query, asker, step)
    indexed = bool((query or "").strip()) and not search.databased
    if not indexed:
        pairs = ((entry_of(order), order) for order in shop.listed(asker.everything))
        return [(entry, order) for entry, order in pairs if search.test(entry)], False
    found = []
    for entry in shop.index.entries(shop.clock()):
        if search.test(entry):
            order = shop.visible(entry.gid, asker.everything)
            if order is not None:  # the index may still know what the database has lost
                found.append((entry, order))
    return found, True


def _report(search: Search, query: str | None, asker: Asker, step: Step) -> None:
    if query and (search.warnings or asker.explain):
        asker.searches.append(search.report([step.key], query))


def _place(entry: Entry, order: Node, key: str, indexed: bool) -> Place:
    """Where an order stands: whole seconds in the index, microseconds in the database (observed)."""
    value: Any = attrgetter(SORTS[key])(entry)
    if key == "ID":
        value = str(value)
    elif key != "ORDER_NUMBER" and not indexed:
        written = order[{"PROCESSED_AT": "processedAt", "UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt"}[key]]
        value = f"{written[:10]} {written[11:19]}.{order['_micros']:06}"
    return value, entry.number


def _orders_count(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    run.context.require("read_orders", step.name)
    found, _indexed = _matching(args.get("query"), run.context, step)
    limit = args.get("limit", 10_000)
    if limit is not None and len(found) > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": len(found), "precision": "EXACT"}


def _connection(source: Source, args: dict[str, Any], _: Execution, step: Step) -> Node:
    return listed(source[step.name], args)


def _list(source: Source, args: dict[str, Any], _: Execution, step: Step) -> list[Node]:
    items: list[Node] = source[step.name]
    return items[: args["first"]] if args.get("first") is not None else items


def _shipping_lines(source: Source, args: dict[str, Any], _: Execution, __: Step) -> Node:
    return listed([one for one in source["shippingLines"] if args.get("includeRemovals") or not one["isRemoved"]], args)


def _transactions(source: Source, args: dict[str, Any], _: Execution, __: Step) -> list[Node]:
    items: list[Node] = source["transactions"]
    if args.get("capturable") is not None:
        items = [one for one in items if one["_open"] == args["capturable"]]
    return items[: args["first"]] if args.get("first") is not None else items


def _discounted_total(source: Source, args: dict[str, Any], _: Execution, __: Step) -> Node:
    wanted = "_discountedTotalWithCodes" if args.get("withCodeDiscounts") else "discountedTotalSet"
    bag: Node = source[wanted]
    return bag


def _fulfillment_status(source: Source, _: dict[str, Any], run: Execution, __: Step) -> str:
    if source["_nothingToFulfil"] and run.context.version >= NEW_STATUS_SINCE:
        return "FULFILLMENT_NOT_REQUIRED"
    return str(source["displayFulfillmentStatus"])


def _formatted(source: Source, args: dict[str, Any], _: Execution, __: Step) -> list[str]:
    lines = [source["address1"], source["address2"], f"{source['zip']} {source['city']}", source["country"]]
    company = source["company"] if args.get("withCompany", True) else None
    return [line for line in (source["name"] if args.get("withName") else None, company, *lines) if line]


def _guard(owner: str, name: str, inner: Resolver | None) -> Resolver:
    """A field behind a scope or an approval."""
    scope, kind = SCOPES.get((owner, name)), PROTECTED.get((owner, name))

    def resolve(source: Source, args: dict[str, Any], run: Execution, step: Step) -> Any:
        if scope:
            run.context.require(scope, name)
        if kind:
            run.context.approve(kind, name)
        return inner(source, args, run, step) if inner else source[name]

    return resolve


RESOLVERS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "shop"): _shop,
    ("QueryRoot", "order"): _order,
    ("QueryRoot", "node"): _node,
    ("QueryRoot", "nodes"): _nodes,
    ("QueryRoot", "orders"): _orders,
    ("QueryRoot", "ordersCount"): _orders_count,
    ("QueryRoot", "currentAppInstallation"): _installation,
    ("QueryRoot", "bulkOperation"): _bulk_operation,
    ("Mutation", "bulkOperationRunQuery"): _run_bulk,
    ("Mutation", "bulkOperationCancel"): _cancel_bulk,
    ("Connection", "*"): _connection,
    ("List", "*"): _list,
    ("Order", "shippingLines"): _shipping_lines,
    ("Order", "transactions"): _transactions,
    ("Order", "displayFulfillmentStatus"): _fulfillment_status,
    **{(owner, "metafield"): metafield for owner in OWNERS},
    **{(owner, "metafields"): metafields for owner in OWNERS},
    **readers(),
    **PRODUCT_WRITES,
    **VARIANT_WRITES,
    **STOCK_WRITES,
    **METAFIELD_WRITES,
    **COLLECTION_WRITES,
    **SET_WRITES,
    **FILE_READS,
    **FILE_WRITES,
    **MEDIA_WRITES,
    **DEFINITION_WRITES,
    **OPTION_ORDER,
    **OPTION_WRITES,
    **PUBLISHING,
    **ORDER_WRITES,
    **CREATION,
    **ENDING,
    **FULFILMENT,
    **CUSTOMER_FIELDS,
    **DRAFT_FIELDS,
    **SUBSCRIPTION_FIELDS,
    **PAYMENT_FIELDS,
    ("LineItem", "discountedTotalSet"): _discounted_total,
    ("MailingAddress", "formatted"): _formatted,
} | {(owner, name): _guard(owner, name, None) for owner, name in SCOPES.keys() | PROTECTED.keys()}
BULK_RESOLVERS = RESOLVERS | IN_BULK | GOODS_IN_BULK
