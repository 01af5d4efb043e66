"""What bringing orders into a workbook runs on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.reading import read
from syncdb.mapping.read_along import with_more_to_read
from syncdb.pairs.registry import known_keys
from syncdb.pairs.row_settings import parse_columns, parse_order_filter
from syncdb.pairs.shopify_workbook.pair import SHOPIFY_WORKBOOK
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials

if TYPE_CHECKING:
    from syncdb.mapping.order_filter import OrderFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookSettings(ShopSettings):
    """The settings, complete."""

    workbook: Path
    workbook_tab: str
    columns: tuple[tuple[str, str], ...] | None  # name and header of each; None is the default set
    rows: str
    order_filter: "OrderFilter | None"  # None: every order
    order_amounts: str  # every_line or first_line

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns for which more is read than of every order."""
        return with_more_to_read(name for name, _ in self.columns or ())


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> WorkbookSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_WORKBOOK.all_keys, known_keys(), flags, env, directory, config_path, SHOPIFY_WORKBOOK.name)
    choose_credentials(reading)
    problems = parse_columns(reading.values, "workbook_columns", "workbook_rows")
    problems += parse_order_filter(reading.values, "workbook_order_filter")
    for problem in problems:
        name, _, told = problem.partition(": ")
        reading.problems.append(f"{name} ({reading.where(name.partition('.')[0])}): {told}")
    reading.tell_detour("shopify_base_url", "Shopify")
    reading.refuse_problems()
    values = {_short(name): value for name, value in reading.values.items()}
    return WorkbookSettings(**values | {"notices": reading.hidden(reading.notices)})


def _short(name: str) -> str:
    """What a setting of the rows is called once it is read: the same as for every table."""
    return name if name in ("workbook", "workbook_tab") else name.removeprefix("workbook_")
