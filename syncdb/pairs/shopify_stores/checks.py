"""Trying what a run between two stores needs: access to both, permissions, locations that stand for one another."""

from collections.abc import Iterator
from dataclasses import replace

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.order_source import Facts
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.connectors.shopify.catalogue.locations import ShopLocation, read_locations
from syncdb.connectors.shopify.catalogue.sold import SCOPE
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs.shopify_stores.belonging_entities import PUBLICATIONS
from syncdb.pairs.shopify_stores.media_entity import MEDIA, SENDING
from syncdb.pairs.shopify_stores.places import pair_locations
from syncdb.pairs.shopify_stores.selection import OF_THE_PAIR, StoresSelection
from syncdb.pairs.shopify_stores.settings import Store, StoresSettings
from syncdb.systems.check import Check, failed, passed, refused, skipped
from syncdb.systems.shopify.checks import check_version, no_access, who_answers
from syncdb.systems.shopify.connecting import shop_of

NEEDED_ALWAYS = ("read_products", "read_inventory", "read_locations")


def check(settings: StoresSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """All that a run needs of both stores."""
    checks: list[Check] = []
    seen: list[tuple[Facts, list[ShopLocation]]] = []
    for store in settings.stores:
        found, facts = check_store(store, settings.selection, settings.write, clock, settings.hears_orders)
        checks += found
        seen += [facts] if facts else []
    if len(seen) == 2:
        checks += _together(settings, *seen)
    return checks


def check_store(
    store: Store, selection: StoresSelection, write: bool, clock: Clock = SYSTEM, orders: bool = False
) -> tuple[list[Check], tuple[Facts, list[ShopLocation]] | None]:
    """Token, permissions and API version of one store, and what it said of itself if it answered."""
    try:
        with shop_of(store, clock) as client:
            conversation = Conversation(client)
            locations = read_locations(conversation)
            shop = conversation.shop()
    except SyncdbError as error:
        return no_access(store.name, error), None
    facts = shop.facts
    checks = [
        who_answers(store.name, facts),
        check_scopes(store.name, facts, needed_scopes(selection, write, orders)),
        replace(check_version(store, facts, clock.now()), part=store.name),
    ]
    return checks, (facts, locations)


def needed_scopes(selection: StoresSelection, write: bool, orders: bool) -> list[str]:
    """The access scopes that an app needs in either store. `orders`: their webhooks are heard, too."""
    needs = {*NEEDED_ALWAYS, *([SCOPE] if orders else ())}
    for one in selection.entities:
        if one.entity.name in OF_THE_PAIR:
            needs |= {SENDING} if write and one.entity is MEDIA else set()
            needs |= {f"{'write' if write else 'read'}_publications"} if one.entity is PUBLICATIONS else set()
            continue
        entity = entity_named(one.entity.name)
        needs |= {*entity.read_scopes, *([entity.write_scope] if write else ())}
    return sorted(needs)


def check_scopes(part: str, facts: Facts, needs: list[str]) -> Check:
    """Whether the app may do all that is needed."""
    if facts.scopes is None:
        return skipped(part, "scopes", "the app may not see its own permissions")
    # a permission to write includes that to read (documented)
    lacking = [one for one in needs if not facts.scopes & {one, one.replace("read_", "write_", 1)}]
    if lacking:
        names = ", ".join(lacking)
        return failed(part, "scopes", f"{names} missing", f"Give the app of {part} {names} and install it anew.", Exit.REMOTE)
    return passed(part, "scopes", ", ".join(needs))


def _together(
    settings: StoresSettings, first: tuple[Facts, list[ShopLocation]], second: tuple[Facts, list[ShopLocation]]
) -> Iterator[Check]:
    if first[0].shop_id == second[0].shop_id:
        told = f"both are the shop {first[0].domain}"
        yield failed("stores", "shops", told, "Give the domains of two shops.", Exit.CONFIGURATION)
        return
    names = (settings.stores[0].name, settings.stores[1].name)
    try:
        places = pair_locations(names, first[1], second[1], settings.location_pairs)
    except ConfigurationError as error:
        yield refused("stores", "locations", error)
    else:
        known = {one.id: one.name for _, locations in (first, second) for one in locations}
        told = ", ".join(f"{known[one]} = {known[other]}" for one, other in zip(places.left, places.right, strict=True))
        yield passed("stores", "locations", told)
    if first[0].currency != second[0].currency:
        yield skipped("stores", "prices", f"{first[0].currency} and {second[0].currency}: prices are not kept in step")
