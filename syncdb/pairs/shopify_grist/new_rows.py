"""Which key a row without one is to have: that of the record whose row lost it, or a mark under which a new one is made."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import uuid4

from syncdb.connectors.base import Changes
from syncdb.connectors.grist import GristDocument
from syncdb.ledger import state_keys
from syncdb.ledger.records import Records
from syncdb.ledger.runs import Runs
from syncdb.model import Found, Record
from syncdb.values import Value, canonical, same

MARK = "new:"
OPTIONS = ("option1", "option2", "option3")
MOST = 500  # rows or records compared with each other
LEAST = 2  # values that a row and a record must share


@dataclass(frozen=True, slots=True)
class RowsFeed:
    """The document's feed. Rows without a key that people added or changed have all of these entities looked at."""

    document: GristDocument
    entities: Sequence[str]

    def changes(self, cursor: str | None) -> Changes:
        found = self.document.changes(cursor)
        added = {entity: None for entity in self.entities if self.document.touched_unkeyed(entity)}
        return replace(found, keys={**found.keys, **added})

    def put_back(self, seen: str) -> str:
        return self.document.put_back(seen)

    def after_own_writes(self, cursor: str) -> str:
        return self.document.after_own_writes(cursor)


@dataclass(slots=True)
class RowKeys:
    """Decides for one entity. With `makes` a row that is `whole` is marked as a record to be made.

    `kept` is where marks are remembered, `made` finds what was made under one; `given` are marks of this run, under which nothing
    can be yet, and `known` what was made in it.
    """

    records: Records
    kept: Runs
    whole: Callable[[Mapping[str, Value]], bool] = lambda fields: False
    makes: bool = False
    made: Callable[[str], str | None] = lambda mark: None
    transaction: Callable[[], AbstractContextManager[None]] = nullcontext
    given: set[str] = field(default_factory=set)
    known: dict[str, str] = field(default_factory=dict)

    def marks(self) -> Sequence[str] | None:
        """The marks that may stand in rows; None where the ledger does not know, as after it was lost."""
        if not self.makes:
            return ()
        stored: list[str] | None = self.kept.get(state_keys.new_rows(self.records.pair))
        return stored

    def _keep(self, marks: Collection[str], done: Collection[str]) -> None:
        """Remember marks before any of them is written; one whose write was lost may stand later."""
        known = self.marks()
        wanted = sorted({*(known or ()), *marks} - set(done))
        if self.makes and known != wanted:
            with self.transaction():
                self.kept.put(state_keys.new_rows(self.records.pair), wanted)

    def keys(self, rows: Sequence[Found], standing: Callable[[], Iterable[str]]) -> dict[str, str]:
        """By place, the key that a row is to have; rows that stay as they are are left out."""
        found: dict[str, str] = {}
        for row in rows:
            if row.record.key and (made := self._made(row.record.key)):
                found[row.ref] = made
        blank = [row for row in rows if not row.record.key]
        if blank:
            found |= self._put_back(blank, frozenset(standing()))
        if self.makes:
            for row in blank:
                if row.ref not in found and self.whole(row.record.fields):
                    found[row.ref] = f"{MARK}{uuid4().hex}"
                    self.given.add(found[row.ref])
        seen = {row.record.key for row in rows if row.record.key}
        self._keep(seen | {key for key in found.values() if key.startswith(MARK)}, self.known.keys() - seen)
        return found

    def _made(self, mark: str) -> str | None:
        if mark in self.known:
            return self.known[mark]
        found = None if mark in self.given else self.made(mark)
        if found is not None:
            self.known[mark] = found
        return found

    def _put_back(self, rows: Sequence[Found], standing: frozenset[str]) -> dict[str, str]:
        """Rows that show all that was agreed about just one record which has no row, and no other row does."""
        lost = [key for key, _ in self.records.all_keys() if key not in standing]
        if len(rows) > MOST or len(lost) > MOST:
            return {}
        bases = {key: known.base for key, known in self.records.known(lost).items() if known.base is not None}
        meant = {row.ref: [key for key, base in bases.items() if _alike(base, row.record.fields)] for row in rows}
        named = [key for keys in meant.values() for key in keys]
        return {ref: keys[0] for ref, keys in meant.items() if len(keys) == 1 and named.count(keys[0]) == 1}


def whole_product(fields: Mapping[str, Value]) -> bool:
    """Whether a row says enough to be made a product."""
    return canonical(fields.get("title")) is not None


def whole_variant(fields: Mapping[str, Value]) -> bool:
    """Whether a row says enough to be made a variant: of which product, by which values of its options, and for which price.

    Grist itself puts 0 into a new row: that is no price.
    """
    product, price = canonical(fields.get("product")), canonical(fields.get("price"))
    told = any(canonical(fields.get(name)) is not None for name in ("title", *OPTIONS))
    there = isinstance(product, str) and not product.startswith(MARK)
    return there and told and isinstance(price, Decimal) and price > 0


def _alike(base: Record, shown: Mapping[str, object]) -> bool:
    names = [name for name in base.fields if name in shown]
    told = [name for name in names if canonical(base.fields[name]) is not None]
    return len(told) >= LEAST and all(same(base.fields[name], shown[name]) for name in names)  # type: ignore[arg-type]
