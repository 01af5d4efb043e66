"""Texts of products: a product of the shop is one row of the ERP, or the first of those with one `parent_sku`.

Kept in step only as far as `erp_fields` says whose word counts for them: an ERP's names are often not what customers shall read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import FIELDS as ERP_FIELDS
from syncdb.connectors.postgres.tables import ErpTable
from syncdb.connectors.shopify.catalogue.fields import joined, split
from syncdb.connectors.shopify.customers.side import SHOP_ID
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.match import Matching
from syncdb.model import Found, Operation, Record, Rule, Snapshot
from syncdb.pairs.shopify_erp.goods import OWNERS
from syncdb.values import Kind, Value, same

NAME, LINK, PARENT, SWITCH = "texts", "shopify_product_id", "parent_sku", "sync_to_shopify"
MATCHING = Matching((SHOP_ID,))
# the ERP's columns by the shop's fields
COLUMNS = {"title": "name", "description_html": "description", "vendor": "vendor", "product_type": "product_type", "tags": "tags"}
FIELDS = tuple(COLUMNS.values())


def kept(table: ErpTable, wanted: Mapping[str, str]) -> dict[str, Rule]:
    """The rules by the shop's fields, of those that `wanted` names by the ERP's column (erp, shop or both)."""
    if not table.has(LINK):
        return {}
    return {name: OWNERS[wanted[column]] for name, column in COLUMNS.items() if column in wanted and table.has(column)}


def kinds(table: ErpTable, names: Iterable[str]) -> dict[str, Kind]:
    """The columns that are read for these fields."""
    wanted = {LINK, PARENT, SWITCH, *(COLUMNS[name] for name in names)}
    return {one.name: one.kind for one in ERP_FIELDS["products"] if one.name in wanted and table.has(one.name)}


def of_shop(shown: Snapshot) -> Snapshot:
    """The shop's products, each with its number."""
    return replace(shown, found={id: _numbered(one) for id, one in shown.found.items()})


def _numbered(found: Found) -> Found:
    fields = dict(found.record.fields) | {SHOP_ID: bare_id(found.record.key)}
    return replace(found, record=Record(found.record.key, fields), blank=_blank(fields))


@dataclass(slots=True)
class ErpTexts:
    """The ERP's rows that speak for a product of the shop; about one that is switched off nothing is said.

    Tags are shown in their order; `own` expects them as they stand in the row.
    """

    database: ErpDatabase
    table: ErpTable
    names: tuple[str, ...]
    _tags: dict[str, Value] = field(default_factory=dict)

    def __call__(self, shown: Snapshot) -> Snapshot:
        linked = {id: one for id, one in shown.found.items() if one.record.fields.get(LINK)}
        leads = self._leads({str(one.record.fields[LINK]) for one in linked.values()})
        return replace(shown, found={id: self._shown(one) for id, one in linked.items() if id in leads})

    def _leads(self, products: set[str]) -> set[str]:
        """Of each product its only row, or the first of those of its parent."""
        if not products:
            return set()
        more = [PARENT] if self.table.has(PARENT) else []
        rows = read_rows(self.database, self.table, {LINK: sorted(products)}, [LINK, *more])
        by_product: dict[str, list[Mapping[str, object]]] = {}
        for row in rows:
            by_product.setdefault(str(row[LINK]), []).append(row)
        of_one = (some for some in by_product.values() if len(some) == 1 or all(row.get(PARENT) for row in some))
        return {str(some[0][ID]) for some in of_one}

    def own(self, operation: Operation) -> Operation:
        """A write to the ERP's row under the names of its columns."""
        expected, tags = _named(operation.expected), self._tags.get(operation.key)
        if "tags" in expected and same(_written("tags", tags), expected["tags"]):
            expected["tags"] = tags
        return replace(operation, expected=expected, changes=_named(operation.changes))

    def _shown(self, found: Found) -> Found:
        row = found.record.fields
        self._tags[found.record.key] = row.get("tags")
        fields: dict[str, Value] = {SHOP_ID: row[LINK]}
        if row.get(SWITCH, True) is not False:
            fields |= {name: _written(name, row[COLUMNS[name]]) for name in self.names}
        return replace(found, record=Record(found.record.key, fields), blank=_blank(fields))


def _named(values: Mapping[str, Value]) -> dict[str, Value]:
    return {COLUMNS[name]: value for name, value in values.items() if name in COLUMNS}


def _written(name: str, value: Value) -> Value:
    return joined(split(value)) or None if name == "tags" and isinstance(value, str) else value


def _blank(fields: Mapping[str, Value]) -> frozenset[str]:
    return frozenset(name for name, value in fields.items() if value is None)
