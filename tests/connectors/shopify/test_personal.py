"""What counts as personal, held against the catalogue of columns and the orders of the local shop."""

import json
from typing import Any

from syncdb.connectors.shopify.personal import PERSONAL, is_personal, person_of, telling_values, touches, without_person
from syncdb.mapping import CATALOGUE
from tests.connectors.shopify.conftest import World, orders_of

KEPT = {"shipping_country", "shipping_country_code", "shipping_province", "shipping_province_code"}
KEPT |= {name.replace("shipping", "billing") for name in KEPT}


def strings(node: Any) -> set[str]:
    if isinstance(node, dict):
        return {text for value in node.values() for text in strings(value)}
    if isinstance(node, list):
        return {text for value in node for text in strings(value)}
    return {node} if isinstance(node, str) else set()


def test_every_column_about_a_person_is_emptied() -> None:
    about = {
        name
        for name in CATALOGUE
        if name.startswith(("customer_", "shipping_", "billing_"))
        and not name.startswith(("shipping_method", "shipping_refunded", "shipping_tax", "shipping_discount"))
    }
    emptied = {name for name, column in CATALOGUE.items() if touches(column.needs)}
    assert len(about) > 25 and about - KEPT <= emptied
    assert not emptied & (KEPT | {"order_total", "sku", "line_title", "financial_status", "order_name", "created_at", "tags"})


def test_nothing_telling_is_left_in_an_order(world: World) -> None:
    world.fill(60)
    examined = 0
    for order in orders_of(world.read()):
        telling = telling_values(order)
        left = without_person(order)
        assert not telling & strings(left)
        assert not telling_values(left) and person_of(left).customer_id is None and not person_of(left).emails
        assert without_person(left) == left
        assert left["name"] == order["name"] and left["current_total_price"] == order["current_total_price"]
        assert (
            [line["id"] for line in left["line_items"]] == [line["id"] for line in order["line_items"]]
            if "line_items" in order
            else True
        )
        assert set(PERSONAL) <= set(left["withheld"])
        examined += bool(telling)
    assert examined > 40


def test_paths_of_history_are_told_apart() -> None:
    for path in (
        "email",
        "customer.display_name",
        "shipping_address",
        "shipping_address.city",
        "line_items[5]",
        "refunds[7].note",
    ):
        assert is_personal(path), path
    for path in (
        "display_financial_status",
        "line_items[5].quantity",
        "shipping_address.country",
        "updated_at",
        "tags",
        "emails",
    ):
        assert not is_personal(path), path


def test_a_person_is_the_same_in_any_spelling() -> None:
    order = {"email": "Jane@Example.com", "phone": "+49 (0)30 123-456", "customer": {"id": "7", "display_name": " Jane  DOE "}}
    person = person_of(order)
    assert person.emails == {"jane@example.com"} and person.phones == {"49030123456"} and person.names == {"jane doe"}
    assert json.dumps(without_person(order, unseen=False)) == "{}"
