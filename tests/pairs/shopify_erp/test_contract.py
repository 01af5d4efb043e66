"""The shop's sides of this pair keep the contract of every connector: its stock, and variants of which new ones are made of the
ERP's rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import SameName, Translated
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import STOCK, VARIANTS
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.connectors.shopify.catalogue.stock import MOVING
from syncdb.contract.connector import ONE, TWO, Contract, create, update
from syncdb.contract.own_ids import Linked
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Action, Attempt, Found, Operation, Record, Result, Side, Snapshot
from syncdb.pairs.shopify_erp import goods, stock
from syncdb.pairs.shopify_erp.new_goods import NewGoods
from syncdb.pairs.shopify_erp.places import Places
from syncdb.pairs.shopify_erp.shop_goods import ShopGoods
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.values import Value
from tests.connectors.shopify.conftest import NOON, World
from tests.postgres import Erp

MANY = 5
BLANK = 999_999  # pieces of what does not count as there
GONE = "gid://shopify/InventoryLevel/1?inventory_item_id=1"


def things() -> dict[str, str]:
    """All that the contract creates: titles by key."""
    return {str(one["key"]): str(one["title"]) for one in (ONE, TWO)} | {f"k{n}": f"Thing {n}" for n in range(MANY)}


def counts() -> dict[str, Value]:
    return {str(one["key"]): one["count"] for one in (ONE, TWO)} | {f"k{n}": n for n in range(MANY)}


@dataclass(slots=True)
class Counted(SameName, Translated):
    """Stock as the contract speaks of things: the title is the SKU, which is there before; to create is to count a blank one."""

    connector: Connector
    levels: Mapping[str, str]

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._shown(self.connector.look([self.levels.get(key, GONE) for key in keys]))

    def _shown(self, shown: Snapshot) -> Snapshot:
        keys = {gid: key for key, gid in self.levels.items()}
        things = {keys[gid]: self._thing(keys[gid], one) for gid, one in shown.found.items()}
        return replace(shown, found={key: one for key, one in things.items() if one.record.fields["count"] != BLANK})

    def _thing(self, key: str, found: Found) -> Found:
        fields = found.record.fields
        return replace(found, record=Record(key, {"key": key, "title": fields["sku"], "count": fields["available"]}))

    def _own(self, operation: Operation) -> Operation:
        before = BLANK if operation.action is Action.CREATE else operation.expected["count"]
        return replace(
            operation,
            action=Action.UPDATE,
            key=self.levels.get(operation.key, GONE),
            expected={"available": before},
            changes={"available": operation.changes["count"]},
        )


class StockStage:
    """A shop in which all that the contract creates is a product with a blank count."""

    def __init__(self, world: World) -> None:
        self.world, self.goods = world, world.shop.goods
        generate_goods(self.goods, 0, 1, world.now())
        self.merchant = Merchant(self.goods)
        made = {key: self.merchant.add_product(title, sku=title, stock=BLANK) for key, title in things().items()}
        self.variants = {key: str(one["variants"][0]["id"]) for key, one in made.items()}
        self.levels = {key: str(self.merchant.level(one)["id"]) for key, one in self.variants.items()}
        places = {gid: str(one["name"]) for gid, one in self.goods.locations.items()}
        levels = CatalogueSide(
            Conversation(world.client(deadline=1.0)), STOCK, (*STOCK.chosen(stock.READ), stock.ITEM), 1.0, manner=MOVING
        )
        shown = stock.ShownSide(levels, "Shopify inventory", stock.ShopStock(Places(places, next(iter(places)))), stock.unchanged)
        self.connector: Connector = Counted(shown, self.levels)

    def shows(self) -> dict[str, dict[str, Value]]:
        counts = {key: self.goods.levels[gid]["_counts"]["available"] for key, gid in self.levels.items()}
        return {key: {"key": key, "title": things()[key], "count": count} for key, count in counts.items() if count != BLANK}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        self.merchant.count(self.variants[key], int(str(value)))

    def lose_next_answer(self, *, applied: bool) -> None:
        self.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))


class TestStock(Contract):
    many = MANY
    repeatable = True  # sent again under its key

    @pytest.fixture
    def stage(self, world: World) -> StockStage:
        return StockStage(world)


@dataclass(slots=True)
class Made(SameName, Translated):
    """Variants as the contract speaks of things: the title is the barcode, the count is the price. `row` gives the key of a row
    of the ERP, which is there from the moment when it is asked for.
    """

    connector: Connector
    row: Callable[[str], str]

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Translated.prepare(self, operations[:1], token)

    def _shown(self, shown: Snapshot) -> Snapshot:
        return replace(shown, found={id: self._thing(one) for id, one in shown.found.items()})

    def _thing(self, found: Found) -> Found:
        fields = found.record.fields
        told: dict[str, Value] = {"key": fields["sku"], "title": fields["barcode"], "count": int(Decimal(str(fields["price"])))}
        return replace(found, record=Record(found.record.key, told))

    def _own(self, operation: Operation) -> Operation:
        key = self.row(operation.key) if operation.action is Action.CREATE else operation.key
        return replace(operation, key=key, expected=_own(operation.expected), changes=_own(operation.changes))


def _own(fields: Mapping[str, Value]) -> dict[str, Value]:
    names = {"key": "sku", "title": "barcode", "count": "price"}
    return {names[name]: Decimal(value) if isinstance(value, int) else value for name, value in fields.items()}


class GoodsStage:
    """A shop without products, and an ERP whose rows are products of their own, or all variants of one."""

    def __init__(self, world: World, erp: Erp, database: ErpDatabase, ledger: Ledger, parent: str | None) -> None:
        self.world, self.goods, self.erp, self.parent = world, world.shop.goods, erp, parent
        self.ids: dict[str, str] = {}
        generate_goods(self.goods, 0, 1, world.now())
        conversation = Conversation(world.client(deadline=1.0))
        fields = (*VARIANTS.chosen(goods.READ), goods.ITEM, goods.STATUS)
        made = ShopGoods(
            stock.ShownSide(CatalogueSide(conversation, VARIANTS, fields, 1.0), "variants", goods.of_shop, stock.unchanged),
            conversation,
            NewGoods(database, erp.tables, None, "erp"),
            makes=True,
            drafts=False,
            row_of=lambda id: "",
            late=1.0,
        )
        self.connector: Connector = Linked(Made(made, self.row), Side.RIGHT, Joins.of(ledger, "p"))

    def row(self, key: str) -> str:
        if key not in self.ids:
            text = "insert into products (sku, name, barcode, price, parent_sku) values (%s, %s, %s, %s, %s) returning id"
            title = things()[key]
            self.ids[key] = str(self.erp.sql(text, key, title, title, counts()[key], self.parent)[0]["id"])
        return self.ids[key]

    def shows(self) -> dict[str, dict[str, Value]]:
        made = {str(one["sku"]): self.thing(one) for one in self.goods.variants.values()}
        assert len(made) == len(self.goods.variants), "a variant is there twice"
        assert len(self.goods.products) == (min(len(made), 1) if self.parent else len(made)), "a product is there twice"
        return made

    def thing(self, node: Node) -> dict[str, Value]:
        return {"key": node["sku"], "title": node["barcode"], "count": int(float(node["price"]))}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        (node,) = [one for one in self.goods.variants.values() if one["sku"] == key]
        Merchant(self.goods).edit_variant(node["id"], price=str(value))

    def lose_next_answer(self, *, applied: bool) -> None:
        self.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))


@pytest.mark.long
class TestGoods(Contract):
    many = MANY

    def test_an_update_of_a_vanished_record_is_stale(self, stage: GoodsStage) -> None:
        """Whoever knows of a variant knows its global id."""
        outcomes = self.write(stage, [update("gid://shopify/ProductVariant/4711", {"count": 3}, {"count": 4})])
        assert [outcome.result for outcome in outcomes] == [Result.STALE] and stage.shows() == {}

    @pytest.mark.parametrize("skip", [0, 1])
    def test_a_lost_answer_about_a_variant_that_joins_others(self, stage: GoodsStage, skip: int) -> None:
        """The answer to either of the writes that it takes; where they are one, nothing is lost in the second case."""
        self.write(stage, [create("a", ONE)])
        attempt = stage.connector.prepare([create("b", TWO)], self.next_token())
        stage.world.faults.add(Fault("apply_then_cut", "shopify write", skip=skip))
        (outcome,) = stage.connector.write(attempt)
        if outcome.result is Result.UNKNOWN:
            (outcome,) = stage.connector.settle(attempt)
        if outcome.result is Result.STALE:  # what it takes beside the variant stands, and harms nobody
            (outcome,) = self.write(stage, [create("b", TWO)])
        assert outcome.result is Result.DONE and stage.shows() == {"a": ONE, "b": TWO}

    @pytest.fixture(params=[None, "MUGS"])
    def stage(self, world: World, erp: Erp, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[GoodsStage]:
        with Ledger.open(tmp_path / "ledger.db", NOON) as ledger, erp.database() as database:
            yield GoodsStage(world, erp, database, ledger, request.param)
