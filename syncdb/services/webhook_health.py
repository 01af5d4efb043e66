"""What of webhooks needs a person: lost subscriptions, a secret that no longer fits, questions about people's data. Pure."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from syncdb.ledger.inbox.overview import InboxOverview, KeptSubscriptions, RefusedEvents
from syncdb.programs import MANAGER
from syncdb.services.people_asked import told_request

UNSEEN = timedelta(days=2)  # continuous runs look once a day
RECENT = timedelta(days=1)
REASONS = {"signature": "their signature does not fit", "no signature": "they are not signed", "shop": "they name another shop"}


def troubles(seen: InboxOverview, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Code, sentence and next step of each."""
    at = int(now.timestamp() * 1000)
    for kept in seen.subscriptions:
        yield from _of_subscriptions(kept, at)
    for asked in seen.asked:
        yield told_request(asked)
    for one in seen.refused:
        recent = at - one.last_at < RECENT // timedelta(milliseconds=1)
        if one.reason in REASONS and recent and _last_heard(seen, one) < one.last_at:
            yield _refused(one)


def _of_subscriptions(kept: KeptSubscriptions, at: int) -> Iterator[tuple[str, str, str]]:
    found = json.loads(kept.data)
    lost = [*found["missing"], *found["differing"]]
    if lost or found["refused"]:
        why = f" Shopify refused {'; '.join(found['refused'])}." if found["refused"] else ""
        text = f"{kept.source} does not send all webhooks that are wanted ({', '.join(lost) or 'refused'}).{why}"
        yield "webhooks_lost", text, f"Runs find what changed by asking. To have it at once: {MANAGER} webhooks register"
    elif at - kept.checked_at > UNSEEN // timedelta(milliseconds=1):
        text = f"Whether {kept.source} still sends its webhooks was not looked at for more than two days."
        yield "webhooks_unseen", text, f"Look: {MANAGER} webhooks status. A pair in --mode continuous does it once a day."


def _last_heard(seen: InboxOverview, one: RefusedEvents) -> int:
    return max((topic.last_at for topic in seen.heard if topic.source == one.source), default=0)


def _refused(one: RefusedEvents) -> tuple[str, str, str]:
    told = f"because {REASONS[one.reason]} ({one.times:,} so far), and none is let in since"
    text = f"Webhooks for {one.source} are turned away {told}."
    return "webhooks_refused", text, "See whether the shop's secret was changed: docs/webhooks.md, Changing the secret."
