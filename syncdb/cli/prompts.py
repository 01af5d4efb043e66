"""Asking before something cannot be taken back."""

import sys
from collections.abc import Sequence

from syncdb.cli.output import Output
from syncdb.errors import ConfigurationError, Interrupted


def confirmed(output: Output, lines: Sequence[str], question: str, *, yes: bool) -> None:
    """Say what will be done and ask. Returns where it may go on.

    Raises Interrupted for a no, ConfigurationError where nobody can be asked and --yes was not given.
    """
    if not output.as_json:
        for line in lines:
            output.line(line)
    if yes:
        return
    if output.as_json or not sys.stdin.isatty():
        told = [*lines] if output.as_json else []  # they were said above already
        raise ConfigurationError(
            [*told, "Nobody is there to be asked, so nothing was done."], next_step="Run it again with --yes to do it unasked."
        )
    if not said_yes(question):
        raise Interrupted("Nothing was changed.")


def said_yes(question: str) -> bool:
    """Ask until the answer is yes or no; no by default."""
    while True:
        answer = ask(f"{question} [y/N] ").strip().lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("", "n", "no"):
            return False
        sys.stderr.write("Type y for yes, or n for no.\n")


def ask(prompt: str) -> str:
    """A line typed by a person. Raises Interrupted where there is no more input."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise Interrupted("The input ended. Nothing was changed.")
    return line.rstrip("\r\n")
