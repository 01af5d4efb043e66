"""The catalogue of Sentos, read once a run in pages of a hundred: there is no way to ask what changed.

What changed is told by holding a digest of each product against that of the last run.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.base import Capabilities, Changes
from syncdb.connectors.order_source import Notice
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.goods import Article, Product, product_in
from syncdb.connectors.sentos.paging import Listing
from syncdb.decoding import listed, mapping, understood
from syncdb.errors import NotUnderstood, Refused
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot
from syncdb.values import Value, digest

PRODUCTS = "products"
WHOLE, PICTURES, ARTICLES = range(3)  # what each part of the mark of a product is a digest of; behind them, whether it is clear
NO = "no"
BLOCK = 1000
GONE_AFTER = 2  # complete listings in a row without a product, until it counts as gone


@dataclass(slots=True)
class SentosCatalogue:
    """Everything of one listing, read when it is first asked for. `absent` counts, by product id of an earlier listing, how many
    complete listings in a row no longer showed it.
    """

    client: SentosClient
    price_list: str | None = None
    absent_before: Mapping[str, int] = field(default_factory=dict)
    known_before: Iterable[str] = ()
    complete: bool = False
    why_not: str = ""
    products: dict[str, Product] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    doubled: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)
    _read: bool = False
    _notices: list[Notice] = field(default_factory=list)

    def read(self) -> "SentosCatalogue":
        """The whole listing; asked for once. Raises Refused, RetryLater."""
        if not self._read:
            listing = Listing(self.client, "/products", {})
            for shown in listing.items():
                self._take(shown)
            self.complete, self.why_not = listing.complete and not self.why_not, listing.why or self.why_not
            self._read = True
            if not self.complete:
                told = f"The listing of products is not whole ({self.why_not}): nothing counts as gone because of it."
                self._notices.append(Notice("listing", told, "The next run reads it again."))
        return self

    @property
    def was_read(self) -> bool:
        """Whether it was read already, so that asking it costs no request."""
        return self._read

    def absent(self) -> dict[str, int]:
        """How many complete listings in a row, this one included, have not shown products that were known before."""
        self.read()
        if not self.complete:
            return dict(self.absent_before)
        gone = {id for id in (*self.known_before, *self.absent_before) if id not in self.products}
        return {id: min(self.absent_before.get(id, 0) + 1, GONE_AFTER) for id in gone}

    def product_of(self, sku: str) -> Product | None:
        """The product of exactly this SKU, or with a variant of it; None where there is none."""
        found = (one for one in self.read().products.values() if any(part.sku == sku for part in one.articles))
        return next(found, None)

    def categories(self) -> Mapping[str, str]:
        """The names of categories by id; empty where this Sentos does not tell them."""
        try:
            return _names(self.client.get("/categories"))
        except (Refused, NotUnderstood) as why:
            told = f"The names of categories are not to be had from Sentos ({why}): product types are left as they are."
            self._notices.append(Notice("categories", told))
            return {}

    def news(self) -> tuple[Notice, ...]:
        """What a person should know of what was read since this was last called."""
        told, self._notices = tuple(self._notices), []
        return told

    def _take(self, shown: Mapping[str, Any]) -> None:
        try:
            product = product_in(shown, self.price_list)
        except NotUnderstood as why:
            self.why_not = "one of its products cannot be read"
            self._notices.append(Notice("product", f"A product of the listing cannot be read and was left out: {why}"))
            return
        mark = _mark(shown, product)
        if self.products.get(product.id) not in (None, product):
            self._notices.append(
                Notice("twice", f"Product {product.id} came twice in the listing, not alike: it was left alone.")
            )
            self.doubled |= {product.id, *(one.id for one in product.articles)}
        self.products[product.id], self.digests[product.id] = product, mark
        for article in product.articles:
            known = self.articles.get(article.id)
            if known is not None and known.product != article.product:
                self.doubled.add(article.id)
            self.articles[article.id] = article


@understood("Sentos")
def _names(answer: object) -> dict[str, str]:
    rows = answer if isinstance(answer, list) else listed(mapping(answer)["data"])
    return {str(one["id"]): str(one["name"]) for one in rows}


Shown = Callable[[SentosCatalogue], Mapping[str, Mapping[str, Value]]]
Unread = Callable[[SentosCatalogue], Mapping[tuple[str, str], str]]


def nothing_unread(catalogue: SentosCatalogue) -> Mapping[tuple[str, str], str]:
    """Records whose fields can always be read."""
    return {}


@dataclass(slots=True)
class GoodsSide:
    """One kind of record of the catalogue as a connector that is only read. `shown` makes its records by key.

    `unreadable` are the fields that Sentos shows in a form that could mean several things, with the reason.
    """

    entity: str
    catalogue: SentosCatalogue
    shown: Shown
    why: Unread = nothing_unread
    title: str = "Sentos"
    can: Capabilities = field(default_factory=lambda: Capabilities(create=False, update=False))
    name: str = field(init=False)
    _records: Mapping[str, Mapping[str, Value]] | None = None

    def __post_init__(self) -> None:
        self.name = f"Sentos {self.entity}"

    @property
    def unreadable(self) -> Mapping[tuple[str, str], str]:
        return self.why(self.catalogue.read())

    @property
    def held(self) -> Mapping[str, str]:
        """Every field is read."""
        return {}

    def again(self) -> None:
        """What is shown depends on links that were made meanwhile."""
        self._records = None

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        self.again()
        records = self._all()
        keys = list(records)
        for start in range(0, max(len(keys), 1), BLOCK):
            yield self._snapshot(keys[start : start + BLOCK])

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._snapshot(keys)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        raise TypeError("products are never written to Sentos")

    def write(self, attempt: Attempt) -> list[Outcome]:
        raise TypeError("products are never written to Sentos")

    def settle(self, attempt: Attempt) -> list[Outcome]:
        raise TypeError("products are never written to Sentos")

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The client belongs to whoever made it."""

    def _all(self) -> Mapping[str, Mapping[str, Value]]:
        if self._records is None:
            self._records = self.shown(self.catalogue.read())
        return self._records

    def _snapshot(self, keys: Iterable[str]) -> Snapshot:
        records, doubled = self._all(), self.catalogue.doubled
        there = [key for key in keys if key in records]
        found = {key: Found(key, "", Record(key, records[key])) for key in there if key not in doubled}
        twice = {key: ("the listing of products, twice",) for key in there if key in doubled}
        return Snapshot(found, self.catalogue.complete, twice)


@dataclass(frozen=True, slots=True)
class WithPictures(Mapping[str, tuple[str, ...] | None]):
    """What changed, and the pictures that changed with it: `pictures` is asked once new products were made, which have some."""

    told: Mapping[str, tuple[str, ...] | None]
    name: str
    pictures: Callable[[], tuple[str, ...] | None]

    def __getitem__(self, name: str) -> tuple[str, ...] | None:
        return self.pictures() if name == self.name else self.told[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.told, self.name))

    def __len__(self) -> int:
        return len(self.told) + 1


@dataclass(slots=True)
class GoodsFeed:
    """Tells which records changed since the last listing. `keys_of` gives the keys that a product has, by entity,
    and is told whether other things are stocked of it than before. `may_be_gone`: something was lacking once, and counts as gone
    if it is lacking again.

    `pictures` are the name of the entity of pictures and what gives its keys for products whose pictures changed (None: all).
    """

    catalogue: SentosCatalogue
    keys_of: Callable[[Product, bool], Mapping[str, Sequence[str]]]
    entities: Sequence[str]
    may_be_gone: Callable[[], bool]
    pictures: tuple[str, Callable[[Iterable[str] | None], tuple[str, ...] | None]] | None = None

    def changes(self, cursor: str | None) -> Changes:
        """What is not as it was in the listing that the cursor holds. Raises Refused, RetryLater."""
        now = self.catalogue.read().digests
        written = json.dumps({"of": sorted(now.items())}, separators=(",", ":"))
        before = _known(cursor)
        everything: dict[str, tuple[str, ...] | None] = dict.fromkeys(self.entities)
        if before is None or before.keys() ^ now.keys() or self._may_be_gone() or _became_clear(before, now):
            return Changes(self._with_pictures(everything, before), written)
        keys: dict[str, list[str]] = {}
        for id in (id for id, mark in now.items() if before.get(id) != mark):
            for entity, some in self.keys_of(self.catalogue.products[id], _other(ARTICLES, before.get(id), now[id])).items():
                keys.setdefault(entity, []).extend(some)
        told = {name: tuple(keys[name]) for name in self.entities if keys.get(name)}
        return Changes(self._with_pictures(told, before), written)

    def _with_pictures(
        self, told: Mapping[str, tuple[str, ...] | None], before: Mapping[str, str] | None
    ) -> Mapping[str, tuple[str, ...] | None]:
        if self.pictures is None:
            return told
        name, keys_of = self.pictures
        moved = (
            None
            if before is None
            else [id for id, mark in self.catalogue.digests.items() if _other(PICTURES, before.get(id), mark)]
        )
        return WithPictures(told, name, lambda: keys_of(moved))

    def put_back(self, seen: str) -> str:
        """Sentos tells of no states."""
        return ""

    def after_own_writes(self, cursor: str) -> str:
        """Nothing is written here."""
        return cursor

    def _may_be_gone(self) -> bool:
        return self.may_be_gone() or any(times < GONE_AFTER for times in self.catalogue.absent_before.values())


def _mark(shown: Mapping[str, Any], product: Product) -> str:
    """What a product is known by: digests of all that is shown of it, of the addresses of its pictures, of what is stocked."""
    whole = digest(json.loads(json.dumps(shown, default=str)))[:12]
    articles = [(one.id, one.sku, one.options) for one in product.articles]
    return f"{whole}.{digest(product.pictures)[:8]}.{digest(articles)[:8]}.{'yes' if product.clear else NO}"


def _other(part: int, before: str | None, now: str) -> bool:
    """Whether a part of two marks of a product differs."""
    parts = (before or "").split(".")
    return part >= len(parts) or parts[part] != now.split(".")[part]


def _became_clear(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a product lacked something (a price, say) that it has now, so that it may be new to the other side."""
    return any(mark.endswith(f".{NO}") and not now[id].endswith(f".{NO}") for id, mark in before.items())


def known_products(cursor: str | None) -> list[str]:
    """The ids of the products that the listing of a cursor showed."""
    return list(_known(cursor) or ())


def _known(cursor: str | None) -> dict[str, str] | None:
    if cursor is None:
        return None
    return {str(id): str(mark) for id, mark in json.loads(cursor)["of"]}
