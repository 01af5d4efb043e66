"""`audit`: both sides read anew and compared, as a page for an accountant, without trusting what the ledger remembers."""

import json
import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, PairOption, answering, chosen_pair
from syncdb.errors import ConfigurationError, Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncdb.cli.output import Output
    from syncdb.engine.audit import Audit, Difference, Period
    from syncdb.pairs.base import PairType
    from syncdb.services.audit_files import PairAudit
    from syncdb.services.calendar import Calendar

MOST_SHOWN = 20
ENDINGS = (".html", ".htm", ".json", ".csv")


def audit(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=3660, help="Orders of the last N days, today included.")
    ] = 30,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="Orders of this month instead.")] = None,
    pair: PairOption = None,
    file: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Also write a page (.html), data (.json) or a table (.csv)."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `audit`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        from syncdb.clock import SYSTEM
        from syncdb.services.audit_files import proven
        from syncdb.services.audits import audit_pairs
        from syncdb.services.files import refuse_taken
        from syncdb.services.ledger_location import configured_pairs, find_ledger
        from syncdb.services.usable_pairs import meant_pairs, usable_pairs

        place = find_ledger(config, db)
        if file is not None:
            _refuse_ending(file)
            refuse_taken(file, overwrite, never=place.ledger, named=place.named)
        calendar = _calendar(place.ledger)
        period = _period(month, days, calendar)
        flags = {"db_path": str(db.absolute()) if db else None}
        meant = meant_pairs(chosen_pair(pair), config)
        if not pair and not configured_pairs(config):
            usable_pairs(meant, flags, os.environ, Path.cwd(), config)  # says what is lacking
        pairs = _that_ran(place.ledger, meant, output)
        usable = usable_pairs(pairs, flags, os.environ, Path.cwd(), config)
        found = audit_pairs(usable, period, SYSTEM)
        _deliver(output, found, period, file, calendar)
        raise typer.Exit(int(Exit.DONE if proven(found) else Exit.PARTIAL))


def _refuse_ending(file: Path) -> None:
    if file.suffix.lower() not in ENDINGS:
        raise ConfigurationError([f"{file}: an audit is written as .html, .json or .csv."], next_step="Give such a file name.")


def _calendar(ledger: Path) -> "Calendar":
    """The shop's calendar; before the first run nobody knows it, so UTC."""
    from syncdb.clock import SYSTEM
    from syncdb.ledger.queries.reader import reading
    from syncdb.services.calendar import Calendar

    if not ledger.exists():
        raise ConfigurationError(
            [f"There is no ledger at {ledger} yet: nothing was kept in step, so there is nothing to audit."],
            next_step="Run a sync first.",
        )
    with reading(ledger) as reader:
        shop = reader.shop or {}
    return Calendar.of(shop.get("zone"), SYSTEM.now())


def _that_ran(ledger: Path, pairs: "Sequence[PairType]", output: "Output") -> "list[PairType]":
    """The pairs of which something was kept in step; the others are told. Raises ConfigurationError where there are none."""
    from syncdb.ledger.queries.overview import known_pairs
    from syncdb.ledger.queries.reader import reading

    with reading(ledger) as reader:
        ran = {known.type for known in known_pairs(reader).values() if known.entity}
    told = {one.name: f"{one.title}: no run has kept anything in step yet, so there is nothing to audit." for one in pairs}
    left = [one for one in pairs if one.name not in ran]
    if len(left) == len(pairs):
        raise ConfigurationError([told[one.name] for one in left], next_step=f"Run a sync first: {left[0].run_command}")
    for one in left:
        output.hint(told[one.name])
    return [one for one in pairs if one.name in ran]


def _period(month: str | None, days: int, calendar: "Calendar") -> "Period":
    from syncdb.engine.audit import Period

    today = calendar.now.astimezone(calendar.zone).date()
    if month is None:
        return Period(today - timedelta(days=days - 1), today)
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) or month > f"{today:%Y-%m}" or month < "2004":
        raise ConfigurationError([f"--month {month}: that is no month up to now."], next_step="Write it as 2026-10.")
    first = date.fromisoformat(f"{month}-01")
    return Period(first, min(today, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)))


def _deliver(output: "Output", found: "Sequence[PairAudit]", period: "Period", file: Path | None, calendar: "Calendar") -> None:
    from syncdb.services.audit_files import as_data

    if file is not None:
        _write(file, found, period, calendar)
    if output.as_json:
        output.data(as_data(found, period) | ({"path": str(file)} if file else {}))
        return
    _show(output, found, period)
    if file is not None:
        output.line(f"Wrote {file}.")


def _write(file: Path, found: "Sequence[PairAudit]", period: "Period", calendar: "Calendar") -> None:
    from syncdb.services.audit_files import as_data, page, write_csv
    from syncdb.services.files import arriving

    with arriving(file.absolute()) as part:
        if file.suffix.lower() == ".csv":
            write_csv(part, found)
        elif file.suffix.lower() == ".json":
            part.write_text(json.dumps(as_data(found, period), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        else:
            part.write_text(page(found, period, calendar), encoding="utf-8")


def _show(output: "Output", found: "Sequence[PairAudit]", period: "Period") -> None:
    from syncdb.services.audit_files import heading, next_steps, proven

    output.line(f"{heading(found, period)}: {'equal' if proven(found) else 'not everything is equal'}", "bold")
    for of_pair in found:
        for one in of_pair.audits:
            output.line()
            _show_one(output, of_pair.between, one)
    if not found:
        output.line("Nothing that is kept in step can be audited.")
    if steps := next_steps(found):
        output.line()
    for step in steps:
        output.line(f"What to do: {step}")


def _show_one(output: "Output", between: str, one: "Audit") -> None:
    from syncdb.cli.output import Column
    from syncdb.model import Side
    from syncdb.services.audit_files import COUNTED, apart, label, money, title, totals, what
    from syncdb.wording import counted

    left, right = one.audited.titles[Side.LEFT], one.audited.titles[Side.RIGHT]
    output.line(title(between, one), "bold")
    output.line(
        f"{counted(one.records[Side.LEFT], 'record')} in {left}, {one.records[Side.RIGHT]:,} in {right}; "
        f"{counted(one.cells, 'value')} compared, {one.equal:,} equal, {counted(one.differing, 'difference')}."
    )
    for text in (*one.problems, *one.audited.remarks):
        output.line(text)
    if not one.complete:
        output.line("One side could not be read whole, so what is lacking there proves nothing.")
    rows = [
        [
            what(total),
            money(total, total.left),
            money(total, total.right) or "not shown",
            apart(total),
            "" if total.what in COUNTED else total.currency,
        ]
        for total in totals(one.sums)
    ]
    if rows:
        headers = [Column(""), Column(left, right=True), Column(right, right=True), Column("Off by", right=True), Column("")]
        output.table(headers, rows)
    for side, name in one.not_compared:
        told = f"{label(one, name)} of {counted(one.not_compared[side, name], 'record')} was not compared"
        output.line(f"{told}: {one.audited.titles[side]} does not show it.")
    for difference in one.differences[:MOST_SHOWN]:
        _show_difference(output, one, difference)
    if one.differing > MOST_SHOWN:
        output.line(f"... and {one.differing - MOST_SHOWN} more; --output audit.html lists them.")


def _show_difference(output: "Output", one: "Audit", difference: "Difference") -> None:
    from syncdb.services.audit_files import label
    from syncdb.services.display import shown
    from syncdb.wording import apart as cut_to_differ

    where = f" ({difference.place})" if difference.place else ""
    if difference.field is None:
        output.line(f"  {difference.name}{where}: {one.words(difference)}")
        return
    values = " | ".join(cut_to_differ(shown(difference.left) or "nothing", shown(difference.right) or "nothing"))
    output.line(f"  {difference.name}{where}, {label(one, difference.field)}: {values}; {one.words(difference)}")
