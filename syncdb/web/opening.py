"""Making ready what pages work on, for `serve` and for a WSGI server: web.db, the code of a first start, secrets not to log."""

from collections.abc import Mapping
from pathlib import Path

from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError
from syncdb.ledger.web import people
from syncdb.ledger.web.file import make, web_path
from syncdb.services.jobs import Jobs
from syncdb.services.ledger_location import find_ledger
from syncdb.web.asked import Site
from syncdb.web.login import Door, FirstCode


def open_site(
    config: Path | None,
    db: Path | None,
    env: Mapping[str, str],
    folder: Path,
    *,
    url: str = "",
    proxy: str = "",
    read_only: bool = False,
    new_owner: bool = False,
) -> Site:
    """The site, with web.db there. Without an account, or where a `new_owner` is wanted, there is a code to make one with.

    Raises ConfigurationError, LedgerUnusable and LedgerBusy.
    """
    ledger = find_ledger(config, db, env).ledger
    path = web_path(ledger)
    make(path)
    code = FirstCode.new(SYSTEM.now()) if new_owner or not people.accounts(path) else None
    named = {"DB_PATH": str(db.absolute())} if db else {}  # runs know no --db
    jobs = Jobs(ledger, config, folder, env={**env, **named})
    return Site(Door(path, code), jobs, config, db, env, folder, url.rstrip("/"), proxy, read_only)


def secrets_of(site: Site) -> tuple[str, ...]:
    """What must never be logged, as far as it is configured well enough to be known."""
    try:
        return tuple({secret: None for one in site.usable() for secret in one.settings.secrets})
    except ConfigurationError:
        return ()
