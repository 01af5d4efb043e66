"""Writing metafields: by `metafieldsSet`, which compares and sets, and by `metafieldsDelete`, which does not.

At most 25 at once, all or none, each with the digest of the value it replaces; a null digest only creates (documented and
observed). A stale one refuses the whole call: those concerned are told apart and the rest is sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import UserError, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.fields import ShopField
from syncdb.connectors.shopify.catalogue.inputs import UnfitInput, metafield_text
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import MOVED, PendingWrite, Sender, called, pending, refuse
from syncdb.model import Result
from syncdb.values import canonical

AT_ONCE = 25
STALE = frozenset({"STALE_OBJECT", "INVALID_COMPARE_DIGEST"})

SET = """mutation SetMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { id } userErrors { field message code elementIndex } }
}"""
DELETE = """mutation DeleteMetafields($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { deletedMetafields { ownerId } userErrors { field message } }
}"""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One metafield of one record to be set or deleted."""

    work: PendingWrite
    field: ShopField
    value: str | None

    def named(self) -> dict[str, Any]:
        namespace, key = self.field.metafield or ("", "")
        return {"ownerId": self.work.key, "namespace": namespace, "key": key}

    def as_set(self) -> dict[str, Any]:
        """Without a type where there was none before: Shopify takes it from the definition, or says that it needs one."""
        before = self.work.node.get(self.field.path[0])
        digest = text_or_none_at(before, "compareDigest") if before else None
        told = {"type": text_at(before, "type")} if before else {}
        return {**self.named(), "value": self.value, "compareDigest": digest, **told}


def write_metafields(works: Sequence[PendingWrite], sender: Sender, entity: ShopEntity) -> None:
    """Set and delete what these works change of metafields; what is refused or stale is settled, the rest stays pending."""
    entries = [
        _Entry(work, field, text)
        for work in pending(works)
        for field, text in _texts(work, sender.conversation, entity)
        if work.pending
    ]
    for group in _groups([entry for entry in entries if entry.value is not None]):
        _set(group, sender, entity)
    for group in _groups([entry for entry in entries if entry.value is None and entry.work.pending]):
        _delete(group, sender, entity)


def _texts(work: PendingWrite, conversation: Conversation, entity: ShopEntity) -> list[tuple[ShopField, str | None]]:
    """What is to be written of its metafields, None where one is emptied. Settles the work where a value will not do."""
    shop = conversation.shop()
    found: list[tuple[ShopField, str | None]] = []
    for field in work.changed(metafields=True):
        wanted = canonical(work.operation.changes[field.name])
        before = work.node.get(field.path[0])
        known = text_or_none_at(before, "value") if before else None
        try:
            found.append((field, None if wanted is None else metafield_text(field, wanted, known, shop.currency, shop.zone)))
        except UnfitInput as why:
            work.end(Result.REJECTED, f"{called(work, entity)}: {field.name}: {why}")
    return found


def _groups(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    return [list(entries[start : start + AT_ONCE]) for start in range(0, len(entries), AT_ONCE)]


def _set(entries: Sequence[_Entry], sender: Sender, entity: ShopEntity) -> None:
    while entries := [entry for entry in entries if entry.work.pending]:
        variables = {"metafields": [entry.as_set() for entry in entries]}
        try:
            answer = sender.send(SET, variables, f"Writing metafields of {entity.name}")
            errors = payload(answer, "metafieldsSet", entity).errors
        except NotRun as reason:
            errors = (UserError(str(reason)),)
        if not errors:
            _note(entries)
            return
        if not _told_apart(entries, errors, entity):
            for entry in entries:
                _set([entry], sender, entity)
            return


def _told_apart(entries: Sequence[_Entry], errors: Sequence[UserError], entity: ShopEntity) -> bool:
    """Settle the works that the errors name. False where they name none and there are several."""
    named = False
    for error in errors:
        place = error.place(len(entries))
        if place is None and len(entries) > 1:
            continue
        work, named = entries[place or 0].work, True
        if error.code in STALE:
            work.end(Result.STALE, MOVED)
        elif work.pending:
            refuse(work, entity, [error])
    return named


def _delete(entries: Sequence[_Entry], sender: Sender, entity: ShopEntity) -> None:
    try:
        answer = sender.send(
            DELETE, {"metafields": [entry.named() for entry in entries]}, f"Deleting metafields of {entity.name}"
        )
        errors = payload(answer, "metafieldsDelete", entity).errors
    except NotRun as reason:
        errors = (UserError(str(reason)),)
    if not errors:
        _note(entries)
    elif len(entries) == 1:
        refuse(entries[0].work, entity, errors)
    else:
        for entry in entries:
            _delete([entry], sender, entity)


def _note(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        entry.work.stands.append(entry.field.name)
