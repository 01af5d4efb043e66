"""What the people of the shop do in its admin, for tests and demonstrations. Searches see it after the lag."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.items import apply_item
from syncdb.sandbox.shopify.products.metafield_writes import put_metafield
from syncdb.sandbox.shopify.products.option_order import order_options
from syncdb.sandbox.shopify.products.option_writes import change_option
from syncdb.sandbox.shopify.products.product_writes import add_first_variant, apply_product, new_product
from syncdb.sandbox.shopify.products.queries import level_at
from syncdb.sandbox.shopify.products.stock_writes import move
from syncdb.sandbox.shopify.products.variant_writes import apply_variant, new_variant


class Merchant:
    """Acts on a shop's goods. Things are named by global id; KeyError where there is none of it."""

    def __init__(self, goods: Goods) -> None:
        self.goods = goods

    def add_product(
        self, title: str, *, price: str = "0.00", sku: str | None = None, stock: int | None = None, **fields: Any
    ) -> Node:
        """A new product with one variant, tracked and with `stock` pieces at the first location if that is given.

        `fields` are those of the API's product input (vendor, tags, descriptionHtml ...).
        """
        product = new_product({"title": title, **fields}, self.goods)
        add_first_variant(product, [parts.DEFAULT_CHOICE], self.goods)
        variant = product["variants"][0]
        variant["price"], variant["sku"] = parts.money_text(price), sku
        self.goods.add_product(product)
        if stock is not None:
            variant["inventoryItem"]["tracked"] = True
            self.receive(variant["id"], stock)
        return product

    def edit_product(self, gid: str, **fields: Any) -> Node:
        """Change a product's own fields, by the names of the API's product input."""
        product = self.goods.products[gid]
        if apply_product(product, fields, self.goods):
            self.goods.product_changed(product)
        return product

    def delete_product(self, gid: str) -> None:
        self.goods.delete_product(self.goods.products[gid])

    def add_variant(self, product_id: str, values: dict[str, str], **fields: Any) -> Node:
        """A further variant with a value for each option; new values become values of their option."""
        product = self.goods.products[product_id]
        row = {"optionValues": [{"optionName": name, "name": value} for name, value in values.items()]} | fields
        made = new_variant(product, row, self.goods)
        product["variants"].append(made)
        self.goods.add_variant(made)
        self.goods.touched(product)
        return made

    def edit_variant(self, gid: str, **fields: Any) -> Node:
        """Change a variant: price, compareAtPrice, sku, barcode, taxable, inventoryPolicy, inventoryItem."""
        variant = self.goods.variants[gid]
        if apply_variant(variant, fields, self.goods):
            self.goods.variants_changed(variant["product"], [variant])
        return variant

    def edit_item(self, variant_id: str, **fields: Any) -> Node:
        """Change a variant's inventory item: cost, tracked, requiresShipping, sku."""
        item: Node = self.goods.variants[variant_id]["inventoryItem"]
        if apply_item(item, fields):
            self.goods.item_changed(item)
        return item

    def delete_variant(self, gid: str) -> None:
        variant = self.goods.variants[gid]
        self.goods.delete_variant(variant)
        self.goods.touched(variant["product"])

    def change_option(
        self,
        product_id: str,
        name: str,
        *,
        to: str | None = None,
        values: Mapping[str, str] | None = None,
        position: int | None = None,
    ) -> None:
        """Give an option another name, its values others, or another place among the options."""
        product = self.goods.products[product_id]
        option = next(one for one in product["options"] if one["name"] == name)
        renamed = [{"id": one["id"], "name": (values or {}).get(one["name"], one["name"])} for one in option["optionValues"]]
        change_option(
            option, {"option": {"name": to, "position": position}, "optionValuesToUpdate": renamed}, product, self.goods
        )
        self.goods.variants_changed(product, product["variants"])

    def order_values(self, product_id: str, name: str, values: Sequence[str]) -> None:
        """Drag the values of an option into this order: the variants follow."""
        product, order = self.goods.products[product_id], {name: [{"name": value} for value in values]}
        order_options(product, [{"name": one["name"], "values": order.get(one["name"])} for one in product["options"]])
        self.goods.variants_changed(product, product["variants"])

    def order_variants(self, product_id: str, ids: Sequence[str]) -> None:
        """Drag the variants of a product into this order."""
        product = self.goods.products[product_id]
        product["variants"].sort(key=lambda one: ids.index(one["id"]))
        for at, one in enumerate(product["variants"], 1):
            one["position"] = at
        self.goods.product_changed(product)

    def level(self, variant_id: str, location_id: str | None = None) -> Node:
        """Where a variant is stocked: at that location (from now on, if it was not), or the first."""
        item = self.goods.variants[variant_id]["inventoryItem"]
        place = location_id or next(iter(self.goods.locations))
        return level_at(item, place) or self.goods.stock(item, self.goods.locations[place])

    def sell(self, variant_id: str, pieces: int, location_id: str | None = None) -> Node:
        """An order is placed: pieces go from available to committed; what is on hand stays until they are shipped."""
        level = self.level(variant_id, location_id)
        move(level, "available", -pieces, self.goods)
        move(level, "committed", pieces, self.goods)
        return level

    def ship(self, variant_id: str, pieces: int, location_id: str | None = None) -> Node:
        """Pieces that were sold leave the house."""
        level = self.level(variant_id, location_id)
        move(level, "committed", -pieces, self.goods)
        return level

    def receive(self, variant_id: str, pieces: int, location_id: str | None = None) -> Node:
        level = self.level(variant_id, location_id)
        move(level, "available", pieces, self.goods)
        return level

    def count(self, variant_id: str, available: int, location_id: str | None = None) -> Node:
        """Somebody counts, and writes down what is available."""
        level = self.level(variant_id, location_id)
        move(level, "available", available - level["_counts"]["available"], self.goods)
        return level

    def set_metafield(self, owner_id: str, namespace: str, key: str, value: str, kind: str = "single_line_text_field") -> Node:
        """Write a metafield of a product, variant or collection."""
        owner = self.goods.find(owner_id)
        if owner is None:
            raise KeyError(owner_id)
        made, changed = put_metafield(self.goods, owner, {"namespace": namespace, "key": key, "value": value, "type": kind})
        if changed:
            self.goods.metafield_changed(owner)
        return made

    def publish(self, product_id: str, names: Sequence[str]) -> None:
        """Show a product in the publications of just these names."""
        product, known = self.goods.products[product_id], {one["name"]: gid for gid, one in self.goods.publications.items()}
        product["_published"] = {known[name]: self.goods.stamp() for name in names}
        self.goods.product_changed(product)

    def add_collection(self, title: str, products: Sequence[str] = (), rules: Node | None = None) -> Node:
        """A new collection with these products, or one of what fits its rules."""
        made = parts.collection(self.goods.new_id(), title, self.goods.stamp(), rules, handle=parts.handle_of(title))
        made["_products"] = list(products)
        return self.goods.add_collection(made)

    def save_search(self, name: str, query: str) -> Node:
        """A search of products that is kept under a name."""
        number = self.goods.new_id()
        made: Node = {"__typename": "SavedSearch", "id": f"gid://shopify/SavedSearch/{number}", "legacyResourceId": str(number)}
        self.goods.saved_searches[made["id"]] = made | {"name": name, "query": query}
        return made

    def collect(self, collection_id: str, products: Sequence[str]) -> None:
        """Let a collection hold just these products."""
        collection = self.goods.collections[collection_id]
        collection["_products"] = list(products)
        self.goods.touched(collection)

    def edit_collection(self, gid: str, **fields: Any) -> Node:
        """Change a collection's own fields, by their names in the API."""
        collection = self.goods.collections[gid]
        collection.update(fields)
        self.goods.touched(collection)
        return collection

    def random_change(self, rng: random.Random) -> tuple[str, str]:
        """Make one change that fits a random thing; the change's name and the thing's global id."""
        name, change = rng.choice(list(_changes(self).items()))
        kind = "Product" if name in ("title", "tags", "status", "metafield") else "ProductVariant"
        gid = rng.choice(list(self.goods.by_kind[kind]))
        change(gid, rng)
        return name, gid


def _changes(merchant: Merchant) -> dict[str, Callable[[str, random.Random], object]]:
    """The changes `random_change` draws from."""
    return {
        "title": lambda gid, rng: merchant.edit_product(gid, title=f"Neu benannt {rng.randrange(10**6)} 🐈"),
        "tags": lambda gid, rng: merchant.edit_product(gid, tags=[f"tag-{rng.randrange(50)}", "SALE"]),
        "status": lambda gid, rng: merchant.edit_product(gid, status=rng.choice(("ACTIVE", "DRAFT", "ARCHIVED"))),
        "metafield": lambda gid, rng: merchant.set_metafield(gid, "custom", "material", f"Stoff {rng.randrange(10**6)}"),
        "price": lambda gid, rng: merchant.edit_variant(gid, price=f"{rng.randrange(1, 99_999) / 100:.2f}"),
        "sku": lambda gid, rng: merchant.edit_variant(gid, sku=rng.choice((None, "0012", f"N-{rng.randrange(10**6)}"))),
        "cost": lambda gid, rng: merchant.edit_item(gid, cost=f"{rng.randrange(1, 9999) / 100:.2f}"),
        "sell": lambda gid, rng: merchant.sell(gid, rng.randrange(1, 4)),
        "receive": lambda gid, rng: merchant.receive(gid, rng.randrange(1, 30)),
        "count": lambda gid, rng: merchant.count(gid, rng.randrange(0, 60)),
    }
