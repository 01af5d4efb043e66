"""A shop's orders and its customers keep the contract of every connector, made under what they are found again by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import SameName, Translated
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.customers.side import CustomersSide
from syncdb.connectors.shopify.ordering.side import OrdersSide
from syncdb.contract.connector import Contract, update
from syncdb.contract.own_ids import Linked
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Found, Operation, Record, Result, Side, Snapshot
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.money import Node
from syncdb.values import Value
from tests.connectors.shopify.conftest import NOON
from tests.connectors.shopify.ordering.conftest import Counter

EMAIL = "{}@example.com"


@dataclass(slots=True)
class AsThings(SameName, Translated):
    """Records of the shop as the contract speaks of things. `names` are what its fields are called there, `forms` how values of
    these are written.
    """

    connector: Connector
    names: Mapping[str, str]
    forms: Mapping[str, str] = field(default_factory=dict)

    def _shown(self, shown: Snapshot) -> Snapshot:
        return replace(shown, found={id: self._thing(one) for id, one in shown.found.items()})

    def _thing(self, found: Found) -> Found:
        fields = {ours: self._bare(ours, found.record.fields[theirs]) for ours, theirs in self.names.items()}
        return replace(found, record=Record(found.record.key, fields))

    def _bare(self, ours: str, value: Value) -> Value:
        before, _, after = self.forms.get(ours, "{}").partition("{}")
        bare = str(value).removeprefix(before).removesuffix(after)
        return int(bare) if ours == "count" else bare

    def _own(self, operation: Operation) -> Operation:
        return replace(operation, expected=self._theirs(operation.expected), changes=self._theirs(operation.changes))

    def _theirs(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        return {self.names[name]: self.forms.get(name, "{}").format(value) for name, value in fields.items()}


class ShopStage:
    """A shop, with the kind of record that `kind` names."""

    kind: str

    def __init__(self, counter: Counter, ledger: Ledger) -> None:
        self.counter = counter
        things = self.things(Conversation(counter.world.client(deadline=1.0)))
        self.connector: Connector = Linked(things, Side.RIGHT, Joins.of(ledger, "p"))

    def things(self, conversation: Conversation) -> AsThings:
        raise NotImplementedError

    def shows(self) -> dict[str, dict[str, Value]]:
        raise NotImplementedError

    def person_changes(self, key: str, field: str, value: Value) -> None:
        raise NotImplementedError

    def lose_next_answer(self, *, applied: bool) -> None:
        self.counter.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))


class OrdersStage(ShopStage):
    kind = "Order"

    def things(self, conversation: Conversation) -> AsThings:
        side = OrdersSide(conversation, datetime(2020, 1, 1, tzinfo=UTC), self.wanted, late=1.0)
        return AsThings(side, {"key": "source", "title": "note", "count": "email"}, {"key": "erp:{}", "count": EMAIL})

    def wanted(self, operation: Operation) -> Any:
        told = operation.changes
        return self.counter.order(str(told["source"]), note=str(told["note"]), email=str(told["email"]))

    def shows(self) -> dict[str, dict[str, Value]]:
        orders = self.counter.shop.orders.values()
        things = [self.thing(one) for one in orders if not self.counter.shop.goods.catch_up()]
        assert len({one["key"] for one in things}) == len(things), "an order is there twice"
        return {str(one["key"]): one for one in things}

    def thing(self, node: Node) -> dict[str, Value]:
        key = str(node["sourceIdentifier"]).removeprefix("erp:")
        return {"key": key, "title": node["note"], "count": int(node["email"].partition("@")[0])}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        (node,) = [one for one in self.counter.shop.orders.values() if one["sourceIdentifier"] == f"erp:{key}"]
        node["email"] = EMAIL.format(value)


class CustomersStage(ShopStage):
    kind = "Customer"

    def things(self, conversation: Conversation) -> AsThings:
        side = CustomersSide(conversation, ("email", "first_name", "note"), late=1.0)
        return AsThings(side, {"key": "email", "title": "first_name", "count": "note"}, {"key": EMAIL})

    def shows(self) -> dict[str, dict[str, Value]]:
        nodes = self.counter.shop.customers.nodes.values()
        things = [self.thing(one) for one in nodes]
        assert len({one["key"] for one in things}) == len(things), "somebody is there twice"
        return {str(one["key"]): one for one in things}

    def thing(self, node: Node) -> dict[str, Value]:
        key = str(node["defaultEmailAddress"]["emailAddress"]).partition("@")[0]
        return {"key": key, "title": node["firstName"], "count": int(node["note"])}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        customers = self.counter.shop.customers
        (node,) = [one for one in customers.nodes.values() if self.thing(one)["key"] == key]
        customers.change(node, note=str(value))


class ShopContract(Contract):
    many = 5

    def test_an_update_of_a_vanished_record_is_stale(self, stage: ShopStage) -> None:
        """Whoever knows of a record knows its global id."""
        outcomes = self.write(stage, [update(f"gid://shopify/{stage.kind}/4711", {"count": 3}, {"count": 4})])
        assert [outcome.result for outcome in outcomes] == [Result.STALE] and stage.shows() == {}

    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        with Ledger.open(tmp_path / "ledger.db", NOON) as ledger:
            yield ledger


class TestOrders(ShopContract):
    @pytest.fixture
    def stage(self, counter: Counter, ledger: Ledger) -> OrdersStage:
        return OrdersStage(counter, ledger)


@pytest.mark.long
class TestCustomers(ShopContract):
    @pytest.fixture
    def stage(self, counter: Counter, ledger: Ledger) -> CustomersStage:
        return CustomersStage(counter, ledger)
