"""A deterministic generator of goods: the same seed gives the same catalogue, odd kinds included."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from syncdb.sandbox.shopify import anatomy, catalogue
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.goods import Goods

NOUNS = ("Hemd", "Tasse", "Kerze", "Lampe", "Decke", "Schal", "Vase", "Messer", "Notizbuch", "Rucksack", "Sessel", "Teppich")
ADJECTIVES = ("Leichtes", "Blaues", "Großes", "Handgemachtes", "Süßes", "Altes", "Çelik", "Łódź", "Émaillé", "小さい")
SIGNS = ("", "", "", "", " 🐈‍⬛", " «Spécial»", " ½ l", " & Co.", " <b>", " שלום")
VENDORS = ("Kayra", "Rösterei Süd", "Atelier Ж", "O'Neill & Söhne", "")
TYPES = ("Kleidung", "Küche", "Wohnen", "Papier & Stift", "")
TAGS = ("sommer-2026", "Neu", "SALE", "b2b", "fragile", "Größe: XL", "🎁")
SIZES = ("S", "M", "L", "XL", "39–42")
COLOURS = ("Rot", "Blau", "Grün", "Ecru / Natur")
LONG_HTML = "<p>Eine <strong>lange</strong> Geschichte &amp; mehr. <br/>Zeile zwei.</p>\n" * 600
MANY_EVERY = 4000  # one product in so many has the largest matrix there may be
METAFIELDS = (
    ("custom", "material", "single_line_text_field", "Leinen"),
    ("custom", "pflege", "multi_line_text_field", "30 °C\nnicht bleichen"),
    ("custom", "gewicht_g", "number_integer", "250"),
    ("facts", "origins", "list.single_line_text_field", '["DE","TR"]'),
    ("custom", "vegan", "boolean", "true"),
)


def generate_goods(goods: Goods, n: int, seed: int, until: datetime, days: float = 400.0) -> list[str]:
    """Fill a catalogue with n products made over the `days` before `until`, three locations and five collections.

    The first ones are those that generated orders are of. Returns the products' global ids.
    """
    rng = random.Random(f"goods {seed}")
    _add_locations(goods, until - timedelta(days=days))
    step = timedelta(days=days) / max(1, n)
    known = _known_items()
    made = []
    for index in range(n):
        at = (until - step * (n - index)).strftime("%Y-%m-%dT%H:%M:%SZ")
        product = _known(goods, known[index], at, rng) if index < len(known) else _new(goods, rng, index, at)
        made.append(goods.add_product(product)["id"])
    _add_collections(goods, rng, made, until - timedelta(days=days))
    return made


def _add_locations(goods: Goods, at: datetime) -> None:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for number, name in ((112_829_759_795, "Laden Mitte"), (112_829_759_796, "Außenlager 📦")):
        if anatomy.gid("Location", number) not in goods.locations:
            goods.add_location(parts.location(number, name, stamp))


def _known_items() -> list[list[anatomy.Item]]:
    """The goods that generated orders are of, by product."""
    found: dict[int, list[anatomy.Item]] = {}
    for item in (*catalogue.ITEMS, catalogue.GIFT_CARD, catalogue.SAMPLE):
        if item.product_id is not None:
            found.setdefault(item.product_id, []).append(item)
    return list(found.values())


def _known(goods: Goods, items: list[anatomy.Item], at: str, rng: random.Random) -> Node:
    first = items[0]
    assert first.product_id is not None
    made = parts.product(first.product_id, first.title, at, vendor=first.vendor or "", publishedAt=at, isGiftCard=first.gift_card)
    chosen = [(item.variant_title or parts.DEFAULT_CHOICE[1],) for item in items]
    _add_options(goods, made, (("Title",) if chosen == [("Default Title",)] else ("Ausführung",)), chosen)
    for item, values in zip(items, chosen, strict=True):
        assert item.variant_id is not None
        names = [one["name"] for one in made["options"]]
        fields = {"price": item.price, "sku": item.sku, "tracked": not item.gift_card, "requiresShipping": item.ships}
        _add_variant(goods, made, item.variant_id, list(zip(names, values, strict=True)), at, rng, **fields)
    return made


def _new(goods: Goods, rng: random.Random, index: int, at: str) -> Node:
    """One product. Every so many `index` is of an odd kind."""
    title = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} {index}{rng.choice(SIGNS)}"
    made = parts.product(
        goods.new_id(),
        title,
        at,
        status=rng.choices(("ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"), (84, 9, 6, 1))[0],
        vendor=rng.choice(VENDORS),
        productType=rng.choice(TYPES),
        tags=parts.tags_of(rng.sample(TAGS, rng.randrange(4))),
        descriptionHtml=LONG_HTML if index % 211 == 17 else f"<p>{title} aus eigener Fertigung.</p>",
        templateSuffix="gross" if index % 31 == 5 else None,
    )
    made["publishedAt"] = at if made["status"] in ("ACTIVE", "UNLISTED") and rng.random() < 0.95 else None
    if rng.random() < 0.3:
        made["seo"] = {"title": f"{title} kaufen", "description": "Günstig & gut"}
    if rng.random() < 0.8:
        url = f"https://cdn.shop.example/p/{index}.jpg?v={rng.randrange(10**9)}"
        made["media"].append(parts.image(goods.new_id(), url, title if rng.random() < 0.5 else None, at))
    names, choices = _matrix(rng, index)
    _add_options(goods, made, names, choices)
    for values in choices:
        _add_variant(goods, made, goods.new_id(), list(zip(names, values, strict=True)), at, rng, **_form(rng, index))
    if rng.random() < 0.4:
        _add_metafields(goods, made, "PRODUCT", rng, at)
    return made


def _matrix(rng: random.Random, index: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Names of options, and the values of each variant."""
    if index % MANY_EVERY == 500:
        return ("Größe", "Farbe", "Los"), [(s, c, str(n)) for s in SIZES[:4] for c in COLOURS for n in range(128)]
    kind = rng.choices(("one", "sizes", "both"), (62, 30, 8))[0]
    if kind == "one":
        return ("Title",), [("Default Title",)]
    if kind == "sizes":
        return ("Größe",), [(size,) for size in SIZES[: rng.randrange(2, 6)]]
    return ("Größe", "Farbe"), [(size, colour) for size in SIZES[: rng.randrange(1, 4)] for colour in COLOURS[:2]]


def _form(rng: random.Random, index: int) -> dict[str, object]:
    """Price, sku and the like of one variant."""
    price = Decimal(rng.randrange(100, 30_000)) / 100
    sku: str | None = f"{index:05}-{rng.randrange(10**6):06}"
    if index % 13 == 3:
        sku = None
    elif index % 41 == 7:
        sku = "DOPPELT-001"
    elif index % 97 == 11:
        sku = "1E5"
    return {
        "price": parts.money_text(price),
        "compareAtPrice": parts.money_text(price * 2) if rng.random() < 0.2 else None,
        "sku": sku,
        "barcode": f"40{rng.randrange(10**11):011}" if rng.random() < 0.6 else None,
        "taxable": rng.random() < 0.95,
        "inventoryPolicy": "CONTINUE" if rng.random() < 0.1 else "DENY",
        "cost": parts.money_text(price / 3) if rng.random() < 0.5 else None,
        "tracked": index % 19 != 4,
        "grams": rng.randrange(5000),
    }


def _add_options(goods: Goods, product: Node, names: tuple[str, ...], choices: Sequence[tuple[str, ...]]) -> None:
    for position, name in enumerate(names, 1):
        values = dict.fromkeys(choice[position - 1] for choice in choices)
        numbered = [(goods.new_id(), value) for value in values]
        product["options"].append(parts.option(goods.new_id(), name, position, numbered))


def _add_variant(
    goods: Goods,
    product: Node,
    number: int,
    chosen: list[tuple[str, str]],
    at: str,
    rng: random.Random,
    **fields: object,
) -> None:
    variant = parts.variant(number, goods.new_id(), product, chosen, at, **fields)
    product["variants"].append(variant)
    item = variant["inventoryItem"]
    for place, location in enumerate(goods.locations.values()):
        if place == 0 or rng.random() < 0.4:
            available = rng.choice((0, 0, 1, 3, 12, 250)) if place else rng.randrange(-2, 80)
            item["inventoryLevels"].append(parts.level(location["_group"], item, location, at, available))
    if rng.random() < 0.1:
        _add_metafields(goods, variant, "PRODUCTVARIANT", rng, at)


def _add_metafields(goods: Goods, owner: Node, kind: str, rng: random.Random, at: str) -> None:
    for namespace, key, type_name, value in rng.sample(METAFIELDS, rng.randrange(1, 4)):
        found = parts.json_value(type_name, value)
        owner["metafields"].append(anatomy.metafield(goods.new_id(), namespace, key, type_name, value, found, at, kind))


def _add_collections(goods: Goods, rng: random.Random, products: list[str], at: datetime) -> None:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for title, size in (("Startseite", 12), ("Frühling 🌷", 25), ("Leer", 0)):
        made = parts.collection(goods.new_id(), title, stamp, descriptionHtml=f"<p>{title}</p>")
        made["_products"] = rng.sample(products, min(size, len(products)))
        goods.add_collection(made)
    for title, column, relation, condition in (("Neu", "TAG", "EQUALS", "Neu"), ("Bis 20 €", "VARIANT_PRICE", "LESS_THAN", "20")):
        rule = {"column": column, "relation": relation, "condition": condition}
        rules = {"appliedDisjunctively": False, "rules": [rule]}
        goods.add_collection(parts.collection(goods.new_id(), title, stamp, rules))
