"""A pair's script and its command of the manager: one run, or run after run until somebody ends it."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from syncdb.cli.pair_options import RunOptions, options_of, parser
from syncdb.cli.pair_settings import pair_called, settings_of
from syncdb.cli.run_results import leave
from syncdb.cli.running import Manner, Surroundings, on_terminal, surroundings, tell, told
from syncdb.cli.series import Series
from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.engine.older_copy import OLDER_COPY
from syncdb.engine.request import RunRequest, run_request
from syncdb.errors import ConfigurationError, Exit, Interrupted, LedgerBusy, worst
from syncdb.ledger.web.jobs import Wanted
from syncdb.pairs.base import PairType, Run, RunResult, Watch
from syncdb.services.alerts.outcome import Outcome, anybody
from syncdb.services.job_report import JobReport, job_of, refused, unwatched, wanted_by
from syncdb.services.ledger_location import ledger_or_none
from syncdb.services.named_things import NamedThings, named_things


def main(pair: str, arguments: Sequence[str] | None = None, *, prog: str | None = None, always_test: bool = False) -> None:
    """Run the command of a pair and leave with its exit code (docs/exit-codes.md)."""
    chosen = pair_called(pair)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] and words[0] in chosen.actions:
        from syncdb.cli.pair_action import act_by_command  # a run needs none of it

        sys.exit(_told_if_unusable(lambda: act_by_command(chosen, words[0], words[1:], prog), Manner()))
    given = parser(chosen, prog, always_test).parse_args(words)
    options = options_of(chosen, given)
    if getattr(given, "action", None):  # after options, so that there are none of its own
        from syncdb.cli.pair_action import act

        sys.exit(_told_if_unusable(lambda: act(pair, given.action, options), options.manner()))
    sys.exit(run(pair, options))


def _told_if_unusable(doing: Callable[[], int], manner: Manner) -> int:
    """Do it; a pair of another package that cannot be loaded is told. Returns the exit code."""
    try:
        return doing()
    except ConfigurationError as error:
        tell([*error.problems, f"What to do: {error.next_step}"], error, manner)
        return int(error.exit_code)


def run(
    pair: str, options: RunOptions, env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM, *, aside: bool = False
) -> int:
    """One run, or a series until somebody ends it, with its messages; returns the exit code. `aside`: no log on screen."""
    chosen = pair_called(pair)
    return told(
        options.manner(aside),
        lambda: _settings_of_run(chosen, options, env, clock),
        lambda settings: (
            _series(chosen, options, settings, env, clock)
            if options.continuous
            else _once(chosen, options, settings, env=env, clock=clock)
        ),
    )


def _settings_of_run(pair: PairType, options: RunOptions, env: Mapping[str, str], clock: Clock) -> RunSettings:
    """The settings; where they cannot be used, whoever asked for the run is told, too."""
    try:
        return settings_of(pair, options, env)
    except ConfigurationError as error:
        note = partial(refused, env, error, _wanted(pair, options), ledger_or_none(options.config, env), clock.now())
        if options.test or not anybody(options.config, env, Path.cwd()):
            note()
        else:
            from syncdb.services.alerts.attending import about_run, not_begun

            not_begun(about_run(options.config, env, clock, ()), note)
        raise


def _series(pair: PairType, options: RunOptions, settings: RunSettings, env: Mapping[str, str], clock: Clock) -> Exit:
    """Run after run. A consent to undo what came since is given for one run."""
    later = replace(options, accept=tuple(one for one in options.accept if one != OLDER_COPY))
    with _watching(pair, options, settings, clock) as watch:
        return Series(
            options.manner(),
            options.interval,
            clock,
            partial(_once, pair, options, env=env, clock=clock),
            partial(_once, pair, later, env=env, clock=clock),
            _named(pair, options, settings),
            partial(_named_only, pair, later, clock),
            partial(_repair, options.config, env, clock),
            watch,
        ).go(settings)


def _watching(pair: PairType, options: RunOptions, settings: RunSettings, clock: Clock) -> AbstractContextManager[Watch | None]:
    """What the pair looks at between two runs; nothing where a run would leave most of it waiting."""
    watch = pair.load_implementation().watch
    return nullcontext() if watch is None or options.test or options.fields else watch(settings, clock)


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
        leave(pair, options, settings, results)
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
            wanted_by=wanted_by(env, unattended=options.continuous, terminal=not options.quiet and on_terminal()),
        )
        results = _made(pair, options, settings, request, job, clock)
        code = worst(result.report.exit_code for _, result in results)
        if claim:
            claim.ended(code)
        said = leave(pair, options, settings, results)
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
