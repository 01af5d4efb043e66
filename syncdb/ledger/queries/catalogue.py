"""What a ledger keeps in step beside orders, by what people call it: title, name, SKU, handle, id or admin address.

Each look reads the agreed records of a kind through: some ten thousand take a fraction of a second.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.ledger.orders import groups
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import LedgerReader

KINDS = ("products", "variants", "collections", "inventory")  # of a shop, in the order in which a name is looked for
_GID = re.compile(r"gid://shopify/(Product|ProductVariant|InventoryLevel|Collection)/\d+(\?inventory_item_id=\d+)?")
_PAGE = re.compile(r"(?:^|/)(products|collections)/(\d+)(?:/variants/(\d+))?/?(?:[?#].*)?$")
_NAMES = ("title", "name", "sku", "handle", "order_name", "order_number", "email")  # by which people know things, the best first
_CALLED = (*_NAMES, "barcode", "shop_id")
_KNOWN = "SELECT key, base, called.fields AS called FROM record LEFT JOIN called USING (pair, key) WHERE pair = ?"
_CALLED_ONLY = """SELECT key, NULL, fields FROM called WHERE pair = ?
                  AND NOT EXISTS (SELECT 1 FROM record WHERE record.pair = called.pair AND record.key = called.key)"""
# the key of a record that stands on one side alone: its id there, which another pair may have for something else
ONE_SIDE = re.compile(r"(?:left|right)\+*:")
_PLAIN = "Default Title"  # what Shopify calls the only variant of a product (observed)


@dataclass(frozen=True, slots=True)
class Thing:
    """One record: its `kind` (products, variants ...), its key and what both sides last agreed on (JSON values).

    Where nothing is agreed any more, or not yet, the fields are those by which people know it.
    """

    kind: str
    key: str
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        return str(self.fields.get(name) or "")


@dataclass(frozen=True, slots=True)
class Things:
    """The things of one ledger."""

    reader: LedgerReader

    def pairs(self) -> dict[str, str]:
        """The kind of thing that each pair keeps in step; orders are none."""
        known = overview.known_pairs(self.reader).values()
        return {pair.id: pair.entity for pair in known if pair.entity and not pair.tracks_orders}

    def kinds(self) -> list[str]:
        """Every kind that there is, each once: those of a shop first."""
        return list(dict.fromkeys([*KINDS, *self.pairs().values()]))

    def of(self, kind: str) -> Iterator[Thing]:
        """All of a kind, each once though several pairs may know it."""
        seen: set[str] = set()
        for pair in self.pairs_of(kind):
            for row in self.reader.rows(f"{_KNOWN} UNION ALL {_CALLED_ONLY}", (pair, pair)):
                if row["key"] not in seen:
                    seen.add(row["key"])
                    yield Thing(kind, row["key"], _fields(row))

    def pairs_of(self, kind: str) -> list[str]:
        """The pairs that keep things of a kind in step."""
        return [pair for pair, its in self.pairs().items() if its == kind]

    def by_keys(self, keys: Iterable[str]) -> dict[str, Thing]:
        """The things of these keys; unknown ones are left out. What has the key of a product is that product's."""
        found: dict[str, Thing] = {}
        wanted = list(dict.fromkeys(keys))
        known = self.pairs() if wanted else {}
        rank = {kind: number for number, kind in enumerate(reversed((*KINDS, *known.values())))}
        for pair, kind in sorted(known.items(), key=lambda one: -rank[one[1]]):
            for thing in self._in_pair(pair, kind, wanted):
                found.setdefault(thing.key, thing)
        return found

    def _in_pair(self, pair: str, kind: str, keys: Iterable[str]) -> Iterator[Thing]:
        for group in groups(keys):
            among = f" AND key IN ({','.join('?' * len(group))})"
            for row in self.reader.rows(f"{_KNOWN}{among} UNION ALL {_CALLED_ONLY}{among}", (pair, *group, pair, *group)):
                yield Thing(kind, row["key"], _fields(row))

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        """What people call the things of these keys: a variant by its product, a level by its variant and its place."""
        return self._named(self.by_keys(keys))

    def names_in(self, pair: str, keys: Iterable[str]) -> dict[str, str]:
        """The same of a pair's records. What it does not know others may, but by an id that stands for one thing everywhere."""
        wanted = list(dict.fromkeys(keys))
        kind = self.pairs().get(pair)
        own = self._named({one.key: one for one in self._in_pair(pair, kind, wanted)} if kind else {})
        rest = [key for key in wanted if own.get(key, key) == key and not ONE_SIDE.match(key)]
        return own | self._named(self.by_keys(rest))

    def names_of(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The same of keys that each belong to a pair: (pair, key) -> name."""
        wanted: dict[str, list[str]] = {}
        for pair, key in places:
            wanted.setdefault(pair, []).append(key)
        return {(pair, key): name for pair, keys in wanted.items() for key, name in self.names_in(pair, keys).items()}

    def _named(self, found: Mapping[str, Thing]) -> dict[str, str]:
        variants = self.by_keys(thing.text("variant") for thing in found.values() if thing.kind == "inventory")
        all_of = [*found.values(), *variants.values()]
        products = self.by_keys(thing.text("product") for thing in all_of if thing.text("product"))
        known = {**products, **variants, **found}
        return {key: called(thing, known) or key for key, thing in found.items()}

    def meant(self, text: str) -> list[Thing]:
        """The things that a text names: by id or address, else by exact title, name, SKU, handle or barcode."""
        wanted = " ".join(text.split())
        key = key_in(wanted)
        known = list(self.by_keys([key or wanted]).values()) or self._joined_with(key or wanted)
        if key or known:
            return known
        folded = wanted.casefold().removeprefix("#")  # orders are called #1001, and typed as 1001
        shown = (one for kind in self.kinds() for one in self.of(kind))
        found = [one for one in shown if folded in (one.text(name).casefold().removeprefix("#") for name in _CALLED)]
        # the stock of a variant is told with the variant
        return [one for one in found if one.kind != "inventory"] or found

    def around(self, thing: Thing) -> list[Thing]:
        """A thing with what belongs to it: a product with its variants and media, a variant with its stock."""
        members = [thing]
        if thing.kind == "products":
            own = (one for kind in self.kinds() if kind not in ("products", "inventory") for one in self.of(kind))
            members += [one for one in own if one.fields.get("product") == thing.key]
        variants = {one.key for one in members if one.kind == "variants"}
        if variants:
            members += [one for one in self.of("inventory") if one.fields.get("variant") in variants]
        return members

    def told_of(self, members: Iterable[Thing]) -> dict[str, list[str]]:
        """The keys of these things, each with the pairs that tell of it: one key may stand for different things in others."""
        found: dict[str, list[str]] = {}
        for one in members:
            found.setdefault(one.key, []).extend(self.pairs_of(one.kind))
        return found

    def _joined_with(self, id: str) -> list[Thing]:
        """What has this id on one side, where the two sides have ids of their own."""
        query = "SELECT key FROM link WHERE left_id = ? OR right_id = ?"
        return list(self.by_keys(row["key"] for row in self.reader.rows(query, (id, id))).values())

    def like(self, text: str, most: int = 3) -> list[str]:
        """Titles, names and SKUs that hold a text."""
        folded = " ".join(text.split()).casefold()
        shown = (one.text(name) for kind in self.kinds() for one in self.of(kind) for name in _NAMES)
        return list(dict.fromkeys(name for name in shown if folded and folded in name.casefold()))[:most]


def key_in(text: str) -> str | None:
    """The key that a global id or the address of a page in the admin stands for; None for any other text."""
    if _GID.fullmatch(text):
        return text
    page = _PAGE.search(text) if "/" in text else None
    if page is None:
        return None
    if page[3]:
        return f"gid://shopify/ProductVariant/{page[3]}"
    return f"gid://shopify/{'Product' if page[1] == 'products' else 'Collection'}/{page[2]}"


def called(thing: Thing, known: Mapping[str, Thing]) -> str:
    """What people call a thing; `known` are the things it may belong to."""
    if thing.kind == "variants":
        product = known.get(thing.text("product"))
        title = "" if thing.text("title") == _PLAIN else thing.text("title")
        return _joined([product.text("title") if product else "", title, thing.text("sku")])
    if thing.kind == "inventory":
        name = _of_stock(thing, known)
        return f"{name} at {thing.text('location')}" if name and thing.text("location") else name
    own = next((shown for name in _NAMES if (shown := thing.text(name))), "")
    owner = known.get(thing.text("product"))
    return own or (called(owner, known) if owner and owner is not thing else "")


def _of_stock(thing: Thing, known: Mapping[str, Thing]) -> str:
    """What lies there: the variant by name or SKU, else its product, else the variant's number, by which Shopify finds it."""
    variant, product = known.get(thing.text("variant")), known.get(thing.text("product"))
    name = (called(variant, known) if variant else "") or thing.text("sku") or (called(product, known) if product else "")
    number = thing.text("variant").rpartition("/")[2]
    return name or (f"variant {number}" if number else "")


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is agreed about a record, with that by which it was known before where that is not agreed."""
    fields: dict[str, Any] = json.loads(row["called"] or "{}") | json.loads(row["base"] or "{}")
    return fields


def _joined(parts: Sequence[str]) -> str:
    return " / ".join(part for part in parts if part)
