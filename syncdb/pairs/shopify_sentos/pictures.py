"""Pictures of Sentos' products as records of the shop's products, and what is known of the addresses they stand at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin

from syncdb.connectors.sentos.catalogue import SentosCatalogue
from syncdb.connectors.sentos.goods import Product
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.added_pictures import FIELD, AddedPictures
from syncdb.connectors.shopify.products.contents import ByteSession, Contents
from syncdb.connectors.shopify.products.media import Identified, MediaWriter
from syncdb.connectors.shopify.products.media_writes import MediaMutations
from syncdb.connectors.shopify.products.picture_bringing import Meant, PictureBringer, told
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.uploads import Uploader
from syncdb.connectors.shopify.products.whole import Medium, MediumKind
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.media import MediaDigests
from syncdb.pairs.shopify_sentos.goods_records import Goods
from syncdb.values import Value

IMAGES = "images"
SENDING = "write_files"  # the permission to send pictures to a shop
PATIENCE = 30.0  # seconds for one picture that does not come


@dataclass(slots=True)
class SentosPictures:
    """`pair` names their pair in the ledger, `memory` keeps what stood at each address. `anew`: each address is asked whether
    something else stands there by now; `dry`: none is asked.
    """

    goods: Goods
    catalogue: SentosCatalogue
    ledger: Ledger
    pair: str
    contents: Contents
    memory: MediaDigests
    anew: bool = False
    dry: bool = False
    _media: dict[str, Medium] = field(default_factory=dict)

    def records(self, catalogue: SentosCatalogue) -> dict[str, dict[str, Value]]:
        """By product of the shop, the addresses of its pictures. Where Sentos shows none nothing is said: none is taken off."""
        shown: dict[str, dict[str, Value]] = {home: {} for home, _ in self.ledger.records(self.pair).all_keys()}
        for home, product in self._linked().items():
            shown[home] = {FIELD: told(self._addresses(product))}
        return shown

    def keys(self) -> Sequence[str]:
        """The products of the shop for which Sentos has pictures."""
        return list(self._linked())

    def keys_of(self, moved: Iterable[str] | None) -> tuple[str, ...] | None:
        """Those whose pictures moved (ids of Sentos; None: all), and those about whose pictures nothing was agreed yet."""
        if moved is None:
            return None
        linked = self._linked()
        agreed, wanted = self.ledger.records(self.pair).agreed(list(linked)), set(moved)
        return tuple(home for home, product in linked.items() if product.id in wanted or home not in agreed)

    def meant(self, home: str) -> Meant | None:
        """What a product of the shop shall show; None where Sentos says nothing of it."""
        link = self.ledger.links(self.goods.pairs["products"]).by_left([home]).get(home)
        product = self.catalogue.read().products.get(link.right_id) if link else None
        if product is None or not product.pictures or product.id not in self.goods.chosen():
            return None
        addresses = self._addresses(product)
        agreed = str(self.ledger.records(self.pair).base(home).get(FIELD) or "").splitlines()
        earlier = [one for one in agreed if one not in addresses]
        last = (self.memory.last(one) for one in (*addresses, *earlier))
        return Meant(
            tuple(self._medium(one) for one in addresses),
            tuple(self._medium(one) for one in earlier),
            frozenset(one[2] for one in last if one is not None),
            self._of_variants(product),
        )

    def _linked(self) -> dict[str, Product]:
        """Products with pictures, by their ids in the shop."""
        products, chosen = self.catalogue.read().products, self.goods.chosen()
        with_pictures = [id for id, one in products.items() if one.pictures and id in chosen and id not in self.catalogue.doubled]
        return {home: products[id] for id, home in self.goods.linked("products", with_pictures).items()}

    def _of_variants(self, product: Product) -> dict[str, str]:
        own = {one.id: one.images[0] for one in product.articles if one.images}
        linked = self.goods.linked("variants", list(own))
        return {variant: self._whole(own[id]) for id, variant in linked.items()}

    def _addresses(self, product: Product) -> list[str]:
        return [self._whole(one) for one in product.pictures]

    def _whole(self, address: str) -> str:
        """The address on one line, whole also where Sentos names only its path."""
        return urljoin(f"{self.catalogue.client.base_url}/", "".join(address.split("\n")).strip())

    def _medium(self, address: str) -> Medium:
        if address not in self._media:
            size, changed = self._told(address)
            self._media[address] = Medium(MediumKind.IMAGE, size=size, address=address, changed_at=changed, ref=address)
        return self._media[address]

    def _told(self, address: str) -> tuple[int | None, datetime | None]:
        """Size and moment of the last change of what stands there: as they were last known, or asked for."""
        last = self.memory.last(address)
        if last is not None and (self.dry or not self.anew):
            return last[:2]
        return (None, None) if self.dry else self.contents.about(address)


def picture_side(
    conversation: Conversation, session: ByteSession, retrier: Retrier, pictures: SentosPictures, shop: MediaDigests
) -> AddedPictures:
    """The shop's side. `shop` remembers the media of the shop."""
    sender = Sender(conversation)
    theirs = Identified(pictures.memory, pictures.contents)
    ours = Identified(shop, Contents(session, retrier))
    writer = MediaWriter(ProductReader(conversation), MediaMutations(sender), Uploader(sender, session, retrier), theirs, ours)
    return AddedPictures(PictureBringer(writer), pictures.keys, pictures.meant)
