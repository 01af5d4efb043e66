"""What an audit found as data for scripts, as a table of differences, and as a page for an accountant."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncdb import __version__
from syncdb.engine.audit import Audit, Cause, Difference, Period, Sum
from syncdb.mapping.choice import column
from syncdb.model import Side
from syncdb.orders.order_audit import GROSS, MEASURES, OF_ROWS
from syncdb.pairs import registry
from syncdb.programs import MANAGER
from syncdb.services.amounts import amount
from syncdb.services.calendar import Calendar
from syncdb.services.display import csv_cell, shown
from syncdb.values import iso
from syncdb.wording import counted

MOST_ON_PAGE = 500  # differences of one kind of thing
COUNTED = {"orders": "Orders", "rows": "Rows"}
NAMED = COUNTED | {GROSS: "Gross"}
HEADER = ("What", "Record", "Key", "Field", "Left", "Right", "Why", "Place")


@dataclass(frozen=True, slots=True)
class PairAudit:
    """The audits of one run of a pair. `pair` is its name, `between` what it keeps in step, for people."""

    pair: str
    between: str
    audits: Sequence[Audit]


def proven(found: Sequence[PairAudit]) -> bool:
    """Whether everything was read and is equal, and there was anything to read."""
    audits = [one for of_pair in found for one in of_pair.audits]
    return bool(audits) and all(one.proven for one in audits)


def covers_period(found: Sequence[PairAudit]) -> bool:
    """Whether any of it is about orders: all else has no days."""
    return any(one.audited.entity == "orders" for of_pair in found for one in of_pair.audits)


def heading(found: Sequence[PairAudit], period: Period) -> str:
    """What the audit is about."""
    days = f"{period.first} to {period.last}" if covers_period(found) else "all that is kept in step, as it is now"
    return f"Audit of {days}"


def next_steps(found: Sequence[PairAudit]) -> list[str]:
    """What to do about what is not equal."""
    steps: dict[str, None] = {}
    for of_pair in found:
        pair = registry.pair_named(of_pair.pair)
        if pair is None or all(one.proven for one in of_pair.audits):
            continue
        look = f"See what a run would bring over: {pair.run_command} --test --full"
        steps[f"{look}; what waits for you to decide: {MANAGER} conflicts"] = None
        causes = {difference.cause for one in of_pair.audits for difference in one.differences}
        if causes & {Cause.HELD, Cause.OWN}:
            steps["Take formulas, and what is no value of its field, out of the cells named above; no run does."] = None
        if Cause.NOT_ON_LEFT in causes:
            left_over = "No run touches what only the other side has: delete there what is left over, such as a row whose key"
            steps[f"{left_over} was changed."] = None
        if Cause.DOUBLED in causes:
            steps["Remove all but one of the rows that stand more than once."] = None
        if not all(one.complete for one in of_pair.audits):
            steps["Audit again once everything can be read."] = None
    return list(steps)


def as_data(found: Sequence[PairAudit], period: Period) -> dict[str, Any]:
    """For scripts; amounts are exact text. The names are documented in docs/manager.md."""
    return {
        "version": __version__,
        "period": {"first": period.first.isoformat(), "last": period.last.isoformat()} if covers_period(found) else None,
        "proven": proven(found),
        "next_steps": next_steps(found),
        "audits": [_audit_data(of_pair, one) for of_pair in found for one in of_pair.audits],
    }


def _audit_data(of_pair: PairAudit, one: Audit) -> dict[str, Any]:
    sides = {Side.LEFT: "left", Side.RIGHT: "right"}
    return {
        "pair": of_pair.pair,
        "between": of_pair.between,
        "entity": one.audited.entity,
        "titles": {name: one.audited.titles[side] for side, name in sides.items()},
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "proven": one.proven,
        "complete": one.complete,
        "problems": list(one.problems),
        "remarks": list(one.audited.remarks),
        "records": {name: one.records[side] for side, name in sides.items()},
        "cells": {"compared": one.cells, "equal": one.equal},
        "not_compared": [{"side": sides[side], "field": name, "records": n} for (side, name), n in one.not_compared.items()],
        "digests": {name: one.digests.get(side, "") for side, name in sides.items()},
        "sums": [_sum_data(total) for total in one.sums],
        "differing": one.differing,
        "differences": [_difference_data(one, difference) for difference in one.differences],
    }


def _sum_data(total: Sum) -> dict[str, Any]:
    sides = {"left": total.left, "right": total.right}
    told = {name: None if value is None else format(value.normalize(), "f") for name, value in sides.items()}
    return {"day": total.day, "currency": total.currency, "what": total.what, **told, "equal": total.equal}


def _difference_data(one: Audit, difference: Difference) -> dict[str, Any]:
    return {
        "key": difference.key,
        "name": difference.name,
        "field": difference.field,
        "left": shown(difference.left),
        "right": shown(difference.right),
        "cause": difference.cause.name.lower(),
        "why": one.words(difference),
        "place": difference.place,
    }


def write_csv(path: Path, found: Sequence[PairAudit]) -> None:
    """The differences, one a line; only the header where there are none."""
    # the byte-order mark makes Excel read it as UTF-8
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for of_pair in found:
            for one in of_pair.audits:
                writer.writerows([csv_cell(cell) for cell in _cells(one, difference)] for difference in one.differences)


def _cells(one: Audit, difference: Difference) -> tuple[str, ...]:
    values = (shown(difference.left), shown(difference.right))
    field = label(one, difference.field) if difference.field else ""
    return (one.audited.entity, difference.name, difference.key, field, *values, one.words(difference), difference.place)


def title(between: str, one: Audit) -> str:
    """What was audited, as a heading."""
    entity = one.audited.entity.replace("_", " ")
    told = between if entity == "orders" else f"{entity}: {between}"
    return told[:1].upper() + told[1:]


def label(one: Audit, name: str) -> str:
    """What people call a field."""
    return next((field.label for field in one.audited.fields if field.name == name), name)


def totals(sums: Sequence[Sum]) -> list[Sum]:
    """The sums of all days together, by currency."""
    found: dict[tuple[str, str], Sum] = {}
    for one in sums:
        before = found.get((one.currency, one.what))
        whole = Sum("", one.currency, one.what, one.left, one.right)
        found[one.currency, one.what] = _added(before, whole) if before else whole
    places = {name: place for place, name in enumerate((*COUNTED, GROSS, *MEASURES, *OF_ROWS))}
    return [found[key] for key in sorted(found, key=lambda key: (key[0], places.get(key[1], 0)))]


def _added(one: Sum, other: Sum) -> Sum:
    return Sum("", one.currency, one.what, _plus(one.left, other.left), _plus(one.right, other.right))


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def what(total: Sum) -> str:
    """What people call a sum."""
    known = column(total.what)
    return NAMED.get(total.what) or (known.label if known else total.what)


def money(total: Sum, value: Decimal | None) -> str:
    """A sum as people read it; empty where a side does not show it."""
    if value is None:
        return ""
    return amount(value, total.currency) if total.currency and total.what not in COUNTED else format(value.normalize(), "f")


def apart(total: Sum) -> str:
    """By how much the right side is off; empty where it is not, or does not show it."""
    if total.equal or total.left is None or total.right is None:
        return ""
    off = total.right - total.left
    return ("+" if off > 0 else "") + money(total, off)


def page(found: Sequence[PairAudit], period: Period, calendar: Calendar) -> str:
    """One HTML file that needs nothing else; times are of the calendar's zone."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("syncdb.services"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("audit.html").render(
        proven=proven(found),
        heading=heading(found, period),
        steps=next_steps(found),
        read_at=calendar.show(iso(calendar.now)),
        clock=calendar.clock,
        version=__version__,
        sections=list(_sections(found)),
    )


def _sections(found: Sequence[PairAudit]) -> Iterator[Mapping[str, Any]]:
    for of_pair in found:
        for one in of_pair.audits:
            days = [total for total in one.sums if total.day]
            yield {
                "title": title(of_pair.between, one),
                "audit": one,
                "left": one.audited.titles[Side.LEFT],
                "right": one.audited.titles[Side.RIGHT],
                "records": (counted(one.records[Side.LEFT], "record"), one.records[Side.RIGHT]),
                "digests": (one.digests.get(Side.LEFT, ""), one.digests.get(Side.RIGHT, "")),
                "totals": [_row(total) for total in totals(one.sums)],
                "days": [_row(total) for total in days],
                "differences": [_cells(one, difference) for difference in one.differences[:MOST_ON_PAGE]],
                "more": max(0, one.differing - MOST_ON_PAGE),
                "not_compared": [(one.audited.titles[side], label(one, name), n) for (side, name), n in one.not_compared.items()],
            }


def _row(total: Sum) -> dict[str, str]:
    return {
        "day": total.day,
        "currency": "" if total.what in COUNTED else total.currency,
        "what": what(total),
        "left": money(total, total.left),
        "right": money(total, total.right) or "not shown",
        "apart": apart(total),
    }
