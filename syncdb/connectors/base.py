"""What every connector offers. The engine knows nothing else of a system.

A connector imports neither the ledger nor the planner nor another connector. It never raises for a single record: that
is an `Outcome`. It raises `RemoteError` when the system as a whole refuses or is away, `NeedsPerson` when the structure it
needs is gone (a renamed header, a vanished tab), and nothing was written then.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from syncdb.model import Attempt, Operation, Outcome, Snapshot


def _takes_anything(operation: Operation) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do, as data."""

    create: bool = True
    update: bool = True
    delete: bool = False
    atomic_batches: bool = False  # a batch is applied whole or not at all
    compare_and_set: bool = False  # the system itself refuses a write whose expected values have moved
    fence: bool = False  # an unknown write can be settled at once so that it never applies late
    live: bool = False  # a shop: customers see at once what is written, so that closer limits count
    fits: Callable[[Operation], bool] = _takes_anything  # False: the system would refuse this update whatever it shows now
    removal: str = "deleted"  # what a deletion comes to there, for people: "set to draft"
    structure: str = "what is needed there"  # what `structure` makes, for people: "the table or some of its columns"
    listing_may_lack: bool = False  # what a listing lacks counts as gone only where a look at its id does not show it either
    all_known: bool = False  # the ledger knows the key of every record there is: nothing is found by listing them


class Connector(Protocol):
    """One system as the engine sees it. Writing is: prepare (look again, decide where), journal, write, settle if unknown.

    Keys are the system's own ids. One that gives ids itself is told a key of ours with each create: it sends that along where
    the system has a place for it (an external id, a custom id), says in the outcome which id was given, and `settle` looks under
    that key for a create whose answer was lost.
    """

    name: str  # stable, for logs
    title: str  # what messages call it
    can: Capabilities

    def structure(self, token: int) -> Attempt | None:
        """What must be made before records can be written (a tab, its headers), as one write without operations, or None.

        Raises NeedsPerson where something that was made before is damaged or gone.
        """

    def fetch(self) -> Iterator[Snapshot]:
        """Everything, in blocks. Together the blocks are the whole listing if every one says `complete`."""

    def look(self, keys: Iterable[str]) -> Snapshot:
        """The records of just these keys, as they are now; complete for these keys."""

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """Take as many operations from the front as fit into one write, look where they go and what stands there now.

        Takes at least one. Writes nothing.
        """

    def write(self, attempt: Attempt) -> list[Outcome]:
        """Send it. One outcome for each operation, in order; all UNKNOWN when the answer was lost.

        An attempt without operations (structure, mending) has no outcomes where it took place, and a single STALE one where the
        system declined it: `structure` and `mend` will ask for it again. Raises OutcomeUnknown where that could not be found out.
        """

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Find out what became of an unfinished attempt, or make sure that it can never be applied. UNKNOWN if neither worked.

        Without operations: as `write`.
        """

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """After STALE outcomes: a write that takes back whatever landed in somebody else's place, or None if nothing did.

        So does what went over a value that somebody put there in that moment (`overwritten` in its outcome).
        """

    def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Limited(Protocol):
    """A side on which only so many records find room."""

    def refuse_too_many(self, keys: Collection[str]) -> None:
        """Raise NeedsPerson, as a write would, where new records under these keys have no room there. Writes nothing."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a system says has changed since a cursor, by entity (products, inventory ...).

    An entity whose keys are None cannot be told: everything of it must be looked at. One that is not named did not change.
    `cursor` is what to ask with next time; whoever asks keeps it only once these changes are settled.
    """

    keys: Mapping[str, tuple[str, ...] | None]
    cursor: str


class Feed(Protocol):
    """A system that can say cheaply what changed. It may name keys that did not change; it never leaves out one that did,
    except where it documents so (those are found by the daily look at everything)."""

    def changes(self, cursor: str | None) -> Changes:
        """What changed since the cursor; without one, or with one too old, every entity with keys None."""

    def put_back(self, seen: str) -> str:
        """Why the system stands before `seen`, a cursor that it told once: an older copy took its place (a backup, a snapshot).

        A sentence for people; empty where it does not, or where the system cannot tell.
        """

    def after_own_writes(self, cursor: str) -> str:
        """The cursor to keep once all up to `cursor` is settled: past our own writes of this run, where that can be told."""
