"""`help`: what `--help` says, asked for by the name of the command."""

from typing import Annotated

import typer


def show_help(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[COMMAND]", help="The command to explain.")] = None,
) -> None:
    """The command `help`; what its own help says stands in syncdb.cli.commands."""
    from syncdb.cli.app import main

    main([name, "--help"] if name else ["--help"])
