"""`completion`: for each shell a few lines that know every command and option, so that completing starts no program."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from syncdb.cli.app import app
from syncdb.cli.commands import COMMANDS
from syncdb.cli.pair_options import parser
from syncdb.pairs import registry
from syncdb.programs import command_of

Words = Mapping[str, tuple[str, ...]]


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """The command `completion`; what its help says stands in syncdb.cli.commands."""
    written: dict[Shell, Callable[[str, Words, Mapping[str, tuple[str, ...]]], str]] = {
        Shell.BASH: _bash,
        Shell.ZSH: _zsh,
        Shell.FISH: _fish,
    }
    pairs = {command_of(pair.script): _pair_options(pair.name) for pair in registry.PAIRS if pair.script}
    typer.echo(written[shell](command_of("sync_manager.py"), options_by_command(), pairs), nl=False)


def options_by_command() -> Words:
    """The options of each command of the manager."""
    group: Any = typer.main.get_command(app)
    context = typer.Context(group)
    found: dict[str, tuple[str, ...]] = {}
    for name, command in COMMANDS.items():
        if command.pair:
            found[name] = _pair_options(command.pair)
        else:
            parts = group.get_command(context, name).params
            found[name] = tuple(option for part in parts for option in part.opts if option.startswith("--")) + ("--help",)
    return found


def _pair_options(pair: str) -> tuple[str, ...]:
    chosen = registry.pair_named(pair)
    assert chosen is not None
    return tuple(option for action in parser(chosen)._actions for option in action.option_strings if option.startswith("--"))


def _bash(manager: str, words: Words, pairs: Words) -> str:
    cases = "".join(f"    {name}) words='{' '.join(options)}' ;;\n" for name, options in words.items())
    scripts = "".join(f"complete -o default -W '{' '.join(options)}' {name}\n" for name, options in pairs.items())
    return f"""_{manager}() {{
  local words
  case "${{COMP_WORDS[1]}}" in
{cases}    *) words='' ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ] || [ "${{COMP_WORDS[1]}}" = help ]; then words='{" ".join(words)} --help --version'; fi
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _{manager} {manager}
{scripts}"""


def _zsh(manager: str, words: Words, pairs: Words) -> str:
    return f"autoload -Uz bashcompinit && bashcompinit\n{_bash(manager, words, pairs)}"


def _fish(manager: str, words: Words, pairs: Words) -> str:
    lines = [f"complete -c {manager} -n __fish_use_subcommand -f -a '{name}' -d '{_told(name)}'" for name in words]
    lines += [
        f"complete -c {manager} -n '__fish_seen_subcommand_from {name}' -l {option.removeprefix('--')}"
        for name, options in words.items()
        for option in options
    ]
    lines += [f"complete -c {name} -l {option.removeprefix('--')}" for name, options in pairs.items() for option in options]
    return "\n".join(lines) + "\n"


def _told(name: str) -> str:
    return COMMANDS[name].summary.replace("'", "\\'")
