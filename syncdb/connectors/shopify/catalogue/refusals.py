"""What it means that a mutation was answered with errors beside its data: it did not run, or nobody knows.

A top-level error that says why the request itself will not do means that it did not run (observed: BAD_REQUEST,
INVALID_FIELD_ARGUMENTS, INVALID_VARIABLE). Any other (INTERNAL_SERVER_ERROR, a timeout) may come after something was done.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import Payload, payload_in
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.client import Answer, code_of, message_of
from syncdb.errors import OutcomeUnknown

NOT_RUN = frozenset(
    [
        "BAD_REQUEST",
        "INVALID_FIELD_ARGUMENTS",
        "INVALID_VARIABLE",
        "MAX_INPUT_SIZE_EXCEEDED",
        "RESOURCE_NOT_FOUND",
        "argumentLiteralsIncompatible",
        "argumentNotAccepted",
        "missingRequiredArguments",
        "undefinedField",
        "variableMismatch",
    ]
)


class NotRun(Exception):
    """The mutation was refused before it ran, and why."""


def payload(answer: Answer, name: str, entity: ShopEntity) -> Payload:
    """What the mutation answered under `name`.

    Raises NotRun where it did not run, Refused where the permission to write is missing, OutcomeUnknown where nobody knows, and
    NotUnderstood where the answer has another shape, so that nobody knows either.
    """
    errors = list(_about(answer.errors, name))
    found = (answer.data or {}).get(name)
    if found is not None and not errors:
        return payload_in(found)
    said = message_of(tuple(errors)) or "no answer for it"
    codes = {code_of(error) for error in errors}
    if found is None and "ACCESS_DENIED" in codes:
        raise missing_scope(f"write the shop's {entity.name}", entity.write_scope, said)
    if found is None and codes and codes <= NOT_RUN:
        raise NotRun(said)
    raise OutcomeUnknown(f"Shopify answered a write of {entity.name} in part only: {said}")


def _about(errors: Iterable[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    """The errors of one mutation in the document, and those of the document as a whole (no path, or one naming it)."""
    for error in errors:
        first = str((error.get("path") or [name])[0])
        if first == name or first.startswith("mutation"):
            yield error
