"""What Sentos shows of products, variants and stock, in the fields of the shop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.sentos.catalogue import GONE_AFTER, GoodsSide, SentosCatalogue
from syncdb.connectors.sentos.goods import Article, Product
from syncdb.connectors.shopify.products.whole import Product as NewProduct
from syncdb.engine.links import Joins
from syncdb.engine.match import Fields
from syncdb.ledger import Ledger
from syncdb.model import Operation, Side, Snapshot
from syncdb.pairs.shopify_sentos.gone_variants import GoneVariants
from syncdb.pairs.shopify_sentos.identity import ShopIndex, of_sentos, of_shop
from syncdb.pairs.shopify_sentos.new_products import new_product, new_variant
from syncdb.pairs.shopify_sentos.new_variants import Newcomer, has_room
from syncdb.values import Value

AT = "@"
ROOM = "room"  # of a variant that the shop lacks: its product there has a place for it
CLEAR = "clear"  # of a product that the shop lacks: enough of it is known to make it there
LIRA = "TRY"
Texts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A location of the shop with the warehouses that go to it; without any, all of them do."""

    id: str
    name: str
    warehouses: tuple[int, ...] = ()


@dataclass(slots=True)
class Goods:
    """The catalogue of Sentos as records of the shop, under the ids of Sentos.

    `pairs` name each entity's pair in the ledger, `index` reads the variants of the shop. `unsent` are, by SKU, pieces of orders
    that Sentos does not know of yet. `new_status` is that of new products. `most` is how many products are looked at in a trial
    run, the first ones of the listing: about all others nothing is said. `gone_before`: variants that earlier listings lacked.
    `standing` reads whole products of the shop, None where no variants are added; `listing`: everything is looked at.
    """

    ledger: Ledger
    catalogue: SentosCatalogue
    pairs: Mapping[str, str]
    places: Sequence[Place]
    currency: str
    draft_gone: bool
    new_status: str
    index: Callable[[], ShopIndex]
    with_types: bool = False
    unsent: Mapping[str, int] = field(default_factory=dict)
    most: int | None = None
    gone_before: Mapping[str, int] = field(default_factory=dict)
    standing: Callable[[Sequence[str]], Mapping[str, NewProduct]] | None = None
    listing: bool = False
    gone: GoneVariants = field(init=False)
    _index: ShopIndex | None = None
    _types: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        self.gone = GoneVariants(self.ledger, self.catalogue, self.pairs, self.gone_before)

    def shop(self) -> ShopIndex:
        """The variants of the shop, read once a run where something is to be found there."""
        if self._index is None:
            self._index = self.index()
        return self._index

    def linked(self, entity: str, ids: Sequence[str]) -> dict[str, str]:
        """The records of the shop that these of Sentos are linked with."""
        return {id: link.left_id for id, link in self.ledger.links(self.pairs[entity]).by_right(ids).items()}

    # --- products

    def products(self, catalogue: SentosCatalogue) -> dict[str, dict[str, Value]]:
        linked, chosen = self.linked("products", list(catalogue.products)), self.chosen()
        shown: dict[str, dict[str, Value]] = {}
        for id, product in catalogue.products.items():
            if id in chosen:
                shown[id] = dict(self.texts(product))
                if id not in linked and self._can_be_new(product):
                    shown[id][CLEAR] = True
            elif id in linked:
                shown[id] = {}
        for id, times in catalogue.absent().items():
            gone = times >= GONE_AFTER and self.draft_gone and self.most is None
            shown[id] = {"status": "DRAFT"} if gone else {}  # one listing is not enough: nothing is said about it
        return shown

    def chosen(self) -> frozenset[str]:
        """The products that are looked at: all, or the first ones."""
        return frozenset(list(self.catalogue.products)[: self.most])

    def _can_be_new(self, product: Product) -> bool:
        """Whether enough of it is clear. What is not is told where its variants are read."""
        return product.clear and self.currency == LIRA

    def texts(self, product: Product) -> dict[str, str]:
        """What is empty in Sentos takes nothing away in the shop."""
        texts = {"title": product.name, "vendor": product.brand, "description_html": product.description}
        if self.with_types:
            texts["product_type"] = self._type(product.category)
        return {name: text for name, text in texts.items() if text}

    def _type(self, category: str) -> str:
        if self._types is None:
            self._types = self.catalogue.categories()
        return self._types.get(category, "")

    def evidence(self, side: Side, ids: Sequence[str]) -> Mapping[str, Fields]:
        """What tells which unlinked products are the same."""
        if side is Side.LEFT:
            return of_shop(ids, self.shop())
        products = self.catalogue.products
        return of_sentos([products[id] for id in ids if id in products], products.values(), self.shop())

    def why_not_new(self, operation: Operation) -> str:
        """Why a product must not be made in the shop: something of it is there already, or the shop was not seen whole."""
        product = self._of_new(operation)
        shop = self.shop()
        if not shop.whole:
            return f"{product.name}: the shop's variants could not all be seen, so it was not made."
        if homes := shop.meant_by(product):
            return (
                f"{product.name} ({product.sku}) was not made: its SKUs or barcodes are in the shop already, but which one it "
                f"is, is not clear ({', '.join(sorted(homes))}). Give each SKU to one product only, on both sides."
            )
        skus = [one.sku for one in product.articles]
        others = {one.sku for one in self.catalogue.articles.values() if one.product != product.id}
        if len(set(skus)) < len(skus) or others & set(skus):
            return (
                f"{product.name} ({product.sku}) was not made: one of its SKUs stands in Sentos several times. Correct it there."
            )
        return ""

    def whole(self, operation: Operation) -> NewProduct:
        """The whole new product that an operation means."""
        product = self._of_new(operation)
        texts = {name: None if value is None else str(value) for name, value in operation.changes.items()}
        return new_product(product, texts, self.new_status, self._stock_of_new)

    def _of_new(self, operation: Operation) -> Product:
        return self.catalogue.products[operation.key.rpartition(":")[2]]

    def _stock_of_new(self, article: Article) -> Iterator[tuple[str, int]]:
        for place in self.places:
            yield place.id, max(self.pieces(article, place), 0)

    # --- variants

    def variants(self, catalogue: SentosCatalogue) -> dict[str, dict[str, Value]]:
        homes, chosen = self.linked("products", list(catalogue.products)), self.chosen()
        linked = self.linked("variants", list(catalogue.articles))
        room = self._with_room(homes, linked)
        shown: dict[str, dict[str, Value]] = {}
        for article in catalogue.articles.values():
            if article.product not in chosen:
                shown |= {article.id: {}} if article.id in linked else {}
                continue
            values = [value for _, value in article.options] or ["Default Title"]
            options = {f"option{number}": value for number, value in enumerate(values[:3], 1)}
            found: dict[str, Value] = {"sku": article.sku or None, "product": homes.get(article.product), **options}
            found |= {"barcode": article.barcode} if article.barcode else {}
            found |= {ROOM: True} if article.id in room else {}
            shown[article.id] = found | self._sold_at(catalogue.products[article.product])
        gone = self.gone.homes().keys() if self.catalogue.complete else ()
        moved: set[str] = self._moved() if gone else set()
        return shown | {id: {} for id in sorted(gone) if id not in moved}

    def _moved(self) -> set[str]:
        """Variants that stand in Sentos under another id now: not shown under the old one, so that their SKU finds them."""
        linked = self.linked("variants", list(self.catalogue.articles))
        unlinked = [id for id in self.catalogue.articles if id not in linked]
        return self.gone.moved(self.shop(), unlinked) if unlinked else set()

    def newcomer(self, operation: Operation) -> Newcomer | None:
        """The variant that an operation adds to a product of the shop."""
        article = self.catalogue.articles.get(operation.key.rpartition(":")[2])
        return None if article is None else self._newcomer(article)

    def _newcomer(self, article: Article) -> Newcomer:
        product = self.catalogue.products[article.product]
        linked = self.linked("variants", [one.id for one in product.articles])
        siblings = {linked[one.id]: one for one in product.articles if one.id in linked}
        return Newcomer(article, new_variant(article, product, (), self._stock_of_new), siblings)

    def _with_room(self, homes: Mapping[str, str], linked: Mapping[str, str]) -> set[str]:
        """Articles that the shop lacks and whose products there have room for them. Only a look at everything asks."""
        lacking = [one for one in self.catalogue.articles.values() if one.id not in linked and one.product in homes and one.sku]
        if self.standing is None or not self.listing or not lacking:
            return set()
        there = self.standing(list(dict.fromkeys(homes[one.product] for one in lacking)))
        return {
            one.id for one in lacking if homes[one.product] in there and has_room(there[homes[one.product]], self._newcomer(one))
        }

    def why_not_added(self, operation: Operation) -> str:
        """Why a variant must not be added to its product: its SKU is not its own."""
        article = self.catalogue.articles[operation.key.rpartition(":")[2]]
        shop, called = self.shop(), f"variant {article.sku} of {self.catalogue.products[article.product].name}"
        if not shop.whole:
            return f"{called}: the shop's variants could not all be seen, so it was not added."
        if sum(one.sku == article.sku for one in self.catalogue.articles.values()) > 1:
            return f"{called} was not added: its SKU stands in Sentos several times. Correct it there."
        home = str(operation.changes.get("product") or "")
        if shop.by_sku.get(article.sku, frozenset()) - {home}:
            return f"{called} was not added: its SKU is that of another product of the shop. Give each SKU to one product only."
        return ""

    def _sold_at(self, product: Product) -> dict[str, Value]:
        """Its prices, of all its variants alike; none of them where one of them is not clear. What Sentos does not show (a list
        price) says nothing.
        """
        if product.price is None or product.unreadable or self.currency != LIRA:
            return {}
        if product.list_price is None:
            return {"price": product.price}
        return {"price": product.price, "compare_at_price": product.list_price if product.list_price > product.price else None}

    def unreadable_variants(self, catalogue: SentosCatalogue) -> dict[tuple[str, str], str]:
        return {
            (article.id, "price"): f"{product.name} ({article.sku}): {why}. Its prices were left alone"
            for product in catalogue.products.values()
            for why in product.unreadable.values()
            for article in product.articles
        }

    def variant_called(self, id: str) -> str:
        """What people call a variant of the shop: its SKU, where it is linked."""
        links = self.ledger.links(self.pairs["variants"])
        link = links.by_left([id]).get(id) or links.of([id]).get(id)
        article = self.catalogue.articles.get(link.right_id) if link else None
        return f"{article.sku} ({id})" if article and article.sku else id

    # --- stock

    def stock(self, catalogue: SentosCatalogue) -> dict[str, dict[str, Value]]:
        linked, chosen = self.linked("variants", list(catalogue.articles)), self.chosen()
        shown: dict[str, dict[str, Value]] = {}
        for article in catalogue.articles.values():
            for place in self.places:
                fields: dict[str, Value] = {"variant": linked.get(article.id), "location": place.name, "sku": article.sku or None}
                if "stock" not in article.unreadable and article.product in chosen:
                    fields["available"] = self.pieces(article, place)
                shown[f"{article.id}{AT}{place.name}"] = fields
        return shown | self._stock_of_gone(shown)

    def _stock_of_gone(self, shown: Mapping[str, object]) -> dict[str, dict[str, Value]]:
        """What was linked and is gone. A variant that is gone for good while its product is not can no longer be sold: none is
        left of it. About all else nothing is said, as the product itself is told and taken off sale.
        """
        if not self.catalogue.complete:
            return {}
        keys = [key for key, _ in self.ledger.records(self.pairs["inventory"]).all_keys()]
        ids = set(Joins.of(self.ledger, self.pairs["inventory"]).ids(Side.RIGHT, keys).values()) - shown.keys()
        linked = self.linked("variants", sorted({id.partition(AT)[0] for id in ids}))
        ended = self.gone.alone(self.shop()) if ids and self.draft_gone and self.most is None else {}
        return {
            id: {"available": 0} if id.partition(AT)[0] in ended else {} for id in sorted(ids) if id.partition(AT)[0] in linked
        }

    def pieces(self, article: Article, place: Place) -> int:
        """What lies in the warehouses of a location, less what was sold and Sentos does not know of yet (at the first one)."""
        sold = self.unsent.get(article.sku, 0) if place == self.places[0] else 0
        return article.pieces(place.warehouses or tuple(article.stock)) - sold

    def unreadable_stock(self, catalogue: SentosCatalogue) -> dict[tuple[str, str], str]:
        return {
            (f"{article.id}{AT}{place.name}", "available"): f"{article.sku}: {why}. Its stock was left alone"
            for article in catalogue.articles.values()
            if (why := article.unreadable.get("stock"))
            for place in self.places
        }

    def keys_of(self, product: Product, others: bool) -> dict[str, list[str]]:
        """What is to be looked at where a product changed. `others`: other things are stocked of it, maybe new to the shop.

        What stands in Sentos only has no partner that could change.
        """
        products = list(self.linked("products", [product.id]))
        ids = [one.id for one in product.articles]
        articles = ids if others and products else list(self.linked("variants", ids))
        stock = [f"{id}{AT}{place.name}" for id in articles for place in self.places]
        return {"products": products, "variants": articles, "inventory": stock}


@dataclass(slots=True)
class WholeSide(GoodsSide):
    """Records of goods, which are told when everything is looked at."""

    goods: Goods | None = None

    def fetch(self) -> Iterator[Snapshot]:
        if self.goods is not None:
            self.goods.listing = True
        return GoodsSide.fetch(self)
