"""`redact`: a customer's data out of everything syncdb keeps, with the proof."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, YesOption, answering
from syncdb.cli.output import Output
from syncdb.cli.prompts import confirmed
from syncdb.clock import SYSTEM
from syncdb.engine.request import run_request
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger.queries.reader import reading, refuse_missing
from syncdb.ledger.redaction import refuse_without_room
from syncdb.ledger.text_search import Advance, files_of, in_other_orders, traces
from syncdb.orders.redaction import Affected, clean, redaction, strip
from syncdb.pairs.shopify_sheets.destination import SheetDestination
from syncdb.pairs.shopify_sheets.implementation import open_sync
from syncdb.pairs.shopify_sheets.settings import SheetsSettings, load
from syncdb.services.customer_lookup import whose
from syncdb.services.file_copies import Copies, deal_with, holding
from syncdb.services.ledger_location import find_ledger
from syncdb.services.stopping import Lines

LARGE = 500_000_000  # bytes
_TOLD_EVERY = 200_000  # orders
_GIGABYTE = 1_000_000_000


@dataclass(slots=True)
class RedactionResult:
    """What a redaction came to."""

    affected: Affected
    counts: dict[str, int] = field(default_factory=dict)
    copies: Copies = field(default_factory=Copies)
    traces: dict[Path, list[str]] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    lines_left: int = 0
    emptied: bool = True
    sheet: str = "not asked"  # or "cleared", or what kept it from being cleared
    sheet_cells: int = 0

    @property
    def exit_code(self) -> Exit:
        if self.sheet not in ("not asked", "cleared"):
            return Exit.REMOTE
        return Exit.DONE if self.proved and not self.copies.left else Exit.PARTIAL

    @property
    def proved(self) -> bool:
        """Whether nothing is left in the bytes of the files nor in any line of these orders."""
        return not self.traces and not self.lines_left and self.emptied


def redact(
    who: Annotated[
        str, typer.Argument(metavar="CUSTOMER_OR_ORDER", help="An e-mail address, phone number, name, customer id, or an order.")
    ],
    sheet: Annotated[bool, typer.Option("--sheet", help="Also empty the cells of the sheet that show it (runs a sync).")] = False,
    delete_files: Annotated[
        bool, typer.Option("--delete-files", help="Also delete exports and backups found that hold it.")
    ] = False,
    also: Annotated[
        list[Path] | None, typer.Option("--also", metavar="PATH", help="Another file or folder to look at. May be repeated.")
    ] = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `redact`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        settings = load({}, os.environ, Path.cwd(), config) if sheet else None
        ledger, log_file = _places(config, db, settings)
        refuse_missing(ledger)
        affected = whose(ledger, who, _orders_told(output, "for this customer"))
        refuse_without_room(ledger)
        _confirm(output, affected, who, sheet, yes)
        if ledger.stat().st_size > LARGE:
            output.hint("The ledger's file is rebuilt, so that no old bytes stay in it. As large as it is, that takes minutes.")
        done = _in_sheet_too(settings, ledger, affected) if settings else _in_ledger(ledger, affected)
        found = _searched(ledger, done, output)
        values = affected.values - done.shared
        done.copies = deal_with(holding(ledger, also or (), values), log_file, values, delete=delete_files)
        done.traces = found | traces([log_file], values)
        _tell(output, done, ledger)
        raise typer.Exit(int(done.exit_code))


def _places(config: Path | None, db: Path | None, settings: SheetsSettings | None) -> tuple[Path, Path]:
    """The ledger and the log."""
    if settings is not None:
        if db is not None and db.absolute() != settings.db_path:
            raise ConfigurationError(["--sheet works on the configured ledger only."], next_step="Leave out --db or --sheet.")
        return settings.db_path, settings.log_file
    ledger = find_ledger(config, db).ledger
    try:
        return ledger, load({}, os.environ, Path.cwd(), config).log_file
    except ConfigurationError:  # incomplete: the log is where it is by default
        return ledger, (config or Path.cwd() / "config.json").absolute().with_name("shopify_sync.log")


def _confirm(output: Output, affected: Affected, who: str, sheet: bool, yes: bool) -> None:
    names = list(affected.orders.values())
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    lines = [
        f"{who}: {len(names)} order(s): {shown}.",
        "Removed for good: names, addresses, e-mail, phone, customer id, notes, attributes, tracking; from the orders, their "
        "history, the write log, errors, logs and dry runs" + (", and from the cells of the sheet." if sheet else "."),
        "Kept: order numbers, dates, items, amounts, statuses, country and province, tags.",
        *(
            []
            if sheet
            else ["The sheet is not cleared (--sheet does that); only tracking and refund notes empty with the next sync."]
        ),
        "Shopify itself is not changed: erase the customer there, too.",
    ]
    confirmed(output, lines, "Remove it?", yes=yes)


def _in_ledger(path: Path, affected: Affected) -> RedactionResult:
    with Ledger.open(path, SYSTEM.now()) as ledger:
        strip(ledger, affected, sheet_too=False)
        return _cleaned(ledger, RedactionResult(affected))


def _in_sheet_too(settings: SheetsSettings, path: Path, affected: Affected) -> RedactionResult:
    """The sheet first, while the ledger still knows what stands in it; whatever comes of that, the ledger is cleaned."""
    request = replace(run_request(settings), keep=None)  # a redaction is no time to keep house
    done = RedactionResult(affected)
    with open_sync(settings, request, SYSTEM, Lines(lambda: None)) as sync:
        ledger, destination = sync.ledger, sync.destination
        strip(ledger, affected, sheet_too=True, pairs=[destination.pair])
        report = sync.run()
        done.sheet_cells = report.counts["cells_changed"]
        done.sheet = str(report.failure) if report.failure else _look(ledger, destination, affected)
        return _cleaned(ledger, done)


def _look(ledger: Ledger, destination: Any, affected: Affected) -> str:
    """Whether the rows of these orders still show any of it."""
    if not isinstance(destination, SheetDestination) or destination.connector is None:
        return "the sheet was not reached"
    keys = ledger.records(destination.pair).of_orders(affected.orders)
    try:
        found = destination.connector.look(keys).found
    except SyncdbError as away:
        return f"the sheet could not be read to make sure: {away}"
    shown = [value for row in found.values() for value in row.record.fields.values() if isinstance(value, str)]
    left = sum(any(value in text for value in affected.values) for text in shown)
    return f"{left} cell(s) of the sheet still show it (a formula or a doubled row?)" if left else "cleared"


def _cleaned(ledger: Ledger, done: RedactionResult) -> RedactionResult:
    done.counts, done.emptied = clean(ledger, done.affected)
    done.lines_left = redaction(ledger).left_in(done.affected.orders, done.affected.values)
    return done


def _searched(path: Path, done: RedactionResult, output: Output) -> dict[Path, list[str]]:
    """What of the person is left in the bytes of the ledger's files, once these are closed; `done` learns what others share.

    What stands there may stand in orders of others, by right. Only if something was found, those are looked at, too.
    """
    found = traces(files_of(path), done.affected.values, _bytes_told(output, path.stat().st_size))
    texts = {text for hits in found.values() for text in hits}
    if texts:
        with reading(path) as reader:
            done.shared = in_other_orders(
                reader.connection, texts, done.affected.orders, _orders_told(output, "for others with the same")
            )
    left = {one: [text for text in hits if text not in done.shared] for one, hits in found.items()}
    return {one: hits for one, hits in left.items() if hits}


def _orders_told(output: Output, what: str) -> Advance:
    def told(count: int) -> None:
        if count % _TOLD_EVERY == 0:
            output.hint(f"  {count:,} orders looked through {what}")

    return told


def _bytes_told(output: Output, size: int) -> Advance:
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if done // _GIGABYTE > told:
            told = done // _GIGABYTE
            output.hint(f"  {told} of {size / _GIGABYTE:.1f} GB of the rebuilt file searched")

    return tell


def _tell(output: Output, done: RedactionResult, ledger: Path) -> None:
    if output.as_json:
        output.data(_data(done))
        return
    counts = done.counts
    output.line(f"Redacted {len(done.affected.orders)} order(s) in {ledger}.")
    output.line(
        f"  Emptied: {counts['changes']} lines of history, {counts['cell_writes']} of the write log, "
        f"{counts['agreed_rows']} agreed rows, {counts['conflicts']} conflicts, {counts['messages']} messages."
    )
    for path in done.copies.cleaned:
        output.line(f"  Cleaned: {path}")
    for path in done.copies.deleted:
        output.line(f"  Deleted: {path}")
    if done.sheet != "not asked":
        output.line(f"  Sheet: {done.sheet} ({done.sheet_cells} cells written)")
    for line in _proof(done):
        output.line(line)


def _proof(done: RedactionResult) -> list[str]:
    texts, shared = len(done.affected.values), len(done.shared)
    lines = [
        f"  Proof: {texts} text(s) of this person searched in all that is stored of these orders: "
        + (f"{done.lines_left} line(s) still hold one." if done.lines_left else "none found."),
        f"  Proof: {texts - shared} of them searched in the bytes of the ledger and the log: "
        + (f"found in {', '.join(map(str, done.traces))}." if done.traces else "none found."),
    ]
    if shared:
        lines.append(f"  The other {shared} also stand in other orders (of the same customer, a shared address, a namesake).")
    if not done.emptied:
        lines.append("  Another program reads the ledger, so old bytes may linger in its log. Close it and run redact again.")
    for path in done.copies.left:
        lines.append(f"  Still holds it: {path} (yours to keep or delete; --delete-files deletes it)")
    return lines


def _data(done: RedactionResult) -> dict[str, Any]:
    """The answer for scripts. The person's texts themselves are in none of it."""
    return {
        "exit_code": int(done.exit_code),
        "orders": [{"order_id": order_id, "name": name} for order_id, name in done.affected.orders.items()],
        "removed": done.counts,
        "files_cleaned": [str(path) for path in done.copies.cleaned],
        "files_deleted": [str(path) for path in done.copies.deleted],
        "files_left": [str(path) for path in done.copies.left],
        "sheet": done.sheet,
        "sheet_cells": done.sheet_cells,
        "texts": len(done.affected.values),
        "texts_searched": len(done.affected.values) - len(done.shared),
        "texts_shared": len(done.shared),
        "proved": done.proved,
        "lines_left": done.lines_left,
        "traces": {str(path): len(found) for path, found in done.traces.items()},
    }
