"""Webhook subscriptions kept as they are wanted: what a shop shall send where, whether it does, and the repair."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from syncdb.clock import Clock
from syncdb.connectors.shopify.subscriptions import Plan, Subscription, Subscriptions, difference
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.ledger.inbox.overview import overview
from syncdb.services.event_sources import HOW, EventSources, event_sources
from syncdb.systems.shopify.connecting import ShopAccess, shop_of

log = logging.getLogger("syncdb.webhooks")
REPAIRED_EACH = timedelta(days=1)
_CHANGED = frozenset({"id", "updated_at"})
_GONE = frozenset({"id"})
_LEVEL = frozenset({"inventory_item_id", "location_id", "updated_at"})
# by kind of thing: topics, and all that a delivery needs to hold. So no customer's data travel
TOPICS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "orders": dict.fromkeys(("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED"), _CHANGED) | {"ORDERS_DELETE": _GONE},
    "products": dict.fromkeys(("PRODUCTS_CREATE", "PRODUCTS_UPDATE"), _CHANGED) | {"PRODUCTS_DELETE": _GONE},
    "inventory_items": {"INVENTORY_LEVELS_UPDATE": _LEVEL},
}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A shop that is to send webhooks. `wanted` is all that it shall send."""

    name: str
    access: ShopAccess
    wanted: tuple[Subscription, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How a shop's subscriptions stand. Topics as events name them; `refused` are Shopify's words.

    `elsewhere` are addresses of other subscriptions of the same app.
    """

    name: str
    address: str
    active: tuple[str, ...]
    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        return not (self.missing or self.differing or self.surplus or self.refused)


def subscribers(heard: EventSources, only: str | None = None) -> list[Subscriber]:
    """The shops, or the one named `only`. Raises ConfigurationError where there is none, or no public address."""
    accesses: dict[str, ShopAccess] = {}
    kinds: dict[str, set[str]] = {}
    addresses: dict[str, str] = {}
    for one in heard.pairs:
        hearing, settings = one.implementation.hearing, one.settings
        assert hearing is not None
        for name, access in hearing.shops(settings).items():
            accesses[name] = access
            kinds.setdefault(name, set()).update(hearing.kinds(settings))
            addresses[name] = hearing.address(settings) or ""
    if only is not None and only not in accesses:
        raise ConfigurationError([f"--store {only}: there is no such shop."], next_step=f"It is one of {', '.join(accesses)}.")
    if not all(addresses.values()):
        raise ConfigurationError(["base_url is not set: the shop must know where to send its webhooks."], next_step=HOW)
    chosen = [only] if only is not None else list(accesses)
    return [Subscriber(name, accesses[name], wanted(kinds[name], f"{addresses[name]}/webhooks/{name}")) for name in chosen]


def wanted(kinds: set[str], uri: str) -> tuple[Subscription, ...]:
    """What a shop shall send there so that these kinds of things are heard of. Pure."""
    topics = {topic: fields for kind in TOPICS if kind in kinds for topic, fields in TOPICS[kind].items()}
    return tuple(Subscription(topic, uri, fields) for topic, fields in topics.items())


def look(one: Subscriber, clock: Clock) -> Found:
    """How they stand. Changes nothing. Raises Refused and RetryLater."""
    with _asked(one, clock) as shop:
        found = shop.all()
    return _found(one, found, difference(one.wanted, found), ())


def register(one: Subscriber, clock: Clock) -> Found:
    """Make them as they are wanted, and look again. Raises Refused, RetryLater and OutcomeUnknown."""
    with _asked(one, clock) as shop:
        refused = shop.carry_out(difference(one.wanted, shop.all()))
        found = shop.all()
    return _found(one, found, difference(one.wanted, found), tuple(refused))


@contextmanager
def _asked(one: Subscriber, clock: Clock) -> Iterator[Subscriptions]:
    with shop_of(one.access, clock) as client:
        yield Subscriptions(client)


def _found(one: Subscriber, found: Mapping[str, Subscription], plan: Plan, refused: Sequence[str]) -> Found:
    unwell = {wish.topic for wish in (*plan.create, *(wish for _, wish in plan.update))}
    return Found(
        one.name,
        one.wanted[0].uri if one.wanted else "",
        tuple(wish.event for wish in one.wanted if wish.topic not in unwell),
        tuple(wish.event for wish in plan.create),
        tuple(wish.event for _, wish in plan.update),
        tuple(extra.event for _, extra in plan.delete),
        tuple(refused),
        tuple(sorted({other.uri for other in found.values()} - {wish.uri for wish in one.wanted})),
    )


def remember(inbox: Path, found: Found, now: datetime) -> None:
    """Keep how they stand, for `status` and for the daily repair."""
    opened = Inbox.open(inbox)
    try:
        opened.subscriptions_are(found.name, json.dumps(asdict(found)), int(now.timestamp() * 1000))
    finally:
        opened.close()


def repair(config: Path | None, env: Mapping[str, str], directory: Path, clock: Clock) -> None:
    """Once a day, make subscriptions that were registered as they are wanted: Shopify removes those that fail for hours.

    A repair that fails is logged and tried again with the next wait: runs go on asking what changed.
    """
    heard = event_sources(config, env, directory)
    checked = {one.source: one.checked_at for one in overview(heard.inbox).subscriptions}
    due = [one for one in subscribers(heard) if one.name in checked and _is_due(checked[one.name], clock.now())]
    for one in due:
        try:
            found = register(one, clock)
        except SyncdbError as error:
            log.warning("The webhooks of %s could not be looked at: %s", one.name, error)
            continue
        remember(heard.inbox, found, clock.now())
        if found.refused:
            log.warning("The webhooks of %s are not as wanted: %s", one.name, "; ".join(found.refused))


def _is_due(checked_at: int, now: datetime) -> bool:
    return int(now.timestamp() * 1000) - checked_at >= REPAIRED_EACH // timedelta(milliseconds=1)
