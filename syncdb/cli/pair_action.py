"""What a pair's command does beside runs."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from syncdb.cli.pair_options import Help, RunOptions, many
from syncdb.cli.pair_settings import pair_called, settings_of
from syncdb.cli.prompts import said_yes
from syncdb.cli.running import Manner, show, told
from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.errors import Exit
from syncdb.pairs.base import Asked, PairType, Verbatim


def act_by_command(pair: PairType, action: str, arguments: Sequence[str], prog: str | None) -> int:
    """What the pair's command does beside runs, with the options that it has for it; returns the exit code."""
    found = pair.load_implementation().actions[action]
    made = argparse.ArgumentParser(
        prog=f"{prog or pair.script} {action}",
        formatter_class=Help,
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
            {"metavar": one.metavar, "type": many if one.number else str} if one.metavar else {"action": "store_true"}
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
    chosen = pair_called(pair)
    found = chosen.load_implementation().actions[action]
    manner = options.manner()

    def load() -> RunSettings:
        if found.load is None:
            return settings_of(chosen, options, env)
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
