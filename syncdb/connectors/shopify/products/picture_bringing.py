"""Bringing pictures that stand elsewhere to a product of a shop, by their bytes, and taking off what was brought before.

What the shop's people added is left where it is, as are the alt texts and the order of what is there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.shopify.products.contents import NotTaken
from syncdb.connectors.shopify.products.media import Identified, MediaWriter
from syncdb.connectors.shopify.products.media_plan import Known, may_be_same
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.whole import Medium, MediumKind, Product
from syncdb.errors import Refused, RetryLater

AWAY = 3  # pictures in a row that cannot be had, until the place where they stand counts as away


class PlaceAway(RetryLater):
    """None of several pictures in a row could be had: the place where they stand does not answer."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What one product shall show: pictures whose `ref` is their address.

    `earlier` are those that were agreed on before and are meant no more, `before` the digests of all that were brought before.
    `shown` says by variant of the shop which address it shows where it has no picture yet.
    """

    media: tuple[Medium, ...]
    earlier: tuple[Medium, ...] = ()
    before: frozenset[str] = frozenset()
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return told(one.ref for one in self.media)


def told(addresses: Iterable[str]) -> str:
    """The value of a product's pictures: their addresses, a line each, in no order of their own."""
    return "\n".join(sorted(set(addresses)))


@dataclass(slots=True)
class PictureBringer:
    """`writer` changes the media of the shop; its `theirs` knows the pictures elsewhere, its `ours` those of the shop."""

    writer: MediaWriter
    _away: int = 0

    @property
    def reader(self) -> ProductReader:
        return self.writer.reader

    @property
    def theirs(self) -> Identified:
        return self.writer.theirs

    def now(self) -> float:
        """Seconds of the clock that runs on."""
        return self.reader.conversation.client.clock.monotonic()

    def told_apart(self, media: Iterable[Medium], wanted: Sequence[Known]) -> list[Known]:
        """Media of the shop with their digests, fetched only where one may be what is wanted and nothing else tells.

        Raises NotTaken and RetryLater where one of them cannot be had.
        """
        likely = [one.medium for one in wanted if one.digest is not None]
        found = [self.writer.ours.known(one) for one in media]
        return [
            self.writer.ours.fetched(one)
            if one.digest is None and any(may_be_same(one.medium, other) for other in likely)
            else one
            for one in found
        ]

    def bring(self, product: Product, meant: Meant) -> dict[str, str]:
        """Let the product show what is meant; by address, why a picture could not be had.

        Raises RetryLater, PlaceAway and OutcomeUnknown.
        """
        by_address = {one.ref: one for one in meant.media}
        digests, failed = self._fetched(by_address.values())
        wanted = {digest: by_address[address] for address, digest in reversed(digests.items())}  # the same bytes once
        order = list(dict.fromkeys(digests.values()))
        standing = self.told_apart(_pictures(product), [Known(wanted[one], one) for one in order])
        ours = {one.medium.ref: one.digest for one in standing if one.digest in {*order, *meant.before}}
        alts = {one.digest: one.medium.alt for one in reversed(standing)}
        bare = _without_picture(product, {ref for ref, digest in ours.items() if digest not in wanted})
        outcome = self.writer.bring(
            product.ref,
            [replace(wanted[one], alt=alts.get(one, "")) for one in order],
            {ref: order.index(digests[address]) for ref, address in meant.shown.items() if ref in bare and address in digests},
            [one.ref for one in product.media or () if one.ref not in ours],
            ordered=False,
        )
        refused = {order[place]: why for place, why in outcome.failed.items()}
        return failed | {address: refused[digest] for address, digest in digests.items() if digest in refused}

    def _fetched(self, media: Iterable[Medium]) -> tuple[dict[str, str], dict[str, str]]:
        """By address the digest of each, or why it cannot be had. Raises PlaceAway."""
        found: dict[str, str] = {}
        failed: dict[str, str] = {}
        for one in media:
            try:
                found[one.ref] = str(self.theirs.fetched(self.theirs.known(one)).digest)
                self._away = 0
            except (NotTaken, Refused) as why:
                failed[one.ref] = str(why)
            except RetryLater as why:
                self._away += 1
                if self._away >= AWAY:
                    raise PlaceAway(f"The pictures cannot be had for now: {why}", next_step="The next run goes on.") from why
                failed[one.ref] = str(why)
        return found, failed


def _pictures(product: Product) -> list[Medium]:
    return [one for one in product.media or () if one.kind is MediumKind.IMAGE and not one.failed]


def _without_picture(product: Product, dropped: Collection[str]) -> set[str]:
    """The variants that show none, or one that is about to be taken off."""
    refs = [one.ref for one in product.media or ()]
    return {one.ref for one in product.variants or () if one.medium is None or refs[one.medium] in dropped}
