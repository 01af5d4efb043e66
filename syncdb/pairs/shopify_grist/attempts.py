"""Trying the answers of somebody who sets this pair up, topic by topic."""

from types import SimpleNamespace
from typing import Any

from syncdb.clock import SYSTEM
from syncdb.connectors.grist.failures import Declined, explained
from syncdb.decoding import understood
from syncdb.errors import SyncdbError
from syncdb.pairs.selection import parse_selection
from syncdb.pairs.shopify_grist.checks import check_grist, check_shop
from syncdb.systems.check import Check, passed, refused
from syncdb.systems.grist.checks import stopped
from syncdb.systems.grist.connecting import grist_of
from syncdb.systems.questions import Tried


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
                return [passed("grist", "server", answers.grist_server)]
            return [refused("grist", "key", explained(declined, answers.grist_server))]
        except SyncdbError as error:
            return [stopped(error, answers.grist_server)]
    return [passed("grist", "server", answers.grist_server), passed("grist", "key", f"of {login}")]


TRIES = {
    "shopify": lambda answers: Tried(check_shop(_with_selection(answers), None)),
    "grist": lambda answers: Tried(_check_key(answers)),
    "document": lambda answers: Tried(check_grist(_with_selection(answers), None)),
}
