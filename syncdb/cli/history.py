"""`history`: everything that ever happened to one order, or to a product, a variant and its stock."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.ledger.queries.catalogue import Thing
    from syncdb.ledger.queries.history import Event
    from syncdb.ledger.queries.reader import LedgerReader
    from syncdb.ledger.queries.sides import Sides
    from syncdb.services.calendar import Calendar

_LONG = 160


def history(
    order: Annotated[
        str, typer.Argument(metavar="WHAT", help="An order (1001, #1001), a title, a SKU, an id, or an address in the admin.")
    ],
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many events at most, the latest.")] = 200,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `history`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        from syncdb.cli.history_catalogue import tell
        from syncdb.clock import SYSTEM
        from syncdb.ledger.queries import history
        from syncdb.ledger.queries.catalogue import Things
        from syncdb.ledger.queries.order_presence import pairs_of
        from syncdb.ledger.queries.order_search import tracked
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.calendar import Calendar
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.pair_sides import sides_in

        with reading(find_ledger(config, db).ledger) as reader:
            calendar = Calendar.of((reader.shop or {}).get("zone"), SYSTEM.now())
            sides, found = sides_in(reader), _found(reader, order)
            if not isinstance(found, str):
                tell(output, Things(reader), found, limit, sides, calendar)
                return
            one = tracked(reader, found)
            events = history.events(reader, one["order_id"], sides)
            conflicts = history.open_conflicts(reader, one["order_id"])
            snapshot = history.snapshot(reader, one["order_id"])
            where = [(sides(pair["pair"]), pair["locations"]) for pair in pairs_of(reader, one["order_id"])]
        if as_json:
            output.data({"order": one, "events": [event.as_data() for event in events], "conflicts": conflicts})
            return
        output.facts([*_head(one, calendar), *_places(where)])
        output.line()
        _table(output, events[-limit:], snapshot, calendar)
        if len(events) > limit:
            output.hint(f"These are the latest {limit} of {len(events)} events; --limit N shows more.")
        for conflict in conflicts:
            output.line(f"Left for a person: line {conflict['key']} {conflict['field']}: {conflict['why']}")


def _found(reader: "LedgerReader", text: str) -> "str | Thing":
    """The order's id that a text names, else the product, variant, stock or collection. Raises UnknownOrder where it is none."""
    from syncdb.cli.history_catalogue import the_one, unknown
    from syncdb.ledger.queries.catalogue import Things, key_in
    from syncdb.ledger.queries.order_names import Names
    from syncdb.services.order_lookup import SeveralOrders, UnknownOrder, find_order

    things = Things(reader)
    if key_in(text) and (thing := the_one(things, text)):
        return thing
    try:
        return find_order(Names(reader.connection), text).order_id
    except SeveralOrders:
        raise
    except UnknownOrder as none:
        if thing := the_one(things, text):
            return thing
        if near := unknown(things, text):
            told = f"Neither an order nor anything else in the ledger is called {text[:60]!r}."
            raise UnknownOrder(told, none.nearest, next_step=f"Did you mean {near}?") from none
        raise


def _head(one: Mapping[str, Any], calendar: "Calendar") -> Iterator[tuple[str, str]]:
    from syncdb.services.amounts import priced

    words = [one["status"], *(["cancelled"] if one["cancelled_at"] else []), *(["test"] if one["test"] else [])]
    words += [str(one[name]).lower().replace("_", " ") for name in ("financial_status", "fulfillment_status") if one[name]]
    yield "Order", f"{one['name']} (id {one['order_id']})"
    yield "Status", ", ".join(words)
    yield "Total", priced(one["total"], one["currency"])
    yield "Made", calendar.show(one["created_at"])
    yield "First seen", calendar.show(one["first_seen_at"])
    yield "Last changed", calendar.show(one["last_changed_at"])
    yield "Last seen", calendar.show(one["last_seen_at"])


def _places(where: "Sequence[tuple[Sides, str | None]]") -> Iterator[tuple[str, str]]:
    """Where its rows stood, in each of the places that show it."""
    for sides, rows in where:
        yield f"In {sides.place}", f"row {rows} when last written" if rows else "never written"
    if not where:
        yield "Shown", "nowhere yet"


def _table(output: "Output", events: "Sequence[Event]", snapshot: Mapping[str, Any], calendar: "Calendar") -> None:
    from syncdb.cli.output import Column

    names = _names(snapshot)
    columns = [Column("When", fixed=True), Column("Run", right=True, fixed=True), Column("Where"), Column("What")]
    rows, last = [], ("", 0)
    for event in events:
        when = (event.at, event.run_id)
        head = [calendar.short(event.at), str(event.run_id or "")] if when != last else ["", ""]
        rows.append([*head, _where(event), _what(event, names, snapshot)])
        last = when
    output.table(columns, rows)


def _where(event: "Event") -> str:
    return f"{event.who} row {event.row}" if event.row else event.who


def _what(event: "Event", names: Mapping[str, str], snapshot: Mapping[str, Any]) -> str:
    place = re.sub(r"\[([^\]]+)\]", lambda found: f"[{names.get(found[1], found[1])}]", event.place)
    reason = f" ({event.why})" if event.why else ""
    if event.who == "problem":
        return f"{event.what}: {place}{reason}"
    if event.before is None and event.after is None:
        return f"{event.what} {place}".strip() + reason
    before, after = (_shown(value, _currency(event, snapshot)) for value in (event.before, event.after))
    return f"{place}: {before} -> {after}{reason}"


def _currency(event: "Event", snapshot: Mapping[str, Any]) -> str | None:
    """The currency of a cell's amount; None for cells that hold no money."""
    from syncdb.mapping.choice import column
    from syncdb.values import Kind

    known = column(event.place) if event.who != "shop" else None
    if known is None or known.kind is not Kind.MONEY:
        return None
    return str(snapshot.get("presentment_currency_code" if known.buyer else "currency_code") or "")


def _shown(value: Any, currency: str | None) -> str:
    """A value in a line: amounts with the decimals of their currency, texts in quotes, nothing as a dash; long ones are cut."""
    from datetime import datetime
    from decimal import Decimal

    from syncdb.services.amounts import amount, bag, is_bag
    from syncdb.services.display import shown

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
