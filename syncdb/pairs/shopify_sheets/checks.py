"""Trying what bringing orders into a Google Sheet needs: the shop's permissions, the spreadsheet, its columns as they stand."""

import random

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


def check_shopify(settings: SheetsSettings, reader: LedgerReader | None = None, clock: Clock = SYSTEM) -> list[Check]:
    """Token, shop, scopes, API version and how far back orders are visible, in one or two requests."""
    shown = {name for one in settings.order_sheets for name, _ in sheet_shape(one).columns}
    more = {scope for one in settings.routes if one.rows in PLAIN for scope in PLAIN[one.rows].needs}
    return check_shop(settings, shown, reader, clock, more, settings.order_filters)


def check_google(settings: SheetsSettings, reader: LedgerReader | None = None, clock: Clock = SYSTEM) -> list[Check]:
    """Key file, sign-in, spreadsheet, clock, right to edit, room, and the columns as they stand."""
    checks: list[Check] = []
    names = ["sign-in", "clock", "edit", "room", "headers", "protection"]
    try:
        with google_of(settings, clock) as client:
            found = find_spreadsheet(client, settings.target_spreadsheet)
            seen = glance(client, found)
            checks += [passed("google", "sign-in", f'{client.email} opened "{seen.title}"'), check_clock(seen, clock.now())]
            checks.append(tried("edit", lambda: try_edit(client, found, random.SystemRandom()), "may edit"))
            checks += [check_room(seen), _headers(settings, reader, client, seen, found)]
            checks.append(_protection(settings, reader, client, found))
            checks += [check_other_spreadsheet(client, period, place) for period, place in settings.period_spreadsheets.items()]
            checks += _left_behind(settings, reader, found)
    except SyncdbError as error:
        checks.append(refused("google", names[min(len(checks), len(names) - 1)], error))
    done = {check.name for check in checks}
    return checks + [skipped("google", name, "not reached") for name in names if name not in done]


def _headers(settings: SheetsSettings, reader: LedgerReader | None, client: Client, seen: Glance, found: str) -> Check:
    sheet = known_sheet(settings, reader, client) if reader else None
    if sheet is None:
        return _before_the_first_run(settings, reader, client, seen, found)
    try:
        attempt = sheet.connector.structure(1)
    except SyncdbError as error:
        return refused("google", "headers", error)
    tabs = ", ".join(f'"{tab}"' for tab in sheet.tabs)
    return passed("google", "headers", "the next run adds tabs or columns" if attempt else f"all columns stand in {tabs}")


def _before_the_first_run(
    settings: SheetsSettings, reader: LedgerReader | None, client: Client, seen: Glance, found: str
) -> Check:
    """Whether the tab is free. One that is there already is looked at as the first run will do it."""
    tab = settings.target_worksheet
    if settings.tabs_by != ONE or tab.casefold() not in {one.casefold() for one in seen.tabs}:
        return skipped("google", "headers", f'tab "{tab}" is not there yet; the first run makes it')
    ledger_id = str(reader.meta(state_keys.LEDGER_ID)) if reader else "no ledger yet"
    opening = Opening(client, sheet_fields(settings), ledger_id)
    try:
        opening.tab(settings, "", None).structure(1)
    except SyncdbError as error:
        return refused("google", "headers", error)
    return skipped("google", "headers", f'tab "{tab}" is there already and free; the first run makes its columns')


def _protection(settings: SheetsSettings, reader: LedgerReader | None, client: Client, found: str) -> Check:
    """Whether somebody protected cells of ours and left this account out."""
    known = known_sheet(settings, reader, client) if reader else None
    tabs = set(known.tabs) if known else {settings.target_worksheet}
    ours = {name.casefold() for name in tabs}
    try:
        closed = [name for tab, name in locked_out(client, found) if tab.casefold() in ours]
    except SyncdbError as error:
        return refused("google", "protection", error)
    if not closed:
        return passed("google", "protection", "no cell of ours is closed to this account")
    lock = locked(" and ".join(closed), client.email)
    return failed("google", "protection", str(lock).removesuffix(" Nothing was written."), lock.next_step, Exit.REMOTE)


def _left_behind(settings: SheetsSettings, reader: LedgerReader | None, spreadsheet_id: str) -> list[Check]:
    if reader is None:
        return []
    place = TargetSpreadsheet(settings, spreadsheet_id, reader.connection, reader.meta)
    return [passed("google", "note", told) for told in place.left_behind()]
