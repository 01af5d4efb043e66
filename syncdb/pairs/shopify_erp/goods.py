"""Goods of both sides: a row of the ERP's products is a variant of the shop, found by the shop's id in it, else by SKU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syncdb.connectors.postgres.tables import ErpTable
from syncdb.connectors.shopify.catalogue.answered import words
from syncdb.connectors.shopify.catalogue.fields import ShopField
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.match import Matching
from syncdb.model import Found, OnDrift, Owner, Record, Rule, Snapshot, Tie
from syncdb.pairs.shopify_erp.counterparts import Lone
from syncdb.values import Kind, Value

MATCHING = Matching(("shopify_variant_id",), weaker=(Matching(("sku",)),))
SHARED = ("price", "compare_at_price", "cost", "barcode")
READ = ("sku", *SHARED, "product")
MAKING = "making"  # a record shows it where it may be made on the other side
OFF_SALE = frozenset({"archived", "inactive", "discontinued", "deleted"})  # the ERP's words
ITEM = ShopField("inventory_item", Kind.IDENTIFIER, ("inventoryItem", "id"), lambda answered, zone: words(answered))
STATUS = ShopField("product_status", Kind.TEXT, ("product", "status"), lambda answered, zone: words(answered))
KINDS: Mapping[str, Kind] = {
    "sku": Kind.IDENTIFIER,
    "price": Kind.MONEY,
    "compare_at_price": Kind.MONEY,
    "cost": Kind.MONEY,
    "barcode": Kind.IDENTIFIER,
    "shopify_variant_id": Kind.IDENTIFIER,
    "shopify_product_id": Kind.IDENTIFIER,
    "shopify_inventory_item_id": Kind.IDENTIFIER,
    "sync_to_shopify": Kind.FLAG,
    "status": Kind.TEXT,
}
LINKS = ("shopify_variant_id", "shopify_product_id", "shopify_inventory_item_id")
OWNERS = {
    "erp": Rule(Owner.RIGHT, OnDrift.RESTORE),
    "shop": Rule(Owner.LEFT, OnDrift.RESTORE),
    "both": Rule(Owner.BOTH, tie=Tie.ASK),
}


def rules(table: ErpTable, wanted: Mapping[str, str]) -> dict[str, Rule]:
    """The rules of the fields that an ERP with these columns has. `wanted` says whose word counts: erp, shop or both."""
    own = {name: OWNERS[wanted.get(name, "both")] for name in SHARED if table.has(name)}
    return own | {name: OWNERS["shop"] for name in LINKS if table.has(name)}


def wrong_rules(wanted: Mapping[str, object], known: Sequence[str]) -> list[str]:
    """What is wrong with such a setting for these fields, in sentences."""
    problems = [f"there is no field {name!r}: there are {', '.join(known)}" for name in wanted if name not in known]
    return problems + [f"{name} must be one of {', '.join(OWNERS)}" for name, owner in wanted.items() if owner not in OWNERS]


def of_shop(shown: Snapshot) -> Snapshot:
    """The shop's variants that have an SKU, with the ids that the ERP keeps."""
    found = {id: _variant(one) for id, one in shown.found.items() if _text(one.record.fields.get("sku"))}
    return replace(shown, found=found)


def _variant(found: Found) -> Found:
    fields = dict(found.record.fields)
    links: dict[str, Value] = {"shopify_variant_id": bare_id(found.record.key)}
    if fields.pop(STATUS.name, None) == "ACTIVE":
        links[MAKING] = True
    for name, source in (("shopify_product_id", "product"), ("shopify_inventory_item_id", "inventory_item")):
        if fields.get(source):
            links[name] = bare_id(str(fields.pop(source)))
    return replace(found, record=Record(found.record.key, fields | links), blank=_blank(fields | links))


@dataclass(frozen=True, slots=True)
class ErpGoods:
    """The ERP's products that have an SKU. About one that is switched off nothing is said. `lone` hears of the others, where
    they are not made in the shop.
    """

    table: ErpTable
    lone: Lone | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        return {name: kind for name, kind in KINDS.items() if self.table.has(name)}

    def __call__(self, shown: Snapshot) -> Snapshot:
        found = {id: self._shown(one) for id, one in shown.found.items() if _text(one.record.fields.get("sku"))}
        return replace(shown, found=found)

    def _shown(self, found: Found) -> Found:
        fields = dict(found.record.fields)
        fields["sku"] = _text(fields["sku"])
        on_sale = (_text(fields.pop("status", None)) or "").lower() not in OFF_SALE
        if fields.pop("sync_to_shopify", True) is False:
            fields = {"sku": fields["sku"]}
        elif on_sale:
            fields[MAKING] = True
            if self.lone is not None:
                self.lone.show(found.record.key, str(fields["sku"]))
        return replace(found, record=Record(found.record.key, fields), blank=_blank(fields))


def _blank(fields: Mapping[str, Value]) -> frozenset[str]:
    return frozenset(name for name, value in fields.items() if value is None or name == MAKING)


def _text(value: Value) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None
