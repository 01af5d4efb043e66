"""Every GraphQL document of the catalogue against Shopify's own schemas (where they lie beside the project) and the sandbox's."""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema, build_schema, parse, validate

from syncdb.connectors.shopify.bulk_query import count_of
from syncdb.connectors.shopify.catalogue import (
    changes,
    choosing,
    locations,
    membership,
    metafields,
    named,
    payment_changes,
    sold,
    stock,
)
from syncdb.connectors.shopify.catalogue.conversation import ABOUT
from syncdb.connectors.shopify.catalogue.documents import LOCATIONS, bulk_listing_of, by_ids_of, page_of
from syncdb.connectors.shopify.catalogue.entities import ENTITIES, SHOWN_ONLY, ShopEntity
from syncdb.connectors.shopify.catalogue.fields import parts_of
from syncdb.connectors.shopify.catalogue.in_bulk import fits_in_bulk
from syncdb.connectors.shopify.catalogue.records import DELETION, MUTATIONS, document_of
from syncdb.connectors.shopify.catalogue.variants import document_of as variants_document
from syncdb.connectors.shopify.metafield_types import OWNERS
from syncdb.connectors.shopify.metafield_types import document_of as types_document
from syncdb.connectors.shopify.shape import Parts, selection, without
from syncdb.sandbox.shopify.bulk_rules import problems
from syncdb.sandbox.shopify.documents import read_document

ROOT = Path(__file__).resolve().parents[4]
LISTINGS = [changes.PRODUCTS, changes.VARIANTS, changes.COLLECTIONS, changes.ITEMS, changes.CUSTOMERS]


def parts(entity: ShopEntity) -> Parts:
    """All there is to ask of an entity."""
    names = [field.name for field in entity.fields]
    if entity.metafields:
        names += ["metafields.custom.material", 'metafields.od"d.key']
    return parts_of(entity.chosen(names), entity.always)


def in_lines(entity: ShopEntity) -> Parts:
    """All there is to ask of an entity in bulk."""
    asked = {name: part for name, part in parts(entity).items() if fits_in_bulk(entity, {name: part})}
    assert parts(entity).keys() - asked.keys() == ({"media", "collections"} if entity is ENTITIES["products"] else set())
    return asked


def documents() -> Iterator[str]:
    yield from (ABOUT, LOCATIONS, changes.MORE_LEVELS, changes.MORE_LOCATIONS)
    yield from (named.PRODUCTS, named.MORE_VARIANTS, named.ITEMS, named.MORE_ITEM_LEVELS, sold.SOLD, sold.MORE_SOLD)
    yield from (metafields.SET, metafields.DELETE, stock.SET, stock.ADJUST, locations.FIRST, locations.MORE)
    yield from (choosing.SEARCHES, choosing.FOUND, choosing.COLLECTION, membership.FIND)
    yield from (choosing.chosen_document(count) for count in (0, 2))
    yield changes.first_document([], False)
    yield changes.first_document(LISTINGS, True)
    yield changes.first_document(LISTINGS[:1], False)
    yield from (changes.more_document(one) for one in LISTINGS)
    yield from (payment_changes.FIRST, payment_changes.FIRST_OF_BOTH, payment_changes.BALANCE)
    for entity in (ENTITIES | SHOWN_ONLY).values():
        whole = parts(entity)
        for some in ({"id": whole["id"]}, whole):
            yield page_of(entity, some)
            yield by_ids_of(entity, selection(some))
        if entity.counted:
            yield count_of(entity.counted)
            yield bulk_listing_of(entity, in_lines(entity))
    for name, mutation in MUTATIONS.items():
        yield from (document_of(mutation, count, *[selection(parts(ENTITIES[name]))] * 2) for count in (1, 3))
    yield document_of(DELETION, 2, "")
    yield from (types_document(owner, ["custom.material", 'od"d.key']) for owner in OWNERS.values())
    yield from (variants_document(count, *[selection(parts(ENTITIES["variants"]))] * 2) for count in (1, 3))


DOCUMENTS = list(documents())


def admin_schema(version: str) -> GraphQLSchema:
    file = ROOT.parent / "shared" / "shopify" / f"admin_{version}.json.gz"
    if not file.exists():
        pytest.skip(f"Shopify's schema {file.name} is not beside the project")
    return build_client_schema(json.loads(gzip.decompress(file.read_bytes()))["data"], assume_valid=True)


@cache
def sandbox_schema() -> GraphQLSchema:
    return build_schema((ROOT / "syncdb" / "sandbox" / "shopify" / "schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    schema = admin_schema(version)
    for document in DOCUMENTS:
        assert validate(schema, parse(document)) == [], document
    assert len(DOCUMENTS) == 62 + 1 + 3 + 4 * 4 + 4 * 2  # and never none at all


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_documents_fit_the_sandbox(document: str) -> None:
    assert validate(sandbox_schema(), parse(document)) == [], document


def test_what_is_asked_in_bulk_may_be_asked_there() -> None:
    asked = [bulk_listing_of(entity, in_lines(entity)) for entity in ENTITIES.values() if entity.counted]
    for document in asked:
        assert problems(document, read_document(document).operation(None)) == [], document
    assert len(asked) == 4


def test_a_misspelt_field_would_be_found() -> None:
    document = page_of(ENTITIES["products"], parts(ENTITIES["products"]))
    assert validate(sandbox_schema(), parse(document.replace("descriptionHtml", "descriptionHtm")))


@pytest.mark.parametrize("name", ENTITIES)
def test_documents_stay_valid_without_any_field(name: str) -> None:
    """A shop may withhold any field: what is left must still be a query."""
    schema, entity = sandbox_schema(), ENTITIES[name]
    whole = parts(entity)
    tried = 0
    for field in entity.fields:
        for length in range(1, len(field.path) + 1):
            left = without(whole, [field.path[:length]])
            assert selection(left) != selection(whole)
            assert validate(schema, parse(page_of(entity, left))) == [], field.name
            tried += 1
    assert tried >= len(entity.fields) > 3
