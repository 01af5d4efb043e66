"""What pages work on: the configuration that was named at the start, and who asks for what at which moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from syncdb.clock import SYSTEM, Clock
from syncdb.errors import LedgerUnusable
from syncdb.ledger.file import held
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.services.calendar import Calendar
from syncdb.services.jobs import Jobs
from syncdb.services.ledger_location import LedgerLocation, find_ledger
from syncdb.services.run_schedule import cut_off
from syncdb.services.usable_pairs import meant_pairs, usable_pairs
from syncdb.services.validation import UsablePair
from syncdb.systems.check import Check
from syncdb.web.access import Role
from syncdb.web.login import Door

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and when. `secret` is what their forms' tokens are made from."""

    name: str
    role: Role
    secret: str
    now: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Look:
    """One moment of the ledger, and the calendar of its shop."""

    reader: LedgerReader
    place: LedgerLocation
    calendar: Calendar

    @property
    def today(self) -> date:
        """The day by the shop's clock."""
        return self.calendar.now.astimezone(self.calendar.zone).date()

    @property
    def age(self) -> str:
        """When this was read, and how fresh what the ledger knows is."""
        read = self.calendar.now.astimezone(self.calendar.zone).strftime("%H:%M:%S %Z")
        runs = overview.last_runs(self.reader, 1)
        if not runs:
            return f"Read at {read}. No run was made yet."
        run = runs[0]
        began = self.calendar.ago(run["started_at"])
        if cut_off(run, self.calendar.now, held(self.reader.path)):
            return f"Read at {read}. The last run began {began} and never ended."
        if run["ended_at"] is None:
            return f"Read at {read}. A run is under way, begun {began}."
        return f"Read at {read}. The last run ended {self.calendar.ago(run['ended_at'])}."


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of the connections told, and when; `of` tells the settings apart with which each system was tried."""

    at: datetime
    checks: Sequence[Check]
    of: Mapping[str, str]


@dataclass(slots=True)
class Site:
    """One serving process. `config` and `db` are what --config and --db named; `notices` wait to be shown, by session.

    `remembered` is what is worked out once between two runs. `tested` is what the last test of the connections told.
    `scheduling`: it starts runs by itself. `web_token` lets a program read figures.
    """

    door: Door
    jobs: Jobs
    config: Path | None
    db: Path | None
    env: Mapping[str, str]
    folder: Path
    url: str = ""
    proxy: str = ""
    read_only: bool = False
    clock: Clock = SYSTEM
    notices: dict[str, list[str]] = field(default_factory=dict)
    remembered: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    tested: Tested | None = None
    scheduling: bool = False
    web_token: str | None = field(default=None, repr=False)

    @property
    def place(self) -> LedgerLocation:
        """Where the ledger is now. Raises ConfigurationError."""
        return find_ledger(self.config, self.db, self.env)

    @property
    def flags(self) -> dict[str, object]:
        return {"db_path": str(self.db.absolute()) if self.db else None}

    def usable(self) -> list[UsablePair]:
        """The configured pairs with their settings. Raises ConfigurationError with every problem."""
        return usable_pairs(meant_pairs(None, self.config, self.env), self.flags, self.env, self.folder, self.config)

    def once(self, name: str, since: Any, work: Callable[[], T]) -> T:
        """What was worked out before, as long as nothing has happened `since` then."""
        known = self.remembered.get(name)
        if known is None or known[0] != since:
            known = self.remembered[name] = (since, work())
        found: T = known[1]
        return found

    def standing(self) -> tuple[int, ...]:
        """What is another one after every change of the ledger: of its file and of its log, size and time of the last write."""
        found: list[int] = []
        for end in ("", "-wal"):
            with suppress(OSError):
                state = Path(f"{self.place.ledger}{end}").stat()
                found += [state.st_mtime_ns, state.st_size] if state.st_size else []  # a look makes an empty log
        return tuple(found)

    def calendar(self, now: datetime) -> Calendar:
        """The calendar of the shop, as far as a run has told its time zone; else this computer's."""
        try:
            with self.looking(now) as look:
                return look.calendar
        except LedgerUnusable:
            return Calendar.of(None, now)

    @contextmanager
    def looking(self, now: datetime) -> Iterator[Look]:
        """The ledger as it is now. Raises LedgerUnusable where there is none yet."""
        place = self.place
        with reading(place.ledger) as reader:
            yield Look(reader, place, Calendar.of((reader.shop or {}).get("zone"), now))
