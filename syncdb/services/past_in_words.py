"""The past of an order, a product or the like in words, and which of them a person means."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncdb.errors import ConfigurationError
from syncdb.ledger.queries.catalogue import Thing, Things, key_in
from syncdb.ledger.queries.history import Event
from syncdb.ledger.queries.order_names import Names
from syncdb.ledger.queries.overview import known_pairs
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping.choice import column
from syncdb.services.amounts import amount, bag, is_bag
from syncdb.services.display import shown
from syncdb.services.order_lookup import SeveralOrders, UnknownOrder, find_order
from syncdb.values import Kind

_LONG = 160
_MOST = 5


def meant(reader: LedgerReader, text: str) -> str | Thing:
    """The order's id that a text names, else the product, variant, stock or collection.

    Raises UnknownOrder where it is none, and ConfigurationError where it names several things.
    """
    things = Things(reader)
    if key_in(text) and (thing := _the_one(things, text)):
        return thing
    try:
        return find_order(Names(reader.connection), text).order_id
    except SeveralOrders:
        raise
    except UnknownOrder as none:
        if thing := _the_one(things, text):
            return thing
        if near := " or ".join(f'"{one}"' for one in things.like(text)):
            told = f"Neither an order nor anything else in the ledger is called {text[:60]!r}."
            raise UnknownOrder(told, none.nearest, next_step=f"Did you mean {near}?") from none
        if any(things.pairs()) and not any(pair.tracks_orders for pair in known_pairs(reader).values()):
            step = "Give a title, a SKU, a handle, an id, or the address of its page in the admin."
            raise UnknownOrder(f"Nothing in the ledger is called {text[:60]!r}.", (), next_step=step) from none
        raise


def _the_one(things: Things, text: str) -> Thing | None:
    """The thing that a text names, None if there is none. Raises ConfigurationError where it names several."""
    found = things.meant(text)
    same_kind = [one for one in found if one.kind == found[0].kind]
    if len(same_kind) < 2:
        return found[0] if found else None
    names = things.names(one.key for one in same_kind)
    told = ", ".join(f"{names[one.key]} ({one.key})" for one in same_kind[:_MOST])
    more = " ..." if len(same_kind) > _MOST else ""
    raise ConfigurationError(
        [f"{text[:60]!r} names {len(same_kind)} {same_kind[0].kind}: {told}{more}."],
        next_step="Ask again with the id of the one you mean, in quotes.",
    )


def where(event: Event) -> str:
    """Who or where it was, with the row."""
    return f"{event.who} row {event.row}" if event.row else event.who


def of_order(event: Event, snapshot: Mapping[str, Any]) -> str:
    """What happened to an order; `snapshot` is how it was last seen."""
    names = _names(snapshot)
    place = re.sub(r"\[([^\]]+)\]", lambda found: f"[{names.get(found[1], found[1])}]", event.place)
    reason = f" ({event.why})" if event.why else ""
    if event.who == "problem":
        return f"{event.what}: {place}{reason}"
    if event.before is None and event.after is None:
        return f"{event.what} {place}".strip() + reason
    before, after = (_in_line(value, _currency(event, snapshot)) for value in (event.before, event.after))
    return f"{place}: {before} -> {after}{reason}"


def of_thing(event: Event, names: Mapping[str, str]) -> str:
    """What happened to a thing that is no order; `names` are what people call the several things of a history, by key."""
    place = ", ".join(part for part in (names.get(event.key, ""), event.place) if part)
    reason = f" ({event.why})" if event.why else ""
    if event.who == "problem" or event.what not in ("written", "decided") or not event.place:
        return f"{event.what} {place}".strip() + reason
    return f"{place}: {_quoted(event.before)} -> {_quoted(event.after)}{reason}"


def _quoted(value: Any) -> str:
    if value is None:
        return "-"
    return f'"{value}"' if isinstance(value, str) else shown(value)


def _currency(event: Event, snapshot: Mapping[str, Any]) -> str | None:
    """The currency of a cell's amount; None for cells that hold no money."""
    known = column(event.place) if event.who != "shop" else None
    if known is None or known.kind is not Kind.MONEY:
        return None
    return str(snapshot.get("presentment_currency_code" if known.buyer else "currency_code") or "")


def _in_line(value: Any, currency: str | None) -> str:
    """A value in a line: amounts with the decimals of their currency, texts in quotes, nothing as a dash; long ones are cut."""
    if value is None:
        return "-"
    if isinstance(value, Decimal) and currency is not None:
        return amount(value, currency)
    if isinstance(value, bool | int | Decimal | datetime):
        return shown(value)
    text = bag(value) if is_bag(value) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else text[:_LONG] + f"... ({len(text)} characters; --json has all)"


def _names(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """What people call the parts of an order that a path names by id."""
    parts = [*(snapshot.get("line_items") or ()), *(snapshot.get("fulfillments") or ())]
    return {str(one["id"]): str(one.get("name") or one.get("title") or one["id"]) for one in parts if "id" in one}
