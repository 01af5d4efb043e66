"""A shop and Sentos: from settings to runs. Orders go first, so that Sentos' stock counts them when it is read."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

from syncdb.clock import Clock
from syncdb.connectors.sentos.catalogue import SentosCatalogue, known_products
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.products.contents import byte_session
from syncdb.engine.progress import Progress
from syncdb.engine.report import Note, Report
from syncdb.engine.request import RunRequest
from syncdb.errors import ConfigurationError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Operation, Side
from syncdb.orders.order_audit import audited_orders
from syncdb.orders.order_sync import OrderSync
from syncdb.pairs.base import Hearing, Implementation, Mapped, MappedField, OrderTracking, RowsShown, Run, RunResults
from syncdb.pairs.filter_places import place_notes
from syncdb.pairs.opening import limits, open_ledger, retrier
from syncdb.pairs.shopify_sentos.attempts import TRIES
from syncdb.pairs.shopify_sentos.checks import check
from syncdb.pairs.shopify_sentos.detecting import ACTIONS
from syncdb.pairs.shopify_sentos.editing import EDITING
from syncdb.pairs.shopify_sentos.goods_run import GoodsRun
from syncdb.pairs.shopify_sentos.opened import Opened
from syncdb.pairs.shopify_sentos.order_wishes import places_asked
from syncdb.pairs.shopify_sentos.orders import FIELDS, ORDERS, OrdersToSentos, order_policy, registered
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.pairs.shopify_sentos.results import Counted, planned
from syncdb.pairs.shopify_sentos.rules import names_of_goods
from syncdb.pairs.shopify_sentos.settings import SentosSettings, load
from syncdb.pairs.shopify_sentos.shipments_run import shipments_run
from syncdb.systems.sentos.connecting import connected_sentos
from syncdb.systems.sentos.keys import SENTOS
from syncdb.systems.shopify.connecting import connected_shop
from syncdb.systems.shopify.deliveries import kinds_of, one_shop_by_name, shop_sender
from syncdb.wording import counted, some_of

MOST_NAMED = 10


@contextmanager
def open_runs(
    settings: SentosSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The runs in their order: the orders', then the catalogue's. `only` names entities or fields to look at, empty for all.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError, RemoteError, and NeedsPerson for another shop's ledger.
    """
    goods = [name for name in only if name in names_of_goods()]
    if settings.orders is None and list(only) == [ORDERS]:
        raise ConfigurationError(
            ["sentos_channel_id is not set, so no orders can be made in Sentos."],
            next_step="docs/sentos.md says how to find the number. Nothing was contacted.",
        )
    with (
        open_ledger(settings, request, clock, SHOPIFY_SENTOS.name) as ledger,
        _opened(settings, ledger, request, clock, progress) as opened,
    ):
        runs = []
        if settings.orders is not None and (not only or ORDERS in only):
            runs.append(_orders_run(opened))
            runs += [shipments_run(opened)] if settings.back and not request.only_named else []
        if (not only or goods) and not request.only_named:  # webhooks name orders
            runs.append(_goods_run(opened, goods))
        yield runs


@contextmanager
def _opened(settings: SentosSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress) -> Iterator[Opened]:
    with ExitStack() as stack:
        trying = retrier(settings, clock)
        shopify = stack.enter_context(connected_shop(settings, clock, trying))
        sentos = stack.enter_context(connected_sentos(settings, ledger, clock, trying))
        session = stack.enter_context(byte_session())
        name = registered(ledger, sentos.host)
        catalogue = SentosCatalogue(
            sentos,
            settings.sentos_price_list,
            ledger.runs.get(state_keys.absent(name)) or {},
            known_products(ledger.runs.get(state_keys.cursor(name, Side.RIGHT.value))),
        )
        yield Opened(settings, request, clock, progress, random.SystemRandom(), ledger, shopify, sentos, catalogue, session)


# --- orders


def _order_sync(opened: Opened, destination: OrdersToSentos) -> OrderSync:
    settings = opened.settings
    return OrderSync(
        opened.ledger,
        OrderReader(opened.shopify, ()),
        destination,
        order_policy(settings.orders, settings.sentos_write),
        limits(settings),
        opened.request,
        opened.clock,
        opened.rng,
        opened.progress,
        strange=lambda: place_notes(opened.shopify, places_asked(settings.orders)),
    )


def _orders_run(opened: Opened) -> Run:
    destination = opened.destination()
    sync = _order_sync(opened, destination)
    plans: list[Operation] = []

    def start() -> Report:
        report = sync.run()
        plans.extend(report.plan.operations if opened.request.dry and report.plan else ())
        for notice in destination.connector.news():
            report.note(Note(notice.code, notice.message, notice.next_step))
        if destination.records.unsent_names and not opened.settings.sentos_write:
            report.note(_switched_off(list(destination.records.unsent_names.values())))
        return report

    def results() -> RunResults:
        counted = Counted({**destination.records.unsent_names, **_names(opened.ledger, destination)})
        told = planned(plans, destination.why_not) if opened.request.dry else destination.heard.told
        counted.take(told, lambda operation: operation.key)
        return counted.results()

    return Run(
        ORDERS,
        f"orders of {opened.settings.shopify_store_name} in Sentos ({opened.sentos.host})",
        SHOPIFY_SENTOS.words,
        {ORDERS: FIELDS},
        tracks_orders=True,
        start=start,
        results=results,
        audit=lambda period: audited_orders(sync, period, FIELDS),
    )


def _names(ledger: Ledger, destination: OrdersToSentos) -> Mapping[str, str]:
    """What the orders are called that this run wrote or was refused."""
    records = ledger.records(destination.pair)
    told = ((op.key, {**op.changes, **records.base(op.key)}) for op, _ in destination.heard.told)
    return {key: str(name) for key, fields in told if (name := fields.get("order_name"))}


def _switched_off(names: Sequence[str]) -> Note:
    return Note(
        "write off",
        f"{counted(len(names), 'order')} would be sent to Sentos, but sentos_write is off: {some_of(names, MOST_NAMED)}.",
        "Look at the plan with --test, try a few with --limit 5, then set sentos_write to true.",
    )


@contextmanager
def _order_sync_of(
    settings: SentosSettings, ledger: Ledger, request: RunRequest, clock: Clock, progress: Progress
) -> Iterator[OrderSync]:
    """The tracking of orders over a ledger that is open already."""
    with _opened(settings, ledger, request, clock, progress) as opened:
        yield _order_sync(opened, opened.destination())


# --- products


def _goods_run(opened: Opened, only: Sequence[str]) -> Run:
    run = GoodsRun(opened.settings, opened.ledger, opened.shopify, opened.catalogue, opened.request, opened.session, tuple(only))

    def start() -> Report:
        destination = opened.destination()
        return run.run(opened.clock, opened.rng, opened.progress, destination)

    return Run(
        "products",
        f"Sentos ({opened.sentos.host}) and {opened.settings.shopify_store_name}",
        SHOPIFY_SENTOS.words,
        run.fields(),
        tracks_orders=False,
        start=start,
        plans=lambda: run.plans,
        results=run.results,
        audit=lambda period: nullcontext(
            run.audited(opened.clock, opened.rng, opened.progress, opened.destination()),
        ),
    )


def _selected(settings: SentosSettings) -> str:
    goods = ", ".join(f"{entity} ({', '.join(names)})" for entity, names in settings.rules.written.items() if names)
    orders = "sent to Sentos" if settings.orders and settings.sentos_write else "not sent (sentos_write)"
    back = f"; of orders, what Sentos did with them is written to the shop: {', '.join(settings.back)}" if settings.back else ""
    return f"to the shop is written: {goods or 'nothing (shopify_writes)'}; orders are {orders}{back}"


def _mapped(settings: SentosSettings) -> Iterator[Mapped]:
    for entity in settings.rules.written:
        fields = (MappedField(name, name, rule, name) for name, rule in settings.rules.rules(entity).items())
        yield Mapped(entity, SENTOS.title, tuple(fields), id=entity)


def _unknown_fields(settings: SentosSettings, names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in names_of_goods() | {ORDERS}]


def _tracks_orders(settings: SentosSettings) -> bool:
    return settings.orders is not None


def _rows_shown(settings: SentosSettings, reader: LedgerReader, clock: Clock) -> RowsShown | None:
    """Not every order goes to Sentos, so that one which is not there is not missing."""
    return None


def _heard_kinds(settings: SentosSettings) -> frozenset[str]:
    return kinds_of((ORDERS,) if settings.orders is not None else ())


REMAINS = (
    "Sentos itself: an order that was sent keeps its customer, addresses and telephone number, because no way is known to change "
    "them there. Remove them in the panel of Sentos, or ask Sentos."
)
IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    _selected,
    _unknown_fields,
    OrderTracking(_tracks_orders, _order_sync_of, _rows_shown, REMAINS),
    TRIES,
    hearing=Hearing(
        lambda settings: (shop_sender(settings),), _heard_kinds, lambda settings: settings.base_url, one_shop_by_name
    ),
    actions=ACTIONS,
    mapped=lambda settings: tuple(_mapped(settings)),
    editing=EDITING,
)
