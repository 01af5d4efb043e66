"""Webhook subscriptions kept as they are wanted: what a shop shall send where, whether it does, and the repair."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from syncdb.clock import Clock
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.ledger.inbox.overview import overview
from syncdb.services.event_sources import EventSources, event_sources
from syncdb.systems.sender import HOW
from syncdb.systems.shopify.connecting import ShopAccess
from syncdb.systems.shopify.subscribing import Subscriber, register, remember, wanted

log = logging.getLogger("syncdb.webhooks")
REPAIRED_EACH = timedelta(days=1)


def subscribers(heard: EventSources, only: str | None = None, *, looks: bool = False) -> list[Subscriber]:
    """The shops, or the one named `only`. Raises ConfigurationError where there is none, or no public address; to one that is
    only looked at nothing is wanted then.
    """
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
    chosen = [only] if only is not None else list(accesses)
    lacking = [name for name in chosen if not addresses[name]]
    if lacking and not looks:
        raise ConfigurationError(["base_url is not set: the shop must know where to send its webhooks."], next_step=HOW)
    uris = {name: f"{addresses[name]}/webhooks/{name}" for name in chosen}
    return [Subscriber(name, accesses[name], () if name in lacking else wanted(kinds[name], uris[name])) for name in chosen]


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
