"""What the products of one store belong to, in words that mean the same in both: names of publications, keys of collections."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.products.groups import GroupReader
from syncdb.engine.compare import words_in
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value, digest, encode_fields

AT_ONCE = 20  # products that are written in one attempt
Words = Callable[[Iterable[str]], Mapping[str, str]]  # by id of a group here, its word; others the pair knows nothing of
Write = Callable[[str, Iterable[str], Iterable[str]], Outcome]  # let a product join some groups and leave others


@dataclass(slots=True)
class BelongingSide:
    """One kind of groups in one store, under the name of its entity.

    `ids` gives the groups here by their words, `made` tells products that we made here. One that we made and that belongs to
    nothing yet is filled unasked; any other may be so on purpose.
    """

    entity: str
    title: str
    reader: GroupReader
    words: Words
    ids: Callable[[Iterable[str]], Mapping[str, str]]
    change: Write
    made: Callable[[str], bool]
    name: str = field(default="Shopify groups", init=False)
    can: Capabilities = field(default=Capabilities(create=False, live=True), init=False)

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """What all products belong to, in blocks. Raises Refused and RetryLater."""
        for block in self.reader.everything():
            yield self._snapshot(block)

    def look(self, keys: Iterable[str]) -> Snapshot:
        """What these products belong to now. Raises Refused and RetryLater."""
        return self._snapshot(self.reader.many(keys))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, tuple(operations[:AT_ONCE]), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        try:
            return [self._written(one) for one in attempt.operations]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Bring it about again: to join what was joined, and to leave what was left, changes nothing."""
        return self.write(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def _snapshot(self, shown: Mapping[str, frozenset[str]]) -> Snapshot:
        words = self.words({group for groups in shown.values() for group in groups})
        found = {id: self._found(id, {words[one] for one in groups if one in words}) for id, groups in shown.items()}
        return Snapshot(found, complete=not self.reader.conversation.other_version)

    def _found(self, id: str, words: set[str]) -> Found:
        fields: dict[str, Value] = {"product": id, self.entity: ", ".join(sorted(words)) or None}
        blank = frozenset({self.entity} if not words and self.made(id) else ())
        return Found(id, digest(encode_fields(fields)), Record(id, fields), blank=blank)

    def _written(self, operation: Operation) -> Outcome:
        if operation.action is not Action.UPDATE or operation.changes.keys() != {self.entity}:
            return Outcome(Result.REJECTED, operation.key, "this is changed with the product only")
        shown = self.look([operation.key]).found.get(operation.key)
        if shown is None:
            return Outcome(Result.STALE, operation.key, "the product is no longer in the store")
        if agrees(operation.changes, shown.record.fields):
            return Outcome(Result.DONE, operation.key)
        if not agrees(operation.expected, shown.record.fields):
            return Outcome(Result.STALE, operation.key, "it changed in the store meanwhile")
        wanted, now = (set(words_in(one).values()) for one in (operation.changes[self.entity], shown.record.fields[self.entity]))
        ids = self.ids(wanted | now)
        if lacking := sorted(wanted - ids.keys()):
            return Outcome(Result.REJECTED, operation.key, f"the store has no {', '.join(lacking)}")
        changed = self.change(operation.key, [ids[one] for one in wanted - now], [ids[one] for one in now - wanted])
        if changed.result is not Result.DONE:
            return changed
        after = self.look([operation.key]).found.get(operation.key)
        if after is not None and agrees(operation.changes, after.record.fields):
            return changed
        return Outcome(Result.STALE, operation.key, "the store shows something else than was sent")
