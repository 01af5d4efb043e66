"""The options that every command has, and how every command ends: an answer, or what happened and what to do now."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.output import Output
from syncdb.cli.streams import undelivered
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="PATH", help="The configuration file (default: config.json here).")
]
DbOption = Annotated[Path | None, typer.Option("--db", metavar="PATH", help="The ledger itself, whatever is configured.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for scripts.")]
PairOption = Annotated[
    str | None,
    typer.Option(
        "--pair",
        metavar="PAIR",
        help=f"Only this pair: {' or '.join(pair.name for pair in registry.PAIRS)} (default: what is configured).",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def chosen_pair(name: str | None) -> PairType | None:
    """The pair that --pair names; None where it was not given. Raises ConfigurationError for one that there is not."""
    if name is None:
        return None
    found = registry.pair_named(name)
    if found is None:
        known = ", ".join(pair.name for pair in registry.PAIRS)
        raise ConfigurationError([f"--pair {name}: there is no such pair."], next_step=f"It is one of {known}.")
    return found


@contextmanager
def answering(as_json: bool, *, acts: bool = False) -> Iterator[Output]:
    """The output of a command. What a person can act on is said with the next step; the exit code goes with it.

    Of a command that `acts` the code says what became of that, whether or not its words could be delivered.
    """
    output = Output(as_json)
    try:
        yield output
        _refuse_undelivered(output, acts)
    except SyncdbError as error:
        _tell(output, error)
        raise typer.Exit(int(error.exit_code)) from None
    except KeyboardInterrupt:
        output.hint("Interrupted. Nothing was left half done.")
        raise typer.Exit(int(Exit.INTERRUPTED)) from None
    except typer.Exit as left:
        if left.exit_code == Exit.DONE:
            _refuse_undelivered(output, acts)
        raise
    except BrokenPipeError:  # the reader of a pipe (head, less) has seen enough
        raise typer.Exit(int(Exit.DONE)) from None
    except Exception as defect:
        _tell_defect(output, defect)
        raise typer.Exit(int(Exit.DEFECT)) from defect


def _refuse_undelivered(output: Output, acts: bool) -> None:
    """Say that the answer did not arrive (a full disk). Raises typer.Exit where it was all that the command is for."""
    if not (why := undelivered(sys.stdout)):
        return
    output.hint(f"Standard output cannot be written: {why}." + (" What was asked for was done all the same." if acts else ""))
    if not acts:
        output.hint("What to do: free some space, or send it elsewhere, then ask again.")
        raise typer.Exit(int(Exit.GUARD))


def _tell(output: Output, error: SyncdbError) -> None:
    problems = list(error.problems) if isinstance(error, ConfigurationError) else [str(error)]
    if output.as_json:
        told = {"message": "\n".join(problems), "next_step": error.next_step}
        output.data({"exit_code": int(error.exit_code), "error": told})
        return
    for problem in problems:
        output.hint(problem)
    if error.next_step:
        output.hint(f"What to do: {error.next_step}")


def _tell_defect(output: Output, defect: Exception) -> None:
    """A mistake of ours: named by kind and place, without the data that was being looked at."""
    frame = traceback.extract_tb(defect.__traceback__)[-1]
    where = f"{type(defect).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    if os.environ.get("SYNCDB_TRACEBACK"):
        traceback.print_exception(defect, file=sys.stderr)
    told = f"This is a defect of syncdb: {where}. The ledger was not changed by it."
    if output.as_json:
        output.data({"exit_code": int(Exit.DEFECT), "error": {"message": told, "next_step": ""}})
        return
    output.hint(told)
    output.hint("What to do: report it with this line and the command. SYNCDB_TRACEBACK=1 in the environment shows more.")
