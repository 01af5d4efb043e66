"""The Google Sheet as the place where orders go: which tabs, which columns, by which rules."""

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.base import Connector
from syncdb.connectors.google_sheets.cells import LONGEST_TEXT
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.periods import PeriodTabs
from syncdb.connectors.google_sheets.structure import tabs_of
from syncdb.connectors.google_sheets.target import find_spreadsheet, is_title, opens
from syncdb.engine.request import RunRequest, everything_is_due
from syncdb.errors import Refused
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.pairs import RegisteredPair
from syncdb.mapping import SheetMapping
from syncdb.mapping.plain_rows import PLAIN, plain_fields
from syncdb.model import Field
from syncdb.orders.order_sync import RowMapping
from syncdb.pairs.metafield_types import Types, stored_types
from syncdb.pairs.orders_as_rows import row_mapping
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.periods import ONE
from syncdb.pairs.shopify_sheets.settings import SheetsSettings
from syncdb.pairs.shopify_sheets.tabs import (
    Opening,
    Tabs,
    TargetSpreadsheet,
    open_tabs,
    spreadsheet_in,
    spreadsheet_name,
    to_remember,
)
from syncdb.values import Value

log = logging.getLogger("syncdb.sheets")


@dataclass(slots=True)
class SheetDestination:
    """The Google Sheet of these settings, tied to the ledger by a binding that is kept from run to run."""

    settings: SheetsSettings
    ledger: Ledger
    client: Client
    request: RunRequest
    clock: Clock
    rng: random.Random
    pair: str = field(init=False)
    _place: TargetSpreadsheet = field(init=False)
    connector: Tabs | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Find and look at the spreadsheet first of all: one that is not shared or not ours is told before orders are read."""
        get = self.ledger.runs.get
        found = self._remembered() or find_spreadsheet(self.client, self.settings.target_spreadsheet)
        self._place = TargetSpreadsheet(self.settings, found, self.ledger.connection, get)
        self.pair = self._place.pair
        if not self.request.dry:
            self._look_first()
        self._register()

    @property
    def runs(self) -> str:
        """The name of the runs in the ledger, where that is another than the pair's: what is shown are no orders."""
        return f"{self.pair}:runs"

    def _register(self) -> None:
        self._keep(state_keys.route(self.pair), self.settings.route or None)
        plain = PLAIN.get(self.settings.rows)
        if plain is None:
            self.ledger.register(RegisteredPair(self.pair, SHOPIFY_SHEETS.name, "orders", tracks_orders=True))
            return
        self.ledger.register(RegisteredPair(self.pair, SHOPIFY_SHEETS.name, plain.entity.name))
        self.ledger.register(RegisteredPair(self.runs, SHOPIFY_SHEETS.name, ""))

    def _remembered(self) -> str | None:
        """The spreadsheet that an earlier run found. With --force, one that is gone is forgotten if a title stood for it."""
        known = spreadsheet_in(self.settings, self.ledger.runs.get)
        if known is None or not self.request.force or not is_title(self.settings.target_spreadsheet):
            return known
        try:
            return known if opens(self.client, known) else None
        except Refused:  # not shared any more; if it is something else, looking the title up says so
            return None

    def _look_first(self) -> None:
        """Before a place is used for the first time: may it be opened, and is the tab free or ours? Two requests.

        Raises Refused where it may not be opened, NeedsPerson where the tab is somebody else's.
        """
        if self.ledger.runs.get(state_keys.shown(self.pair)):
            return  # used before, and a run that only looks at what changed has little to read in vain
        if self.settings.tabs_by != ONE:
            tabs_of(self.client, self._place.spreadsheet_id)
            return
        opening = Opening(
            self.client, sheet_fields(self.settings), self.ledger.id, take_over=self.request.force, clock=self.clock, rng=self.rng
        )
        open_tabs(self._place, opening).structure(1)

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        types = stored_types(self.ledger.runs.get(state_keys.METAFIELD_TYPES))
        mapping = sheet_mapping(self.settings, str(shop["zone"]), str(shop["currency"]), types)
        return self.connect(mapping.fields), mapping

    def connect(self, fields: Sequence[Field]) -> Tabs:
        """The connector over the tab or tabs, with these columns."""
        for other in self._place.left_behind():
            log.warning("%s", other)
        opening = Opening(
            self.client,
            fields,
            self.ledger.id,
            take_over=self.request.force,
            dry=self.request.dry,
            everything=everything_is_due(self.ledger, self.pair, self.request, self.clock.now()),
            clock=self.clock,
            rng=self.rng,
        )
        self.connector = open_tabs(self._place, opening)
        return self.connector

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

    def put_back(self, seen: str) -> str:
        """A sheet has no states. One put back to an earlier version is filled again from the shop, which owns every cell."""
        return ""

    def held(self) -> Mapping[str, str]:
        """A sheet's cells have their types each by itself."""
        return {}

    def without_key(self) -> Mapping[str, Mapping[str, Value]]:
        return self.connector.without_key() if self.connector is not None else {}

    def settled(self) -> None:
        """Nothing was told, so there is nothing to note."""

    def tidy(self, tokens: Sequence[int]) -> None:
        if self.connector is not None:
            self.connector.tidy(tokens)

    def close(self) -> None:
        self.client.close()


def sheet_mapping(settings: SheetsSettings, zone: str, currency: str, types: Types | None = None) -> SheetMapping:
    """What the settings want to see of an order, in the shop's time zone and currency; metafields by their `types`."""
    return row_mapping(settings, zone, currency, LONGEST_TEXT, types)


def sheet_shape(settings: SheetsSettings) -> SheetMapping:
    """The same before the shop has said anything of itself: for the columns and headers, which do not depend on it."""
    return sheet_mapping(settings, "UTC", "XXX")


def sheet_fields(
    settings: SheetsSettings, zone: str = "UTC", currency: str = "XXX", types: Types | None = None
) -> tuple[Field, ...]:
    """The columns and headers of a tab, whatever it shows: they do not depend on the shop, but for the types of metafields."""
    if settings.rows in PLAIN:
        named = (types or {}).get(PLAIN[settings.rows].entity.name, {})
        return plain_fields(settings.rows, settings.columns, named)
    return sheet_mapping(settings, zone, currency, types).fields
