"""A workbook on this computer as a system: its settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.systems.base import KeptFile, System
from syncdb.systems.questions import Question, Topic

ENDINGS = (".xlsx", ".xlsm", ".csv")


def workbook(raw: Any) -> Path:
    """The path of a workbook or a CSV file, or of a folder for one."""
    path = validators.path(raw)
    if path.suffix and path.suffix.lower() not in ENDINGS and not path.is_dir():
        raise ValueError("must end with .xlsx (or .xlsm, .csv), or be a folder for CSV files")
    return path


def tab(raw: Any) -> str:
    """What a tab may be called: Excel's rules."""
    title = validators.text(raw)
    if len(title) > 31 or any(letter in title for letter in '[]:*?/\\"') or title.startswith("'") or title.endswith("'"):
        raise ValueError("must have at most 31 letters, without [ ] : * ? / \\ or double quotes, and no apostrophe at an end")
    return title


def keeps(settings: Mapping[str, Any]) -> tuple[KeptFile, ...]:
    """The file, and the version before it."""
    from syncdb.connectors.workbook.book import file_of
    from syncdb.connectors.workbook.place import Place

    file = Place(file_of(settings["workbook"], settings["workbook_tab"]))
    return KeptFile(file.path, file.refuse_open), KeptFile(file.previous, Place(file.previous).refuse_open)


WORKBOOK = System(
    name="workbook",
    title="Workbook",
    keys=(
        Key(
            "workbook", "WORKBOOK", workbook, None,
            "The workbook on this computer (`orders.xlsx`), or a folder for a CSV file. It is made if it is not there.",
            needed="Give the path of the workbook, such as orders.xlsx.",
        ),
        Key("workbook_tab", "WORKBOOK_TAB", tab, "Orders", "The tab that holds the orders, or the name of the CSV file."),
    ),
    topics=(
        Topic(
            "workbook",
            (Question("workbook", "The file for the orders", "orders.xlsx", option="--workbook", metavar="PATH"),),
            "The orders go into a workbook on this computer; it is made if it is not there.",
            offline=True,
            replaced="The file before stays as it is and is kept true no more; the next run writes all orders of the ledger to "
            "the new one.",
        ),
    ),
    keeps=keeps,
)  # fmt: skip
