"""`shopify_grist_sync.py` and `sync_manager.py grist`: a shop and a Grist document in step, once or again and again."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdb.cli.running import Manner, Surroundings, carried_out, show, surroundings, told
from syncdb.clock import SYSTEM, Clock
from syncdb.config import GristSettings, load_grist
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.report import Report
from syncdb.errors import ConfigurationError, Exit, Interrupted
from syncdb.model import Side
from syncdb.orders.order_sync import OrderSync
from syncdb.pairs.selection import ORDERS
from syncdb.pairs.shopify_grist.pair import Parts, assemble
from syncdb.pairs.shopify_sheets.pair import run_request
from syncdb.services.dry_run_files import write_dry_run
from syncdb.services.run_summary import summary, summary_between

TEST_OUTPUT = "test_output"
SYSTEMS = {Side.LEFT: "Shopify", Side.RIGHT: "Grist"}
# what a run in a series may end with so that the next one is still worth a try
GOES_ON = (Exit.DONE, Exit.PARTIAL, Exit.REMOTE, Exit.GUARD)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of the command. `interval` is in minutes; without `continuous` there is one run."""

    continuous: bool = False
    interval: int = 15
    fields: tuple[str, ...] = ()
    test: bool = False
    config: Path | None = None
    full: bool = False
    force: bool = False
    as_json: bool = False
    verbose: bool = False


def grist(
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="once, or continuous: again and again.")] = "once",
    interval: Annotated[int, typer.Option("--interval", min=1, metavar="MINUTES", help="Minutes between runs.")] = 15,
    fields: Annotated[
        str, typer.Option("--fields", metavar="NAMES", help="Only these entities or fields: inventory,price.")
    ] = "",
    test: Annotated[bool, typer.Option("--test", help="Plan only: writes to test_output/, changes nothing else.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Look at everything on both sides.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Like --full, and go past a guard that stopped the last run (you have looked).")
    ] = False,
    config: Annotated[Path | None, typer.Option("--config", metavar="PATH", help="The configuration file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log in detail.")] = False,
) -> None:
    """Keep a shop and a Grist document in step, both ways.

    Nothing is written to the shop unless shopify_writes allows it. The exit codes are in docs/exit-codes.md.

    Example: python shopify_grist_sync.py --mode=continuous --interval=15
    """
    if mode not in ("once", "continuous"):
        raise typer.BadParameter("must be once or continuous", param_hint="--mode")
    names = tuple(name.strip() for name in fields.split(",") if name.strip())
    sys.exit(run(RunOptions(mode == "continuous", interval, names, test, config, full, force, as_json, verbose)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(grist)
    app(args=list(arguments) if arguments is not None else None)


def run(asked: RunOptions, env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM) -> int:
    """One run, or a series until somebody ends it, with its messages; returns the exit code."""
    return told(
        Manner(asked.as_json, asked.verbose),
        lambda: _settings(asked, env),
        lambda settings: _series(asked, settings, clock) if asked.continuous else _once(asked, settings, clock),
    )


def _settings(asked: RunOptions, env: Mapping[str, str]) -> GristSettings:
    settings = load_grist({}, env, Path.cwd(), asked.config)
    unknown = settings.selection.only(asked.fields)[1] if asked.fields else []
    if unknown:
        raise ConfigurationError(
            [f"--fields: {', '.join(unknown)} is no entity or field that is kept in step."],
            next_step="grist_sync says what is; docs/grist.md lists what can be.",
        )
    return settings


def _series(asked: RunOptions, settings: GristSettings, clock: Clock) -> Exit:
    """Run, wait, run again. Being asked to end while waiting is a good end."""
    while True:
        code = Exit(carried_out(Manner(asked.as_json, asked.verbose), settings, lambda one: _once(asked, one, clock)))
        if code not in GOES_ON:
            return code
        try:
            with surroundings(clock, asked.as_json) as around:
                around.progress.stage(f"Waiting {asked.interval} minutes")
                around.clock.sleep(asked.interval * 60)
        except Interrupted:
            return Exit.DONE


def _once(asked: RunOptions, settings: GristSettings, clock: Clock) -> Exit:
    request = run_request(settings, full=asked.full, force=asked.force, dry=asked.test)
    with (
        surroundings(clock, asked.as_json) as around,
        assemble(settings, request, asked.fields, around.clock, around.progress) as parts,
    ):
        reports = list(_run_all(parts, around))
    _leave(asked, settings, parts, reports)
    return worst(report.exit_code for _, report in reports)


def _run_all(parts: Parts, around: Surroundings) -> Iterator[tuple[PairSync | OrderSync, Report]]:
    """One run after the other; a person who ends one ends all."""
    for one in parts.runs:
        report = one.run()
        yield one, report
        if isinstance(report.failure, Interrupted):
            return


def worst(codes: Iterator[Exit]) -> Exit:
    """The exit code of several runs: the one that most needs a look."""
    order = (Exit.DONE, Exit.PARTIAL, Exit.REMOTE, Exit.BUSY, Exit.GUARD, Exit.CONFIGURATION, Exit.DEFECT, Exit.INTERRUPTED)
    return max(codes, key=order.index, default=Exit.DONE)


def _leave(
    asked: RunOptions, settings: GristSettings, parts: Parts, reports: Sequence[tuple[PairSync | OrderSync, Report]]
) -> None:
    """Write the dry run's files and say how it went."""
    document = f"the Grist document {settings.grist_document}"
    lines: list[str] = []
    for one, report in reports:
        if isinstance(one, PairSync):
            labels = {field.name: field.label for fields in parts.fields.values() for field in fields}
            place = f"{settings.shopify_store_name} and {document}"
            lines += summary_between(report, place, SYSTEMS, labels, settings.log_file)
        else:
            labels = {field.name: field.label for field in parts.fields[ORDERS]}
            lines += summary(report, f"orders of {settings.shopify_store_name} in {document}", labels, settings.log_file, "Grist")
        if asked.test and report.plan is not None:
            files = [file.relative_to(Path.cwd()) for file in _dry(one, report, parts, document)]
            folders = ", ".join(dict.fromkeys(str(file.parent) for file in files))
            lines.append(f"  Written to {folders}: {', '.join(dict.fromkeys(file.name for file in files))}")
    if asked.as_json:
        code = worst(report.exit_code for _, report in reports)
        data = {"exit_code": int(code), "runs": [_as_data(one, report) for one, report in reports]}
        sys.stdout.write(json.dumps(data, indent=1) + "\n")
    else:
        show(lines)


def _dry(one: PairSync | OrderSync, report: Report, parts: Parts, document: str) -> Iterator[Path]:
    """The files of a dry run, in a folder for each entity."""
    folder = Path.cwd() / TEST_OUTPUT
    if not isinstance(one, PairSync):
        yield from write_dry_run(folder / ORDERS, report, parts.fields[ORDERS], document, SYSTEMS)
        return
    for name, plan in one.plans.items():
        part = replace(report, plan=plan, plan_digest=plan.digest, conflicts=plan.conflicts)
        yield from write_dry_run(folder / name, part, parts.fields[name], f"{name} in {document}", SYSTEMS)


def _as_data(one: PairSync | OrderSync, report: Report) -> dict[str, Any]:
    return {"about": "products" if isinstance(one, PairSync) else ORDERS} | report.as_data()
