"""What bringing orders into a Google Sheet runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.reading import Reading, read
from syncdb.mapping.read_along import with_more_to_read
from syncdb.pairs.registry import known_keys
from syncdb.pairs.row_settings import parse_columns, parse_order_filter
from syncdb.pairs.shopify_sheets.pair import PLAIN_ROWS, ROWS_OF_ORDERS, SHOPIFY_SHEETS
from syncdb.systems.google_sheets.keys import MOST_TITLE
from syncdb.systems.google_sheets.service_account import check_key_file
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials

if TYPE_CHECKING:
    from syncdb.mapping.order_filter import OrderFilter

ROUTES = "routes"
LONGEST_PERIOD = {"year": len(" 2026"), "quarter": len(" 2026-Q4"), "month": len(" 2026-11")}  # behind a tab's name


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsSettings(ShopSettings):
    """The settings, complete. The private key is not held here."""

    google_service_account_file: Path
    google_client_email: str  # the service account's address, from its key file: the sheet is shared with it
    target_spreadsheet: str
    target_worksheet: str
    tabs_by: str  # one, year, quarter or month
    period_spreadsheets: Mapping[str, str]  # by year or by period of the kind of `tabs_by`
    columns: tuple[tuple[str, str], ...] | None  # name and header of each; None is the default set
    rows: str
    order_filter: "OrderFilter | None"  # None: every order
    order_amounts: str  # every_line or first_line
    newest: str  # last or first: where new rows go
    google_api_base_url: str | None
    routes: "tuple[SheetsSettings, ...]" = ()  # the other sheets; none of them has routes of its own
    route: str = ""  # the name of this one, empty for the first
    lent: frozenset[str] = frozenset()  # the settings of a route that are those of the first sheet
    read_columns: tuple[str, ...] = ()  # of all sheets, the columns for which more is read: orders are read once for all

    @property
    def order_sheets(self) -> "tuple[SheetsSettings, ...]":
        """Those of them that show orders."""
        return tuple(one for one in self.sheets if one.rows in ROWS_OF_ORDERS)

    def called(self, setting: str) -> str:
        """Where a setting of this sheet stands: in the route itself, or as that of the first sheet."""
        return f"{ROUTES}.{self.route}.{setting}" if self.route and setting not in self.lent else setting

    @property
    def order_filters(self) -> "Mapping[str, OrderFilter | None]":
        """What says which orders are wanted, by the setting in which it stands."""
        return {one.called("order_filter"): one.order_filter for one in self.order_sheets}

    @property
    def sheets(self) -> "tuple[SheetsSettings, ...]":
        """This sheet and the others."""
        return (self, *self.routes)


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> SheetsSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_SHEETS.all_keys, known_keys(), flags, env, directory, config_path, SHOPIFY_SHEETS.name)
    choose_credentials(reading)
    first, problems = understand(reading.values)
    reading.values |= first
    reading.problems += [_with_place(problem, reading) for problem in problems]
    if first["rows"] in PLAIN_ROWS:
        told = f"rows: the first sheet shows orders; put one with rows of a {first['rows']} into `routes`"
        reading.problems.append(_with_place(told, reading))
    routes = _parse_routes(reading)
    email = _check_key_file(reading)
    reading.tell_detour("shopify_base_url", "Shopify")
    reading.tell_detour("google_api_base_url", "Google Sheets and Drive")
    reading.refuse_problems()
    values = reading.values | {"google_client_email": email, "notices": reading.hidden(reading.notices)}
    return _with_routes(SheetsSettings(**values), routes)


def _with_routes(first: SheetsSettings, routes: Mapping[str, Mapping[str, Any]]) -> SheetsSettings:
    shown = [first.columns, *(own["columns"] for own in routes.values() if own["rows"] in ROWS_OF_ORDERS)]
    more = with_more_to_read(name for columns in shown for name, _ in columns or ())
    first = replace(first, read_columns=more)
    return replace(first, routes=tuple(replace(first, **own, route=name) for name, own in routes.items()))


def understand(values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Settings of a sheet whose columns, filter and periods are as they were given, understood; and what is wrong with them."""
    found = dict(values)
    problems = [*_parse_columns(found), *parse_order_filter(found, "order_filter"), *_parse_periods(found), *_long_titles(found)]
    return found, problems


def _parse_columns(values: dict[str, Any]) -> list[str]:
    raw = values["columns"]
    if values["rows"] not in PLAIN_ROWS:
        return parse_columns(values, "columns", "rows")
    if raw is None or isinstance(raw, tuple):
        return []
    from syncdb.mapping.plain_rows import parse_plain

    choice = parse_plain(raw, values["rows"])
    values["columns"] = choice.columns
    return [f"columns: {problem.removeprefix('columns').lstrip(':, ')}" for problem in choice.problems]


def _parse_periods(values: dict[str, Any]) -> list[str]:
    """Spreadsheets are named for years, and for periods of the kind that tabs are made for."""
    named, by = values["period_spreadsheets"] or {}, values["tabs_by"]
    values["period_spreadsheets"] = named
    if not named or by is None:
        return []
    # what maps orders is large and only needed where periods are named
    from syncdb.pairs.shopify_sheets.periods import misnamed

    return [f"period_spreadsheets: {problem}." for problem in misnamed(named, by)]


def _long_titles(values: Mapping[str, Any]) -> list[str]:
    """A tab whose name fits into what Google takes may not do so with its period behind it."""
    name, by = values["target_worksheet"], values["tabs_by"]
    room = MOST_TITLE - LONGEST_PERIOD.get(str(by), 0)
    if not isinstance(name, str) or len(name) <= room:
        return []
    return [f"target_worksheet: must have at most {room} characters where there is a tab for each {by}; this has {len(name)}."]


def _with_place(problem: str, reading: Reading) -> str:
    """The problem with where its setting stands."""
    name, _, told = problem.partition(": ")
    return f"{name} ({reading.where(name.partition('.')[0])}): {told}"


def _parse_routes(reading: Reading) -> Mapping[str, Mapping[str, Any]]:
    given = reading.values.pop(ROUTES)
    if not given or reading.values["target_spreadsheet"] is None:
        return {}
    from syncdb.pairs.shopify_sheets.routes import parse_routes

    found = parse_routes(given, reading.values, understand)
    reading.problems += [_with_place(f"{ROUTES}{problem}", reading) for problem in found.problems]
    return found.own


def _check_key_file(reading: Reading) -> str:
    """Look into the service account's key file. Returns its e-mail address."""
    key_file = reading.values["google_service_account_file"]
    if not key_file:
        return ""
    email, problems, notices = check_key_file(key_file, reading.where("google_service_account_file"))
    reading.problems += problems
    reading.notices += notices
    return email
