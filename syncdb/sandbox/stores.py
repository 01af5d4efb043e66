"""Two running shops of one merchant, with the settings that point syncdb at them."""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.products.product_writes import new_product
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.tokens import Client

NAMES = ("taf", "afl")
COPIED = ("title", "handle", "status", "vendor", "productType", "tags", "descriptionHtml", "templateSuffix", "seo")
OF_ITEM = ("countryCodeOfOrigin", "provinceCodeOfOrigin", "harmonizedSystemCode", "countryHarmonizedSystemCodes")
OF_VARIANT = ("sku", "barcode", "price", "compareAtPrice", "taxable", "inventoryPolicy")


class LocalStore:
    """One shop with a server of its own."""

    def __init__(self, name: str, number: int, clock: Callable[[], float], currency: str) -> None:
        self.name = name
        self.shop = Shop(f"{name}-demo.myshopify.com", clock=clock, number=number, currency=currency)
        self.shop.location["name"] = f"{name.upper()} warehouse"
        elsewhere = 112_829_759_900 + number * 10**10
        self.shop.goods.add_location(parts.location(elsewhere, f"{name.upper()} market stall", "2024-03-01T09:00:00Z"))
        self.app = ShopifyApp(self.shop)
        self.client_id, self.client_secret = secrets.token_hex(16), f"shpss_{secrets.token_hex(16)}"
        self.app.tokens.add_client(self.client_id, Client(self.client_secret))
        self.app.webhooks.secret = self.client_secret
        self.faults = Faults()
        self.server = Server({"/": self.app}, self.faults)
        self.merchant = Merchant(self.shop.goods)

    @property
    def goods(self) -> Goods:
        return self.shop.goods

    def environment(self, name: str = "") -> dict[str, str]:
        """The variables that point syncdb at this shop, under a name of its configuration."""
        start = (name or self.name).upper()
        return {
            f"{start}_DOMAIN": str(self.shop.settings["myshopifyDomain"]),
            f"{start}_CLIENT_ID": self.client_id,
            f"{start}_CLIENT_SECRET": self.client_secret,
            f"{start}_BASE_URL": self.server.url,
        }


class TwoStores:
    """Two shops, `taf` and `afl`. `products` are made in the first, of which the second has the same if `alike`.

    Use as a context manager. `clock` gives epoch seconds for both.
    """

    def __init__(
        self,
        *,
        products: int = 0,
        alike: bool = False,
        seed: int = 7,
        clock: Callable[[], float] = time.time,
        currencies: tuple[str, str] = ("EUR", "EUR"),
    ) -> None:
        self.clock = clock
        self.taf, self.afl = (LocalStore(name, at, clock, currencies[at]) for at, name in enumerate(NAMES))
        if products:
            generate_goods(self.taf.goods, products, seed, datetime.fromtimestamp(clock(), UTC))
        if alike:
            for product in list(self.taf.goods.products.values()):
                copy_product(product, self.afl)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def environment(self) -> dict[str, str]:
        """The environment variables that point syncdb at both."""
        return self.taf.environment() | self.afl.environment()

    def close(self) -> None:
        for one in (self.taf, self.afl):
            one.server.close()
            one.app.webhooks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def copy_product(product: Node, to: LocalStore) -> Node:
    """The same product in another shop, as a merchant makes it there by hand: with options, variants and counted stock."""
    goods = to.goods
    fields = {name: product[name] for name in COPIED}
    made = new_product(fields | {"productOptions": _options(product)}, goods)
    made["publishedAt"] = product["publishedAt"]
    goods.add_product(made)
    for variant in product["variants"]:
        there = to.merchant.add_variant(made["id"], {one["name"]: one["value"] for one in variant["selectedOptions"]})
        to.merchant.edit_variant(there["id"], **{name: variant[name] for name in OF_VARIANT})
        _copy_item(variant["inventoryItem"], there, to)
    for one in product["metafields"]:
        to.merchant.set_metafield(made["id"], one["namespace"], one["key"], one["value"], one["type"])
    goods.touched(made)
    return made


def _options(product: Node) -> list[Node]:
    options = [
        {"name": one["name"], "values": [{"name": value["name"]} for value in one["optionValues"]]} for one in product["options"]
    ]
    return [] if [one["name"] for one in options] == ["Title"] else options


def _copy_item(item: Node, variant: Mapping[str, Node], to: LocalStore) -> None:
    to.merchant.edit_item(
        variant["id"],  # type: ignore[arg-type]
        tracked=item["tracked"],
        requiresShipping=item["requiresShipping"],
        cost=item["_cost"],
        measurement={"weight": item["measurement"]["weight"]},
        **{name: item[name] for name in OF_ITEM},
    )
    counted = next((level["_counts"]["available"] for level in item["inventoryLevels"]), None)
    if counted is not None:
        to.merchant.count(variant["id"], counted, to.shop.location["id"])  # type: ignore[arg-type]
