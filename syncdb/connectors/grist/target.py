"""Which document the settings mean: an id, or a name in a workspace, where it is made if there is none."""

import logging
from collections.abc import Mapping
from typing import Any

from syncdb.connectors.grist.answers import plain
from syncdb.connectors.grist.client import GristClient
from syncdb.connectors.grist.failures import Declined, explained
from syncdb.decoding import listed, text, understood
from syncdb.errors import ConfigurationError, OutcomeUnknown, RemoteError

log = logging.getLogger("syncdb.grist")

EMPTY = "Table1"  # what Grist puts into a new document, with a page of its own (observed)


def find_document(client: GristClient, document: str, workspace: int | None, *, make: bool) -> str:
    """The document's id. One request with a workspace, none without; three more where it is made.

    Raises ConfigurationError where a name fits several documents or, without `make`, none; Refused, RetryLater.
    """
    if workspace is None:
        return document
    place = f"/workspaces/{workspace}"
    try:
        docs = _documents(client.get(place))
    except Declined as declined:
        raise explained(declined, f"The Grist workspace {workspace}") from declined
    if any(one == document for one, _ in docs):
        return document
    named = [one for one, called in docs if called.strip().casefold() == document.strip().casefold()]
    if len(named) > 1:
        raise ConfigurationError(
            [f'grist_document: {len(named)} documents of workspace {workspace} are called "{document}": {", ".join(named)}'],
            next_step="Put the address of the right one into grist_document.",
        )
    if named:
        return named[0]
    if not make:
        raise ConfigurationError(
            [f'grist_document: workspace {workspace} has no document called "{document}" yet'],
            next_step="A real run makes it. Or put the address of one that exists into grist_document.",
        )
    try:
        made = client.call("POST", f"{place}/docs", {"name": document})
    except Declined as declined:
        raise explained(declined, f"The Grist workspace {workspace}") from declined
    with understood("Grist"):
        number = plain(made)
    _take_away_empty_table(client, number)
    return number


def _take_away_empty_table(client: GristClient, document: str) -> None:
    """Take the empty page out of a document that was made in this moment. It is in the way of people alone: it may stay."""
    try:
        if as_grist_makes_it(client.get(f"/docs/{document}/tables/{EMPTY}/data")):
            client.call("POST", f"/docs/{document}/apply", [["RemoveTable", EMPTY]])
    except (RemoteError, OutcomeUnknown) as failure:
        log.info("the empty page %s of the new document may have stayed: %s", EMPTY, failure)


def as_grist_makes_it(data: object) -> bool:
    """Whether a table, by its cells by column, is the one of a new document, and nobody has put a row or a column into it."""
    columns = {"id", "manualSort", "A", "B", "C"}
    return isinstance(data, Mapping) and data.keys() == columns and not any(data.values())


@understood("Grist")
def _documents(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The documents of a workspace: their ids and names."""
    return [(plain(one["id"]), text(one["name"])) for one in listed(answer["docs"])]
