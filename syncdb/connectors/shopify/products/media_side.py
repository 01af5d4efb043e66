"""The media of a shop's products as records: one for each product, all its media one value, the pictures of its variants another.

Written from the other shop: what is to be written names bytes, and these are fetched from the product there whose media they are.
A product whose media cannot be told now (still being processed, not to be fetched) shows nothing of them, so nothing is decided
about them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import requests

from syncdb.connectors.base import Capabilities
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.answered import page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.products.contents import Contents, NotTaken
from syncdb.connectors.shopify.products.media import DigestMemory, Identified, MediaOutcome, MediaWriter, Started
from syncdb.connectors.shopify.products.media_plan import Known
from syncdb.connectors.shopify.products.media_reading import MediaReader
from syncdb.connectors.shopify.products.media_text import media_text, pictures_text, pictures_wanted, variants_lacking
from syncdb.connectors.shopify.products.media_writes import MediaMutations
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.uploads import Uploader
from syncdb.connectors.shopify.products.whole import Medium, Product
from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError, RetryLater
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value, digest, encode_fields, iso, same

log = logging.getLogger("syncdb.shopify")

AT_ONCE = 20  # products whose media are written in one attempt
LATE = 60.0  # seconds; on trust, as for all writes
MOST_NAMED = 5
WRITTEN = frozenset({"media", "pictures"})
LISTED = """query ProductIds($first: Int!, $after: String) {
  products(first: $first, after: $after, sortKey: ID) { nodes { id } pageInfo { hasNextPage endCursor } } }"""

Shown = tuple[Product | None, Mapping[str, Value]]  # a product, and what its record shows of its media


@dataclass(slots=True)
class MediaSide:
    """A connector to the media of one shop. `writer` brings media here, whose bytes `theirs` (the same of the other shop) has.

    `counterpart` gives the id there of a product here, None where there is none.
    """

    conversation: Conversation
    reader: ProductReader
    known: Identified
    writer: MediaWriter
    counterpart: Callable[[str], str | None]
    theirs: "MediaSide | None" = None
    late: float = LATE
    name: str = field(default="Shopify media", init=False)
    title: str = field(default="Shopify media", init=False)
    can: Capabilities = field(default=Capabilities(create=False, live=True), init=False)
    _sent: dict[int, float] = field(default_factory=dict, repr=False)
    _size: PageSize = field(default_factory=lambda: PageSize(250))
    _born: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._born = self.conversation.client.clock.monotonic()

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """The media of every product, in blocks. Raises Refused and RetryLater."""
        cursor: str | None = None
        while True:
            answer = self.conversation.sized(LISTED, {"after": cursor}, self._size, "Listing products")
            page = page_in(whole(answer, "Listing products").get("products"))
            yield self.look([text_at(node, "id") for node in page.nodes])
            if not page.more or page.cursor == cursor:
                return
            cursor = page.cursor

    def look(self, keys: Iterable[str]) -> Snapshot:
        """The media of these products as they are now. Raises Refused and RetryLater."""
        wanted = [key for key in dict.fromkeys(keys) if PRODUCTS.is_key(key)]
        shown = {key: self._found(product) for key, product in self.reader.many(wanted) if product is not None}
        return Snapshot(shown, complete=not self.conversation.other_version)

    def product(self, key: str) -> tuple[Product | None, Mapping[str, Value]]:
        """A product, None where there is none, and what its record shows of its media: nothing where they cannot be told now.

        Media that the other shop will not have are marked as failed, with its reason: they are no part of what both have.
        """
        found = self.reader.one(key)
        if found is None:
            return None, {}
        in_common, fields = self._shown(found)
        return in_common, fields

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """Some operations, each held against what stands here now and what the other shop has."""
        batch = tuple(operations[:AT_ONCE])
        read = self._read([one.key for one in batch])
        against = {one.key: self._against(one, *read[one.key]) for one in batch}
        judged = {key: [why[0].value, why[1]] for key, why in against.items() if why is not None}
        return Attempt(token, batch, {"prepared_at": iso(self.conversation.client.clock.now()), "judged": judged})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """Bring the media of each product; what was done before an answer was lost is found again by its bytes."""
        if attempt.token in self._sent:
            return self.settle(attempt)
        self._sent[attempt.token] = self.conversation.client.clock.monotonic()
        try:
            return self._all_brought(attempt)
        except (OutcomeUnknown, NotUnderstood) as lost:
            log.warning("%s: the answer to write %s was lost: %s", self.name, attempt.token, lost)
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What stands now; what does not stand is looked for again after the time in which it may still be applied."""
        try:
            outcomes = [self._judged(attempt, one) or self._stands(one) for one in attempt.operations]
            if any(one.result is Result.STALE for one in outcomes):
                self._wait(attempt.token)
                outcomes = [self._judged(attempt, one) or self._stands(one) for one in attempt.operations]
        except RemoteError as error:
            log.warning("%s: what became of write %s cannot be seen: %s", self.name, attempt.token, error)
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]
        self._sent.setdefault(attempt.token, self._born)
        return outcomes

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The client belongs to whoever made it."""
        self._sent.clear()

    def _found(self, product: Product) -> Found:
        fields = {"product": product.ref, **self._shown(product)[1]}
        blank = frozenset(name for name in WRITTEN if fields.get(name) == "")  # no medium at all may be filled unasked
        changed = None if product.changed_at is None else iso(product.changed_at)
        return Found(product.ref, digest(encode_fields(fields)), Record(product.ref, fields), changed_at=changed, blank=blank)

    def _shown(self, product: Product) -> tuple[Product, dict[str, Value]]:
        """Its media and pictures as far as both shops can have them. What is not ready, or cannot be fetched, leaves all open."""
        media = [one for one in product.media or () if not one.failed]
        if not all(one.ready for one in media):
            return product, {}
        try:
            known = {one.ref: self.known.fetched(self.known.known(one)) for one in media}
        except (NotTaken, RetryLater) as why:
            told = f"The media of product {product.title!r} cannot be told now: {why}"
            self.conversation.tell(Notice(f"media:{product.ref}", told, "The next run looks again."))
            return product, {}
        marked = tuple(self._marked(one, known.get(one.ref), product) for one in product.media or ())
        in_common = replace(product, media=marked)
        text = media_text([known[one.ref] for one in marked if not one.failed])
        return in_common, {"media": text, "pictures": pictures_text(in_common)}

    def _marked(self, medium: Medium, known: Known | None, product: Product) -> Medium:
        """A medium, marked as failed where the other shop was seen to refuse its bytes; that is told."""
        if known is None or known.digest is None or self.theirs is None:
            return medium
        why = self.theirs.known.memory.refusal(known.digest)
        if why is None:
            return medium
        text = f"A medium of product {product.title!r} ({medium.ref}) is not in the other shop, which refused it: {why}"
        self.conversation.tell(Notice(f"refused:{medium.ref}", text, "Replace it by one that both shops take."))
        return replace(medium, failed=why)

    def _against(self, operation: Operation, product: Product | None, shown: Mapping[str, Value]) -> tuple[Result, str] | None:
        """What keeps an operation from being carried out on its product as it was read; None where nothing does."""
        if operation.action is not Action.UPDATE or operation.changes.keys() - WRITTEN:
            return Result.REJECTED, "media are changed with their product only"
        if product is None:
            return Result.STALE, "the product is no longer in the shop"
        if not shown or not agrees(operation.expected, shown, operation.changes):
            return Result.STALE, "its media changed in the shop meanwhile"
        return None

    def _judged(self, attempt: Attempt, operation: Operation) -> Outcome | None:
        judged = attempt.evidence["judged"]
        assert isinstance(judged, Mapping), "as `prepare` made it"
        if operation.key not in judged:
            return None
        result, why = judged[operation.key]
        return Outcome(Result(result), operation.key, why)

    def _read(self, keys: Sequence[str]) -> dict[str, Shown]:
        """These products, each with what its record shows of its media, in few questions."""
        found = dict(self.reader.many(list(dict.fromkeys(keys))))
        return {key: (None, {}) if one is None else self._shown(one) for key, one in found.items()}

    def _sources(self, operations: Sequence[Operation]) -> Mapping[str, Shown]:
        """The products of the other shop from which media come, by the keys of the operations; none where there is none."""
        if self.theirs is None:
            return {}
        there = {one.key: source for one in operations if (source := self.counterpart(one.key)) is not None}
        read = self.theirs._read(list(there.values()))
        return {key: read[source] for key, source in there.items()}

    def _all_brought(self, attempt: Attempt) -> list[Outcome]:
        """Bring the media of all products: sent one after the other, and waited for together."""
        sources = self._sources(attempt.operations)
        begun = {one.key: self._judged(attempt, one) or self._begun(one, sources) for one in attempt.operations}
        started = {key: one for key, one in begun.items() if isinstance(one, Started)}
        ready = self.writer.settled([key for key, one in started.items() if one.sent])
        outcomes = {key: one for key, one in begun.items() if isinstance(one, Outcome)}
        finished: dict[str, MediaOutcome] = {}
        for key, one in started.items():
            try:
                finished[key] = self.writer.finish(one, ready[key] if one.sent else one.product)
            except (KeyError, RetryLater) as later:
                why = str(later) if isinstance(later, RetryLater) else "the shop is still working on its media"
                outcomes[key] = Outcome(Result.STALE, key, why)
        shown = self._read([key for key, one in finished.items() if not one.failed])
        for operation in attempt.operations:
            if operation.key in finished:
                title = started[operation.key].product.title
                outcomes[operation.key] = self._told(operation, title, finished[operation.key], shown)
        return [outcomes[one.key] for one in attempt.operations]

    def _begun(self, operation: Operation, sources: Mapping[str, Shown]) -> Outcome | Started:
        """Send what one product lacks, if the other shop still has what is to be written."""
        if operation.key not in sources:
            return Outcome(Result.REJECTED, operation.key, "its media come from the other shop, which has no such product")
        wanted, shown = sources[operation.key]
        if wanted is None or not shown or not agrees(operation.changes, shown):
            return Outcome(Result.STALE, operation.key, "its media changed in the other shop meanwhile")
        target, now = self.product(operation.key)
        if (why := self._against(operation, target, now)) is not None:
            return Outcome(why[0], operation.key, why[1])
        if target is None or ("media" not in operation.changes and not same(now.get("media"), shown["media"])):
            return Outcome(Result.STALE, operation.key, "its pictures can follow only once both shops have the same media")
        if "pictures" in operation.changes and (lacking := variants_lacking(wanted, target)):
            named = ", ".join(" / ".join(values) for values in lacking[:MOST_NAMED])
            told = f"product {target.title!r}: the other shop has pictures for variants that this one does not have ({named})"
            return Outcome(Result.REJECTED, operation.key, told)
        media = [one for one in wanted.media or () if not one.failed]
        pictures = pictures_wanted(wanted, target) if "pictures" in operation.changes else {}
        try:
            leave = [one.ref for one in target.media or () if one.failed]
            return self.writer.begin(operation.key, media, pictures, leave, read=target)
        except RetryLater as later:
            return Outcome(Result.STALE, operation.key, str(later))

    def _told(self, operation: Operation, title: str, brought: MediaOutcome, shown: Mapping[str, Shown]) -> Outcome:
        """What became of it: done, or some media refused by name."""
        if brought.failed:
            told = "; ".join(f"medium {place + 1}: {why}" for place, why in sorted(brought.failed.items()))
            return Outcome(Result.REJECTED, operation.key, f"product {title!r}: {told}. The other media are there.")
        return _standing(operation, shown[operation.key][1])

    def _stands(self, operation: Operation) -> Outcome:
        return _standing(operation, self.product(operation.key)[1])

    def _wait(self, token: int) -> None:
        clock = self.conversation.client.clock
        passed = clock.monotonic() - self._sent.get(token, self._born)
        if passed < self.late:
            clock.sleep(self.late - passed)


def _standing(operation: Operation, shown: Mapping[str, Value]) -> Outcome:
    """Whether a product shows what was to be written."""
    if shown and agrees(operation.changes, shown):
        return Outcome(Result.DONE, operation.key)
    return Outcome(Result.STALE, operation.key, "it was not applied")


@dataclass(frozen=True, slots=True)
class MediaEnd:
    """One shop of two whose media are kept in step: what is remembered of its media, and the ids there of products here."""

    conversation: Conversation
    memory: DigestMemory
    counterpart: Callable[[str], str | None]


@contextmanager
def both_sides(one: MediaEnd, other: MediaEnd) -> Iterator[tuple[MediaSide, MediaSide]]:
    """The connectors to both shops' media, each of which writes what the other has. Bytes go without any credentials."""
    with requests.Session() as session:
        contents = Contents(session, one.conversation.client.retrier)
        known = [Identified(end.memory, contents) for end in (one, other)]
        sides = [
            _side(end, own, theirs, contents)
            for end, own, theirs in ((one, known[0], known[1]), (other, known[1], known[0]))
        ]  # fmt: skip
        sides[0].theirs, sides[1].theirs = sides[1], sides[0]
        yield sides[0], sides[1]


def _side(end: MediaEnd, own: Identified, theirs: Identified, contents: Contents) -> MediaSide:
    reader = MediaReader(end.conversation)
    sender = Sender(end.conversation)
    uploader = Uploader(sender, contents.session, contents.retrier)
    writer = MediaWriter(reader, MediaMutations(sender), uploader, theirs, own)
    return MediaSide(end.conversation, reader, own, writer, end.counterpart)
