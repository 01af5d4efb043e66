"""Webhook subscriptions of a shop kept as they are wanted: what it shall send where, whether it does."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from syncdb.clock import Clock
from syncdb.connectors.shopify.subscriptions import Plan, Subscription, Subscriptions, difference
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.systems.sender import HOW
from syncdb.systems.shopify.connecting import ShopAccess, shop_of

NOWHERE = f"base_url is not set, so that no webhooks are wanted: runs ask what changed. {HOW}"
_CHANGED = frozenset({"id", "updated_at"})
_GONE = frozenset({"id"})
_LEVEL = frozenset({"inventory_item_id", "location_id", "updated_at"})
# by kind of thing: topics, and all that a delivery needs to hold. So no customer's data travel
TOPICS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "orders": dict.fromkeys(("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED"), _CHANGED) | {"ORDERS_DELETE": _GONE},
    "products": dict.fromkeys(("PRODUCTS_CREATE", "PRODUCTS_UPDATE"), _CHANGED) | {"PRODUCTS_DELETE": _GONE},
    "customers": dict.fromkeys(("CUSTOMERS_CREATE", "CUSTOMERS_UPDATE"), _CHANGED) | {"CUSTOMERS_DELETE": _GONE},
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

    `elsewhere` are addresses of other subscriptions of the same app, `ids` the global ids of ours by topic.
    """

    name: str
    address: str
    active: tuple[str, ...]
    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        return not (self.missing or self.differing or self.surplus or self.refused)


def wanted(kinds: Iterable[str], uri: str) -> tuple[Subscription, ...]:
    """What a shop shall send there so that these kinds of things are heard of. Pure."""
    topics = {topic: fields for kind in TOPICS if kind in set(kinds) for topic, fields in TOPICS[kind].items()}
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
        {there.event: id for id, there in found.items() if (there.topic, there.uri) in {(w.topic, w.uri) for w in one.wanted}},
    )


def remember(inbox: Path, found: Found, now: datetime) -> None:
    """Keep how they stand, for `status` and for the daily repair."""
    opened = Inbox.open(inbox)
    try:
        opened.subscriptions_are(found.name, json.dumps(asdict(found)), int(now.timestamp() * 1000))
    finally:
        opened.close()
