"""`validate`: is everything set up so that a run can work? Each thing is tried for real and told with its remedy."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from syncdb.config import Settings
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger.reading import Reader, reading
from syncdb.manager.checks import Check, State, check_google, check_ledger, check_shopify, read_configuration, skipped
from syncdb.manager.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.manager.output import Column, Output


def validate(
    offline: Annotated[bool, typer.Option("--offline", help="Check files only; contact nobody.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try whether configuration, ledger, shop and sheet work.

    Each line is passed, or failed with the remedy. Nothing is changed.
    To see whether the account may edit, an invisible mark is made in the spreadsheet and removed in the same request.
    Exit codes: 0 all passed; 2 configuration; 4 Shopify or Google refused or is away; 5 ledger or sheet need a person.
    Example: python sync_manager.py validate
    """
    with answering(as_json) as output:
        flags = {"db_path": str(db.absolute()) if db else None}
        settings, checks = read_configuration(flags, os.environ, Path.cwd(), config)
        if settings is None:
            checks += [skipped(part, "all", "the configuration comes first") for part in ("ledger", "shopify", "google")]
        else:
            checks += check_ledger(settings.db_path)
            checks += [skipped(part, "all", "--offline") for part in ("shopify", "google")] if offline else _remotes(settings)
        code = exit_code(checks)
        if output.as_json:
            output.data({"exit_code": int(code), "passed": code is Exit.DONE, "checks": [_data(check) for check in checks]})
        else:
            show(output, checks)
        raise typer.Exit(int(code))


def exit_code(checks: Sequence[Check]) -> Exit:
    """That of the first failed check: what comes later may only follow from it."""
    return next((check.exit_code for check in checks if check.state is State.FAILED), Exit.DONE)


def show(output: Output, checks: Sequence[Check]) -> None:
    """A line for each check, then what to do about the failed ones."""
    rows = [(check.state.value, f"{check.part}: {check.name}", check.told) for check in checks]
    output.table([Column("", fixed=True), Column("Check", fixed=True), Column("")], rows)
    todo = [check for check in checks if check.remedy]
    output.line()
    for check in todo:
        output.line(f"{check.part}, {check.name}: {check.remedy}")
    bad = sum(check.state is State.FAILED for check in checks)
    unasked = any(check.told == "--offline" for check in checks)
    well = "All is set up." if not todo else "Nothing failed."
    if unasked:
        well = "Nothing failed; Shopify and Google were not asked."
    output.line(f"{bad} of {len(checks)} checks failed." if bad else well)


def _remotes(settings: Settings) -> list[Check]:
    with ExitStack() as stack:
        reader: Reader | None = None
        try:
            reader = stack.enter_context(reading(settings.db_path))
        except SyncdbError:
            reader = None  # told by the ledger's own check
        return check_shopify(settings, reader) + check_google(settings, reader)


def _data(check: Check) -> dict[str, object]:
    return asdict(check) | {"state": check.state.value, "exit_code": int(check.exit_code)}
