"""A pair's script and its command of the manager: one run, or run after run until somebody ends it."""

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from syncdb import __version__
from syncdb.cli.prompts import said_yes
from syncdb.cli.running import Manner, Surroundings, show, surroundings, tell, told
from syncdb.cli.series import Series
from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.engine.older_copy import OLDER_COPY
from syncdb.engine.request import COLUMN_TYPE, RunRequest, run_request
from syncdb.errors import ConfigurationError, Exit, Interrupted, LedgerBusy, worst
from syncdb.ledger.web.jobs import Wanted
from syncdb.model import Side
from syncdb.orders.shop_identity import ZONE_MOVED
from syncdb.pairs import registry
from syncdb.pairs.base import Asked, PairType, Run, RunResult, Verbatim
from syncdb.programs import MANAGER
from syncdb.services.alerts.outcome import Outcome, anybody
from syncdb.services.dry_run_files import DryRun, write_dry_run
from syncdb.services.dry_run_page import names_of
from syncdb.services.job_report import JobReport, job_of, refused, unwatched
from syncdb.services.ledger_location import ledger_or_none
from syncdb.services.named_things import NamedThings, named_things
from syncdb.services.run_summary import summary

TEST_OUTPUT = "test_output"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of the command. `interval` is in minutes; without `continuous` there is one run."""

    continuous: bool = False
    interval: int = 15
    fields: tuple[str, ...] = ()
    test: bool = False
    config: Path | None = None
    lookback_days: int | None = None
    full: bool = False
    force: bool = False
    accept: tuple[str, ...] = ()
    as_json: bool = False
    verbose: bool = False
    quiet: bool = False
    limit: int | None = None

    def manner(self, aside: bool = False) -> Manner:
        """How the run talks."""
        return Manner(self.as_json, self.verbose, aside, self.quiet)


def main(pair: str, arguments: Sequence[str] | None = None, *, prog: str | None = None, always_test: bool = False) -> None:
    """Run the command of a pair and leave with its exit code (docs/exit-codes.md)."""
    chosen = _pair(pair)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] and words[0] in chosen.actions:
        sys.exit(_told_if_unusable(lambda: _act(chosen, words[0], words[1:], prog), Manner()))
    given = parser(chosen, prog, always_test).parse_args(words)
    names = tuple(name.strip() for name in getattr(given, "fields", "").split(",") if name.strip())
    if getattr(given, "only", None):
        names = (*names, *(("orders",) if given.only == "orders" else (one for one in chosen.entities if one != "orders")))
    options = RunOptions(
        given.mode == "continuous",
        given.interval,
        names,
        given.test,
        given.config,
        getattr(given, "lookback_days", None),
        given.full,
        given.force,
        tuple(given.accept),
        given.json,
        given.verbose,
        given.quiet,
        getattr(given, "limit", None),
    )
    if getattr(given, "action", None):  # after options, so that there are none of its own
        sys.exit(_told_if_unusable(lambda: act(pair, given.action, options), options.manner()))
    sys.exit(run(pair, options))


def _told_if_unusable(doing: Callable[[], int], manner: Manner) -> int:
    """Do it; a pair of another package that cannot be loaded is told. Returns the exit code."""
    try:
        return doing()
    except ConfigurationError as error:
        tell([*error.problems, f"What to do: {error.next_step}"], error, manner)
        return int(error.exit_code)


def parser(pair: PairType, prog: str | None = None, always_test: bool = False) -> argparse.ArgumentParser:
    """The options by Python's own means: what reads those of the manager takes longer to load than a run with nothing to do."""
    made = argparse.ArgumentParser(
        prog=prog,
        formatter_class=_Help,
        add_help=False,
        description=f"{pair.summary} The exit codes are in docs/exit-codes.md.",
        epilog=f"Example: {f'{MANAGER} {pair.command}' if prog else pair.run_command} --test",
        allow_abbrev=False,
    )
    made._optionals.title = "Options"
    flag = made.add_argument
    flag("-h", "--help", action="help", help="show this message and exit")
    flag("--mode", choices=("once", "continuous"), default="once", help="once, or continuous: again and again")
    flag("--interval", type=_minutes, default=15, metavar="MINUTES", help="minutes between runs")
    if pair.chooses_fields:
        flag("--fields", default="", metavar="NAMES", help="only these entities or fields: inventory,price")
    if pair.limited:
        flag("--only", choices=("products", "orders"), help="only products (with variants and stock), or only orders")
        flag("--limit", type=_many, metavar="N", help="a trial: only the first N products and the first N orders")
    if pair.actions:
        flag("action", nargs="?", choices=pair.actions, help="what to do instead of a run; ACTION --help tells more")
    flag(
        "--test",
        "--dry-run",
        action="store_true",
        default=always_test,
        help="plan only: writes to test_output/, changes nothing else",
    )
    flag("--config", type=Path, metavar="PATH", help="the configuration file")
    if pair.tracks_orders:
        flag("--lookback-days", type=int, metavar="N", help="how many days of order changes to cover")
    window = "read the whole window again and " if pair.tracks_orders else ""
    flag("--full", action="store_true", help=f"{window}look at everything on both sides")
    flag("--force", action="store_true", help="like --full, and go past a guard that stopped the last run (you have looked)")
    flag(
        "--accept",
        action="append",
        default=[],
        choices=tuple(_consents(pair)),
        help="; ".join(f"{name}: {what}" for name, what in _consents(pair).items()),
    )
    flag("--json", action="store_true", help="print the result as JSON")
    loud = made.add_mutually_exclusive_group().add_argument
    loud("-v", "--verbose", action="store_true", help="log in detail")
    loud("-q", "--quiet", action="store_true", help="say nothing unless something needs a look: for schedulers")
    flag("--version", action="version", version=f"syncdb {__version__}", help="show the version and exit")
    return made


def _consents(pair: PairType) -> dict[str, str]:
    """What can be let by once, with what that does: only what this pair knows."""
    found = {OLDER_COPY: "one side was put back to an older copy, so ask about every difference"}
    if pair.tracks_orders:
        found = {ZONE_MOVED: "let the rows change that the guard held back because the shop's time zone changed"} | found
    if pair.typed_columns:
        found[COLUMN_TYPE] = "take columns whose type people changed as they are now, and ask about every difference there"
    return found


class _Help(argparse.HelpFormatter):
    """The help as the manager's other commands have it."""

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "Usage: " if prefix is None else prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Prose, in which a command that is longer than a line stays whole."""
        return textwrap.fill(text, width, initial_indent=indent, break_long_words=False, break_on_hyphens=False)


def _many(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number, at least 1")
    return int(text)


def _minutes(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of minutes, at least 1")
    return int(text)


def run(
    pair: str, options: RunOptions, env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM, *, aside: bool = False
) -> int:
    """One run, or a series until somebody ends it, with its messages; returns the exit code. `aside`: no log on screen."""
    chosen = _pair(pair)
    return told(
        options.manner(aside),
        lambda: _settings_of_run(chosen, options, env, clock),
        lambda settings: (
            _series(chosen, options, settings, env, clock)
            if options.continuous
            else _once(chosen, options, settings, env=env, clock=clock)
        ),
    )


def _act(pair: PairType, action: str, arguments: Sequence[str], prog: str | None) -> int:
    """What the pair's command does beside runs, with the options that it has for it; returns the exit code."""
    found = pair.load_implementation().actions[action]
    made = argparse.ArgumentParser(
        prog=f"{prog or pair.script} {action}",
        formatter_class=_Help,
        add_help=False,
        description=f"{found.about[:1].upper()}{found.about[1:]}. The exit codes are in docs/exit-codes.md.",
        allow_abbrev=False,
    )
    made._optionals.title = "Options"
    made.add_argument("-h", "--help", action="help", help="show this message and exit")
    if found.words:
        made.add_argument("word", choices=found.words, metavar="|".join(found.words), help="what of it to do")
    for one in found.options:
        kind: dict[str, Any] = (
            {"metavar": one.metavar, "type": _many if one.number else str} if one.metavar else {"action": "store_true"}
        )
        made.add_argument(f"--{one.name}", help=one.about, **kind)
    made.add_argument("--config", type=Path, metavar="PATH", help="the configuration file")
    made.add_argument("--json", action="store_true", help="print the answer as JSON")
    made.add_argument("-v", "--verbose", action="store_true", help="log in detail")
    given = vars(made.parse_args(arguments))
    options = RunOptions(config=given.pop("config"), as_json=given.pop("json"), verbose=given.pop("verbose"))
    return act(pair.name, action, options, given=given)


def act(
    pair: str,
    action: str,
    options: RunOptions,
    env: Mapping[str, str] = os.environ,
    clock: Clock = SYSTEM,
    given: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Do what the pair's command does beside runs, saying how far it is; returns the exit code. `given` are its own options."""
    chosen = _pair(pair)
    found = chosen.load_implementation().actions[action]
    manner = options.manner()

    def load() -> RunSettings:
        if found.load is None:
            return _settings(chosen, options, env)
        settings: RunSettings = found.load({}, env, Path.cwd(), options.config)
        return settings

    def body(settings: RunSettings) -> Exit:
        code, answer = Exit.DONE, dict[str, Any]()
        for told_now in found.do(settings, Asked(partial(_agreed, manner), clock, given, not sys.stdin.isatty())):
            if isinstance(told_now, Exit):
                code = told_now
            elif not isinstance(told_now, str):
                answer |= told_now
            elif isinstance(told_now, Verbatim):
                sys.stdout.write(told_now)
            elif not options.as_json:
                show([told_now], manner)
        if options.as_json:
            sys.stdout.write(json.dumps({"exit_code": int(code)} | answer, indent=1, default=str) + "\n")
        return code

    return told(manner, load, body)


def _agreed(manner: Manner, what: str) -> bool:
    """Whether to go on with something: somebody at a terminal is asked; otherwise it is told, and asking for it was enough."""
    if sys.stdin.isatty():
        return said_yes(f"{what}. Go on?")
    if not manner.as_json:
        show([f"  {what}"], manner)
    return True


def _pair(name: str) -> PairType:
    found = registry.pair_named(name)
    assert found is not None, f"no pair is called {name}"
    return found


def _settings_of_run(pair: PairType, options: RunOptions, env: Mapping[str, str], clock: Clock) -> RunSettings:
    """The settings; where they cannot be used, whoever asked for the run is told, too."""
    try:
        return _settings(pair, options, env)
    except ConfigurationError as error:
        note = partial(refused, env, error, _wanted(pair, options), ledger_or_none(options.config, env), clock.now())
        if options.test or not anybody(options.config, env, Path.cwd()):
            note()
        else:
            from syncdb.services.alerts.attending import about_run, not_begun

            not_begun(about_run(options.config, env, clock, ()), note)
        raise


def _settings(pair: PairType, options: RunOptions, env: Mapping[str, str]) -> RunSettings:
    implementation = pair.load_implementation()
    settings: RunSettings = implementation.load({"lookback_days": options.lookback_days}, env, Path.cwd(), options.config)
    unknown = implementation.unknown_fields(settings, options.fields)
    if unknown:
        raise ConfigurationError(
            [f"--fields: {name} is no entity or field that is kept in step.{_near(pair, name)}" for name in unknown],
            next_step=f"The configuration says what is kept in step; {pair.docs} lists what can be.",
        )
    return settings


def _near(pair: PairType, name: str) -> str:
    """What an unknown name may have been meant for."""
    from difflib import get_close_matches

    from syncdb.mapping.entities import ENTITIES

    known = [*pair.entities, *(field for entity in pair.entities if entity in ENTITIES for field in ENTITIES[entity].by_name)]
    near = get_close_matches(name.rpartition(".")[2].lower(), known, 1)
    return f" Did you mean {near[0]}?" if near else ""


def _series(pair: PairType, options: RunOptions, settings: RunSettings, env: Mapping[str, str], clock: Clock) -> Exit:
    """Run after run. A consent to undo what came since is given for one run."""
    later = replace(options, accept=tuple(one for one in options.accept if one != OLDER_COPY))
    return Series(
        options.manner(),
        options.interval,
        clock,
        partial(_once, pair, options, env=env, clock=clock),
        partial(_once, pair, later, env=env, clock=clock),
        _named(pair, options, settings),
        partial(_named_only, pair, later, clock),
        partial(_repair, options.config, env, clock),
    ).go(settings)


def _named(pair: PairType, options: RunOptions, settings: RunSettings) -> NamedThings | None:
    """What is named to the pair. A run of some fields only would take it from those of all."""
    return None if options.test or options.fields else named_things(pair, settings)


def _repair(config: Path | None, env: Mapping[str, str], clock: Clock) -> None:
    from syncdb.services.subscriptions import repair  # few runs need it

    repair(config, env, Path.cwd(), clock)


def _named_only(pair: PairType, options: RunOptions, clock: Clock, named: NamedThings, settings: RunSettings) -> Exit:
    """A run that looks at nothing but what was named and is due."""
    with named.claimed(clock.now) as claim:
        if claim is None:
            return Exit.DONE
        asked = run_request(settings, named=claim.by_source, only_named=True)
        try:
            results = _made(pair, options, settings, asked, unwatched(clock), clock)
        except LedgerBusy:  # another run is under way: a little later
            claim.ended(Exit.BUSY)
            return Exit.BUSY
        code = worst(result.report.exit_code for _, result in results)
        claim.ended(code)
    if code is not Exit.DONE or any(result.report.counts.total() for _, result in results):
        _leave(pair, options, settings, results)
    return code


def _once(pair: PairType, options: RunOptions, settings: RunSettings, *, env: Mapping[str, str], clock: Clock) -> Exit:
    """An ordinary run. It takes along what was named and is due: the index that it asks may not know of that yet."""
    named = _named(pair, options, settings)
    with (
        _attended(pair, options, settings, env, clock) as outcome,
        job_of(settings.db_path, _wanted(pair, options), env, clock) as job,
        named.claimed(clock.now) if named else nullcontext() as claim,
    ):
        request = run_request(
            settings,
            full=options.full,
            force=options.force,
            dry=options.test,
            accept=options.accept,
            named=claim.by_source if claim else None,
            limit=options.limit,
        )
        results = _made(pair, options, settings, request, job, clock)
        code = worst(result.report.exit_code for _, result in results)
        if claim:
            claim.ended(code)
        said = _leave(pair, options, settings, results)
        outcome.take(code, next((result.report.failure for _, result in results if result.report.failure), None))
        job.end(code, said, [result.report.run_id for _, result in results])
    return code


def _attended(
    pair: PairType, options: RunOptions, settings: RunSettings, env: Mapping[str, str], clock: Clock
) -> AbstractContextManager[Outcome]:
    """People are told of the run, where somebody wants to be."""
    if options.test or not anybody(options.config, env, Path.cwd()):
        return nullcontext(Outcome())
    from syncdb.services.alerts.attending import about_run, attended

    return attended(pair.title, about_run(options.config, env, clock, settings.secrets))


def _wanted(pair: PairType, options: RunOptions) -> Wanted:
    """The run as a job that nobody else asked for."""
    mode = "test" if options.test else "force" if options.force else "full" if options.full else "sync"
    flag = "" if mode == "sync" else f" --{mode}"
    return Wanted(pair.name, mode, pair.run_command + flag, "command")


def _made(
    pair: PairType, options: RunOptions, settings: RunSettings, request: RunRequest, job: JobReport, clock: Clock
) -> list[tuple[Run, RunResult]]:
    opening = pair.load_implementation().open
    with (
        surroundings(clock, options.manner()) as around,
        job.watching(around.stop, around.progress) as progress,
        opening(settings, request, options.fields, around.clock, progress) as runs,
    ):
        return list(_run_all(runs, around))


def _run_all(runs: Sequence[Run], around: Surroundings) -> Iterator[tuple[Run, RunResult]]:
    """One run after the other; a person who ends one ends all."""
    for one in runs:
        result = one.execute()
        yield one, result
        if isinstance(result.report.failure, Interrupted):
            return


def _leave(pair: PairType, options: RunOptions, settings: RunSettings, results: Sequence[tuple[Run, RunResult]]) -> Sequence[str]:
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
