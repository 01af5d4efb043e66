"""An order of the ERP as it is made in the shop, or why it cannot be: in sentences for whoever can mend it in the ERP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.ordering.side import CannotBeMade
from syncdb.connectors.shopify.ordering.variants import VariantFinder
from syncdb.connectors.shopify.ordering.wanted import Address, NewOrder, OrderLine
from syncdb.model import Operation
from syncdb.pairs.shopify_erp.erp_orders import Source
from syncdb.pairs.shopify_erp.order_rows import Row, amounts, bought
from syncdb.values import minor_digits

_VARIANT, VARIANT_GID = "shopify_variant_id", "gid://shopify/ProductVariant/"
PAID = frozenset({"paid", "partially_refunded"})


@dataclass(slots=True)
class Sending:
    """Says what order an operation makes. `currency` is the shop's."""

    database: ErpDatabase
    tables: ErpTables
    variants: VariantFinder
    source: Source
    currency: str
    _known: dict[str, list[str]] = field(default_factory=dict)
    _renamed: dict[str, list[str]] = field(default_factory=dict)  # SKUs that the variant does not have in the shop

    def __call__(self, operation: Operation) -> NewOrder:
        """The order of the ERP with that key. Raises CannotBeMade."""
        id = operation.key.rpartition(":")[2]
        rows = read_rows(self.database, self.tables["orders"], {ID: id})
        if not rows:
            raise CannotBeMade(f"Order {id} is no longer in the ERP.")
        row, items = rows[0], read_rows(self.database, self.tables["order_items"], {"order_id": id})
        try:
            return self._order(id, row, items)
        except CannotBeMade as why:
            raise CannotBeMade(f"Order {row['order_number']}: {why}") from None

    def _order(self, id: str, row: Row, items: Sequence[Row]) -> NewOrder:
        if row.get("shopify_order_id"):
            raise CannotBeMade(
                f"it says that it is the shop's order {row['shopify_order_id']}, and the shop does not show that one. Empty "
                "shopify_order_id if it shall be made anew."
            )
        if not items:
            raise CannotBeMade("it has no lines.")
        buyer, told = self._buyer(row), amounts(row)
        included = self._taxes_included(row, items, told)
        currency = str(row.get("currency") or self.currency).strip().upper()
        lines = self._lines(items, told["tax"], minor_digits(currency))
        ordered = row.get("ordered_at")
        return NewOrder(
            source=self.source(id),
            origin="erp",
            currency=currency,
            lines=lines,
            email=_text(row.get("email")) or buyer.get("email"),
            phone=_text(row.get("phone")),
            first_name=buyer.get("first_name"),
            last_name=buyer.get("last_name"),
            shipping_address=self._address(row, buyer),
            shipping=told["shipping"],
            discount=told["discount"],
            discount_code="ERP",
            taxes_included=included,
            tax_rate=_rate(items, told, included),
            paid=self._paid(row, items, told, included),
            processed_at=ordered.astimezone(UTC) if isinstance(ordered, datetime) and ordered.tzinfo else None,
            note=_text(row.get("note")),
            tags=("erp",),
            attributes=(("ERP order", str(row["order_number"])),),
            called=str(row["order_number"]),
        )

    def _buyer(self, row: Row) -> dict[str, str | None]:
        if "customers" not in self.tables or not row.get("customer_id"):
            return {}
        names = [name for name in ("email", "first_name", "last_name", "phone") if self.tables["customers"].has(name)]
        found = read_rows(self.database, self.tables["customers"], {ID: str(row["customer_id"])}, names)
        return {name: _text(found[0].get(name)) for name in names} if found else {}

    def _lines(self, items: Sequence[Row], tax: Decimal, digits: int) -> tuple[OrderLine, ...]:
        skus = [sku for one in items if (sku := _text(one.get("sku")))]
        if len(skus) < len(items):
            lacking = next(_text(one.get("title")) or "without a title" for one in items if not _text(one.get("sku")))
            raise CannotBeMade(f"a line ({lacking}) has no SKU. Give it the SKU that the product has in the shop.")
        for sku, count, _ in map(bought, items):
            if count != count.to_integral_value():
                raise CannotBeMade(f"of {sku} it has {count.normalize():f} pieces, and Shopify counts whole ones.")
        ids = self._ids(skus)
        shares = _shares(tax, [price * count for _, count, price in map(bought, items)], digits)
        return tuple(
            OrderLine(int(count), price, sku=sku, variant=ids[sku], tax=share, own_sku=sku in self._renamed)
            for (sku, count, price), share in zip(map(bought, items), shares, strict=True)
        )

    def _ids(self, skus: Sequence[str]) -> Mapping[str, str]:
        new = [sku for sku in skus if sku not in self._known]
        self._known |= self.variants.by_sku(new) if new else {}
        self._renamed |= self._named_by_rows([sku for sku in new if len(self._known[sku]) != 1])
        self._known |= self._renamed
        for sku in skus:
            if not self._known[sku]:
                raise CannotBeMade(f"the SKU {sku} is in no product of the shop. Make it there, or correct the SKU.")
            if len(self._known[sku]) > 1:
                raise CannotBeMade(f"the SKU {sku} stands at {len(self._known[sku])} variants of the shop. Give it to one only.")
        return {sku: self._known[sku][0] for sku in skus}

    def _named_by_rows(self, skus: Sequence[str]) -> dict[str, list[str]]:
        """The variants that the ERP's own products name, of SKUs that the shop has not, or has twice: renamed here, say."""
        if not skus or "products" not in self.tables or not self.tables["products"].has(_VARIANT):
            return {}
        rows = read_rows(self.database, self.tables["products"], {"sku": list(skus)}, ["sku", _VARIANT])
        named: dict[str, dict[str, None]] = {}
        for row in rows:
            if row[_VARIANT]:
                named.setdefault(str(row["sku"]), {})[f"{VARIANT_GID}{row[_VARIANT]}"] = None
        return {sku: list(variants) for sku, variants in named.items()}

    def _address(self, row: Row, buyer: Mapping[str, str | None]) -> Address:
        if not _text(row.get("shipping_address1")) or not _text(row.get("shipping_country")):
            raise CannotBeMade("it has no shipping address (street and country). Fill in shipping_address1 and shipping_country.")
        first, _, last = (_text(row.get("shipping_name")) or "").rpartition(" ")
        province = _text(row.get("shipping_province"))
        return Address(
            first or buyer.get("first_name"),
            last or buyer.get("last_name"),
            _text(row.get("shipping_company")),
            _text(row.get("shipping_address1")),
            _text(row.get("shipping_address2")),
            _text(row.get("shipping_city")),
            province if province and len(province) <= 3 else None,  # the shop takes codes only
            _text(row.get("shipping_postal_code")),
            _country(row.get("shipping_country")),
            _text(row.get("shipping_phone")),
        )

    def _taxes_included(self, row: Row, items: Sequence[Row], told: Mapping[str, Decimal]) -> bool:
        """Whether its prices include the tax, by what it comes to. Raises CannotBeMade where its amounts do not agree."""
        net = _worth(items) - told["discount"] + told["shipping"]
        if not self.tables["orders"].has("total") or row.get("total") is None or net + told["tax"] == told["total"]:
            return False
        if net == told["total"]:
            return True
        raise CannotBeMade(
            f"its lines, shipping and discount come to {net}, with tax to {net + told['tax']}, and its total says "
            f"{told['total']}. Correct the amounts."
        )

    def _paid(self, row: Row, items: Sequence[Row], told: Mapping[str, Decimal], included: bool) -> Decimal:
        if str(row.get("financial_status") or "").strip().lower().replace(" ", "_") not in PAID:
            return Decimal(0)
        net = _worth(items) - told["discount"] + told["shipping"]
        return net if included else net + told["tax"]


def _worth(items: Sequence[Row]) -> Decimal:
    return sum((price * count for _, count, price in map(bought, items)), Decimal(0))


def _rate(items: Sequence[Row], told: Mapping[str, Decimal], included: bool) -> Decimal:
    """The share that its tax is of what it is on, as far as one can tell."""
    taxed = _worth(items) - told["discount"] - (told["tax"] if included else Decimal(0))
    return (told["tax"] / taxed).quantize(Decimal("0.0001")) if told["tax"] and taxed > 0 else Decimal(0)


def _shares(whole: Decimal, parts: Sequence[Decimal], digits: int) -> list[Decimal]:
    """An amount over parts by their worth, in whole cents; the last takes what is left."""
    total, step, shares = sum(parts, Decimal(0)), Decimal(1).scaleb(-digits), list[Decimal]()
    for part in parts[:-1]:
        shares.append((whole * part / total).quantize(step, ROUND_HALF_UP) if total else Decimal(0))
    return [*shares, whole - sum(shares, Decimal(0))]


def _country(value: object) -> str:
    """Its two letters, such as TR; anything else as it was written, for whoever is to correct it."""
    told = _text(value) or ""
    return told.upper() if len(told) == 2 else told


def _text(value: object) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None
