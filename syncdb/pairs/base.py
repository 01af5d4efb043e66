"""What a pair of systems declares of itself, and what a run of it is for whoever starts it.

The declaration is light: help, status and the check for unknown settings read it. What runs need is loaded when a run is opened.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from syncdb.config.keys import Key
from syncdb.errors import ConfigurationError
from syncdb.loading import loaded
from syncdb.programs import MANAGER, typed
from syncdb.systems.base import System
from syncdb.systems.questions import Topic, Tried

if TYPE_CHECKING:  # a declaration must not load what runs need
    from collections.abc import Iterator

    from syncdb.clock import Clock
    from syncdb.config.settings import RunSettings
    from syncdb.engine.audit import Audited, Period
    from syncdb.engine.progress import Progress
    from syncdb.engine.report import Report
    from syncdb.engine.request import RunRequest
    from syncdb.errors import Exit
    from syncdb.ledger import Ledger
    from syncdb.ledger.queries.reader import LedgerReader
    from syncdb.model import Field, Plan, Record, Rule, Side
    from syncdb.orders.erasing import Erased
    from syncdb.orders.order_sync import OrderSync
    from syncdb.orders.personal_records import PersonalRecords
    from syncdb.orders.redaction import Affected
    from syncdb.pairs.editing import Editing
    from syncdb.systems.check import Check
    from syncdb.systems.sender import Sender
    from syncdb.systems.shopify.connecting import ShopAccess

S = TypeVar("S", bound="RunSettings")


@dataclass(frozen=True, slots=True)
class Words:
    """How messages speak of the other side: `place` within a sentence ("the sheet"), `title` before a colon ("Sheet").

    `record` is what one key stands for there ("line", "order"). `right` is what options, JSON and histories call the other side,
    `left` what histories call the first; empty where they are called by their systems' names.
    `allowed_by` is the setting that lets the first side be written. `makes_left`: records can be made there. `uncompared`
    says why its orders are not held against the ledger's by `missing`, where they are not.
    """

    place: str
    title: str
    record: str = "record"
    right: str = ""
    left: str = ""
    allowed_by: str = ""
    makes_left: bool = False
    uncompared: str = ""

    @property
    def name(self) -> str:
        """What scripts call the other side ("sheet"); stable."""
        return self.title.lower().replace(" ", "_")

    @property
    def subject(self) -> str:
        """The place at the beginning of a sentence ("The sheet")."""
        return self.place[:1].upper() + self.place[1:]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to: its report, what was planned by entity, and what became of which thing, where the run counts them."""

    report: "Report"
    plans: Mapping[str, "Plan"]
    results: "RunResults | None" = None


@dataclass(frozen=True, slots=True)
class RunResults:
    """What a run came to, as people count it, with the names of the things (products, orders). `failed` come with why.

    `skipped` are those with which nothing was to be done; `total` is all that were looked at.
    """

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    skipped: tuple[str, ...] = ()
    total: int = 0

    def as_data(self) -> dict[str, Any]:
        """For scripts: each with its figure and its names."""
        told = {name: {"count": len(names), "names": list(names)} for name, names in self._plain().items()}
        failed = [{"name": name, "why": why} for name, why in self.failed]
        return {**told, "failed": {"count": len(failed), "names": failed}, "total": self.total}

    def _plain(self) -> dict[str, tuple[str, ...]]:
        return {"created": self.created, "updated": self.updated, "skipped": self.skipped}


@dataclass(frozen=True, slots=True)
class MappedField:
    """A field that is kept in step: what it is called on the first side and on the other, and whose word counts.

    `key` is what the ledger calls it.
    """

    name: str
    there: str
    rule: "Rule"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One kind of record that is kept in step: where it stands on the other side, and its fields.

    `rows` makes the records of an order's snapshot, in a shop's time zone and currency; None where what both sides agreed on is
    all there is to show. `id` tells it apart among those of its pair.
    """

    entity: str
    place: str
    fields: tuple[MappedField, ...]
    rows: "Callable[[str, str], Callable[[Mapping[str, Any]], Sequence[Record]]] | None" = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class ActionOption:
    """An option of an action, `--name`. With a `metavar` it takes a value: a whole number where `number`; else it is a flag."""

    name: str
    about: str
    metavar: str = ""
    number: bool = False


class Verbatim(str):
    """Text that is shown as it is, line by line, for people to copy or redirect."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How an action was asked for. `agreed` asks a person whether to go on with something, `given` holds the options by name.

    `alone`: nobody is there to be asked.
    """

    agreed: Callable[[str], bool]
    clock: "Clock"
    given: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Action(Generic[S]):
    """Something that a pair's command does beside its runs. `about` is its help, `options` are its own beside the usual ones.

    `words` are what it can be told to do (`register|status`), one of which must follow; `given` holds it as `word`.
    `do` yields lines for people, one mapping as its answer for scripts, and ends with an exit code. `load` makes the settings
    that it needs, where it needs less than a run.
    """

    about: str
    do: Callable[[S, Asked], "Iterator[str | Mapping[str, Any] | Exit]"]
    options: tuple[ActionOption, ...] = ()
    load: Callable[[Mapping[str, Any], Mapping[str, str], Path, Path | None], S] | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run that is ready to go.

    `entity` names what it keeps in step (for scripts), `between` the places (for people), `fields` what is shown by entity.
    `tracks_orders`: it reads orders into the ledger first. `start` makes the run; `plans` then tells what it planned by entity
    (None: the report's plan is that of the one entity). `audit` makes ready what it keeps in step to be read anew and compared,
    orders for a period; only of a run over a copy of the ledger. `route` names it among several runs of the same entity, empty
    for the first. `systems` are both sides as this run's configuration calls them, where that
    is not what the systems are called.
    """

    entity: str
    between: str
    words: Words
    fields: Mapping[str, tuple["Field", ...]]
    tracks_orders: bool
    start: Callable[[], "Report"]
    plans: Callable[[], Mapping[str, "Plan"]] | None = None
    audit: Callable[["Period"], AbstractContextManager[Sequence["Audited"]]] | None = None
    results: Callable[[], RunResults] | None = None
    route: str = ""
    systems: Mapping["Side", str] | None = None

    def execute(self) -> RunResult:
        """Do it all. What a person can act on is in the report; only defects are raised."""
        report = self.start()
        plans = {self.entity: report.plan} if report.plan is not None else {}
        results = self.results() if self.results is not None else None
        return RunResult(report, plans if self.plans is None else self.plans(), results)


@dataclass(frozen=True, slots=True)
class RowsShown:
    """The keys of the rows that stand on a pair's other side. `pair` is its name in the ledger.

    `doubled` are keys that stand in several rows, with their places. `problem` says why this is not all, empty if it is.
    """

    pair: str
    keys: frozenset[str]
    doubled: Mapping[str, tuple[str, ...]]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OrderTracking(Generic[S]):
    """What a pair that tracks orders offers beside its runs.

    `chosen`: whether the settings keep orders in step at all. `open` makes ready the run of the orders over a ledger that is open
    already (raises RemoteError where its place cannot be found). `rows_shown` reads what stands on the other side, None before
    the first run wrote to it (raises SyncdbError). `remains` tells people what the other system still keeps of emptied cells, and
    how to remove that. `places` gives the settings of each place that the orders go to with its name, empty for the first.
    """

    chosen: Callable[[S], bool]
    open: Callable[[S, "Ledger", "RunRequest", "Clock", "Progress"], AbstractContextManager["OrderSync"]]
    rows_shown: Callable[[S, "LedgerReader", "Clock"], RowsShown | None]
    remains: str
    places: Callable[[S], Sequence[tuple[str, S]]] = field(default=lambda settings: [("", settings)])


@dataclass(frozen=True, slots=True)
class PeopleKept(Generic[S]):
    """What a pair that keeps records of people offers beside its runs.

    `open` makes ready what takes a redacted person out of what syncdb itself keeps on the other side (raises SyncdbError where
    that cannot be reached). `remains` tells people what is left there all the same, and whose it is to clear.
    """

    open: Callable[[S, "Clock"], AbstractContextManager[Callable[["Affected"], "Erased"]]]
    remains: Callable[[S, "Affected"], str]


@dataclass(frozen=True, slots=True)
class Hearing(Generic[S]):
    """How a pair hears at once of what changes.

    `senders` are the systems that send events, `kinds` the kinds of things whose events concern it, `address` is the public
    address to which they are sent, None where nobody is asked to send any. `shops` are those that must be asked to, by name.
    """

    senders: Callable[[S], Sequence["Sender"]]
    kinds: Callable[[S], frozenset[str]]
    address: Callable[[S], str | None]
    shops: Callable[[S], Mapping[str, "ShopAccess"]]


class Watch(Protocol):
    """What a pair looks at between two runs of a series."""

    def news(self) -> bool:
        """Whether a run is wanted before its time. Asked twice a second; what asks others does so less often. Never raises."""


@dataclass(frozen=True, slots=True)
class MadeOnce(Generic[S]):
    """What must be made in the systems once, before runs can write all they would. Both tell it in sentences.

    `wanted` says what there shall be and asks nobody; `make` makes what is lacking and says what that was (raises SyncdbError).
    """

    wanted: Callable[[S], Sequence[str]]
    make: Callable[[S, "Clock"], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Implementation(Generic[S]):
    """What a pair does, loaded only when it is needed.

    `load` makes the settings from flags, environment, folder and configuration file. `open` gives the runs, in their order, and
    lets go of everything at the end; its third argument names entities or fields to look at, empty for all. `check` tries what a
    run needs of the remote systems. `selected` says in words what is kept in step; `unknown_fields` which of some names are none
    of its entities or fields. `orders` is for a pair that can track orders. `tries` try what was answered to the questions of a
    topic, by its name, each given the answers so far as attributes under the names of their settings, all others by default.
    `hearing` is for a pair that can be told of changes, `made_once` for one that needs something made in its systems first.
    `actions` are what its command does beside runs, by the word for it. `mapped` tells which field of which record stands where,
    `editing` what of that can be chosen. `people` is for a pair that keeps records of people. `watch` opens what a series of runs
    looks at while it waits.
    """

    load: Callable[[Mapping[str, Any], Mapping[str, str], Path, Path | None], S]
    open: Callable[[S, "RunRequest", Sequence[str], "Clock", "Progress"], AbstractContextManager[Sequence[Run]]]
    check: Callable[[S, "LedgerReader | None", "Clock"], list["Check"]]
    selected: Callable[[S], str]
    unknown_fields: Callable[[S, Sequence[str]], list[str]] = field(default=lambda settings, names: list(names))
    orders: OrderTracking[S] | None = None
    tries: Mapping[str, Callable[[Any], Tried]] = field(default_factory=dict)
    hearing: Hearing[S] | None = None
    made_once: MadeOnce[S] | None = None
    actions: Mapping[str, Action[S]] = field(default_factory=dict)
    mapped: Callable[[S], Sequence[Mapped]] | None = None
    editing: "Editing[S] | None" = None
    people: PeopleKept[S] | None = None
    watch: Callable[[S, "Clock"], AbstractContextManager[Watch]] | None = None


@dataclass(frozen=True, slots=True)
class PairType:
    """Two systems that are kept in step.

    `name` is what options and the ledger call it, `title` what its runs are called beside those of other pairs, `about` what it
    does. `script` runs it (empty where it has none), as does the manager's `command`. `named_by` is the setting without which
    there is no such pair; any of `also_named_by` will do as well.
    `docs` is its page, `entities` are what it can keep in step. `job` tells its scheduled command apart from
    those of other pairs in the same folder (empty for the first pair that there was).
    `implementation` is the module that holds the rest. `topics` are what is asked to set it up, after those of its systems.
    `limited`: a run can be told to write only so many records; `actions` are words for what the command does beside runs.
    `amounts_by` is the setting that says on which rows of an order its own amounts stand; empty where there is no choice.
    `people` is what it keeps of people beside orders that are read into the ledger.
    `writes_left`: runs may write to its first system where they are let.
    `typed_columns`: its other side keeps columns whose types people may change. `origin` is the package that brought it, with its
    version, where that is not this one; only the registry says so.
    """

    name: str
    title: str
    about: str
    summary: str
    script: str
    command: str
    systems: tuple[System, System]
    keys: tuple[Key, ...]
    named_by: str
    words: Words
    tracks_orders: bool
    docs: str
    job: str
    implementation: str
    entities: tuple[str, ...] = ("orders",)
    topics: tuple[Topic, ...] = ()
    limited: bool = False
    typed_columns: bool = False
    writes_left: bool = True
    actions: tuple[str, ...] = ()
    also_named_by: tuple[str, ...] = ()
    amounts_by: str = ""
    people: tuple["PersonalRecords", ...] = ()
    origin: str = ""

    @property
    def all_keys(self) -> tuple[Key, ...]:
        """The settings that a run of it is made from, beside those of every run."""
        left, right = self.systems
        return (*left.keys, *right.keys, *self.keys)

    @property
    def all_topics(self) -> tuple[Topic, ...]:
        """Everything that is asked to set it up, in order."""
        left, right = self.systems
        return (*left.topics, *right.topics, *self.topics)

    def explained(self, topic: Topic) -> str:
        """What a topic is about, for this pair."""
        return f"{topic.explained} {topic.writing if self.writes_left else topic.reading}".strip()

    @property
    def chooses_fields(self) -> bool:
        """Whether a run may look at only some of what it keeps in step."""
        return self.entities != ("orders",)

    @property
    def first_place(self) -> str:
        """The first side within a sentence ("the shop")."""
        return f"the {self.words.left}" if self.words.left else self.systems[0].title

    @property
    def run_command(self) -> str:
        """How a person runs it."""
        return typed(self.script) if self.script else f"{MANAGER} {self.command}"

    def load_implementation(self) -> Implementation[Any]:
        """What it does. Raises ConfigurationError where it is another package's and cannot be loaded."""
        if self.origin:
            return self._load_of_others()
        found: Implementation[Any] = loaded(self.implementation).IMPLEMENTATION
        return found

    def _load_of_others(self) -> Implementation[Any]:
        try:
            found = loaded(self.implementation).IMPLEMENTATION
        except (Exception, SystemExit) as why:
            raise self._unusable(f"cannot be loaded ({type(why).__name__}: {str(why).partition(chr(10))[0][:200]})") from why
        if not isinstance(found, Implementation):
            raise self._unusable(f"has no Implementation in {self.implementation}")
        return found

    def _unusable(self, why: str) -> ConfigurationError:
        told = f"plugins: {self.name} of {self.origin} {why}. Nothing was contacted, nothing was changed."
        return ConfigurationError([told], next_step=f"Install another version of {self.origin.split()[0]}, or tell its authors.")
