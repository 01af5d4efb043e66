"""The application as a WSGI server asks for it: configuration, log, and what is told where it cannot start."""

import os
import sys
from pathlib import Path

from flask import Flask

from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.logs import set_up
from syncdb.services.event_sources import event_sources
from syncdb.web.application import application_of

CONFIG = "SYNCDB_CONFIG"  # names the configuration file, where it is not config.json here


def started() -> Flask:
    """The application. Ends the process with the problems on the error stream where it cannot start."""
    named = os.environ.get(CONFIG)
    try:
        heard = event_sources(Path(named) if named else None, os.environ, Path.cwd())
    except SyncdbError as error:
        problems = error.problems if isinstance(error, ConfigurationError) else [str(error)]
        sys.stderr.write("The web application cannot start.\n" + "".join(f"  - {one}\n" for one in problems))
        sys.stderr.write(f"What to do: {error.next_step}\n" if error.next_step else "")
        sys.exit(int(error.exit_code))
    set_up(None, verbose=False, terminal=False, secrets=heard.secrets)  # for as long as the process lives
    return application_of(heard)
