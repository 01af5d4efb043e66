"""The sides of two stores keep the contract of every connector.

What is written in one store is taken from the other: so before an operation is prepared, the record that it speaks of comes to
look like that in the first store, as if its people had made it so. Products are made whole. Of the other kinds each record is a
part of a product that both stores have; a blank part counts as none, and to create one is to fill it: an ordinary update.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.base import Capabilities
from syncdb.contract.connector import Contract
from syncdb.engine.links import Joins, LinkedSide
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link
from syncdb.model import Action, Attempt, Operation, Outcome, Record, Result, Side, Snapshot
from syncdb.pairs.shopify_stores.making import entity_sides
from syncdb.pairs.shopify_stores.media import opened_media
from syncdb.pairs.shopify_stores.settings import load
from syncdb.pairs.shopify_stores.shops import opened_shops
from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.definitions import define
from syncdb.sandbox.stores import LocalStore
from syncdb.values import Value
from tests.scenarios.stores_world import StoresWorld

MANY = 7
KEYS = ("a", "b", *(f"k{number}" for number in range(MANY)))
WORDS = ("Mug", "Läufer 🧵", *(f"Thing {number}" for number in range(MANY)), *(f"count {number}" for number in range(10)))
KINDS = ("products", "variants", "options", "metafields", "media", "publications", "collections")
CHOSEN = json.dumps(dict.fromkeys(KINDS, True))


class Stage:
    """Two stores, and one kind of record of the second as a connector under the contract's names."""

    entity: str
    writes: str  # a part of the requests that write

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.world = StoresWorld(folder, products=0, env={"STORES_SYNC": CHOSEN})
        stack.callback(self.world.close)
        for store in (self.world.taf, self.world.afl):
            for number, name in enumerate(WORDS):
                made = parts.publication(9000 + number, name)
                store.goods.publications[made["id"]] = made
        self.ledger = stack.enter_context(Ledger.open(folder / "ledger.db", self.world.clock.now()))
        settings = load({}, self.world.env, folder)
        shops = stack.enter_context(opened_shops(settings, self.ledger, self.world.clock))
        media = stack.enter_context(opened_media(shops, self.ledger, self.world.clock.now()))
        self.joins = {
            name: Joins.of(self.ledger, shops.pair_name(name)) for name in ("products", "variants", "collections", self.entity)
        }
        self.known: dict[str, tuple[Any, Any]] = {}  # by key, the product in both stores, None where it is not there yet
        self.begin()
        sides = entity_sides(settings, self.ledger, shops, media).of(self.entity)
        self.left = LinkedSide(sides[Side.LEFT], Side.LEFT, self.joins[self.entity])
        self.connector: Any = self.named(LinkedSide(sides[Side.RIGHT], Side.RIGHT, self.joins[self.entity]))

    def named(self, side: LinkedSide) -> "Filling":
        return Filling(side, self)

    def begin(self) -> None:
        """Products that both stores have, with blank parts."""
        with self.ledger.transaction():
            for key in KEYS:
                both = [store.merchant.add_product(key, sku=key) for store in (self.world.taf, self.world.afl)]
                for store, product in zip((self.world.taf, self.world.afl), both, strict=True):
                    store.merchant.publish(product["id"], [])
                self.known[key] = both[0], both[1]
                for what in ("products", self.entity):
                    self.joins[what].links.put(Link(both[0]["id"], both[0]["id"], both[1]["id"]))
                ids = [product["variants"][0]["id"] for product in both]
                self.joins["variants"].links.put(Link(ids[0], *ids))

    def put(self, store: LocalStore, product: Any, title: str, count: int) -> None:
        """People of a store let a part say this."""
        raise NotImplementedError

    def said(self, product: Any) -> tuple[str, int] | None:
        """What a part says, read behind everybody's back."""
        raise NotImplementedError

    def shows(self) -> dict[str, dict[str, Value]]:
        said = {key: self.said(right) for key, (_, right) in self.known.items() if right is not None}
        return {key: {"key": key, "title": one[0], "count": one[1]} for key, one in said.items() if one is not None}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        assert field == "count" and isinstance(value, int)
        _, right = self.known[key]
        now = self.said(right)
        assert now is not None
        self.put(self.world.afl, right, now[0], value)

    def lose_next_answer(self, *, applied: bool) -> None:
        """Of several records the answer to the last write is lost, or nothing of any is applied."""
        self.world.afl.faults.add(Fault("apply_then_cut", self.writes_last) if applied else Fault("cut_before", "shopify write"))

    def writes_last(self, seen: Seen) -> bool:
        """Whether a request writes the last record of the attempt that was prepared."""
        _, right = self.known[self.connector.last]
        return self.writes in str(seen.body_json) and right["id"] in str(seen.body_json)


class Filling:
    """A kind of record with one value, which holds the contract's title and count."""

    name = "filling"

    def __init__(self, side: LinkedSide, stage: Stage) -> None:
        self.side, self.stage = side, stage
        self.can: Capabilities = side.can
        shown = side.look([left["id"] for left, _ in stage.known.values()]).found
        self.blank = {key: shown[left["id"]].record.fields[stage.entity] for key, (left, _) in stage.known.items()}
        self.words: dict[tuple[str, Value], tuple[str, int]] = {}  # by key and value, what it says
        self.titles: dict[str, str] = {}

    def structure(self, token: int) -> Attempt | None:
        return self.side.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        return map(self._ours, self.side.fetch())

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._ours(self.side.look([self._gid(key) for key in keys]))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        attempt = self.side.prepare([self._theirs(one) for one in operations], token)
        self.last = operations[len(attempt.operations) - 1].key
        return replace(attempt, operations=tuple(operations[: len(attempt.operations)]))

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self.side.write(self._inner(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self.side.settle(self._inner(attempt))

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.side.mend(self._inner(attempt), token)

    def close(self) -> None:
        self.side.close()

    def _inner(self, attempt: Attempt) -> Attempt:
        return replace(attempt, operations=tuple(self._theirs(one) for one in attempt.operations))

    def _gid(self, key: str) -> str:
        return str(self.stage.known[key][0]["id"]) if key in self.stage.known else "gid://shopify/Product/1"

    def _theirs(self, operation: Operation) -> Operation:
        key, creating = operation.key, operation.action is Action.CREATE
        if key not in self.stage.known:
            return replace(operation, key=self._gid(key), expected={self.stage.entity: "?"}, changes={self.stage.entity: "!"})
        title, count = str(operation.changes.get("title", self.titles.get(key))), int(str(operation.changes["count"]))
        self.titles[key] = title
        expected = self.blank[key] if creating else self._value(key, (title, int(str(operation.expected["count"]))))
        return replace(
            operation,
            action=Action.UPDATE,
            key=self._gid(key),
            expected={self.stage.entity: expected},
            changes={self.stage.entity: self._made(key, title, count)},
        )

    def _value(self, key: str, said: tuple[str, int]) -> Value:
        return next((value for (one, value), words in self.words.items() if one == key and words == said), "?")

    def _made(self, key: str, title: str, count: int) -> Value:
        """The value that says this, as the first store shows it now that its people made it so."""
        if (known := self._value(key, (title, count))) != "?":
            return known
        left, _ = self.stage.known[key]
        self.stage.put(self.stage.world.taf, left, title, count)
        self.stage.left.close()  # what it has read before is of an earlier run
        value = self.stage.left.look([left["id"]]).found[left["id"]].record.fields[self.stage.entity]
        self.words[key, value] = title, count
        return value

    def _ours(self, block: Snapshot) -> Snapshot:
        keys = {left["id"]: key for key, (left, _) in self.stage.known.items() if left is not None}
        found = {}
        for gid, one in block.found.items():
            said = self.words.get((keys[gid], one.record.fields.get(self.stage.entity)))
            if said is not None:
                fields: dict[str, Value] = {"key": keys[gid], "title": said[0], "count": said[1]}
                found[keys[gid]] = replace(one, record=Record(keys[gid], fields))
        return replace(block, found=found)


class PublicationStage(Stage):
    """Title and count are the names of two publications."""

    entity = "publications"
    writes = "publishablePublish"

    def put(self, store: LocalStore, product: Any, title: str, count: int) -> None:
        store.merchant.publish(product["id"], [title, f"count {count}"])

    def said(self, product: Any) -> tuple[str, int] | None:
        names = [self.world.afl.goods.publications[one]["name"] for one in product["_published"]]
        counts = [name for name in names if name.startswith("count ")]
        return (next(name for name in names if name not in counts), int(counts[0][6:])) if names else None


class MembershipStage(Stage):
    """Title and count are the titles of two collections that both stores have."""

    entity = "memberships"
    writes = "collectionsToJoin"

    def begin(self) -> None:
        super().begin()
        self.shelves: dict[str, tuple[Any, Any]] = {}
        with self.ledger.transaction():
            for word in WORDS:
                left, right = (store.merchant.add_collection(word) for store in (self.world.taf, self.world.afl))
                self.joins["collections"].links.put(Link(left["id"], left["id"], right["id"]))
                self.shelves[word] = left, right

    def put(self, store: LocalStore, product: Any, title: str, count: int) -> None:
        for word, both in self.shelves.items():
            shelf = both[store is self.world.afl]
            others = [one for one in shelf["_products"] if one != product["id"]]
            joined = word in (title, f"count {count}")
            if joined or len(others) < len(shelf["_products"]):
                store.merchant.collect(shelf["id"], [*others, product["id"]] if joined else others)

    def said(self, product: Any) -> tuple[str, int] | None:
        names = [word for word, (_, right) in self.shelves.items() if product["id"] in right["_products"]]
        counts = [name for name in names if name.startswith("count ")]
        return (next(name for name in names if name not in counts), int(counts[0][6:])) if names else None


class MetafieldStage(Stage):
    """Title and count are a metafield each."""

    entity = "metafields"
    writes = "metafieldsSet"

    def put(self, store: LocalStore, product: Any, title: str, count: int) -> None:
        store.merchant.set_metafield(product["id"], "custom", "title", title)
        store.merchant.set_metafield(product["id"], "custom", "count", f"{count}", "number_integer")

    def said(self, product: Any) -> tuple[str, int] | None:
        found = {one["key"]: one["value"] for one in product["metafields"]}
        return (found["title"], int(found["count"])) if found else None


class MediaStage(Stage):
    """One picture, whose bytes are the title's and whose alternative text is the count."""

    entity = "media"
    writes = "AppendMedia"

    def put(self, store: LocalStore, product: Any, title: str, count: int) -> None:
        content = png(2, 2, 9, title.encode())
        product["media"] = [
            store.goods.files.keep(ready("IMAGE", store.goods.new_id(), content, f"{count}", "a.png", 1, store.goods.stamp()))
        ]
        store.goods.product_changed(product)

    def said(self, product: Any) -> tuple[str, int] | None:
        pictures = {png(2, 2, 9, title.encode()): title for title in WORDS}
        (one,) = product["media"] or [None]
        return None if one is None else (pictures[one["_content"]], int(one["alt"]))


class OptionsStage(Stage):
    """The name of the one option, and its one value."""

    entity = "options"
    writes = "mutation"

    def put(self, store: LocalStore, product: Any, title: str, count: int) -> None:
        option = product["options"][0]
        values = {option["optionValues"][0]["name"]: str(count)}
        store.merchant.change_option(product["id"], option["name"], to=title, values=values)

    def said(self, product: Any) -> tuple[str, int] | None:
        name, value = product["options"][0]["name"], product["variants"][0]["selectedOptions"][0]["value"]
        return None if name == "Title" else (name, int(value))


class Making(Filling):
    """Records that are made, each from one of the first store, and joined with it once they are."""

    def __init__(self, side: LinkedSide, stage: "MakingStage") -> None:
        self.side, self.stage = side, stage
        self.can = side.can

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._joined(attempt, super().write(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self._joined(attempt, super().settle(attempt))

    def _joined(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        with self.stage.ledger.transaction():
            for one, outcome in zip(attempt.operations, outcomes, strict=True):
                if outcome.result is Result.DONE and outcome.id:
                    assert self.stage.joins[self.stage.entity].join(Side.RIGHT, self._gid(one.key), outcome.id)
        return outcomes

    def _gid(self, key: str) -> str:
        return self.stage.originals.get(key, "gid://shopify/Product/1")  # type: ignore[attr-defined, no-any-return]

    def _theirs(self, operation: Operation) -> Operation:
        if operation.action is Action.CREATE:
            title, count = operation.changes["title"], operation.changes["count"]
            self.stage.make(operation.key, str(title), int(str(count)))  # type: ignore[attr-defined]
        changes, expected = (self.stage.fields(one) for one in (operation.changes, operation.expected))  # type: ignore[attr-defined]
        return replace(operation, key=self._gid(operation.key), changes=changes, expected=expected)

    def _ours(self, block: Snapshot) -> Snapshot:
        keys = {gid: key for key, gid in self.stage.originals.items()}  # type: ignore[attr-defined]
        found = {keys[gid]: (gid, one) for gid, one in block.found.items() if gid in keys}
        said = {key: self.stage.words(one.record.fields) for key, (_, one) in found.items()}  # type: ignore[attr-defined]
        ours = {key: replace(one, record=Record(key, {"key": key, **said[key]})) for key, (_, one) in found.items()}
        return replace(block, found=ours)


class MakingStage(Stage):
    """`originals` are the records of the first store, by key."""

    title: str
    count: str

    def named(self, side: LinkedSide) -> Making:
        return Making(side, self)

    def begin(self) -> None:
        self.originals: dict[str, str] = {}
        for store in (self.world.taf, self.world.afl):
            define(store.goods, "PRODUCT", "sync", "origin", "Origin", "id")

    def make(self, key: str, title: str, count: int) -> None:
        """People of the first store make it, unless they have."""
        raise NotImplementedError

    def fields(self, ours: Mapping[str, Value]) -> dict[str, Value]:
        names = {"title": self.title, "count": self.count}
        return {names[name]: value for name, value in ours.items() if name in names}

    def words(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        return {"title": fields[self.title], "count": int(float(str(fields[self.count])))}


class ProductStage(MakingStage):
    """Whole products, made as copies of those of the first store."""

    entity, title, count = "products", "title", "vendor"
    writes = "productSet"

    def make(self, key: str, title: str, count: int) -> None:
        if key not in self.originals:
            self.originals[key] = self.world.taf.merchant.add_product(title, vendor=str(count), sku=key)["id"]

    def fields(self, ours: Mapping[str, Value]) -> dict[str, Value]:
        return {name: str(value) for name, value in super().fields(ours).items()}

    def shows(self) -> dict[str, dict[str, Value]]:
        products = self.world.afl.goods.products.values()
        made = {one["variants"][0]["sku"]: one for one in products}
        assert len(made) == len(products), "a product is there twice"
        return {key: {"key": key, "title": one["title"], "count": int(one["vendor"])} for key, one in made.items()}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        (product,) = (one for one in self.world.afl.goods.products.values() if one["variants"][0]["sku"] == key)
        self.world.afl.merchant.edit_product(product["id"], vendor=str(value))

    def writes_last(self, seen: Seen) -> bool:
        return self.writes in str(seen.body_json) and f"'{self.connector.last}'" in str(seen.body_json)


class CollectionStage(MakingStage):
    """Collections chosen by hand, made as copies of those of the first store."""

    entity, title, count = "collections", "title", "description_html"
    writes = "collectionCreate"

    def make(self, key: str, title: str, count: int) -> None:
        if key not in self.originals:
            made = self.world.taf.merchant.add_collection(key)
            self.world.taf.merchant.edit_collection(made["id"], title=title, descriptionHtml=f"{count}")
            self.originals[key] = made["id"]

    def fields(self, ours: Mapping[str, Value]) -> dict[str, Value]:
        return {name: str(value) for name, value in super().fields(ours).items()}

    def shows(self) -> dict[str, dict[str, Value]]:
        made = {one["handle"]: one for one in self.world.afl.goods.collections.values()}
        return {key: {"key": key, "title": one["title"], "count": int(one["descriptionHtml"])} for key, one in made.items()}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        (found,) = (one for one in self.world.afl.goods.collections.values() if one["handle"] == key)
        self.world.afl.merchant.edit_collection(found["id"], descriptionHtml=str(value))

    def writes_last(self, seen: Seen) -> bool:
        return self.writes in str(seen.body_json) and f"'{self.connector.last}'" in str(seen.body_json)


class VariantStage(MakingStage):
    """Variants that are added to a product that both stores have."""

    entity, title, count = "variants", "barcode", "price"
    writes = "productVariantsBulkCreate"

    def begin(self) -> None:
        super().begin()
        self.owners = [store.merchant.add_product("Shirt") for store in (self.world.taf, self.world.afl)]
        ids = [one["id"] for one in self.owners]
        first = [one["variants"][0]["id"] for one in self.owners]
        with self.ledger.transaction():
            self.joins["products"].links.put(Link(ids[0], *ids))
            self.joins["variants"].links.put(Link(first[0], *first))

    def make(self, key: str, title: str, count: int) -> None:
        if key not in self.originals:
            merchant, owner = self.world.taf.merchant, self.owners[0]["id"]
            made = merchant.add_variant(owner, {"Title": key}, price=f"{count}", barcode=title, inventoryItem={"sku": key})
            self.originals[key] = made["id"]

    def fields(self, ours: Mapping[str, Value]) -> dict[str, Value]:
        return {**super().fields(ours), "product": self.owners[1]["id"]} if "title" in ours else super().fields(ours)

    def shows(self) -> dict[str, dict[str, Value]]:
        made = {one["sku"]: one for one in self.owners[1]["variants"] if one["sku"]}
        return {key: {"key": key, "title": one["barcode"], "count": int(float(one["price"]))} for key, one in made.items()}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        (variant,) = (one for one in self.owners[1]["variants"] if one["sku"] == key)
        self.world.afl.merchant.edit_variant(variant["id"], price=str(value))

    def writes_last(self, seen: Seen) -> bool:
        return self.writes in str(seen.body_json) and f"'{self.connector.last}'" in str(seen.body_json)


class OfTwoStores(Contract):
    """What is common to their contracts. Each kind of record is brought to what the other store has, as often as it takes."""

    many = MANY
    repeatable = True
    kind: type[Stage]

    @pytest.fixture
    def stage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
        monkeypatch.chdir(tmp_path)
        with ExitStack() as stack:
            yield self.kind(tmp_path, stack)


@pytest.mark.long  # written by the same side as metafields
class TestPublications(OfTwoStores):
    kind = PublicationStage


@pytest.mark.long  # as publications
class TestMemberships(OfTwoStores):
    kind = MembershipStage


class TestMetafields(OfTwoStores):
    kind = MetafieldStage


class TestCollections(OfTwoStores):
    kind = CollectionStage


class TestOptions(OfTwoStores):
    kind = OptionsStage


class TestMedia(OfTwoStores):
    kind = MediaStage
    repeatable = False


class TestProducts(OfTwoStores):
    kind = ProductStage
    repeatable = False


class TestVariants(OfTwoStores):
    kind = VariantStage
