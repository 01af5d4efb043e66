"""Many random histories of a shop and an ERP: `python -m tests.reliability.erp [HOW_MANY [FIRST_SEED]]`."""

import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.tables import default_tables
from syncdb.sandbox.postgres.server import LocalPostgres
from tests.postgres import Erp
from tests.reliability.erp.histories import play
from tests.scenarios.erp_world import ErpWorld

PORTION = 25  # histories in one world, so that what piles up there is cleared away


def main() -> None:
    given = [int(one) for one in sys.argv[1:3]]
    count, first = given[0] if given else 2_000, given[1] if len(given) > 1 else 1
    logging.disable(logging.CRITICAL)
    begun, met, done = time.monotonic(), Counter[str](), 0
    with LocalPostgres() as server:
        while done < count:
            portion = min(PORTION, count - done)
            met += _portion(server, portion, first + done)
            done += portion
            sys.stdout.write(f"{done} of {count} histories right, {time.monotonic() - begun:.0f} s; {dict(met)}\n")
            sys.stdout.flush()


def _portion(server: LocalPostgres, count: int, first: int) -> Counter[str]:
    name = f"histories_{first}"
    Erp(server.url()).sql(f"create database {name}")
    erp = Erp(server.url(name))
    with erp.database() as database, tempfile.TemporaryDirectory() as folder:
        install(database, default_tables("public"), complete=True)
        return play(count, first, ErpWorld(Path(folder), erp, {"MAX_CHANGED_PERCENT": "100"}))


if __name__ == "__main__":
    main()
