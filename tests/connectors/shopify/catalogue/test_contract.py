"""The catalogue keeps the contract of every connector.

Products are made from here, under custom ids. Variants are made in the shop: the stage keeps blank ones at hand, a blank record
counts as none, and to create one is to fill in a blank one: an ordinary update. Products are tried in this way, too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.contract.connector import Contract
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Snapshot
from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.values import Value
from tests.connectors.shopify.catalogue.conftest import Shelf

NOBODY = "gid://shopify/{}/1"


class Named:
    """A side of the catalogue under the contract's names: its keys, `title` and `count`."""

    name = "named"

    def __init__(self, side: CatalogueSide, names: Mapping[str, str], counted_as_text: bool) -> None:
        self.side, self.names, self.counted_as_text = side, names, counted_as_text
        self.can: Capabilities = side.can
        self.gids: dict[str, str] = {}

    def structure(self, token: int) -> Attempt | None:
        return self.side.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        for block in self.side.fetch():
            yield self._ours(block)

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._ours(self.side.look([self._gid(key) for key in keys]))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        attempt = self.side.prepare([self._theirs(one) for one in operations], token)
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
        return self.gids.get(key, NOBODY.format(self.side.entity.type))

    def _theirs(self, operation: Operation) -> Operation:
        creating = operation.action is Action.CREATE
        expected = {"title": None, "count": 0} if creating else operation.expected
        return replace(
            operation,
            action=Action.UPDATE if creating else operation.action,
            key=self._gid(operation.key),
            expected=self._fields(expected),
            changes=self._fields(operation.changes),
        )

    def _fields(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        return {self.names[name]: self._value(name, value) for name, value in fields.items() if name != "key"}

    def _value(self, name: str, value: Value) -> Value:
        return str(value) if name == "count" and self.counted_as_text else value

    def _ours(self, block: Snapshot) -> Snapshot:
        keys = {gid: key for key, gid in self.gids.items()}
        found = {keys[gid]: self._found(keys[gid], one) for gid, one in block.found.items()}
        return replace(block, found={key: one for key, one in found.items() if one.record.fields["title"]})

    def _found(self, key: str, one: Found) -> Found:
        fields: dict[str, Value] = {ours: one.record.fields[theirs] for ours, theirs in self.names.items()}
        if self.counted_as_text:
            fields["count"] = int(str(fields["count"]))
        return replace(one, record=Record(key, {"key": key, **fields}))


class ShopStage:
    """A shop with blank records, of which those with a title count."""

    names: Mapping[str, str]
    entity: str
    counted_as_text = False

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        generate_goods(shelf.goods, 0, 1, shelf.world.now())
        self.merchant = Merchant(shelf.goods)
        self.side = shelf.catalogue({self.entity: list(self.names.values())}).side(self.entity)
        self.connector = Named(self.side, self.names, self.counted_as_text)
        for key in ["a", "b", *(f"k{number}" for number in range(120))]:
            self.connector.gids[key] = self.blank()

    def blank(self) -> str:
        raise NotImplementedError

    def shown(self, node: Node) -> tuple[Value, Value]:
        """What counts as title and count of a record in the shop itself."""
        raise NotImplementedError

    def shows(self) -> dict[str, dict[str, Value]]:
        found: dict[str, dict[str, Value]] = {}
        for key, gid in self.connector.gids.items():
            node = self.shelf.goods.find(gid)
            assert node is not None
            title, count = self.shown(node)
            if title:
                found[key] = {"key": key, "title": title, "count": count}
        return found


class VariantStage(ShopStage):
    names = {"title": "barcode", "count": "price"}
    entity = "variants"

    def blank(self) -> str:
        return str(self.merchant.add_product("Leer")["variants"][0]["id"])

    def shown(self, node: Node) -> tuple[Value, Value]:
        return node["barcode"], int(float(node["price"]))

    def person_changes(self, key: str, field: str, value: Value) -> None:
        assert field == "count"
        self.merchant.edit_variant(self.connector.gids[key], price=str(value))

    def lose_next_answer(self, *, applied: bool) -> None:
        self.shelf.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))


class ProductStage(ShopStage):
    """Its count is a metafield, so that every write takes two mutations; the answer to the second of them is lost."""

    names = {"title": "product_type", "count": "metafields.custom.count"}
    entity = "products"
    counted_as_text = True

    def blank(self) -> str:
        product = self.merchant.add_product("Leer")
        self.merchant.set_metafield(product["id"], "custom", "count", "0", "number_integer")
        return str(product["id"])

    def shown(self, node: Node) -> tuple[Value, Value]:
        return node["productType"], int(node["metafields"][0]["value"])

    def person_changes(self, key: str, field: str, value: Value) -> None:
        assert field == "count"
        self.merchant.set_metafield(self.connector.gids[key], "custom", "count", str(value), "number_integer")

    def lose_next_answer(self, *, applied: bool) -> None:
        fault = Fault("apply_then_cut", "shopify write", skip=1) if applied else Fault("cut_before", "shopify write")
        self.shelf.world.faults.add(fault)


class TestVariants(Contract):
    @pytest.fixture
    def stage(self, shelf: Shelf) -> VariantStage:
        return VariantStage(shelf)


class TestProducts(Contract):
    @pytest.fixture
    def stage(self, shelf: Shelf) -> ProductStage:
        return ProductStage(shelf)


class Making(Named):
    """Products under the contract's names, made under the contract's keys as custom ids."""

    def __init__(self, side: CatalogueSide, names: Mapping[str, str], goods: Goods) -> None:
        super().__init__(side, names, counted_as_text=True)
        self.goods = goods
        self.last = ""

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        attempt = super().prepare(operations, token)
        self.last = attempt.operations[-1].key
        return attempt

    @property
    def made(self) -> dict[str, str]:
        """The keys of products by their ids."""
        held = ((one, field) for one in self.goods.products.values() for field in one["metafields"])
        return {one["id"]: field["value"] for one, field in held if (field["namespace"], field["key"]) == ORIGIN}

    def _gid(self, key: str) -> str:
        return next((gid for gid, made in self.made.items() if made == key), NOBODY.format("Product"))

    def _theirs(self, operation: Operation) -> Operation:
        if operation.action is Action.CREATE:
            return replace(operation, changes=self._fields(operation.changes))
        return super()._theirs(operation)

    def _ours(self, block: Snapshot) -> Snapshot:
        self.gids = {key: gid for gid, key in self.made.items()}
        return super()._ours(block)


ORIGIN = ("sync", "origin")


class MakingStage:
    """A shop without any product."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        names = {"title": "title", "count": "vendor"}
        side = shelf.catalogue({"products": list(names.values())}, origin=ORIGIN).side("products")
        self.connector = Making(side, names, shelf.goods)

    def shows(self) -> dict[str, dict[str, Value]]:
        nodes = {key: self.shelf.goods.products[gid] for gid, key in self.connector.made.items()}
        assert len(nodes) == len(self.shelf.goods.products), "there is a product that nobody asked for, or one twice"
        return {key: {"key": key, "title": one["title"], "count": int(one["vendor"])} for key, one in nodes.items()}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        assert field == "count"
        Merchant(self.shelf.goods).edit_product(self.connector._gid(key), vendor=str(value))

    def lose_next_answer(self, *, applied: bool) -> None:
        """Of several products the answer to the last one is lost, or nothing of any is applied."""
        fault = Fault("apply_then_cut", self._makes_last) if applied else Fault("cut_before", "shopify write")
        self.shelf.world.faults.add(fault)

    def _makes_last(self, seen: Seen) -> bool:
        """Whether a request makes the last product of the attempt that was prepared."""
        sent = str(seen.body_json)
        return "productSet" in sent and f"'value': '{self.connector.last}'" in sent


class TestMaking(Contract):
    @pytest.fixture
    def stage(self, shelf: Shelf) -> MakingStage:
        return MakingStage(shelf)
