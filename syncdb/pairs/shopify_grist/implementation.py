"""A shop and a Grist document, both ways: from settings to runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from syncdb.clock import Clock
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest
from syncdb.model import Owner, Record, Rule
from syncdb.orders.redaction import catch_up
from syncdb.pairs.base import Hearing, Implementation, Mapped, MappedField, OrderTracking, Run
from syncdb.pairs.chosen import ORDERS, ChosenOrders
from syncdb.pairs.opening import open_ledger
from syncdb.pairs.registry import people_kept
from syncdb.pairs.shopify_grist.attempts import TRIES
from syncdb.pairs.shopify_grist.catalogue_run import catalogue_run
from syncdb.pairs.shopify_grist.checks import check
from syncdb.pairs.shopify_grist.editing import EDITING
from syncdb.pairs.shopify_grist.known_table import rows_shown
from syncdb.pairs.shopify_grist.opened import opening, typed
from syncdb.pairs.shopify_grist.orders_run import order_sync_of, orders_run
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_grist.settings import GristSettings, load
from syncdb.pairs.shopify_grist.tables import (
    order_rows,
)
from syncdb.systems.grist.deliveries import DOCUMENT, DocumentSender
from syncdb.systems.grist.keys import GRIST
from syncdb.systems.sender import Sender
from syncdb.systems.shopify.deliveries import kinds_of, one_shop_by_name, shop_sender


@contextmanager
def open_runs(
    settings: GristSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The runs in their order: the catalogue's, then the orders'. `only` names entities or fields to look at, empty for all.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError, RemoteError, and NeedsPerson for another shop's ledger.
    """
    with (
        open_ledger(settings, request, clock, SHOPIFY_GRIST.name) as ledger,
        opening(settings, ledger, request, clock, progress, make=not request.dry) as opened,
    ):
        if not request.dry:
            catch_up(ledger, people_kept())
        opened = typed(opened)
        selection = opened.settings.selection.only(only)[0] if only else opened.settings.selection
        runs = []
        if selection.entities or selection.pictures:
            runs.append(catalogue_run(opened, selection, part=bool(only)))
        if selection.orders is not None:
            runs.append(orders_run(opened, selection.orders))
        yield runs


def _selected(settings: GristSettings) -> str:
    chosen = [one.entity.name for one in settings.selection.entities] + ([ORDERS] if settings.selection.orders else [])
    return f"{', '.join(chosen)}; to the shop is written: {', '.join(settings.shopify_writes) or 'nothing'}"


def _unknown_fields(settings: GristSettings, names: Sequence[str]) -> list[str]:
    return settings.selection.only(names)[1] if names else []


def _mapped(settings: GristSettings) -> Iterator[Mapped]:
    for one in settings.selection.entities:
        fields = (MappedField(part.field.label, part.column, part.rule, part.field.name) for part in one.fields)
        yield Mapped(one.entity.name, one.table, tuple(fields), id=one.entity.name)
    if orders := settings.selection.orders:
        rules = orders.from_grist
        columns = (MappedField(name, header, rules.get(name, Rule(Owner.LEFT)), name) for name, header in orders.columns)
        yield Mapped(ORDERS, orders.table, tuple(columns), _rows(orders), ORDERS)


def _rows(orders: ChosenOrders) -> Callable[[str, str], Callable[[Mapping[str, Any]], list[Record]]]:
    return lambda zone, currency: order_rows(orders, zone, currency).records


def _senders(settings: GristSettings) -> list[Sender]:
    document = [DocumentSender(GRIST.name, settings.grist_webhook_token)] if settings.grist_webhook_token else []
    return [shop_sender(settings), *document]


def _heard_kinds(settings: GristSettings) -> frozenset[str]:
    chosen = [one.entity.name for one in settings.selection.entities] + ([ORDERS] if settings.selection.orders else [])
    return kinds_of(chosen) | {DOCUMENT.kind}


def _tracks_orders(settings: GristSettings) -> bool:
    return settings.selection.orders is not None


REMAINS = (
    "The document's history (its latest thousand changes or so) still holds what stood there: its owner removes it with "
    'POST /api/docs/DOCUMENT/states/remove and {"keep": 1}, which forgets all older changes for good (the next sync then looks '
    "at everything once). Snapshots (Document history, Snapshots), copies and backups of the document, and whatever its webhooks "
    "told, keep it until they are deleted. Columns and tables that people made are theirs to clear."
)
IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    _selected,
    _unknown_fields,
    OrderTracking(_tracks_orders, order_sync_of, rows_shown, REMAINS),
    TRIES,
    Hearing(_senders, _heard_kinds, lambda settings: settings.base_url, one_shop_by_name),
    mapped=lambda settings: tuple(_mapped(settings)),
    editing=EDITING,
)
