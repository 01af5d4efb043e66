"""The workbook as the place where orders go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.base import Connector
from syncdb.connectors.workbook import FileBinding, WorkbookConnector
from syncdb.connectors.workbook.book import file_of
from syncdb.connectors.workbook.cell_xml import LONGEST_TEXT
from syncdb.engine.request import RunRequest
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.pairs import RegisteredPair
from syncdb.mapping import SheetMapping
from syncdb.model import Field, Side
from syncdb.orders.order_sync import RowMapping
from syncdb.pairs.metafield_types import Types, stored_types
from syncdb.pairs.orders_as_rows import ORDERS, row_mapping
from syncdb.pairs.shopify_workbook.known_as import remember
from syncdb.pairs.shopify_workbook.pair import SHOPIFY_WORKBOOK
from syncdb.pairs.shopify_workbook.settings import WorkbookSettings
from syncdb.values import Value


@dataclass(slots=True)
class WorkbookDestination:
    """The workbook of these settings, tied to the ledger by a binding that is kept from run to run."""

    settings: WorkbookSettings
    ledger: Ledger
    request: RunRequest
    pair: str = field(init=False)
    connector: WorkbookConnector = field(init=False)

    def __post_init__(self) -> None:
        """Look at the file first of all: one that cannot be used is told before orders are read."""
        self.pair = remember(self.settings, self.ledger)
        self.connector = opened(
            self.settings,
            self.ledger.id,
            self.ledger.runs.get(state_keys.binding(self.pair)),
            workbook_shape(self.settings).fields,
            take_over=self.request.force,
            dry=self.request.dry,
        )
        if not self.request.dry:
            self.connector.structure(1)
        self.ledger.register(RegisteredPair(self.pair, SHOPIFY_WORKBOOK.name, ORDERS, tracks_orders=True))

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        types = stored_types(self.ledger.runs.get(state_keys.METAFIELD_TYPES))
        return self.connector, workbook_mapping(self.settings, str(shop["zone"]), str(shop["currency"]), types)

    def remember(self) -> None:
        if self.connector.binding is not None:
            self._keep(state_keys.binding(self.pair), self.connector.binding.as_data())

    def changed(self) -> Sequence[str] | None:
        """Everything is looked at where the file is not as the last run left it."""
        state = self.connector.state()
        return () if state and state == self.ledger.runs.get(self._cursor) else None

    def without_key(self) -> Mapping[str, Mapping[str, Value]]:
        return self.connector.without_key()

    def settled(self) -> None:
        self._keep(self._cursor, self.connector.state())

    def put_back(self, seen: str) -> str:
        """A workbook put back to an earlier version is filled again from the shop, which owns every cell."""
        return ""

    def held(self) -> Mapping[str, str]:
        """A workbook's cells have their types each by itself."""
        return {}

    def tidy(self, tokens: Sequence[int]) -> None:
        """Writes leave no traces in the file."""

    def close(self) -> None:
        self.connector.close()

    @property
    def _cursor(self) -> str:
        return state_keys.cursor(self.pair, Side.RIGHT.value)

    def _keep(self, name: str, value: Any) -> None:
        if self.ledger.runs.get(name) != value:
            with self.ledger.transaction():
                self.ledger.runs.put(name, value)


def opened(
    settings: WorkbookSettings, ledger_id: str, bound: Any, fields: Sequence[Field], *, take_over: bool = False, dry: bool = False
) -> WorkbookConnector:
    """The connector over the file."""
    return WorkbookConnector(
        file_of(settings.workbook, settings.workbook_tab),
        tab=settings.workbook_tab,
        fields=fields,
        key="key",
        ledger_id=f"{ledger_id}:{settings.rows}",
        binding=FileBinding.from_data(bound) if bound else None,
        take_over=take_over,
        dry=dry,
    )


def workbook_mapping(settings: WorkbookSettings, zone: str, currency: str, types: Types | None = None) -> SheetMapping:
    """What the settings want to see of an order, in the shop's time zone and currency; metafields by their `types`."""
    return row_mapping(settings, zone, currency, LONGEST_TEXT, types)


def workbook_shape(settings: WorkbookSettings) -> SheetMapping:
    """The same before the shop has said anything of itself: for the columns and headers, which do not depend on it."""
    return workbook_mapping(settings, "UTC", "XXX")
