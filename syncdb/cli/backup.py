"""`backup` and `restore`: a consistent copy of the live ledger, and putting one back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, YesOption, answering
from syncdb.programs import MANAGER
from syncdb.wording import counted

if TYPE_CHECKING:
    from syncdb.ledger.backup import Restored

OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Where to (default: beside the ledger, named by the time).")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")]


def backup(
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `backup`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as told:
        from syncdb.clock import SYSTEM
        from syncdb.ledger.backup import back_up
        from syncdb.services.files import make_folder, refuse_taken
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.run_words import size

        place = find_ledger(config, db)
        ledger = place.ledger
        name = f"{ledger.stem}-{SYSTEM.now():%Y%m%dT%H%M%SZ}{ledger.suffix or '.db'}"
        target = (output or ledger.with_name(name)).absolute()
        refuse_taken(target, overwrite, never=ledger, named=place.named)
        make_folder(target.parent)
        done = back_up(ledger, target)
        if as_json:
            told.data({"path": str(done.path), "bytes": done.size, "rows": done.rows, "last_run_at": done.last_run_at})
            return
        told.line(f"Copied to {done.path} ({size(done.size)}) and looked through: sound.")
        told.line(f"It holds {counted(done.rows['order_tracking'], 'order')} and {counted(done.rows['sync_history'], 'run')}.")
        told.hint("It holds customers' data: keep it where only you can read it. `restore` puts it back.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup made with `backup`.")],
    yes: YesOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `restore`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as told:
        from functools import partial

        from syncdb.cli.prompts import confirmed
        from syncdb.clock import SYSTEM
        from syncdb.errors import LedgerUnusable
        from syncdb.ledger.backup import restore as put_back
        from syncdb.orders.redaction import catch_up
        from syncdb.pairs import registry
        from syncdb.services.ledger_location import find_ledger

        location = find_ledger(config, db)
        ledger = location.ledger
        if not file.is_file():
            raise LedgerUnusable(f"There is no backup at {file}.", next_step=f"Name a file that `{MANAGER} backup` made.")
        _refuse_no_ledger(file)
        there = ledger.exists()
        lines = [f"The ledger {ledger} is replaced by {file}.", "The present one is kept beside it."]
        confirmed(
            told, lines if there else [f"{file} becomes the ledger {ledger}."], "Replace it?" if there else "Restore it?", yes=yes
        )
        done = put_back(file.absolute(), ledger, SYSTEM.now(), partial(catch_up, kept=registry.people_kept()))
        if as_json:
            told.data(_as_data(done))
            return
        told.line(
            f"Restored {done.path}: {counted(done.rows['order_tracking'], 'order')}, last run {done.last_run_at or 'none'}."
        )
        if done.aside:
            told.line(f"The ledger that was there is kept as {done.aside}.")
        if done.voided:
            told.line(f"{done.voided} old writes without a known outcome were given up; the next run sees what became of them.")
        if done.redacted:
            told.line(f"Redacted since that backup: {counted(done.redacted, 'order')}. The personal data was taken out again.")
        if done.behind:
            told.line("Data redacted since is still in it, because a write must be settled first: the next run removes it.")
        command = (location.pairs or registry.PAIRS)[0].run_command
        told.line(f"Next: {command} --test shows what a run will do; the first run looks at everything.")


def _refuse_no_ledger(file: Path) -> None:
    """Raise LedgerUnusable for a file that cannot be a backup, before anything is asked. A newer one says so itself."""
    from syncdb.errors import LedgerUnusable
    from syncdb.ledger.queries.reader import reading

    try:
        with reading(file, traceless=True):
            return
    except LedgerUnusable as error:
        if "newer" in str(error):
            raise
        told = f"{file} is not a backup of a ledger, or is damaged. Nothing was changed."
        raise LedgerUnusable(told, next_step=f"Name a file that `{MANAGER} backup` made.") from error


def _as_data(done: "Restored") -> dict[str, Any]:
    return {
        "path": str(done.path),
        "kept_aside": str(done.aside) if done.aside else None,
        "rows": done.rows,
        "last_run_at": done.last_run_at,
        "redacted_again": done.redacted,
        "redaction_due": done.behind,
    }
