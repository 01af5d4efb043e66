"""What pairs have in common that show orders as rows of a table: which columns, by which rules, what that asks of the shop."""

import random
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, cast

from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.connectors.order_source import Facts
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.presence import Presence
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest, everything_is_due
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping import Amounts, SheetMapping, default_columns
from syncdb.mapping.choice import column
from syncdb.mapping.order_filter import EVERY_ORDER, OrderFilter
from syncdb.mapping.read_along import along_of
from syncdb.mapping.sheet import metafields_of
from syncdb.model import Field, OnDrift, OnMissing, Owner, Policy, Rule
from syncdb.orders.one_reading import OneReading
from syncdb.orders.order_sync import Destination, OrderSync
from syncdb.pairs.filter_places import NO_FILTERS, Filters, check_places, in_filters, place_notes
from syncdb.pairs.metafield_types import Types, learned_types
from syncdb.pairs.opening import limits
from syncdb.systems.check import Check, failed, passed, skipped
from syncdb.systems.shopify.checks import check_horizon, check_version, no_access, same_shop, who_answers
from syncdb.systems.shopify.connecting import shop_of

if TYPE_CHECKING:
    from syncdb.systems.shopify.keys import ShopSettings

ORDERS = "orders"
RowsSetting = Literal["line", "order", "refund", "transaction"]
SCOPE_FOR = {
    "customer": "read_customers",
    "line_items.product": "read_products",
    "line_items.variant": "read_products",
    "payment_terms": "read_payment_terms",
    "retail_location": "read_locations",
    "fulfillments.location": "read_locations",
}


class RowsWanted(Protocol):
    """The settings that say what is shown of an order. `columns` None is the default set, `order_filter` None every order."""

    @property
    def rows(self) -> str: ...

    @property
    def columns(self) -> tuple[tuple[str, str], ...] | None: ...

    @property
    def order_amounts(self) -> str: ...

    @property
    def order_filter(self) -> OrderFilter | None: ...


def row_mapping(wanted: RowsWanted, zone: str, currency: str, longest: int, types: Types | None = None) -> SheetMapping:
    """What the settings want to see of an order, in the shop's time zone and currency; metafields by their `types`.

    Texts are cut to `longest` UTF-16 units.
    """
    rows = cast(RowsSetting, wanted.rows)
    amounts = cast(Amounts, wanted.order_amounts)
    columns = wanted.columns or default_columns(rows)
    orders = wanted.order_filter or EVERY_ORDER
    return SheetMapping(rows, columns, zone, currency, amounts, longest, orders, (types or {}).get("orders", {}))


def policy(settings: RunSettings, fields: Sequence[Field]) -> Policy:
    """Orders belong to the shop: the table follows, in the way the user chose."""
    rule = Rule(Owner.LEFT, OnDrift(settings.edited_cells))
    return Policy({one.name: rule for one in fields}, missing_right=OnMissing(settings.deleted_rows))


def order_sync(
    ledger: Ledger,
    shop: ShopifyClient,
    destination: Destination,
    settings: RunSettings,
    read_columns: Sequence[str],
    fields: Sequence[Field],
    request: RunRequest,
    clock: Clock,
    progress: Progress,
    reading: OneReading | None = None,
    filters: Filters = NO_FILTERS,
) -> OrderSync:
    """The tracking of orders with rows of these `fields` as destination. Runs with the same `reading` read the shop once.

    `filters`: what says which orders are wanted, by its setting.
    """
    due = everything_is_due(ledger, destination.pair, request, clock.now())
    metafields = metafields_of(read_columns)
    learned_types(ledger, shop, {ORDERS: [".".join(name) for name in metafields]}, due=due)
    return OrderSync(
        ledger,
        OrderReader(shop, metafields, along=along_of(read_columns)),
        destination,
        policy(settings, fields),
        limits(settings),
        request,
        clock,
        random.SystemRandom(),
        progress,
        reading=reading or OneReading(),
        strange=lambda: place_notes(shop, in_filters(filters)),
    )


def check_shop(
    settings: "ShopSettings",
    shown: Collection[str],
    reader: LedgerReader | None = None,
    clock: Clock = SYSTEM,
    more: Collection[str] = (),
    filters: Filters = NO_FILTERS,
) -> list[Check]:
    """Token, shop, scopes for the columns that are `shown` and `more`, API version, how far back orders are visible, and
    whether the shop has the locations that `filters` name.
    """
    try:
        with shop_of(settings, clock) as client:
            facts, places = Presence(client).facts(), check_places(client, in_filters(filters))
    except SyncdbError as error:
        return no_access("shopify", error)
    return [
        who_answers("shopify", facts),
        *same_shop(settings, facts, reader),
        *_scopes(shown, more, facts),
        check_horizon(settings, facts, clock.now()),
        check_version(settings, facts, clock.now()),
        *places,
    ]


def _scopes(shown: Collection[str], more: Collection[str], facts: Facts) -> Iterator[Check]:
    if facts.scopes is None:
        yield skipped("shopify", "scopes", "the app may not see its own permissions")
        return
    needs = {need for name in shown if (known := column(name)) for need in known.needs}
    wanted = {scope for path, scope in SCOPE_FOR.items() if any(need == path or need.startswith(f"{path}.") for need in needs)}
    wanted |= set(more)
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
