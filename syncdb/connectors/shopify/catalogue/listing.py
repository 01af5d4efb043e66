"""All records of one entity: by pages, or in bulk where there are many. Bulk is a faster way and never a condition."""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.catalogue.entities import STOCK
from syncdb.connectors.shopify.catalogue.in_bulk import USUAL, BulkListing, ListingSizes, fits_in_bulk
from syncdb.connectors.shopify.catalogue.reading import Block, CatalogueReader
from syncdb.decoding import understood
from syncdb.errors import NotUnderstood

THRIFTY = 200.0  # points a second, up to which a request more takes less time than the 36 points that it saves of 250 levels


@dataclass(slots=True)
class Listing:
    """Lists what `reader` reads. `large` is called when there turns out to be so much that it is listed in bulk.

    `begun` is what the shop is at work on already.
    """

    reader: CatalogueReader
    sizes: ListingSizes = USUAL
    large: Callable[[], None] = lambda: None
    begun: BulkListing | None = None

    def blocks(self) -> Iterator[Block]:
        """Everything, in blocks. Raises Refused and RetryLater; a block that was yielded before stays good."""
        begun, self.begun = self.begun, None
        if begun is not None and self._came(begun):
            yield from self._in_bulk(begun, ())
            return
        shown, decided = set[str](), not self.sizes.few
        for block in self.reader.pages():
            yield block
            if decided:
                continue
            shown |= block.seen.keys()
            decided = len(shown) >= self.sizes.few
            # what pages showed to be hidden may be why it failed
            if decided and (begun is None or self.reader.withheld) and (listing := self.begin()) and self._came(listing):
                yield from self._in_bulk(listing, shown)
                return

    def begin(self) -> BulkListing | None:
        """Have the shop begin to list everything in bulk, where there is much; None where pages are read."""
        reader = self.reader
        if not reader.entity.counted or not self.sizes.bulk_from:
            return None
        listing = BulkListing(reader.conversation.client, reader.entity, reader.parts, self.sizes.bulk_from)
        with self._or_pages(listing):
            if fits_in_bulk(reader.entity, reader.parts) and listing.begin():
                self.large()
                return listing
        return None

    def _came(self, listing: BulkListing) -> bool:
        """Whether all is there by a bulk operation."""
        with self._or_pages(listing):
            listing.bring()
            return True
        return False

    @contextmanager
    def _or_pages(self, listing: BulkListing) -> Iterator[None]:
        """Where a bulk operation does not bring everything, that is told, and pages go on."""
        reader = self.reader
        try:
            with understood("Shopify"):
                yield
        except (NotInBulk, NotUnderstood) as why:
            listing.close()
            told = f"{reader.entity.name.capitalize()} are read page by page: a bulk operation did not bring them ({why})."
            reader.conversation.tell(Notice("bulk", told))
            reader.thrifty = reader.entity is STOCK and 0 < reader.conversation.client.throttle.rate <= THRIFTY

    def _in_bulk(self, listing: BulkListing, shown: Collection[str]) -> Iterator[Block]:
        """What a bulk operation brought, without what pages have `shown` already."""
        with closing(listing):
            for found in listing.records():
                block = self.reader.of_lines(found)
                block.seen = {key: one for key, one in block.seen.items() if key not in shown}
                yield block
