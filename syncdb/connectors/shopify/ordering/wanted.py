"""What an order is to be in the shop: plain values, whoever they come from. Amounts are exact, in the order's currency."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Address:
    """Where something goes. `country` and `province` are codes ("TR", "34"), as ISO 3166 has them."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What is sold. `variant` is the global id of a variant of the shop, None for a line of its own (which needs a title).

    `price` is for one piece, `tax` for all of them. `own_sku`: the line is called by its SKU, which is not the variant's.
    """

    quantity: int
    price: Decimal
    title: str = ""
    sku: str | None = None
    variant: str | None = None
    tax: Decimal = Decimal(0)
    own_sku: bool = False


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it is to be made.

    `source` is its id where it comes from: it is never made twice under one. `origin` says what that is ("erp"). `paid` is what
    was received; `tax_rate` is told with the tax of lines (a share: 0.2). `tested`: a test order.
    `called` is what people call it there.
    """

    source: str
    origin: str
    currency: str
    lines: tuple[OrderLine, ...]
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping: Decimal = Decimal(0)
    shipping_title: str = "Shipping"
    shipping_tax: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    discount_code: str = "DISCOUNT"
    taxes_included: bool = False
    tax_rate: Decimal = Decimal(0)
    tax_title: str = "Tax"
    paid: Decimal = Decimal(0)
    gateway: str = "manual"
    processed_at: datetime | None = None
    note: str | None = None
    po_number: str | None = None
    tags: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    tested: bool = False
    called: str = ""

    @property
    def total(self) -> Decimal:
        """What it comes to."""
        worth = sum((one.price * one.quantity for one in self.lines), Decimal(0)) + self.shipping - self.discount
        return worth if self.taxes_included else worth + self.tax

    @property
    def tax(self) -> Decimal:
        return sum((one.tax for one in self.lines), self.shipping_tax)


@dataclass(frozen=True, slots=True)
class Parcel:
    """With whom something was sent, and under which number, where it can be followed."""

    company: str | None = None
    number: str | None = None
    url: str | None = None
