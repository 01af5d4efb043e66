"""The figures of the fleet for whoever reads `/metrics`; none where there is no fleet."""

from collections.abc import Mapping

from syncdb.errors import SyncdbError
from syncdb.web.rendering import FLEET_DATABASE


def figures(env: Mapping[str, str]) -> str:
    """As `fleet status --metrics`; a database that is away is a figure, too."""
    if not env.get(FLEET_DATABASE):
        return ""
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.database import address, connected
    from syncdb.fleet.telling import metrics, states

    try:
        with connected(address(env)) as session:
            return "syncdb_fleet_ready 1\n" + metrics(states(FleetBook(session).status()))
    except SyncdbError:
        return "syncdb_fleet_ready 0\n"
