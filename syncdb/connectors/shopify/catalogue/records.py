"""Writing single records: products, collections and orders, each by a mutation of its own, several in one document.

None of these mutations compares and sets: the record was read just before, and is verified by the mutation's own answer. What
somebody puts there between that look and the write is told by the document itself: before each mutation it runs the same one
without any change, which answers the record as it stands (mutations of a document run one after another: GraphQL specification).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import Payload, UserError, found_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.inputs import UnfitInput, nested, sent
from syncdb.connectors.shopify.catalogue.membership import COLLECTIONS, Membership
from syncdb.connectors.shopify.catalogue.reading import CatalogueReader
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import GONE, PendingWrite, Sender, called, pending, refuse, verify
from syncdb.connectors.shopify.client import Answer, TooCostly, message_of
from syncdb.connectors.shopify.shape import Path, selection
from syncdb.errors import OutcomeUnknown
from syncdb.model import Action, Result


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation: its name, the argument and its type, and the field of its answer that holds the record."""

    name: str
    argument: str
    type: str
    record: str


MUTATIONS: Mapping[str, Mutation] = {
    "products": Mutation("productUpdate", "product", "ProductUpdateInput", "product"),
    "collections": Mutation("collectionUpdate", "input", "CollectionInput", "collection"),
    "orders": Mutation("orderUpdate", "input", "OrderInput", "order"),
}
DELETION = Mutation("productDelete", "input", "ProductDeleteInput", "")


def document_of(mutation: Mutation, count: int, selected: str, before: str = "") -> str:
    """The document that runs a mutation `count` times, each under an alias and with a variable of its own (`r0`, `r1` ...).

    One that answers the record is run without a change before (`b0`, `b1` ...), and answers `before`.
    """
    names = [f"{letter}{number}" for number in range(count) for letter in ("br" if mutation.record else "r")]
    given = ", ".join(f"${name}: {mutation.type}!" for name in names)
    runs = " ".join(
        f"{name}: {mutation.name}({mutation.argument}: ${name})"
        f" {{ {_answer(mutation, before if name[0] == 'b' else selected)} userErrors {{ field message }} }}"
        for name in names
    )
    return f"mutation Write({given}) {{ {runs} }}"


def _answer(mutation: Mutation, selected: str) -> str:
    return f"{mutation.record} {{ {selected} }}" if mutation.record else "deletedProductId"


def update_records(works: Sequence[PendingWrite], sender: Sender, reader: CatalogueReader) -> None:
    """Write what these works change besides metafields, and settle each by its own answer."""
    works = [work for work in pending(works) if work.operation.action is Action.UPDATE and work.changed(metafields=False)]
    currency = reader.conversation.shop().currency
    mutation = MUTATIONS[reader.entity.name]
    moves = _moves(works, reader)

    def settle(work: PendingWrite, answered: Payload) -> None:
        if answered.errors:
            refuse(work, reader.entity, answered.errors)
            return
        after = reader.written(found_at(answered.found, mutation.record), work.key)
        if after is None:
            work.end(Result.STALE, GONE)
        else:
            verify(work, after, reader.entity)

    def as_it_stood(work: PendingWrite, answered: Mapping[str, Any] | None) -> None:
        work.before = reader.in_part(found_at(answered, mutation.record), work.key, changed)

    changed = {one.name for work in works for one in work.changed(metafields=False)}
    asked, before = selection(reader.parts), selection(reader.parts_of(changed))
    run(pending(works), sender, reader.entity, lambda count: document_of(mutation, count, asked, before),
        lambda work: _input(work, currency, moves.get(work.key, {})), settle, as_it_stood)  # fmt: skip


def _moves(works: Sequence[PendingWrite], reader: CatalogueReader) -> dict[str, dict[Path, list[str]]]:
    """By key, the collections that products join and leave. Works that name one that cannot be joined are settled."""
    membership, found = Membership(reader.conversation), dict[str, dict[Path, list[str]]]()
    for work in works:
        if COLLECTIONS in work.operation.changes:
            try:
                found[work.key] = membership.moves(work.node, str(work.operation.changes[COLLECTIONS] or ""))
            except UnfitInput as why:
                work.end(Result.REJECTED, f"{called(work, reader.entity)}: {why}")
    return found


def delete_records(works: Sequence[PendingWrite], sender: Sender, entity: ShopEntity) -> None:
    """Delete products. It cannot be undone."""
    works = [work for work in pending(works) if work.operation.action is Action.DELETE]

    def settle(work: PendingWrite, answered: Payload) -> None:
        if answered.errors:
            refuse(work, entity, answered.errors)
        elif text_or_none_at(answered.found, "deletedProductId") == work.key:
            work.end(Result.DONE)
        else:
            raise OutcomeUnknown(f"Shopify did not say that it deleted {work.key}.")

    run(works, sender, entity, lambda count: document_of(DELETION, count, ""), lambda work: {"id": work.key}, settle)


def run(
    works: Sequence[PendingWrite],
    sender: Sender,
    entity: ShopEntity,
    document: Callable[[int], str],
    variable: Callable[[PendingWrite], Any],
    settle: Callable[[PendingWrite, Payload], None],
    as_it_stood: Callable[[PendingWrite, Mapping[str, Any] | None], None] | None = None,
) -> None:
    """Send all works in one document, or in several where one is too costly or would not run.

    With `as_it_stood` the document also tells how each record stood just before; nothing where that was not answered.
    """
    if not works:
        return
    variables = {f"r{number}": variable(work) for number, work in enumerate(works)}
    if as_it_stood is not None:
        variables |= {f"b{number}": {"id": work.key} for number, work in enumerate(works)}
    try:
        answer = sender.send(document(len(works)), variables, f"Writing {entity.name}")
    except TooCostly as reason:
        _in_parts(works, str(reason), sender, entity, document, variable, settle, as_it_stood)
        return
    if not any((answer.data or {}).values()):
        _nothing_ran(works, answer, entity)
        _in_parts(works, message_of(answer.errors), sender, entity, document, variable, settle, as_it_stood)
        return
    for number, work in enumerate(works):
        if as_it_stood is not None:
            as_it_stood(work, found_at(answer.data, f"b{number}"))
        try:
            settle(work, payload(answer, f"r{number}", entity))
        except NotRun as reason:
            refuse(work, entity, [UserError(str(reason))])


def _nothing_ran(works: Sequence[PendingWrite], answer: Answer, entity: ShopEntity) -> None:
    """Make sure of it: raises Refused or OutcomeUnknown where anything else may be the reason that all is null."""
    for number in range(len(works)):
        with suppress(NotRun):
            payload(answer, f"r{number}", entity)


def _in_parts(works: Sequence[PendingWrite], why: str, sender: Sender, entity: ShopEntity, *how: Any) -> None:
    """Nothing of it ran: each half is sent alone, down to the one that will not do."""
    if len(works) == 1:
        refuse(works[0], entity, [UserError(why)])
        return
    half = len(works) // 2
    for part in (works[:half], works[half:]):
        run(part, sender, entity, *how)


def _input(work: PendingWrite, currency: str, moves: Mapping[Path, list[str]]) -> dict[str, Any]:
    """The mutation's input: the record's id and what changes, with both texts of `seo`, of which one alone may lose the other.

    `moves` takes the place of the collections that are wanted.
    """
    changes: dict[Path, Any] = {("id",): work.key}
    for field in work.changed(metafields=False):
        changes[field.written] = sent(field, work.operation.changes[field.name], currency)
        if field.name == "handle":
            changes[("redirectNewHandle",)] = True
    if any(path[0] == "seo" for path in changes):
        for name in ("title", "description"):
            changes.setdefault(("seo", name), text_or_none_at(work.node, "seo", name) or "")
    return nested({**changes, **moves})
