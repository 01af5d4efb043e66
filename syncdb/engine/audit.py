"""An audit: both sides of a pair, each read anew, held against each other.

What was agreed earlier does not decide what is equal. It only serves to say which side moved where they differ.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Protocol

from syncdb.engine.policy import Triple
from syncdb.model import Field, Found, Owner, Side
from syncdb.values import Kind, Value, encode_fields, same

OWNER = {Side.LEFT: Owner.LEFT, Side.RIGHT: Owner.RIGHT}
CURRENCY, NO_CURRENCY = "currency", "?"  # the field beside amounts; what stands for one that is not told
MOST_KEPT = 10_000  # differences that are kept to be shown; all are counted


@dataclass(frozen=True, slots=True)
class Period:
    """The days that an audit of orders covers, both included, by the shop's clock."""

    first: date
    last: date


class Cause(Enum):
    """Why the two sides differ, as far as that can be told. `words` take the titles of both sides."""

    LEFT_MOVED = "changed in {left} since they were last agreed"
    RIGHT_MOVED = "changed in {right} since they were last agreed"
    BOTH_MOVED = "changed on both sides"
    NOT_AGREED = "never agreed so far"
    HELD = "cannot be read there: {detail}"
    OWN = "people keep something of their own there: {detail}"
    NOT_THERE_YET = "not in {right} so far"
    GONE_RIGHT = "its row is gone from {right}"
    NOT_ON_LEFT = "in {right} only: {left} shows no such record"
    GONE_LEFT = "{left} no longer shows it"
    DOUBLED = "stands more than once: {detail}"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the sides are not equal. `field` is None for a record as a whole; `place` is where it stands on the right."""

    key: str
    name: str
    field: str | None
    left: Value
    right: Value
    cause: Cause
    place: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum on both sides. `day` and `currency` (ISO 4217) are empty where it has none; None: that side does not show it."""

    day: str
    currency: str
    what: str
    left: Decimal | None
    right: Decimal | None

    @property
    def equal(self) -> bool:
        """Whether both sides come to the same; one that is not shown is nothing to compare with."""
        return self.left is None or self.right is None or self.left == self.right


class Sums(Protocol):
    """Adds up while the records go by."""

    def see(self, triple: Triple) -> None: ...
    def all(self) -> Sequence[Sum]: ...


@dataclass(frozen=True, slots=True)
class Audited:
    """One kind of thing to be audited.

    `triples` reads both sides anew and brings them together, with what was last agreed. `within` says which keys belong to what
    is audited. `name` is what people call a record. `owners` say whose word counts for a field. `problems` are reasons why not
    all could be read, asked for at the end; `remarks` say what was left out on purpose.
    """

    entity: str
    pair: str
    titles: Mapping[Side, str]
    fields: Sequence[Field]
    owners: Mapping[str, Owner]
    triples: Callable[[], Iterator[list[Triple]]]
    within: Callable[[Triple], bool]
    name: Callable[[Triple], str]
    sums: Sums
    problems: Callable[[], Sequence[str]] = tuple
    remarks: Sequence[str] = ()


@dataclass(slots=True)
class Audit:
    """What came of it. `cells` are the values that both sides show, `equal` those that are the same.

    `not_compared` counts, by side and field, values that this side does not show. `digests` stand for all that was read there.
    """

    audited: Audited
    started_at: str
    ended_at: str = ""
    records: Counter[Side] = field(default_factory=Counter)
    cells: int = 0
    equal: int = 0
    not_compared: Counter[tuple[Side, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    differing: int = 0
    complete: bool = True
    digests: dict[Side, str] = field(default_factory=dict)
    sums: Sequence[Sum] = ()
    problems: Sequence[str] = ()

    @property
    def proven(self) -> bool:
        """Whether all of it was read and is equal. About what its owner does not say nobody can be wrong; it is told, too."""
        unseen = any(self.audited.owners[name] is not OWNER[side] for side, name in self.not_compared)
        return self.complete and not self.differing and not unseen and not self.problems and all(one.equal for one in self.sums)

    def words(self, difference: Difference) -> str:
        """Why it differs."""
        titles = self.audited.titles
        return difference.cause.value.format(left=titles[Side.LEFT], right=titles[Side.RIGHT], detail=difference.detail)


def audit(audited: Audited, started_at: str) -> Audit:
    """Read both sides and compare every record of the period, field by field. Raises what reading raises."""
    result = Audit(audited, started_at)
    marks: dict[Side, list[bytes]] = {Side.LEFT: [], Side.RIGHT: []}
    for block in audited.triples():
        for triple in block:
            result.complete = result.complete and triple.sure_left and triple.sure_right
            if (triple.left or triple.right or triple.doubled) and audited.within(triple):
                _one(result, triple, marks)
    result.digests = {side: _digest(found) for side, found in marks.items()}
    result.sums = audited.sums.all()
    result.problems = audited.problems()
    return result


def _one(result: Audit, triple: Triple, marks: Mapping[Side, list[bytes]]) -> None:
    for side, found in ((Side.LEFT, triple.left), (Side.RIGHT, triple.right)):
        if found is not None:
            result.records[side] += 1
            marks[side].append(_mark(found))
    result.audited.sums.see(triple)
    for difference in _differences(result, triple):
        result.differing += 1
        if len(result.differences) < MOST_KEPT:
            result.differences.append(difference)


def _differences(result: Audit, triple: Triple) -> Iterator[Difference]:
    left, right = triple.left, triple.right
    if triple.doubled:
        yield _of_record(result, triple, Cause.DOUBLED, ", ".join(triple.doubled))
    elif left is not None and right is not None:
        for one in result.audited.fields:
            yield from _of_field(result, triple, one, left, right)
    elif left is not None:
        yield _of_record(result, triple, Cause.GONE_RIGHT if triple.base else Cause.NOT_THERE_YET)
    else:
        yield _of_record(result, triple, Cause.GONE_LEFT if triple.base else Cause.NOT_ON_LEFT)


def _of_record(result: Audit, triple: Triple, cause: Cause, detail: str = "") -> Difference:
    place = triple.right.ref if triple.right else ""
    return Difference(triple.key, result.audited.name(triple), None, None, None, cause, place, detail)


def _of_field(result: Audit, triple: Triple, one: Field, left: Found, right: Found) -> Iterator[Difference]:
    name = one.name
    if name not in left.record.fields:
        result.not_compared[Side.LEFT, name] += 1
        return
    shown = left.record.fields[name]
    called = result.audited.name(triple)
    if name not in right.record.fields:
        if name in right.frozen:
            yield Difference(triple.key, called, name, shown, None, Cause.HELD, right.ref, right.frozen[name])
        else:
            result.not_compared[Side.RIGHT, name] += 1
        return
    result.cells += 1
    there = right.record.fields[name]
    if same(shown, there):
        result.equal += 1
        return
    if name in right.frozen or name in right.computed:
        why = right.frozen.get(name, "formula")
        yield Difference(triple.key, called, name, shown, there, Cause.OWN, right.ref, why)
        return
    yield Difference(triple.key, called, name, shown, there, _who_moved(triple, name, shown, there), right.ref)


def _who_moved(triple: Triple, name: str, left: Value, right: Value) -> Cause:
    if triple.base is None or name not in triple.base.fields:
        return Cause.NOT_AGREED
    base = triple.base.fields[name]
    if same(base, right):
        return Cause.LEFT_MOVED
    return Cause.RIGHT_MOVED if same(base, left) else Cause.BOTH_MOVED


def _mark(found: Found) -> bytes:
    return hashlib.sha256(f"{found.record.key}\n{encode_fields(found.record.fields)}".encode("utf-8", "surrogatepass")).digest()


def _digest(marks: Sequence[bytes]) -> str:
    """One mark for everything that was read, whatever the order in which it came."""
    return hashlib.sha256(b"".join(sorted(marks))).hexdigest()


@dataclass(slots=True)
class FieldSums:
    """The sums of some number fields over all records of either side: amounts by the currency that their records name."""

    fields: Sequence[Field]
    _sums: dict[str, dict[Side, Counter[str]]] = field(default_factory=dict)

    def see(self, triple: Triple) -> None:
        for side, found in ((Side.LEFT, triple.left), (Side.RIGHT, triple.right)):
            for one in self.fields if found is not None else ():
                value = found.record.fields.get(one.name) if found else None
                if isinstance(value, int | Decimal) and not isinstance(value, bool):
                    self._of(_currency(one, triple))[side][one.name] += Decimal(value)  # type: ignore[assignment]

    def all(self) -> Sequence[Sum]:
        counted = [one for one in self.fields if one.kind is not Kind.MONEY]
        found = self._summed("", counted)
        for currency in sorted(self._sums.keys() - {""}):
            found += self._summed(currency, [one for one in self.fields if one.kind is Kind.MONEY])
        return found

    def _summed(self, currency: str, fields: Sequence[Field]) -> list[Sum]:
        left, right = (self._of(currency)[side] for side in (Side.LEFT, Side.RIGHT))
        return [Sum("", currency, one.label, Decimal(left[one.name]), Decimal(right[one.name])) for one in fields]

    def _of(self, currency: str) -> dict[Side, Counter[str]]:
        return self._sums.setdefault(currency, {side: Counter() for side in Side})


def summed(fields: Sequence[Field]) -> list[Field]:
    """The fields whose sums mean something: counts, and amounts that have their currency beside them."""
    named = any(one.name == CURRENCY for one in fields)
    return [one for one in fields if one.kind is Kind.COUNT or (named and one.kind is Kind.MONEY)]


def _currency(one: Field, triple: Triple) -> str:
    """The currency of an amount: that of the side whose word counts, if it shows the record."""
    if one.kind is not Kind.MONEY:
        return ""
    shown = triple.left or triple.right
    return str((shown.record.fields.get(CURRENCY) if shown else None) or NO_CURRENCY)
