"""`redact`: a customer's data out of everything syncdb keeps, with the proof."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, PairOption, YesOption, answering, chosen_pair
from syncdb.cli.output import Output
from syncdb.cli.prompts import confirmed
from syncdb.cli.redact_shop import PREFIX, redact_shop
from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError
from syncdb.ledger.queries.reader import reading, refuse_missing
from syncdb.ledger.redaction import has_to_be_rebuilt, refuse_without_room
from syncdb.ledger.text_search import Advance
from syncdb.orders.redaction import Affected
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import MANAGER, shell_word
from syncdb.services.customer_data import kept_of
from syncdb.services.customer_lookup import whose
from syncdb.services.customer_redaction import Listeners, RedactionResult, prove, redact_everywhere, redact_in_ledger
from syncdb.services.ledger_location import find_ledger
from syncdb.services.people_asked import asked_to_erase, seen_to
from syncdb.services.usable_pairs import meant_pairs, showing_people, usable_pairs
from syncdb.services.validation import UsablePair
from syncdb.systems.shopify.deliveries import DATA_REQUEST, DUTIES
from syncdb.wording import counted, some_of

LARGE = 500_000_000  # bytes
_TOLD_EVERY = 200_000  # orders
_GIGABYTE = 1_000_000_000
_FORMER = f"--{registry.PAIRS[0].words.name}"  # what --everywhere was called when there was one pair only


def redact(
    who: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER_OR_ORDER",
            help="An e-mail address, phone number, name, customer id, or an order; shop:NAME: all of a shop that asks for it.",
        ),
    ],
    everywhere: Annotated[
        bool, typer.Option("--everywhere", _FORMER, help="Also empty the cells that show it, wherever orders are kept in step.")
    ] = False,
    pair: PairOption = None,
    show: Annotated[bool, typer.Option("--show", help="Only show all that is kept of the person; changes nothing.")] = False,
    delete_files: Annotated[
        bool, typer.Option("--delete-files", help="Also delete exports and backups found that hold it.")
    ] = False,
    also: Annotated[
        list[Path] | None, typer.Option("--also", metavar="PATH", help="Another file or folder to look at. May be repeated.")
    ] = None,
    done: Annotated[bool, typer.Option("--done", help="With shop:NAME: close the request, it was seen to otherwise.")] = False,
    yes: YesOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `redact`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as output:
        if who.startswith(PREFIX):
            place = find_ledger(config, db)
            redact_shop(output, who.removeprefix(PREFIX), place, also or (), delete=delete_files, done=done, yes=yes)
            return
        if done:
            raise ConfigurationError(["--done closes the request of a shop (shop:NAME); redacting a customer closes theirs."])
        pairs = meant_pairs(chosen_pair(pair), config)
        meant = [one for one in pairs if one.tracks_orders or one.people]
        kept = registry.people_kept()
        places = _places(pairs, config, db) if everywhere else []
        ledger, log = _files(places, config, db)
        refuse_missing(ledger)
        affected = whose(ledger, who, _orders_told(output, "for this customer"), SYSTEM.now(), kept, asked_to_erase(ledger))
        if show:
            _show(output, kept_of(ledger, affected, SYSTEM.now()))
            seen_to(ledger, (DATA_REQUEST,), affected.customers, affected.orders, SYSTEM.now())
            return
        with reading(ledger) as reader:
            rebuilt = has_to_be_rebuilt(reader.connection)
        if rebuilt:
            refuse_without_room(ledger)
        _confirm(output, affected, who, places, meant, yes)
        if rebuilt and ledger.stat().st_size > LARGE:
            output.hint("The ledger's file is rebuilt, this once, for what earlier versions left in it. That takes minutes.")
        result = redact_everywhere(places, affected, SYSTEM, kept) if places else redact_in_ledger(ledger, affected, SYSTEM, kept)
        hears = Listeners(lambda size: _bytes_told(output, size), _orders_told(output, "for others with the same"))
        seen_to(ledger, DUTIES, affected.customers, affected.orders, SYSTEM.now())
        prove(ledger, log, result, also or (), hears, SYSTEM.now(), delete_files=delete_files)
        _tell(output, result, ledger, meant)
        raise typer.Exit(int(result.exit_code))


def _show(output: Output, found: dict[str, Any]) -> None:
    if output.as_json:
        output.data(found)
        return
    output.line(json.dumps(found, ensure_ascii=False, indent=1, default=str))
    output.hint("Nothing was changed.")


def _places(pairs: Sequence[PairType], config: Path | None, db: Path | None) -> list[UsablePair]:
    """The pairs whose places are to be cleared."""
    usable = usable_pairs(pairs, {}, os.environ, Path.cwd(), config)
    if db is not None and db.absolute() != usable[0].settings.db_path:
        raise ConfigurationError(
            ["--everywhere works on the configured ledger only."], next_step="Leave out --db or --everywhere."
        )
    return showing_people(usable, "redacting everywhere")


def _files(places: Sequence[UsablePair], config: Path | None, db: Path | None) -> tuple[Path, Path]:
    """The ledger and the log, which a configuration that is incomplete otherwise names, too."""
    if places:
        return places[0].settings.db_path, places[0].settings.log_file
    found = find_ledger(config, db)
    return found.ledger, found.log


def _confirm(
    output: Output, affected: Affected, who: str, places: Sequence[UsablePair], meant: Sequence[PairType], yes: bool
) -> None:
    names = list(affected.orders.values())
    shown = some_of(names, 8)
    cleared = "".join(f", and from the cells of {one.pair.words.place}" for one in places)
    kept = " and ".join(one.words.place for one in meant)
    lines = [
        f"{who}: {_counted(affected)}{f': {shown}' if names else ''}.",
        "Removed for good: names, addresses, e-mail, phone, customer id, notes, attributes, tracking; from the orders, their "
        f"history, the write log, errors, logs and dry runs{cleared}.",
        "Kept: order numbers, dates, items, amounts, statuses, country and province, tags.",
        *([] if places or not meant else [_not_cleared(kept, len(meant))]),
        "Shopify itself is not changed: erase the customer there, too.",
    ]
    confirmed(output, lines, "Remove it?", yes=yes)


def _counted(affected: Affected) -> str:
    orders, own = counted(len(affected.orders), "order"), affected.own_records
    return f"{orders} and {counted(own, 'customer record')}" if own else orders


def _not_cleared(kept: str, count: int) -> str:
    verb = "is" if count == 1 else "are"
    told = f"{kept} {verb} not cleared (--everywhere does that); only tracking and refund notes empty with the next sync."
    return told[:1].upper() + told[1:]


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
            output.hint(f"  {told} of {size / _GIGABYTE:.1f} GB of the ledger searched")

    return tell


def _tell(output: Output, done: RedactionResult, ledger: Path, meant: Sequence[PairType]) -> None:
    if output.as_json:
        output.data(_data(done, meant))
        return
    counts = done.counts
    output.line(f"Redacted {_counted(done.affected)} in {ledger}.")
    output.line(
        f"  Emptied: {counted(counts['changes'], 'line')} of history, {counts['cell_writes']} of the write log, "
        f"{counted(counts['agreed_rows'], 'agreed row')}, {counted(counts['conflicts'], 'conflict')}, "
        f"{counted(counts['messages'], 'message')}."
    )
    for path in done.copies.cleaned:
        output.line(f"  Cleaned: {path}")
    for path in done.copies.deleted:
        output.line(f"  Deleted: {path}")
    for number, one in enumerate(done.places, 1):
        output.line(f"  {one.pair.words.title}: {one.told} ({counted(one.erased.cells, 'cell')} written)")
        if one.remains not in (later.remains for later in done.places[number:]):  # several sheets keep the same
            output.line(f"    {one.remains}")
    for line in _proof(done):
        output.line(line)
    if meant and not done.places:
        names = list(done.affected.orders.values())
        output.line(f"To clear {' and '.join(one.words.place for one in meant)}, too (the customer is known by orders only now):")
        for name in names[:8]:
            output.line(f"  {MANAGER} redact {shell_word(name)} --everywhere")
        if len(names) > 8:
            output.line(f"  and the same for {', '.join(names[8:])}")


def _proof(done: RedactionResult) -> list[str]:
    texts, shared = len(done.affected.values), len(done.shared)
    lines = [
        f"  Proof: {counted(texts, 'text')} of this person searched in all that is stored of these orders: "
        + (f"{counted(done.lines_left, 'line')} still with one." if done.lines_left else "none found."),
        f"  Proof: {texts - shared} of them searched in the bytes of the ledger and the log: "
        + (f"found in {', '.join(map(str, done.traces))}." if done.traces else "none found."),
    ]
    if shared:
        lines.append(f"  The other {shared} also stand in other orders (of the same customer, a shared address, a namesake).")
    if not done.emptied:
        lines.append("  Another program reads the ledger, so old bytes may linger in its log. Close it and run redact again.")
    for name in done.not_cleared:
        lines.append(f"  Not cleared: {name} showed it, too, and is not configured any more. Clear or delete it there.")
    for path in done.copies.left:
        lines.append(f"  Still holds it: {path} (yours to keep or delete; --delete-files deletes it)")
    return lines


def _data(done: RedactionResult, meant: Sequence[PairType]) -> dict[str, Any]:
    """The answer for scripts. The person's texts themselves are in none of it."""
    places: dict[str, Any] = {}
    for pair in meant:
        places |= {pair.words.name: "not asked", f"{pair.words.name}_cells": 0}
    for one in done.places:
        places |= {one.pair.words.name: one.told, f"{one.pair.words.name}_cells": one.erased.cells}
    return {
        "exit_code": int(done.exit_code),
        "orders": [{"order_id": order_id, "name": name} for order_id, name in done.affected.orders.items()],
        "customer_records": done.affected.own_records,
        "removed": done.counts,
        "files_cleaned": [str(path) for path in done.copies.cleaned],
        "files_deleted": [str(path) for path in done.copies.deleted],
        "files_left": [str(path) for path in done.copies.left],
        **places,
        "remains": {one.pair.words.name: one.remains for one in done.places},
        "not_cleared": done.not_cleared,
        "texts": len(done.affected.values),
        "texts_searched": len(done.affected.values) - len(done.shared),
        "texts_shared": len(done.shared),
        "proved": done.proved,
        "lines_left": done.lines_left,
        "traces": {str(path): len(found) for path, found in done.traces.items()},
    }
