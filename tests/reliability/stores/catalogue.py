"""Random histories of all that two stores keep in step but stock, which has its own: texts, prices, options, metafields, media,
publications, collections, new and deleted products and variants; edited in either store, over lost answers and dead runs.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.shopify.products.product_writes import new_product
from syncdb.sandbox.stores import LocalStore
from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.reliability.stores.people import LEFT, RIGHT, Cell, Cells
from tests.scenarios.stores_world import StoresWorld

THINGS = 3  # products that both stores have at first
STEPS = 10
SIZES = ("S", "M", "L")
SHELF = "Gifts"
ONLINE = "Online Store"
TROUBLE = ("apply_then_cut", "apply_then_error", "cut_before", "too_many", "unavailable", "html_200")
KINDS = ("products", "variants", "options", "inventory", "metafields", "media", "publications", "collections")
CHOSEN = json.dumps(dict.fromkeys(KINDS, True))
METAFIELDS = ("care", "story")
ENTITY = {
    "title": "products", "vendor": "products", "tag": "products", "price": "variants", "options": "options", "media": "media",
    "shown": "publications", "collected": "memberships", "stock": "inventory", "meta": "metafields",
}  # fmt: skip


class CatalogueWorld(StoresWorld):
    """Two stores with a few shirts that both have, found by their SKUs."""

    def __init__(self, folder: Path) -> None:
        limits = dict.fromkeys(("MAX_CHANGED_PERCENT", "MAX_DELETED_PERCENT"), "100")
        super().__init__(folder, products=0, env={"STORES_SYNC": CHOSEN, **limits})
        self.made = 0
        for store in self.stores:
            store.merchant.add_collection(SHELF)
        for number in range(THINGS):
            for store in self.stores:
                self.shirt(store, number)
        self.made = THINGS
        for _ in range(2):
            self.synced(full=True)

    @property
    def stores(self) -> tuple[LocalStore, LocalStore]:
        return self.taf, self.afl

    def store(self, name: str) -> LocalStore:
        return self.taf if name == LEFT else self.afl

    def shirt(self, store: LocalStore, number: int) -> None:
        options = [{"name": "Size", "values": [{"name": SIZES[0]}]}]
        made = new_product({"title": f"G{number:03} new", "vendor": "Kayra", "productOptions": options}, store.goods)
        store.goods.add_product(made)
        for at, size in enumerate(SIZES):
            variant = store.merchant.add_variant(made["id"], {"Size": size}, price="10.00")
            store.merchant.edit_item(variant["id"], tracked=True, sku=f"G{number:03}-{at}")
            store.merchant.receive(variant["id"], 20, store.shop.location["id"])
        store.merchant.publish(made["id"], [ONLINE])

    def product(self, store: LocalStore, number: int) -> Any:
        """The one product of a store that a number stands for, None where there is none."""
        found = [
            one
            for one in store.goods.products.values()
            if any((each["sku"] or "").startswith(f"G{number:03}-") for each in one["variants"])
        ]
        assert len(found) < 2, f"{store.name} has {len(found)} products G{number:03}"
        return found[0] if found else None

    def variant(self, store: LocalStore, sku: str) -> Any:
        return next((one for one in store.goods.variants.values() if one["sku"] == sku), None)

    def shelf(self, store: LocalStore) -> Any:
        return next(iter(store.goods.collections.values()))

    def shows(self, name: str, cell: tuple[Any, ...]) -> Hashable:
        """What a store shows of a cell."""
        store, (number, what, *which) = self.store(name), cell
        product = self.product(store, number)
        match what:
            case "title" | "vendor":
                return str(product[what])
            case "tag":
                return which[0] in product["tags"]
            case "price" | "stock":
                variant = self.variant(store, which[0])
                return str(variant["price"]) if what == "price" else self.stock(variant, store)
            case "options":
                variants = tuple((one["sku"], one["selectedOptions"][0]["value"]) for one in product["variants"])
                used = {value for _, value in variants}  # one that no variant has is seen by nobody
                return tuple(one["name"] for one in product["options"][0]["optionValues"] if one["name"] in used), variants
            case "media":
                return tuple((one["_content"], one["alt"]) for one in product["media"])
            case "meta":
                return next((one["value"] for one in product["metafields"] if one["key"] == which[0]), None)
            case "shown":
                return ONLINE in {store.goods.publications[one]["name"] for one in product["_published"]}
        return product["id"] in self.shelf(store)["_products"]


def cells_of(number: int, skus: list[str]) -> list[tuple[Any, ...]]:
    own = [(number, what) for what in ("title", "vendor", "options", "media", "shown", "collected")]
    tags = [(number, "tag", tag) for tag in ("new", "sale")]
    metafields = [(number, "meta", key) for key in METAFIELDS]
    return [*own, *tags, *metafields, *((number, what, sku) for sku in skus for what in ("price", "stock"))]


@dataclass
class CatalogueHistory:
    """One history in a world that goes on to the next."""

    world: CatalogueWorld
    rng: random.Random
    cells: Cells = field(default_factory=Cells)
    told: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    new: dict[int, str] = field(default_factory=dict)  # where each new product came into being
    gone: dict[int, str] = field(default_factory=dict)  # where each was deleted
    lost: dict[str, str] = field(default_factory=dict)  # by SKU, where a variant was deleted
    added: set[int] = field(default_factory=set)  # products with a variant more or less, so that options move by themselves

    def __post_init__(self) -> None:
        for number in range(self.world.made):
            product = self.world.product(self.world.taf, number)
            if product is not None and self.world.product(self.world.afl, number) is not None:
                self.know(number, [one["sku"] for one in product["variants"]])

    def know(self, number: int, skus: list[str]) -> None:
        for name in cells_of(number, skus):
            left, right = (self.world.shows(store, name) for store in (LEFT, RIGHT))
            assert left == right, f"{name} begins with {left} and {right}"
            self.cells.known[name] = Cell(left, total=name[1] == "stock")

    @property
    def numbers(self) -> list[int]:
        return sorted({name[0] for name in self.cells.known if name[0] not in self.gone})  # type: ignore[misc]

    # --- what people do

    def acts(self) -> None:
        store, number = self.rng.choice(self.world.stores), self.rng.choice(self.numbers)
        if self.world.product(store, number) is None:
            return
        self.rng.choice(ACTS)(self, store, number)

    def _edited(self, store: LocalStore, name: tuple[Any, ...], value: Hashable) -> None:
        self.cells.edited(name, store.name, value, self.runs)
        self.seen[str(name[1])] += 1
        self.told.append(f"{store.name}: {name} is {value if name[1] != 'media' else '...'}")

    def texts(self, store: LocalStore, number: int) -> None:
        what = self.rng.choice(("title", "vendor"))
        value = f"G{number:03} {self.rng.randrange(100)}" if what == "title" else f"Vendor {self.rng.randrange(3)}"
        store.merchant.edit_product(self.world.product(store, number)["id"], **{what: value})
        self._edited(store, (number, what), value)

    def tags(self, store: LocalStore, number: int) -> None:
        product, tag = self.world.product(store, number), self.rng.choice(("new", "sale"))
        now = tag not in product["tags"]
        store.merchant.edit_product(
            product["id"], tags=[*product["tags"], tag] if now else [t for t in product["tags"] if t != tag]
        )
        self._edited(store, (number, "tag", tag), now)

    def metafields(self, store: LocalStore, number: int) -> None:
        """Somebody fills one in, or takes it off."""
        product, key = self.world.product(store, number), self.rng.choice(METAFIELDS)
        value = f"text {self.rng.randrange(100)}" if self.rng.randrange(3) else None
        if value is None:
            product["metafields"] = [one for one in product["metafields"] if one["key"] != key]
            store.goods.metafield_changed(product)
        else:
            store.merchant.set_metafield(product["id"], "custom", key, value)
        self._edited(store, (number, "meta", key), value)

    def prices(self, store: LocalStore, number: int) -> None:
        sku = self.rng.choice([one["sku"] for one in self.world.product(store, number)["variants"]])
        if (number, "price", sku) in self.cells.known:
            value = f"{self.rng.randrange(11, 20)}.00"  # none falls by half, which a run would not do
            store.merchant.edit_variant(self.world.variant(store, sku)["id"], price=value)
            self._edited(store, (number, "price", sku), value)

    def sales(self, store: LocalStore, number: int) -> None:
        sku, pieces = (
            self.rng.choice([one["sku"] for one in self.world.product(store, number)["variants"]]),
            self.rng.randint(1, 3),
        )
        if (number, "stock", sku) in self.cells.known:
            store.merchant.sell(self.world.variant(store, sku)["id"], pieces, store.shop.location["id"])
            self._edited(store, (number, "stock", sku), -pieces)

    def orders(self, store: LocalStore, number: int) -> None:
        """Values, or just the variants, are dragged into another order, or a value gets another name."""
        product = self.world.product(store, number)
        values = [value["name"] for value in product["options"][0]["optionValues"]]
        before = self.world.shows(store.name, (number, "options"))
        how = self.rng.randrange(3)
        if how == 0:
            store.merchant.order_values(product["id"], "Size", self.rng.sample(values, len(values)))
        elif how == 1:
            ids = [one["id"] for one in product["variants"]]
            store.merchant.order_variants(product["id"], self.rng.sample(ids, len(ids)))
        else:
            old = self.rng.choice(values)
            store.merchant.change_option(product["id"], "Size", values={old: f"{old[0]}{self.rng.randrange(1000)}"})
        if (now := self.world.shows(store.name, (number, "options"))) != before:
            self._edited(store, (number, "options"), now)

    def media(self, store: LocalStore, number: int) -> None:
        product, goods = self.world.product(store, number), store.goods
        how, media = self.rng.randrange(4), product["media"]
        if how == 0 and media:
            media.pop(self.rng.randrange(len(media)))
        elif how == 1 and len(media) > 1:
            media.append(media.pop(0))
        elif how == 2 and media:
            self.rng.choice(media)["alt"] = f"alt {self.rng.randrange(100)}"
        else:
            shade = self.rng.randrange(200)
            content = png(4, 4, shade, b"%d" % self.rng.randrange(10**6))
            media.append(goods.files.keep(ready("IMAGE", goods.new_id(), content, "", f"{shade}.png", 1, goods.stamp())))
        goods.product_changed(product)
        self._edited(store, (number, "media"), self.world.shows(store.name, (number, "media")))

    def publications(self, store: LocalStore, number: int) -> None:
        now = not self.world.shows(store.name, (number, "shown"))
        store.merchant.publish(self.world.product(store, number)["id"], [ONLINE] if now else [])
        self._edited(store, (number, "shown"), now)

    def collections(self, store: LocalStore, number: int) -> None:
        shelf, id = self.world.shelf(store), self.world.product(store, number)["id"]
        now = id not in shelf["_products"]
        store.merchant.collect(
            shelf["id"], [*shelf["_products"], id] if now else [one for one in shelf["_products"] if one != id]
        )
        store.goods.product_changed(self.world.product(store, number))  # else it is seen by the daily look only
        self._edited(store, (number, "collected"), now)

    def new_product(self, store: LocalStore, _: int) -> None:
        number = self.world.made
        self.world.made += 1
        self.world.shirt(store, number)
        self.new[number] = store.name
        self.seen["new product"] += 1
        self.told.append(f"{store.name}: product {number} is new")

    def deleted_product(self, store: LocalStore, number: int) -> None:
        if len(self.numbers) > 1:
            store.merchant.delete_product(self.world.product(store, number)["id"])
            self.gone[number] = store.name
            self.seen["deleted product"] += 1
            self.told.append(f"{store.name}: product {number} is deleted")

    def new_variant(self, store: LocalStore, number: int) -> None:
        size = f"N{self.rng.randrange(1000)}"
        made = store.merchant.add_variant(self.world.product(store, number)["id"], {"Size": size}, price="7.00")
        store.merchant.edit_item(made["id"], tracked=True, sku=f"G{number:03}-{size}")
        self.added.add(number)
        self.seen["new variant"] += 1
        self.told.append(f"{store.name}: {number} has a new variant {size}")

    def deleted_variant(self, store: LocalStore, number: int) -> None:
        there = self.world.product(store, number)["variants"]
        sku = self.rng.choice([one["sku"] for one in there])
        others = {one["sku"] for one in self.world.product(self.other(store), number)["variants"]} - self.lost.keys() - {sku}
        if len(there) > 1 and (number, "price", sku) in self.cells.known and sku not in self.lost and others:
            store.merchant.delete_variant(self.world.variant(store, sku)["id"])
            self.lost[sku] = store.name
            self.added.add(number)
            self.seen["deleted variant"] += 1
            self.told.append(f"{store.name}: {sku} is deleted")

    def other(self, store: LocalStore) -> LocalStore:
        return self.world.afl if store is self.world.taf else self.world.taf

    # --- what the program meets

    def a_run(self) -> None:
        how = self.rng.randrange(4)
        if how == 0:
            self.told.append(f"a run ends with {self.world.sync().code}")
        elif how == 1:
            at = self.rng.randint(1, 150)
            try:
                with dying(Steps(at)):
                    self.world.sync()
            except Crash:
                self.seen["died"] += 1
                self.told.append(f"a run dies at boundary {at}")
        else:
            store, kind = self.rng.choice(self.world.stores), self.rng.choice(TROUBLE)
            where, skip = self.rng.choice(("shopify write", "any")), self.rng.randrange(4)
            store.faults.add(Fault(kind, where, skip=skip))  # type: ignore[arg-type]
            self.told.append(f"{kind} for {where} {skip} to {store.name}; a run ends with {self.world.sync().code}")
            self.seen[kind] += not store.faults.pending()
            store.faults.clear()
        self.runs += 1

    # --- what must come of it

    def play(self) -> None:
        for _ in range(self.rng.randint(4, STEPS)):
            self.rng.choice((self.acts, self.acts, self.acts, self.a_run))()
        self.calm()
        wrong = [*self.judge()]
        assert not wrong, "\n".join((*wrong, "", *self.told))
        self.settle()

    def calm(self) -> None:
        self.world.pass_time(hours=1)
        for _ in range(6):
            ran = self.world.sync(full=True)
            assert ran.code in (0, 3), f"{ran.code}: {ran.text}\n" + "\n".join(self.told)
            if ran.written == 0:
                self.last = ran
                return
        raise AssertionError(f"there is still something to write: {ran.text}\n" + "\n".join(self.told))

    def judge(self) -> list[str]:
        asked = json.loads(self.world.manage("conflicts", "--json").out)["conflicts"]
        self.asked = {(one["entity"], one["field"], f"G{int(n):03}") for one in asked for n in _numbers(one)}
        wrong = [told for number in self.gone for told in self._of_gone(number)]
        wrong += [told for number, name in self.new.items() for told in self._of_new(number, name)]
        wrong += [told for sku, name in self.lost.items() for told in self._of_lost(sku, name)]
        for name, cell in self.cells.known.items():
            number, what, *which = name
            if number in self.gone or (which and which[0] in self.lost):
                continue
            left, right = (self.world.shows(store, name) for store in (LEFT, RIGHT))
            entity = ENTITY[str(what)]
            asking = any(one == entity and marked == f"G{number:03}" for one, _, marked in self.asked)
            if what == "options" and number in self.added:  # what a variant more or less does to it is judged by its kind
                told = (
                    ""
                    if self._in_common(left) == self._in_common(right) or asking
                    else f"{left} and {right}, and nobody is asked"
                )
            elif what == "meta" and asking and (left, right) == (cell.last(LEFT), cell.last(RIGHT)):
                told = ""  # while one is in question the others of its product wait
            else:
                told = cell.judge(left, right, asking and len(cell.stores) == 2)
            self.seen["judged"] += 1
            wrong += [f"{name}: {told}"] if told else []
        return wrong

    def _in_common(self, shown: Any) -> Hashable:
        """Options without what belongs to deleted variants alone."""
        values, variants = shown
        kept = tuple((sku, value) for sku, value in variants if sku not in self.lost)
        used = {value for _, value in kept}
        return tuple(value for value in values if value in used), kept

    def _of_gone(self, number: int) -> list[str]:
        deleted = self.gone[number]
        there = self.world.product(self.world.store(RIGHT if deleted == LEFT else LEFT), number)
        edited = self.cells.touched(RIGHT if deleted == LEFT else LEFT, number)
        again = self.world.product(self.world.store(deleted), number)
        if there is None:
            return [f"{number} was deleted in {deleted} and is gone in the other store, too"]
        if again is not None:
            return [f"{number} was deleted in {deleted} and is there again"]
        if not edited and there["status"] != "DRAFT" and number not in self.added:
            return [f"{number} was deleted in {deleted} and is still {there['status']} in the other store"]
        return []

    def _of_new(self, number: int, name: str) -> list[str]:
        if number in self.gone:
            return []
        both = [self.world.product(store, number) for store in self.world.stores]
        if None in both:
            return [f"{number}, new in {name}, is not in both stores"]
        cells = cells_of(number, [one["sku"] for one in both[0]["variants"]])
        shown = [(cell, *(self.world.shows(store, cell) for store in (LEFT, RIGHT))) for cell in cells]
        return [f"{cell}: {left} and {right}" for cell, left, right in shown if left != right]

    def _of_lost(self, sku: str, name: str) -> list[str]:
        number, other = int(sku[1:4]), RIGHT if name == LEFT else LEFT
        if number in self.gone or self.world.variant(self.world.store(other), sku) is None:
            return []
        touched = any(other in self.cells.known[one].stores for one in self.cells.of(number) if sku in one[2:])
        return [] if touched else [f"{sku} was deleted in {name} and is still in {other}"]

    def settle(self) -> None:
        """People end what is in question, so that the next history begins in step."""
        for number in self.gone:
            for store in self.world.stores:
                if (there := self.world.product(store, number)) is not None:
                    store.merchant.delete_product(there["id"])
        for sku in self.lost:
            for store in self.world.stores:
                if (there := self.world.variant(store, sku)) is not None:
                    store.merchant.delete_variant(there["id"])
        for _ in range(4):
            self.world.sync(full=True)
            answer = self.world.manage("conflicts", "--all", "--take", self.rng.choice((LEFT, RIGHT)), "--yes")
            if "No open conflicts" in self.world.manage("conflicts").all:
                break
        ran = self.world.sync(full=True)
        assert (ran.code, ran.written) == (0, 0), f"{ran.text}\n{answer.all}\n" + "\n".join(self.told)


def _numbers(one: Any) -> list[str]:
    return [one["name"].split("G", 1)[1][:3]] if "G" in one["name"] and one["name"].split("G", 1)[1][:3].isdigit() else []


ACTS: tuple[Callable[[CatalogueHistory, LocalStore, int], None], ...] = (
    *(CatalogueHistory.texts,) * 3,
    CatalogueHistory.tags,
    *(CatalogueHistory.metafields,) * 2,
    *(CatalogueHistory.prices,) * 2,
    *(CatalogueHistory.sales,) * 2,
    *(CatalogueHistory.orders,) * 2,
    *(CatalogueHistory.media,) * 2,
    CatalogueHistory.publications,
    CatalogueHistory.collections,
    CatalogueHistory.new_product,
    CatalogueHistory.deleted_product,
    CatalogueHistory.new_variant,
    CatalogueHistory.deleted_variant,
)


def play(count: int, first: int, world: CatalogueWorld) -> Counter[str]:
    """Play so many histories, from this seed on, one after the other in the same stores; what was met in them."""
    met: Counter[str] = Counter()
    for number in range(first, first + count):
        history = CatalogueHistory(world, random.Random(number))
        try:
            history.play()
        except AssertionError as wrong:
            raise AssertionError(f"history {number}: {wrong}") from wrong
        met += history.seen
    return met
