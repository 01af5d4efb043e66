"""`orders`: the latest orders, by status, time or text."""

from collections.abc import Mapping
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
        from syncdb.ledger.queries.order_search import Wanted
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.calendar import Calendar
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.order_list import newest
        from syncdb.values import iso

        with reading(find_ledger(config, db).ledger) as reader:
            calendar = Calendar.of((reader.shop or {}).get("zone"), SYSTEM.now())
            begin = calendar.since(since)
            wanted = Wanted(status, iso(begin) if begin else "", search)
            found, more = newest(reader, wanted, limit)
            _answer(output, reader, wanted, found, more, calendar)


def _answer(
    output: "Output", reader: "LedgerReader", wanted: "Wanted", shown: list[dict[str, Any]], more: bool, calendar: "Calendar"
) -> None:
    from syncdb.cli.output import Column

    if output.as_json:
        output.data({"orders": shown, "more": more})
        return
    if not shown:
        _nothing(output, reader, wanted)
        return
    columns = [*(Column(title, fixed=True) for title in ("Order", "Made")), Column("Customer")]
    columns += [Column("Total", right=True, fixed=True), Column("Status"), Column("Row", right=True)]
    output.table(columns, (_row(one, calendar) for one in shown))
    if more:
        output.hint(f"There are more; these are the newest {len(shown)}. --limit N shows more, --since and --search fewer.")


def _row(one: Mapping[str, Any], calendar: "Calendar") -> list[str]:
    from syncdb.services.amounts import priced
    from syncdb.services.order_list import states

    total = priced(one["total"], one["currency"])
    status = ", ".join(states(one))
    return [one["name"], calendar.short(one["created_at"]), one["customer"] or "", total, status, one["location"] or ""]


def _nothing(output: "Output", reader: "LedgerReader", wanted: "Wanted") -> None:
    from syncdb.ledger.queries.order_search import statuses
    from syncdb.programs import MANAGER
    from syncdb.services.order_list import kept_in_step

    if kept := kept_in_step(reader):
        output.line(f"Orders are not stored in this ledger, only kept in step. Some of them: {', '.join(kept)}.")
        output.hint(f"See what happened to one: {MANAGER} history {kept[0].removeprefix('#')}")
        return
    output.line("No orders." if not (wanted.status or wanted.since or wanted.search) else "No orders like that.")
    if wanted.status:
        known = statuses(reader)
        if wanted.status.strip().lower().replace("_", " ").replace("-", " ") not in known:
            output.hint(f"{wanted.status!r} is no status in this ledger. There are: {', '.join(known)}.")
