"""One operation on its way into the shop: judged before it is sent, verified by what the shop shows after."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.busy import Meaning, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.fields import WORD_LISTS, ShopField, joined, split
from syncdb.connectors.shopify.catalogue.inputs import UnfitInput, sent
from syncdb.connectors.shopify.catalogue.reading import FoundObject
from syncdb.connectors.shopify.client import Answer
from syncdb.model import Action, Operation, Outcome, Result, agrees
from syncdb.values import Value, same

GONE = "it is no longer in the shop"
MOVED = "it changed in the shop meanwhile"
WENT_OVER = "it changed in the shop in the moment of the write, which went over it and is taken back"


@dataclass(slots=True)
class PendingWrite:
    """An operation, its fields by name, and the record it goes to; `outcome` is None while there is something left to do.

    `stands` are fields already written by an earlier mutation for the same operation. `busy`: the shop said that it is busy with
    the record, so that it may be tried again in a moment. `place` (item and location) and
    `known_as` are what an attempt to set stock keeps of the record. `before` is the record in the moment of the write, where
    the shop told it; of what the write went over `kept` is what the shop shows after it.
    """

    operation: Operation
    fields: Mapping[str, ShopField]
    seen: FoundObject | None = None
    outcome: Outcome | None = None
    stands: list[str] = field(default_factory=list)
    place: Sequence[str] = ()
    known_as: str = ""
    busy: bool = False
    before: FoundObject | None = None
    kept: Mapping[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.operation.key

    @property
    def pending(self) -> bool:
        return self.outcome is None

    @property
    def node(self) -> Mapping[str, Any]:
        """The record as it was answered just before. Only for work that has been found."""
        assert self.seen is not None, f"{self.key} was not looked up"
        return self.seen.node

    def changed(self, metafields: bool) -> list[ShopField]:
        """The fields to be written that are metafields, or those that are not."""
        changed = [self.fields[name] for name in self.operation.changes]
        return [one for one in changed if (one.metafield is not None) == metafields]

    def again(self) -> None:
        """Take it up again after the shop was busy with it."""
        self.outcome, self.busy = None, False

    def end(
        self,
        result: Result,
        why: str = "",
        instead: Mapping[str, Value] | None = None,
        overwritten: Mapping[str, Value] | None = None,
    ) -> None:
        """Settle it, saying what of it stands already, what the shop keeps `instead` and what was `overwritten`."""
        if self.stands and result is not Result.DONE:
            why = f"{why}; written already: {', '.join(self.stands)}"
        self.outcome = Outcome(result, self.key, why, instead=instead or {}, overwritten=overwritten or {})


@dataclass(slots=True)
class Sender:
    """Sends the mutations of one attempt and counts them: after the first one the attempt has left its traces."""

    conversation: Conversation
    sent: int = 0

    def send(self, document: str, variables: Mapping[str, Any], what: str) -> Answer:
        """The answer to a mutation, sent once. Raises OutcomeUnknown where it may have run, otherwise nothing ran."""
        self.sent += 1
        return self.conversation.send(document, variables, what)


def pending(works: Iterable[PendingWrite]) -> list[PendingWrite]:
    """The works with something left to do."""
    return [work for work in works if work.pending]


def judge(
    work: PendingWrite, entity: ShopEntity, currency: str, can: Capabilities, why_not: Callable[["PendingWrite"], str]
) -> None:
    """Settle what needs no sending: what cannot be done here, does not fit, or rests on what is no longer so.

    `why_not` is what else keeps such a record from being made or changed like that, "" if nothing does.
    """
    operation = work.operation
    if not {Action.CREATE: can.create, Action.DELETE: can.delete, Action.UPDATE: can.update}[operation.action]:
        verb = "made" if operation.action is Action.CREATE else "deleted"
        work.end(Result.REJECTED, f"{called(work, entity)}: a {entity.one} cannot be {verb} in Shopify from here")
    elif unknown := [name for name in operation.changes if name not in work.fields]:
        work.end(Result.REJECTED, f"{called(work, entity)}: {', '.join(unknown)} is not among the chosen fields")
    elif why := unfit(_sent_of(work), work.fields, currency):
        work.end(Result.REJECTED, f"{called(work, entity)}: {why}")
    else:
        compare(work, entity)
        if work.pending and operation.action is not Action.DELETE and (why := why_not(work)):
            work.end(Result.REJECTED, f"{called(work, entity)}: {why}")


def _sent_of(work: PendingWrite) -> Mapping[str, Value]:
    """The values that are sent as they are; what a new record belongs to, and is told by, goes in a way of its own."""
    changes = work.operation.changes
    new = work.operation.action is Action.CREATE
    return {name: value for name, value in changes.items() if work.fields[name].written} if new else changes


def compare(work: PendingWrite, entity: ShopEntity) -> None:
    """Settle as stale what is gone or does not show what the plan saw; what is to be made shows nothing yet."""
    if work.operation.action is Action.CREATE:
        return
    if work.seen is None:
        work.end(Result.STALE, GONE)
    elif hidden := [name for name in work.operation.changes if name not in work.seen.fields]:
        work.end(Result.REJECTED, f"{called(work, entity)}: Shopify does not show {', '.join(hidden)} to this app")
    elif not agrees(_to_be_seen(work), work.seen.fields):
        work.end(Result.STALE, MOVED)


def _to_be_seen(work: PendingWrite) -> dict[str, Value]:
    """What the plan saw, but for what was written already."""
    return {name: shown_as(name, value) for name, value in work.operation.expected.items() if name not in work.stands}


def verify(work: PendingWrite, after: FoundObject, entity: ShopEntity) -> None:
    """Settle it by what the shop shows now: done, also where Shopify made something else of it; refused where it kept the old.

    Stale where it went over what nobody had seen.
    """
    changes = work.operation.changes
    kept = {name: after.fields.get(name) for name in changes if not same(wanted(work, name), after.fields.get(name))}
    ignored = [name for name, shown in kept.items() if same(shown_as(name, work.operation.expected.get(name)), shown)]
    if lost := {} if work.before is None else _unseen(work, work.before):
        work.kept = {name: after.fields.get(name) for name in lost}
        work.end(Result.STALE, WENT_OVER, overwritten=lost)
        return
    if not ignored:
        work.end(Result.DONE, instead=kept)
        return
    told = "; ".join(f"{name} stayed {_short(kept[name])} and did not become {_short(changes[name])}" for name in ignored)
    work.end(Result.REJECTED, f"{called(work, entity)}: Shopify took the change, but {told}")


def _unseen(work: PendingWrite, before: FoundObject) -> dict[str, Value]:
    """What stood there of the changed fields that neither the plan saw nor was to be written."""
    shown = {name: before.fields[name] for name in work.operation.changes if name in before.fields and name not in work.stands}
    expected = work.operation.expected
    known = {name: (shown_as(name, expected.get(name)), wanted(work, name)) for name in shown}
    return {name: value for name, value in shown.items() if not any(same(value, one) for one in known[name])}


def wanted(work: PendingWrite, name: str) -> Value:
    """What the field shall show."""
    return shown_as(name, work.operation.changes[name])


def shown_as(name: str, value: Value) -> Value:
    """A value as it is shown here: words in their order, whatever order they were written in elsewhere."""
    return joined(split(value)) if name in WORD_LISTS and isinstance(value, str) else value


def refuse(work: PendingWrite, entity: ShopEntity, errors: Iterable[UserError]) -> None:
    """Settle it as refused, in Shopify's own words; as stale where that passes or rests on what is no longer so."""
    told = tuple(errors)
    what = meaning(told)
    work.busy = what is Meaning.WAIT
    result = Result.REJECTED if what is Meaning.REFUSED else Result.STALE
    work.end(result, f"{called(work, entity)}: Shopify refused it: {said(told)}")


def said(errors: Iterable[UserError]) -> str:
    """What user errors say, each with the field it names."""
    return "; ".join(_one_said(error) for error in errors) or "no reason given"


def _one_said(error: UserError) -> str:
    names = ".".join(step for step in error.field if not step.isdecimal())
    return f"{names}: {error.message}" if names else error.message


def called(work: PendingWrite, entity: ShopEntity) -> str:
    """What people call the record, with its id."""
    if work.known_as:
        return work.known_as
    new = work.operation.action is Action.CREATE
    shown = work.seen.fields if work.seen else work.operation.changes if new else work.operation.expected
    names = [str(shown[name]) for name in entity.title if shown.get(name) is not None]
    if new and names:
        return f"{entity.one} {' / '.join(names)}"
    return f"{entity.one} {' / '.join(names)} ({work.key})" if names else f"{entity.one} {work.key}"


def unfit(changes: Mapping[str, Value], fields: Mapping[str, ShopField], currency: str) -> str:
    """What of the changes will not do, "" where all of it will."""
    problems = []
    for name, value in changes.items():
        try:
            sent(fields[name], value, currency)
        except UnfitInput as error:
            problems.append(str(error))
    return "; ".join(problems)


def _short(value: Value) -> str:
    text = repr(value) if isinstance(value, str) or value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
