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
from syncdb.services.dry_run_files import DryRun, write_dry_run
from syncdb.services.dry_run_page import names_of
from syncdb.services.run_summary import summary

TEST_OUTPUT = "test_output"


def leave(pair: PairType, options: RunOptions, settings: RunSettings, results: Sequence[tuple[Run, RunResult]]) -> Sequence[str]:
    """Write the dry run's files and say how it went; the words for people."""
    lines: list[str] = []
    for one, result in results:
        systems = one.systems or _systems(pair)
        lines += summary(one, result.report, systems, settings.log_file, result.results)
        if options.test and result.report.plan is not None:
            names = names_of(settings.db_path, result.plans) | result.report.names
            files = list(_dry(pair, one, result, systems, names))
            lines += [_written(files)] if files else []  # a run that was stopped early planned nothing
    if options.manner().silent_about(worst(result.report.exit_code for _, result in results)):
        return lines
    if options.as_json:
        sys.stdout.write(json.dumps(_as_data(pair, results), indent=1) + "\n")
    else:
        show(lines, options.manner())
    return lines


def _systems(pair: PairType) -> dict[Side, str]:
    return {Side.LEFT: pair.systems[0].title, Side.RIGHT: pair.systems[1].title}


def _dry(pair: PairType, one: Run, result: RunResult, systems: Mapping[Side, str], names: Mapping[str, str]) -> Iterator[Path]:
    """The files of a dry run; where a pair keeps several entities, in a folder for each."""
    for name, plan in result.plans.items():
        report = result.report
        if len(result.plans) > 1:
            report = replace(report)
            report.take(plan, plan.digest)
        target = one.between if one.tracks_orders else f"{name.replace('_', ' ')} of {one.between}"
        folder = Path.cwd() / TEST_OUTPUT / (name if len(pair.entities) > 1 else one.route)
        both = systems if len(pair.entities) > 1 else {}
        dry = DryRun(report, one.fields[name], target, one.words, one.tracks_orders, both, names)
        yield from write_dry_run(folder, dry)


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
