"""Which document the settings mean: an id, or a name in a workspace, where it is made if there is none."""

from syncdb.connectors.grist.client import GristClient
from syncdb.connectors.grist.failures import Declined, explained
from syncdb.errors import ConfigurationError


def find_document(client: GristClient, document: str, workspace: int | None, *, make: bool) -> str:
    """The document's id. One request with a workspace, none without; one more where it is made.

    Raises ConfigurationError where a name fits several documents or, without `make`, none; Refused, RetryLater.
    """
    if workspace is None:
        return document
    place = f"/workspaces/{workspace}"
    try:
        docs = client.get(place)["docs"]
    except Declined as declined:
        raise explained(declined, f"The Grist workspace {workspace}") from declined
    if any(one["id"] == document for one in docs):
        return document
    named = [str(one["id"]) for one in docs if one["name"].strip().casefold() == document.strip().casefold()]
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
        return str(client.call("POST", f"{place}/docs", {"name": document}))
    except Declined as declined:
        raise explained(declined, f"The Grist workspace {workspace}") from declined
