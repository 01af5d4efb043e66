"""What `missing` found, for people and for scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from syncdb.cli.output import Column, Output
from syncdb.orders.completeness import Answered, DayCount, GapVerdict
from syncdb.pairs.base import Words
from syncdb.programs import MANAGER
from syncdb.services import gap_data
from syncdb.services.missing_result import MissingOrders, RowCheck
from syncdb.values import iso
from syncdb.wording import counted

if TYPE_CHECKING:
    from syncdb.connectors.order_source import Listed

SHOWN = 20  # lines of each table; --json has all
WORTH_A_LOOK = (GapVerdict.MISSED, GapVerdict.UNASKED, GapVerdict.UNEXPLAINED)


def as_data(found: MissingOrders) -> dict[str, Any]:
    """The answer for scripts; the names are documented in docs/manager.md."""
    return {
        "exit_code": int(found.exit_code),
        "asked_shop": not found.orders.refused and any(day.shop is not None for day in found.orders.days),
        "shop_refused": found.orders.refused,
        "missed": [_listed(one) for one in found.orders.missed],
        "gaps": [_gap(one) for one in found.orders.gaps],
        "days": [_day(one) for one in found.orders.days],
        **{one.pair.words.name: asdict(one.rows) for one in found.places},
        "fixed": found.fixed[0].report.as_data() if found.fixed else None,
        "fixes": [one.as_data() for one in found.fixed],
    }


def _listed(one: "Listed") -> dict[str, Any]:
    return {
        "order_id": one.order_id,
        "name": one.name,
        "number": one.number,
        "created_at": iso(one.created_at),
        "test": one.test,
        "cancelled": one.cancelled,
    }


def _gap(one: Answered) -> dict[str, Any]:
    return gap_data.as_data(one.gap) | {"verdict": one.verdict.value, "missed": [found.name for found in one.missed]}


def _day(day: DayCount) -> dict[str, Any]:
    return {
        "date": day.date,
        "shop": day.shop,
        "ledger": day.ledger,
        "missed": [one.name for one in day.missed],
        "extra": [name for _, name in day.extra],
    }


def show(output: Output, found: MissingOrders, days: int) -> None:
    for line in _headline(found, days):
        output.line(line)
    gaps = [one for one in found.orders.gaps if one.verdict is not GapVerdict.NOT_READ]
    if gaps:
        output.line()
        output.table(
            [Column("Numbers", fixed=True), Column("Count", right=True), Column("What is known")],
            [(_numbers(one), str(one.gap.count), _verdict(one)) for one in gaps[:SHOWN]],
        )
        _more(output, len(gaps))
    differing = [day for day in found.orders.days if day.shop is not None and day.shop != day.ledger]
    if differing:
        output.line()
        columns = [Column("Day", fixed=True), Column("Shop", right=True), Column("Ledger", right=True), Column("Difference")]
        output.table(columns, [(day.date, str(day.shop), str(day.ledger), _difference(day)) for day in differing[:SHOWN]])
        _more(output, len(differing))


def _headline(found: MissingOrders, days: int) -> Iterator[str]:
    orders = found.orders
    days_counted = [day for day in orders.days if day.shop is not None]
    if not days_counted:
        yield "The shop was not asked" + (f": {orders.refused}" if orders.refused else " (--offline).")
    elif orders.missed:
        names = ", ".join(one.name for one in orders.missed[:8]) + (" ..." if len(orders.missed) > 8 else "")
        count = len(orders.missed)
        yield f"{counted(count, 'order')} of the shop {_be(count, past=bool(found.fixed))} not in the ledger: {names}"
    else:
        total = sum(day.shop or 0 for day in days_counted)
        younger = " older than a quarter of an hour" if any(one.verdict is GapVerdict.RECENT for one in orders.gaps) else ""
        seen = f"{counted(total, 'order')} of {counted(len(days_counted), 'day')}"
        yield f"No order{younger} is missing: {seen} counted in the shop, all of them in the ledger."
    yield f"Order numbers of the last {counted(days, 'day')}: {_gaps_told(orders.gaps)}."
    for place in found.places:
        yield from _rows(place.pair.words, place.rows)
    for one in found.fixed:
        counts, failure = one.report.counts, one.report.failure
        rows = counted(counts["rows_added"], "row")
        yield f"Fixed: {counted(counts['fetched'], 'order')} fetched, {rows} added (run {one.report.run_id})."
        if failure is not None:
            yield f"Not all of it: {failure} {failure.next_step}"
    if not found.fixed and (orders.missed or found.lacking):
        yield f"What to do: {MANAGER} missing --fix"


def _be(count: int, *, past: bool) -> str:
    return ("was" if past else "is") if count == 1 else ("were" if past else "are")


def _gaps_told(gaps: Sequence[Answered]) -> str:
    """How many numbers are absent, and how many for a reason, so that it agrees with the table below."""
    absent = sum(one.gap.count for one in gaps if one.verdict in WORTH_A_LOOK)
    recent = sum(one.gap.count for one in gaps if one.verdict is GapVerdict.RECENT)
    told = (*WORTH_A_LOOK, GapVerdict.RECENT, GapVerdict.NOT_READ)
    known = sum(one.gap.count for one in gaps if one.verdict not in told)
    parts = [f"{absent} absent"] if absent else []
    parts += [f"{recent} too recent to tell (ask again in a quarter of an hour)"] if recent else []
    parts += [f"{known} absent for a known reason"] if known else []
    return ", ".join(parts) or "no gap"


def _rows(words: Words, rows: RowCheck) -> Iterator[str]:
    if rows.refused:
        yield f"{words.subject} was not compared: {rows.refused}"
        if rows.next_step:
            yield f"What to do: {rows.next_step}"
        return
    if rows.lacking:
        names = ", ".join(list(rows.lacking.values())[:8]) + (" ..." if len(rows.lacking) > 8 else "")
        lack = "lacks" if len(rows.lacking) == 1 else "lack"
        yield f"{counted(len(rows.lacking), 'order')} {lack} a row in {words.place}: {names}"
    else:
        yield f"Every order has its rows in {words.place} ({counted(rows.compared, 'row')} compared)."
    if rows.doubled:
        told = "; ".join(rows.doubled[:5]) + (" ..." if len(rows.doubled) > 5 else "")
        yield f"Rows with one key in {words.place}, {len(rows.doubled)} keys: {told}. Delete the copies."
    if rows.foreign:
        yield f"Rows with a key unknown to the ledger, left alone, {len(rows.foreign)}: {', '.join(rows.foreign[:5])}"


def _numbers(one: Answered) -> str:
    """Which numbers are absent; the shop's own name where it is known by now."""
    known = one.missed[0].name if one.gap.count == 1 and len(one.missed) == 1 else ""
    return known or gap_data.numbers(one.gap)


def _verdict(one: Answered) -> str:
    if one.missed:
        tests = " (test)" if all(found.test for found in one.missed) else ""
        return f"missed: {', '.join(found.name for found in one.missed[:5])}{' ...' if len(one.missed) > 5 else ''}{tests}"
    return one.verdict.value


def _difference(day: DayCount) -> str:
    missed = f"only in the shop: {', '.join(one.name for one in day.missed[:5])}" if day.missed else ""
    extra = f"only in the ledger: {', '.join(name for _, name in day.extra[:5])}" if day.extra else ""
    return "; ".join(part for part in (missed, extra) if part) or "not looked into"


def _more(output: Output, count: int) -> None:
    if count > SHOWN:
        output.line(f"... and {count - SHOWN} more; --json lists all.")
