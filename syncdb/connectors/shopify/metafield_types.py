"""Of which types a shop's metafields are, by their definitions."""

import json
from collections.abc import Iterator, Mapping, Sequence

from syncdb.connectors.shopify.catalogue.answered import found_at, objects, text_at
from syncdb.connectors.shopify.client import Answer, ShopifyClient, code_of, message_of
from syncdb.connectors.shopify.talk import Talk
from syncdb.errors import RetryLater

OWNERS = {"products": "PRODUCT", "variants": "PRODUCTVARIANT", "collections": "COLLECTION", "orders": "ORDER"}
AT_ONCE = 20
WHAT = "Asking for the types of metafields"


def metafield_types(client: ShopifyClient, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """The types of these metafields ("custom.material"), by entity; "" where none is defined, or where definitions are hidden.

    Raises Refused and RetryLater.
    """
    return {entity: dict(_types(Talk(client), OWNERS[entity], names)) for entity, names in wanted.items()}


def document_of(owner: str, names: Sequence[str]) -> str:
    """The question for the definitions of some metafields of one kind of owner."""
    asked = (
        f"d{number}: metafieldDefinitions(first: 1, ownerType: {owner}, namespace: {json.dumps(namespace)}, "
        f"key: {json.dumps(key)}) {{ nodes {{ type {{ name }} }} }}"
        for number, (namespace, _, key) in enumerate(name.partition(".") for name in names)
    )
    return f"query MetafieldTypes {{ {' '.join(asked)} }}"


def _types(talk: Talk, owner: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        answer = talk.ask(document_of(owner, some), dict, WHAT)
        hidden = _refused(answer)
        for number, name in enumerate(some):
            nodes = () if hidden else objects((found_at(answer.data, f"d{number}") or {}).get("nodes") or [])
            yield name, text_at(nodes[0], "type", "name") if nodes else ""


def _refused(answer: Answer) -> bool:
    """Whether the app may not see definitions. Raises RetryLater where nobody knows."""
    if answer.data is not None and not answer.errors:
        return False
    if answer.errors and all(code_of(error) == "ACCESS_DENIED" for error in answer.errors):
        return True
    raise RetryLater(f"{WHAT}: Shopify answered in part only: {message_of(answer.errors)}", next_step="Try again later.")
