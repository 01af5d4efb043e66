"""`validate`: is everything set up so that a run can work? Each thing is tried for real and told with its remedy."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.cli.output import Column, Output
from syncdb.config import GristSettings, Settings
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.pairs.registry import PairName
from syncdb.services.ledger_location import configured_pairs
from syncdb.systems.grist import check_grist, check_shop, read_grist_configuration
from syncdb.systems.shopify import Check, CheckState, check_google, check_ledger, check_shopify, read_configuration, skipped

OTHERS = {PairName.SHEETS: "google", PairName.GRIST: "grist"}


def validate(
    pair: Annotated[
        PairName | None, typer.Option("--pair", help="Only this pair: sheets or grist (default: what is configured).")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Check files only; contact nobody.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try whether everything that a run needs works.

    Configuration, ledger, shop, and the sheet or the Grist document.
    Each line is passed, or failed with the remedy. Nothing is changed.
    To see whether the account may edit, an invisible mark is made in the spreadsheet and removed in the same request.
    Exit codes: 0 all passed; 2 configuration; 4 a remote refused or is away; 5 ledger, sheet or document need a person.
    Example: python sync_manager.py validate
    """
    with answering(as_json) as output:
        flags = {"db_path": str(db.absolute()) if db else None}
        pairs = (pair,) if pair else configured_pairs(config) or (PairName.SHEETS,)
        chosen, checks = _configurations(pairs, flags, config)
        path = next((settings.db_path for settings in (chosen.sheets, chosen.grist) if settings), None)
        others = [OTHERS[one] for one in pairs]
        if path is None:
            checks += [skipped(part, "all", "the configuration comes first") for part in ("ledger", "shopify", *others)]
        else:
            checks += check_ledger(path)
            checks += [skipped(part, "all", "--offline") for part in ("shopify", *others)] if offline else _remotes(chosen, path)
        code = exit_code(checks)
        if output.as_json:
            output.data({"exit_code": int(code), "passed": code is Exit.DONE, "checks": [_data(check) for check in checks]})
        else:
            show(output, checks)
        raise typer.Exit(int(code))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The usable settings of each pair that is looked at."""

    sheets: Settings | None
    grist: GristSettings | None


def _configurations(pairs: Sequence[PairName], flags: Mapping[str, object], config: Path | None) -> tuple[Chosen, list[Check]]:
    """The settings of the pairs, with what is wrong with both told once."""
    place = (flags, os.environ, Path.cwd(), config)
    sheets, told = read_configuration(*place) if PairName.SHEETS in pairs else (None, [])
    grist, more = read_grist_configuration(*place) if PairName.GRIST in pairs else (None, [])
    known = {check.told for check in told}
    return Chosen(sheets, grist), [*told, *(check for check in more if check.told not in known)]


def exit_code(checks: Sequence[Check]) -> Exit:
    """That of the first failed check: what comes later may only follow from it."""
    return next((check.exit_code for check in checks if check.state is CheckState.FAILED), Exit.DONE)


def show(output: Output, checks: Sequence[Check]) -> None:
    """A line for each check, then what to do about the failed ones."""
    rows = [(check.state.value, f"{check.part}: {check.name}", check.told) for check in checks]
    output.table([Column("", fixed=True), Column("Check", fixed=True), Column("")], rows)
    todo = [check for check in checks if check.remedy]
    output.line()
    for check in todo:
        output.line(f"{check.part}, {check.name}: {check.remedy}")
    bad = sum(check.state is CheckState.FAILED for check in checks)
    unasked = any(check.told == "--offline" for check in checks)
    well = "All is set up." if not todo else "Nothing failed."
    if unasked:
        names = {"shopify": "Shopify", "google": "Google", "grist": "Grist"}
        asked = [name for part, name in names.items() if any(check.part == part for check in checks)]
        well = f"Nothing failed; {', '.join(asked[:-1])} and {asked[-1]} were not asked."
    output.line(f"{bad} of {len(checks)} checks failed." if bad else well)


def _remotes(chosen: Chosen, path: Path) -> list[Check]:
    with ExitStack() as stack:
        reader: LedgerReader | None = None
        try:
            reader = stack.enter_context(reading(path))
        except SyncdbError:
            reader = None  # told by the ledger's own check
        checks = _shop(chosen, reader)
        checks += check_google(chosen.sheets, reader) if chosen.sheets else []
        return checks + (check_grist(chosen.grist, reader) if chosen.grist else [])


def _shop(chosen: Chosen, reader: LedgerReader | None) -> list[Check]:
    """The shop is asked for each pair, and what is the same for both is told once."""
    for_sheets = check_shopify(chosen.sheets, reader) if chosen.sheets else []
    if chosen.grist is None or (for_sheets and for_sheets[0].state is CheckState.FAILED):
        return for_sheets
    for_grist = check_shop(chosen.grist, reader)
    if not for_sheets:
        return for_grist
    # what is more than the sheet needs may be just what Grist needs
    told = [check for check in for_sheets if check.name != "excess"]
    return told + [replace(check, name="scopes, grist") for check in for_grist if check.name == "scopes"]


def _data(check: Check) -> dict[str, object]:
    return asdict(check) | {"state": check.state.value, "exit_code": int(check.exit_code)}
