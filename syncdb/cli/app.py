"""`sync_manager.py`: one command for each question. Modules are loaded when called for, so help is instant."""

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from syncdb.pairs import registry

PAIR_RUNS = "syncdb.cli.run_pair"
# command: (module, function); the order is that of the help
COMMANDS: dict[str, tuple[str, str]] = {
    "status": ("syncdb.cli.status", "status"),
    "orders": ("syncdb.cli.orders", "orders"),
    "history": ("syncdb.cli.history", "history"),
    "errors": ("syncdb.cli.errors", "errors"),
    "conflicts": ("syncdb.cli.conflicts", "conflicts"),
    "report": ("syncdb.cli.report", "report"),
    "export": ("syncdb.cli.export", "export"),
    "backup": ("syncdb.cli.backup", "backup"),
    "restore": ("syncdb.cli.backup", "restore"),
    "check": ("syncdb.cli.check", "check"),
    **{pair.command: (PAIR_RUNS, pair.name) for pair in registry.PAIRS},
    "retry": ("syncdb.cli.retry", "retry"),
    "reset": ("syncdb.cli.reset", "reset"),
    "validate": ("syncdb.cli.validate", "validate"),
    "missing": ("syncdb.cli.missing", "missing"),
    "init": ("syncdb.cli.init", "init"),
    "schedule": ("syncdb.cli.schedule", "schedule"),
    "redact": ("syncdb.cli.redact", "redact"),
}


class Lazy(TyperGroup):
    """Commands by name, each made when it is asked for."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | None:  # type: ignore[override]
        if cmd_name not in COMMANDS:
            _refuse(ctx, cmd_name)
        module, function = COMMANDS[cmd_name]
        if module == PAIR_RUNS:
            return _pair_command(cmd_name, function)
        one = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        one.command(cmd_name)(getattr(importlib.import_module(module), function))
        return get_command(one)  # type: ignore[return-value]


def _pair_command(command: str, pair: str) -> TyperCommand:
    """The command that runs a pair: its options are those of the pair's script, read by the same code."""

    def passed_on(ctx: typer.Context) -> None:
        importlib.import_module(PAIR_RUNS).main(pair, ctx.args, prog=f"sync_manager.py {command}")

    one = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    summary = next(known.summary for known in registry.PAIRS if known.name == pair)
    one.command(command, help=summary, context_settings=settings)(passed_on)
    return get_command(one)  # type: ignore[return-value]


def _refuse(ctx: typer.Context, name: str) -> NoReturn:
    near = difflib.get_close_matches(name, COMMANDS, 1)
    ctx.fail(f"No such command '{name}'." + (f" Did you mean {near[0]}?" if near else ""))


app = typer.Typer(cls=Lazy, add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def manager() -> None:
    """Ask the ledger how things stand, and look after it.

    From status to check they answer from the ledger alone, also while a sync is running. Every command takes --json for scripts.
    Example: python sync_manager.py status
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    _never_fail_at_a_letter()
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="sync_manager.py")
    except BrokenPipeError:  # the reader of a pipe (head, less) has seen enough
        _close_quietly()
        sys.exit(0)


def _never_fail_at_a_letter() -> None:
    """A console that lacks a letter (code page 1252 and an emoji) shows a question mark instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _close_quietly() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
