"""What bringing orders into a Google Sheet runs on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.reading import Reading, read
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.systems.google_sheets.service_account import check_key_file
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials

if TYPE_CHECKING:
    from syncdb.mapping.order_filter import OrderFilter


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
    google_api_base_url: str | None


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> SheetsSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_SHEETS.all_keys, known_keys(), flags, env, directory, config_path)
    choose_credentials(reading)
    _parse_columns(reading)
    _parse_filter(reading)
    _parse_periods(reading)
    email = _check_key_file(reading)
    reading.tell_detour("shopify_base_url", "Shopify")
    reading.tell_detour("google_api_base_url", "Google Sheets and Drive")
    reading.refuse_problems()
    return SheetsSettings(**reading.values, google_client_email=email, notices=reading.hidden(reading.notices))


def _parse_columns(reading: Reading) -> None:
    raw = reading.values["columns"]
    if raw is None:
        return
    # the catalogue of columns is large and only needed where columns are chosen
    from syncdb.mapping import parse_columns

    choice = parse_columns(raw, "order" if reading.values["rows"] == "order" else "line")
    reading.values["columns"] = choice.columns
    where = reading.where("columns")
    reading.problems += [f"columns ({where}): {problem.removeprefix('columns').lstrip(':, ')}" for problem in choice.problems]


def _parse_filter(reading: Reading) -> None:
    raw = reading.values["order_filter"]
    if raw is None:
        return
    from syncdb.mapping.order_filter import parse_filter

    reading.values["order_filter"], problems = parse_filter(raw)
    where = reading.where("order_filter")
    for problem in problems:
        place, _, told = problem.rpartition(": ") if problem.startswith(".") else ("", "", problem)
        reading.problems.append(f"order_filter{place} ({where}): {told}.")


def _parse_periods(reading: Reading) -> None:
    """Spreadsheets are named for years, and for periods of the kind that tabs are made for."""
    named, by = reading.values["period_spreadsheets"] or {}, reading.values["tabs_by"]
    reading.values["period_spreadsheets"] = named
    if not named or by is None:
        return
    # what maps orders is large and only needed where periods are named
    from syncdb.pairs.shopify_sheets.periods import misnamed

    where = reading.where("period_spreadsheets")
    reading.problems += [f"period_spreadsheets ({where}): {problem}." for problem in misnamed(named, by)]


def _check_key_file(reading: Reading) -> str:
    """Look into the service account's key file. Returns its e-mail address."""
    key_file = reading.values["google_service_account_file"]
    if not key_file:
        return ""
    email, problems, notices = check_key_file(key_file, reading.where("google_service_account_file"))
    reading.problems += problems
    reading.notices += notices
    return email
