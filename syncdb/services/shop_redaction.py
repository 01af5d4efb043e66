"""What is kept of all customers of a shop that took the app out: in which files it stands, and that a person has seen to it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from glob import escape
from pathlib import Path

from syncdb.ledger import file
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.ledger.inbox.overview import overview
from syncdb.ledger.web.file import web_path
from syncdb.systems.shopify.deliveries import SHOP_REDACT

_DRY_RUNS, _BACKUPS = "test_output", "backups"
EVERYBODY = ""  # whom such a request is about


def shops_asking(ledger: Path) -> list[str]:
    """The shops that ask for everything to be erased, and nobody has done it yet. Raises InboxBusy and LedgerUnusable."""
    return [one.source for one in overview(inbox_path(ledger)).asked if one.topic == SHOP_REDACT]


def kept_files(ledger: Path, log: Path, also: Iterable[Path]) -> list[Path]:
    """The ledger, its copies, logs, dry runs and backups that lie where they are put; and those of `also`.

    Not among them: what names nobody (the inbox of webhooks, the hashes of redacted orders) and the accounts of the web pages.
    """
    spared = (inbox_path(ledger).name, web_path(ledger).name, f"{ledger.name}.lock", f"{ledger.name}.redacted")
    beside = [one for one in ledger.parent.glob(f"{escape(ledger.stem)}*{ledger.suffix}*") if not one.name.startswith(spared)]
    beside += (ledger.parent / _BACKUPS).glob(f"*{ledger.suffix}*")
    found = [*beside, *log.parent.glob(f"{escape(log.name)}*"), *_files_in([ledger.parent / _DRY_RUNS, *also])]
    return sorted({one.absolute() for one in found if one.is_file() and not one.is_symlink()})


def delete_files(ledger: Path, files: Sequence[Path]) -> None:
    """Delete them while no run holds the ledger. Raises LedgerBusy, before anything was deleted."""
    guard = file.lock(ledger)
    try:
        for one in files:
            one.unlink(missing_ok=True)
    finally:
        guard.release()


def shop_seen_to(ledger: Path, shop: str, now: datetime) -> None:
    """What this shop asked is done. Raises InboxBusy and LedgerUnusable."""
    inbox = Inbox.open(inbox_path(ledger))
    try:
        inbox.seen_to(SHOP_REDACT, [EVERYBODY], int(now.timestamp() * 1000), source=shop)
    finally:
        inbox.close()


def _files_in(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from place.rglob("*") if place.is_dir() else [place]
