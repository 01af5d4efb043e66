"""From settings to the parts of a run: the one place that knows which connector, mapping and policy go together."""

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, cast

import requests

from syncdb.clock import Clock
from syncdb.config import Settings, ShopSettings
from syncdb.connectors.base import Connector
from syncdb.connectors.google_sheets.account import open_account
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.periods import PeriodTabs
from syncdb.connectors.google_sheets.target import find_spreadsheet
from syncdb.connectors.shopify.client import ShopifyClient, base_address, shop_domain
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.tokens import ClientCredentials, StaticToken, TokenSource
from syncdb.engine.guards import Limits
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest, everything_is_due
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.file import damage_told
from syncdb.mapping import SheetMapping, default_columns
from syncdb.model import Field, OnDrift, OnMissing, Owner, Policy, Rule
from syncdb.orders.order_sync import OrderSync, RowMapping
from syncdb.pairs.shopify_sheets.tabs import (
    Opening,
    Tabs,
    TargetSpreadsheet,
    open_tabs,
    spreadsheet_in,
    spreadsheet_name,
    to_remember,
)

log = logging.getLogger("syncdb.pairs.shopify_sheets.pair")

RowsSetting = Literal["line", "order"]


@dataclass(slots=True)
class SheetDestination:
    """The Google Sheet of these settings, tied to the ledger by a binding that is kept from run to run."""

    settings: Settings
    ledger: Ledger
    client: Client
    request: RunRequest
    clock: Clock
    rng: random.Random
    pair: str = field(init=False)
    _place: TargetSpreadsheet = field(init=False)
    connector: Tabs | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Find the spreadsheet first of all: a wrong key or a sheet that is not shared is told before anything is read."""
        get = self.ledger.runs.get
        found = spreadsheet_in(self.settings, get) or find_spreadsheet(self.client, self.settings.target_spreadsheet)
        self._place = TargetSpreadsheet(self.settings, found, self.ledger.connection, get)
        self.pair = self._place.pair

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        mapping = sheet_mapping(self.settings, str(shop["zone"]), str(shop["currency"]))
        for other in self._place.left_behind():
            log.warning("%s", other)
        opening = Opening(
            self.client,
            mapping.fields,
            self.ledger.id,
            take_over=self.request.force,
            dry=self.request.dry,
            everything=everything_is_due(self.ledger, self.pair, self.request, self.clock.now()),
            clock=self.clock,
            rng=self.rng,
        )
        self.connector = open_tabs(self._place, opening)
        return self.connector, mapping

    def remember(self) -> None:
        if self.connector is None:
            return
        for name, binding in to_remember(self.settings, self.connector).items():
            self._keep(name, binding.as_data())
        if isinstance(self.connector, PeriodTabs):
            self._keep(self._place.zone_name, self._place.zone)
            self._keep(spreadsheet_name(self.settings), self._place.spreadsheet_id)
            self._keep(self._place.periods_name, sorted({*self._place.periods, *self.connector.bindings}))

    def _keep(self, name: str, value: Any) -> None:
        if self.ledger.runs.get(name) != value:
            with self.ledger.transaction():
                self.ledger.runs.put(name, value)

    def changed(self) -> Sequence[str]:
        """A sheet does not tell what people changed: that is found by the daily look."""
        return ()

    def settled(self) -> None:
        """Nothing was told, so there is nothing to note."""

    def tidy(self, tokens: Sequence[int]) -> None:
        if self.connector is not None:
            self.connector.tidy(tokens)

    def close(self) -> None:
        self.client.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """A run ready to go, and the fields that its sheet shows."""

    sync: OrderSync
    fields: tuple[Field, ...]


@contextmanager
def assemble(settings: Settings, request: RunRequest, clock: Clock, progress: Progress) -> Iterator[Parts]:
    """Put the parts of a run together and let go of them at the end.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError, and RemoteError where the spreadsheet cannot be found.
    """
    rng = random.SystemRandom()
    with damage_told(settings.db_path), ExitStack() as stack:
        now = clock.now()
        ledger = stack.enter_context(Ledger.copy(settings.db_path, now) if request.dry else Ledger.open(settings.db_path, now))
        retrier = Retrier(deadline=settings.deadline_seconds, clock=clock)
        account = open_account(settings.google_service_account_file, settings.google_api_base_url)
        google = Client(account, base_url=settings.google_api_base_url, clock=clock, retrier=retrier)
        stack.callback(google.close)
        session = stack.enter_context(requests.Session())
        shopify = shopify_client(settings, session, clock, retrier)
        destination = SheetDestination(settings, ledger, google, request, clock, rng)
        shape = sheet_mapping(settings, "UTC", "XXX")
        sync = OrderSync(
            ledger,
            OrderReader(shopify, shape.metafields),
            destination,
            policy(settings, shape.fields),
            Limits(changed_percent=settings.max_changed_percent),
            request,
            clock,
            rng,
            progress,
        )
        yield Parts(sync, shape.fields)


def sheet_mapping(settings: Settings, zone: str, currency: str) -> SheetMapping:
    """What the settings want to see of an order, in the shop's time zone and currency."""
    rows = cast(RowsSetting, settings.rows)
    return SheetMapping(rows, settings.columns or default_columns(rows), zone, currency)


def policy(settings: Settings, fields: Sequence[Field]) -> Policy:
    """Orders belong to the shop: the sheet follows, in the way the user chose."""
    rule = Rule(Owner.LEFT, OnDrift(settings.edited_cells))
    return Policy({one.name: rule for one in fields}, missing_right=OnMissing(settings.deleted_rows))


def run_request(settings: ShopSettings, *, full: bool = False, force: bool = False, dry: bool = False) -> RunRequest:
    """What the settings, and these options of a command, ask of a run."""
    return RunRequest(
        lookback=timedelta(days=settings.lookback_days),
        overlap=timedelta(minutes=settings.overlap_minutes),
        examine_every=timedelta(hours=settings.drift_check_hours),
        full=full,
        force=force,
        dry=dry,
        keep=timedelta(days=settings.history_days) if settings.history_days else None,
    )


def shopify_client(settings: ShopSettings, session: requests.Session, clock: Clock, retrier: Retrier) -> ShopifyClient:
    """The way to the shop of the settings."""
    return ShopifyClient(
        settings.shopify_store_name,
        token_source(settings, session, clock, retrier),
        settings.shopify_api_version,
        settings.shopify_base_url,
        clock,
        retrier,
        session,
    )


def token_source(settings: ShopSettings, session: requests.Session, clock: Clock, retrier: Retrier) -> TokenSource:
    """The access token of the settings, or the client credentials that one is asked for with."""
    if settings.shopify_access_token:
        return StaticToken(settings.shopify_access_token)
    address = base_address(shop_domain(settings.shopify_store_name), settings.shopify_base_url)
    return ClientCredentials(
        address, str(settings.shopify_client_id), str(settings.shopify_client_secret), session, clock, retrier
    )
