"""The frozen types that travel between the stages: fetch -> compare -> decide -> plan -> guard -> apply -> record."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from syncdb.values import Kind, Value, canonical, digest, encode, same


class Side(Enum):
    """The two systems of a pair. For orders to a sheet, left is the shop and right is the sheet."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


@dataclass(frozen=True, slots=True)
class Record:
    """What one side holds under `key`. A field that is not in `fields` was not observed: it says nothing.

    `shortened` names fields whose text is cut because the other side cannot hold all of it.
    """

    key: str
    fields: Mapping[str, Value]
    shortened: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """A record where it was found. `ref` is its location (never its identity), `version` what a later write may expect.

    `frozen` names fields that must not be written there, with the reason (a person's formula in our cell). `computed` are fields
    that nobody can write there, whatever they show (a column of formulas). `blank` are fields that hold nothing yet and may be
    filled unasked (an empty cell, the 0 of a column just made). `changed_at` (ISO 8601, UTC) is when the side itself says it
    last changed, where it can. `notes` are places in which people keep something of their own there (their columns).
    """

    ref: str
    version: str
    record: Record
    frozen: Mapping[str, str] = field(default_factory=dict)
    changed_at: str | None = None
    computed: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a side showed. Only a `complete` one lets absence mean deletion; `doubled` keys stand in several places."""

    found: Mapping[str, Found]
    complete: bool
    doubled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a pair: its `name` in records, the `label` people see, what it holds.

    `currency_in` names the field of the same record that says in which currency an amount is (ISO 4217), where one does.
    """

    name: str
    label: str
    kind: Kind
    currency_in: str | None = None


class Owner(Enum):
    """Whose word counts for a field."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Tie(Enum):
    """What happens when both sides moved a shared field to different values."""

    LEFT = "left"
    RIGHT = "right"
    NEWEST = "newest"
    SUM = "sum"
    MERGE = "merge"  # of words in one text (tags): what either side added and took away
    EACH = "each"  # of named entries in one text, a line for each: what either side changed of each
    ASK = "ask"


class OnDrift(Enum):
    """What happens when the side that does not own a field changed it: put it back, or leave it and say so."""

    RESTORE = "restore"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of one field. `tie` counts only where both sides own it.

    `asks_first`: where nobody knows what was agreed, the owner's word does not go over what the other side shows.
    """

    owner: Owner
    on_drift: OnDrift = OnDrift.RESTORE
    tie: Tie = Tie.ASK
    asks_first: bool = False


class OnMissing(Enum):
    """What happens when a record both sides knew is gone from one of them."""

    RESTORE = "restore"  # bring it back
    RESPECT = "respect"  # leave it gone, say so
    DELETE = "delete"  # delete it on the other side too, unless it was edited there


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user chose for a pair: a rule per field, and what absence and novelty on either side mean.

    `told` are fields that tell people which record it is: what both sides show alike is remembered, and never written.
    `new_needs` are fields without which a new record is not made on the other side; one that has no rule and is not told is a
    mark alone, and never written. `marks_new` is how keys begin under which the left side may make new records ("": any). With
    `farewell` records there are not deleted, but given these values.
    """

    rules: Mapping[str, Rule]
    missing_left: OnMissing = OnMissing.RESPECT
    missing_right: OnMissing = OnMissing.RESTORE
    create_left: bool = False
    create_right: bool = True
    told: tuple[str, ...] = ()
    new_needs: frozenset[str] = frozenset()
    marks_new: str = ""
    farewell: Mapping[str, Value] = field(default_factory=dict)

    def may_write(self, side: Side) -> bool:
        """Whether anything can ever be written there: else the pair goes one way, and that side is only read."""
        left = side is Side.LEFT
        owner, creates = (Owner.LEFT, self.create_left) if left else (Owner.RIGHT, self.create_right)
        here, there = (self.missing_left, self.missing_right) if left else (self.missing_right, self.missing_left)
        shared = any(rule.owner is not owner for rule in self.rules.values())
        return shared or creates or here is OnMissing.RESTORE or there is OnMissing.DELETE


class Moved(Enum):
    """Which side left the base."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    NO_BASE = "no base"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the sides differ now, with the base they last agreed on."""

    key: str
    field: str
    base: Value
    left: Value
    right: Value
    moved: Moved


class Why(Enum):
    """Why something was left as it is on both sides."""

    FORMULA = "formula"  # a person's formula stands in a managed cell
    UNREADABLE = "unreadable"  # what stands there is not a value of its field (a word where a number belongs)
    EDITED = "edited"  # the side that does not own it changed it, and the user wants that reported
    DOUBLED = "doubled"  # the key stands in several places
    GONE = "gone"  # a person deleted the record, and the user wants that respected
    BOTH_CHANGED = "both changed"  # both sides moved a shared field to different values
    ALIKE = "one movement or two"  # a count moved on both sides, and one of the movements may be a write of ours
    NO_BASE = "no base"  # the sides differ and nobody knows what they last agreed on
    EDIT_AGAINST_DELETE = "edit against delete"  # gone on one side, edited on the other
    UNKNOWN_KEY = "unknown key"  # stands only on the side that may not create records
    NOTED = "note against delete"  # gone on one side, and people keep something of their own with it on the other
    AMBIGUOUS = "ambiguous match"  # several records could be the same thing as this one


@dataclass(frozen=True, slots=True)
class Conflict:
    """A result, not an error: something was left as it is on both sides, and a person should know why.

    `field` is None where it is about the record as a whole; `left` and `right` then say on which sides it stands (True).
    """

    key: str
    field: str | None
    base: Value
    left: Value
    right: Value
    why: Why
    where: tuple[str, ...] = ()


class Take(Enum):
    """What a person decided about a conflict: what one side shows, or a value of their own."""

    LEFT = "left"
    RIGHT = "right"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's decision about one conflict, with what both sides showed then: it counts only while they still do.

    `field` is None where it is about the whole record (edited here, deleted there).
    """

    key: str
    field: str | None
    take: Take
    left: Value = None
    right: Value = None
    value: Value = None

    def over(self, left: Value, right: Value) -> Value:
        """What both sides shall show."""
        return {Take.LEFT: left, Take.RIGHT: right, Take.VALUE: self.value}[self.take]

    def fits(self, left: Value, right: Value) -> bool:
        """Whether both sides still show what the person decided about, or what was decided already."""
        wanted = self.over(self.left, self.right)
        return all(same(shown, then) or same(shown, wanted) for shown, then in ((left, self.left), (right, self.right)))


class Action(Enum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """One write to one record of one side: what the plan saw there (`expected`) and what it shall become (`changes`).

    `opposite` holds what the other side showed in fields that are written on both sides to a third value (a sum), `last` what
    was agreed about a record that is gone and made anew: by it a connector knows again what is left of the old one.
    """

    side: Side
    action: Action
    key: str
    ref: str | None
    expected: Mapping[str, Value]
    changes: Mapping[str, Value]
    reason: str
    opposite: Mapping[str, Value] = field(default_factory=dict)
    last: Mapping[str, Value] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.side.value}:{self.action.value}:{self.key}"

    def base_after(self, base: Mapping[str, Value]) -> dict[str, Value]:
        """What both sides agree on once this is done, given the base until now.

        Where both sides are written to a third value, the first write only takes in the other side's movement: the base
        becomes what that side showed, so that dying in between counts no movement twice. The second write completes it.
        """
        agreed = dict(self.changes)
        for name, shown in self.opposite.items():
            if not same(base.get(name), self.expected.get(name)):
                agreed[name] = shown
        return agreed

    def as_data(self) -> dict[str, object]:
        """The operation as JSON data. The location is left out: it may move without the plan changing."""
        return {
            "id": self.id,
            "reason": self.reason,
            "expected": {name: encode(canonical(value)) for name, value in self.expected.items()},
            "changes": {name: encode(canonical(value)) for name, value in self.changes.items()},
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run intends to write. Not `complete` where a side could not be seen whole, so that some may be lacking.

    `overtaken` are decisions of people, by key and field, that do not count any more: something changed after they were made.
    `removal` says for each side what a deletion comes to there ("deleted", "set to draft"), `compared` how many records were
    looked at for it.
    """

    operations: Collection[Operation]
    conflicts: tuple[Conflict, ...] = ()
    complete: bool = True
    overtaken: tuple[tuple[str, str | None], ...] = ()
    removal: Mapping[Side, str] = field(default_factory=dict)
    compared: int = 0

    @property
    def digest(self) -> str:
        """Equal for equal plans whatever their order, time and row numbers: what a dry run showed is what a run does.

        A sum of the operations' own digests, so that nothing has to be sorted or kept.
        """
        total = sum(int(digest(op.as_data()), 16) for op in self.operations)
        return digest([len(self.operations), f"{total:x}"])

    def count(self, action: Action) -> int:
        return sum(op.action is action for op in self.operations)


class Result(Enum):
    """What became of one operation."""

    DONE = "done"
    REJECTED = "rejected"  # this record will not do as it is: quarantine it
    STALE = "stale"  # the place moved or changed meanwhile: nothing of it counts, plan it again
    UNKNOWN = "unknown"  # it may have been applied: settle it before anything else


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one operation, with where the record now stands or why it was not written.

    `without` are fields of a new record that could not be written there (a column of formulas): nothing is agreed about them.
    `id` is the id that the side gave to a new record, where it gives ids of its own; None where it took the operation's key.
    `doubted`: it was looked for in vain, but it may have been applied all the same, and changed since.
    `instead` are values that the side keeps in place of what was written (a handle in small letters): what counts from now on.
    Of a deletion: what the record was given in place of being deleted (a status that takes it off sale).
    `overwritten` are values that stood there in the moment of the write, and neither the plan nor the look before it had seen.
    """

    result: Result
    ref: str | None = None
    why: str = ""
    without: frozenset[str] = frozenset()
    id: str | None = None
    doubted: bool = False
    instead: Mapping[str, Value] = field(default_factory=dict)
    overwritten: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One atomic write as it is put in the journal before it is sent.

    `token` is chosen by us at random and travels inside the write where the system allows it, so that afterwards the
    remote itself can be asked whether the write took place. `evidence` is the connector's own (JSON data): where each
    operation goes and what stood there.
    """

    token: int
    operations: tuple[Operation, ...]
    evidence: Mapping[str, object]


def agrees(fields: Mapping[str, Value], shown: Mapping[str, Value], names: Iterable[str] | None = None) -> bool:
    """Whether two sets of fields mean the same in all of `names` (default: the first set's)."""
    return all(same(fields.get(name), shown.get(name)) for name in (fields if names is None else names))
