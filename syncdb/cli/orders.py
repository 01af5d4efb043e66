"""`orders`: the latest orders, by status, time or text."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.ledger.queries.order_search import Wanted
    from syncdb.ledger.queries.reader import LedgerReader
    from syncdb.services.calendar import Calendar


def orders(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, metavar="N", help="How many at most.")] = 20,
    status: Annotated[
        str, typer.Option("--status", metavar="WORD", help="paid, unfulfilled, open, cancelled, deleted, test, ...")
    ] = "",
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help="Made since: 7d, 2026-11-01, yesterday, ...")] = "",
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Text in names, contacts, addresses, lines, tags, tracking.")
    ] = "",
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `orders`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        from syncdb.clock import SYSTEM
        from syncdb.ledger.queries.order_search import Wanted, listed
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.calendar import Calendar
        from syncdb.services.ledger_location import find_ledger
        from syncdb.values import iso

        with reading(find_ledger(config, db).ledger) as reader:
            calendar = Calendar.of((reader.shop or {}).get("zone"), SYSTEM.now())
            begin = calendar.since(since)
            wanted = Wanted(status, iso(begin) if begin else "", search)
            found = list(islice((_told(row) for row in listed(reader, wanted)), limit + 1))
            _answer(output, reader, wanted, found, limit, calendar)


def _answer(
    output: "Output", reader: "LedgerReader", wanted: "Wanted", found: list[dict[str, Any]], limit: int, calendar: "Calendar"
) -> None:
    from syncdb.cli.output import Column

    shown = found[:limit]
    if output.as_json:
        output.data({"orders": shown, "more": len(found) > limit})
        return
    if not shown:
        _nothing(output, reader, wanted)
        return
    columns = [*(Column(title, fixed=True) for title in ("Order", "Made")), Column("Customer")]
    columns += [Column("Total", right=True, fixed=True), Column("Status"), Column("Row", right=True)]
    output.table(columns, (_row(one, calendar) for one in shown))
    if len(found) > limit:
        output.hint(f"There are more; these are the newest {limit}. --limit N shows more, --since and --search fewer.")


def _row(one: Mapping[str, Any], calendar: "Calendar") -> list[str]:
    from syncdb.services.amounts import priced

    total = priced(one["total"], one["currency"])
    status = ", ".join(word for word in _words(one))
    return [one["name"], calendar.short(one["created_at"]), one["customer"] or "", total, status, one["location"] or ""]


def _words(one: Mapping[str, Any]) -> Iterator[str]:
    if one["status"] != "tracked":
        yield one["status"]
    if one["cancelled_at"]:
        yield "cancelled"
    if one["test"]:
        yield "test"
    for name in ("financial_status", "fulfillment_status"):
        if one[name]:
            yield str(one[name]).lower().replace("_", " ")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """What is told of an order: the tracked facts, and who bought it."""
    snapshot = row.pop("snapshot")
    customer = (snapshot.get("customer") or {}).get("display_name")
    address = snapshot.get("billing_address") or snapshot.get("shipping_address") or {}
    return row | {"customer": customer or address.get("name"), "email": snapshot.get("email")}


def _nothing(output: "Output", reader: "LedgerReader", wanted: "Wanted") -> None:
    from syncdb.ledger.queries.order_search import statuses

    output.line("No orders." if not (wanted.status or wanted.since or wanted.search) else "No orders like that.")
    if wanted.status:
        known = statuses(reader)
        if wanted.status.strip().lower().replace("_", " ").replace("-", " ") not in known:
            output.hint(f"{wanted.status!r} is no status in this ledger. There are: {', '.join(known)}.")
