"""The options of a pair's command, and what reads them."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from syncdb import __version__
from syncdb.cli.running import Manner
from syncdb.engine.older_copy import OLDER_COPY
from syncdb.engine.request import COLUMN_TYPE
from syncdb.folding import folded
from syncdb.orders.shop_identity import ZONE_MOVED
from syncdb.pairs.base import PairType
from syncdb.programs import MANAGER

SHORTEST = 5  # seconds between runs


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of the command. `interval` is in seconds; without `continuous` there is one run."""

    continuous: bool = False
    interval: int = 900
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


def parser(pair: PairType, prog: str | None = None, always_test: bool = False) -> argparse.ArgumentParser:
    """The options by Python's own means: what reads those of the manager takes longer to load than a run with nothing to do."""
    made = Options(
        prog=prog,
        formatter_class=Help,
        add_help=False,
        description=f"{pair.summary} The exit codes are in docs/exit-codes.md.",
        epilog=f"Example:\n  {f'{MANAGER} {pair.command}' if prog else pair.run_command} --test",
        allow_abbrev=False,
    )
    made._optionals.title = "Options"
    flag = made.add_argument
    flag("-h", "--help", action="help", help="show this message and exit")
    flag("--mode", choices=("once", "continuous"), default="once", help="once, or continuous: again and again")
    flag("--interval", type=_seconds, default=900, metavar="MINUTES", help="minutes between runs (15), or seconds: 30s")
    if pair.chooses_fields:
        flag("--fields", default="", metavar="NAMES", help="only these entities or fields: inventory,price")
    if pair.limited:
        flag("--only", choices=("products", "orders"), help="only products (with variants and stock), or only orders")
        flag("--limit", type=many, metavar="N", help="a trial: only the first N products and the first N orders")
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


def options_of(pair: PairType, given: argparse.Namespace) -> RunOptions:
    """What was given to the command, as options of a run. A pair's command has only the options that it needs."""
    names = tuple(name.strip() for name in getattr(given, "fields", "").split(",") if name.strip())
    if getattr(given, "only", None):
        names = (*names, *(("orders",) if given.only == "orders" else (one for one in pair.entities if one != "orders")))
    return RunOptions(
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


def _consents(pair: PairType) -> dict[str, str]:
    """What can be let by once, with what that does: only what this pair knows."""
    found = {OLDER_COPY: "one side was put back to an older copy, so ask about every difference"}
    if pair.tracks_orders:
        found = {ZONE_MOVED: "let the rows change that the guard held back because the shop's time zone changed"} | found
    if pair.typed_columns:
        found[COLUMN_TYPE] = "take columns whose type people changed as they are now, and ask about every difference there"
    return found


class Options(argparse.ArgumentParser):
    """Options that say of a slip in one which was meant, as the manager does."""

    def error(self, message: str) -> NoReturn:
        _, unknown, given = message.partition("unrecognized arguments: ")
        if unknown:
            import difflib

            near = difflib.get_close_matches(given.split()[0], self._option_string_actions, 1)
            message = f"No such option: {given}." + (f" Did you mean {near[0]}?" if near else "")
        self.exit(2, f"Usage: {self.prog} [OPTIONS]\nTry '{self.prog} -h' for help.\n\nError: {message}\n")


class Help(argparse.HelpFormatter):
    """The help as the manager's other commands have it."""

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "Usage: " if prefix is None else prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Prose, and a command in a line of its own, which stays whole."""
        return "\n".join(folded(indent + line, width) for line in text.splitlines())


def many(text: str) -> int:
    """A whole number, at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number, at least 1")
    return int(text)


def _seconds(text: str) -> int:
    """A time between runs: minutes, or seconds with an s."""
    number, seconds = text.removesuffix("s"), text.endswith("s")
    if not (number.isascii() and number.isdigit()) or int(number) < (SHORTEST if seconds else 1):
        raise argparse.ArgumentTypeError(f"must be a whole number of minutes, at least 1, or of seconds, at least {SHORTEST}s")
    return int(number) * (1 if seconds else 60)
