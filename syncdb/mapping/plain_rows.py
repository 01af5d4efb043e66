"""Rows of other things than orders, for tabs that only show them: customers, products, variants, stock, payouts and their parts.

The fields of goods are those of `mapping.entities`, which other pairs can write as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from syncdb.mapping.choice import Choice, ChosenColumns, choice_of
from syncdb.mapping.entities import INVENTORY, PRODUCTS, VARIANTS, Entity, EntityField, ShownAs, entity_field, metafield_named
from syncdb.mapping.people import CUSTOMERS
from syncdb.metafields import kind_of
from syncdb.model import Field
from syncdb.values import Kind

IN_SHOP = "in_shop"


@dataclass(frozen=True, slots=True)
class PlainRows:
    """What a tab with such rows can show. `key` is the header of its key, `default` the columns where none were chosen.

    `needs` are the permissions of Shopify that it takes. Records that `stay` keep their rows once they are gone from the shop.
    `numbers` are ids as rows of orders have them, where a key is longer.
    """

    rows: str
    entity: Entity
    key: str
    default: tuple[str, ...]
    needs: tuple[str, ...]
    personal: bool = False
    stays: bool = True
    numbers: tuple[EntityField, ...] = ()

    def field(self, name: str) -> EntityField | None:
        """The field of that name, also a metafield; None where there is none."""
        own = next((one for one in self.numbers if one.name == name), None)
        return own or (_IN_SHOP if name == IN_SHOP and self.stays else entity_field(self.entity, name))

    @property
    def fields(self) -> tuple[EntityField, ...]:
        return (*self.entity.fields, *self.numbers, *((_IN_SHOP,) if self.stays else ()))


def _seen(name: str, label: str, kind: Kind, meaning: str) -> EntityField:
    return EntityField(name, label, kind, ShownAs.TEXT, meaning, writable=False)


_IN_SHOP = _seen(IN_SHOP, "In the shop", Kind.FLAG, "No once it is gone from the shop; the row stays.")


def _number(of: str) -> EntityField:
    return _seen(f"{of}_number", f"{of.capitalize()} number", Kind.IDENTIFIER, f"The {of}'s number, as in rows of orders.")


_CUSTOMER_NUMBER, _PRODUCT_NUMBER, _VARIANT_NUMBER = _number("customer"), _number("product"), _number("variant")
_TEXT, _ID, _MONEY = Kind.TEXT, Kind.IDENTIFIER, Kind.MONEY

PAYOUTS = Entity(
    "payouts", "Payouts", "payout",
    (
        _seen("issued_at", "Issued", Kind.MOMENT, "When it was issued, in the shop's time zone."),
        _seen("status", "Status", _TEXT, "scheduled, in transit, paid, failed or canceled."),
        _seen("direction", "Direction", _TEXT, "deposit, or withdrawal where more went back than came in."),
        _seen("gross", "Gross", _MONEY, "All gross amounts together."),
        _seen("fees", "Fees", _MONEY, "All fees together: gross - fees = net."),
        _seen("net", "Net", _MONEY, "What reaches the bank."),
        _seen("currency", "Currency", _TEXT, "The currency of all amounts of the payout."),
        _seen("charges", "Charges", _MONEY, "The gross amount of charges."),
        _seen("refunds", "Refunds", _MONEY, "The gross amount of refunds, negative."),
        _seen("adjustments", "Adjustments", _MONEY, "The gross amount of adjustments, disputes among them."),
        _seen("reserved", "Reserved", _MONEY, "The gross amount of reserved funds."),
        _seen("retried", "Retried", _MONEY, "The gross amount of payouts that are tried again."),
        _seen("advances", "Advances", _MONEY, "The gross amount of advances."),
        _seen("rebates", "Rebates", _MONEY, "Credits of rebates."),
        _seen("charge_fees", "Charge fees", _MONEY, "The fees of charges."),
        _seen("refund_fees", "Refund fees", _MONEY, "The fees of refunds; negative where they are given back."),
        _seen("adjustment_fees", "Adjustment fees", _MONEY, "The fees of adjustments."),
        _seen("reserved_fees", "Reserve fees", _MONEY, "The fees of reserved funds."),
        _seen("retried_fees", "Retry fees", _MONEY, "The fees of payouts that are tried again."),
        _seen("advance_fees", "Advance fees", _MONEY, "The fees of advances."),
        _seen("bank_reference", "Bank reference", _ID, "The bank's own reference, for the statement."),
        _seen("payout_number", "Payout", _ID, "Its number, as in the rows of what is in it."),
    ),
)  # fmt: skip

PAYOUT_TRANSACTIONS = Entity(
    "payout_transactions", "Payout transactions", "payout transaction",
    (
        _seen("at", "Processed", Kind.MOMENT, "When it was processed, in the shop's time zone."),
        _seen("type", "Type", _TEXT, "charge, refund, adjustment, chargeback hold and others, as Shopify calls them."),
        _seen("order_name", "Order", _TEXT, "The order it is for."),
        _seen("amount", "Amount", _MONEY, "The gross amount: negative where money went back."),
        _seen("fee", "Fee", _MONEY, "The fee: amount - fee = net."),
        _seen("net", "Net", _MONEY, "What it adds to the payout."),
        _seen("currency", "Currency", _TEXT, "The currency of its amounts: that of the payout."),
        _seen("payout_number", "Payout", _ID, "The number of the payout it is in; empty while it is in none."),
        _seen("payout_status", "Payout status", _TEXT, "pending while it is in none, else that of the payout."),
        _seen("order_id", "Order ID", _ID, "The order's number, as in the rows of orders."),
        _seen("source", "Source", _TEXT, "What it comes from."),
        _seen("order_transaction_id", "Payment ID", _ID, "The payment of the order that it comes from, as in rows of payments."),
        _seen("reason", "Reason", _TEXT, "Why something was adjusted."),
        _seen("test", "Test", Kind.FLAG, "Whether it is a test."),
    ),
)  # fmt: skip

GOODS = ("read_products",)
PAYMENTS = ("read_shopify_payments_payouts",)
_CUSTOMER = f"name email email_marketing phone orders spent currency tags city country created_at {IN_SHOP}"
_PRODUCT = f"title status vendor product_type tags created_at {IN_SHOP}"
_VARIANT = f"product_title title sku barcode price compare_at_price product {IN_SHOP}"
_STOCK = f"sku location available on_hand committed incoming variant {IN_SHOP}"
_PAYOUT = "issued_at status gross fees net currency charges charge_fees refunds refund_fees adjustments adjustment_fees"
_BALANCE = "at type order_name amount fee net currency payout_number payout_status"

PLAIN: Mapping[str, PlainRows] = {
    one.rows: one
    for one in (
        PlainRows(
            "customer",
            CUSTOMERS,
            "Customer ID",
            tuple(_CUSTOMER.split()),
            ("read_customers",),
            personal=True,
            numbers=(_CUSTOMER_NUMBER,),
        ),
        PlainRows("product", PRODUCTS, "Product ID", tuple(_PRODUCT.split()), GOODS, numbers=(_PRODUCT_NUMBER,)),
        PlainRows("variant", VARIANTS, "Variant ID", tuple(_VARIANT.split()), GOODS, numbers=(_VARIANT_NUMBER, _PRODUCT_NUMBER)),
        PlainRows(
            "stock",
            INVENTORY,
            "Stock ID",
            tuple(_STOCK.split()),
            ("read_inventory", "read_locations", *GOODS),
            numbers=(_VARIANT_NUMBER, _PRODUCT_NUMBER),
        ),
        PlainRows("payout", PAYOUTS, "Payout ID", tuple(f"{_PAYOUT} payout_number".split()), PAYMENTS, stays=False),
        PlainRows("payout_transaction", PAYOUT_TRANSACTIONS, "Balance ID", tuple(_BALANCE.split()), PAYMENTS, stays=False),
    )
}


def parse_plain(value: Any, rows: str) -> Choice:
    """Understand the setting `columns` of such rows, as `parse_columns` does that of rows of orders. Never raises."""
    plain = PLAIN[rows]
    sets = {"default": _labelled(plain, plain.default), "all": _labelled(plain, (one.name for one in plain.fields))}
    return choice_of(value, sets, lambda item: _one(plain, item), plain.key)


def plain_fields(rows: str, columns: ChosenColumns | None, types: Mapping[str, str] | None = None) -> tuple[Field, ...]:
    """The fields of a tab, its key first; metafields by the `types` of their definitions (by namespace.key)."""
    plain = PLAIN[rows]
    chosen = columns or _labelled(plain, plain.default)
    return (
        Field("key", plain.key, Kind.IDENTIFIER),
        *(_field(plain, name, header, chosen, types or {}) for name, header in chosen),
    )


def offered_plain(rows: str, columns: ChosenColumns | None) -> Iterator[tuple[EntityField, str]]:
    """The chosen columns in their order, each with its header, then all others with none."""
    plain = PLAIN[rows]
    headers = dict(columns or _labelled(plain, plain.default))
    for name in [*headers, *(one.name for one in plain.fields if one.name not in headers)]:
        if (known := plain.field(name)) is not None:
            yield known, headers.get(name, "")


def usual_header(rows: str, name: str) -> str:
    """The header of a column for which none was chosen."""
    known = PLAIN[rows].field(name)
    return known.label if known else ""


def metafields_in(columns: Iterable[tuple[str, str]]) -> list[str]:
    """The metafields (namespace.key) among these columns."""
    return [".".join(found) for name, _ in columns if (found := metafield_named(name))]


def _labelled(plain: PlainRows, names: Iterable[str]) -> ChosenColumns:
    labels = {one.name: one.label for one in plain.fields}
    return tuple((name, labels[name]) for name in names)


def _field(plain: PlainRows, name: str, header: str, chosen: ChosenColumns, types: Mapping[str, str]) -> Field:
    known = plain.field(name)
    assert known is not None, "columns are checked when they are understood"
    kind = kind_of(types.get(name.removeprefix("metafields."), "")) if metafield_named(name) else known.kind
    if kind is Kind.MONEY and name in ("weight",):
        kind = Kind.NUMBER  # exact to the last digit, and no amount of money
    currency = "currency" if kind is Kind.MONEY and "currency" in dict(chosen) else None
    return Field(name, header, kind, currency)


def _one(plain: PlainRows, item: Any) -> tuple[tuple[str, str] | None, str]:
    if isinstance(item, str):
        item = {"field": item}
    if not isinstance(item, dict) or not isinstance(item.get("field"), str) or item.keys() - {"field", "header"}:
        return None, 'expected a name or {"field": name, "header": text}.'
    known = plain.field(item["field"])
    if known is None:
        near = get_close_matches(item["field"], [one.name for one in plain.fields], n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        return None, f"rows of a {plain.rows} have no column {item['field']!r}.{hint}"
    header = item.get("header", known.label)
    if not isinstance(header, str) or not header.strip():
        return None, f"the header of {known.name} must be text."
    return (known.name, header.strip()), ""
