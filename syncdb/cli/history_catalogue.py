"""`history` of what is no order: a product with its variants and their stock, a collection, whatever a pair keeps in step."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from syncdb.ledger.queries import history
from syncdb.ledger.queries.catalogue import Thing, Things
from syncdb.programs import MANAGER

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.ledger.queries.history import Event
    from syncdb.ledger.queries.sides import SidesOf
    from syncdb.services.calendar import Calendar

ONE = {"products": "Product", "variants": "Variant", "inventory": "Stock", "collections": "Collection"}


def tell(output: "Output", things: Things, thing: Thing, limit: int, sides: "SidesOf", calendar: "Calendar") -> None:
    """Everything that happened to a thing and what belongs to it."""
    members = things.around(thing)
    names = things.names(one.key for one in members)
    told_of = things.told_of(members)
    events = history.events_of(things.reader, told_of, sides)
    conflicts = history.conflicts_of(things.reader, told_of)
    if output.as_json:
        about = {"kind": thing.kind, "key": thing.key, "name": names[thing.key]}
        data = [event.as_data() for event in events]
        output.data({"about": about, "members": names, "events": data, "conflicts": conflicts})
        return
    output.facts(_head(thing, members, names))
    output.line()
    _table(output, events[-limit:], names if len(members) > 1 else {}, calendar)
    if not events:
        output.line("Nothing was written of it, and nothing decided.")
    if len(events) > limit:
        output.hint(f"These are the latest {limit} of {len(events)} events; --limit N shows more.")
    for one in conflicts:
        field = f", {one['field']}" if one["field"] else ""
        output.line(f"Left for a person: {names[one['key']]}{field}: {one['why']} ({MANAGER} conflicts)")


def _head(thing: Thing, members: Sequence[Thing], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield ONE.get(thing.kind, thing.kind.capitalize()), names[thing.key]
    yield "Id", thing.key
    yield (
        "With",
        ", ".join(
            f"{count} {word if count == 1 else f'{word}s'}"
            for kind, word in (("variants", "variant"), ("inventory", "stock level"))
            if (count := sum(one.kind == kind for one in members[1:]))
        ),
    )


def _table(output: "Output", events: "Sequence[Event]", names: Mapping[str, str], calendar: "Calendar") -> None:
    from syncdb.cli.output import Column
    from syncdb.services.past_in_words import of_thing, where

    columns = [Column("When", fixed=True), Column("Run", right=True, fixed=True), Column("Where"), Column("What")]
    rows, last = [], ("", -1)
    for event in events:
        when = (event.at, event.run_id)
        head = [calendar.short(event.at), str(event.run_id or "")] if when != last else ["", ""]
        rows.append([*head, where(event), of_thing(event, names)])
        last = when
    if rows:
        output.table(columns, rows)
