"""Making ready what pages work on, for `serve` and for a WSGI server: web.db, the code of a first start, secrets not to log."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from syncdb.clock import SYSTEM
from syncdb.config.reading import read
from syncdb.ledger.web import people
from syncdb.ledger.web.file import make, web_path
from syncdb.pairs import registry
from syncdb.services.jobs import Jobs
from syncdb.services.ledger_location import find_ledger
from syncdb.services.scheduler import planned, run_schedule
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
    terminal: bool = True,
) -> Site:
    """The site, with web.db there. Without an account, or where a `new_owner` is wanted, there is a code to make one with, which
    somebody must be able to read: where there is no `terminal`, none is made.

    Raises ConfigurationError, LedgerUnusable and LedgerBusy.
    """
    ledger = find_ledger(config, db, env).ledger
    path = web_path(ledger)
    make(path)
    code = FirstCode.new(SYSTEM.now()) if terminal and (new_owner or not people.accounts(path)) else None
    named = {"DB_PATH": str(db.absolute())} if db else {}  # runs know no --db
    jobs = Jobs(ledger, config, folder, env={**env, **named})
    site = Site(Door(path, code), jobs, config, db, env, folder, url.rstrip("/"), proxy, read_only)
    site.web_token = read((), registry.known_keys(), {}, env, folder, config).values.get("web_token")
    return site


FIRST = 1  # the number of the process with which everything ends
ENDING = 300.0  # seconds that runs are given


@contextmanager
def scheduled(site: Site) -> Iterator[None]:
    """While inside, runs are started by themselves. Raises ConfigurationError for a schedule that cannot be meant."""
    planned(site.config, site.env, site.folder)
    stop = threading.Event()
    asked = (site.jobs, site.config, site.env, site.folder, stop)
    thread = threading.Thread(target=run_schedule, args=asked, name="schedule", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        if os.getpid() == FIRST:  # in a container nobody else would ask them to end
            site.jobs.end_own(ENDING)


def secrets_of(site: Site) -> tuple[str, ...]:
    """What must never be logged: every secret that is set, whether or not the rest of the settings can be used."""
    known = registry.known_keys()
    reading = read(known.all, known, {}, site.env, site.folder, site.config)
    found = [reading.values.get(key.name) for key in known.all if key.secret]
    return tuple(dict.fromkeys(value for value in found if isinstance(value, str) and value))
