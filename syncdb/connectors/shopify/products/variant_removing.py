"""Deleting single variants. It cannot be undone; Shopify keeps the last variant of a product."""

from collections.abc import Sequence

from syncdb.connectors.shopify.catalogue.answered import UserError, text_at
from syncdb.connectors.shopify.catalogue.entities import VARIANTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import PendingWrite, Sender, pending, refuse
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.products.variant_writes import REMOVE
from syncdb.model import Action, Result


def delete_variants(works: Sequence[PendingWrite], sender: Sender) -> None:
    """Delete what these works delete, one after the other, and settle each."""
    for work in pending(works):
        if work.operation.action is Action.DELETE:
            _delete(work, sender)


def _delete(work: PendingWrite, sender: Sender) -> None:
    variables = {"id": text_at(work.node, "product", "id"), "ids": [work.key]}
    try:
        errors = payload(sender.send(REMOVE, variables, "Deleting a variant"), "productVariantsBulkDelete", VARIANTS).errors
    except (NotRun, TooCostly) as reason:
        errors = (UserError(str(reason)),)
    if errors:
        refuse(work, VARIANTS, errors)
    else:
        work.end(Result.DONE)
