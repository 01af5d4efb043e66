"""What failed, by what people call what it concerns; and closing an error with a reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.errors import ConfigurationError
from syncdb.ledger import Ledger
from syncdb.ledger.queries.catalogue import ONE_SIDE, Things
from syncdb.ledger.queries.errors import by_ids, close
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.orders.intake import FETCH
from syncdb.programs import MANAGER
from syncdb.values import iso

_ONE = {  # what one of them is called; a level of stock is told with what it is of
    "orders": "order",
    "products": "product",
    "variants": "variant",
    "collections": "collection",
    "customers": "customer",
    "draft_orders": "draft order",
    "inventory": "stock of",
    "pictures": "picture",
    "images": "image",
}


@dataclass(frozen=True, slots=True)
class Closed:
    """How many errors were open and are closed now; `held_back`: an order that was held back is among them."""

    count: int
    held_back: bool

    @property
    def hint(self) -> str:
        """What a person should know of it; empty where there is nothing."""
        told = "An order held back is no longer asked for on its own; it comes in when it changes, or with a --full run."
        return told if self.held_back else ""


def close_errors(path: Path, ids: Sequence[int], reason: str, now: datetime) -> Closed:
    """Close these errors for a person's reason. Raises ConfigurationError for unknown ones, or where there is no reason."""
    if not reason.strip():
        raise ConfigurationError(["Closing an error needs a reason."], next_step='Add one: --reason "order was a fake".')
    with reading(path) as reader:
        known = by_ids(reader, ids)
    if unknown := [one for one in ids if one not in known]:
        told = ", ".join(map(str, unknown))
        raise ConfigurationError([f"There is no error {told}."], next_step=f"See the numbers: {MANAGER} errors")
    with Ledger.open(path, now) as ledger:
        closed = close(ledger, ids, f"by a person: {reason.strip()}", iso(now))
    open_before = [known[one] for one in ids if known[one]["resolved_at"] is None]
    return Closed(closed, any(one["stage"] == FETCH for one in open_before))


def names_of(reader: LedgerReader, errors: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """What people call what each of these errors concerns, by its number; one that they call nothing is left out."""
    unnamed = {one["error_id"]: (one["pair"], one["order_id"]) for one in errors if one["order_id"] and not one["order_name"]}
    names = Things(reader).names_of(unnamed.values())
    return {number: names[place] for number, place in unnamed.items() if place in names}


def concerned(error: Mapping[str, Any], name: str, *, ids: bool = True) -> str:
    """What an error concerns, as people call it: `order #1004`, `product "Mug"`; a thing with its id (`ids`), because several
    may have one title. `name` is what `names_of` found, or nothing.
    """
    key, entity = str(error["order_id"]), str(error["entity"])
    if error["stage"] == "column" or not key:  # a field of all records; the run itself
        return str(error["order_name"] or key or "the run")
    called, own_id = name or str(error["order_name"] or _bare(key)), not ONE_SIDE.match(key)
    if entity == "orders" or (not entity and (error["order_name"] or error["stage"] == FETCH)):
        return f"order {called}"
    one = _ONE.get(entity, entity.replace("_", " "))
    if not name:
        return f"{one} {called}".strip()
    return (f'{one} "{called}"' if one else called) + (f" ({key})" if own_id and ids else "")


def message(error: Mapping[str, Any], name: str) -> str:
    """An error's message, with what people call the record in place of its key."""
    key = str(error["order_id"])
    instead = name or (concerned(error, "") if ONE_SIDE.match(key) else "")
    return str(error["message"]).replace(key, instead) if instead and error["stage"] != "column" else str(error["message"])


def _bare(key: str) -> str:
    return ONE_SIDE.sub("", key)
