"""The fields that people choose from are those that the shop's side reads and writes: two lists, held against each other."""

import pytest

from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.mapping.entities import ENTITIES


@pytest.mark.parametrize("name", ENTITIES)
def test_the_fields_of_an_entity_are_the_same_on_both_lists(name: str) -> None:
    offered = {field.name: (field.kind, field.writable) for field in ENTITIES[name].fields}
    spoken = {field.name: (field.kind, bool(field.written)) for field in entity_named(name).fields}
    assert offered and offered == spoken


@pytest.mark.parametrize("name", ENTITIES)
def test_the_words_of_a_choice_are_the_same_on_both_lists(name: str) -> None:
    offered = {field.name: sorted(field.choices) for field in ENTITIES[name].fields if field.choices}
    spoken = {field.name: sorted(field.choices) for field in entity_named(name).fields if field.choices}
    assert offered == spoken
