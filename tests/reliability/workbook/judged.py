"""A workbook under the oracle of the sheet: what may stand in its way, and what its ledger must say, are its own."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

from syncdb.ledger import Ledger
from tests.reliability.judged import Judged, struck
from tests.reliability.oracle import People
from tests.reliability.workbook.world import BookWorld, waiting

IN_THE_WAY = ["tab", "header", "doubled header", "column", "second ledger", "busy", "open"]


class BookJudged(Judged):
    """See Judged."""

    @property
    def book(self) -> BookWorld:
        assert isinstance(self.world, BookWorld)
        return self.world

    def people(self) -> People | None:
        self.book.save()
        return super().people()

    def calm_writes(self) -> None:
        waiting.clear()
        super().calm_writes()

    def edited_meanwhile(self, act: Callable[[], object]) -> None:
        super().edited_meanwhile(act)
        waiting.clear()

    def blocked(self, how: str) -> None:
        """Something only a person can mend: the file stays as it is, and afterwards all goes on as if it had not been."""
        world = self.book
        if self.people() is None:
            return
        self.calm_writes()
        spreadsheet, env, file = world.sandbox.spreadsheet, dict(world.env), world.path.read_bytes()
        kept, mark = spreadsheet.kept(), world.path.with_name(f".~lock.{world.path.name}#")
        if how == "open":
            mark.write_text("somebody,elsewhere", encoding="utf-8")
        if how in ("open", "busy"):
            world.new_order(len(self.told))
            self.oracle.hear()
        else:
            self._block(how)
        world.save()
        blocked = world.content()
        self.told.append(f"in the way: {how}")
        if how == "busy":
            with Ledger.open(world.ledger, world.clock.now()):
                ran, code = world.sync(), {7}
        else:
            ran, code = world.sync(full=True), {4} if how == "open" else {4, 5}
        assert ran.code in code and world.content() == blocked, self.story([how, ran.text[-600:], "or it wrote"])
        mark.unlink(missing_ok=True)
        spreadsheet.come_back(kept)
        world.path.write_bytes(file)
        world.env.clear()
        world.env.update(env)
        world.load()
        struck[f"in the way: {how}"] += 1

    def false_history(self) -> list[str]:
        """Whether every write that the ledger began has an end: there is no server that could bear witness of more."""
        with closing(sqlite3.connect(f"{self.world.ledger.as_uri()}?mode=ro", uri=True)) as ledger:
            still = ledger.execute("SELECT token FROM journal WHERE state = 'open'").fetchall()
        return [f"intent {token} is still open" for (token,) in still]
