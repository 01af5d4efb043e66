"""The run that brings what Sentos did with orders back into the shop."""

from syncdb.connectors.sentos.progress import SentosProgress
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.ending import OrderEnder
from syncdb.connectors.shopify.ordering.shipping import SCOPE, Shipper
from syncdb.engine.pair_run import EntitySync, PairRun
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.recording import recorded
from syncdb.engine.report import Note, Report
from syncdb.errors import SyncdbError
from syncdb.model import Field, OnMissing, Policy, Side
from syncdb.pairs.base import Run, RunResults
from syncdb.pairs.opening import limits
from syncdb.pairs.shopify_sentos.checked_side import CheckedSide
from syncdb.pairs.shopify_sentos.opened import Opened
from syncdb.pairs.shopify_sentos.order_wishes import ISTANBUL
from syncdb.pairs.shopify_sentos.orders import registered
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.pairs.shopify_sentos.results import Counted, planned
from syncdb.pairs.shopify_sentos.shipments import BACK, SHIPMENTS, ShopOrders
from syncdb.values import Kind, digest

SHIPMENT_FIELDS = (Field("shipped", "Shipped", Kind.TEXT), Field("cancelled", "Cancelled", Kind.FLAG))
NOT_ALLOWED = Note(
    SHIPMENTS,
    f"What Sentos shipped or cancelled is not brought back: the app may not write it (access scope {SCOPE}).",
    "Give it that scope, or name in shopify_writes what else may be written, in place of all.",
)


def shipments_run(opened: Opened) -> Run:
    """What Sentos did with the orders that were sent, back into the shop."""
    settings = opened.settings
    desk = OrderDesk(Conversation(opened.shopify))

    def start() -> Report:
        if _may(desk.conversation):
            return sync.run()
        name = registered(opened.ledger, opened.sentos.host, SHIPMENTS)
        return recorded(opened.ledger, name, opened.request.dry, opened.clock, lambda report: report.note(NOT_ALLOWED))

    shop = ShopOrders(opened.ledger, f"{opened.shop_name}-", Shipper(desk, notify=settings.sentos_notify), OrderEnder(desk))
    left = CheckedSide(shop)
    sync = PairSync(opened.ledger, _pair_run(opened, left), opened.request, opened.clock, opened.rng, opened.progress)

    def results() -> RunResults:
        plan = sync.plans.get(SHIPMENTS)
        told = planned(plan.operations, left.why_not) if opened.request.dry and plan else left.told
        counted = Counted({operation.key: opened.called(operation.key) for operation, _ in told})
        counted.take(told, lambda operation: operation.key)
        return counted.results()

    return Run(
        SHIPMENTS,
        f"shipments of Sentos ({opened.sentos.host}) in {settings.shopify_store_name}",
        SHOPIFY_SENTOS.words,
        {SHIPMENTS: tuple(one for one in SHIPMENT_FIELDS if one.name in settings.back)},
        tracks_orders=False,
        start=start,
        plans=lambda: sync.plans,
        results=results,
    )


def _may(conversation: Conversation) -> bool:
    """Whether the app may ship. Where the shop does not answer, the run meets and tells that."""
    try:
        return conversation.shop().may(SCOPE)
    except SyncdbError:
        return True


def _pair_run(opened: Opened, left: CheckedSide) -> PairRun:
    settings, right = opened.settings, _of_sentos(opened)
    rules = dict.fromkeys(settings.back, BACK)
    policy = Policy(rules, OnMissing.RESPECT, OnMissing.RESPECT, create_left=False, create_right=False)
    name = registered(opened.ledger, opened.sentos.host, SHIPMENTS)
    entity = EntitySync(SHIPMENTS, EntityPair(name, left, right, policy, limits(settings)), digest([*settings.back]), {})
    return PairRun(name, [entity], {Side.RIGHT: right}, lambda: None, tuple)


def _of_sentos(opened: Opened) -> SentosProgress:
    destination = opened.destination()
    records = opened.ledger.records(registered(opened.ledger, opened.sentos.host, SHIPMENTS))
    return SentosProgress(
        opened.sentos,
        destination.connector.finder,
        f"{opened.shop_name}-",
        destination.since,
        lambda: opened.clock.now().astimezone(ISTANBUL).date(),
        lambda: (key for key, _ in records.all_keys()),
    )
