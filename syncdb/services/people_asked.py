"""What a shop asked about people's data (their right to see it, and to have it erased): told until somebody has seen to it."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.ledger.inbox.overview import AskedAbout, overview
from syncdb.programs import MANAGER
from syncdb.systems.shopify.deliveries import DATA_REQUEST, REDACT, SHOP_REDACT
from syncdb.wording import some_of

WITHIN = timedelta(days=30)  # documented: by then what was asked for is to be done
_ORDERS = "orders:"
_MOST_NAMED = 3


def told_request(asked: AskedAbout) -> tuple[str, str, str]:
    """Code, sentence and next step of an open one."""
    received = datetime.fromtimestamp(asked.received_at / 1000, UTC)
    until = f"It came on {received:%Y-%m-%d} and is to be done by {received + WITHIN:%Y-%m-%d}."
    if asked.topic == SHOP_REDACT:
        told = f"The app was taken out of the shop {asked.source}, and all that is kept of its customers is to be erased. {until}"
        return "people_asked", told, f"See what that is, and delete it: {MANAGER} redact shop:{asked.source}"
    who = f"customer:{asked.person}"
    named = f"customer {asked.person}"
    if asked.person.startswith(_ORDERS):
        orders = asked.person.removeprefix(_ORDERS).split(",")
        who, named = orders[0], f"the buyer of {some_of(orders, _MOST_NAMED)}"
    if asked.topic == DATA_REQUEST:
        told = f"{asked.source} passed on that {named} asks what is kept of them. {until}"
        return "people_asked", told, f"See it, and send it to them: {MANAGER} redact {who} --show"
    told = f"{asked.source} passed on that {named} is to be erased. {until}"
    return "people_asked", told, f"{MANAGER} redact {who} --everywhere"


def asked_to_erase(ledger: Path) -> frozenset[str]:
    """The ids of customers who are to be erased, and nobody has done it yet. Raises InboxBusy and LedgerUnusable."""
    return frozenset(one.person for one in overview(inbox_path(ledger)).asked if one.topic == REDACT)


def seen_to(ledger: Path, topics: Collection[str], ids: Collection[str], orders: Collection[str], now: datetime) -> None:
    """What was asked about these customers is done; of buyers without an account, where all of their orders are among these.

    Raises InboxBusy and LedgerUnusable.
    """
    path = inbox_path(ledger)
    mine = [one for one in overview(path).asked if one.topic in topics and _covered(one.person, ids, orders)]
    if not mine:
        return
    inbox = Inbox.open(path)
    try:
        for one in mine:
            inbox.seen_to(one.topic, [one.person], int(now.timestamp() * 1000))
    finally:
        inbox.close()


def _covered(person: str, ids: Collection[str], orders: Collection[str]) -> bool:
    if person.startswith(_ORDERS):
        return set(person.removeprefix(_ORDERS).split(",")) <= set(orders)
    return person in ids
