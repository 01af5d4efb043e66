"""Every document about orders that are written fits Shopify's own schemas, and the sandbox's."""

import pytest
from graphql import parse, validate

from syncdb.connectors.shopify.customers import making as customers
from syncdb.connectors.shopify.ordering import changing, ending, finding, making, reading, shipping, variants
from tests.connectors.shopify.catalogue.test_documents import admin_schema, sandbox_schema

DOCUMENTS = [
    *(finding.FIND, finding.MORE, making.CREATE, shipping.READ, shipping.SHIP, shipping.TRACK),
    *(ending.CANCEL, ending.PAY, ending.STATE, ending.CLOSE, ending.OPEN, customers.FIND, customers.SET_CUSTOMER),
    *(customers.HOME, customers.MOVE, customers.SETTLE),
    *(reading.BY_IDS, reading.RECENT, reading.MORE_LINES, changing.UPDATE, variants.FIND),
]


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    schema = admin_schema(version)
    for document in DOCUMENTS:
        assert validate(schema, parse(document)) == [], document
    assert len(DOCUMENTS) == 21


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_documents_fit_the_sandbox(document: str) -> None:
    assert validate(sandbox_schema(), parse(document)) == [], document
