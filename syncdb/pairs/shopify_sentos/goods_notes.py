"""What a run of products tells beside what it wrote: variants that are on one side only."""

from collections.abc import Collection, Iterable, Iterator

from syncdb.connectors.sentos.catalogue import GONE_AFTER
from syncdb.engine.links import Joins
from syncdb.engine.report import Note
from syncdb.model import Operation, Outcome, Result, Side
from syncdb.pairs.shopify_sentos.goods_records import Goods
from syncdb.pairs.shopify_sentos.rules import STATUS
from syncdb.wording import some_of

MOST_NAMED = 10


def notes_on_variants(goods: Goods, refused: Collection[str], emptied: bool) -> Iterator[Note]:
    """`refused` are ids of variants whose addition was refused and told; `emptied`: the stock of gone ones is set to nothing."""
    if lacking := [one for one in _lacking(goods) if one not in refused]:
        articles = goods.catalogue.articles
        told = some_of([articles[id].sku or id for id in lacking], MOST_NAMED)
        yield Note(
            "variants",
            f"Variants of Sentos that are not in the shop, though their products are: {told}.",
            "Add them to the products in the shop, or let shopify_writes name variants. Each needs an SKU and a clear price.",
        )
    if gone := _newly_gone(goods):
        done = "None of them is left in the shop's stock now" if emptied else "In the shop they are as they were"
        yield Note(
            "gone variants",
            f"Variants that are no longer in Sentos, though their products are: {some_of(gone, MOST_NAMED)}. {done}.",
            "Delete them in the shop if they will not come back: nothing is deleted there unasked.",
        )


def notes_on_products(goods: Goods, makes: bool) -> Iterator[Note]:
    """Products that the shop lacks and that are not made there, because nobody allowed it yet."""
    if makes or not goods.new_status:
        return
    products = goods.catalogue.products
    if lacking := sorted(goods.chosen() - goods.linked("products", list(products)).keys()):
        told = some_of([f"{products[id].name} ({products[id].sku})" for id in lacking], MOST_NAMED)
        step = "Let shopify_writes name products, and they are made, as drafts unless sentos_new says otherwise."
        yield Note("new products", f"Products of Sentos that are not in the shop: {told}.", step)


def notes_on_drafted(goods: Goods, told: Iterable[tuple[Operation, Outcome]]) -> Iterator[Note]:
    """Products that were taken off sale. `told` is what became of the writes to the shop's products."""
    done = [one.key for one, outcome in told if outcome.result is Result.DONE and one.changes.get(STATUS) == "DRAFT"]
    name = goods.pairs["products"]
    records = goods.ledger.records(name)
    titles = [str(records.base(key).get("title") or id) for id, key in Joins.of(goods.ledger, name).keys(Side.LEFT, done).items()]
    if titles:
        told_of = f"Taken off sale (drafts now), because Sentos no longer shows them: {some_of(titles, MOST_NAMED)}."
        yield Note("drafted", told_of, "What comes back to Sentos is yours to put up for sale again.")


def _lacking(goods: Goods) -> list[str]:
    products = goods.linked("products", list(goods.catalogue.products))
    linked = goods.linked("variants", list(goods.catalogue.articles))
    chosen = goods.chosen() & products.keys()
    return [id for id, one in goods.catalogue.articles.items() if one.product in chosen and id not in linked]


def _newly_gone(goods: Goods) -> list[str]:
    if not goods.catalogue.complete or goods.most is not None:
        return []
    now = [id for id, times in goods.gone.counts().items() if times >= GONE_AFTER > goods.gone_before.get(id, 0)]
    ended = goods.gone.alone(goods.shop()) if now else {}
    return [ended[id].sku or id for id in now if id in ended]
