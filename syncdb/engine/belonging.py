"""What belongs to a record that is itself in question is not asked about beside it: one question for each product."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncdb.engine.policy import Decision, Triple
from syncdb.ledger import Ledger
from syncdb.model import Action
from syncdb.values import Value


@dataclass(frozen=True, slots=True)
class InQuestion:
    """Records of one run that may be gone from a side: a person is asked, or their deletion is planned and not done.

    `references` gives for each pair which of its fields refer to a record of which other pair.
    """

    ledger: Ledger
    references: Mapping[str, Mapping[str, str]]
    _keys: dict[str, set[str]] = field(default_factory=dict)

    def note(self, pair: str, keys: Iterable[str]) -> None:
        """These are in question as long as this run lasts; what a person is asked about is known from the ledger beside that."""
        self._keys.setdefault(pair, set()).update(keys)

    def settle(self, pair: str, triples: Iterable[Triple], decisions: Iterable[Decision]) -> list[Decision]:
        """The decisions, without those to delete, or to ask about, what is gone along with that to which it belongs."""
        return [self._settled(pair, one, decision) for one, decision in zip(triples, decisions, strict=True)]

    def _settled(self, pair: str, triple: Triple, decision: Decision) -> Decision:
        deletes = [one for one in decision.operations if one.action is Action.DELETE]
        asked = [one for one in decision.conflicts if one.field is None]
        there = triple.left or triple.right
        if not (deletes or asked) or there is None or not self._of_one(pair, there.record.fields):
            return decision
        self.note(pair, [triple.key])
        rest = tuple(one for one in decision.operations if one not in deletes)
        return replace(decision, operations=rest, conflicts=tuple(one for one in decision.conflicts if one not in asked))

    def _of_one(self, pair: str, fields: Mapping[str, Value]) -> bool:
        """Whether what a record belongs to, or what that belongs to, is in question."""
        for name, other in self.references.get(pair, {}).items():
            owner = fields.get(name)
            if isinstance(owner, str) and owner:
                records = self.ledger.records(other)
                if owner in self._keys.get(other, ()) or records.asked_whole(owner):
                    return True
                if self._of_one(other, records.base(owner)):
                    return True
        return False
