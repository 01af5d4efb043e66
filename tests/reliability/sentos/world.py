"""A small shop and its Sentos for proofs, where people act at random and things go wrong; and what must hold in the end."""

import random
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.sentos.books import Article
from syncdb.sandbox.shopify.files.contents import png
from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.reliability.world import MEMORY
from tests.scenarios.sentos_world import Ran, SentosWorld

SKUS = ("TS-RED-S", "MUG")
TROUBLES = ("apply_then_cut", "apply_then_error", "cut_before", "refuse", "too_many", "html_200", "apply_late")
PLACES = ("sentos read", "sentos write", "shopify read", "shopify write")
HABITS: tuple[dict[str, Any], ...] = (
    {},
    {"same_order_id": "refused"},
    {"order_filter": "contains", "money": "number"},
    {"order_filter": "ignored", "money": "dot"},
    {"lag": 40.0, "refuses_with": 200},
    {"filters_in": "body", "no_errors": "object"},
    {"warehouse": "object", "stock": "text", "total_with_shipping": True},
)


@dataclass
class ProofWorld(SentosWorld):
    """`sold` are the orders of the shop. `told` is what happened so far, for whoever reads a failure."""

    sold: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        # many runs: where there is a file system in memory the ledger lies there, as its every commit waits for the disk
        self.quick = tempfile.TemporaryDirectory(prefix="syncdb-", dir=MEMORY if MEMORY.is_dir() else None)
        self.ledger = Path(self.quick.name) / "ledger.db"
        self.env["DB_PATH"] = str(self.ledger)
        self.env["SHOPIFY_WRITES"] = "all"
        self.stock_up()
        self.clerk.add_product("Kapüşonlu", "HOOD", "599.90", variants=[("HOOD-S", "Siyah", "S")], stock={1: 4})

    def close(self) -> None:
        super().close()
        self.quick.cleanup()

    def act(self, rng: random.Random) -> None:
        """Somebody does something, on either side."""
        name = rng.choice(list(ACTS))
        self.told.append(name)
        ACTS[name](self, rng)

    def trouble(self, rng: random.Random) -> None:
        """Something will go wrong in the next run."""
        kind, place, skip = rng.choice(TROUBLES), rng.choice(PLACES), rng.randrange(4)
        self.told.append(f"{kind} at {place}, after {skip}")
        after = 1 if kind == "apply_late" else None  # within the time in which it is waited for, which is on trust
        self.faults.add(Fault(kind, place, skip=skip, times=rng.choice((1, 1, 2)), after=after))  # type: ignore[arg-type]

    def run(self, rng: random.Random) -> None:
        """A run that may die at a boundary."""
        full = rng.random() < 0.3
        if rng.random() < 0.2:
            self.die(rng.randrange(1, 120), full=full)
        else:
            self.told.append("run" + (" --full" if full else ""))
            self.sync(full=full)

    def die(self, at: int, **asked: Any) -> bool:
        """A run that dies at boundary `at`, if it gets so far."""
        self.told.append(f"a run dies at boundary {at}")
        handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            with dying(Steps(die_at=at)):
                self.sync(**asked)
            return False
        except Crash:
            return True
        finally:
            for one, handler in handlers.items():
                signal.signal(one, handler)

    def settle(self) -> Ran:
        """All troubles end; two clean runs later everything must hold, and one more has nothing to do."""
        self.faults.clear()
        self.faults.land_late()
        self.pass_time(hours=1)
        self.sync(full=True)
        self.pass_time(hours=1)
        self.sync(full=True)
        last = self.sync(full=True)
        self.judge(last)
        return last

    def judge(self, last: Ran) -> None:
        """Each order once and to the cent, prices and stock right, nothing left to write."""
        story = "; ".join(self.told) + "\n" + last.text
        assert last.code in (0, 3), story
        assert last.written == 0 and last.sentos_writes == 0, story
        waiting: dict[str, int] = {}
        for order in self.sold:
            self._judge_order(order, waiting, story)
        ids = [one["order_id"] for one in self.sentos.books.orders.values()]
        assert len(ids) == len(set(ids)), f"an order stands twice: {story}"
        for sku in SKUS:
            product, article = self.clerk.product(sku), self.clerk.article(sku)
            if product.sale_price:
                assert Decimal(self.variant(sku)["price"]) == product.sale_price, f"price of {sku}: {story}"
            right = sum(article.stock.values()) - waiting.get(sku, 0)
            assert self.available(sku) == right, f"{sku}: {self.available(sku)} in the shop, not {right}: {story}"
        self._judge_variants(story)
        self._judge_pictures(story)

    def _judge_variants(self, story: str) -> None:
        """Each variant of the hood stands in the shop once, with its stock."""
        for article in self.clerk.product("HOOD-S").variants:
            there = [one for one in self.goods.variants.values() if one["sku"] == article.sku]
            assert len(there) == 1, f"{article.sku} stands {len(there)} times: {story}"
            assert self.available(article.sku) == sum(article.stock.values()), f"stock of {article.sku}: {story}"

    def _judge_pictures(self, story: str) -> None:
        """Each picture of Sentos stands in the shop once, and none of those that it no longer has."""
        wanted = [self.sentos.books.pictures[name].content for name in self.clerk.product("MUG").images]
        shown = [one["_content"] for one in self.variant("MUG")["product"]["media"]]
        assert not wanted or sorted(shown) == sorted(wanted), f"{len(shown)} pictures, not {len(wanted)}: {story}"

    def _judge_order(self, order: Any, waiting: dict[str, int], story: str) -> None:
        sent = self.sent(order)
        assert len(sent) <= 1, f"{order['name']} stands {len(sent)} times: {story}"
        cancelled, lacking = order["cancelledAt"] is not None, not order["shippingAddress"]["phone"]
        if not sent:
            assert cancelled or lacking, f"{order['name']} was never sent: {story}"
            if not cancelled:
                for line in order["lineItems"]:
                    waiting[line["sku"]] = waiting.get(line["sku"], 0) + line["currentQuantity"]
            return
        assert (sent[0]["status"] == 6) == cancelled, f"{order['name']} has the status {sent[0]['status']}: {story}"
        numbers = [one["number"] for made in order["fulfillments"] for one in made["trackingInfo"]]
        shipped = sent[0]["tracking_info"]["tracking_number"]
        assert numbers == ([shipped] if shipped else []), f"{order['name']} is shipped under {numbers}, not {shipped}: {story}"
        if not cancelled:
            lines = sum((line["price"] * line["quantity"] for line in sent[0]["lines"]), Decimal(0))
            total = Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
            assert lines + sent[0]["shipping_total"] == total, f"{order['name']} does not come to {total}: {story}"


def _sell(world: ProofWorld, rng: random.Random) -> None:
    pieces = {sku: rng.randrange(1, 4) for sku in rng.sample(SKUS, rng.randrange(1, 3))}
    phone = None if rng.random() < 0.15 else "+90 532 123 45 67"
    off = rng.choice(("0", "0.01", "7.77"))
    world.sold.append(world.till.sell(pieces, off=off, phone=phone, paid=rng.random() < 0.8, included=rng.random() < 0.8))


def _cancel(world: ProofWorld, rng: random.Random) -> None:
    standing = [one for one in world.sold if not one["cancelledAt"] and not _on_its_way(world, one)]
    if standing:
        world.till.cancel(rng.choice(standing))


def _on_its_way(world: ProofWorld, order: Any) -> bool:
    return any(one["status"] == 5 for one in world.sent(order))


def _ship(world: ProofWorld, rng: random.Random) -> None:
    waiting = [one for one in world.sold if not one["cancelledAt"] and world.sent(one) and not _on_its_way(world, one)]
    if waiting:
        order_id = world.order_id(rng.choice(waiting))
        world.clerk.set_status(order_id, 5, cargo_company="Yurtiçi Kargo", tracking_number=f"YK{rng.randrange(10**6)}")


def _picture(world: ProofWorld, rng: random.Random) -> None:
    known = world.clerk.product("MUG").images
    if len(known) > 1 and rng.random() < 0.4:
        world.clerk.drop_picture("MUG", rng.choice(known))
    else:
        number = len(world.sentos.books.pictures)
        world.clerk.picture("MUG", f"o_{number}.png", png(3, 3, number))


def _variant(world: ProofWorld, rng: random.Random) -> None:
    product = world.clerk.product("HOOD-S")
    free = [size for size in ("M", "L", "XL") if size not in {one.size[1] for one in product.variants if one.size}]
    if free:
        size = rng.choice(free)
        id = world.sentos.books.new_id()
        product.variants.append(Article(id, f"HOOD-{size}", color="Siyah", size=("Beden", size), stock={1: rng.randrange(9)}))


def _give_phone(world: ProofWorld, rng: random.Random) -> None:
    for one in world.sold:
        if not one["shippingAddress"]["phone"] and not one["cancelledAt"]:
            world.shop.change_address(one["id"], phone="+90 532 765 43 21")


def _price(world: ProofWorld, rng: random.Random) -> None:
    sku = rng.choice(SKUS)
    known = world.clerk.product(sku).sale_price or Decimal("100")
    price = (known * Decimal(rng.randrange(85, 120)) / 100).quantize(Decimal("0.01"))
    world.clerk.price(sku, str(price if rng.random() < 0.9 else 0))


ACTS: dict[str, Callable[[ProofWorld, random.Random], object]] = {
    "somebody buys": _sell,
    "somebody else buys": _sell,
    "an order is cancelled": _cancel,
    "a telephone number is added": _give_phone,
    "Sentos has another price": _price,
    "Sentos ships an order": _ship,
    "Sentos has another picture": _picture,
    "Sentos has a new variant": _variant,
    "pieces come into Sentos": lambda world, rng: world.clerk.receive(rng.choice(SKUS), rng.randrange(1, 9), rng.choice((1, 2))),
    "a marketplace sells": lambda world, rng: world.clerk.receive(rng.choice(SKUS), -1),
    "somebody counts in the shop": lambda world, rng: world.merchant.count(
        world.variant(rng.choice(SKUS))["id"], rng.randrange(40)
    ),
    "the shop has another price": lambda world, rng: world.merchant.edit_variant(
        world.variant(rng.choice(SKUS))["id"], price=f"{rng.randrange(90, 120)}.50"
    ),
}


def history(folder: Path, seed: int) -> ProofWorld:
    """One random history, from its seed, judged at its end."""
    rng = random.Random(seed)
    world = ProofWorld(
        folder, habits=rng.choice(HABITS), env={"MAX_PRICE_FALL_PERCENT": "100", "MAX_SHOP_CHANGED_PERCENT": "100"}
    )
    world.told.append(f"seed {seed}, habits {world.sentos.habits}")
    try:
        for _ in range(rng.randrange(2, 5)):
            for _ in range(rng.randrange(1, 4)):
                world.act(rng)
            if rng.random() < 0.6:
                world.trouble(rng)
            world.run(rng)
        world.settle()
    finally:
        world.close()
    return world
