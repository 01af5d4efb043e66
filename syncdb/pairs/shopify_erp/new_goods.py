"""Products of the ERP as new products of the shop: drafts, with all rows of one `parent_sku` as their variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.fields import split
from syncdb.connectors.shopify.products.whole import DEFAULT_OPTION, DEFAULT_VALUE, Option, Product, Stock, Variant, Weight
from syncdb.pairs.shopify_erp.goods import OFF_SALE
from syncdb.pairs.shopify_erp.order_rows import Row
from syncdb.pairs.shopify_erp.places import Places

PLAIN = "Variant"  # the option of rows of one parent that name none
OPTIONS = (1, 2, 3)


class CannotBeMade(Exception):
    """Why a row is no product of the shop, for whoever can mend it in the ERP."""


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be made. `made_as` is its custom id, `sku` that of the row it was asked for, `there` the shop's product (its
    number) that other rows of the same parent stand in already. `alone`: the row is all of it, and has no parent.
    """

    made_as: str
    sku: str
    product: Product
    there: str | None
    alone: bool


@dataclass(slots=True)
class NewGoods:
    """Says what product a row of the ERP is to be. `places` where its stock goes along, `origin` begins its custom id."""

    database: ErpDatabase
    tables: ErpTables
    places: Places | None
    origin: str

    def of(self, id: str) -> NewProduct:
        """The product of the row with this key. Raises CannotBeMade."""
        rows = read_rows(self.database, self.tables["products"], {ID: id})
        if not rows:
            raise CannotBeMade(f"Product {id} is no longer in the ERP.")
        row, sku = rows[0], _text(rows[0].get("sku")) or ""
        if _text(row.get("shopify_variant_id")):
            raise CannotBeMade(
                f"Product {sku}: it says that it is the shop's variant {row['shopify_variant_id']}, and the shop does not show "
                "that one. Empty shopify_variant_id and shopify_product_id if it shall be made anew."
            )
        if (twice := self._twice(sku)) > 1:
            raise CannotBeMade(f"Product {sku}: {twice} rows of the ERP have this SKU. Give it to one only.")
        family, parent = self._family(row), _parent(row)
        made_as = f"{self.origin}:{id}" if parent is None else f"{self.origin}:parent:{parent}"
        there = next((found for one in family if (found := _text(one.get("shopify_product_id")))), None)
        new = [one for one in family if not _text(one.get("shopify_variant_id"))]
        try:
            return NewProduct(made_as, sku, product_of(new, self._stock(new)), there, parent is None)
        except CannotBeMade as why:
            raise CannotBeMade(f"Product {sku}: {why}") from None

    def others(self, product: str, but: str) -> int:
        """How many rows of the ERP stand in this product of the shop (its number), beside one."""
        if not self.tables["products"].has("shopify_product_id"):
            return 0
        rows = read_rows(self.database, self.tables["products"], {"shopify_product_id": product}, [])
        return sum(row[ID] != but for row in rows)

    def _twice(self, sku: str) -> int:
        """How many rows that are kept in step have an SKU."""
        wanted = [one for one in ("sku", "status", "sync_to_shopify") if self.tables["products"].has(one)]
        return sum(map(_is_kept, read_rows(self.database, self.tables["products"], {"sku": sku}, wanted)))

    def _family(self, row: Row) -> list[Row]:
        """The rows that are one product: those of the same parent that are kept in step."""
        parent = _parent(row)
        if parent is None:
            return [row]
        rows = read_rows(self.database, self.tables["products"], {"parent_sku": parent})
        return [one for one in rows if one[ID] == row[ID] or _is_kept(one)]

    def _stock(self, rows: Sequence[Row]) -> Mapping[str, tuple[Stock, ...]]:
        """Where how many pieces of each row lie."""
        places = self.places
        if places is None or "inventory" not in self.tables:
            return {}
        table, found = self.tables["inventory"], dict[str, dict[str, int]]()
        for one in read_rows(self.database, table, {"product_id": [row[ID] for row in rows]}):
            place = places.of(_text(one.get("shopify_location_id")), _text(one.get("location")))
            at = found.setdefault(str(one["product_id"]), {})
            if place is not None:
                at[place] = at.get(place, 0) + int(one["quantity"] or 0)
        return {row[ID]: tuple(Stock(*one) for one in found.get(row[ID], {}).items()) for row in rows}


def product_of(rows: Sequence[Row], stock: Mapping[str, tuple[Stock, ...]]) -> Product:
    """The product of these rows, as a draft; what is about all of them is told by the first. Raises CannotBeMade. Pure."""
    first = rows[0]
    title = _text(first.get("name"))
    if title is None:
        raise CannotBeMade("it has no name.")
    names = _option_names(rows)
    values = [_values(one, names) for one in rows]
    if len(set(values)) < len(values):
        raise CannotBeMade(f"several rows of {_parent(first)} have the same values of {', '.join(names)}. Each needs its own.")
    options = tuple(Option(name, tuple(dict.fromkeys(one[at] for one in values))) for at, name in enumerate(names))
    tags = _text(first.get("tags"))
    return Product(
        title=title,
        description_html=_text(first.get("description")),
        vendor=_text(first.get("vendor")),
        product_type=_text(first.get("product_type")),
        tags=None if tags is None else tuple(split(tags)),
        status="DRAFT",
        options=options,
        variants=tuple(_variant(row, own, stock.get(row[ID])) for row, own in zip(rows, values, strict=True)),
    )


def _option_names(rows: Sequence[Row]) -> list[str]:
    """What the rows differ in. One that stands alone without options has the one that every product has."""
    named = [_text(rows[0].get(f"option{n}_name")) for n in OPTIONS]
    names = [name for name in named if name]
    if names:
        return names
    return [PLAIN] if len(rows) > 1 or _parent(rows[0]) else [DEFAULT_OPTION]


def _values(row: Row, names: Sequence[str]) -> tuple[str, ...]:
    if names == [DEFAULT_OPTION]:
        return (DEFAULT_VALUE,)
    if names == [PLAIN]:
        return (_text(row.get("option1_value")) or str(row["sku"]),)
    told = {_text(row.get(f"option{n}_name")): _text(row.get(f"option{n}_value")) for n in OPTIONS}
    values = [told.get(name) for name in names]
    if None in values:
        raise CannotBeMade(f"{row['sku']} has no value of {names[values.index(None)]}, by which its variants are told apart.")
    return tuple(str(value) for value in values)


def _variant(row: Row, values: tuple[str, ...], stock: tuple[Stock, ...] | None) -> Variant:
    weight = row.get("weight")
    return Variant(
        values,
        sku=_text(row.get("sku")),
        barcode=_text(row.get("barcode")),
        price=row.get("price"),
        compare_at_price=row.get("compare_at_price"),
        cost=row.get("cost"),
        tracked=True if stock else None,
        weight=Weight(weight, "KILOGRAMS") if weight else None,
        stock=stock,
    )


def new_row(product: Product, variant: Variant, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row for a variant of the shop. `fields` are those of its record. Pure."""
    plain = product.options is None or not product.has_options
    row: dict[str, Any] = {
        "sku": variant.sku,
        "name": product.title if plain else f"{product.title} - {' / '.join(variant.values)}",
        "description": product.description_html or None,
        "vendor": product.vendor or None,
        "product_type": product.product_type or None,
        "tags": ", ".join(product.tags or ()) or None,
        "status": "active",
        "barcode": variant.barcode or None,
        "price": variant.price,
        "compare_at_price": variant.compare_at_price,
        "cost": variant.cost,
        "weight": variant.weight.value if variant.weight and variant.weight.unit == "KILOGRAMS" else None,
    }
    if not plain:
        row["parent_sku"] = product.handle
        for at, (option, value) in enumerate(zip(product.options or (), variant.values, strict=True), 1):
            row |= {f"option{at}_name": option.name, f"option{at}_value": value}
    links = {name: fields.get(name) for name in ("shopify_variant_id", "shopify_product_id", "shopify_inventory_item_id")}
    return {name: value for name, value in (row | links).items() if value is not None}


def _parent(row: Row) -> str | None:
    return _text(row.get("parent_sku"))


def _is_kept(row: Row) -> bool:
    on_sale = (_text(row.get("status")) or "").lower() not in OFF_SALE
    return bool(_text(row.get("sku"))) and on_sale and row.get("sync_to_shopify", True) is not False


def _text(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None
