"""Products of Sentos as typed values: what is stocked, at which price. What cannot be read is named and left out, not guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from syncdb.connectors.sentos.amounts import UnclearAmount, amount_in
from syncdb.decoding import listed, mapping, understood

MOST_PIECES = 10**9


@dataclass(frozen=True, slots=True)
class Article:
    """What is stocked: a variant, or a product without variants. `id` is its key here, `options` its colour and size.

    `stock` are the pieces by warehouse, `images` the addresses of pictures of its own. `unreadable` says of fields (`stock`) why
    they could not be read.
    """

    id: str
    product: str
    sku: str
    barcode: str
    options: tuple[tuple[str, str], ...]
    stock: Mapping[int, int]
    images: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def pieces(self, warehouses: Sequence[int]) -> int:
        """How many lie in these warehouses together."""
        return sum(self.stock.get(one, 0) for one in warehouses)


@dataclass(frozen=True, slots=True)
class Product:
    """A product. `price` is what it sells for, `list_price` what that is compared with; None where it could not be read.

    `unreadable` says of fields (`price`, `list_price`) why they could not be read.
    """

    id: str
    number: int
    name: str
    sku: str
    brand: str
    description: str
    category: str
    vat_rate: int | None
    price: Decimal | None
    list_price: Decimal | None
    articles: tuple[Article, ...]
    images: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def pictures(self) -> tuple[str, ...]:
        """The addresses of all its pictures: its own, then those of single variants; each once."""
        return tuple(dict.fromkeys((*self.images, *(url for one in self.articles for url in one.images))))

    @property
    def clear(self) -> bool:
        """Whether enough of it could be read to make it elsewhere: a name, a price, SKU and stock of all that is stocked."""
        priced = self.price is not None and not self.unreadable
        return priced and bool(self.name) and all(one.sku and not one.unreadable for one in self.articles)


@understood("Sentos")
def product_in(shown: Mapping[str, Any], price_list: str | None) -> Product:
    """A product of a listing. `price_list` names the channel whose prices count (`b2c`); None for the product's own.

    Raises NotUnderstood where it has no id.
    """
    number = _id(shown["id"])
    unreadable: dict[str, str] = {}
    prices = _prices(shown, price_list)
    variants = listed(shown.get("variants") or [])
    images = _urls(shown.get("images"))
    own = [_article(mapping(one), number) for one in variants] or [_simple(shown, number)]
    return Product(
        id=str(number),
        number=number,
        name=_text(shown.get("name")),
        sku=_text(shown.get("sku")),
        brand=_text(shown.get("brand")),
        description=_text(shown.get("description_detail")) or _text(shown.get("description")),
        category=_text(shown.get("category_id")),
        vat_rate=_rate(shown.get("vat_rate")),
        price=_amount(prices, "sale_price", "price", unreadable, needed=True),
        list_price=_amount(prices, "list_price", "list_price", unreadable, needed=False),
        articles=tuple(own),
        images=images,
        unreadable=unreadable,
    )


def _prices(shown: Mapping[str, Any], price_list: str | None) -> Mapping[str, Any]:
    """Where the prices stand: those of the price list where one is chosen, otherwise the product's own sale price."""
    if price_list is None:
        return {"sale_price": shown.get("sale_price"), "list_price": shown.get("list_price")}
    found = (shown.get("prices") or {}).get(price_list)
    return found if isinstance(found, Mapping) else {}


def _amount(prices: Mapping[str, Any], name: str, called: str, unreadable: dict[str, str], *, needed: bool) -> Decimal | None:
    raw = prices.get(name)
    if raw in (None, ""):
        if needed:
            unreadable[called] = "Sentos shows no price"
        return None
    try:
        found = amount_in(raw)
    except UnclearAmount as why:
        unreadable[called] = str(why)
        return None
    if needed and found == 0:
        unreadable[called] = "the price in Sentos is 0"
        return None
    return found


def _simple(shown: Mapping[str, Any], product: int) -> Article:
    """A product without variants is stocked itself. Its key cannot be that of a variant."""
    stock, unreadable = _stock(shown.get("stocks"))
    sku, barcode = _text(shown.get("sku")), _text(shown.get("barcode"))
    return Article(f"p{product}", str(product), sku, barcode, (), stock, (), unreadable)


def _article(shown: Mapping[str, Any], product: int) -> Article:
    stock, unreadable = _stock(shown.get("stocks"))
    sku, barcode = _text(shown.get("sku")), _text(shown.get("barcode"))
    return Article(
        str(_id(shown["id"])), str(product), sku, barcode, _options(shown), stock, _urls(shown.get("images")), unreadable
    )


def _options(shown: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Colour and size: the size with the name it has here, or as plain text, as one client met it."""
    color, model = _text(shown.get("color")), shown.get("model")
    found = [("Renk", color)] if color else []
    if isinstance(model, Mapping):
        value = _text(model.get("value"))
        found += [(_text(model.get("name")) or "Beden", value)] if value else []
    elif _text(model):
        found.append(("Beden", _text(model)))
    return tuple(found)


def _stock(shown: Any) -> tuple[dict[int, int], dict[str, str]]:
    """Pieces by warehouse. One entry that cannot be read makes all of it unknown: a part of the stock would be a wrong stock."""
    found: dict[int, int] = {}
    if shown is not None and not isinstance(shown, list):
        return {}, {"stock": "Sentos shows the stock in a form that is not known"}
    for one in shown or ():
        try:
            where = one["warehouse"]
            warehouse = _id(where["id"] if isinstance(where, Mapping) else where)
            found[warehouse] = found.get(warehouse, 0) + _pieces(one["stock"])
        except (KeyError, TypeError, ValueError) as why:
            return {}, {"stock": f"an entry of its stock cannot be read ({why})"}
    return found, {}


def _pieces(value: object) -> int:
    """A number of pieces: whole, as a number or as text ("7", "7.00", "7,00")."""
    text = str(value).strip().replace(",", ".") if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    whole, _, rest = text.partition(".")
    if not whole.lstrip("-").isdecimal() or rest.strip("0") or len(rest) == 3 or len(whole) > 12:
        raise ValueError(f"{value!r} is no number of pieces")
    if abs(int(whole)) > MOST_PIECES:
        raise ValueError(f"{value!r} is no number of pieces")
    return int(whole)


def _id(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} in place of an id")
    return value


def _rate(value: object) -> int | None:
    text = str(value) if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() else None


def _text(value: object) -> str:
    """Text without blanks around it; numbers as they are written, anything else (null, objects) as nothing."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _urls(shown: Any) -> tuple[str, ...]:
    found = [one.get("url") if isinstance(one, Mapping) else one for one in shown] if isinstance(shown, list) else []
    return tuple(url for url in found if isinstance(url, str) and url)
