"""What the demonstration of the pages has beside a sheet and a Grist document: a second store, Sentos, an ERP and a workbook.

Each has people at work: they do a little every day, and at the end something that a person has to look at.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from syncdb.clock import SYSTEM
from syncdb.connectors.postgres.address import erp_address
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.tables import default_tables
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.postgres.server import LocalPostgres
from syncdb.sandbox.sentos.clerk import Clerk
from syncdb.sandbox.shopify.till import Till
from syncdb.sandbox.stores import TwoStores
from syncdb.sandbox.story import Time


class Place(Protocol):
    """`pair` is what it is kept in step by, `settings` what that needs."""

    pair: str
    settings: Mapping[str, str]

    def day(self, number: int) -> None:
        """What people do on a day."""

    def disagree(self) -> None:
        """What is left for a person to look at."""


class Workbook:
    """Orders in a file: nobody is at work there."""

    pair = "workbook"

    def __init__(self, folder: Path) -> None:
        self.settings: Mapping[str, str] = {"WORKBOOK": str(folder / "orders.xlsx")}

    def day(self, number: int) -> None:
        """Nothing: the orders come by themselves."""

    def disagree(self) -> None:
        """Nothing."""


class SecondStore:
    """Two stores of one merchant, who changes prices in the first and sells in both."""

    pair = "stores"

    def __init__(self, stores: TwoStores) -> None:
        self.stores = (stores.taf, stores.afl)
        self.settings: Mapping[str, str] = stores.environment() | {"STORES_WRITE": "true"}
        for one in self.stores:
            one.app.bucket.maximum = one.app.bucket.rate = 1e6
            for name, sku, price in (
                ("Oolong tea", "OOL-1", "31.00"),
                ("Rooibos", "ROO-1", "12.50"),
                ("Tea pot", "POT-1", "45.00"),
            ):
                one.merchant.add_product(name, price=price, sku=sku, stock=30, vendor="Tea & Co")

    def day(self, number: int) -> None:
        first, second = self.stores
        first.merchant.edit_variant(self._variant(0, 1), price=f"{12 + number}.50")
        second.merchant.sell(self._variant(1, 0), 1)

    def disagree(self) -> None:
        for number, price in enumerate(("33.00", "29.00")):
            self.stores[number].merchant.edit_variant(self._variant(number, 0), price=price)

    def _variant(self, store: int, at: int) -> str:
        return str(list(self.stores[store].goods.variants.values())[at]["id"])


class Panel:
    """A Sentos whose goods come into the shop. No order goes out to it: it takes those in lira only."""

    pair = "sentos"

    def __init__(self, sandbox: Sandbox) -> None:
        self.clerk, location = Clerk(sandbox.sentos), str(sandbox.shop.location["name"])
        self.settings: Mapping[str, str] = {"SENTOS_WAREHOUSES": json.dumps({"1": location})}
        self.clerk.add_product("Kupa", "KUPA", "89.90", stock={1: 40})
        self.clerk.add_product("Çaydanlık", "CAY", "349.90", stock={1: 12})
        for name, sku in (("Cup", "KUPA"), ("Teapot", "CAY")):
            Till(sandbox.shop).merchant.add_product(name, price="9.90", sku=sku, stock=5)

    def day(self, number: int) -> None:
        self.clerk.count("KUPA", 38 - number)

    def disagree(self) -> None:
        """Nothing: the word of Sentos counts."""


class Erp:
    """An ERP in a real PostgreSQL, of which two products are sold in the shop."""

    pair = "erp"

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.till, self.now, self.url = Till(sandbox.shop), sandbox.now, url
        self.settings: Mapping[str, str] = {"ERP_DATABASE_URL": url}
        database = ErpDatabase(erp_address(url), SYSTEM)
        install(database, default_tables("public"), complete=True)
        database.close()
        for sku, price in (("TRAY", "18.00"), ("WHISK", "21.50")):
            self.till.merchant.add_product(f"Bamboo {sku.lower()}", price=price, sku=sku, stock=15)
            self._do("insert into products (sku, name, price) values (%s, %s, %s)", sku, f"Bamboo {sku.lower()}", price)
            self._do("insert into inventory (product_id, quantity) select id, 15 from products where sku = %s", sku)

    def day(self, number: int) -> None:
        self._do("update inventory set quantity = quantity + 2 where product_id = (select id from products where sku = 'TRAY')")
        self.till.sell({"WHISK": 1})
        self._order(f"W-{number + 1}", "Örnek Sok. 1")

    def disagree(self) -> None:
        """An order without an address, which no shop takes."""
        self._order("W-0815", None)

    def _order(self, number: str, street: str | None) -> None:
        self._do(
            "with made as (insert into orders (order_number, email, currency, total, ordered_at, "
            "shipping_name, shipping_address1, shipping_city, shipping_postal_code, shipping_country) "
            "values (%s, 'ayse@example.com', 'EUR', 18.00, %s, 'Ayşe Örnek', %s, 'Istanbul', '34710', 'TR') returning id) "
            "insert into order_items (order_id, sku, title, quantity, unit_price) select id, 'TRAY', 'TRAY', 1, 18.00 from made",
            number,
            self.now(),
            street,
        )

    def _do(self, text: str, *values: object) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(text.encode(), values or None)


@contextmanager
def store_beside(clock: Time) -> Iterator[Place]:
    with TwoStores(clock=clock) as stores:
        yield SecondStore(stores)


@contextmanager
def erp_beside(sandbox: Sandbox) -> Iterator[Place]:
    """Raises NoServer where this computer has no PostgreSQL."""
    with LocalPostgres() as server:
        yield Erp(sandbox, server.url())
