"""`validate`: is everything set up so that a run can work? Each thing is tried for real and told with its remedy."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, PairOption, answering, chosen_pair
from syncdb.cli.output import Column, Output
from syncdb.errors import Exit
from syncdb.pairs import registry
from syncdb.services.alerts.checks import check_serving
from syncdb.services.ledger_location import configured_pairs
from syncdb.services.validation import check_ledger, check_plug_ins, check_remotes, exit_code, read_configurations
from syncdb.systems.check import Check, CheckState, skipped


def validate(
    pair: PairOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Check files only; contact nobody.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `validate`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        flags = {"db_path": str(db.absolute()) if db else None}
        chosen = chosen_pair(pair)
        pairs = (chosen,) if chosen else configured_pairs(config) or registry.PAIRS[:1]
        usable, checks = read_configurations(pairs, flags, os.environ, Path.cwd(), config)
        checks = [*check_plug_ins(), *(one for one in checks if one.told not in registry.PROBLEMS)]
        parts = [system.name for system in registry.systems_of(pairs)]
        if not usable:
            checks += [skipped(part, "all", "the configuration comes first") for part in ("ledger", *parts)]
        else:
            path = usable[0].settings.db_path
            checks += check_ledger(path)
            checks += [skipped(part, "all", "--offline") for part in parts] if offline else check_remotes(usable, path)
        checks += check_serving(config, os.environ, Path.cwd())
        code = exit_code(checks)
        if output.as_json:
            output.data({"exit_code": int(code), "passed": code is Exit.DONE, "checks": [_data(check) for check in checks]})
        else:
            show(output, checks)
        raise typer.Exit(int(code))


def show(output: Output, checks: Sequence[Check]) -> None:
    """A line for each check, then what to do about the failed ones."""
    rows = [(check.state.value, f"{check.part}: {check.name}", check.told) for check in checks]
    output.table([Column("", fixed=True), Column("Check", fixed=True), Column("")], rows)
    todo = dict.fromkeys(f"{check.part}, {check.name}: {check.remedy}" for check in checks if check.remedy)
    output.line()
    for line in todo:
        output.line(line)
    bad = sum(check.state is CheckState.FAILED for check in checks)
    unasked = any(check.told == "--offline" for check in checks)
    well = "All is set up." if not todo else "Nothing failed."
    if unasked:
        parts = {check.part for check in checks}
        asked = [system.title for system in registry.systems_of(registry.PAIRS) if system.name in parts]
        well = f"Nothing failed; {', '.join(asked[:-1])} and {asked[-1]} were not asked."
    output.line(f"{bad} of {len(checks)} checks failed." if bad else well)


def _data(check: Check) -> dict[str, object]:
    return asdict(check) | {"state": check.state.value, "exit_code": int(check.exit_code)}
