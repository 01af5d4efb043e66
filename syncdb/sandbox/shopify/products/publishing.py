"""Publications: where products are shown, each with the moment from which on."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import listed
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.parts import ONLINE_STORE
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal


def _list(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    run.context.require("read_publications", step.name)
    return listed(list(goods_of(run).publications.values()), args)


def _publish(publishing: bool) -> Resolver:
    def resolve(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
        may_write(run, "write_publications", step.name)
        goods, product = goods_of(run), goods_of(run).products.get(args["id"])
        payload: Node = {"publishable": product, "shop": run.context.shop.settings, "userErrors": []}
        if product is None:
            return payload | {"userErrors": [refusal(["id"], "Resource does not exist")]}
        problems = [
            refusal(["input", at, "publicationId"], "Publication does not exist or is not publishable")
            for at, row in enumerate(args["input"])
            if row.get("publicationId") not in goods.publications
        ]
        if problems:
            return payload | {"userErrors": problems}
        for row in args["input"]:
            if publishing:
                product["_published"][row["publicationId"]] = row.get("publishDate") or goods.stamp()
            else:
                product["_published"].pop(row["publicationId"], None)
        _show_online(product, goods)
        return payload

    return resolve


def _show_online(product: Node, goods: Goods) -> None:
    """What is published in the online store says since when."""
    since = product["_published"].get(gid("Publication", ONLINE_STORE))
    if product["publishedAt"] != since:
        product["publishedAt"] = since
        goods.product_changed(product)


def _entries(source: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    """Where a product is published; what is to come among it, unless only what is published is asked for."""
    run.context.require("read_publications", step.name)
    goods = goods_of(run)
    now = goods.stamp()
    found = [
        {
            "__typename": "ResourcePublicationV2",
            "isPublished": since <= now,
            "publishDate": since,
            "publication": goods.publications[one],
            "publishable": source,
        }
        for one, since in source["_published"].items()
        if since <= now or args.get("onlyPublished") is False
    ]
    return listed(found, args)


def _on(source: Source, args: dict[str, Any], run: Execution, step: Step) -> bool:
    run.context.require("read_publications", step.name)
    since = source["_published"].get(args["publicationId"])
    return since is not None and since <= goods_of(run).stamp()


PUBLISHING: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "publications"): _list,
    ("Mutation", "publishablePublish"): _publish(True),
    ("Mutation", "publishableUnpublish"): _publish(False),
    ("Product", "resourcePublicationsV2"): _entries,
    ("Product", "publishedOnPublication"): _on,
}
