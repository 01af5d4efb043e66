"""Pictures of products by links that people type into a column: brought by their bytes, beside what the shop shows already."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import PassedOn, SameName
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
from syncdb.ledger.media import MediaDigests
from syncdb.ledger.records import Records
from syncdb.model import Attempt, Found, Operation, Outcome, Record, Snapshot
from syncdb.values import Value

SENDING = "write_files"  # the permission to send pictures to a shop
PATIENCE = 30.0  # seconds for one picture that does not come
_BETWEEN = re.compile(r"[\s,]+(?=https?://)|\s+", re.IGNORECASE)


def addresses(cell: Value) -> tuple[str, ...]:
    """The links of a cell, one a line or with blanks or commas between them, each once."""
    return tuple(dict.fromkeys(one for one in _BETWEEN.split(str(cell or "").strip()) if one.strip(",")))


@dataclass(slots=True)
class TypedLinks:
    """What the rows of products say, as it was last read. `memory` keeps what stood at each address.

    `anew`: each address is asked whether something else stands there by now; `dry`: none is asked.
    """

    table: Connector
    records: Records
    contents: Contents
    memory: MediaDigests
    anew: bool = False
    dry: bool = False
    _links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _media: dict[str, Medium] = field(default_factory=dict)

    def read(self, keys: Iterable[str]) -> None:
        """Look at these rows."""
        wanted = list(keys)
        for key in wanted:
            self._links.pop(key, None)
        self.take(self.table.look(wanted))

    def keys(self) -> Sequence[str]:
        """All products whose rows name links. Reads the table."""
        self._links.clear()
        for block in self.table.fetch():
            self.take(block)
        return list(self._links)

    def take(self, shown: Snapshot) -> None:
        for key, one in shown.found.items():
            if links := addresses(one.record.fields.get(FIELD)):
                self._links[key] = links

    def meant(self, key: str) -> Meant | None:
        """What a product shall show beside what it shows already; None where its row says nothing."""
        links = self._links.get(key)
        if not links:
            return None
        agreed = str(self.records.base(key).get(FIELD) or "").splitlines()
        earlier = [one for one in agreed if one not in links]
        last = (self.memory.last(one) for one in (*links, *earlier))
        before = frozenset(one[2] for one in last if one is not None)
        return Meant(tuple(map(self._medium, links)), tuple(map(self._medium, earlier)), before)

    def _medium(self, address: str) -> Medium:
        if address not in self._media:
            last = self.memory.last(address)
            known = last is not None and not self.anew or self.dry
            size, changed = (last[:2] if last else (None, None)) if known else self.contents.about(address)
            self._media[address] = Medium(MediumKind.IMAGE, size=size, address=address, changed_at=changed, ref=address)
        return self._media[address]


@dataclass(slots=True)
class LinkedPictures(SameName, PassedOn):
    """The shop's side: the rows are read before it is looked at what products show of them."""

    links: TypedLinks

    def look(self, keys: Iterable[str]) -> Snapshot:
        wanted = list(keys)
        self.links.read(wanted)
        return self.connector.look(wanted)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        self.links.read(one.key for one in operations[:1])
        return self.connector.prepare(operations, token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        self.links.read(one.key for one in attempt.operations)
        return self.connector.write(attempt)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        self.links.read(one.key for one in attempt.operations)
        return self.connector.settle(attempt)


@dataclass(slots=True)
class RowsWithLinks(SameName, PassedOn):
    """The document's side: the rows that name links, or did; those that name none any more say nothing."""

    records: Records

    def fetch(self) -> Iterator[Snapshot]:
        return map(self._shown, self.connector.fetch())

    def _shown(self, shown: Snapshot) -> Snapshot:
        with_links = {key: told(links) for key, one in shown.found.items() if (links := addresses(one.record.fields.get(FIELD)))}
        known = self.records.agreed(key for key in shown.found if key not in with_links)
        found = {key: _said(shown.found[key], {FIELD: text}) for key, text in with_links.items()}
        return replace(shown, found=found | {key: _said(shown.found[key], {}) for key in known})


def _said(found: Found, fields: dict[str, Value]) -> Found:
    return replace(found, record=Record(found.record.key, fields))


def picture_side(
    conversation: Conversation, session: ByteSession, retrier: Retrier, links: TypedLinks, shop: MediaDigests
) -> LinkedPictures:
    """The shop's side. `shop` remembers the media of the shop."""
    sender = Sender(conversation)
    theirs, ours = Identified(links.memory, links.contents), Identified(shop, Contents(session, retrier))
    writer = MediaWriter(ProductReader(conversation), MediaMutations(sender), Uploader(sender, session, retrier), theirs, ours)
    return LinkedPictures(AddedPictures(PictureBringer(writer), links.keys, links.meant), links)
