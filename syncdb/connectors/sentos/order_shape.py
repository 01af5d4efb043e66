"""Orders of Sentos as they are shown: which of their facts are compared, and how far they have come."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncdb.connectors.sentos.amounts import UnclearAmount, amount_in
from syncdb.decoding import listed, mapping, understood
from syncdb.values import Value

WAITING, APPROVED, SHIPPED, CANCELLED, DELIVERED = 1, 2, 5, 6, 99
STATUSES = (1, 2, 3, 4, 5, 6, 99)
ON_ITS_WAY = (SHIPPED, DELIVERED)


@dataclass(frozen=True, slots=True)
class SentosOrder:
    """An order there. `content` are its items and what they come to with shipping, None where that cannot be read for sure.

    `tracking` is carrier, number and address of its shipment as one text, None without a number.
    """

    id: int
    order_id: str
    code: str
    status: int
    content: str | None
    tracking: str | None = None

    @property
    def fields(self) -> dict[str, Value]:
        """What is compared. How far Sentos has gone on its own is nobody's edit, so it is not shown: only what is behind."""
        shown: dict[str, Value] = {"cancelled": self.status == CANCELLED}
        if self.status == WAITING:
            shown["approved"] = False
        if self.status not in (*ON_ITS_WAY, CANCELLED):
            shown["shipped"] = None
            if self.content is not None:
                shown["content"] = self.content
        return shown


def content_of(pieces: Mapping[str, int], total: Decimal) -> str:
    """What an order consists of, as a text that is the same on both sides: pieces by SKU, and the total with shipping."""
    return f"{', '.join(f'{count} x {sku}' for sku, count in sorted(pieces.items()))} = {total.quantize(Decimal('0.01'))}"


@understood("Sentos")
def order_in(shown: Mapping[str, Any]) -> SentosOrder:
    """An order of a listing. Raises NotUnderstood."""
    return SentosOrder(
        id=number_in(shown["id"]),
        order_id=str(shown.get("order_id") or ""),
        code=str(shown.get("order_code") or ""),
        status=number_in(shown["status"]),
        content=_content(shown),
        tracking=_tracking(shown),
    )


def tracking_text(company: object, number: object, url: object) -> str | None:
    """Carrier, number and address of a shipment as one text; None without a number."""
    return "|".join(str(part or "").strip().replace("|", "/") for part in (company, number, url)) if number else None


def _tracking(shown: Mapping[str, Any]) -> str | None:
    """Where the shipment is told by itself, else beside the order."""
    told = shown.get("tracking_info")
    told = told if isinstance(told, Mapping) else {}
    company = told.get("cargo_company") or shown.get("cargo_provider")
    return tracking_text(company, told.get("tracking_number") or shown.get("cargo_number"), told.get("tracking_link"))


def number_in(value: object) -> int:
    """A whole number, also as text. Raises TypeError."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} in place of a whole number")
    return value


def _content(shown: Mapping[str, Any]) -> str | None:
    """Lines that Sentos rejected do not count; neither does their `id`, which may be the same for all of them."""
    pieces: dict[str, int] = {}
    try:
        total = amount_in(shown.get("shipping_total") or 0)
        for line in (mapping(one) for one in listed(shown["lines"])):
            if line.get("status") == "rejected":
                continue
            count, sku = number_in(line["quantity"]), str(line["sku"])
            pieces[sku] = pieces.get(sku, 0) + count
            total += amount_in(line["price"]) * count
    except (UnclearAmount, KeyError, TypeError):
        return None
    return content_of(pieces, total)
