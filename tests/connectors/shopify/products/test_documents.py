"""Every document about whole products against Shopify's own schemas (where they lie beside the project) and the sandbox's."""

from collections.abc import Iterator

import pytest
from graphql import parse, validate

from syncdb.connectors.shopify.products import (
    collections,
    custom_id,
    definitions,
    groups,
    media_reading,
    media_side,
    media_writes,
    publishing,
    removal,
    selections,
    setting,
    structures,
    uploads,
    variant_creating,
    variant_writes,
)
from tests.connectors.shopify.catalogue.test_documents import admin_schema, sandbox_schema


def documents() -> Iterator[str]:
    yield from (selections.ONE, selections.MANY, selections.MOMENT, selections.OF_MEDIA)
    yield from (one.rest for one in selections.LISTINGS)
    yield from (media_writes.APPEND, media_writes.UPDATE, media_writes.DELETE, media_writes.REORDER)
    yield from (media_writes.SHOW, media_writes.HIDE, uploads.STAGE, media_side.LISTED)
    yield from (removal.THERE, removal.DELETE, removal.STATUS, publishing.ALL, publishing.SHOWN)
    yield from (publishing.PUBLISH, publishing.HIDE, variant_writes.RENAME, variant_writes.ADD, variant_writes.CHANGE)
    yield from (
        variant_writes.REMOVE,
        variant_writes.TURN,
        variant_writes.ORDER,
        structures.MANY,
        structures.ALL,
        structures.VARIANTS.rest,
    )
    yield from (structures.LEVELS, structures.HANDLE, media_reading.MANY)
    for kind in (groups.PUBLICATIONS, groups.COLLECTIONS):
        yield from (kind.many, kind.all, kind.rest)
    yield from (groups.COLLECT, collections.ONE, collections.FIND, collections.MAKE)
    yield from (custom_id.FIND_VARIANT, variant_creating.OPTIONS_OF)
    yield from (custom_id.FIND, custom_id.DEFINED, custom_id.DEFINE, definitions.LIST, setting.SET, setting.OPERATION)


DOCUMENTS = list(documents())


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_documents_fit_shopifys_schema(version: str) -> None:
    schema = admin_schema(version)
    for document in DOCUMENTS:
        assert validate(schema, parse(document)) == [], document


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_documents_fit_the_sandbox(document: str) -> None:
    assert validate(sandbox_schema(), parse(document)) == [], document
