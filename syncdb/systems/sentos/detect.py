"""Finding out which way of logging in an account of Sentos accepts: one after the other, each only once it was agreed to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from syncdb.clock import Clock
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.paging import page_in
from syncdb.connectors.sentos.schemes import SCHEMES, SENDS
from syncdb.errors import NotUnderstood, Refused, RemoteError
from syncdb.systems.sentos.connecting import SentosAccess, sentos_of


@dataclass(frozen=True, slots=True)
class Attempted:
    """One way of logging in and what came of it. `works` is None where it was not tried, or the answer told nothing."""

    scheme: str
    works: bool | None
    told: str


def detect(settings: SentosAccess, agreed: Callable[[str], bool], clock: Clock) -> Iterator[Attempted]:
    """Try one way after the other until one works. `agreed` is asked before each, with what would be sent where."""
    for scheme in SCHEMES:
        with sentos_of(settings, None, clock, scheme) as client:
            if not agreed(f"{scheme}: sends {SENDS[scheme]} to {client.host}"):
                yield Attempted(scheme, None, "not tried")
                continue
            found = _try(client, scheme)
        yield found
        if found.works or found.works is None:
            return


def _try(client: SentosClient, scheme: str) -> Attempted:
    """Whether the list of warehouses is shown. What is no refusal of the login tells nothing: then no other way is tried."""
    try:
        count = len(page_in(client.get("/warehouses")).items)
    except NotUnderstood as odd:
        return Attempted(scheme, None, str(odd))
    except Refused as refused:
        denied = "login" in str(refused)
        return Attempted(scheme, False if denied else None, str(refused))
    except RemoteError as away:
        return Attempted(scheme, None, str(away))
    return Attempted(scheme, True, f"accepted: {count} warehouses")
