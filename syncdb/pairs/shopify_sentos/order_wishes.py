"""What the settings say of orders: which are sent, with which status, payment method and numbers for an invoice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from syncdb.connectors.sentos.order_shape import STATUSES
from syncdb.mapping.columns import find
from syncdb.values import moment

ISTANBUL = timezone(timedelta(hours=3))  # Turkey has had no other time since 2016; Sentos writes it without a zone
PAYMENT_METHODS = ("KREDIKARTI/BANKAKARTI", "EFT/HAVALE", "NAKIT", "KAPIDAODEME/NAKIT", "KAPIDAODEME/KREDIKARTI")
USUAL_STATUSES: Mapping[str, int] = {"paid": 2, "partially_refunded": 2, "pending": 1, "authorized": 1, "partially_paid": 1}
ONLINE = "online"  # the place of orders that no retail location took
PAYMENTS = ("authorized", "expired", "paid", "partially_paid", "partially_refunded", "pending", "refunded", "voided")  # Shopify's
INVOICE = ("turkishIdentityNumber", "taxNumber", "taxOffice")
# pieces of gateways' names that can mean one thing only; the first that fits counts
_USUAL_METHODS = (
    ("KAPIDAODEME/NAKIT", ("cash on delivery", "cod", "kapıda", "kapida")),
    ("EFT/HAVALE", ("bank", "havale", "eft", "wire", "manual", "money order")),
    ("KREDIKARTI/BANKAKARTI", ("shopify_payments", "iyzi", "paytr", "param", "stripe", "card", "kart", "payu", "bogus", "sipay")),
    ("NAKIT", ("cash", "nakit")),
)


@dataclass(frozen=True, slots=True)
class OrderWishes:
    """Which orders go to Sentos, and how."""

    channel: int
    warehouse: int
    statuses: Mapping[str, int] = field(default_factory=lambda: USUAL_STATUSES)
    methods: Mapping[str, str] = field(default_factory=dict)
    since: date | None = None
    tags: Sequence[str] = ()
    locations: Sequence[str] = ()
    tax_attributes: Mapping[str, str] = field(default_factory=dict)

    def wants(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether an order that was not sent yet is to be sent at all."""
        if snapshot.get("test") or snapshot.get("cancelled_at") or snapshot.get("deleted_at"):
            return False
        if not any(line.get("current_quantity", 0) > 0 for line in snapshot.get("line_items") or ()):
            return False
        if self.status(snapshot) is None:
            return False
        if self.since is not None and ordered_at(snapshot).date() < self.since:
            return False
        return self._place_fits(snapshot) and self._tags_fit(snapshot)

    def status(self, snapshot: Mapping[str, Any]) -> int | None:
        """With which status it is made; None where its payment is none that is sent."""
        return self.statuses.get(str(snapshot.get("display_financial_status") or "").lower())

    def method(self, snapshot: Mapping[str, Any]) -> str | None:
        """The payment method of Sentos for it; None where nobody said."""
        for gateway in snapshot.get("payment_gateway_names") or ():
            name = str(gateway).strip().casefold()
            if name in self.methods:
                return self.methods[name]
            if usual := next((method for method, pieces in _USUAL_METHODS if any(one in name for one in pieces)), None):
                return usual
        return self.methods.get("*")

    def _place_fits(self, snapshot: Mapping[str, Any]) -> bool:
        place = str(find(snapshot, "retail_location.name") or ONLINE).casefold()
        return not self.locations or place in {one.casefold() for one in self.locations}

    def _tags_fit(self, snapshot: Mapping[str, Any]) -> bool:
        there = {str(tag).casefold() for tag in snapshot.get("tags") or ()}
        barred = {tag[1:].strip().casefold() for tag in self.tags if tag.startswith("-")}
        asked = {tag.casefold() for tag in self.tags if not tag.startswith("-")}
        return not there & barred and (not asked or bool(there & asked))


def places_asked(wishes: OrderWishes | None) -> Mapping[str, Sequence[str]]:
    """The shop's locations whose orders are sent, by the setting that names them."""
    return {"sentos_order_locations": [one for one in wishes.locations if one.casefold() != ONLINE]} if wishes else {}


def ordered_at(snapshot: Mapping[str, Any]) -> datetime:
    """When it was ordered, by Turkish clocks."""
    return moment(str(snapshot.get("processed_at") or snapshot["created_at"])).astimezone(ISTANBUL)


def wrong_wishes(statuses: Any, methods: Any, tax: Any) -> list[str]:
    """What is wrong with these settings, each as a sentence that begins with its name."""
    problems = []
    for name, status in (statuses or {}).items():
        if str(name).lower() not in PAYMENTS:
            problems.append(f"sentos_statuses: {name} is no payment status of Shopify: it must be one of {', '.join(PAYMENTS)}.")
        if isinstance(status, bool) or status not in STATUSES:
            problems.append(f"sentos_statuses: {name} must have one of {', '.join(map(str, STATUSES))}.")
    for name, method in (methods or {}).items():
        if method not in PAYMENT_METHODS:
            problems.append(f"sentos_payment_methods: {name} must have one of {', '.join(PAYMENT_METHODS)}.")
    for name, attribute in (tax or {}).items():
        if name not in INVOICE or not isinstance(attribute, str) or not attribute.strip():
            problems.append(f"sentos_tax_attributes: {name} must be one of {', '.join(INVOICE)} with an attribute's name.")
    return problems
