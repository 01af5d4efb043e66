"""Shopify orders into a Google Sheet: from settings to a run."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest
from syncdb.errors import Exit
from syncdb.ledger import Ledger
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.order_audit import audited_orders
from syncdb.orders.order_sync import OrderSync
from syncdb.pairs.base import Hearing, Implementation, OrderTracking, Run
from syncdb.pairs.opening import limits, open_ledger, retrier
from syncdb.pairs.shopify_sheets.checks import check_google, check_shopify
from syncdb.pairs.shopify_sheets.destination import SheetDestination, policy, sheet_mapping
from syncdb.pairs.shopify_sheets.known_sheet import rows_shown
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.settings import SheetsSettings, load
from syncdb.systems.check import Check, failed
from syncdb.systems.google_sheets.connecting import google_client
from syncdb.systems.google_sheets.service_account import check_key_file
from syncdb.systems.questions import Tried
from syncdb.systems.shopify.connecting import connected_shop
from syncdb.systems.shopify.deliveries import ShopSender, kinds_of, one_shop_by_name, shop_sender

ORDERS = "orders"


@contextmanager
def open_sync(settings: SheetsSettings, request: RunRequest, clock: Clock, progress: Progress) -> Iterator[OrderSync]:
    """The tracking of orders with the sheet as destination. Everything is let go of at the end.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError, and RemoteError where the spreadsheet cannot be found.
    """
    with (
        open_ledger(settings, request, clock, SHOPIFY_SHEETS.name) as ledger,
        sync_of(settings, ledger, request, clock, progress) as sync,
    ):
        yield sync


@contextmanager
def sync_of(
    settings: SheetsSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress
) -> Iterator[OrderSync]:
    """The same over a ledger that is open already."""
    rng = random.SystemRandom()
    with ExitStack() as stack:
        trying = retrier(settings, clock)
        google = google_client(settings, clock, trying)
        stack.callback(google.close)
        shopify = stack.enter_context(connected_shop(settings, clock, trying))
        destination = SheetDestination(settings, ledger, google, request, clock, rng)
        shape = sheet_mapping(settings, "UTC", "XXX")  # for what does not depend on the shop
        reader = OrderReader(shopify, shape.metafields)
        rules = policy(settings, shape.fields)
        yield OrderSync(ledger, reader, destination, rules, limits(settings), request, clock, rng, progress)


@contextmanager
def open_runs(
    settings: SheetsSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The one run of this pair. `only` is empty: a sheet's columns are written together."""
    with open_sync(settings, request, clock, progress) as sync:
        yield [
            Run(
                ORDERS,
                place_of(settings),
                replace(SHOPIFY_SHEETS.words, record=settings.rows),
                {ORDERS: sheet_mapping(settings, "UTC", "XXX").fields},
                tracks_orders=True,
                start=sync.run,
                audit=lambda period: audited_orders(sync, period),
            )
        ]


def place_of(settings: SheetsSettings) -> str:
    """What a run is about, for people."""
    tab = f"tab {settings.target_worksheet}" + ("" if settings.tabs_by == "one" else f", by {settings.tabs_by}")
    return f'orders of {settings.shopify_store_name} in "{settings.target_spreadsheet}", {tab}'


def _check(settings: SheetsSettings, reader: LedgerReader | None, clock: Clock) -> list[Check]:
    return [*check_shopify(settings, reader, clock), *check_google(settings, reader, clock)]


def _selected(settings: SheetsSettings) -> str:
    return f"{settings.shopify_store_name}, all settings are usable"


def _filled(answers: Any) -> Any:
    """The answers as settings; which columns are shown and in which spreadsheets makes no difference here."""
    return SimpleNamespace(**vars(answers) | {"columns": None, "period_spreadsheets": {}})


def _try_key_file(answers: Any) -> Tried:
    file = answers.google_service_account_file
    email, problems, _ = check_key_file(file, "given just now")
    checks = [failed("google", "key file", problem, "", Exit.CONFIGURATION) for problem in problems]
    return Tried(checks, {"share_with": email})


TRIES = {
    "shopify": lambda answers: Tried(check_shopify(_filled(answers))),
    "google key file": _try_key_file,
    "spreadsheet": lambda answers: Tried(check_google(_filled(answers))),
}
REMAINS = (
    "The version history of the spreadsheet (File, Version history) still shows what stood there, and no program can clear it. "
    "Where it must go, too: begin a new spreadsheet (target_spreadsheet; a run fills it) and delete the old one for good. "
    "Columns, notes and copies that people made are theirs to clear."
)


def _senders(settings: SheetsSettings) -> tuple[ShopSender, ...]:
    return (shop_sender(settings),)


def _heard_kinds(settings: SheetsSettings) -> frozenset[str]:
    return kinds_of((ORDERS,))


def _address(settings: SheetsSettings) -> str | None:
    return settings.base_url


IMPLEMENTATION = Implementation(
    load,
    open_runs,
    _check,
    _selected,
    orders=OrderTracking(lambda settings: True, sync_of, rows_shown, REMAINS),
    tries=TRIES,
    hearing=Hearing(_senders, _heard_kinds, _address, one_shop_by_name),
)
