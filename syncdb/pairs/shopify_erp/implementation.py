"""A shop and an ERP's database, both ways: from settings to a run."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.queue_watch import QueueWatch
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest
from syncdb.pairs.base import Hearing, Implementation, Run, Watch
from syncdb.pairs.opening import open_ledger, retrier
from syncdb.pairs.shopify_erp.checks import check, check_shop
from syncdb.pairs.shopify_erp.database_actions import DATABASE_ACTIONS
from syncdb.pairs.shopify_erp.editing import EDITING, mapped
from syncdb.pairs.shopify_erp.fields import FIELDS
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_erp.people import ERP_PEOPLE
from syncdb.pairs.shopify_erp.run import ErpRun
from syncdb.pairs.shopify_erp.run_actions import run_actions
from syncdb.pairs.shopify_erp.settings import ErpSettings, load
from syncdb.pairs.shopify_erp.switches import KEPT
from syncdb.pairs.shopify_erp.webhooks import WEBHOOK_ACTIONS
from syncdb.systems.postgres.checks import check_erp
from syncdb.systems.postgres.connecting import erp_of, erp_tables
from syncdb.systems.questions import Tried
from syncdb.systems.shopify.connecting import connected_shop
from syncdb.systems.shopify.deliveries import kinds_of, one_shop_by_name, shop_sender


@contextmanager
def open_runs(
    settings: ErpSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The one run. `only` names entities to look at, empty for all that are switched on in the ERP.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError and RemoteError.
    """
    tables = erp_tables(settings)
    with (
        open_ledger(settings, request, clock, SHOPIFY_ERP.name) as ledger,
        connected_shop(settings, clock, retrier(settings, clock)) as shopify,
        erp_of(settings, clock, patient=True) as database,
    ):
        rng = random.SystemRandom()
        run = ErpRun(settings, ledger, shopify, database, tables, request, tuple(only))
        yield [
            Run(
                "erp",
                f"{settings.shopify_store_name} and the ERP at {settings.erp_database_url.shown}",
                SHOPIFY_ERP.words,
                FIELDS,
                tracks_orders=False,
                start=lambda: run.run(clock, rng, progress),
                plans=lambda: run.plans,
                audit=lambda period: nullcontext(run.audited(clock, rng, progress)),
            )
        ]


def _selected(settings: ErpSettings) -> str:
    return "products, stock, customers and orders, as far as the ERP's table api_settings switches them on"


def _unknown_fields(settings: ErpSettings, names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in KEPT]


def _heard_kinds(settings: ErpSettings) -> frozenset[str]:
    return kinds_of(KEPT)


@contextmanager
def _watched(settings: ErpSettings, clock: Clock) -> Iterator[Watch]:
    database = ErpDatabase(settings.erp_database_url, clock, deadline=1.0)  # a glance waits for nobody
    try:
        yield QueueWatch(database, erp_tables(settings), clock)
    finally:
        database.close()


IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    _selected,
    _unknown_fields,
    tries={
        "shopify": lambda answers: Tried(check_shop(answers, None)),
        "erp": lambda answers: Tried(check_erp(answers, SYSTEM)),
    },
    people=ERP_PEOPLE,
    hearing=Hearing(
        lambda settings: (shop_sender(settings),),
        _heard_kinds,
        lambda settings: settings.base_url,
        one_shop_by_name,
    ),
    actions={**DATABASE_ACTIONS, **run_actions(open_runs), **WEBHOOK_ACTIONS},
    mapped=lambda settings: tuple(mapped(settings)),
    editing=EDITING,
    watch=_watched,
)
