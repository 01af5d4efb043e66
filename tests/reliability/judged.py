"""A world under an oracle: every run is judged, and after the troubles are over shop and sheet must agree."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from syncdb.ledger import Ledger
from tests.reliability.acts import HIDING, PEOPLE, SHOP, Hand
from tests.reliability.bulk_troubles import settle_down
from tests.reliability.history import false_history, writes_open
from tests.reliability.oracle import Oracle, People, examined
from tests.reliability.world import ProofWorld
from tests.scenarios.world import Ran

CODES = {0, 3, 4, 5, 7}
HOUR, LOOKBACK = 3600, 30 * 86400  # seconds: until the next run, and how far back a first one looks
struck: Counter[str] = Counter()  # which acts and faults really took place, over all histories of a process


class Judged:
    """`told` is the history so far in words. `drifted`: people changed the sheet since all of it was last looked at.

    `copied` are the keys that people doubled: only those may stand in several rows.
    """

    def __init__(
        self, folder: Path, orders: int, time: float, *, in_memory: bool = True, world: type[ProofWorld] = ProofWorld
    ) -> None:
        self.world = world(folder, orders, time=time, in_memory=in_memory)
        self.oracle = Oracle(self.world)
        self.oracle.hear()
        self.told: list[str] = []
        self.drifted = self.hidden = self.uneasy = True
        self.other_ledger = self.edited = False
        self.seen: People | None = None
        self.copied: set[str] = set()

    # --- what happens

    def shop(self, which: int, number: int) -> None:
        act = SHOP[which % len(SHOP)]
        self.told.append(f"shop: {act.__name__} {number}")
        act(self.world, number)
        self.hidden = self.hidden or act in HIDING
        self.oracle.hear()
        struck[f"shop: {act.__name__}"] += 1

    def person(self, which: int, a: int, b: int) -> None:
        if self.people() is None:
            return
        act = PEOPLE[which % len(PEOPLE)]
        self.told.append(f"colleague: {act.__name__} {a} {b}")
        self.edited = self.edited or writes_open(self.world)
        self.doing(act, a, b)
        self.drifted = True

    def doing(self, act: Callable[[Hand], None], a: int, b: int) -> None:
        try:
            before = self.doubled()
            act(Hand(self.world, a, b))
            self.copied |= self.doubled() - before
        except (LookupError, ValueError, StopIteration):
            return  # this cannot be done in this sheet: a person would not do it either
        except Exception as refused:
            if type(refused).__name__ != "Refusal":
                raise
            return
        struck[f"colleague: {act.__name__}"] += 1

    # --- runs

    def run(self, *, judged: bool = True, **asked: Any) -> Ran:
        """One run of the command. Nothing of people's may change in it, and a defect is never its answer."""
        self.oracle.hear()
        before, desk = self.people(), self.world.sandbox.shopify.bulk
        earlier, time = set(desk.operations), self.world.time
        ran = self.world.sync(**asked)
        if self.oracle.reached is None and ran.code in (0, 3):
            self.oracle.reached = time + HOUR + max(self.world.skew, 0) - LOOKBACK
        struck["several operations side by side"] += (
            len({one.query for gid, one in desk.operations.items() if gid not in earlier}) > 1
        )
        self.told.append(f"run {asked or ''} -> {ran.code}, {ran.writes} writes")
        assert ran.code in CODES, ran.text + ran.errors
        examined["runs"] += 1
        if judged:
            self.nothing_of_people_changed(before)
        return ran

    def nothing_of_people_changed(self, before: People | None) -> None:
        after = self.people()
        if before is not None:
            assert after is not None, "the tab is gone"
            wrong = before.changed_by(after)
            assert not wrong, self.story(wrong)

    def people(self) -> People | None:
        return People.now(self.world, set(self.oracle.past))

    def hourly(self, **asked: Any) -> None:
        """An ordinary run. If nothing hides, everything that changed must stand in the sheet after it.

        A full one also puts right what people changed and what runs that ended badly left.
        """
        ran = self.run(**asked)
        if asked.get("full") and ran.code == 0:
            self.drifted = self.uneasy = False
        if ran.code == 0 and not (self.drifted or self.hidden or self.uneasy):
            examined["ordinary runs"] += 1
            wrong = self.wrong(gone_too=False)
            assert not wrong, self.story(wrong)
        if ran.code != 0:
            self.uneasy = True

    def calm_writes(self) -> None:
        """Nothing is open and nothing will land late: what a colleague then sees is what is compared afterwards."""
        self.world.faults.clear()
        self.world.faults.land_late()
        self.run(full=True)

    def edited_meanwhile(self, act: Callable[[], object]) -> None:
        """A run between whose look and write somebody edits; then runs until all is done, and only then judged."""
        self.edit_in_the_moment(act)
        for _ in range(4):
            if self.run(judged=False, full=True).code == 0:
                break
        self.world.faults.clear()
        if self.seen is not None:
            self.drifted = True  # a row that was deleted beside those written is noticed when all of it is looked at again
            struck["edited in the moment of a write"] += 1
            self.nothing_of_people_changed(self.seen)

    def edit_in_the_moment(self, act: Callable[[], object]) -> None:
        """Let somebody edit just before the next write, and remember in `seen` what people's cells were then."""
        self.seen, self.edited = None, True

        def action() -> None:
            act()
            self.seen = self.people()

        self.world.during("sheets write", lambda them: action())

    def blocked(self, how: str) -> None:
        """Something only a person can mend: the run stops before it writes, and afterwards all goes on as if it had not been."""
        world = self.world
        if self.people() is None:
            return
        book, files = world.sandbox.spreadsheet, world.sandbox.google.drive.files
        self.calm_writes()
        kept, shared, env = book.kept(), dict(files[book.id].shared), dict(world.env)
        self._block(how)
        self.oracle.hear()
        self.told.append(f"in the way: {how}")
        ran, code = self._run_blocked(how)
        book.come_back(kept)
        files[book.id].shared.clear()
        files[book.id].shared.update(shared)
        world.env.clear()
        world.env.update(env)
        assert ran.code in code, self.story([how, ran.text[-600:]])
        taken = [seen for seen in world.faults.log if seen.among("sheets") and seen.among("write") and seen.status == 200]
        assert not taken, self.story([how, "it wrote"])
        struck[f"in the way: {how}"] += 1

    def _run_blocked(self, how: str) -> tuple[Ran, set[int]]:
        if how == "busy":
            with Ledger.open(self.world.ledger, self.world.clock.now()):
                return self.world.sync(), {7}
        if how == "full":  # nothing to add: nothing is in the way
            self.oracle.hear()
            return self.world.sync(full=True), {5}
        return self.world.sync(full=True), {4, 5}

    def _block(self, how: str) -> None:
        world, them = self.world, self.world.colleague
        book = world.sandbox.spreadsheet
        match how:
            case "tab":
                them.add_tab("Another")  # the last tab cannot be deleted
                them.delete_tab()
            case "permission":
                world.sandbox.google.drive.files[book.id].shared.clear()
            case "read only":
                world.new_order(len(self.told))
                world.sandbox.google.drive.share(book.id, world.sandbox.email, "reader")
            case "header":
                them.type(f"{world.letter('Tags')}{world.head()}", "Labels")
            case "doubled header":
                them.type(f"{world.blank_column()}{world.head()}", "Tags")
            case "column":
                them.delete_columns(world.letter("Tags"))
            case "full":
                world.new_order(len(self.told))
                tab = book.titled("Orders")
                assert tab is not None
                tab.row_count += (10_000_000 - sum(one.row_count * one.column_count for one in book.tabs)) // tab.column_count
            case "second ledger":
                world.env["DB_PATH"] = str(world.folder / f"second{len(self.told)}.db")

    def wrong(self, *, gone_too: bool) -> list[str]:
        doubled = self.doubled() & self.copied
        gone = {key for key, gid in self.oracle.order_of.items() if gid not in self.world.shop.orders}
        return self.oracle.wrong(frozenset(doubled | (set() if gone_too else gone)), self.formulas())

    def doubled(self) -> set[str]:
        """Keys that stand in several rows."""
        counts = Counter(key for key in self._keys() if key)
        return {str(key) for key, count in counts.items() if count > 1}

    def _keys(self) -> list[Any]:
        at = self.world.column("Line ID")
        return [row[at] if at < len(row) else None for row in self.world.grid()]

    def formulas(self) -> frozenset[tuple[str, str]]:
        """(key, column) of managed cells that hold a person's formula."""
        header = self.world.header()
        names = {header.index(label): name for name, label in self.world.labels().items() if label in header}
        keys = self._keys()
        formulas = self._cells_with_formulas()
        return frozenset((str(keys[row]), names[column]) for row, column in formulas if column in names)

    def _cells_with_formulas(self) -> set[tuple[int, int]]:
        cells = self.world.colleague.snapshot().items()
        return {place for place, cell in cells if "formulaValue" in cell.get("userEnteredValue", {})}

    # --- the end

    def calm(self) -> None:
        """Every trouble ends: servers answer, clocks are right, searches have caught up, copies are cleared away."""
        world = self.world
        world.faults.clear()
        world.faults.land_late()
        world.skew = 0.0
        world.shop.index_lag = 0.0
        settle_down(world.sandbox.shopify.bulk)
        for gid in list(world.shop.orders):
            world.shop.heal(gid)
        world.pass_time(hours=3)
        self.told.append("all is calm")

    def clear_copies(self) -> None:
        """People take away their copies; a line that we doubled stays, to be found."""
        while self.people() is not None and (doubled := self.doubled() & self.copied):
            keys = self._keys()
            row = max(n for n, key in enumerate(keys, 1) if key in doubled)
            self.world.colleague.delete_rows(row)

    def clear_lost(self) -> None:
        """People delete what is left of rows of ours whose key they emptied, as runs ask them to."""
        if self.people() is None:
            return
        header, grid, keys, formulas = self.world.header(), self.world.grid(), self._keys(), self._cells_with_formulas()
        managed = [header.index(label) for label in self.world.labels().values() if label in header]
        for row in reversed(range(self.world.head(), len(keys))):
            shown = grid[row]
            plain = [at for at in managed if at < len(shown) and shown[at] not in (None, "") and (row, at) not in formulas]
            if keys[row] in (None, "") and len(plain) > 1:
                self.world.colleague.delete_rows(row + 1)
                struck["a row without its key cleared away"] += 1

    def agree(self, runs: int = 2, since: People | None = None) -> None:
        """Within two clean runs shop and sheet agree, and the third writes nothing.

        `since`: people's cells as they were before a run that died in the middle of a write and may have left one spoilt.
        """
        self.calm()
        self.clear_copies()
        if since is None:
            self.clear_lost()
        for number in range(runs):
            ran = self.run(full=True, judged=since is None or number > 0)
            assert ran.code == 0, self.story([ran.text[-900:]])
            if since is not None and number == 0:
                self.nothing_of_people_changed(since)
        wrong = self.wrong(gone_too=not self.other_ledger)
        assert not wrong, self.story(wrong)
        third = self.run(full=True)
        assert (third.code, third.writes) == (0, 0), self.story(["the third run wrote", third.text])
        if not self.other_ledger:
            false = self.false_history()
            assert not false, self.story(false)
        self.drifted = self.hidden = self.uneasy = False
        examined["histories"] += 1

    def false_history(self) -> list[str]:
        """Where the ledger does not say what was done."""
        return false_history(self.world, exactly=not self.edited)

    def story(self, wrong: list[str]) -> str:
        told = "\n".join(["", *self.told, "--- wrong:", *wrong[:8]])
        if not struck["told before it is reduced"]:
            struck["told before it is reduced"] += 1
            sys.stderr.write(f"{told}\n")  # reducing takes minutes, and may be ended
        return told

    def close(self) -> None:
        self.world.close()
