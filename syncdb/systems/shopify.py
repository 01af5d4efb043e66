"""Trying everything a run needs, one thing at a time: each check passes, fails with what to do, or is skipped with the reason."""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from syncdb.clock import SYSTEM, Clock
from syncdb.config import Settings, ShopSettings, load
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.failures import MOST_CELLS
from syncdb.connectors.google_sheets.probing import Glance, glance, try_edit
from syncdb.connectors.google_sheets.target import find_spreadsheet
from syncdb.connectors.shopify.facts import Facts
from syncdb.connectors.shopify.presence import Presence
from syncdb.errors import ConfigurationError, Exit, LedgerBusy, SyncdbError
from syncdb.ledger import file
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.mapping.choice import column
from syncdb.pairs.shopify_sheets.pair import sheet_mapping
from syncdb.pairs.shopify_sheets.periods import ONE
from syncdb.pairs.shopify_sheets.tabs import TargetSpreadsheet
from syncdb.services.run_now import google_of, known_sheet, shop_of
from syncdb.systems.shopify_versions import days_left

MOST_SKEW = timedelta(minutes=2)  # Google refuses a sign-in whose clock is minutes off
SOON = 45  # days
SCOPE_FOR = {
    "customer": "read_customers",
    "line_items.product": "read_products",
    "line_items.variant": "read_products",
    "retail_location": "read_locations",
    "fulfillments.location": "read_locations",
}


class CheckState(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried. `part` and `name` are stable, for scripts; `told` says what was seen, `remedy` what to do if it failed."""

    part: str
    name: str
    state: CheckState
    told: str = ""
    remedy: str = ""
    exit_code: Exit = Exit.DONE


def passed(part: str, name: str, told: str = "", remedy: str = "") -> Check:
    return Check(part, name, CheckState.PASSED, told, remedy)


def failed(part: str, name: str, told: str, remedy: str, code: Exit) -> Check:
    return Check(part, name, CheckState.FAILED, told, remedy, code)


def skipped(part: str, name: str, why: str) -> Check:
    return Check(part, name, CheckState.SKIPPED, why)


def refused(part: str, name: str, error: SyncdbError) -> Check:
    """What an error says, as a failed check."""
    return failed(part, name, str(error), error.next_step, error.exit_code)


def read_configuration(
    flags: Mapping[str, object], env: Mapping[str, str], directory: Path, config: Path | None
) -> tuple[Settings | None, list[Check]]:
    """The settings, None where they cannot be used, and a failed check for each problem."""
    try:
        settings = load(flags, env, directory, config)
    except ConfigurationError as error:
        return None, [
            failed("configuration", "settings", problem, error.next_step, Exit.CONFIGURATION) for problem in error.problems
        ]
    notices = [passed("configuration", "note", notice) for notice in settings.notices]
    return settings, [passed("configuration", "settings", f"{settings.shopify_store_name}, all settings are usable"), *notices]


def check_ledger(path: Path) -> list[Check]:
    """Whether the ledger can be read and written. A missing one is made by the first run."""
    if not os.access(path.parent, os.W_OK):
        return [
            failed("ledger", "folder", f"{path.parent} cannot be written", "Give yourself the right to write there.", Exit.GUARD)
        ]
    if not path.exists():
        return [skipped("ledger", "file", f"{path} is not there yet; the first run makes it")]
    try:
        with reading(path) as reader:
            file.check(reader.connection, path)
    except SyncdbError as error:
        return [refused("ledger", "file", error)]
    told = [passed("ledger", "file", f"{path} is sound")]
    if not os.access(path, os.W_OK):
        told.append(failed("ledger", "rights", f"{path} cannot be written", "Give yourself the right to write it.", Exit.GUARD))
    return [*told, _lock(path)]


def _lock(path: Path) -> Check:
    try:
        file.lock(path).release()
    except LedgerBusy:
        return skipped("ledger", "free", "a run is using it right now")
    except SyncdbError as error:
        return refused("ledger", "free", error)
    return passed("ledger", "free", "no run holds it")


def check_shopify(settings: Settings, reader: LedgerReader | None = None, clock: Clock = SYSTEM) -> list[Check]:
    """Token, shop, scopes, API version and how far back orders are visible, in one or two requests."""
    try:
        with shop_of(settings, clock) as client:
            facts = Presence(client).facts()
    except SyncdbError as error:
        return [refused("shopify", "token", error), *(skipped("shopify", name, "no access") for name in ("scopes", "version"))]
    return [
        passed("shopify", "token", f"{facts.name} ({facts.domain}), {facts.zone}, {facts.currency}"),
        *same_shop(facts, reader),
        *_scopes(settings, facts),
        check_horizon(settings, facts, clock.now()),
        check_version(settings, facts, clock.now()),
    ]


def same_shop(facts: Facts, reader: LedgerReader | None) -> Iterator[Check]:
    known = reader.meta("shop") if reader else None
    if known and known["id"] != facts.shop_id:
        told = f"the ledger belongs to {known['domain']}, but {facts.domain} answered"
        yield failed("shopify", "shop", told, "Use another db_path for another shop.", Exit.GUARD)


def _scopes(settings: Settings, facts: Facts) -> Iterator[Check]:
    if facts.scopes is None:
        yield skipped("shopify", "scopes", "the app may not see its own permissions")
        return
    mapping = sheet_mapping(settings, "UTC", "XXX")
    needs = {need for name, _ in mapping.columns if (known := column(name)) for need in known.needs}
    wanted = {scope for path, scope in SCOPE_FOR.items() if any(need == path or need.startswith(f"{path}.") for need in needs)}
    lacking = sorted(scope for scope in wanted if not facts.scopes & {scope, scope.replace("read_", "write_")})
    if lacking:
        told = f"{', '.join(lacking)} missing: some columns stay as they are"
        yield failed(
            "shopify", "scopes", told, "Give the app these scopes and install it anew, or drop those columns.", Exit.REMOTE
        )
    else:
        yield passed("shopify", "scopes", ", ".join(sorted(facts.scopes)))
    if writing := sorted(scope for scope in facts.scopes if scope.startswith("write_")):
        yield passed("shopify", "excess", f"more than needed: {', '.join(writing)}", "Take scopes away that nothing here needs.")


def check_horizon(settings: ShopSettings, facts: Facts, now: datetime) -> Check:
    horizon = facts.horizon(now)
    if horizon is None:
        return passed("shopify", "horizon", "orders of any age are visible" if facts.sees_all_orders else "not known")
    if now - timedelta(days=settings.lookback_days) < horizon:
        told = f"lookback_days is {settings.lookback_days}, but only 60 days are visible to this app"
        return failed("shopify", "horizon", told, "Give the app read_all_orders, or set lookback_days to 60.", Exit.REMOTE)
    return passed("shopify", "horizon", f"orders since {horizon.date()} are visible")


def check_version(settings: ShopSettings, facts: Facts, now: datetime) -> Check:
    asked, left = settings.shopify_api_version, days_left(settings.shopify_api_version, now)
    if facts.version and facts.version != asked:
        told = f"{asked} was asked for and {facts.version} answered"
        return failed("shopify", "version", told, f"Set shopify_api_version to {facts.version}.", Exit.REMOTE)
    remedy = "Update syncdb or set a newer shopify_api_version." if left is not None and left <= SOON else ""
    return passed("shopify", "version", f"{asked}, {left} days left" if left is not None else asked, remedy)


def check_google(settings: Settings, reader: LedgerReader | None = None, clock: Clock = SYSTEM) -> list[Check]:
    """Key file, sign-in, spreadsheet, clock, right to edit, room, and the columns as they stand."""
    checks: list[Check] = []
    names = ["sign-in", "clock", "edit", "room", "headers"]
    try:
        with google_of(settings, clock) as client:
            found = find_spreadsheet(client, settings.target_spreadsheet)
            seen = glance(client, found)
            checks += [passed("google", "sign-in", f'{client.email} opened "{seen.title}"'), _skew(seen, clock.now())]
            checks.append(_tried("edit", lambda: try_edit(client, found, random.SystemRandom()), "may edit"))
            checks += [_room(seen), _headers(settings, reader, client, seen)]
            checks += [_other_spreadsheet(client, period, place) for period, place in settings.period_spreadsheets.items()]
            checks += _left_behind(settings, reader, found)
    except SyncdbError as error:
        checks.append(refused("google", names[min(len(checks), len(names) - 1)], error))
    done = {check.name for check in checks}
    return checks + [skipped("google", name, "not reached") for name in names if name not in done]


def _tried(name: str, attempt: Callable[[], None], told: str) -> Check:
    try:
        attempt()
    except SyncdbError as error:
        return refused("google", name, error)
    return passed("google", name, told)


def _skew(seen: Glance, now: datetime) -> Check:
    if seen.clock is None:
        return skipped("google", "clock", "Google did not say what time it is")
    skew = now - seen.clock
    if abs(skew) > MOST_SKEW:
        told = f"this computer's clock is {abs(int(skew.total_seconds()))} s {'ahead' if skew > timedelta(0) else 'behind'}"
        return failed("google", "clock", told, "Set the clock (or let it set itself over the network).", Exit.REMOTE)
    return passed("google", "clock", f"right within {abs(int(skew.total_seconds()))} s")


def _room(seen: Glance) -> Check:
    told = f"{seen.cells:,} of {MOST_CELLS:,} cells in use"
    if seen.cells > MOST_CELLS * 0.95:
        return failed("google", "room", told, "Delete blank rows and columns, or begin a new spreadsheet.", Exit.GUARD)
    return passed("google", "room", told)


def _headers(settings: Settings, reader: LedgerReader | None, client: Client, seen: Glance) -> Check:
    sheet = known_sheet(settings, reader, client) if reader else None
    if sheet is None:
        told = (
            "there already; the first run looks at it"
            if settings.target_worksheet in seen.tabs and settings.tabs_by == ONE
            else "not there yet; the first run makes it"
        )
        return skipped("google", "headers", f'tab "{settings.target_worksheet}" is {told}')
    try:
        attempt = sheet.connector.structure(1)
    except SyncdbError as error:
        return refused("google", "headers", error)
    tabs = ", ".join(f'"{tab}"' for tab in sheet.tabs)
    return passed("google", "headers", "the next run adds tabs or columns" if attempt else f"all columns stand in {tabs}")


def _other_spreadsheet(client: Client, period: str, target: str) -> Check:
    """The spreadsheet for the tabs of some periods."""
    name = f"spreadsheet for {period}"
    try:
        found = find_spreadsheet(client, target)
        seen = glance(client, found)
        try_edit(client, found, random.SystemRandom())
    except SyncdbError as error:
        return refused("google", name, error)
    return passed("google", name, f'may edit "{seen.title}"; {seen.cells:,} of {MOST_CELLS:,} cells in use')


def _left_behind(settings: Settings, reader: LedgerReader | None, spreadsheet_id: str) -> list[Check]:
    if reader is None:
        return []
    place = TargetSpreadsheet(settings, spreadsheet_id, reader.connection, reader.meta)
    return [passed("google", "note", told) for told in place.left_behind()]
