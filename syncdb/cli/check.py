"""`check`: whether the ledger is whole."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.errors import Exit
from syncdb.programs import MANAGER

if TYPE_CHECKING:
    from pathlib import Path

    from syncdb.cli.output import Output
    from syncdb.ledger.queries.integrity import Finding
    from syncdb.ledger.queries.reader import LedgerReader


def check(
    quick: Annotated[bool, typer.Option("--quick", help="Leave out comparing every order with its hash.")] = False,
    vacuum: Annotated[bool, typer.Option("--vacuum", help="If it is sound, give unused room in the file back.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `check`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=vacuum) as output:
        from syncdb.ledger.queries.reader import reading
        from syncdb.ledger.retention import free_bytes
        from syncdb.services.ledger_location import find_ledger

        path = find_ledger(config, db).ledger
        found = []
        with reading(path) as reader:
            for finding in _findings(reader, output, quick):
                found.append(finding)
                if not as_json:
                    _tell(output, finding)
            room = free_bytes(reader.connection)
        sound = all(one.sound for one in found)
        given = _give_back(path) if vacuum and sound else 0
        if as_json:
            checks = [asdict(one) | {"sound": one.sound} for one in found]
            output.data({"sound": sound, "path": str(path), "checks": checks, "free_bytes": room, "given_back_bytes": given})
        elif sound:
            output.line(f"The ledger {path} is sound.", "bold green")
            output.line(_room(room, given, vacuum))
        else:
            output.line(f"The ledger {path} is damaged.", "bold red")
            output.line(f"What to do: put your latest backup in its place: {MANAGER} restore FILE")
        if not sound:
            raise typer.Exit(int(Exit.GUARD))


def _give_back(path: "Path") -> int:
    """Rebuild the file, its orders stored as the last run was told to; by how many bytes it shrank.

    Raises LedgerBusy while a run has it, LedgerUnusable on a full disk.
    """
    from syncdb.clock import SYSTEM
    from syncdb.engine.progress import Silent
    from syncdb.ledger import Ledger
    from syncdb.ledger.redaction import rebuild
    from syncdb.orders.packing import repack

    before = path.stat().st_size
    with Ledger.open(path, SYSTEM.now()) as ledger:
        repack(ledger, Silent(), None)
        rebuild(ledger)
    return max(0, before - path.stat().st_size)


def _room(room: int, given: int, vacuum: bool) -> str:
    if vacuum:
        return f"{given:,} bytes were given back to the disk."
    return f"{room:,} bytes in it are unused; new history goes there first. --vacuum gives them back to the disk."


def _findings(reader: "LedgerReader", output: "Output", quick: bool) -> "Iterator[Finding]":
    from syncdb.ledger.queries import integrity
    from syncdb.order_snapshot import snapshot_hash

    whole = True
    for one in integrity.structure(reader):
        whole = whole and one.sound
        yield one
    if not whole:  # what is asked of a damaged file proves nothing
        return
    yield from integrity.relations(reader)
    if not quick:
        yield integrity.orders(reader, snapshot_hash, lambda count: _progress(output, count))


def _progress(output: "Output", count: int) -> None:
    if count % 100_000 == 0:
        output.hint(f"{count} orders examined")


def _tell(output: "Output", finding: "Finding") -> None:
    state = "ok    " if finding.sound else "WRONG "
    wrong = "" if finding.sound else f"; {finding.wrong} wrong: {', '.join(finding.examples)}"
    output.line(f"{state} {finding.name} ({finding.examined} examined{wrong})", "" if finding.sound else "red")
