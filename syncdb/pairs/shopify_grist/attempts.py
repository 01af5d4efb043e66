"""Trying the answers of somebody who sets this pair up, topic by topic."""

from types import SimpleNamespace
from typing import Any

from syncdb.clock import SYSTEM
from syncdb.connectors.grist import GristClient
from syncdb.connectors.grist.failures import Declined, explained
from syncdb.decoding import understood
from syncdb.errors import Exit, SyncdbError
from syncdb.pairs.selection import parse_selection
from syncdb.pairs.shopify_grist.checks import check_grist, check_shop
from syncdb.systems.check import Check, failed, passed, refused
from syncdb.systems.grist.checks import stopped
from syncdb.systems.grist.connecting import grist_of
from syncdb.systems.questions import Tried
from syncdb.wording import counted


def _with_selection(answers: Any) -> Any:
    """The answers with what would be kept in step by them."""
    selection = parse_selection(answers.grist_sync, answers.shopify_writes or (), answers.edited_cells)
    return SimpleNamespace(**vars(answers), selection=selection)


def _check_key(answers: Any) -> list[Check]:
    """Whether the server answers and knows the key, before there is a document."""
    with grist_of(answers, None, SYSTEM) as client:
        try:
            with understood("Grist"):
                login = str(client.get("/profile/user")["email"])
        except Declined as declined:
            if declined.status != 401:  # some servers do not tell whose the key is
                return [_is_grist(client, answers.grist_server)]
            return [refused("grist", "key", explained(declined, answers.grist_server))]
        except SyncdbError as error:
            return [stopped(error, answers.grist_server)]
    return [passed("grist", "server", answers.grist_server), passed("grist", "key", f"of {login}")]


def _is_grist(client: GristClient, server: str) -> Check:
    """Whether it is Grist that answers there: each lists the organisations that a key's owner sees."""
    try:
        listed = client.get("/orgs")
    except Declined as declined:
        if declined.status == 401:
            return refused("grist", "key", explained(declined, server))
        told = f"Nothing answers as Grist at {server} (status {declined.status}). Nothing was changed."
        remedy = "Check grist_server: the address under which Grist opens in a browser, without what follows the host's name."
        return failed("grist", "server", told, remedy, Exit.REMOTE)
    except SyncdbError as error:
        return stopped(error, server)
    return passed("grist", "server", f"{server}, {counted(len(listed), 'organisation')}")


TRIES = {
    "shopify": lambda answers: Tried(check_shop(_with_selection(answers), None)),
    "grist": lambda answers: Tried(_check_key(answers)),
    "document": lambda answers: Tried(check_grist(_with_selection(answers), None)),
}
