"""People in the records that pairs keep beside the orders that were read: found, named, and taken out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncdb.connectors.shopify.personal import Person
from syncdb.ledger.pairs import Pairs
from syncdb.ledger.people import KeptKey, KeptRecords
from syncdb.ledger.redacted import Redacted
from syncdb.orders.personal_records import CUSTOMER, DRAFT, KINDS, ORDER, PersonalRecords, emails, names, phones, telling

if TYPE_CHECKING:
    import sqlite3

Kept = Mapping[str, Sequence[PersonalRecords]]  # by type of pair
Wanted = Callable[[Person], bool]
NOBODY: frozenset[str] = frozenset()
_CALLED = ("order_name", "order_number", "email")


@dataclass(slots=True)
class PersonRecord:
    """A record that is kept of a person: what it is, its ids, and all that is held of it."""

    pair: str
    kept: PersonalRecords
    key: KeptKey
    pieces: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What redaction calls it: the shop's number of an order, a customer's id; else where it stands."""
        return next(self.kept.marks(self.pair, self.key.left, self.key.right))

    @property
    def name(self) -> str:
        """By what people know it."""
        texts = (str(piece[name]) for name in _CALLED for piece in self.pieces if piece.get(name))
        return next(texts, self.key.key)

    @property
    def marks(self) -> list[str]:
        return list(self.kept.marks(self.pair, self.key.left, self.key.right))

    @property
    def telling(self) -> set[str]:
        return {text for piece in self.pieces for text in telling(self.kept.personal(piece))}


@dataclass(frozen=True, slots=True)
class KeptPeople:
    """What the pairs of a ledger keep of people. `redacted` are those who are to be forgotten, `kept` says where people stand."""

    connection: "sqlite3.Connection"
    redacted: Redacted
    kept: Kept

    def of_person(self, wanted: Wanted) -> list[PersonRecord]:
        """Every record of whoever is `wanted`: customers by their id and what is held of them, orders by what is held of them
        or of these customers.
        """
        found = self._found(wanted)
        customers = [one for one in found if one.kept.kind == CUSTOMER]
        addresses = NOBODY.union(*(emails(piece) for one in customers for piece in one.pieces))
        numbers = NOBODY.union(*(phones(piece) for one in customers for piece in one.pieces))
        if not addresses | numbers:
            return found
        theirs = self._found(lambda person: bool(person.emails & addresses or person.phones & numbers), (ORDER, DRAFT))
        known = {(one.pair, one.key.key) for one in found}
        return [*found, *(one for one in theirs if (one.pair, one.key.key) not in known)]

    def of_number(self, called: str) -> list[PersonRecord]:
        """The order that people call so, or that has this id in the shop."""
        wanted = called.strip().rpartition("/")[2].lstrip("#").casefold()

        def fits(piece: Mapping[str, Any]) -> bool:
            told = (piece.get(name) for name in ("order_name", "order_number", "shop_id"))
            return bool(wanted) and any(str(one).lstrip("#").casefold() == wanted for one in told if one)

        return [
            one
            for personal, records in self._kept((ORDER,))
            for one in _read(personal, records, {key for key, piece in records.fields() if fits(piece)})
        ]

    def forget_marked(self) -> Counter[str]:
        """Take what is personal out of every record that was redacted at any time. The caller brings the transaction."""
        counts = Counter[str]()
        for personal, records in self._kept() if self.redacted.marks else ():
            keys = self._marked(personal, records)
            counts.update(records.forget(sorted(keys), personal.plain))
            if keys:
                records.look_again(keys)
        return counts

    def texts_of_others(self, texts: set[str]) -> set[str]:
        """Which of these texts are held of somebody who was not redacted: a family's address, a namesake."""
        seen: set[str] = set()
        for personal, records in self._kept():
            out = self._marked(personal, records)
            for key, piece in records.fields():
                seen |= texts & telling(personal.personal(piece)) if key not in out else set()
        return seen

    def _marked(self, personal: PersonalRecords, records: KeptRecords) -> set[str]:
        return {
            one.key
            for one in records.all_keys()
            if any(mark in self.redacted for mark in personal.marks(records.pair, one.left, one.right))
        }

    def _found(self, wanted: Wanted, kinds: Sequence[str] = KINDS) -> list[PersonRecord]:
        found: list[PersonRecord] = []
        for personal, records in self._kept(kinds):
            keys = {key for key, piece in records.fields() if wanted(_person(personal.personal(piece)))}
            if personal.kind == CUSTOMER:
                keys |= {one.key for one in records.all_keys() if one.left and wanted(_known_by(one.left))}
            found += _read(personal, records, keys)
        return found

    def _kept(self, kinds: Sequence[str] = KINDS) -> Iterator[tuple[PersonalRecords, KeptRecords]]:
        for pair in Pairs(self.connection).all():
            for personal in self.kept.get(pair.type, ()):
                if personal.entity == pair.entity and personal.kind in kinds:
                    yield personal, KeptRecords(self.connection, pair.id)


def _read(personal: PersonalRecords, records: KeptRecords, keys: set[str]) -> list[PersonRecord]:
    """These records, with all that is held of them."""
    if not keys:
        return []
    made = {one.key: PersonRecord(records.pair, personal, one) for one in records.all_keys() if one.key in keys}
    for key, piece in records.fields():
        if key in made:
            made[key].pieces.append(piece)
    return list(made.values())


def _person(piece: Mapping[str, Any]) -> Person:
    whose = str(piece.get("customer") or "")  # the customer's id, where a record names it
    return Person(whose.rpartition("/")[2] or None, emails(piece), phones(piece), names(piece))


def _known_by(id: str) -> Person:
    return Person(id.rpartition("/")[2], NOBODY, NOBODY, NOBODY)
