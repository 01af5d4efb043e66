"""Bringing a product's media to what they should be, by content: what is there already is neither fetched nor sent again.

Every step can be repeated: after a lost answer the shop is looked at again, and what arrived is known by its bytes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from syncdb.connectors.shopify.busy import Patience
from syncdb.connectors.shopify.products.contents import Contents, NotTaken
from syncdb.connectors.shopify.products.fitness import MOST_MEDIA
from syncdb.connectors.shopify.products.media_plan import Known, MediaPlan, may_be_same, media_plan, moves, pictures
from syncdb.connectors.shopify.products.media_writes import MediaMutations, MediaRefused
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.uploads import Uploader
from syncdb.connectors.shopify.products.whole import Medium, MediumKind, Product
from syncdb.errors import RetryLater

AT_ONCE = 10  # media that are sent before the shop is asked what became of them


class DigestMemory(Protocol):
    """What is remembered of a shop's media: the digest of their bytes, and which bytes the shop would not take."""

    def digest(self, ref: str, size: int | None, changed_at: datetime | None) -> str | None:
        """The digest of a medium as it is now, None where it is not known."""

    def keep(self, ref: str, size: int | None, changed_at: datetime | None, digest: str) -> None:
        """Remember the digest of a medium as it is now."""

    def refusal(self, digest: str) -> str | None:
        """Why the shop would not take these bytes, None where it was not seen to refuse them."""

    def refuse(self, digest: str, why: str) -> None:
        """Remember that the shop would not take these bytes."""


@dataclass(frozen=True, slots=True)
class MediaOutcome:
    """`paired` says by place which medium of the shop each wanted one is now, `failed` why a place could not be had."""

    paired: Mapping[int, str]
    failed: Mapping[int, str]
    changed: bool


@dataclass(slots=True)
class Started:
    """Media that are being brought to a product: as it was, what is wanted by place, and what was decided.

    `sent` says by id of a medium which place it is for, `failed` why a place cannot be had. `made_room`: what nobody wants was
    taken off already.
    """

    product: Product
    known: Mapping[int, Known]
    plan: MediaPlan
    shown: Mapping[str, int | None]
    ordered: bool
    made_room: bool
    failed: dict[int, str]
    sent: dict[str, tuple[int, Known]] = field(default_factory=dict)


@dataclass(slots=True)
class Identified:
    """Tells what media of one shop are, fetching bytes only where nothing else tells."""

    memory: DigestMemory
    contents: Contents

    def known(self, medium: Medium) -> Known:
        """With the digest that is remembered of it, if any."""
        return Known(medium, self.memory.digest(medium.ref, medium.size, medium.changed_at) if medium.ref else None)

    def fetched(self, one: Known) -> Known:
        """With its digest, fetched where it is not known. Raises as `Contents.of`."""
        if one.identity is not None:
            return one
        digest = self.contents.digest(one.medium)
        self.memory.keep(one.medium.ref, one.medium.size, one.medium.changed_at, digest)
        return Known(one.medium, digest)


@dataclass(slots=True)
class MediaWriter:
    """Brings media to products of one shop from another place.

    `theirs` knows the media that are wanted, `ours` those of the shop that is written to. Raises RetryLater where bytes cannot be
    had now or the shop stays busy, OutcomeUnknown where an answer was lost, and Refused; a later call goes on from what stands.
    """

    reader: ProductReader
    mutations: MediaMutations
    uploader: Uploader
    theirs: Identified
    ours: Identified
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.reader.conversation.client.clock)

    def bring(
        self,
        key: str,
        wanted: Sequence[Medium],
        shown: Mapping[str, int | None],
        leave: Collection[str] = (),
        *,
        ordered: bool = True,
        read: Product | None = None,
    ) -> MediaOutcome:
        """Let product `key` have just the `wanted` media, in their order, and its variants the pictures `shown` says (by place).

        A variant that `shown` does not name keeps its picture; media in `leave`, and those that failed, stay behind the others.
        Not `ordered`: what is there keeps its place, and what is new comes last. `read` is the product as read just before.
        """
        started = self.begin(key, wanted, shown, leave, ordered=ordered, read=read)
        return self.finish(started, self._settled(key) if started.sent else started.product)

    def begin(
        self,
        key: str,
        wanted: Sequence[Medium],
        shown: Mapping[str, int | None],
        leave: Collection[str] = (),
        *,
        ordered: bool = True,
        read: Product | None = None,
    ) -> Started:
        """The beginning of `bring`: what is missing is sent, and the shop works on it."""
        failed = {place: f"it failed where it comes from: {one.failed}" for place, one in enumerate(wanted) if one.failed}
        product = read if read is not None and _processed(read) else self._settled(key)
        standing = [self.ours.known(one) for one in product.media or () if not one.failed and one.ref not in leave]
        known = {place: self._told_apart(one, standing) for place, one in enumerate(wanted) if place not in failed}
        standing = [self._needed(one, known.values()) for one in standing]
        plan = media_plan(known, standing)
        first = len(product.media or ()) + len(plan.sent) > MOST_MEDIA  # there is no room for both
        if first:
            self.mutations.detach(key, plan.dropped)
            product = self._settled(key)
        started = Started(product, known, replace(plan, dropped=()) if first else plan, shown, ordered, first, failed)
        for places in _groups(plan.sent):
            self._send(started, {place: known[place] for place in places})
        return started

    def settled(self, keys: Sequence[str]) -> dict[str, Product]:
        """Products once all their media are processed; those that are not within the patience for them are left out."""
        found: dict[str, Product] = {}

        def ready() -> bool:
            for key, product in self.reader.many([key for key in keys if key not in found]):
                if product is not None and _processed(product):
                    found[key] = product
            return len(found) == len(keys)

        self.patience.until(ready)
        return found

    def finish(self, started: Started, product: Product) -> MediaOutcome:
        """The rest of `bring`, once all media of the product, as it is now, are processed."""
        key, plan = product.ref, started.plan
        made, product = self._awaited(started, product)
        paired = {**plan.kept, **made}
        if plan.dropped:
            self.mutations.detach(key, plan.dropped)
        if plan.alts:
            self.mutations.rename(plan.alts)
        if plan.dropped or plan.alts:
            product = self._settled(key)
        self._remember(product, {ref: started.known[place] for place, ref in plan.kept.items()})
        arranged = self._arranged(product, paired if started.ordered else {}, paired, started.shown)
        changed = bool(plan.sent or plan.dropped or plan.alts or started.made_room or arranged)
        return MediaOutcome(paired, started.failed, changed)

    def _settled(self, key: str) -> Product:
        """The product once all its media are processed: before that nobody can tell what they are. Raises RetryLater."""
        found: Product | None = None

        def ready() -> bool:
            nonlocal found
            found = self.reader.one(key)
            return found is None or _processed(found)

        if not self.patience.until(ready) or found is None:
            said = "is still working on its media" if found else "no longer has it"
            raise RetryLater(f"Product {key}: the shop {said}.", next_step="The next run goes on from here.")
        return found

    def _told_apart(self, medium: Medium, standing: Sequence[Known]) -> Known:
        """With its digest where it may be one of those that stand, and nobody knows."""
        if not medium.ready:
            raise RetryLater(f"Medium {medium.ref} is still being processed.", next_step="The next run goes on from here.")
        one = self.theirs.known(medium)
        if not any(may_be_same(medium, other.medium) for other in standing):
            return one
        try:
            return self.theirs.fetched(one)
        except NotTaken:  # sending it will say why
            return one

    def _needed(self, one: Known, wanted: Iterable[Known]) -> Known:
        """With its digest where it may be one of those that are wanted; what failed in the shop is none of them."""
        alike = any(may_be_same(one.medium, other.medium) for other in wanted)
        return self.ours.fetched(one) if alike and not one.medium.failed else one

    def _send(self, started: Started, wanted: Mapping[int, Known]) -> None:
        """Upload some and append them; what cannot be sent is noted with the reason."""
        staged: dict[int, tuple[Known, str]] = {}
        for place, one in wanted.items():
            try:
                staged[place] = self._staged(one)
            except NotTaken as why:
                started.failed[place] = str(why)
        if not staged:
            return
        told = [
            {"mediaContentType": one.medium.kind.value, "originalSource": source, "alt": one.medium.alt}
            for one, source in staged.values()
        ]
        before = [*(one.ref for one in started.product.media or ()), *started.sent]
        try:
            refs = self.mutations.append(started.product.ref, told, before)
        except MediaRefused as why:
            started.failed.update(dict.fromkeys(staged, str(why)))
            return
        started.sent.update({ref: (place, staged[place][0]) for place, ref in zip(staged, refs, strict=True)})

    def _staged(self, one: Known) -> tuple[Known, str]:
        """What it is and where the shop finds it: uploaded, or the page of a video that others host. Raises NotTaken."""
        if one.medium.kind is MediumKind.EXTERNAL_VIDEO:
            return one, one.medium.external
        if one.digest is not None and (why := self.ours.memory.refusal(one.digest)):
            raise NotTaken(why)
        with self.theirs.contents.of(one.medium) as content:
            self.theirs.memory.keep(one.medium.ref, one.medium.size, one.medium.changed_at, content.digest)
            if why := self.ours.memory.refusal(content.digest):
                raise NotTaken(why)
            return Known(one.medium, content.digest), self.uploader.upload(one.medium, content)

    def _awaited(self, started: Started, product: Product) -> tuple[dict[int, str], Product]:
        """By place the media that were sent and are there; those that failed are deleted and remembered. And the product then."""
        there = {one.ref: one for one in product.media or () if one.ref in started.sent}
        made: dict[int, str] = {}
        for ref, (place, one) in started.sent.items():
            medium = there.get(ref)
            if medium is None:
                started.failed[place] = "the shop no longer has it"
            elif medium.failed:
                started.failed[place] = medium.failed
                if one.digest is not None:
                    self.ours.memory.refuse(one.digest, medium.failed)
            else:
                made[place] = ref
                if one.digest is not None:  # what was sent tells what it is, whatever the shop made of it
                    self.ours.memory.keep(ref, medium.size, medium.changed_at, one.digest)
        gone = [ref for ref, one in there.items() if one.failed]
        self.mutations.delete(gone)
        return made, self._settled(product.ref) if gone else product

    def _remember(self, product: Product, kept: Mapping[str, Known]) -> None:
        """What was kept is what it was, though another alt text may have moved the moment of its last change."""
        for one in product.media or ():
            known = kept.get(one.ref)
            if known is not None and known.digest is not None and self.ours.known(one).digest is None:
                self.ours.memory.keep(one.ref, one.size, one.changed_at, known.digest)

    def _arranged(
        self, product: Product, first: Mapping[int, str], paired: Mapping[int, str], shown: Mapping[str, int | None]
    ) -> bool:
        """Put order (of those that come `first`) and pictures right; whether any of it was to be done."""
        order = [first[place] for place in sorted(first)]
        standing = [one.ref for one in product.media or ()]
        turned = moves(standing, [*order, *(ref for ref in standing if ref not in order)])
        self.mutations.reorder(product.ref, turned)
        has = {one.ref: None if one.medium is None else standing[one.medium] for one in product.variants or ()}
        meant = {ref: None if place is None else paired.get(place) for ref, place in shown.items()}
        lost, given = pictures(has, {ref: medium for ref, medium in meant.items() if medium or shown[ref] is None})
        self.mutations.show(product.ref, lost, given)
        if turned and not self.patience.until(lambda: self._order(product.ref)[: len(order)] == order):
            raise RetryLater(f"Product {product.ref}: its media are not in order yet.", next_step="The next run looks again.")
        return bool(turned or lost or given)

    def _order(self, key: str) -> list[str]:
        found = self.reader.one(key)
        return [one.ref for one in (found.media if found else None) or ()]


def _processed(product: Product) -> bool:
    """Whether the shop is done with all media of the product, for good or for bad."""
    return all(one.ready or one.failed for one in product.media or ())


def _groups(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), AT_ONCE):
        yield places[start : start + AT_ONCE]
