"""Of which types the chosen metafields are: asked when they are chosen and with each look at everything, kept in the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any

from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.metafield_types import metafield_types
from syncdb.ledger import Ledger, state_keys

Types = Mapping[str, Mapping[str, str]]  # by entity and "namespace.key"


def learned_types(ledger: Ledger, client: ShopifyClient, wanted: Mapping[str, Sequence[str]], *, due: bool) -> Types:
    """The types of these metafields. `due`: what is known may be out of date. Raises Refused and RetryLater."""
    known: dict[str, dict[str, str]] = ledger.runs.get(state_keys.METAFIELD_TYPES) or {}
    ask = {entity: [name for name in names if due or name not in known.get(entity, {})] for entity, names in wanted.items()}
    ask = {entity: names for entity, names in ask.items() if names}
    if ask:
        found = metafield_types(client, ask)
        known = known | {entity: known.get(entity, {}) | types for entity, types in found.items()}
        with ledger.transaction():
            ledger.runs.put(state_keys.METAFIELD_TYPES, known)
    return known


def stored_types(stored: Any) -> Types:
    """What the ledger keeps of them, for those who only look."""
    return stored or {}
