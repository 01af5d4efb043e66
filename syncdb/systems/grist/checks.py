"""What can be told of a Grist document before a run: key, right to edit, what is hidden, calls, room."""

from collections.abc import Iterator, Mapping
from typing import Any

from syncdb.connectors.grist import GristClient, GristDocument, MonthlyCalls
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import TableState
from syncdb.decoding import understood
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.systems.check import Check, failed, passed, refused, skipped

SHARE = "In Grist: Share > Manage users > make the API key's owner (for a service account its login) an Editor."
OPEN = "Access rules (in Grist: Access Rules): let them show everything to the key's owner, and let it create and change rows."
ROOM = "what the plan allows is not told by Grist (a free hosted site: 5,000 rows a document, documented)"


def stopped(error: SyncdbError, server: str) -> Check:
    """What stopped the questions, under the name of what is wrong."""
    cause = error if isinstance(error, Declined) else error.__cause__
    if isinstance(cause, Declined):
        return refused("grist", "key" if cause.status == 401 else "document", error)
    if isinstance(error, ConfigurationError):
        return refused("grist", "document", error)
    remedy = f"See whether {server} (grist_server) opens in a browser of this computer. {error.next_step}".rstrip()
    return failed("grist", "server", str(error), remedy, error.exit_code)


def check_document(client: GristClient, document: GristDocument) -> Iterator[Check]:
    """One question tells of server, key, document and role."""
    try:
        answer = client.get(document.path)
    except Declined as declined:
        raise document.explained(declined) from declined
    name, role = _described(answer)
    login = document.login()
    yield passed("grist", "server", client.base_url)
    yield passed("grist", "key", f"of {login}" if login else "accepted")
    yield passed("grist", "document", f'"{name}" ({document.id})')
    if role in ("owners", "editors"):
        yield passed("grist", "edit", "may edit")
    else:
        yield failed("grist", "edit", f"may only look (role: {role})", SHARE, Exit.REMOTE)


@understood("Grist")
def _described(answer: Mapping[str, Any]) -> tuple[str, str]:
    return str(answer["name"]), str(answer["access"])


def check_sight(document: GristDocument, standing: Mapping[str, TableState]) -> Check:
    """Whether access rules hide anything from the key, and whether the tables that stand can be written all the same."""
    if document.sees_all():
        return passed("grist", "sight", "no access rule hides anything from this key")
    layouts = [found.layout for found in standing.values() if found.layout]
    closed = [one.table for one in layouts if not document.takes_writes(one.table, one.key.id)]
    hidden = "access rules hide a part of the document from this key: what is not shown counts as not known"
    if closed:
        told = f"{hidden}, and Grist refuses to change {', '.join(closed)}, so that runs that write there end with code 4"
        return failed("grist", "sight", told, OPEN, Exit.REMOTE)
    told = f"{hidden}, so that runs end with code 3, and with code 4 where a rule forbids what they write (Grist tells only then)"
    return failed("grist", "sight", told, OPEN, Exit.PARTIAL)


def check_calls(client: GristClient, limit: int | None) -> Check:
    calls = client.budget
    assert isinstance(calls, MonthlyCalls)
    told = f"{calls.used:,} this month, those of this check included"
    if limit is None:
        return passed("grist", "calls", f"{told}; no limit is set (grist_calls_per_month)")
    return passed("grist", "calls", f"{told}; {calls.left:,} of {limit:,} left")


def check_room(document: GristDocument, standing: Mapping[str, TableState]) -> Check:
    tables = [found.table.id for found in standing.values() if found.table]
    if not tables:
        return skipped("grist", "room", ROOM)
    counts = " + ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)
    try:
        answer = document.client.call("POST", f"{document.path}/sql", {"sql": f"SELECT {counts} AS n"})
    except Declined as declined:
        return skipped("grist", "room", f"rows could not be counted ({declined.text}); {ROOM}")
    return passed("grist", "room", f"{_counted(answer):,} rows in these tables; {ROOM}")


@understood("Grist")
def _counted(answer: Mapping[str, Any]) -> int:
    return int(answer["records"][0]["fields"]["n"])
