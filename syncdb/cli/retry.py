"""`retry`: what was held back, tried again now instead of with the next run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, PairOption, answering, chosen_pair
from syncdb.cli.output import Output
from syncdb.clock import SYSTEM
from syncdb.services.error_closing import concerned
from syncdb.services.held_back import TriedAgain, try_again
from syncdb.services.usable_pairs import meant_pairs, usable_pairs
from syncdb.wording import counted, stopped

SHOWN = 20


def retry(pair: PairOption = None, config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """The command `retry`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as output:
        flags = {"db_path": str(db.absolute()) if db else None}
        pairs = usable_pairs(meant_pairs(chosen_pair(pair), config), flags, os.environ, Path.cwd(), config)
        tried = try_again(pairs, SYSTEM)
        if output.as_json:
            output.data(_data(tried))
        else:
            _show(output, tried)
        raise typer.Exit(int(tried.exit_code))


def _data(tried: TriedAgain) -> dict[str, Any]:
    def named(one: dict[str, Any]) -> dict[str, Any]:
        return {name: one[name] for name in ("order_id", "order_name", "stage", "cause", "message", "times")}

    return {
        "exit_code": int(tried.exit_code),
        "made_good": [named(one) for one in tried.good],
        "still_held_back": [named(one) for one in tried.left],
        "run": tried.run.report.as_data() if tried.run else None,
        "runs": [one.as_data() for one in tried.runs],
    }


def _show(output: Output, tried: TriedAgain) -> None:
    if not tried.runs:
        output.line("No order is held back; there is nothing to try again.")
        return
    good, left = tried.good, tried.left
    runs = ", ".join(f"run {one.report.run_id}" for one in tried.runs)
    output.line(f"{len(good)} of {len(good) + len(left)} {_what([*good, *left])} made good ({runs}).")
    for one in good[:SHOWN]:
        output.line(f"  made good: {_name(one)}")
    for one in left[:SHOWN]:
        output.line(f"  still held back ({counted(one['times'], 'time')}): {one['message']}")
    if max(len(good), len(left)) > SHOWN:
        output.line(f"  ... --json lists all {len(good) + len(left)}.")
    for made in tried.runs:
        if made.report.failure is not None:
            output.line(stopped(f"{made.report.failure} {made.report.failure.next_step}"))


def _what(some: Sequence[dict[str, Any]]) -> str:
    orders = all(one["order_id"].isdigit() or one["entity"] == "orders" for one in some)
    return ("order" if orders else "record") + ("" if len(some) == 1 else "s")


def _name(one: dict[str, Any]) -> str:
    return concerned(one, "" if one["entity"] in ("", "orders") else str(one["order_name"]))
