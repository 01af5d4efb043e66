"""`retry`: the orders that were held back, tried again now instead of with the next run."""

import os
from pathlib import Path
from typing import Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.cli.output import Output
from syncdb.engine.report import Report
from syncdb.errors import Exit
from syncdb.ledger.queries.errors import open_errors
from syncdb.ledger.queries.order_presence import names_of
from syncdb.ledger.queries.reader import reading
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.settings import load
from syncdb.services.run_now import run_now

SHOWN = 20


def retry(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """The command `retry`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        settings = load({"db_path": str(db.absolute()) if db else None}, os.environ, Path.cwd(), config)
        before = _held_back(settings.db_path)
        report = run_now(SHOPIFY_SHEETS, settings)[0] if before else None
        after = _held_back(settings.db_path) if report else {}
        code = report.exit_code if report and report.failure else Exit.PARTIAL if after else Exit.DONE
        good = [one for order_id, one in before.items() if order_id not in after]
        if output.as_json:
            output.data(_data(code, good, list(after.values()), report))
        else:
            _show(output, good, list(after.values()), report)
        raise typer.Exit(int(code))


def _held_back(path: Path) -> dict[str, dict[str, Any]]:
    """The open errors that concern an order, by order id, with its name where the ledger knows it."""
    with reading(path) as reader:
        found = {one["order_id"]: one for one in open_errors(reader) if one["order_id"]}
        names = names_of(reader, found)
    return {order_id: one | {"order_name": one["order_name"] or names.get(order_id, "")} for order_id, one in found.items()}


def _data(code: Exit, good: list[dict[str, Any]], left: list[dict[str, Any]], report: Report | None) -> dict[str, Any]:
    def named(one: dict[str, Any]) -> dict[str, Any]:
        return {name: one[name] for name in ("order_id", "order_name", "stage", "cause", "message", "times")}

    return {
        "exit_code": int(code),
        "made_good": [named(one) for one in good],
        "still_held_back": [named(one) for one in left],
        "run": report.as_data() if report else None,
    }


def _show(output: Output, good: list[dict[str, Any]], left: list[dict[str, Any]], report: Report | None) -> None:
    if report is None:
        output.line("No order is held back; there is nothing to try again.")
        return
    output.line(f"{len(good)} of {len(good) + len(left)} order(s) made good (run {report.run_id}).")
    for one in good[:SHOWN]:
        output.line(f"  made good: {_name(one)}")
    for one in left[:SHOWN]:
        output.line(f"  still held back ({one['times']} times): {one['message']}")
    if max(len(good), len(left)) > SHOWN:
        output.line(f"  ... --json lists all {len(good) + len(left)}.")
    if report.failure is not None:
        output.line(f"Stopped: {report.failure} {report.failure.next_step}")


def _name(one: dict[str, Any]) -> str:
    return str(one["order_name"] or one["order_id"])
