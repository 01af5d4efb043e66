"""The application as a WSGI server asks for it: configuration, log, and what is told where it cannot start."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from syncdb.config.reading import read
from syncdb.config.serving import SERVING
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.logs import set_up
from syncdb.pairs import registry
from syncdb.services.event_sources import event_sources
from syncdb.web.application import application_of
from syncdb.web.opening import open_site, secrets_of
from syncdb.web.site import site_of

CONFIG = "SYNCDB_CONFIG"  # names the configuration file, where it is not config.json here


def started() -> Flask:
    """The receiver of webhooks. Ends the process with the problems on the error stream where it cannot start."""
    with _telling():
        heard = event_sources(_config(), os.environ, Path.cwd())
    set_up(None, verbose=False, terminal=False, secrets=heard.secrets)  # for as long as the process lives
    return application_of(heard)


def started_pages() -> Flask:
    """The pages, under the address that web_url names, or of this computer. The first account is made with `serve`."""
    with _telling():
        reading = read(SERVING, registry.known_keys(), {}, os.environ, Path.cwd(), _config())
        url = str(reading.values.get("web_url") or "")
        site = open_site(_config(), None, os.environ, Path.cwd(), url=url if url.startswith("https:") else "", terminal=False)
        set_up(site.place.log, verbose=False, terminal=False, secrets=secrets_of(site))  # for as long as the process lives
    return site_of(site)


def _config() -> Path | None:
    named = os.environ.get(CONFIG)
    return Path(named) if named else None


@contextmanager
def _telling() -> Iterator[None]:
    """End the process with what is wrong on the error stream, where a person can act on it."""
    try:
        yield
    except SyncdbError as error:
        problems = error.problems if isinstance(error, ConfigurationError) else [str(error)]
        sys.stderr.write("The web application cannot start.\n" + "".join(f"  - {one}\n" for one in problems))
        sys.stderr.write(f"What to do: {error.next_step}\n" if error.next_step else "")
        sys.exit(int(error.exit_code))
