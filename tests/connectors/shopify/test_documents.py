"""Every GraphQL document against Shopify's own schemas (where they lie beside the project) and the sandbox's."""

import gzip
import json
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema, build_schema, parse, validate

from syncdb.connectors.shopify.documents import Documents, rest_of, rests
from syncdb.connectors.shopify.order_shape import ALONG, INDISPENSABLE, order_shape
from syncdb.connectors.shopify.shape import Leaf, On, Parts, answered_as, locate, selection, without
from syncdb.connectors.shopify.shape import Path as FieldPath

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = Documents(order_shape([("custom", "gift_wrap"), ('od"d', "key")], tuple(ALONG)))


def every_document() -> list[str]:
    whole = [
        DOCUMENTS.first_page,
        DOCUMENTS.page,
        DOCUMENTS.index,
        DOCUMENTS.cursors,
        DOCUMENTS.by_ids,
        DOCUMENTS.by_ids_with_shop,
    ]
    return whole + [rest_of(*one) for one in rests(DOCUMENTS.order)]


def admin_schema(version: str) -> GraphQLSchema:
    file = ROOT.parent / "shared" / "shopify" / f"admin_{version}.json.gz"
    if not file.exists():
        pytest.skip(f"Shopify's schema {file.name} is not beside the project")
    return build_client_schema(json.loads(gzip.decompress(file.read_bytes()))["data"], assume_valid=True)


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    schema = admin_schema(version)
    examined = 0
    for document in every_document():
        assert validate(schema, parse(document)) == [], document
        examined += 1
    assert examined == 17  # and never none at all


def test_documents_fit_the_sandbox() -> None:
    file = ROOT / "syncdb" / "sandbox" / "shopify" / "schema.graphql"
    schema = build_schema(file.read_text(encoding="utf-8"))
    for document in every_document():
        assert validate(schema, parse(document)) == [], document


def test_a_misspelt_field_would_be_found() -> None:
    schema = build_schema((ROOT / "syncdb" / "sandbox" / "shopify" / "schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(DOCUMENTS.page.replace("displayFinancialStatus", "displayFinancialState")))


def paths(parts: Parts, above: FieldPath = ()) -> list[FieldPath]:
    found: list[FieldPath] = []
    for name, shape in parts.items():
        found.append((*above, name))
        if not isinstance(shape, Leaf | On):
            found += paths(shape.parts, (*above, name))
    return found


def test_a_short_name_stands_for_one_field_and_is_found_again() -> None:
    """Which one, when an error names it, and whatever else of an order a shop withholds."""
    examined = 0
    for path in paths(DOCUMENTS.order):
        if all(not name.endswith("Application") for name in path):
            parts, keys = DOCUMENTS.order, []
            for name in path:
                keys.append(answered_as(name, parts[name]))
                parts = {} if isinstance(shape := parts[name], Leaf) else shape.parts
            assert locate(DOCUMENTS.order, keys) == path
            examined += keys != list(path)
    assert examined > 40


def test_documents_stay_valid_without_any_field() -> None:
    """A shop may withhold any field: what is left must still be a query."""
    schema = build_schema((ROOT / "syncdb" / "sandbox" / "shopify" / "schema.graphql").read_text(encoding="utf-8"))
    tried = 0
    for path in paths(DOCUMENTS.order):
        if path not in INDISPENSABLE:
            left = without(DOCUMENTS.order, [path])
            assert selection(left) != selection(DOCUMENTS.order), path
            assert validate(schema, parse(Documents(left).page)) == [], path
            tried += 1
    assert tried > 150


def test_every_list_that_can_be_cut_short_can_be_read_on() -> None:
    found = {(parent, name) for parent, name, _ in rests(DOCUMENTS.order)}
    assert found == {
        ("Order", "lineItems"),
        ("Order", "shippingLines"),
        ("Order", "discountApplications"),
        ("Order", "refunds"),
        ("Order", "fulfillments"),
        ("Order", "transactions"),
        ("Refund", "refundLineItems"),
        ("Refund", "orderAdjustments"),
        ("Refund", "refundShippingLines"),
        ("Refund", "transactions"),
        ("Fulfillment", "fulfillmentLineItems"),
    }
