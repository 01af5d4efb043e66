"""Shopify orders into a Google Sheet: from settings to a run."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from syncdb.clock import Clock
from syncdb.engine.audit import Audited, Period
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.report import Report
from syncdb.engine.request import RunRequest
from syncdb.errors import Exit, SyncdbError
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping.plain_rows import PLAIN
from syncdb.model import Owner, Plan, Record, Rule
from syncdb.orders.one_reading import OneReading
from syncdb.orders.order_audit import audited_orders
from syncdb.orders.order_sync import OrderSync
from syncdb.pairs.base import Hearing, Implementation, Mapped, MappedField, OrderTracking, Run
from syncdb.pairs.opening import open_ledger, retrier, unopened
from syncdb.pairs.orders_as_rows import order_sync
from syncdb.pairs.shopify_sheets.checks import check_google, check_shopify
from syncdb.pairs.shopify_sheets.destination import SheetDestination, sheet_fields, sheet_mapping, sheet_shape
from syncdb.pairs.shopify_sheets.editing import EDITING
from syncdb.pairs.shopify_sheets.known_sheet import rows_shown
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.plain_tab import SharedShop, plain_sync
from syncdb.pairs.shopify_sheets.settings import SheetsSettings, load
from syncdb.systems.check import Check, failed
from syncdb.systems.google_sheets.checks import check_sign_in
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
    settings: SheetsSettings,
    ledger: Ledger,
    request: RunRequest,
    clock: Clock,
    progress: Progress,
    reading: OneReading | None = None,
    trying: Retrier | None = None,
) -> Iterator[OrderSync]:
    """The same over a ledger that is open already.

    Runs with the same `reading` read the shop once, those with the same `trying` find out once that somebody is not there.
    """
    rng = random.SystemRandom()
    with ExitStack() as stack:
        trying = trying or retrier(settings, clock)
        google = google_client(settings, clock, trying)
        stack.callback(google.close)
        shopify = stack.enter_context(connected_shop(settings, clock, trying))
        destination = SheetDestination(settings, ledger, google, request, clock, rng)
        columns, fields = settings.read_columns, sheet_shape(settings).fields
        filters = {settings.called("order_filter"): settings.order_filter}
        yield order_sync(ledger, shopify, destination, settings, columns, fields, request, clock, progress, reading, filters)


@contextmanager
def open_runs(
    settings: SheetsSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The run into the first sheet, and one for each route. `only` is empty: a sheet's columns are written together."""
    if not settings.routes:
        with open_sync(settings, request, clock, progress) as sync:
            yield [_run(settings, sync.run, partial(audited_orders, sync))]
        return
    with open_ledger(settings, request, clock, SHOPIFY_SHEETS.name) as ledger, ExitStack() as stack:
        reading, trying = OneReading(), retrier(settings, clock)
        shop = SharedShop(settings, clock, stack, trying)
        routes = [Route(one, ledger, request, clock, progress, reading, trying) for one in settings.order_sheets]
        plain = [PlainRoute(one, ledger, request, clock, progress, shop) for one in settings.sheets if one.rows in PLAIN]
        yield [*(_run(one.settings, one.run, one.audit) for one in routes), *map(_plain_run, plain)]


@dataclass(slots=True)
class PlainRoute:
    """The same into a tab that shows other things than orders. `plans` are those of the run, once it ran."""

    settings: SheetsSettings
    ledger: Ledger
    request: RunRequest
    clock: Clock
    progress: Progress
    shop: SharedShop
    plans: Mapping[str, Plan] = field(default_factory=dict)

    def run(self) -> Report:
        try:
            with self._opened() as sync:
                self.plans = sync.plans
                return sync.run()
        except SyncdbError as failure:
            return unopened(self.ledger, SHOPIFY_SHEETS.name, failure, self.request, self.clock)

    @contextmanager
    def audit(self, period: Period) -> Iterator[Sequence[Audited]]:
        with self._opened() as sync:
            yield audited_entities(sync, {PLAIN[self.settings.rows].entity.name: sheet_fields(self.settings)})

    def _opened(self) -> AbstractContextManager[PairSync]:
        return plain_sync(self.settings, self.ledger, self.request, self.clock, self.progress, self.shop)


@dataclass(frozen=True, slots=True)
class Route:
    """A run into one of several sheets. It is opened when its turn comes: what is wrong with it holds no other run up."""

    settings: SheetsSettings
    ledger: Ledger
    request: RunRequest
    clock: Clock
    progress: Progress
    reading: OneReading
    trying: Retrier

    def run(self) -> Report:
        try:
            with self._opened() as sync:
                return sync.run()
        except SyncdbError as failure:  # of opening it: a run that began says in its report what stopped it
            return unopened(self.ledger, SHOPIFY_SHEETS.name, failure, self.request, self.clock)

    @contextmanager
    def audit(self, period: Period) -> Iterator[Sequence[Audited]]:
        with self._opened() as sync, audited_orders(sync, period) as found:
            yield found

    def _opened(self) -> AbstractContextManager[OrderSync]:
        return sync_of(self.settings, self.ledger, self.request, self.clock, self.progress, self.reading, self.trying)


def _run(
    settings: SheetsSettings,
    start: Callable[[], Report],
    audit: Callable[[Period], AbstractContextManager[Sequence[Audited]]],
) -> Run:
    words = replace(SHOPIFY_SHEETS.words, record=settings.rows)
    shown = {ORDERS: sheet_shape(settings).fields}
    return Run(ORDERS, place_of(settings), words, shown, tracks_orders=True, start=start, audit=audit, route=settings.route)


def _plain_run(route: PlainRoute) -> Run:
    settings, entity = route.settings, PLAIN[route.settings.rows].entity
    words = replace(SHOPIFY_SHEETS.words, record=entity.one)
    return Run(
        entity.name,
        place_of(settings),
        words,
        {entity.name: sheet_fields(settings)},
        tracks_orders=False,
        start=route.run,
        plans=lambda: route.plans,
        audit=route.audit,
        route=settings.route,
    )


def place_of(settings: SheetsSettings) -> str:
    """What a run is about, for people."""
    tab = f"{settings.route}: " if settings.route else ""
    tab += f"tab {settings.target_worksheet}" + ("" if settings.tabs_by == "one" else f", by {settings.tabs_by}")
    shown = "" if settings.rows in PLAIN else "orders of "
    return f'{shown}{settings.shopify_store_name} in "{settings.target_spreadsheet}", {tab}'


def _check(settings: SheetsSettings, reader: LedgerReader | None, clock: Clock) -> list[Check]:
    return [*check_shopify(settings, reader, clock), *check_google(settings.sheets, reader, clock)]


def _mapped(settings: SheetsSettings) -> Iterator[Mapped]:
    for one in settings.sheets:
        columns = (MappedField(field.name, field.label, Rule(Owner.LEFT), field.name) for field in sheet_fields(one))
        if one.rows in PLAIN:
            yield Mapped(PLAIN[one.rows].entity.name, place_of(one), tuple(columns), id=one.route)
        else:
            yield Mapped(ORDERS, place_of(one), tuple(columns), _rows(one), one.route)


def _rows(settings: SheetsSettings) -> Callable[[str, str], Callable[[Mapping[str, Any]], list[Record]]]:
    return lambda zone, currency: sheet_mapping(settings, zone, currency).records


def _selected(settings: SheetsSettings) -> str:
    routes = f", and the routes {', '.join(one.route for one in settings.routes)}" if settings.routes else ""
    return f"{settings.shopify_store_name}{routes}, all settings are usable"


def _places(settings: SheetsSettings) -> list[tuple[str, SheetsSettings]]:
    return [(one.route, replace(one, routes=())) for one in settings.order_sheets]


def _filled(answers: Any) -> Any:
    """The answers as settings; which columns are shown and in which spreadsheets makes no difference here."""
    lent: dict[str, Any] = {"columns": None, "period_spreadsheets": {}, "order_filter": None}
    lent |= {"routes": (), "route": "", "read_columns": (), "order_filters": {}}
    lent |= {"order_sheets": (SimpleNamespace(**vars(answers) | lent),)}
    return SimpleNamespace(**vars(answers) | lent)


def _try_key_file(answers: Any) -> Tried:
    """The file alone; whether Google lets its account in is asked where somebody waits for it."""
    file = answers.google_service_account_file
    email, problems, _ = check_key_file(file, "given just now")
    checks = [failed("google", "key file", problem, "", Exit.CONFIGURATION) for problem in problems]
    return Tried(checks, {"share_with": email}, partial(check_sign_in, answers))


TRIES = {
    "shopify": lambda answers: Tried(check_shopify(_filled(answers))),
    "google key file": _try_key_file,
    "spreadsheet": lambda answers: Tried(check_google([_filled(answers)])),
}
REMAINS = (
    "The version history of the spreadsheet (File, Version history) still shows what stood there, and no program can clear it. "
    "Where it must go, too: begin a new spreadsheet (target_spreadsheet; a run fills it) and delete the old one for good. "
    "Columns, notes and copies that people made are theirs to clear. A tab of customers empties the person's row with the next "
    "run."
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
    orders=OrderTracking(lambda settings: True, sync_of, rows_shown, REMAINS, _places),
    tries=TRIES,
    hearing=Hearing(_senders, _heard_kinds, _address, one_shop_by_name),
    mapped=lambda settings: tuple(_mapped(settings)),
    editing=EDITING,
)
