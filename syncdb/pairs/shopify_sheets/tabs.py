"""The tab or tabs of these settings: what they are called in the spreadsheet and in the ledger, and the connector over them."""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.connector import SheetConnector
from syncdb.connectors.google_sheets.periods import PeriodTabs
from syncdb.connectors.google_sheets.placing import Ages
from syncdb.ledger import state_keys
from syncdb.ledger.queries.order_dates import created, created_and_waiting
from syncdb.model import Field
from syncdb.pairs.shopify_sheets.pair import PLAIN_ROWS
from syncdb.pairs.shopify_sheets.periods import BY, ONE, named_for, period_of
from syncdb.pairs.shopify_sheets.settings import SheetsSettings

if TYPE_CHECKING:
    import sqlite3

    from syncdb.mapping.choice import Rows

Tabs = SheetConnector | PeriodTabs
_NUMBER = re.compile(r"/(\d+)")
Get = Callable[[str], Any]  # a remembered value of the ledger by name


@dataclass(frozen=True, slots=True)
class TargetSpreadsheet:
    """Where these settings have their orders, as the ledger knows it. Nothing here is changed or sent."""

    settings: SheetsSettings
    spreadsheet_id: str  # of target_spreadsheet
    connection: "sqlite3.Connection"
    get: Get

    @property
    def pair(self) -> str:
        """Its name in the ledger: another setting is another place."""
        return self._pair(self.settings.tabs_by)

    def _pair(self, by: str) -> str:
        one = self.settings
        return f"sheets:{self.spreadsheet_id}:{one.target_worksheet}:{one.rows}" + ("" if by == ONE else f":{by}")

    def left_behind(self) -> list[str]:
        """What a person should know before the first run under another `tabs_by`: the orders in the old tabs stay as they are."""
        if self.get(state_keys.shown(self.pair)):
            return []
        return [
            f"tabs_by is {self.settings.tabs_by} now: all orders of the ledger are written to new tabs. The rows that were kept "
            f"under tabs_by = {by} stay as they are and are not kept true any more; delete them when you do not need them."
            for by in BY
            if by != self.settings.tabs_by and self.get(state_keys.shown(self._pair(by)))
        ]

    @property
    def periods(self) -> list[str]:
        """The periods that have had a tab."""
        return list(self.get(self.periods_name) or ())

    @property
    def periods_name(self) -> str:
        return state_keys.periods(self.pair)

    @property
    def zone_name(self) -> str:
        return state_keys.zone_of_periods(self.pair)

    @property
    def zone(self) -> str:
        """The time zone by which orders are divided: that of the shop when the place came into being, so that no order moves when
        the shop's time zone is changed."""
        return str(self.get(self.zone_name) or self.get(state_keys.SHOP)["zone"])

    def bindings(self) -> dict[str, TabBinding | None]:
        """What the last run left of each period's tab."""
        return {period: binding_in(self.settings, self.get, period) for period in self.periods}

    def periods_of(self, keys: Sequence[str]) -> dict[str, str]:
        """The periods of the orders behind these keys."""
        zone = ZoneInfo(self.zone)
        found = created(self.connection, self.pair, keys)
        return {key: period_of(at, self.settings.tabs_by, zone) for key, at in found.items()}

    def ages(self, keys: Sequence[str]) -> Mapping[str, str]:
        """When (ISO, UTC) the orders behind these keys were created, as far as they are known; ids of others rise with time."""
        if self.settings.rows in PLAIN_ROWS:
            return {key: found[1].zfill(20) for key in keys if (found := _NUMBER.search(key))}
        return created(self.connection, self.pair, keys)

    def waiting(self) -> set[str]:
        """The periods with orders that the sheet has to hear of."""
        zone = ZoneInfo(self.zone)
        return {period_of(at, self.settings.tabs_by, zone) for at in created_and_waiting(self.connection, self.pair)}


def spreadsheet_name(settings: SheetsSettings) -> str:
    """The name under which the ledger keeps which spreadsheet is meant, where no tab says it."""
    return state_keys.target(settings.target_spreadsheet)


def spreadsheet_in(settings: SheetsSettings, get: Get) -> str | None:
    """The spreadsheet that an earlier run found for target_spreadsheet."""
    if settings.tabs_by != ONE:
        found = get(spreadsheet_name(settings))
        return str(found) if found else None
    bound = binding_in(settings, get)
    return bound.spreadsheet_id if bound else None


def target_of(settings: SheetsSettings, period: str = "") -> str:
    """The spreadsheet, as configured, of a period's tab."""
    return named_for(period, settings.period_spreadsheets) or settings.target_spreadsheet


def title_of(settings: SheetsSettings, period: str = "") -> str:
    """What the tab (of a period) is called when it is made."""
    return f"{settings.target_worksheet} {period}".strip()


def binding_name(settings: SheetsSettings, period: str = "") -> str:
    """The name under which the ledger keeps what ties it to the tab."""
    name = state_keys.binding(f"{target_of(settings, period)}|{title_of(settings, period)}|{settings.rows}")
    return f"{name}|{settings.tabs_by}" if period else name


def binding_in(settings: SheetsSettings, get: Get, period: str = "") -> TabBinding | None:
    stored = get(binding_name(settings, period))
    return TabBinding.from_data(stored) if stored else None


@dataclass(frozen=True, slots=True)
class Opening:
    """How tabs are opened. `everything`: whether a run is going to look at all of them."""

    client: Client
    fields: Sequence[Field]
    ledger_id: str
    take_over: bool = False
    dry: bool = False
    everything: bool = False
    clock: Clock = SYSTEM
    rng: random.Random = field(default_factory=random.SystemRandom)

    def tab(self, settings: SheetsSettings, period: str, binding: TabBinding | None, ages: Ages | None = None) -> SheetConnector:
        """One tab: of a period, or the only one. With `ages` the newest rows go first."""
        title = title_of(settings, period)
        return SheetConnector(
            self.client,
            target=target_of(settings, period),
            tab=title,
            fields=self.fields,
            key="key",
            ledger_id=f"{self.ledger_id}:{settings.rows}:{title}",
            binding=binding,
            take_over=self.take_over,
            dry=self.dry,
            ages=ages,
            within=f"routes.{settings.route}." if settings.route else "",
            lent=_lent_columns(settings),
            clock=self.clock,
            rng=self.rng,
        )


def _lent_columns(settings: SheetsSettings) -> Sequence[object]:
    """The columns of a route that has those of the first sheet, as it would list them itself."""
    if "columns" not in settings.lent or not settings.columns:
        return ()
    from syncdb.mapping.offered_columns import in_short  # few routes need it

    return in_short(settings.columns, cast("Rows", settings.rows))


def open_tabs(place: TargetSpreadsheet, opening: Opening) -> Tabs:
    """The connector over the tab or tabs of a place."""
    settings = place.settings
    ages = place.ages if settings.newest == "first" else None
    if settings.tabs_by == ONE:
        bound = binding_in(settings, place.get)
        return opening.tab(settings, "", bound if bound and bound.spreadsheet_id == place.spreadsheet_id else None, ages)

    def opened(period: str, binding: TabBinding | None) -> SheetConnector:
        return opening.tab(settings, period, binding, ages)

    def needed() -> Iterable[str]:
        return {*place.waiting(), *(place.periods if opening.everything else ())}

    return PeriodTabs(opened, place.bindings(), place.periods_of, needed)


def to_remember(settings: SheetsSettings, tabs: Tabs) -> Mapping[str, TabBinding]:
    """What to keep in the ledger of these tabs, by the name under which it is kept."""
    if isinstance(tabs, PeriodTabs):
        return {binding_name(settings, period): binding for period, binding in tabs.bindings.items()}
    return {binding_name(settings): tabs.binding} if tabs.binding else {}
