"""Pictures that another system wants products of a shop to show, beside those that its people added themselves.

One record for each product: the addresses of the wanted pictures whose bytes it shows. What is no such picture is never seen, so
that it is neither moved nor taken off. Order is left to the shop's people; what is new comes last.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.products.contents import NotTaken
from syncdb.connectors.shopify.products.picture_bringing import Meant, PictureBringer, PlaceAway, told
from syncdb.connectors.shopify.products.whole import Medium, MediumKind
from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError, RetryLater
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value

log = logging.getLogger("syncdb.shopify")

FIELD = "images"
BLOCK = 200
LATE = 60.0  # seconds; on trust, as for all writes
GONE = "the product is no longer in the shop"


@dataclass(slots=True)
class AddedPictures:
    """A connector. `keys` are the products that are looked at, `meant` says what each shall show, None where nothing is said."""

    bringer: PictureBringer
    keys: Callable[[], Sequence[str]]
    meant: Callable[[str], Meant | None]
    late: float = LATE
    name: str = field(default="Shopify pictures", init=False)
    title: str = field(default="Shopify", init=False)
    can: Capabilities = field(default=Capabilities(create=False, live=True), init=False)
    _sent: dict[int, float] = field(default_factory=dict, repr=False)
    _born: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._born = self.bringer.now()

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        keys = self.keys()
        for start in range(0, max(len(keys), 1), BLOCK):
            yield self.look(keys[start : start + BLOCK])

    def look(self, keys: Iterable[str]) -> Snapshot:
        """What these products show of what is meant. Raises Refused and RetryLater."""
        meant = {key: self.meant(key) for key in dict.fromkeys(keys)}
        silent = {key: Found(key, "", Record(key, {})) for key, one in meant.items() if one is None}
        asked = [key for key, one in meant.items() if one is not None]
        found = {
            key: self._found(key, media, one)
            for key, media in self.bringer.reader.media(asked)
            if media is not None and (one := meant[key]) is not None
        }
        return Snapshot(silent | found, complete=not self.bringer.reader.conversation.other_version)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """One product at a time: its pictures may be many, and each is fetched and sent."""
        operation = operations[0]
        why = self._against(operation)
        return Attempt(token, (operation,), {"judged": None if why is None else [why.result.value, why.why]})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """Bring the pictures of a product; what was done before an answer was lost is found again by its bytes."""
        if attempt.token in self._sent:
            return self.settle(attempt)
        self._sent[attempt.token] = self.bringer.now()
        if (judged := _judged(attempt)) is not None:
            return [judged]
        try:
            return [self._brought(attempt.operations[0])]
        except (OutcomeUnknown, NotUnderstood) as lost:
            log.warning("%s: the answer to write %s was lost: %s", self.name, attempt.token, lost)
            return [Outcome(Result.UNKNOWN)]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What stands now; what does not is looked for again after the time in which it may still be applied."""
        if (judged := _judged(attempt)) is not None:
            return [judged]
        try:
            outcome = self._stands(attempt.operations[0])
            if outcome.result is Result.STALE:
                self._wait(attempt.token)
                outcome = self._stands(attempt.operations[0])
        except RemoteError as error:
            log.warning("%s: what became of write %s cannot be seen: %s", self.name, attempt.token, error)
            return [Outcome(Result.UNKNOWN)]
        self._sent.setdefault(attempt.token, self._born)
        return [outcome]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The client belongs to whoever made it."""

    # --- looking

    def _found(self, key: str, media: Sequence[Medium], meant: Meant) -> Found:
        """What a product shows of what is meant: nothing about it while the shop works on its media, or they cannot be had."""
        there = [one for one in media if one.kind is MediumKind.IMAGE and not one.failed]
        if not all(one.ready for one in there):
            return Found(key, "", Record(key, {}))
        wanted = [self.bringer.theirs.known(one) for one in (*meant.media, *meant.earlier)]
        try:
            known = {one.digest for one in self.bringer.told_apart(there, wanted)}
        except (NotTaken, RetryLater) as why:
            self.bringer.reader.conversation.tell(Notice(f"media:{key}", f"The media of {key} cannot be told now: {why}"))
            return Found(key, "", Record(key, {}))
        shown = told(one.medium.ref for one in wanted if one.digest is not None and one.digest in known)
        return Found(key, "", Record(key, {FIELD: shown}), blank=frozenset() if shown else frozenset({FIELD}))

    def _against(self, operation: Operation) -> Outcome | None:
        """What keeps an operation from being carried out; None where nothing does."""
        if operation.action is not Action.UPDATE or operation.changes.keys() != {FIELD}:
            return Outcome(Result.REJECTED, operation.key, "pictures are changed with their product only")
        shown = self._shown(operation.key)
        if shown is None:
            return Outcome(Result.STALE, operation.key, GONE)
        if not shown or not agrees(operation.expected, shown, operation.changes):
            return Outcome(Result.STALE, operation.key, "its pictures changed in the shop meanwhile")
        return None

    def _shown(self, key: str) -> Mapping[str, Value] | None:
        found = self.look([key]).found.get(key)
        return None if found is None else found.record.fields

    def _stands(self, operation: Operation) -> Outcome:
        shown = self._shown(operation.key)
        if shown and agrees(operation.changes, shown):
            return Outcome(Result.DONE, operation.key)
        return Outcome(Result.STALE, operation.key, "it was not applied")

    def _brought(self, operation: Operation) -> Outcome:
        meant, product = self.meant(operation.key), self.bringer.reader.one(operation.key)
        if product is None:
            return Outcome(Result.STALE, operation.key, GONE)
        if meant is None or meant.text != operation.changes[FIELD]:
            return Outcome(Result.STALE, operation.key, "what it shall show changed meanwhile")
        try:
            failed = self.bringer.bring(product, meant)
        except PlaceAway:
            raise
        except RetryLater as later:
            return Outcome(Result.STALE, operation.key, str(later))
        if failed:
            named = "; ".join(f"{address}: {why.rstrip('.')}" for address, why in failed.items())
            return Outcome(Result.REJECTED, operation.key, f"product {product.title!r}: {named}. Its other pictures are there.")
        return Outcome(Result.DONE, operation.key)

    def _wait(self, token: int) -> None:
        passed = self.bringer.now() - self._sent.get(token, self._born)
        if passed < self.late:
            self.bringer.reader.conversation.client.clock.sleep(self.late - passed)


def _judged(attempt: Attempt) -> Outcome | None:
    judged: Any = attempt.evidence.get("judged")
    return None if judged is None else Outcome(Result(judged[0]), attempt.operations[0].key, judged[1])
