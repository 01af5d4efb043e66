"""What a run came to, as data: for the terminal, for --json and for the tests."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.errors import Exit, SyncdbError
from syncdb.model import Conflict, Plan, Side, Why

MOST_TOLD = 100

# what a report always counts, even if it is nothing; of orders only where they are read
ORDER_COUNTS = ("orders_new", "orders_changed", "orders_same", "orders_missing", "orders_deleted", "orders_missed")
COUNTS = (
    "fetched",
    *ORDER_COUNTS,
    "rows_added",
    "rows_changed",
    "rows_restored",
    "cells_changed",
    "quarantined",
)


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know though the run went on. `code` stays the same from run to run."""

    code: str
    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A record of which something was not brought over, as people call it, with the reason and what to do."""

    key: str
    name: str
    why: str
    next_step: str


@dataclass(slots=True)
class Report:
    """Counts, notes and conflicts of one run. `partial`: something could not be seen whole, so the watermark stayed.

    `names` are what people call records in conflict (in a dry run: all that were planned), by key, as far as they are known.
    `removals` counts what deletions of the plan come to, by side: deleted, set to draft ... `writes` are the sides that such a
    run may write at all. `zone` is the shop's time zone (IANA name), by which people read times; empty where it is not known.
    """

    run_id: int
    mode: str
    started_at: str
    ended_at: str = ""
    zone: str = ""
    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTS, 0)))
    notes: list[Note] = field(default_factory=list)
    plan: Plan | None = None
    plan_digest: str | None = None
    conflicts: Sequence[Conflict] = ()
    open_conflicts: int = 0  # those that runs before left to a person among them
    held_back: list[HeldBack] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    removals: Counter[tuple[Side, str]] = field(default_factory=Counter)
    writes: Collection[Side] = tuple(Side)
    partial: bool = False
    failure: SyncdbError | None = None
    foretold: SyncdbError | None = None  # in a dry run: at what a real one would stop

    @property
    def exit_code(self) -> Exit:
        """The exit code that goes with the outcome, of a dry run that of a real one (docs/exit-codes.md)."""
        if (stopped := self.failure or self.foretold) is not None:
            return stopped.exit_code
        if self.partial or self.counts["quarantined"]:
            return Exit.PARTIAL
        return Exit.DONE

    def take(self, plan: Plan, digest: str) -> None:
        """Take in what was planned. A key that is not ours is nobody's conflict."""
        self.plan, self.plan_digest = plan, digest
        self.conflicts = [one for one in plan.conflicts if one.why is not Why.UNKNOWN_KEY]

    def note(self, note: Note) -> None:
        """Keep a note once, however often it comes up."""
        if note not in self.notes:
            self.notes.append(note)

    def would_stop(self, guard: SyncdbError, entity: str = "") -> None:
        """A dry run met what a real one would stop at."""
        self.foretold = guard
        self.note(Note("guard", f"A real run would stop here{entity and f' ({entity})'}: {guard}", guard.next_step))

    def as_data(self) -> dict[str, Any]:
        """The report as JSON data, with stable names."""
        return {
            "run_id": self.run_id,
            "mode": self.mode,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "exit_code": int(self.exit_code),
            "partial": self.partial,
            "counts": dict(self.counts),
            "notes": [{"code": one.code, "message": one.message, "next_step": one.next_step} for one in self.notes],
            "conflicts": len(self.conflicts),
            "open_conflicts": max(self.open_conflicts, len(self.conflicts)),
            "left_for_a_person": [
                {
                    "key": one.key,
                    "name": self.names.get(one.key),
                    "field": one.field,
                    "why": one.why.value,
                    "where": list(one.where),
                }
                for one in self.conflicts[:MOST_TOLD]
            ],
            "held_back": [
                {"key": one.key, "name": one.name, "why": one.why, "next_step": one.next_step}
                for one in self.held_back[:MOST_TOLD]
            ],
            "plan_digest": self.plan_digest,
            "error": {"message": str(self.failure), "next_step": self.failure.next_step} if self.failure else None,
        }
