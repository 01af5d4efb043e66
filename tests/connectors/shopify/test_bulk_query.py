"""The documents of bulk operations against Shopify's schemas (where they lie beside the project) and the rules of bulk."""

import gzip
import json
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema, parse, validate

from syncdb.connectors.shopify.bulk_query import COUNT, STATE, STATES, SUBMIT, bulk_query, cancellation, completion, left_out
from syncdb.connectors.shopify.order_shape import ALONG, INDISPENSABLE, order_shape
from syncdb.connectors.shopify.shape import Leaf, On, without
from syncdb.sandbox.shopify.bulk_rules import problems
from syncdb.sandbox.shopify.documents import read_document, schema

ORDER = order_shape([("custom", "gift_wrap"), ('od"d', "key")], tuple(ALONG))
SEARCH = "updated_at:>='2026-11-01T00:00:00Z'"
DOCUMENTS = [SUBMIT, STATE, STATES, COUNT, cancellation(1), cancellation(4), completion(ORDER)]
DOCUMENTS += [bulk_query(ORDER, SEARCH), bulk_query(ORDER, None)]


def shopifys(version: str) -> GraphQLSchema:
    file = Path(__file__).resolve().parents[4] / "shared" / "shopify" / f"admin_{version}.json.gz"
    if not file.exists():
        pytest.skip(f"Shopify's schema {file.name} is not beside the project")
    return build_client_schema(json.loads(gzip.decompress(file.read_bytes()))["data"], assume_valid=True)


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    full = shopifys(version)
    for document in DOCUMENTS:
        assert validate(full, parse(document)) == [], document


def test_documents_fit_the_sandbox() -> None:
    for document in DOCUMENTS:
        assert validate(schema(), parse(document)) == [], document


def test_the_query_may_be_run_in_bulk() -> None:
    text = bulk_query(ORDER, SEARCH)
    assert problems(text, read_document(text).operation(None)) == []
    assert len(text) < 20_000
    assert set(left_out(ORDER)) == {"refunds", "fulfillments"}


def test_it_stays_so_whatever_a_shop_withholds() -> None:
    tried = 0
    for name, shape in ORDER.items():
        inner = [] if isinstance(shape, Leaf | On) else [(name, part) for part in shape.parts]
        for path in [(name,), *inner]:
            if path in INDISPENSABLE:
                continue
            left = without(ORDER, [path])
            text = bulk_query(left, SEARCH)
            assert problems(text, read_document(text).operation(None)) == [], path
            if left_out(left):
                assert validate(schema(), parse(completion(left))) == [], path
            tried += 1
    assert tried > 100
