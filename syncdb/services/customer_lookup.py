"""Whom `redact` means: an order, or a customer by id, e-mail address, phone number or name."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from syncdb.connectors.shopify.personal import Person
from syncdb.errors import ConfigurationError
from syncdb.ledger import Ledger
from syncdb.ledger.queries.order_names import Names
from syncdb.ledger.redaction import MayBe
from syncdb.ledger.text_search import Advance
from syncdb.orders.people import Kept, KeptPeople, PersonRecord
from syncdb.orders.redaction import Affected, of_customer, of_order, redaction
from syncdb.services.order_lookup import SeveralOrders, UnknownOrder, find_order

_CUSTOMER = re.compile(r"(?:gid://shopify/Customer/|.*/customers/|customer:)(\d+)(?:[/?#].*)?", re.IGNORECASE)
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))


def whose(path: Path, who: str, advance: Advance, now: datetime, kept: Kept, asked: Collection[str] = frozenset()) -> Affected:
    """The orders of the ledger at `path` that `who` means, and what pairs keep of the person beside them, as `kept` says.

    `advance` hears how many orders were looked at. Customers who are `asked` about, by their ids, may be known by nothing else.

    Raises ConfigurationError where none or several customers are meant, SeveralOrders where several orders are.
    """
    with Ledger.open(path, now) as ledger:
        one = None if "@" in who or _CUSTOMER.fullmatch(who) else _order(ledger, who)
        affected = of_order(ledger, one) if one else of_customer(ledger, picks(who), may_be(who), advance)
        for record in _records(ledger, who, one, kept, affected):
            affected.add_record(record)
        affected.values |= _mentioned(ledger, who)
    if not affected.anything and (named := _CUSTOMER.fullmatch(who)) and named[1] in asked:
        affected.person = f"gid://shopify/Customer/{named[1]}"
        affected.customers[named[1]] = ""
    if not affected.anything and not affected.person:
        raise ConfigurationError(
            [f"The ledger knows no order and no customer {who!r}. Nothing was changed."],
            next_step="Try the e-mail address, the customer id (from the admin's address), or the number of one of the orders. A "
            "customer that was redacted before is known by the numbers of the orders only.",
        )
    if one is None and len(affected.customers) > 1:
        told = ", ".join(f"{name or 'unnamed'} ({key})" for key, name in sorted(affected.customers.items())[:10])
        raise ConfigurationError(
            [f"{who!r} fits {len(affected.customers)} customers: {told}. Nothing was changed."],
            next_step="Redact them one by one, by customer id (customer:123456) or e-mail address.",
        )
    return affected


def _records(ledger: Ledger, who: str, order_id: str | None, kept: Kept, affected: Affected) -> list[PersonRecord]:
    """What pairs keep of that order, else of that person."""
    people = KeptPeople(ledger.connection, ledger.redacted, kept)
    if order_id:
        return people.of_number(order_id)
    if "@" not in who and not _CUSTOMER.fullmatch(who) and (orders := people.of_number(who)):
        return orders
    picked, ids = picks(who), set(affected.customers)
    return people.of_person(lambda person: picked(person) or person.customer_id in ids)


def _mentioned(ledger: Ledger, who: str) -> set[str]:
    """An e-mail address that stands in messages alone: of somebody who was refused, and of whom nothing was agreed."""
    return {who} if "@" in who and redaction(ledger).mentions(who) else set()


def _order(ledger: Ledger, who: str) -> str | None:
    try:
        return find_order(Names(ledger.connection), who).order_id
    except SeveralOrders:
        raise
    except UnknownOrder:
        return None


def picks(who: str) -> Callable[[Person], bool]:
    """Tells whether somebody is meant: by id, e-mail address, phone number or whole name."""
    text = " ".join(who.split()).casefold()
    if named := _CUSTOMER.fullmatch(text):
        return lambda person: person.customer_id == named[1]
    if "@" in text:
        return lambda person: text in person.emails
    if digits := _phone(text):
        tail = digits.removeprefix("00").lstrip("0")
        return lambda person: (
            person.customer_id == digits or any(one.endswith(tail) and len(one) - len(tail) <= 3 for one in person.phones)
        )
    return lambda person: text in person.names


def may_be(who: str) -> MayBe | None:
    """What can be told of their orders from the stored text, so that the others need not be read; None where nothing can."""
    text = " ".join(who.split())
    if named := _CUSTOMER.fullmatch(text):
        return lambda stored: named[1].encode() in stored
    if "@" in text:
        mention = text.lower().encode()
        return (lambda stored: mention in stored.lower()) if text.isascii() and not set(text) & set('"\\') else None
    if digits := _phone(text):
        tail = digits.removeprefix("00").lstrip("0").encode()
        return (lambda stored: tail in stored.translate(None, _NO_DIGITS)) if digits.isascii() else None
    return None


def _phone(text: str) -> str:
    """The digits of what may be a phone number; empty for anything else."""
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) >= 6 and re.fullmatch(r"[\d\s()+./-]+", text) else ""
