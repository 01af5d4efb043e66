"""Shopify orders into a workbook on this computer: from settings to a run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.workbook.book import CSV, file_of
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest
from syncdb.errors import SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Owner, Record, Rule
from syncdb.orders.order_audit import audited_orders
from syncdb.orders.order_sync import OrderSync
from syncdb.pairs.base import Hearing, Implementation, Mapped, MappedField, OrderTracking, RowsShown, Run
from syncdb.pairs.filter_places import Filters
from syncdb.pairs.opening import open_ledger, retrier
from syncdb.pairs.orders_as_rows import ORDERS, check_shop, order_sync
from syncdb.pairs.shopify_workbook.destination import WorkbookDestination, opened, workbook_mapping, workbook_shape
from syncdb.pairs.shopify_workbook.editing import EDITING
from syncdb.pairs.shopify_workbook.known_as import binding_name, pair_of
from syncdb.pairs.shopify_workbook.pair import SHOPIFY_WORKBOOK
from syncdb.pairs.shopify_workbook.settings import WorkbookSettings, load
from syncdb.systems.check import Check, passed, refused
from syncdb.systems.questions import Tried
from syncdb.systems.shopify.connecting import connected_shop
from syncdb.systems.shopify.deliveries import ShopSender, kinds_of, one_shop_by_name, shop_sender
from syncdb.systems.workbook.checks import check_file


@contextmanager
def sync_of(
    settings: WorkbookSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress
) -> Iterator[OrderSync]:
    """The tracking of orders with the workbook as destination, over a ledger that is open already."""
    destination = WorkbookDestination(settings, ledger, request)
    fields = workbook_shape(settings).fields
    with connected_shop(settings, clock, retrier(settings, clock)) as shop:
        columns, filters = settings.read_columns, _filters(settings)
        yield order_sync(ledger, shop, destination, settings, columns, fields, request, clock, progress, filters=filters)


@contextmanager
def open_runs(
    settings: WorkbookSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The one run. `only` is empty: a row's columns are written together."""
    with (
        open_ledger(settings, request, clock, SHOPIFY_WORKBOOK.name) as ledger,
        sync_of(settings, ledger, request, clock, progress) as sync,
    ):
        words = replace(SHOPIFY_WORKBOOK.words, record=settings.rows)
        shown = {ORDERS: workbook_shape(settings).fields}
        audit = partial(audited_orders, sync)
        yield [Run(ORDERS, _place(settings), words, shown, tracks_orders=True, start=sync.run, audit=audit)]


def _place(settings: WorkbookSettings) -> str:
    """What a run is about, for people."""
    file = file_of(settings.workbook, settings.workbook_tab)
    tab = "" if file.suffix.lower() == CSV else f", tab {settings.workbook_tab}"
    return f"orders of {settings.shopify_store_name} in {file.name}{tab}"


def rows_shown(settings: WorkbookSettings, reader: LedgerReader, clock: Clock) -> RowsShown | None:
    """The keys that stand in the workbook now; None before the first run wrote to it. Raises SyncdbError."""
    bound = reader.meta(binding_name(settings, reader.meta))
    if not bound:
        return None
    ledger_id = str(reader.meta(state_keys.LEDGER_ID))
    places = opened(settings, ledger_id, bound, workbook_shape(settings).fields, dry=True).places()
    return RowsShown(
        pair_of(settings, reader.meta), frozenset(places), {key: rows for key, rows in places.items() if len(rows) > 1}
    )


def _check(settings: WorkbookSettings, reader: LedgerReader | None, clock: Clock) -> list[Check]:
    shown = {name for name, _ in workbook_shape(settings).columns}
    return [*check_shop(settings, shown, reader, clock, filters=_filters(settings)), *_check_file(settings, reader)]


def _filters(settings: WorkbookSettings) -> Filters:
    return {"workbook_order_filter": settings.order_filter}


def _check_file(settings: WorkbookSettings, reader: LedgerReader | None = None) -> Iterator[Check]:
    path = file_of(settings.workbook, settings.workbook_tab)
    yield from check_file(path)
    if not path.exists():
        return
    ledger_id = str(reader.meta(state_keys.LEDGER_ID)) if reader else "no ledger yet"
    bound = reader.meta(binding_name(settings, reader.meta)) if reader else None
    try:
        lacking = opened(settings, ledger_id, bound, workbook_shape(settings).fields).structure(1)
    except SyncdbError as error:
        yield refused("workbook", "headers", error)
    else:
        yield passed("workbook", "headers", "the next run adds the tab or columns" if lacking else "all columns stand there")


def _filled(answers: Any) -> Any:
    """The answers as settings; which columns are shown makes no difference here."""
    lent = {"columns": None, "rows": "line", "order_filter": None, "order_amounts": "every_line", "workbook_tab": "Orders"}
    return SimpleNamespace(**vars(answers) | lent)


def _mapped(settings: WorkbookSettings) -> tuple[Mapped, ...]:
    fields = (MappedField(field.name, field.label, Rule(Owner.LEFT), field.name) for field in workbook_shape(settings).fields)
    return (Mapped(ORDERS, _place(settings), tuple(fields), _rows(settings)),)


def _rows(settings: WorkbookSettings) -> Callable[[str, str], Callable[[Mapping[str, Any]], list[Record]]]:
    return lambda zone, currency: workbook_mapping(settings, zone, currency).records


def _senders(settings: WorkbookSettings) -> tuple[ShopSender, ...]:
    return (shop_sender(settings),)


REMAINS = (
    "The version of the workbook before the last run that changed it lies beside it (its name has .previous in it) and still "
    "shows what stood there, as do copies that people or backups made: delete them. Columns, notes and tabs of people are theirs "
    "to clear."
)

IMPLEMENTATION = Implementation(
    load,
    open_runs,
    _check,
    lambda settings: f"{settings.shopify_store_name} and {settings.workbook}, all settings are usable",
    orders=OrderTracking(lambda settings: True, sync_of, rows_shown, REMAINS),
    tries={
        "shopify": lambda answers: Tried(check_shop(_filled(answers), ())),
        "workbook": lambda answers: Tried(check_file(file_of(answers.workbook, "Orders"))),
    },
    hearing=Hearing(_senders, lambda settings: kinds_of((ORDERS,)), lambda settings: settings.base_url, one_shop_by_name),
    mapped=_mapped,
    editing=EDITING,
)
