"""An order as it is to be made in Sentos, before Sentos' own numbers are put in."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Some pieces of one article at one price. `vat_rate` in percent, None where the order does not say."""

    sku: str
    name: str
    quantity: int
    price: Decimal
    vat_rate: int | None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """The order: `head` is everything of the body but its lines, in Sentos' names; `name` is what people call it.

    The prices of its lines and `shipping_total` come to `total` to the cent.
    """

    order_id: str
    name: str
    head: Mapping[str, Any]
    lines: tuple[OrderLine, ...]
    total: Decimal


class CannotBeSent(Exception):
    """Why an order cannot be made in Sentos as it is, as a sentence, and what to do."""

    def __init__(self, why: str, next_step: str) -> None:
        super().__init__(f"{why} {next_step}")
