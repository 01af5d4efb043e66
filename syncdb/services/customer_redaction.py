"""A customer's data out of everything that is kept: ledger, logs, files and, where asked for, the places that show the orders."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from syncdb.clock import Clock
from syncdb.engine.request import run_request
from syncdb.errors import Exit, LedgerBusy, LedgerUnusable
from syncdb.ledger import Ledger
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.ledger.redacted import Redacted
from syncdb.ledger.redaction import Remover, rebuild
from syncdb.ledger.text_search import Advance, files_of, in_other_orders, traces
from syncdb.ledger.web.file import web_path
from syncdb.ledger.web.texts import rewrite
from syncdb.orders.erasing import Erased, erase
from syncdb.orders.order_sync import OrderSync
from syncdb.orders.people import Kept, KeptPeople
from syncdb.orders.redaction import CUSTOMERS, Affected, clean, redaction, strip
from syncdb.pairs.base import PairType
from syncdb.pairs.opening import open_ledger
from syncdb.services.file_copies import Copies, deal_with, holding
from syncdb.services.stopping import Lines
from syncdb.services.validation import UsablePair


@dataclass(frozen=True, slots=True)
class PlaceErased:
    """What became of a pair's other side, and what its system keeps all the same."""

    pair: PairType
    erased: Erased
    remains: str

    @property
    def told(self) -> str:
        """Stable for scripts where it went well."""
        return self.erased.problem or "cleared"


@dataclass(slots=True)
class RedactionResult:
    """What a redaction came to. `not_cleared` are pairs of the ledger that showed the person and are not configured any more."""

    affected: Affected
    counts: dict[str, int] = field(default_factory=dict)
    copies: Copies = field(default_factory=Copies)
    traces: dict[Path, list[str]] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    lines_left: int = 0
    emptied: bool = True
    kept: Kept = field(default_factory=dict)
    places: list[PlaceErased] = field(default_factory=list)
    not_cleared: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        if any(one.erased.problem for one in self.places):
            return Exit.REMOTE
        return Exit.DONE if self.proved and not self.copies.left and not self.not_cleared else Exit.PARTIAL

    @property
    def proved(self) -> bool:
        """Whether nothing is left in the bytes of the files nor in any line of these orders."""
        return not self.traces and not self.lines_left and self.emptied


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears how far the long passes are: bytes of the files searched, orders looked at for others with the same texts."""

    searched: Callable[[int], Advance]  # made for the size of the ledger's file, in bytes
    compared: Advance


def redact_in_ledger(path: Path, affected: Affected, clock: Clock, kept: Kept) -> RedactionResult:
    """Only what the ledger holds. `kept` is what pairs keep of people beside orders.

    Raises LedgerBusy, and NeedsPerson while a write is not settled.
    """
    with Ledger.open(path, clock.now()) as ledger:
        strip(ledger, affected, places_too=False)
        return _cleaned(ledger, RedactionResult(affected, kept=kept))


def redact_everywhere(pairs: Sequence[UsablePair], affected: Affected, clock: Clock, kept: Kept) -> RedactionResult:
    """The places of these pairs first, while the ledger still knows what stands there; whatever comes of that, the ledger is
    cleaned.

    Raises RemoteError where a place cannot be found, LedgerBusy, and NeedsPerson while a write is not settled: then nothing was
    changed.
    """
    done = RedactionResult(affected, kept=kept)
    first = pairs[0].settings
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(first, run_request(first), clock))
        shown = [one for one in pairs if one.people is None]
        opened = [(one, stack.enter_context(_order_sync(one, ledger, clock))) for one in shown]
        people = [(one, stack.enter_context(one.people.open(one.settings, clock))) for one in pairs if one.people is not None]
        names = [sync.destination.pair for _, sync in opened]
        shown_in = redaction(ledger).shown_in(affected.orders)
        strip(ledger, affected, places_too=True, pairs=names)
        for one, sync in opened:
            assert one.orders is not None
            done.places.append(PlaceErased(one.pair, erase(sync, affected, one.pair.words.place), one.orders.remains))
        for one, erase_people in people:
            assert one.people is not None
            done.places.append(PlaceErased(one.pair, erase_people(affected), one.people.remains(one.settings, affected)))
        done.not_cleared = sorted(shown_in.difference(names))
        return _cleaned(ledger, done)


def _order_sync(one: UsablePair, ledger: Ledger, clock: Clock) -> AbstractContextManager[OrderSync]:
    assert one.orders is not None, "only pairs that track orders show them"
    request = replace(run_request(one.settings), keep=None)  # a redaction is no time to keep house
    return one.orders.open(one.settings, ledger, request, clock, Lines(lambda: None))


def _cleaned(ledger: Ledger, done: RedactionResult) -> RedactionResult:
    done.counts, done.emptied = clean(ledger, done.affected, done.kept)
    done.lines_left = redaction(ledger).left_in(done.affected.orders, done.affected.values)
    return done


def _is_key(reader: LedgerReader, person: str, text: str) -> bool:
    """Whether a text is the id under which a row of its own is kept for the person, with nothing else in it."""
    query = "SELECT count(*) FROM record WHERE pair IN (SELECT id FROM pair WHERE entity = ?) AND key = ?"
    return bool(person) and person.endswith(text) and reader.number(query, (CUSTOMERS, person)) > 0


def prove(
    path: Path, log: Path, done: RedactionResult, also: Sequence[Path], hears: Listeners, now: datetime, *, delete_files: bool
) -> None:
    """Search ledger, log and the files beside them once the ledger is closed; `done` learns what is left, and where.

    Logs are blanked, dry runs deleted, other files where `delete_files`. What others share stands there by right.
    """
    found = _searched(path, done, hears)
    if found and _rebuilt(path, now):
        found = _searched(path, done, hears)
    values = done.affected.values - done.shared
    own = [one.absolute() for one in (web_path(path), inbox_path(path))]
    cleaned = _clean_beside(path, done.affected, values)
    done.copies = deal_with(holding(path, also, values), log, values, own, delete=delete_files)
    done.copies.cleaned += [one for one in cleaned if one not in done.copies.left]
    done.traces = found | traces([log], values)


def _clean_beside(ledger: Path, affected: Affected, values: set[str]) -> list[Path]:
    """Take the person out of the databases beside the ledger; those in which they were. What cannot be done is found later."""
    web, inbox = web_path(ledger).absolute(), inbox_path(ledger).absolute()
    found = list(traces([web, inbox], values))
    with suppress(LedgerBusy, LedgerUnusable):
        if web in found:
            rewrite(web, Remover(values))
        if inbox in found:
            with closing(Inbox.open(inbox)) as opened:
                opened.forget(affected.customers)
    return found


def _rebuilt(path: Path, now: datetime) -> bool:
    """Rebuild the ledger's file, in which another program than ours left what it deleted; whether that could be done."""
    try:
        with Ledger.open(path, now) as ledger:
            return rebuild(ledger)
    except (LedgerBusy, LedgerUnusable):  # a run that began, a full disk: what was found is told
        return False


def _searched(path: Path, done: RedactionResult, hears: Listeners) -> dict[Path, list[str]]:
    """What of the person is left in the bytes of the ledger's files. Only if something was found, other orders are looked at."""
    affected = done.affected
    found = traces(files_of(path), affected.values, hears.searched(path.stat().st_size), affected.packed)
    texts = {text for hits in found.values() for text in hits if text in affected.values}
    if texts:
        with reading(path) as reader:
            done.shared = in_other_orders(reader.connection, texts, done.affected.orders, hears.compared)
            people = KeptPeople(reader.connection, Redacted.of(reader.connection, path), done.kept)
            done.shared |= people.texts_of_others(texts)
            done.shared |= {text for text in texts if _is_key(reader, done.affected.person, text)}
    left = {one: [text for text in hits if text not in done.shared] for one, hits in found.items()}
    return {one: hits for one, hits in left.items() if hits}
