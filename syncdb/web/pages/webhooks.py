"""What shops send, whether they do, and having them send it. The same as `webhooks`."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.overview import InboxOverview, KeptSubscriptions, overview
from syncdb.services.calendar import Calendar
from syncdb.services.event_sources import EventSources, event_sources
from syncdb.services.webhook_health import REASONS
from syncdb.values import iso
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, page, site

log = logging.getLogger("syncdb.web")


def webhooks() -> Response:
    """Topics, what came of each, and what was turned away. Nobody is asked."""
    place, calendar = site(), site().calendar(asked().now)
    seen = overview(inbox_path(place.place.ledger))
    trouble, names = _configured()
    kept = {one.source: one for one in seen.subscriptions}
    sources = dict.fromkeys([*names, *kept, *(one.source for one in seen.heard), *(one.source for one in seen.refused)])
    return page(
        "webhooks.html",
        "Webhooks",
        command="webhooks status",
        age=f"Read at {asked().now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        trouble=trouble,
        sources=[_source(name, seen, kept.get(name), calendar) for name in sources],
        waiting=[(reader, count) for reader, count in seen.waiting if count],
        asks=bool(names),
    )


def _configured() -> tuple[str, list[str]]:
    """Why shops cannot be asked to send anything; and the shops."""
    from syncdb.services.subscriptions import subscribers  # what talks to the shop takes a moment to load

    try:
        return "", [one.name for one in subscribers(_heard())]
    except ConfigurationError as error:
        return " ".join([*error.problems, error.next_step]), []


def _heard() -> EventSources:
    place = site()
    return event_sources(place.config, place.env, place.folder)


def _source(name: str, seen: InboxOverview, kept: KeptSubscriptions | None, calendar: Calendar) -> dict[str, Any]:
    found = json.loads(kept.data) if kept else {"active": [], "missing": [], "differing": [], "refused": [], "address": ""}
    heard = {one.topic: one for one in seen.heard if one.source == name}
    states = dict.fromkeys(found["active"], ("ok", "as wanted"))
    states |= dict.fromkeys(found["missing"], ("bad", "missing"))
    states |= dict.fromkeys(found["differing"], ("look", "differs"))
    states |= {topic: ("off", "not looked at") for topic in heard if topic not in states}
    topics = [
        {
            "topic": topic,
            "kind": kind,
            "word": word,
            "last": _ago(heard[topic].last_at, calendar) if topic in heard else "never",
            "times": heard[topic].times if topic in heard else 0,
            "repeated": heard[topic].repeated if topic in heard else 0,
        }
        for topic, (kind, word) in states.items()
    ]
    mine = [one for one in seen.refused if one.source == name]
    return {
        "name": name,
        "address": found["address"],
        "topics": topics,
        "refused": [(REASONS.get(one.reason, one.reason), one.times, _ago(one.last_at, calendar)) for one in mine],
        "checked": _ago(kept.checked_at, calendar) if kept else "",
        "said": found["refused"],
    }


def _ago(milliseconds: int, calendar: Calendar) -> str:
    return calendar.ago(iso(datetime.fromtimestamp(milliseconds / 1000, UTC)))


def act() -> AnyResponse:
    """Look at, or make, what the shops shall send."""
    from syncdb.services.subscriptions import subscribers
    from syncdb.systems.shopify.subscribing import look, register, remember

    registering = request.form.get("act") == "register"
    heard, told = _heard(), []
    for one in subscribers(heard):
        found = register(one, site().clock) if registering else look(one, site().clock)
        remember(heard.inbox, found, asked().now)
        told.append(f"{one.name}: {len(found.active)} as wanted, {len(found.missing) + len(found.differing)} not.")
    log.info("%s %s the webhooks of %s", asked().name, "registered" if registering else "looked at", ", ".join(heard.senders))
    return back_to("/webhooks", *told)


WAYS = (Way("/webhooks", webhooks), Way("/webhooks", act, Role.OPERATOR, ("POST",)))
