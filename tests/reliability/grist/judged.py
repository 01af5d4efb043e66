"""A shop and its document under an oracle: every run is judged, and after the troubles are over both sides must agree."""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.person import SOMEBODY
from syncdb.sandbox.grist.wire import EngineError, Refusal
from syncdb.sandbox.local import ACCOUNT
from tests.reliability.grist.acts import PEOPLE, RETYPED, SHOP, STILL_MISSED, Hand, retype
from tests.reliability.grist.history import false_history
from tests.reliability.grist.oracle import NOTHING, Cell, Decided, Oracle
from tests.reliability.grist.view import UNREADABLE, View, look
from tests.reliability.grist.world import UNFIT, ProofWorld
from tests.reliability.oracle import examined
from tests.scenarios.grist_world import Ran

CODES = {0, 3, 4, 5, 7}
struck: Counter[str] = Counter()  # which acts and faults really took place, over all histories of a process


@dataclass(frozen=True, slots=True)
class Aside:
    """A copy of the ledger, and what could be agreed, what was decided, which columns and tables it knew and of which types
    they were, by then. `unbound` is as in Judged: such a ledger still finds columns by their names.
    """

    ledger: Path
    bases: dict[Cell, set[Any]]
    decided: dict[Cell, Decided]
    types: dict[tuple[str, str], tuple[int, str]]
    columns: dict[tuple[str, str], int]
    numbers: dict[str, int]
    unbound: bool


class Judged:
    """`told` is the history so far in words. `behind`: an ordinary run need not bring everything into agreement now.

    `unbound`: the ledger was lost, and no run since has come so far that the new one certainly knows every column.
    """

    def __init__(self, world: ProofWorld) -> None:
        self.world = world
        self.oracle = Oracle(world)
        self.told: list[str] = []
        self.behind = True
        self.other_ledger = False
        self.fresh = 0
        self.unbound = False
        self.aside: Aside | None = None

    # --- what happens

    def act(self, which: int, a: int, b: int, acts: tuple[Callable[[Hand], None], ...]) -> None:
        """One act of a merchant or of people; one that cannot be done is not done."""
        act = acts[which % len(acts)]
        self.fresh += 1
        if act is retype and self.unbound:
            return  # which type the new ledger took depends on how far the runs came
        before = look(self.world)
        try:
            act(Hand(self.world, self.oracle, a, b, self.fresh))
        except (LookupError, ValueError, EngineError, Refusal):
            return
        self.world.learn()
        self.told.append(f"{'shop' if act in SHOP else 'people'}: {act.__name__} {a} {b} {_difference(before, look(self.world))}")
        struck[f"{'shop' if act in SHOP else 'people'}: {act.__name__}"] += 1
        self.behind = self.behind or act in STILL_MISSED
        self.oracle.hear(look(self.world))

    def shop(self, which: int, a: int, b: int) -> None:
        self.act(which, a, b, SHOP)

    def person(self, which: int, a: int, b: int) -> None:
        if self.world.numbers:
            self.act(which, a, b, PEOPLE)

    # --- runs

    def run(self, *, clean: bool = False, **asked: Any) -> Ran:
        """One run of the command, judged: what it wrote it may have written, and a clean one wrote all it had to."""
        before = look(self.world)
        self.oracle.hear(before)
        if not clean:
            self._sums_in_between(before)
        ran = self.world.sync(**asked)
        after = look(self.world)
        assert ran.code in CODES, self.story([ran.text + ran.errors])
        self.told.append(f"run {asked or ''} -> {ran.code}, {ran.written} writes {_difference(before, after)}")
        examined["runs"] += 1
        clean = clean and ran.code in (0, 3)
        before = self._comparable(before)
        wrong = self.oracle.wrong(before, after, clean=clean, only=asked.get("fields", ()))
        assert not wrong, self.story(wrong)
        self.oracle.fresh.clear()
        self.oracle.hear(after)
        if clean and not asked.get("fields"):
            self.oracle.settled(after)
        self.unbound = self.unbound and not (ran.code in (0, 3) and not asked.get("fields"))
        return ran

    def _comparable(self, view: View) -> View:
        """What was seen before a run, without what stands somewhere else since: made anew, as nobody could know it again."""
        right, places, keyless = dict(view.right), dict(view.places), dict(view.keyless)
        for entity, name in self.world.remade:
            struck["made anew"] += 1
            if not name:
                keyless = {row: shown for row, shown in keyless.items() if row[0] != entity}
            for key in [one for one in right if one[0] == entity]:
                if not name:
                    del right[key], places[key]
                    continue
                right[key] = {one: value for one, value in right[key].items() if one != name}
                self.oracle.bases[*key, name] = {NOTHING}
        return replace(view, right=right, places=places, keyless=keyless)

    def _sums_in_between(self, view: View) -> None:
        """A run that ends between the two writes of a sum leaves as agreed what the other side showed."""
        for key in view.left.keys() & view.right.keys():
            if key[0] == "inventory" and "available" in view.right[key]:
                shown = {view.left[key]["available"], view.right[key]["available"]}
                if shown != {None}:
                    self.oracle.bases.setdefault((*key, "available"), set()).update(shown)

    def ordinary(self) -> None:
        """A quarter of an hour later, an ordinary run, without any trouble: it brings over all that was told."""
        ran = self.run(clean=not self.behind)
        examined["ordinary runs"] += not self.behind
        self.behind = self.behind or ran.code not in (0, 3)

    def in_trouble(self, *faults: Fault, **asked: Any) -> None:
        """A run with faults; what is under way when it ends arrives then."""
        world = self.world
        if faults:
            self.oracle.answers_may_be_lost(look(world))
        world.faults.add(*faults)
        ran = self.run(**asked)
        for fault in faults:
            if fault not in world.faults.pending() or fault.times is None:
                struck[f"fault: {fault.kind} at {fault.match}"] += 1
        world.faults.clear()
        self.land()
        self.behind = self.behind or ran.code != 0 or bool(faults)

    def land(self) -> None:
        before = look(self.world)
        if self.world.faults.late():
            struck["late writes landed"] += self.world.faults.land_late()
            after = look(self.world)
            self.told.append(f"late writes land {_difference(before, after)}")
            wrong = self.oracle.wrong(before, after, clean=False)
            assert not wrong, self.story(wrong)
            self.oracle.hear(after)

    def meanwhile(self, match: str, act: Callable[[], object]) -> None:
        """A run in which somebody acts just before a request that fits; what is then there is what is judged from."""
        seen: list[View] = []
        self.oracle.fresh.clear()
        before = look(self.world)
        self.oracle.hear(before)
        self._sums_in_between(before)
        self.oracle.may_be_agreed(before)

        def action() -> None:
            self.oracle.may_be_agreed(look(self.world))
            act()
            seen.append(look(self.world))

        self.world.faults.add(Fault("meanwhile", match, action=action))
        ran = self.world.sync(full=True)
        self.world.faults.clear()
        after = look(self.world)
        self.told.append(f"run with an act in its midst -> {ran.code} {_difference(seen[0] if seen else before, after)}")
        assert ran.code in CODES, self.story([ran.text + ran.errors])
        if seen:
            struck[f"act before a {match}"] += 1
            self._sums_in_between(seen[0])
        self.oracle.may_be_agreed(after)
        judged_from, before = self._comparable(seen[0] if seen else before), self._comparable(before)
        wrong = self.oracle.wrong(judged_from, after, clean=False, earlier=before)
        assert not wrong, self.story(wrong)
        self.oracle.hear(after)
        self.behind = True

    def blocked(self, how: str) -> None:
        """Something only a person can mend: nothing is written to the document, and afterwards all goes on."""
        world = self.world
        if not world.numbers:
            return
        if how == "table" and self.run(full=True).code not in (0, 3):
            return  # it must be known as ours, or it is just made anew
        document = world.document
        access, tables = dict(document.access), dict(document.tables)
        self.oracle.fresh.clear()
        self._block(how)
        before = look(world)
        ran = self.world.sync(full=True) if how == "table" else self.run(full=True)
        self.told.append(f"in the way: {how} -> {ran.code}")
        taken = [one for one in world.faults.log if one.among("grist") and one.method == "PUT" and one.status == 200]
        assert how == "table" or not taken, self.story([how, "it wrote"])
        # a price that fell asks before anything is tried
        assert ran.code in {"no access": {4}, "table": {4, 5}, "viewer": {0, 3, 4, 5}}[how], self.story([how, ran.text[-500:]])
        document.access.clear()
        document.access.update(access)
        for number, table in tables.items():  # Undo, in the browser
            document.tables.setdefault(number, table)
        if how == "table":
            self.oracle.may_be_agreed(before)
            self.oracle.hear(look(world))
        struck[f"in the way: {how}"] += 1
        self.behind = True

    def _block(self, how: str) -> None:
        match how:
            case "viewer":
                self.world.document.access[ACCOUNT] = "viewers"
            case "no access":
                del self.world.document.access[ACCOUNT]
            case "table":
                self.world.hand("collections").delete_table()

    def decide(self, number: int, grist: bool) -> None:
        """A person decides one of the open conflicts, by the command for it."""
        if not self.world.ledger.exists():
            return
        found = [one for one in self.world.manage("conflicts", "--json").data["conflicts"] if one["field"]]
        if not found:
            return
        one, view = found[number % len(found)], look(self.world)
        key = next((key for key in view.left if key[0] == one["entity"] and key[1] == one["key"]), None)
        if key is None or key not in view.right:
            return  # a person decides what both sides show: the row may have lost its key
        take = "grist" if grist else "shopify"
        answer = self.world.manage("conflicts", one["id"], "--take", take)
        if answer.code != 0 or one["field"] not in view.left[key]:
            return
        left, right = view.left[key][one["field"]], view.right[key][one["field"]]
        seen = one["grist"] if right == UNREADABLE else right  # the column got another type since: what was told is decided
        self.oracle.decided[(*key, one["field"])] = Decided(seen if grist else left, left, right)
        if one["field"] == "available":
            self.oracle.moved(key[1], None)
        elif (one["shopify"], one["grist"]) == (_told(left), _told(right)):  # a person decides about what a run saw
            self.oracle.fresh.add((*key, one["field"]))
        self.told.append(f"decided: {key} {one['field']} as {take} has it")
        struck[f"decided for {take}"] += 1

    def decide_as(self, value: str) -> None:
        """A person decides the first open conflict with a value of neither side, so that both are written."""
        one = next(one for one in self.world.manage("conflicts", "--json").data["conflicts"] if one["field"])
        assert self.world.manage("conflicts", one["id"], "--value", value).code == 0
        view, key = look(self.world), (one["entity"], one["key"])
        left, right = view.left[key][one["field"]], view.right[key][one["field"]]
        self.oracle.decided[(*key, one["field"])] = Decided(type(left)(value), left, right)
        self.told.append(f"decided: {key} {one['field']} is {value}")

    @contextmanager
    def dying_run(self) -> Iterator[None]:
        """A run that is ended in its midst: what it wrote by then it may have written."""
        self.oracle.fresh.clear()
        before = look(self.world)
        self.oracle.hear(before)
        self._sums_in_between(before)
        self.oracle.answers_may_be_lost(before)
        try:
            yield
        finally:
            self.world.learn()
            after = look(self.world)
            self.told.append(f"died {_difference(before, after)}")
            wrong = self.oracle.wrong(before, after, clean=False)
            assert not wrong, self.story(wrong)
            self.oracle.hear(after)

    def take_types(self) -> None:
        """A person consents to columns whose type people changed."""
        world = self.world
        if not world.numbers:
            return
        taken = [place for place, kind in world.types.items() if kind != getattr(world.column(*place), "type", kind)]
        fit = [place for place in taken if world.shared(*place) and self._fits(*place)]
        for place in fit:
            self.oracle.unsure(*place)  # as far as the run comes
        before = {place: world.types[place] for place in fit}
        world.types |= {place: world.column(*place).type for place in fit if world.column(*place) is not None}
        ran = self.run(accept=("column-type",))
        if ran.code not in (0, 3):
            world.types |= before
        struck["column types taken"] += bool(fit)
        self.behind = True

    def _fits(self, entity: str, name: str) -> bool:
        column = self.world.column(entity, name)
        return column is not None and (name, column.type) not in UNFIT

    # --- older copies

    def older_copy(self, acts: Iterable[tuple[bool, int, int, int]]) -> None:
        """The document is copied, both sides go on and agree, and the copy takes its place: nothing is undone in the shop."""
        world, document = self.world, self.world.document
        if not world.numbers or self.run(full=True, force=True).code not in (0, 3):
            return
        aside, then = Document("aside", "Aside", document._clock, SOMEBODY), document.history.states()[0].n
        aside.become(document)
        for shop, which, a, b in acts:
            (self.shop if shop else self.person)(which, a, b)
        moved = document.history.states()[0].n > then
        if not moved or self.run(full=True, force=True).code not in (0, 3) or _structure(aside) != _structure(document):
            return
        document.become(aside)
        self.told.append("an older copy takes the document's place")
        before = look(world)
        stopped = world.sync(full=True, force=True)
        assert stopped.code == 5 and "older copy" in stopped.text, self.story([stopped.text[-900:]])
        assert look(world) == before, self.story(["an older copy was brought over"])
        self.oracle.anew(
            (entity, name) for entity, fields in world.chosen.items() for name in fields if world.shared(entity, name)
        )
        self.aside, self.behind = None, True
        ran = self.run(clean=True, full=True, force=True, accept=("older-copy",))
        assert ran.code in (0, 3), self.story([ran.text[-900:]])
        struck["older copies of the document"] += 1

    # --- the ledger

    def copy_aside(self) -> None:
        if self.world.ledger.exists():
            copied = self.world.quick / "aside.db"
            shutil.copy(self.world.ledger, copied)
            bases = {cell: set(known) for cell, known in self.oracle.bases.items()}
            types = {place: (self.world.columns[place], kind) for place, kind in self.world.types.items()}
            world = self.world
            known = dict(world.columns), dict(world.numbers)
            self.aside = Aside(copied, bases, dict(self.oracle.decided), types, *known, self.unbound)
            self.told.append("the ledger is copied aside")

    def put_back(self) -> None:
        """An old copy of the ledger comes back: what was agreed may be what was agreed then, and it goes by the numbers of
        the columns it knew, though another one may have made some anew beside those.
        """
        if self.aside is None:
            return
        self.world.put_ledger(self.aside.ledger)
        self.unbound = self.aside.unbound
        if self.unbound:
            self.world.go_by_names()
        else:
            self.world.go_by(self.aside.columns, self.aside.numbers)
        for cell, known in self.aside.bases.items():
            self.oracle.bases.setdefault(cell, set()).update(known)
        self.oracle.decided = dict(self.aside.decided)
        self.oracle.fresh.clear()
        self.world.types |= {
            place: kind for place, (ref, kind) in self.aside.types.items() if self.world.columns.get(place) == ref
        }
        self.oracle.totals.clear()
        self.told.append("the old copy of the ledger is put back")
        struck["old ledger put back"] += 1
        self.behind = self.other_ledger = True

    def lose(self) -> None:
        """The ledger is gone. With it goes what ties it to columns that people renamed: they are asked about."""
        self.world.put_ledger(None)
        self.oracle.totals.clear()
        self.oracle.decided.clear()
        self.oracle.fresh.clear()
        for cell in self.oracle.bases:
            self.oracle.bases[cell].add("\0never agreed")
        self.world.go_by_names()
        self.world.take_types()
        self.unbound = True
        self.told.append("the ledger is lost")
        struck["ledger lost"] += 1
        self.behind = self.other_ledger = True

    # --- the end

    def calm(self) -> None:
        """Every trouble ends: servers answer, clocks are right, searches have caught up, copies are cleared away."""
        self.world.faults.clear()
        self.land()
        self.world.skew = 0.0
        self.world.sandbox.shop.index_lag = 0.0
        self.world.pass_time(hours=3)
        if self.other_ledger and self.world.renamed():
            self.world.name_back()
            self.told.append("what people renamed is called as before")
            struck["called as before"] += 1
        for key in look(self.world).doubled:
            rows = look(self.world).places[key][1:]
            self.world.hand(key[0]).delete(*rows)
            self.told.append(f"the copies of {key} are deleted")
        for entity, name, usual, _ in RETYPED:  # a type that cannot hold the field stops a run with a new ledger
            column = self.world.column(entity, name)
            if column is not None and not column.computed and column.type != usual and not self._fits(entity, name):
                self.world.hand(entity).retype(column.id, usual)
                self.oracle.unsure(entity, name)
                self.oracle.retyped.add((entity, name))
                if (name, self.world.types.get((entity, name))) in UNFIT:  # no ledger knows it so: the last one was lost
                    self.world.types[entity, name] = usual
                self.told.append(f"{entity}.{name} is {usual} again")
        self.oracle.hear(look(self.world))

    def agree(self, runs: int = 2) -> None:
        """A clean run brings about what the rules say, another only what that left open, and the last one writes nothing."""
        self.calm()
        for _ in range(runs):
            ran = self.run(clean=True, full=True, force=True)
            assert ran.code in (0, 3), self.story([ran.text[-900:]])
            if not ran.written:  # there was nothing to bring about: the last one would tell if that were not so
                break
        third = self.run(clean=True, full=True)
        assert (third.code in (0, 3), third.written) == (True, 0), self.story(["the last run wrote", third.text])
        if not self.other_ledger:
            false = false_history(self.world, self.oracle.changed)
            assert not false, self.story(false)
        self.behind = False
        examined["histories"] += 1

    def story(self, wrong: Iterable[str]) -> str:
        told = "\n".join(["", *self.told, "--- wrong:", *list(wrong)[:8]])
        if not struck["told before it is reduced"]:
            struck["told before it is reduced"] += 1
            sys.stderr.write(f"{told}\n")  # reducing takes minutes, and may be ended
        return told


def _told(value: Any) -> Any:
    """A value as the command tells it, as far as it is plain."""
    return value if value is None or isinstance(value, str | int) else str(value)


def _structure(document: Document) -> dict[int, Any]:
    """Which tables and columns there are, and of which types."""
    return {
        table.ref: {one.ref: (one.id, one.type, one.formula) for one in table.ordered()} for table in document.tables.values()
    }


def _difference(before: View, after: View) -> str:
    """What changed, in a few words."""
    told = []
    for side, was, now in (("shop", before.left, after.left), ("grist", before.right, after.right)):
        for key in sorted(was.keys() | now.keys()):
            if key not in was or key not in now:
                told.append(f"{side} {'+' if key in now else '-'}{key[0]} {key[1][-6:]}")
                continue
            told += [
                f"{side} {key[0]} {key[1][-6:]} {name}: {was[key].get(name)!r}>{value!r}"
                for name, value in now[key].items()
                if was[key].get(name) != value
            ]
    return "; ".join(told[:6])
