"""What the ledger calls a workbook: by where it lies from the ledger, so that both may go to another folder or computer together
with all that was agreed. In older ledgers it is called by its whole path.
"""

from collections.abc import Callable
from typing import Any

from syncdb.ledger import Ledger, state_keys
from syncdb.pairs.shopify_workbook.settings import WorkbookSettings

Get = Callable[[str], Any]  # what the ledger remembers under a name, None for nothing


def pair_of(settings: WorkbookSettings, get: Get) -> str:
    """Its name in the ledger: another setting is another place."""
    whole, short = _names(settings)
    for name in (whole, short):
        if found := get(state_keys.known_by(name)):
            return str(found["pair"])
    return whole if get(state_keys.binding(whole)) else short


def remember(settings: WorkbookSettings, ledger: Ledger) -> str:
    """Its name, which is found from now on by the one or the other path."""
    pair = pair_of(settings, ledger.runs.get)
    told = {"pair": pair}
    lacking = [name for name in map(state_keys.known_by, _names(settings)) if ledger.runs.get(name) != told]
    if lacking:
        with ledger.transaction():
            for name in lacking:
                ledger.runs.put(name, told)
    return pair


def binding_name(settings: WorkbookSettings, get: Get) -> str:
    """The name under which the ledger keeps what ties it to the file."""
    return state_keys.binding(pair_of(settings, get))


def _names(settings: WorkbookSettings) -> tuple[str, str]:
    """By its whole path, and by the one from the ledger's folder, where it lies in that."""
    path, home = settings.workbook, settings.db_path.parent
    near = path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
    return _name(settings, str(path)), _name(settings, near)


def _name(settings: WorkbookSettings, path: str) -> str:
    return f"workbook:{path}:{settings.workbook_tab}:{settings.rows}"
