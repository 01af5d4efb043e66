"""Random histories of a shop and an ERP: stock, orders, prices, customers and new products on both sides, lost answers,
connections that are cut, transactions that end late, runs that die, ledgers that are lost. Judged by adding up alone.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.sandbox.faults import Fault
from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.reliability.erp.dying import dying_everywhere
from tests.scenarios.erp_world import ErpWorld

GOODS = 2
STEPS = 6
TROUBLE = ("apply_then_cut", "apply_then_error", "apply_late", "cut_before", "too_many", "unavailable", "html_200")


@contextmanager
def cut_off(world: ErpWorld, at: int) -> Iterator[None]:
    """The server ends the session of a run just before its statement number `at`, once; ends of transactions count."""
    real, passed = {name: getattr(ErpDatabase, name) for name in ("send", "_commit")}, [0]

    def around(name: str) -> Any:
        def called(database: ErpDatabase, connection: Any, *args: Any, **more: Any) -> Any:
            passed[0] += 1
            if passed[0] == at:
                world.erp.sql("select pg_terminate_backend(%s)", connection.info.backend_pid)
            return real[name](database, connection, *args, **more)

        return called

    for name in real:
        setattr(ErpDatabase, name, around(name))
    try:
        yield
    finally:
        for name, method in real.items():
            setattr(ErpDatabase, name, method)


def stocked(world: ErpWorld) -> list[str]:
    """A few goods that both sides have, and everything switched on; the keys of their stock in the ERP."""
    rows = [world.stock_up(f"G{number}", 100) for number in range(GOODS)]
    world.switch("inventory", "orders", "products", "customers")
    world.synced(full=True)
    return rows


@dataclass
class ErpHistory:
    """One history: what happens is drawn from `rng`, and what must come of it is added up on the way."""

    world: ErpWorld
    rows: list[str]
    rng: random.Random
    name: str
    told: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    orders: list[str] = field(default_factory=list)
    shipped: set[str] = field(default_factory=set)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pieces = [self.world.available(f"G{number}") for number in range(GOODS)]
        self.prices = {f"G{number}": Decimal(str(self._variant(f"G{number}")["price"])) for number in range(GOODS)}
        self.codes = {f"G{number}": self._variant(f"G{number}")["barcode"] for number in range(GOODS)}
        self.sold = 0
        self.before = len(self.world.shop.orders)

    def play(self) -> None:
        """Let it happen, let it calm down, hold both sides against what was added up. Raises AssertionError with the story."""
        for _ in range(self.rng.randint(2, STEPS)):
            self.rng.choice(ACTS)(self)
        self.calm()
        self.judge()

    # --- what people do

    def sells(self) -> None:
        number, pieces = self.rng.randrange(GOODS), self.rng.randint(1, 3)
        self.world.till.sell({f"G{number}": pieces})
        self.pieces[number] -= pieces
        self.sold += 1
        self._tell(f"the shop sells {pieces} of G{number}")

    def counts(self) -> None:
        number, pieces = self.rng.randrange(GOODS), self.rng.randint(-3, 9)
        self.world.erp.sql("update inventory set quantity = quantity + %s where id = %s", pieces, self.rows[number])
        self.pieces[number] += pieces
        self._tell(f"the ERP moves G{number} by {pieces}")

    def takes_order(self) -> None:
        number = self.rng.randrange(GOODS)
        known = f"{self.name}-{len(self.orders)}"
        self.orders.append(self.world.erp_order(known, (f"G{number}", 1, "20.00"), email=f"{known}@example.com".lower()))
        self._tell(f"the ERP takes order {known}")

    def ships(self) -> None:
        open_orders = [id for id in self.orders if id not in self.shipped]
        if open_orders:
            id = self.rng.choice(open_orders)
            text = "update orders set fulfillment_status = 'fulfilled', tracking_number = %s where id = %s"
            self.world.erp.sql(text, f"T{id}", id)
            self.shipped.add(id)
            self._tell(f"the ERP ships order {id}")

    def prices_change(self) -> None:
        """The ERP changes prices, the shop barcodes: neither knows of the other."""
        sku = f"G{self.rng.randrange(GOODS)}"
        if self.rng.random() < 0.5:
            self.prices[sku] = Decimal(self.rng.randint(60, 99))  # a fall by half would be asked about
            self.world.erp.sql("update products set price = %s where sku = %s", self.prices[sku], sku)
            self._tell(f"the ERP prices {sku} at {self.prices[sku]}")
        else:
            self.codes[sku] = str(self.rng.randint(10**12, 10**13 - 1))
            self.world.merchant.edit_variant(self._variant(sku)["id"], barcode=self.codes[sku])
            self._tell(f"the shop gives {sku} the barcode {self.codes[sku]}")

    def person_comes(self) -> None:
        email = f"{self.name}-{len(self.people)}-p@example.com".lower()
        self.people[email] = {"tags": set[str](), "last": "Neu", "note": None}
        if self.rng.random() < 0.5:
            self.world.erp.sql("insert into customers (email, last_name) values (%s, 'Neu')", email)
        else:
            self.world.shop.customers.add(email=email, lastName="Neu")
        self._tell(f"customer {email} comes")

    def person_changes(self) -> None:
        """Names in the ERP, notes in the shop, tags on both sides."""
        if not self.people:
            return
        email, word = self.rng.choice(list(self.people)), f"w{self.rng.randrange(1000)}"
        known = self.people[email]
        node = next((one for one in self.world.shop.customers.nodes.values() if one["email"] == email), None)
        row = self.world.erp.sql("select id, tags from customers where email = %s", email)
        if row and self.rng.random() < 0.5:
            known["last"] = word
            known["tags"].add(word)
            tags = ", ".join(filter(None, [row[0]["tags"], word]))
            self.world.erp.sql("update customers set last_name = %s, tags = %s where id = %s", word, tags, row[0]["id"])
            self._tell(f"the ERP names {email} {word}")
        elif node is not None:
            known["note"] = word
            known["tags"].add(word)
            self.world.shop.customers.change(node, note=word, tags=sorted([*node["tags"], word]))
            self._tell(f"the shop notes {word} of {email}")

    def makes(self) -> None:
        sku = f"{self.name}-N{len(self.made)}"
        self.world.erp.sql("insert into products (sku, name, price) values (%s, %s, 5)", sku, f"Thing {sku}")
        self.made.append(sku)
        self._tell(f"the ERP has a new product {sku}")

    # --- what runs do

    def runs(self) -> None:
        self.rng.choice((self._well, self._in_trouble, self._in_trouble, self._cut, self._dies, self._late, self._loses))()

    def _well(self) -> None:
        self._tell(f"a run ends with {self.world.sync().code}")

    def _in_trouble(self) -> None:
        kind, where = self.rng.choice(TROUBLE), self.rng.choice(("shopify write", "shopify write", "any"))
        after = self.rng.choice((0, 1, 3)) if kind == "apply_late" else None
        faults = self.world.faults
        faults.add(Fault(kind, where, skip=self.rng.randrange(3), after=after))  # type: ignore[arg-type]
        self._tell(f"{kind} for {where}; a run ends with {self.world.sync().code}")
        self.seen["trouble"] += not faults.pending()
        self.seen["lost"] += not faults.pending()
        faults.clear()

    def _cut(self) -> None:
        at = self.rng.randint(1, 40)
        with cut_off(self.world, at):
            self._tell(f"the connection is cut before statement {at}; a run ends with {self.world.sync().code}")
        self.seen["cut"] += 1

    def _dies(self) -> None:
        at = self.rng.randint(1, 120)
        try:
            with dying_everywhere(Steps(at), dying):
                self.world.sync()
        except Crash:
            self.seen["died"] += 1
            self._tell(f"a run dies at boundary {at}")

    def _late(self) -> None:
        """A transaction that began before a run, under an early time, is committed after it."""
        self.calm()  # so that the run has nothing to write where the lock is
        number, pieces = self.rng.randrange(GOODS), self.rng.randint(1, 5)
        with self.world.erp.connect() as session:
            session.execute(
                "update inventory set quantity = quantity + %s, updated_at = now() - interval '1 day' where id = %s",
                (pieces, self.rows[number]),
            )
            self.seen["late"] += self.world.sync().code == 0
        self.pieces[number] += pieces
        self._tell(f"late: the ERP moves G{number} by {pieces}")

    def _loses(self) -> None:
        """The ledger is lost at a quiet moment: nobody could know whose movement a later difference is."""
        self.calm()
        for file in self.world.folder.glob("ledger.db*"):
            file.unlink()
        self.seen["ledgers lost"] += 1
        self._tell(f"the ledger is lost; a run ends with {self.world.sync().code}")

    # --- what must come of it

    def calm(self) -> None:
        """What is under way arrives, leases are over, and runs go well: the last of them writes nothing."""
        self.world.faults.clear()
        self.world.faults.land_late()
        ran = None
        for full in (True, True, False, True):
            self.world.erp.sql("update sync_queue set locked_until = now() - interval '1 second' where status = 'processing'")
            self.world.erp.sql("update sync_queue set next_attempt_at = now() where status = 'pending'")
            self.world.pass_time(3600)
            ran = self.world.sync(full=full)
            self.answer()
        assert ran is not None and (ran.code, ran.written) == (0, 0), self._story(ran.text)

    def answer(self) -> None:
        """Where what became of a count cannot be known any more, a person is asked and counts; a number is never made up."""
        for one in json.loads(self.world.manage("conflicts", "--json").out)["conflicts"]:
            number = next(n for n in range(GOODS) if f"G{n}" in one["name"])
            assert one["why"] == "one movement or two" and self.seen["died"] + self.seen["lost"], self._story(str(one))
            self.world.manage("conflicts", one["id"], "--value", str(self.pieces[number]), "--yes")
            self.seen["asked"] += 1

    def judge(self) -> None:
        world = self.world
        shown = [(world.available(f"G{number}"), world.quantity(self.rows[number])) for number in range(GOODS)]
        assert shown == [(count, count) for count in self.pieces], self._story(f"stock: {shown}, and not {self.pieces}")
        sources = Counter(one["sourceIdentifier"] for one in world.shop.orders.values())
        assert all(sources[f"erp:{id}"] == 1 for id in self.orders), self._story(f"orders: {sources}")
        assert len(world.shop.orders) == self.before + self.sold + len(self.orders), self._story("orders of the shop")
        assert len(world.rows()) == len(world.shop.orders), self._story("orders of the ERP")
        for order in world.shop.orders.values():
            id = str(order["sourceIdentifier"] or "").removeprefix("erp:")
            assert id not in self.shipped or len(order["fulfillments"]) == 1, self._story(f"order {id}: {order['fulfillments']}")
        self._judge_goods()
        self._judge_people()
        open_rows = world.erp.sql("select * from sync_queue where status <> 'completed' and superseded_by is null")
        assert open_rows == [], self._story(f"queue: {open_rows}")

    def _judge_goods(self) -> None:
        rows = {row["sku"]: row for row in self.world.rows("products")}
        for sku, price in self.prices.items():
            variant = self._variant(sku)
            assert Decimal(variant["price"]) == price == rows[sku]["price"], self._story(f"price of {sku}")
            assert variant["barcode"] == self.codes[sku] == rows[sku]["barcode"], self._story(f"barcode of {sku}")
        for sku in self.made:
            found = [one for one in self.world.goods.variants.values() if one["sku"] == sku]
            assert len(found) == 1 and rows[sku]["shopify_variant_id"], self._story(f"product {sku} stands {len(found)} times")

    def _judge_people(self) -> None:
        rows = self.world.rows("customers")
        nodes = list(self.world.shop.customers.nodes.values())
        for email, known in self.people.items():
            row, node = (
                [one for one in every if str(one["email"]).lower() == email]  # type: ignore[index]
                for every in (rows, nodes)
            )
            assert len(row) == len(node) == 1, self._story(f"{email} stands {len(row)} and {len(node)} times")
            tags = sorted(known["tags"])
            assert (node[0]["lastName"], node[0]["note"] or None, node[0]["tags"]) == (known["last"], known["note"], tags), (
                self._story(f"{email} in the shop: {node[0]['lastName']}, {node[0]['note']}, {node[0]['tags']}, and not {known}")
            )
            assert (row[0]["last_name"], row[0]["note"], row[0]["tags"] or "") == (
                known["last"],
                known["note"],
                ", ".join(tags),
            ), self._story(f"{email} in the ERP: {row[0]}, and not {known}")
        assert len(rows) == len(nodes), self._story("customers")

    def _variant(self, sku: str) -> Any:
        found = self.world.till.variant(sku)
        assert found is not None
        return found

    def _tell(self, what: str) -> None:
        self.told.append(what)

    def _story(self, what: str) -> str:
        return f"{what}\n" + "\n".join(self.told)


ACTS = (
    *(ErpHistory.sells, ErpHistory.counts, ErpHistory.takes_order, ErpHistory.ships) * 2,
    *(ErpHistory.prices_change, ErpHistory.person_comes, ErpHistory.person_changes, ErpHistory.makes),
    *(ErpHistory.runs,) * 5,
)


def play(count: int, first: int, world: ErpWorld) -> Counter[str]:
    """Play so many histories, from this seed on, one after the other in the same world; what was met in them."""
    met, rows = Counter[str](), stocked(world)
    for number in range(first, first + count):
        history = ErpHistory(world, rows, random.Random(number), f"h{number}")
        try:
            history.play()
        except AssertionError as wrong:
            raise AssertionError(f"history {number}: {wrong}") from wrong
        met += history.seen
    return met
