"""Judges a run between shop and document without ever reading the ledger that is on trial.

It keeps its own idea of what both sides last agreed on: what both showed after the last clean run, and, since a run that was
cut short may or may not have recorded what it brought over, everything both have shown alike since then. From that and the
chosen rules follows what each side may show after a run. Counts are also kept by movement: what was sold here and received
there adds up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from typing import Any

from tests.reliability.grist.view import REFERENCES, UNREADABLE, Key, View, lacks_referred
from tests.reliability.grist.world import LABELS, ProofWorld
from tests.reliability.oracle import examined

NOTHING = "\0never agreed"
ENTITIES = list(LABELS)  # none refers to one that comes after it
BLANK: tuple[Any, ...] = (None, frozenset())
STATUSES = {"ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"}
NEVER_WRITTEN = {
    ("variants", "product"), ("variants", "title"), ("inventory", "variant"), ("inventory", "sku"), ("inventory", "location"),
}  # fmt: skip
Cell = tuple[str, str, str]  # entity, key, field
Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person took of a conflict, and what both sides showed then."""

    wanted: Any
    left: Any
    right: Any


@dataclass
class Oracle:
    """`bases` are what may be agreed on, by cell; `totals` what a count must come to. `changed` is what our runs wrote.

    `late` are counts that a write of ours may have changed, or may still change, though its answer was lost: where both sides
    moved, nobody can tell whether it was once or twice, and a person is asked. `retyped` are fields (entity, name) whose column
    got another type: nothing is agreed about one any more once a run looks at what people type there.

    `fresh` are decisions that no run has seen yet: while both sides show the same, the next one does nothing else.
    """

    world: ProofWorld
    bases: dict[Cell, set[Any]] = field(default_factory=dict)
    totals: dict[Key, set[int]] = field(default_factory=dict)
    decided: dict[Cell, Decided] = field(default_factory=dict)
    known: set[Key] = field(default_factory=set)
    changed: set[tuple[str, str, str, str]] = field(default_factory=set)
    late: set[Key] = field(default_factory=set)
    retyped: set[tuple[str, str]] = field(default_factory=set)
    fresh: set[Cell] = field(default_factory=set)

    def copied(self) -> "Oracle":
        """The same, to go on from here more than once."""
        bases = {cell: set(known) for cell, known in self.bases.items()}
        totals = {key: set(one) for key, one in self.totals.items()}
        known = set(self.known), set(self.changed), set(self.late), set(self.retyped), set(self.fresh)
        return Oracle(self.world, bases, totals, dict(self.decided), *known)

    # --- listening

    def hear(self, view: View) -> None:
        """What both sides show alike may have been agreed on."""
        for key in view.left.keys() & view.right.keys():
            if key in view.doubled:
                continue
            self.known.add(key)
            for name, left in view.left[key].items():
                if name in view.right[key] and same(left, view.right[key][name]):
                    self.bases.setdefault((*key, name), {NOTHING}).add(left)

    def answers_may_be_lost(self, view: View) -> None:
        """A run in trouble has these counts to bring over."""
        for key in view.left.keys() & view.right.keys():
            if key[0] == "inventory" and not same(view.left[key].get("available"), view.right[key].get("available")):
                self.late.add(key)
                self.totals.pop(key, None)

    def may_be_agreed(self, view: View) -> None:
        """A run with edits in its midst may have brought over what stood there before them."""
        for key in view.left.keys() & view.right.keys():
            for name in view.left[key].keys() & view.right[key].keys():
                self.bases.setdefault((*key, name), {NOTHING}).update((view.left[key][name], view.right[key][name]))

    def unsure(self, entity: str, name: str) -> None:
        """It may be that nothing counts as agreed about this field any more."""
        for cell, bases in self.bases.items():
            if (cell[0], cell[2]) == (entity, name):
                bases.add(NOTHING)
        if name == "available":
            self.totals.clear()

    def anew(self, of: Iterable[tuple[str, str]]) -> None:
        """Nothing counts as agreed about these fields (entity, name) any more."""
        fields = set(of)
        for cell in self.bases:
            if (cell[0], cell[2]) in fields:
                self.bases[cell] = {NOTHING}
        if ("inventory", "available") in fields:
            self.totals.clear()

    def moved(self, level: str, by: int | None) -> None:
        """A count was moved by somebody; None where it was not a movement (a word was typed, say)."""
        key = ("inventory", level)
        if by is None:
            self.totals.pop(key, None)
        elif key in self.totals:
            self.totals[key] = {total + by for total in self.totals[key]}

    def settled(self, view: View) -> None:
        """After a clean run: what both sides show alike is what they agreed on."""
        self.retyped = {place for place in self.retyped if not self.world.shared(*place)}
        for key in view.left.keys() & view.right.keys() - view.doubled:
            for name, left in view.left[key].items():
                if (
                    name in view.right[key]
                    and same(left, view.right[key][name])
                    and (name != "available" or key not in self.late)
                ):
                    self.bases[(*key, name)] = {left, NOTHING} if (key[0], name) in self.retyped else {left}
            count = view.left[key].get("available")
            counted = key[0] == "inventory" and self.rule(key, "available") == "sum" and key not in self.late
            if counted and count == view.right[key].get("available"):
                assert count is not None
                self.totals[key] = {count}
        for gone in self.known - view.left.keys() - view.right.keys():
            self._forget(gone)

    def _forget(self, key: Key) -> None:
        self.known.discard(key)
        self.totals.pop(key, None)
        self.late.discard(key)
        for cell in [one for one in self.bases if one[:2] == key]:
            del self.bases[cell]

    # --- rules

    def rule(self, key: Key, name: str) -> str:
        """The rule that counts: where the shop may not be written, an edit there is kept and told."""
        wanted: str = self.world.chosen[key[0]][name]
        may = self.world.env["SHOPIFY_WRITES"].split(",")
        if wanted == "shopify" or {"all", key[0], f"{key[0]}.{name}"} & set(may):
            return wanted
        return "report"

    def _possible(self, key: Key, name: str, left: Any, right: Any, computed: bool) -> set[Pair]:
        if right is UNREADABLE or right == UNREADABLE:
            return {(left, right)} | self._decided_unread(key, name, left, right)
        found = set()
        for base in self.bases.get((*key, name), {NOTHING}):
            found |= outcomes(self.rule(key, name), base, left, right)
        if name == "available" and key in self.late:
            found.add((left, right))
        if right in (0, False) and NOTHING in self.bases.get((*key, name), {NOTHING}):
            found |= outcomes(self.rule(key, name), NOTHING, left, None)  # it may be what a new column shows by itself
        decision = self.decided.get((*key, name))
        if decision is not None and fits(decision, left, right) and self._may_be(key, name, decision.wanted, left, right):
            found = (set() if (*key, name) in self.fresh else found) | {(decision.wanted, decision.wanted)}
        return {(left, right) if computed and not same(pair[1], right) else pair for pair in found}

    def _decided_unread(self, key: Key, name: str, left: Any, right: Any) -> set[Pair]:
        """A person may have decided for what a run saw in Grist before the column got another type: the shop gets that."""
        decision = self.decided.get((*key, name))
        if decision is None or UNREADABLE in (decision.wanted, decision.left) or not fits(decision, left, right):
            return set()
        return {(decision.wanted, right)} if self._may_be(key, name, decision.wanted, left, decision.wanted) else set()

    def _may_be(self, key: Key, name: str, wanted: Any, left: Any, right: Any) -> bool:
        """Whether a person may decide so: the word of a side that alone sets the field is never written over."""
        owner = {"shopify": left, "report": left, "grist": right}
        return same(owner.get(self.rule(key, name), wanted), wanted)

    # --- judging

    def wrong(
        self, before: View, after: View, *, clean: bool, only: Iterable[str] = (), earlier: View | None = None
    ) -> list[str]:
        """What a run did that it may not, or, a clean one, did not do though it must. `only`: fields that were asked for.

        `earlier` is what it may have seen before somebody acted in its midst.
        """
        before = self._keys_put_back(before, after)
        problems = list(self._people(before, after))
        for key in before.left.keys() | before.right.keys():
            if key in before.doubled:
                problems += self._frozen(key, before, after)
            elif key in before.left and key in before.right:
                problems += self._both(key, before, after, clean, set(only), earlier)
            elif key in before.left:
                problems += self._restored(key, before, after, clean, earlier)
            else:
                problems += self._kept(key, before, after, earlier)
        problems += [f"came from nowhere: {key}" for key in after.right.keys() - before.right.keys() - before.left.keys()]
        problems += [f"doubled: {key}" for key in after.doubled - before.doubled]
        problems += [f"gone from the shop: {key}" for key in before.left.keys() - after.left.keys()]
        problems += [f"made in the shop: {key}" for key in after.left.keys() - before.left.keys()]
        return problems

    def _keys_put_back(self, before: View, after: View) -> View:
        """A row that lost its key and shows just what was agreed about a record may get it again."""
        right, places, people, put_back = dict(before.right), dict(before.places), dict(before.people), set[Key]()
        for key in sorted(after.right.keys() - before.right.keys(), key=lambda one: ENTITIES.index(one[0])):
            (row, *others), table = after.places[key], self.world.numbers[key[0]]
            shown = _telling_of(put_back, key, before.keyless.get((key[0], row), {}), after)
            if others or not shown or not self._shows_what_was_agreed(key, shown):
                continue
            examined["keys put back"] += 1
            managed = {ref for (entity, _), ref in self.world.columns.items() if entity == key[0]}
            people = {place: cell for place, cell in people.items() if place[:2] != (table, row) or place[2] not in managed}
            right[key], places[key] = shown, [row]
            put_back.add(key)
            self.changed.add(("right", *key, ""))
        right |= {key: _telling_of(put_back, key, fields, after) for key, fields in before.right.items()}
        return replace(before, right=right, places=places, people=people)

    def _shows_what_was_agreed(self, key: Key, shown: dict[str, Any]) -> bool:
        """All that can be read, and at least two values of it; a word in a cell of numbers tells nothing of whose row it is."""
        known = {name: self.bases.get((*key, name), {NOTHING}) for name in shown if shown[name] != UNREADABLE}
        told = [name for name in known if shown[name] not in BLANK]
        agreed = (NOTHING in bases or any(same(shown[name], one) for one in bases) for name, bases in known.items())
        return len(told) >= 2 and all(agreed)

    def _both(self, key: Key, before: View, after: View, clean: bool, only: set[str], earlier: View | None) -> Iterator[str]:
        if key not in after.right:
            yield f"lost: {key}"
            return
        left, right = before.left[key], before.right[key]
        names = [name for name in left if name in right]
        possible = {name: self._possible(key, name, left[name], right[name], (key[0], name) in before.computed) for name in names}
        refused = any(
            not same(pair[0], left[name]) and unfit(name, pair[0], left[name]) for name in names for pair in possible[name]
        )
        for name in names:
            now = after.left[key][name], after.right[key].get(name)
            allowed = possible[name]
            if name in ("sku", "variant", "product", "title") and (key[0], name) in NEVER_WRITTEN:
                allowed = {(now[0], now[0]) if pair[1] == left[name] else (now[0], pair[1]) for pair in allowed}
            if (key[0], name) in REFERENCES and lacks_referred(self.world, key[0], left):
                allowed = allowed | {(left[name], right[name])}
            if earlier is not None and key in earlier.left and name in earlier.right.get(key, {}):
                was = earlier.left[key][name], earlier.right[key][name]
                allowed = allowed | self._possible(key, name, *was, (key[0], name) in earlier.computed)
                if (REFERENCES.get((key[0], name)), left[name]) in earlier.right.keys() - before.right.keys():
                    allowed = allowed | {(left[name], UNREADABLE)}  # its row was deleted in the moment that it was referred to
            if refused:
                allowed = allowed | {(left[name], pair[1]) for pair in allowed} | {(left[name], right[name])}
            if not clean or (only and not {key[0], name} & only):
                allowed = set(product({left[name], *(one for one, _ in allowed)}, {right[name], *(one for _, one in allowed)}))
            asked = not only or {key[0], name, f"{key[0]}.{name}"} & only or self._base_of(name)
            if not asked and not same(now[1], right[name]):
                yield f"{key} {name}: was not asked for and became {now}"
            examined["cells judged"] += 1
            examined["cells judged exactly"] += len(allowed) == 1 and clean
            if not any(same(now[0], one) and same(now[1], other) for one, other in allowed):
                bases = self.bases.get((*key, name))
                yield f"{key} {name}: {(left[name], right[name])} with the base {bases} became {now}, may be {allowed}"
            self._note(key, name, (left[name], right[name]), now)
        yield from self._count(key, after, clean and not only)

    @staticmethod
    def _base_of(name: str) -> bool:
        return name in ("product", "variant")  # references are looked at whatever was asked for: a row cannot be made without

    def _note(self, key: Key, name: str, was: Pair, now: Pair) -> None:
        for side, one, other in (("left", was[0], now[0]), ("right", was[1], now[1])):
            if side == "right" and other == UNREADABLE and (key[0], name) in REFERENCES:
                continue  # whether or not it was written: it refers to a row that people deleted
            if not same(one, other) and not (side == "left" and (key[0], name) in NEVER_WRITTEN):
                self.changed.add((side, *key, name))
                if side == "left" and self.rule(key, name) in ("shopify", "report"):
                    raise AssertionError(f"{key} {name} was written to the shop, which only the shop may set")

    def _count(self, key: Key, after: View, clean: bool) -> Iterator[str]:
        if not clean or key not in self.totals or self.rule(key, "available") != "sum":
            return
        examined["counts added up"] += 1
        shown = after.left[key]["available"], after.right[key]["available"]
        if shown[0] == shown[1] and shown[0] not in self.totals[key]:
            yield f"{key}: the movements come to {self.totals[key]}, both show {shown[0]}"

    def _restored(self, key: Key, before: View, after: View, clean: bool, earlier: View | None) -> Iterator[str]:
        """It stands in the shop only: its row is made (again), as the shop was seen at some moment of the run."""
        self.totals.pop(key, None)
        if key not in after.right:
            if clean and not lacks_referred(self.world, key[0], before.left[key]):
                yield f"lacking: {key}"
            return
        self.changed.add(("right", *key, ""))
        for name, shown in after.right[key].items():
            if (key[0], name) in after.computed or (key[0], name) in NEVER_WRITTEN:
                continue
            examined["cells judged"] += 1
            seen = [view.left[key][name] for view in (before, after, earlier) if view is not None and key in view.left]
            retyped = shown == UNREADABLE  # people changed the type of its column: a new row shows nothing there
            if not retyped and not any(same(shown, one) for one in seen):
                yield f"{key} {name}: a new row shows {shown!r}, the shop had {before.left[key][name]!r}"

    def _kept(self, key: Key, before: View, after: View, earlier: View | None) -> Iterator[str]:
        """It stands in the document only: kept and told, or deleted where that was chosen and nobody edited it."""
        examined["records that the shop deleted"] += 1
        right = before.right[key]
        if key in after.right:
            for name, value in right.items():
                if key[0] in ("variants", "inventory") and (key[0], name) in NEVER_WRITTEN:
                    continue
                if not same(after.right[key].get(name), value):
                    yield f"{key} {name}: gone from the shop, yet {value!r} became {after.right[key].get(name)!r}"
            return
        if self.world.gone.get(key[0]) != "delete":
            yield f"lost: {key}, which the shop deleted and the document was to keep"
        # Grist compares nothing before it deletes: what is typed between the look and the delete goes with the row
        looked = right if earlier is None else earlier.right.get(key, right)
        edited = [name for name, value in looked.items() if self._edited(key, name, value)]
        if edited:
            yield f"lost: {key} was edited ({edited}) and deleted all the same"
        (row,) = before.places[key]
        ours = {ref for (entity, _), ref in self.world.columns.items() if entity == key[0]}  # also while its key was blank
        seen = (earlier or before).notes
        notes = [cell for cell in seen if cell[:2] == (self.world.numbers[key[0]], row) and cell[2] not in ours]
        if notes:
            yield f"lost: {key} had notes of people's own ({notes}) and was deleted all the same"

    def _edited(self, key: Key, name: str, value: Any) -> bool:
        """Whether a cell certainly shows somebody's edit: nothing that may have been agreed, or a word where none belongs."""
        if (key[0], name) in NEVER_WRITTEN and (value is None or value == UNREADABLE):
            return False  # a reference whose row is gone
        return value == UNREADABLE or not any(
            same(value, one) or (one == NOTHING and value in BLANK) for one in self.bases.get((*key, name), {value})
        )

    def _frozen(self, key: Key, before: View, after: View) -> Iterator[str]:
        examined["doubled records"] += 1
        shown = {name: after.right.get(key, {}).get(name) for name in before.right[key]}  # a column may have been made meanwhile
        was = {name: value for name, value in before.right[key].items() if not _refers_to_nothing(key, name, shown[name])}
        if after.places.get(key) != before.places[key] or not same({name: shown[name] for name in was}, was):
            yield f"{key} stands in several rows, yet they were changed"
        if key in before.left and key in after.left and key[0] != "inventory" and after.left[key] != before.left[key]:
            yield f"{key} stands in several rows, yet the shop was changed"

    def _people(self, before: View, after: View) -> Iterator[str]:
        gone = {
            (place, row)
            for key in before.right.keys() - after.right.keys()
            for row in before.places[key]
            for place in [self.world.numbers.get(key[0])]
        }
        examined["people's cells"] += len(before.people)
        for (table, row, column), cell in before.people.items():
            if (table, row) in gone:
                continue
            if after.people.get((table, row, column), UNREADABLE) != cell:
                yield f"people's cell {table}/{row}/{column}: {cell!r} became {after.people.get((table, row, column))!r}"
        for what, made in before.structure.items():
            examined["columns and formulas of people"] += 1
            if after.structure.get(what) != made and not _was_empty(made):
                yield f"structure {what}: {made} became {after.structure.get(what)}"


def _telling_of(put_back: set[Key], key: Key, shown: dict[str, Any], after: View) -> dict[str, Any]:
    """What a row shows, where its references to rows that have their key again tell of whom."""
    named = {name: after.right[key][name] for name in shown if (key[0], name) in REFERENCES and key in after.right}
    again = {name: to for name, to in named.items() if (REFERENCES[key[0], name], to) in put_back}
    return shown | {name: to for name, to in again.items() if shown[name] == UNREADABLE}


def _refers_to_nothing(key: Key, name: str, shown: Any) -> bool:
    """Grist itself empties a reference to a row that is deleted."""
    return (key[0], name) in REFERENCES and shown in (None, UNREADABLE)


def _was_empty(made: Any) -> bool:
    return isinstance(made, tuple) and made[3] and not made[4]  # an empty column becomes one of values with its first


def same(one: Any, other: Any) -> bool:
    return bool(one == other)


def fits(decision: Decided, left: Any, right: Any) -> bool:
    shown_then = ((left, decision.left), (right, decision.right))
    return all(same(shown, then) or same(shown, decision.wanted) for shown, then in shown_then)


def outcomes(rule: str, base: Any, left: Any, right: Any) -> set[Pair]:
    """What both sides may show afterwards, from the rule alone (docs/reconciliation.md)."""
    stays, ours, theirs = (left, right), (left, left), (right, right)
    if rule == "sum" and all(isinstance(one, int) for one in (base, left, right)) and base not in (left, right):
        return {(left + right - base,) * 2}  # also where both moved alike
    if same(left, right):
        return {stays}
    if rule == "shopify":
        return {ours}
    if rule == "grist":
        if base == NOTHING and left not in BLANK:
            return {ours} if right in BLANK else {stays}  # what nobody agreed about is not written over in the shop
        return {theirs}
    if rule == "report":
        reported = same(left, base) or (base == NOTHING and right not in BLANK)
        return {stays} if reported else {ours}
    if base == NOTHING:
        return {ours} if right in BLANK else {stays}  # what holds nothing yet is filled
    if same(right, base):
        return {ours}
    if same(left, base):
        return {theirs}
    if rule == "sum":
        return {stays}
    if rule == "newest":
        return {stays, ours, theirs}
    return {{"ask": stays, "grist-wins": theirs, "shopify-wins": ours}[rule]}


def unfit(name: str, value: Any, shown: Any) -> bool:
    """Whether the shop does not take a value in that field."""
    if name == "title":
        return value is None
    if name == "status":
        return value not in STATUSES
    if name in ("price", "available"):
        return value is None or (isinstance(value, Decimal) and value < 0)
    if name.startswith("metafields"):
        return shown is None  # what has neither a definition nor a value has no type, and Shopify refuses it
    return isinstance(value, Decimal) and value < 0
