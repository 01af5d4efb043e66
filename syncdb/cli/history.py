"""`history`: everything that ever happened to one order, or to a product, a variant and its stock."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.ledger.queries.history import Event
    from syncdb.ledger.queries.sides import Sides
    from syncdb.services.calendar import Calendar


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
        from syncdb.services.past_in_words import meant

        with reading(find_ledger(config, db).ledger) as reader:
            calendar = Calendar.of((reader.shop or {}).get("zone"), SYSTEM.now())
            sides, found = sides_in(reader), meant(reader, order)
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
    from syncdb.services.past_in_words import of_order, where

    columns = [Column("When", fixed=True), Column("Run", right=True, fixed=True), Column("Where"), Column("What")]
    rows, last = [], ("", 0)
    for event in events:
        when = (event.at, event.run_id)
        head = [calendar.short(event.at), str(event.run_id or "")] if when != last else ["", ""]
        rows.append([*head, where(event), of_order(event, snapshot)])
        last = when
    output.table(columns, rows)
