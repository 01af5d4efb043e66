"""What a shop and an ERP are really asked, in all five ways: each document with its variables against Shopify's own schemas."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast, parse, validate
from graphql.execution.values import get_variable_values
from werkzeug import Request, Response

from syncdb.sandbox.shopify.app import ShopifyApp
from tests.connectors.shopify.test_documents import admin_schema
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

Sent = list[tuple[str, dict[str, Any]]]
WRITES = {"orderCreate", "orderUpdate", "orderCancel", "orderMarkAsPaid", "fulfillmentCreate", "fulfillmentTrackingInfoUpdate"}
WRITES |= {"productSet", "productVariantsBulkUpdate", "inventoryAdjustQuantities", "customerSet", "metafieldDefinitionCreate"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Every question that reached the shop."""
    found: Sent = []
    answer = ShopifyApp._graphql

    def heard(self: ShopifyApp, request: Request, asker: Any) -> Response:
        body = request.get_json()
        found.append((body["query"], body.get("variables") or {}))
        return answer(self, request, asker)

    monkeypatch.setattr(ShopifyApp, "_graphql", heard)
    yield found


@pytest.mark.long
def test_all_that_is_asked_fits_shopifys_schemas(tmp_path: Path, erp: Erp, sent: Sent) -> None:
    schemas = [admin_schema(version) for version in ("2026-10", "2026-01")]
    world = ErpWorld(tmp_path, erp, {"ERP_NEW_PRODUCTS": "both", "ERP_FIELDS": '{"name": "erp"}'})
    world.switch("products", "inventory", "customers", "orders")
    all_five_ways(world)
    operations = {(document, str(variables)): (document, variables) for document, variables in sent}
    asked = set[str]()
    for document, variables in operations.values():
        node = get_operation_ast(parse(document))
        assert node is not None
        asked |= names_of(node)
        for schema in schemas:
            assert validate(schema, parse(document)) == [], document
            given = get_variable_values(schema, node.variable_definitions or (), variables)
            assert not isinstance(given, list), (document, [str(one) for one in given if isinstance(one, GraphQLError)])
    assert asked >= WRITES, WRITES - asked  # nothing of what the pair can write was left out


def names_of(node: OperationDefinitionNode) -> set[str]:
    """The mutations of an operation."""
    if node.operation is not OperationType.MUTATION:
        return set()
    return {one.name.value for one in node.selection_set.selections if hasattr(one, "name")}


def all_five_ways(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.erp.sql("insert into products (sku, name, price) values ('NEU', 'Neue Ware', 7)")
    customer = world.shop.customers.add(email="ayse@example.com", firstName="Ayşe", tags=[])
    world.erp.sql("insert into customers (email, first_name, city, country) values ('m@example.com', 'M', 'Izmir', 'TR')")
    id, second = world.erp_order("SO-1", note="bitte klingeln"), world.erp_order("SO-2")
    world.sync()
    bought = world.till.sell({"SHIRT": 1})
    world.sync()
    world.erp.sql("update inventory set quantity = quantity - 2 where id = %s", row)
    world.erp.sql("update products set price = 22, name = 'Hemd' where sku = 'SHIRT'")
    world.erp.sql("update customers set city = 'Ankara', phone = '+905321234567' where email = 'm@example.com'")
    shipped = "fulfillment_status = 'fulfilled', tracking_company = 'DHL', tracking_number = 'D-1'"
    world.erp.sql(f"update orders set note = 'neu', financial_status = 'paid', {shipped} where id = %s", id)
    world.erp.sql("update orders set cancelled_at = now() where id = %s", second)
    world.shop.customers.change(customer, lastName="Örnek")
    world.shop.fulfil(bought["id"], tracking=[("DHL", "D-2", "https://dhl.example/D-2")])
    world.sync()
    world.erp.sql("update orders set tracking_number = 'D-9' where id = %s", id)
    world.sync()
    world.sync(full=True)
