"""What a run leaves: its words for people or its data for programs, and the files of a dry run."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.running import show
from syncdb.config.settings import RunSettings
from syncdb.errors import worst
from syncdb.model import Side
from syncdb.pairs.base import PairType, Run, RunResult
from syncdb.services.dry_run_files import DryRun, write_dry_run, write_overview
from syncdb.services.dry_run_page import names_of
from syncdb.services.dry_run_plans import PAGE, Planned
from syncdb.services.run_summary import summary

TEST_OUTPUT = "test_output"


def leave(pair: PairType, options: RunOptions, settings: RunSettings, results: Sequence[tuple[Run, RunResult]]) -> Sequence[str]:
    """Write the dry run's files and say how it went; the words for people."""
    lines: list[str] = []
    written = _leave_plans(pair, settings, results) if options.test else {}
    for number, (one, result) in enumerate(results):
        lines += summary(one, result.report, one.systems or _systems(pair), settings.log_file, result.results)
        lines += [_written(written[number])] if written.get(number) else []  # a run that was stopped early planned nothing
    if len(written) > 1 or sum(file.name == PAGE for files in written.values() for file in files) > 1:
        lines.append(f"All plans at a glance: {Path(TEST_OUTPUT, PAGE)}")
    if options.manner().silent_about(worst(result.report.exit_code for _, result in results)):
        return lines
    if options.as_json:
        sys.stdout.write(json.dumps(_as_data(pair, results), indent=1) + "\n")
    else:
        show(lines, options.manner())
    return lines


def _systems(pair: PairType) -> dict[Side, str]:
    return {Side.LEFT: pair.systems[0].title, Side.RIGHT: pair.systems[1].title}


def _leave_plans(pair: PairType, settings: RunSettings, results: Sequence[tuple[Run, RunResult]]) -> dict[int, list[Path]]:
    """Write what a dry run planned, and where there are several plans a page that leads to all; the files by the run's number."""
    names = names_of(settings.db_path, ((name, plan) for _, result in results for name, plan in result.plans.items()))
    dry = {number: list(_dry(pair, one, result, names)) for number, (one, result) in enumerate(results)}
    plans = [planned for number, (one, result) in enumerate(results) for planned in _planned(one, result, dry[number])]
    several = plans if len(plans) > 1 else []
    written = {
        number: [file for folder, run in runs for file in write_dry_run(folder, replace(run, plans=several))]
        for number, runs in dry.items()
    }
    top = Path.cwd() / TEST_OUTPUT
    if several and all(one.folder != top for one in plans):
        write_overview(top, several)
    return written


def _planned(one: Run, result: RunResult, dry: Sequence[tuple[Path, DryRun]]) -> Iterator[Planned]:
    for folder, run in dry:
        yield Planned(run.target, run.report, folder)
    if not dry:
        yield Planned(one.between, result.report, None)


def _dry(pair: PairType, one: Run, result: RunResult, names: Mapping[str, str]) -> Iterator[tuple[Path, DryRun]]:
    """What a dry run leaves, each with its folder; where a pair keeps several entities, in a folder for each."""
    if result.report.plan is None:
        return
    systems = one.systems or _systems(pair)
    for name, plan in result.plans.items():
        report = result.report
        if len(result.plans) > 1:
            report = replace(report)
            report.take(plan, plan.digest)
        target = one.between if one.tracks_orders else f"{name.replace('_', ' ')} of {one.between}"
        folder = Path.cwd() / TEST_OUTPUT / (name if len(pair.entities) > 1 else one.route)
        both = systems if len(pair.entities) > 1 else {}
        called = {**names, **result.report.names}
        yield folder, DryRun(report, one.fields[name], target, one.words, one.tracks_orders, both, called)


def _written(files: Sequence[Path]) -> str:
    near = [file.relative_to(Path.cwd()) for file in files]
    folders = dict.fromkeys(str(file.parent) for file in near)
    return f"  Written to {', '.join(folders)}: {', '.join(dict.fromkeys(file.name for file in near))}"


def _as_data(pair: PairType, results: Sequence[tuple[Run, RunResult]]) -> dict[str, Any]:
    """The one run's report; where a pair has several runs, all of them with the worst exit code."""
    if len(pair.entities) == 1 and len(results) == 1:
        return results[0][1].report.as_data()
    code = worst(result.report.exit_code for _, result in results)
    return {
        "exit_code": int(code),
        "runs": [_about(one) | result.report.as_data() | _counted(result) for one, result in results],
    }


def _about(one: Run) -> dict[str, Any]:
    return {"about": one.entity, "entities": list(one.fields)} | ({"route": one.route} if one.route else {})


def _counted(result: RunResult) -> dict[str, Any]:
    """What became of which thing, where the run counts them."""
    return {} if result.results is None else {"results": result.results.as_data()}
