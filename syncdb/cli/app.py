"""`sync_manager.py`: one command for each question. A command is loaded when it is called, so a list of them is instant."""

import difflib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from syncdb import __version__
from syncdb.cli.commands import ABOUT, COMMANDS, Command
from syncdb.loading import loaded
from syncdb.programs import name_of

if TYPE_CHECKING:
    from typer._click import HelpFormatter


HELP = {"help_option_names": ["-h", "--help"]}


class Lazy(TyperGroup):
    """Commands by name, each made when it is asked for."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | None:  # type: ignore[override]
        if cmd_name not in COMMANDS:
            _refuse(ctx, cmd_name)
        command = COMMANDS[cmd_name]
        if command.pair:
            return _pair_command(command)
        module, _, function = command.function.partition(":")
        single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        single.command(cmd_name, help=_help(command.help), context_settings=HELP)(getattr(loaded(module), function))
        return get_command(single)  # type: ignore[return-value]

    def format_commands(self, ctx: typer.Context, formatter: "HelpFormatter") -> None:  # type: ignore[override]
        with formatter.section("Commands"):
            formatter.write_dl([(command.name, command.summary) for command in COMMANDS.values()])


def _pair_command(command: Command) -> TyperCommand:
    """The command that runs a pair: its options are those of the pair's script, read by the same code."""

    def passed_on(ctx: typer.Context) -> None:
        from syncdb.cli.run_pair import main as run_pair

        run_pair(command.pair, ctx.args, prog=f"{name_of('sync_manager.py')} {command.name}")

    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    single.command(command.name, help=_help(command.help), context_settings=settings)(passed_on)
    return get_command(single)  # type: ignore[return-value]


def _help(text: str) -> str:
    """What a command's help says, with the command of an example whole in a line of its own (`\\b`: what is not to be folded)."""
    return re.sub(r"\n?^( *)Example: ", "\n\n\\1\b\n\\1Example:\n\\1  ", text, flags=re.MULTILINE)


def _refuse(ctx: typer.Context, name: str) -> NoReturn:
    near = difflib.get_close_matches(name, COMMANDS, 1)
    ctx.fail(f"No such command '{name}'." + (f" Did you mean {near[0]}?" if near else ""))


app = typer.Typer(
    cls=Lazy,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syncdb {__version__}")
        raise typer.Exit


@app.callback(help=_help(ABOUT))
def manager(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What stands before every command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    app(args=list(arguments) if arguments is not None else None, prog_name=name_of("sync_manager.py"))
