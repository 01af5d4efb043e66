"""Webhooks of the shop for this pair: `erp webhooks register|status`, and the ERP's table that shows how it is with them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.postgres.webhook_book import ACTIVE, ERROR, Webhook, note_webhooks
from syncdb.connectors.shopify.shape import bare_id
from syncdb.errors import ConfigurationError, Exit, LedgerBusy, LedgerUnusable
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.overview import InboxOverview, overview
from syncdb.pairs.base import Action, Asked
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.pairs.shopify_erp.switches import KEPT
from syncdb.programs import MANAGER
from syncdb.systems.postgres.connecting import erp_of, erp_tables
from syncdb.systems.sender import HOW
from syncdb.systems.shopify.deliveries import SHOP, kinds_of
from syncdb.systems.shopify.subscribing import NOWHERE, Found, Subscriber, look, register, remember, wanted
from syncdb.values import iso

REGISTER, STATUS = "register", "status"


def tell_webhooks(database: ErpDatabase, tables: ErpTables, ledger: Path) -> None:
    """Let the ERP's table show what the receiver knows of the shop's webhooks. Nothing where none were registered."""
    with suppress(LedgerBusy, LedgerUnusable):  # the receiver is at it: the next run tells it
        seen = overview(inbox_path(ledger))
        kept = next((json.loads(one.data) for one in seen.subscriptions if one.source == SHOP), None)
        if kept is not None:
            note_webhooks(database, tables, list(_rows(kept, seen)))


def _rows(found: Mapping[str, Any], seen: InboxOverview) -> Iterator[Webhook]:
    last = {one.topic: datetime.fromtimestamp(one.last_at / 1000, UTC) for one in seen.heard if one.source == SHOP}
    refused = "; ".join(found["refused"]) or None
    for topic, id in found.get("ids", {}).items():
        well = topic in found["active"]
        yield Webhook(
            bare_id(id),
            topic,
            ACTIVE if well else ERROR,
            found["address"],
            None if well else refused or "it is not as wanted",
            last.get(topic),
        )


def _webhooks(settings: ErpSettings, asked: Asked) -> Iterator[str | Mapping[str, Any] | Exit]:
    """Make the subscriptions as they are wanted, or only look. Without an address none are wanted, and the ERP hears of none."""
    acts = asked.given.get("word") == REGISTER
    if acts and not settings.base_url:
        raise ConfigurationError(["base_url is not set: the shop must know where to send its webhooks."], next_step=HOW)
    one = Subscriber(SHOP, settings, wanted(kinds_of(KEPT), f"{settings.base_url}/webhooks/{SHOP}") if settings.base_url else ())
    found = register(one, asked.clock) if acts else look(one, asked.clock)
    inbox = inbox_path(settings.db_path)
    if acts:
        remember(inbox, found, asked.clock.now())
    seen = overview(inbox)
    if found.address:
        with erp_of(settings, asked.clock) as database:
            note_webhooks(database, erp_tables(settings), list(_rows(asdict(found), seen)))
    yield from _told(found, seen)
    yield asdict(found) | {"last_triggered": {row.topic: row.last_triggered for row in _rows(asdict(found), seen)}}
    yield Exit.DONE if found.well else Exit.PARTIAL


def _told(found: Found, seen: InboxOverview) -> Iterator[str]:
    yield f"{SHOP}: {f'to {found.address}' if found.address else NOWHERE}"
    last = {one.topic: one.last_at for one in seen.heard if one.source == SHOP}
    states = dict.fromkeys(found.active, "as wanted") | dict.fromkeys(found.missing, "missing")
    for topic, state in (states | dict.fromkeys(found.differing, "differs")).items():
        when = iso(datetime.fromtimestamp(last[topic] / 1000, UTC)) if topic in last else "never"
        yield f"  {topic}: {state}, last received {when}"
    yield from (f"This app also sends to {address}, which was left alone." for address in found.elsewhere)
    yield from (f"Shopify refused {why}" for why in found.refused)
    if not found.well and not found.refused:
        yield f"What to do: {MANAGER} erp webhooks {REGISTER}"


WEBHOOK_ACTIONS: Mapping[str, Action[ErpSettings]] = {
    "webhooks": Action(
        "have the shop say at once what changed, or see whether it does; both show in shopify_webhook_registry",
        _webhooks,
        words=(REGISTER, STATUS),
    )
}
