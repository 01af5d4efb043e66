"""A run of the ledger in words: how it ended, and what it came to."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from syncdb.errors import Exit
from syncdb.services.calendar import Calendar, span
from syncdb.services.run_schedule import cut_off
from syncdb.services.run_summary import removals
from syncdb.services.status import OUTCOMES
from syncdb.values import moment


def outcome(run: Mapping[str, Any], calendar: Calendar, held: bool | None = None) -> str:
    """How a run ended, in words. `held`: whether a run holds the ledger, where that is known."""
    if run["ended_at"] is None:
        if cut_off(run, calendar.now, held):
            return "never ended (killed, or the computer went off)"
        return "under way" if held else "still going, or cut off"
    if run["exit_code"] is None:
        return "never ended (killed, or the computer went off)"
    took = span(moment(run["ended_at"]) - moment(run["started_at"]))
    return f"{OUTCOMES.get(run['exit_code'], 'failed')} ({run['exit_code']}) after {took}"


class Part(Enum):
    """What a run of a period counts as; each is one of these."""

    WELL = "went well"
    FAILED = "failed or partial"
    STOPPED = "ended by somebody, or killed"
    GOING = "under way"


def part_of(run: Mapping[str, Any], now: datetime, held: bool | None) -> Part:
    """What a run counts as. `held`: whether a run holds the ledger, where that is known."""
    if run["ended_at"] is None and not cut_off(run, now, held):
        return Part.GOING
    if run["exit_code"] in (None, Exit.INTERRUPTED):
        return Part.STOPPED
    return Part.WELL if run["exit_code"] == 0 else Part.FAILED


def told_counts(counts: Mapping[str, int], first: str, *, failed: bool = False) -> str:
    """A run's counts in words; only what is not nothing. `first` is what people call the first side."""
    words = {
        "fetched": "order{s} read" if "orders_new" in counts else "record{s} compared",
        "orders_new": "new",
        "orders_changed": "changed",
        "orders_deleted": "deleted in the shop",
        "rows_added": "row{s} added",
        "rows_restored": "row{s} brought back",
        "rows_changed": "row{s} changed",
        "cells_changed": "cell{s} written",
        "written_left": f"of them in {first}",
        "quarantined": "held back",
    }
    told = [
        f"{counts[name]} {word.replace('{s}', '' if counts[name] == 1 else 's')}"
        for name, word in words.items()
        if counts.get(name)
    ]
    told += removals(counts, "row")
    return ", ".join(told) or ("nothing was done" if failed else "nothing to do")


def size(count: int) -> str:
    """A size in bytes as people say it."""
    amount = float(count)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
