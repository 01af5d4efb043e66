"""The fields that people choose from are those that the shop's side reads and writes: two lists, held against each other."""

import pytest

from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.mapping.entities import ENTITIES
from syncdb.mapping.plain_rows import IN_SHOP, PLAIN


@pytest.mark.parametrize("name", ENTITIES)
def test_the_fields_of_an_entity_are_the_same_on_both_lists(name: str) -> None:
    offered = {field.name: (field.kind, field.writable) for field in ENTITIES[name].fields}
    offered |= {one.name: (one.kind, False) for plain in PLAIN.values() if plain.entity.name == name for one in plain.numbers}
    spoken = {field.name: (field.kind, bool(field.written)) for field in entity_named(name).fields}
    assert offered and offered == spoken


@pytest.mark.parametrize("name", ENTITIES)
def test_the_words_of_a_choice_are_the_same_on_both_lists(name: str) -> None:
    offered = {field.name: sorted(field.choices) for field in ENTITIES[name].fields if field.choices}
    spoken = {field.name: sorted(field.choices) for field in entity_named(name).fields if field.choices}
    assert offered == spoken


@pytest.mark.parametrize("rows", PLAIN)
def test_the_fields_of_plain_rows_are_the_same_on_both_lists(rows: str) -> None:
    plain = PLAIN[rows]
    spoken = entity_named(plain.entity.name)
    offered = {field.name: field.kind for field in plain.fields if field.name != IN_SHOP}
    assert offered == {field.name: field.kind for field in spoken.fields}
    assert set(plain.default) - {IN_SHOP} <= offered.keys() and set(spoken.read_scopes) <= set(plain.needs)
