"""What can be told of a spreadsheet before a run: clock, right to edit, room."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.failures import MOST_CELLS
from syncdb.connectors.google_sheets.probing import Glance, glance, try_edit
from syncdb.connectors.google_sheets.target import find_spreadsheet
from syncdb.errors import Exit, RetryLater, SyncdbError
from syncdb.systems.check import Check, failed, passed, refused, skipped
from syncdb.systems.google_sheets.connecting import GoogleAccess, google_of

MOST_SKEW = timedelta(minutes=2)  # Google refuses a sign-in whose clock is minutes off


def tried(name: str, attempt: Callable[[], None], told: str) -> Check:
    try:
        attempt()
    except SyncdbError as error:
        return refused("google", name, error)
    return passed("google", name, told)


def check_sign_in(settings: GoogleAccess) -> list[Check]:
    """Whether Google lets the account of a key in. Where nobody answers that is not known, which is no fault of the key."""
    try:
        with google_of(settings) as client:
            client.sign_in()
            return [passed("google", "sign-in", f"Google lets {client.email} sign in")]
    except RetryLater as error:
        return [skipped("google", "sign-in", str(error))]
    except SyncdbError as error:
        return [refused("google", "sign-in", error)]


def check_clock(seen: Glance, now: datetime) -> Check:
    if seen.clock is None:
        return skipped("google", "clock", "Google did not say what time it is")
    skew = now - seen.clock
    if abs(skew) > MOST_SKEW:
        told = f"this computer's clock is {abs(int(skew.total_seconds()))} s {'ahead' if skew > timedelta(0) else 'behind'}"
        return failed("google", "clock", told, "Set the clock (or let it set itself over the network).", Exit.REMOTE)
    return passed("google", "clock", f"right within {abs(int(skew.total_seconds()))} s")


def check_room(seen: Glance) -> Check:
    told = f"{seen.cells:,} of {MOST_CELLS:,} cells in use"
    if seen.cells > MOST_CELLS * 0.95:
        return failed("google", "room", told, "Delete blank rows and columns, or begin a new spreadsheet.", Exit.GUARD)
    return passed("google", "room", told)


def check_other_spreadsheet(client: Client, period: str, target: str) -> Check:
    """The spreadsheet for the tabs of some periods."""
    name = f"spreadsheet for {period}"
    try:
        found = find_spreadsheet(client, target)
        seen = glance(client, found)
        try_edit(client, found, random.SystemRandom())
    except SyncdbError as error:
        return refused("google", name, error)
    return passed("google", name, f'may edit "{seen.title}"; {seen.cells:,} of {MOST_CELLS:,} cells in use')
