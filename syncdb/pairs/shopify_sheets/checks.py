"""Trying what bringing orders into a Google Sheet needs: the shop's permissions, the spreadsheet, its columns as they stand."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.failures import locked
from syncdb.connectors.google_sheets.outcomes import locked_out
from syncdb.connectors.google_sheets.probing import Glance, glance, try_edit
from syncdb.connectors.google_sheets.target import find_spreadsheet
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger import state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping.plain_rows import PLAIN
from syncdb.pairs.orders_as_rows import check_shop
from syncdb.pairs.shopify_sheets.destination import sheet_fields, sheet_shape
from syncdb.pairs.shopify_sheets.known_sheet import known_sheet
from syncdb.pairs.shopify_sheets.periods import ONE
from syncdb.pairs.shopify_sheets.settings import SheetsSettings
from syncdb.pairs.shopify_sheets.tabs import Opening, TargetSpreadsheet
from syncdb.systems.check import Check, failed, passed, refused, skipped
from syncdb.systems.google_sheets.checks import check_clock, check_other_spreadsheet, check_room, tried
from syncdb.systems.google_sheets.connecting import google_of

OF_SPREADSHEETS = ("sign-in", "clock", "edit", "room")
OF_SHEETS = ("headers", "protection")
Closed = Sequence[tuple[str, str]]  # protected ranges: the tab, and what to call each


@dataclass(frozen=True, slots=True)
class Seen:
    """A spreadsheet that was opened: its id, and what was told of it."""

    id: str
    told: Glance


def check_shopify(settings: SheetsSettings, reader: LedgerReader | None = None, clock: Clock = SYSTEM) -> list[Check]:
    """Token, shop, scopes, API version and how far back orders are visible, in one or two requests."""
    shown = {name for one in settings.order_sheets for name, _ in sheet_shape(one).columns}
    more = {scope for one in settings.routes if one.rows in PLAIN for scope in PLAIN[one.rows].needs}
    return check_shop(settings, shown, reader, clock, more, settings.order_filters)


def check_google(sheets: Sequence[SheetsSettings], reader: LedgerReader | None = None, clock: Clock = SYSTEM) -> list[Check]:
    """Key file and sign-in; of each spreadsheet, once, clock, right to edit and room; of each sheet the columns as they stand.

    What concerns a route has its name before its own.
    """
    try:
        with google_of(sheets[0], clock) as client:
            looking = _Looking(client, reader, clock)
            return [replace(one, name=_named(sheet, one.name)) for sheet in sheets for one in looking.at(sheet)]
    except SyncdbError as error:
        return [refused("google", OF_SPREADSHEETS[0], error), *_not_reached(OF_SPREADSHEETS[1:]), *_not_reached(OF_SHEETS)]


def _named(sheet: SheetsSettings, name: str) -> str:
    return f"{sheet.route}: {name}" if sheet.route else name


def _not_reached(names: Iterable[str]) -> list[Check]:
    return [skipped("google", name, "not reached") for name in names]


@dataclass(slots=True)
class _Looking:
    """One look at all sheets. `seen` are the spreadsheets by what the settings call them, None where one was not reached.

    `closed` are their protected ranges that are closed to us, by the spreadsheet's id.
    """

    client: Client
    reader: LedgerReader | None
    clock: Clock
    seen: dict[str, Seen | None] = field(default_factory=dict)
    closed: dict[str, Closed] = field(default_factory=dict)

    def at(self, sheet: SheetsSettings) -> Iterator[Check]:
        target = sheet.target_spreadsheet
        if target not in self.seen:
            yield from self._spreadsheet(target)
        seen = self.seen[target]
        if seen is None:
            yield from _not_reached(OF_SHEETS)
            return
        yield _told("headers", lambda: _headers(sheet, self.reader, self.client, seen))
        yield _told("protection", lambda: _protection(sheet, self.reader, self.client, self._closed(seen.id)))
        for period, place in sheet.period_spreadsheets.items():
            yield check_other_spreadsheet(self.client, period, place)
        yield from _left_behind(sheet, self.reader, seen.id)

    def _closed(self, found: str) -> Closed:
        if found not in self.closed:
            self.closed[found] = locked_out(self.client, found)
        return self.closed[found]

    def _spreadsheet(self, target: str) -> Iterator[Check]:
        """What is the same for every tab of it. One that goes by two names (a title and an address) is looked at once."""
        self.seen[target] = None
        done: list[Check] = []
        try:
            found = find_spreadsheet(self.client, target)
            known = next((one for one in self.seen.values() if one is not None and one.id == found), None)
            if known is not None:
                self.seen[target] = known
                return
            told = glance(self.client, found)
            done.append(passed("google", "sign-in", f'{self.client.email} opened "{told.title}"'))
            done.append(check_clock(told, self.clock.now()))
            done.append(tried("edit", lambda: try_edit(self.client, found, random.SystemRandom()), "may edit"))
            done.append(check_room(told))
            self.seen[target] = Seen(found, told)
        except SyncdbError as error:
            done.append(refused("google", OF_SPREADSHEETS[len(done)], error))
        yield from done
        yield from _not_reached(OF_SPREADSHEETS[len(done) :])


def _told(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except SyncdbError as error:
        return refused("google", name, error)


def _headers(settings: SheetsSettings, reader: LedgerReader | None, client: Client, seen: Seen) -> Check:
    sheet = known_sheet(settings, reader, client) if reader else None
    if sheet is None:
        return _before_the_first_run(settings, reader, client, seen)
    attempt = sheet.connector.structure(1)
    tabs = ", ".join(f'"{tab}"' for tab in sheet.tabs)
    return passed("google", "headers", "the next run adds tabs or columns" if attempt else f"all columns stand in {tabs}")


def _before_the_first_run(settings: SheetsSettings, reader: LedgerReader | None, client: Client, seen: Seen) -> Check:
    """Whether the tab is free. One that is there already is looked at as the first run will do it."""
    tab = settings.target_worksheet
    if settings.tabs_by != ONE or tab.casefold() not in {one.casefold() for one in seen.told.tabs}:
        return skipped("google", "headers", f'tab "{tab}" is not there yet; the first run makes it')
    ledger_id = str(reader.meta(state_keys.LEDGER_ID)) if reader else "no ledger yet"
    opening = Opening(client, sheet_fields(settings), ledger_id)
    opening.tab(settings, "", None).structure(1)
    return skipped("google", "headers", f'tab "{tab}" is there already and free; the first run makes its columns')


def _protection(settings: SheetsSettings, reader: LedgerReader | None, client: Client, locked_ranges: Closed) -> Check:
    """Whether somebody protected cells of ours and left this account out."""
    known = known_sheet(settings, reader, client) if reader else None
    tabs = set(known.tabs) if known else {settings.target_worksheet}
    ours = {name.casefold() for name in tabs}
    closed = [name for tab, name in locked_ranges if tab.casefold() in ours]
    if not closed:
        return passed("google", "protection", "no cell of ours is closed to this account")
    lock = locked(" and ".join(closed), client.email)
    return failed("google", "protection", str(lock).removesuffix(" Nothing was written."), lock.next_step, Exit.REMOTE)


def _left_behind(settings: SheetsSettings, reader: LedgerReader | None, spreadsheet_id: str) -> list[Check]:
    if reader is None:
        return []
    place = TargetSpreadsheet(settings, spreadsheet_id, reader.connection, reader.meta)
    return [passed("google", "note", told) for told in place.left_behind()]
