"""Trying the answers of somebody who sets this pair up, store by store."""

from typing import Any

from syncdb.pairs.shopify_stores.checks import check_store
from syncdb.pairs.shopify_stores.pair import NAMES, SHOPIFY_STORES
from syncdb.pairs.shopify_stores.selection import parse_stores_selection
from syncdb.pairs.shopify_stores.settings import Store
from syncdb.systems.questions import Tried


def _tried(name: str, answers: Any) -> Tried:
    store = Store(
        name=name,
        shopify_store_name=getattr(answers, f"{name}_domain"),
        shopify_access_token=getattr(answers, f"{name}_token"),
        shopify_client_id=getattr(answers, f"{name}_client_id"),
        shopify_client_secret=getattr(answers, f"{name}_client_secret"),
        shopify_api_version=answers.api_version,
        shopify_base_url=getattr(answers, f"{name}_base_url"),
        deadline_seconds=answers.deadline_seconds,
        webhook_secrets=(),
    )
    checks, _ = check_store(store, parse_stores_selection(answers.stores_sync, NAMES), write=False)
    return Tried(checks)


TRIES = {system.topics[0].name: lambda answers, name=system.name: _tried(name, answers) for system in SHOPIFY_STORES.systems}
