"""Starting a program where a package that it needs may not be installed. Imports nothing that is not Python's own."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from syncdb.cli.streams import make_ready
from syncdb.loading import for_good
from syncdb.programs import INSTALLED

if TYPE_CHECKING:  # a program that does not serve the web does without
    from flask import Flask


def manager() -> None:
    """`sync_manager.py`, or `syncdb` where it is installed."""
    make_ready()
    with telling_what_is_missing(), for_good():
        take_in_plug_ins(sys.argv[1:])
        from syncdb.cli.app import main
    with ending_quietly():
        main()


def run_pair(pair: str, *, always_test: bool = False) -> None:
    """The script of a pair, named as in the registry."""
    make_ready()
    with telling_what_is_missing(), for_good():
        take_in_plug_ins(sys.argv[1:])
        from syncdb.cli.run_pair import main
    with ending_quietly():
        main(pair, always_test=always_test)


def sheets() -> None:
    """`syncdb-sheets`: what `shopify_sheets_sync.py` is in the source tree."""
    run_pair("sheets")


def grist() -> None:
    """`syncdb-grist`: what `shopify_grist_sync.py` is in the source tree."""
    run_pair("grist")


def stores() -> None:
    """`syncdb-stores`: what `shopify_stores_sync.py` is in the source tree."""
    run_pair("stores")


def web_application() -> "Flask":
    """What a WSGI server serves. Ends the process with exit code 2, and the problems told, where it cannot start."""
    with telling_what_is_missing():
        take_in_plug_ins()
        from syncdb.web.starting import started
    return started()


def web_pages() -> "Flask":
    """The pages, as a WSGI server serves them. Ends the process with the problems told, where they cannot start."""
    with telling_what_is_missing():
        take_in_plug_ins()
        from syncdb.web.starting import started_pages
    return started_pages()


def sentos() -> None:
    """`syncdb-sentos`: what `shopify_sentos_sync.py` is in the source tree."""
    run_pair("sentos")


def erp() -> None:
    """`syncdb-erp`: what `shopify_erp_sync.py` is in the source tree."""
    run_pair("erp")


def workbook() -> None:
    """`syncdb-workbook`: what `shopify_workbook_sync.py` is in the source tree."""
    run_pair("workbook")


def take_in_plug_ins(arguments: Sequence[str] = ()) -> None:
    """The plug-ins that the configuration names, before the commands and settings that they add are listed.

    A --config among the arguments counts as it will when they are read.
    """
    from syncdb.config.plug_ins import named_plug_ins

    if names := named_plug_ins(_config_in(arguments), os.environ, Path.cwd()):
        from syncdb.pairs.plug_ins import enrol

        enrol(names)


def _config_in(arguments: Sequence[str]) -> Path | None:
    found = None
    for number, word in enumerate(arguments):
        if word == "--config" and number + 1 < len(arguments):
            found = Path(arguments[number + 1])
        elif word.startswith("--config="):
            found = Path(word.removeprefix("--config="))
    return found


@contextmanager
def telling_what_is_missing() -> Iterator[None]:
    """Where an import fails for lack of a package, say how to install it and end with exit code 2."""
    from_source = "python -m pip install -r requirements.txt, or use the environment that `python run.py demo` made"
    try:
        with ending_quietly():
            yield
    except ModuleNotFoundError as missing:
        sys.stderr.write(
            f"syncdb cannot start: the package {missing.name} is not installed for {sys.executable}.\n"
            f"What to do: {'install syncdb again, with pip or pipx' if INSTALLED else from_source}.\n"
        )
        sys.exit(2)


@contextmanager
def ending_quietly() -> Iterator[None]:
    """Ctrl-C before the program listens for it (while it is loaded) ends it with 130 and a word instead of a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted before anything was begun. Nothing was changed.\n")
        sys.exit(130)
