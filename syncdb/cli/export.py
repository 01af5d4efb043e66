"""`export`: what the ledger holds as CSV, JSON or an Excel workbook, one row at a time."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.services.export_shape import Export, NotKept
    from syncdb.services.ledger_location import LedgerLocation
    from syncdb.values import Value


TELL_EVERY = 100_000  # rows


class What(StrEnum):
    orders = "orders"
    lines = "lines"
    refunds = "refunds"
    transactions = "transactions"
    payouts = "payouts"
    payout_transactions = "payout-transactions"
    runs = "runs"
    errors = "errors"
    changes = "changes"


OF_ORDERS = (What.orders, What.lines, What.refunds, What.transactions)


class ExportFormat(StrEnum):
    csv = "csv"
    json = "json"
    jsonl = "jsonl"
    xlsx = "xlsx"


def export(
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help=".csv, .json, .jsonl or .xlsx; - is standard output.")
    ] = None,
    what: Annotated[What, typer.Option("--what", metavar="WHAT", help=f"What to export: {', '.join(What)}.")] = What.orders,
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help="Only from then on: 7d, 2026-11-01, ...")] = "",
    columns: Annotated[
        str, typer.Option("--columns", metavar="A,B,C", help="Which columns, in this order; `help` lists them.")
    ] = "",
    format_: Annotated[
        ExportFormat | None, typer.Option("--format", help="The format, where the file's ending does not say.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `export`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as told:
        from syncdb.clock import SYSTEM
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.calendar import Calendar
        from syncdb.services.export_columns import choose, known_columns
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.missing_result import refuse_without_orders
        from syncdb.values import iso

        if columns.strip() == "help":
            told.raw("".join(f"{name}\n" for name in known_columns(what.value)))
            return
        place = find_ledger(config, db)
        path = place.ledger
        now = SYSTEM.now()
        kind = _format(output, format_)
        target = None if output == "-" else _target(output, what, kind, f"{now:%Y-%m-%d}", place, overwrite)
        with reading(path) as reader:
            if what in OF_ORDERS:
                refuse_without_orders(reader, (), f"exporting {what.value}")
            shop = reader.shop or {}
            begin = Calendar.of(shop.get("zone"), now).since(since)
            chosen = choose(what.value, columns, shop.get("zone") or "UTC", shop.get("currency") or "XXX", place.amounts)
            since_when = iso(begin) if begin else ""
            rows = chosen.rows(reader, since_when)
            lacking = chosen.not_kept(reader, since_when)
            if target is None:
                _to_stdout(kind, chosen, rows)
                _tell_lacking(told, lacking)
                return
            count = _to_file(target, kind, chosen, _telling(told, what, rows))
        _answer(told, target, what, count, lacking)


def _telling(told: "Output", what: What, rows: "Iterable[Sequence[Value]]") -> "Iterator[Sequence[Value]]":
    """The rows as they pass; how many they are by now is told from time to time."""
    for count, row in enumerate(rows):
        if count and count % TELL_EVERY == 0:
            told.hint(f"{count} {what} so far")
        yield row


def _format(output: str | None, chosen: ExportFormat | None) -> ExportFormat:
    from syncdb.errors import ConfigurationError

    ending = Path(output or "").suffix.lower().removeprefix(".") if output != "-" else ""
    if chosen is not None:
        return chosen
    if not ending:
        return ExportFormat.csv
    if ending not in ExportFormat.__members__:
        raise ConfigurationError([f"No format is known for .{ending} files."], next_step="Use .csv, .json, .jsonl or .xlsx.")
    return ExportFormat(ending)


def _target(output: str | None, what: What, kind: ExportFormat, day: str, place: "LedgerLocation", overwrite: bool) -> Path:
    from syncdb.services.files import refuse_taken

    target = Path(output or f"{what.value}-{day}.{kind.value}").absolute()
    refuse_taken(target, overwrite, never=place.ledger, named=place.named)
    return target


def _to_stdout(kind: ExportFormat, chosen: "Export", rows: "Iterable[Sequence[object]]") -> None:
    import io
    import sys

    from syncdb.cli.streams import to_nobody
    from syncdb.errors import ConfigurationError, NeedsPerson
    from syncdb.services.export_formats import write_text

    if kind is ExportFormat.xlsx:
        raise ConfigurationError(["A workbook cannot go to standard output."], next_step="Give a file: --output orders.xlsx")
    # UTF-8 whatever the console's code page is: this goes to another program
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        write_text(stream, kind.value, chosen.columns, rows)
        stream.flush()
    except OSError as error:
        to_nobody(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        why = f"Standard output cannot be written: {error.strerror or error}. What it got is not all."
        raise NeedsPerson(why, next_step="Free some space, or send it elsewhere, then export again.") from error
    finally:
        stream.detach()


def _to_file(target: Path, kind: ExportFormat, chosen: "Export", rows: "Iterable[Sequence[object]]") -> int:
    from syncdb.services.export_formats import write_text
    from syncdb.services.export_workbook import write_workbook
    from syncdb.services.files import arriving

    with arriving(target) as part:
        if kind is ExportFormat.xlsx:
            return write_workbook(part, chosen.name, chosen.columns, rows)
        # the byte-order mark makes Excel read a CSV file as UTF-8
        with part.open("w", encoding="utf-8-sig" if kind is ExportFormat.csv else "utf-8", newline="") as stream:
            return write_text(stream, kind.value, chosen.columns, rows)


def _answer(told: "Output", target: Path, what: What, count: int, lacking: "NotKept") -> None:
    if told.as_json:
        _tell_lacking(told, lacking)
        more = {"not_kept": list(lacking.columns)} if lacking.columns else {}
        told.data({"path": str(target), "what": what.value, "rows": count} | more)
        return
    told.line(f"Wrote {count} {what.value} to {target}.")
    _tell_lacking(told, lacking)
    if what not in (What.runs, What.errors):
        told.hint("It holds customers' data; only you can read the file. Delete it when it is no longer needed.")


def _tell_lacking(told: "Output", lacking: "NotKept") -> None:
    for sentence in lacking.told:
        told.hint(sentence)
