"""Products as records of two stores: made whole in the other one, taken off sale instead of deleted, hidden once let go."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import Translated
from syncdb.ledger import Ledger, state_keys
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Side, Snapshot

OFF_SALE = {"draft": "DRAFT", "archive": "ARCHIVED"}
IN_WORDS = {"draft": "set to draft", "archive": "archived"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the ledger keeps of the products of one side beside what is agreed: those let go, those made here, those left alone.

    A product that was let go (a tombstone) is no part of the pair while it shows the status that it was given then. One that was
    left alone cannot be made in the other store; it is told once.
    """

    ledger: Ledger
    pair: str
    side: Side

    def let_go(self) -> dict[str, str]:
        """By id, the status that each was given when its counterpart was deleted."""
        found: dict[str, str] = self.ledger.runs.get(state_keys.tombstones(self.pair, self.side.value)) or {}
        return found

    def left_alone(self) -> dict[str, str]:
        """By id, why each cannot be made in the other store."""
        found: dict[str, str] = self.ledger.runs.get(state_keys.left_alone(self.pair, self.side.value)) or {}
        return found

    def was_made(self, id: str) -> bool:
        """Whether we made it."""
        return bool(self.ledger.runs.get(state_keys.made_there(self.pair, self.side.value, id)))

    def remember_let_go(self, status: Mapping[str, str]) -> None:
        self._put(state_keys.tombstones(self.pair, self.side.value), self.let_go() | dict(status))

    def forget_let_go(self, ids: Iterable[str]) -> None:
        gone = set(ids)
        self._put(
            state_keys.tombstones(self.pair, self.side.value),
            {id: status for id, status in self.let_go().items() if id not in gone},
        )

    def leave_alone(self, id: str, why: str) -> None:
        self._put(state_keys.left_alone(self.pair, self.side.value), self.left_alone() | {id: why})

    def try_again(self) -> None:
        """What could not be made is looked at again."""
        if self.left_alone():
            self._put(state_keys.left_alone(self.pair, self.side.value), {})

    def remember_made(self, ids: Iterable[str]) -> None:
        with self.ledger.transaction():
            for id in ids:
                self.ledger.runs.put(state_keys.made_there(self.pair, self.side.value, id), True)

    def _put(self, name: str, value: Mapping[str, str]) -> None:
        with self.ledger.transaction():
            self.ledger.runs.put(name, dict(value))


@dataclass(slots=True)
class ProductSide(Translated):
    """The products of one store. `deleted` is what becomes of one whose counterpart is gone: draft, archive or delete.

    `read_ahead` is told which products are about to be made here, `saw` what is shown.
    `own` are fields that say something of this store only: they are no part of the record.
    """

    connector: Connector
    title: str
    kept: Kept
    deleted: str
    read_ahead: Callable[[Sequence[Operation]], None]
    saw: Callable[[Snapshot], None]
    own: Collection[str] = ()
    name: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.title
        self.can = replace(self.connector.can, removal=IN_WORDS.get(self.deleted, self.connector.can.removal))

    def look(self, keys: Iterable[str]) -> Snapshot:
        """These products. One that is not there is asked for a second time: a single answer deletes nothing."""
        wanted = list(dict.fromkeys(keys))
        shown = self.connector.look(wanted)
        missing = [key for key in wanted if key not in shown.found]
        if missing:
            again = self.connector.look(missing)
            shown = replace(shown, found={**shown.found, **again.found}, complete=shown.complete and again.complete)
        return self._shown(shown)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        self.read_ahead([one for one in operations if one.action is Action.CREATE])
        return Translated.prepare(self, operations, token)

    def _shown(self, shown: Snapshot) -> Snapshot:
        """Without those that were let go and those that cannot be made in the other store. Put on sale again, one counts anew."""
        let_go, alone = self.kept.let_go(), self.kept.left_alone()
        back = [id for id in let_go if id in shown.found and shown.found[id].record.fields.get("status") != let_go[id]]
        if back:
            self.kept.forget_let_go(back)
        hidden = (let_go.keys() - set(back)) | alone.keys()
        in_step = replace(shown, found={id: one for id, one in shown.found.items() if id not in hidden})
        self.saw(in_step)
        return replace(in_step, found={id: self._without_own(one) for id, one in in_step.found.items()})

    def _without_own(self, found: Found) -> Found:
        fields = {name: value for name, value in found.record.fields.items() if name not in self.own}
        return replace(found, record=Record(found.record.key, fields))

    def _own(self, operation: Operation) -> Operation:
        """What is written for an operation: a product is taken off sale where it is not to be deleted."""
        if operation.action is not Action.DELETE or self.deleted not in OFF_SALE:
            return operation
        return replace(operation, action=Action.UPDATE, changes={"status": OFF_SALE[self.deleted]})

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        """Keep what was done before the ledger drops the link: it must not be taken for a new product."""
        done = [
            (one, outcome) for one, outcome in zip(attempt.operations, outcomes, strict=False) if outcome.result is Result.DONE
        ]
        gone = {one.key: OFF_SALE[self.deleted] for one, _ in done if one.action is Action.DELETE and self.deleted in OFF_SALE}
        if gone:
            self.kept.remember_let_go(gone)
        self.kept.remember_made(outcome.id for one, outcome in done if one.action is Action.CREATE and outcome.id)
        if not gone:
            return outcomes
        told = zip(attempt.operations, outcomes, strict=True)
        return [replace(each, instead={"status": gone[one.key]}) if one.key in gone else each for one, each in told]
