"""The metafields by which people and other programs see which products of the two stores belong together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.products.definitions import Definition, define, lacking
from syncdb.pairs.shopify_stores.settings import Store, StoresSettings
from syncdb.systems.shopify.connecting import shop_of

NAMESPACE = "sync"
ORIGIN = (NAMESPACE, "origin")  # the custom id of products that were made from one store in the other
LAST_HASH = "last_hash"  # for programs that expect it; writing it would change the product at each sync


@dataclass(frozen=True, slots=True)
class Lacking:
    """The definitions that one store has not."""

    store: Store
    definitions: tuple[Definition, ...]


def link_key(store: str) -> str:
    """The key of the metafield that names the product of the store of that name."""
    return f"{store}_product_id"


def link_field(store: str) -> str:
    """The metafield of a product that names the product of the store of that name, as a field of its record."""
    return f"metafields.{NAMESPACE}.{link_key(store)}"


def wanted_definitions(settings: StoresSettings) -> list[Definition]:
    """All definitions of either store."""
    links = [Definition(NAMESPACE, link_key(one.name), "id", f"Product in {one.name}") for one in settings.stores]
    return [
        *links,
        Definition(*ORIGIN, "id", "syncdb origin"),
        Definition(NAMESPACE, LAST_HASH, "single_line_text_field", "syncdb hash (not written)"),
    ]


def told(lacking: Iterable[Lacking]) -> list[str]:
    """A line for each definition."""
    return [
        f"{one.store.name}: the metafield {each.name} of products ({each.type})" for one in lacking for each in one.definitions
    ]


def lacking_definitions(settings: StoresSettings, clock: Clock = SYSTEM) -> Iterator[Lacking]:
    """What each store has not. Raises NeedsPerson where a definition is in the way, Refused and RetryLater."""
    for store in settings.stores:
        with shop_of(store, clock) as client:
            yield Lacking(store, tuple(lacking(Conversation(client), wanted_definitions(settings))))


def make_definitions(settings: StoresSettings, clock: Clock = SYSTEM) -> list[Lacking]:
    """Make what each store has not; what was made. Raises as `lacking_definitions`."""
    made = []
    for one in lacking_definitions(settings, clock):
        with shop_of(one.store, clock) as client:
            define(Conversation(client), one.definitions)
        made.append(one)
    return made
