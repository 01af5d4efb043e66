"""Deciding conflicts: which there are, what is said of each, and the decision that a person made. The next run carries it out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from syncdb.errors import ConfigurationError
from syncdb.ledger import Ledger
from syncdb.ledger.queries.catalogue import Things
from syncdb.ledger.queries.conflicts import Dispute, disputes
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.queries.sides import Sides
from syncdb.model import Side, Take, Verdict, Why
from syncdb.values import Value, amount_meant, iso

MOST_NAMED = 10  # of the records that could be the same thing
_NOT_HERE = (Why.DOUBLED, Why.FORMULA, Why.UNREADABLE, Why.UNKNOWN_KEY, Why.AMBIGUOUS)
_KINDS: Mapping[type, str] = {bool: "yes or no", int: "a whole number", Decimal: "a number such as 19.90"}


def open_disputes(reader: LedgerReader, entity: str | None = None, field: str | None = None) -> list[Dispute]:
    """The open conflicts, oldest first, by what people call things; only of an entity or a field where that is named."""
    wanted = [one for one in disputes(reader) if entity in (None, one.entity) and field in (None, one.field)]
    ambiguous = [(one.pair, key) for one in wanted if one.why is Why.AMBIGUOUS for key in one.where[:MOST_NAMED]]
    names = Things(reader).names_of([*((one.pair, one.key) for one in wanted if not one.order_id), *ambiguous])
    return [replace(one, name=names.get((one.pair, one.key), one.name), others=_others(one, names)) for one in wanted]


def _others(one: Dispute, names: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    found = (names.get((one.pair, key)) for key in one.where[:MOST_NAMED])
    return tuple(name for name in found if name) if one.why is Why.AMBIGUOUS else ()


def places(one: Dispute, sides: Sides) -> list[str]:
    """What finds the record again, and those like it, where the name does not say it: by place, or number on a side."""
    own = [] if one.key == one.name else [_place(one.key, one, sides)]
    told = list(dict.fromkeys((*own, *(_place(key, one, sides) for key in one.where))))
    return told if len(told) <= MOST_NAMED else [*told[:MOST_NAMED], f"{len(told) - MOST_NAMED} more"]


def _place(found: str, one: Dispute, sides: Sides) -> str:
    mark = f"{Side.RIGHT.value}:"
    theirs = (
        found != one.key and one.why is not Why.AMBIGUOUS and found.startswith("gid:")
    )  # a store on the right has such ids, too
    if found.startswith(mark) or theirs or (found.isdigit() and found != one.key):
        return f"number {found.removeprefix(mark).rpartition('/')[2]} in {sides.right_title}"
    return f"number {found.rpartition('/')[2]} in {sides.left_title}" if found.startswith("gid:") else found


def why_open(one: Dispute, sides: Sides) -> str:
    """Why it is left to a person, in words."""
    return {
        Why.BOTH_CHANGED: "both sides changed it",
        Why.ALIKE: "both sides moved it, and one of the movements may be a write of syncdb whose answer was lost",
        Why.NO_BASE: "the sides differ, and what was last agreed is not known",
        Why.EDITED: f"changed in {sides.place}, which may not change it",
        Why.EDIT_AGAINST_DELETE: "deleted on one side, edited on the other",
        Why.NOTED: "deleted on one side, with notes of people's own on the other",
        Why.GONE: "deleted on one side",
        Why.DOUBLED: "stands in several rows; remove all but one",
        Why.FORMULA: "a formula stands there; it is never overwritten",
        Why.UNREADABLE: "what stands there is not a value of its field; put one there",
        Why.AMBIGUOUS: "several records could be the same thing; make the fields differ that they are matched by",
    }.get(one.why, one.why.value)


def decidable(one: Dispute) -> bool:
    """Whether it is decided here at all, and not by mending what stands on a side."""
    return one.why not in _NOT_HERE


def possible(one: Dispute, sides: Sides) -> list[Take]:
    """The decisions that can be made about it."""
    return [take for take in Take if not _impossible(one, sides, take) and not (take is Take.VALUE and one.why is Why.EDITED)]


def verdict_on(one: Dispute, sides: Sides, take: Take, value: str | None = None) -> Verdict:
    """The decision to take a side, or a value that a person typed. Raises ConfigurationError where it cannot be made."""
    if problem := _impossible(one, sides, take):
        raise ConfigurationError([f"{one.id} ({one.name}): {problem}"], next_step="Nothing was decided.")
    if one.why is Why.EDITED and take is Take.VALUE:
        raise ConfigurationError([f"{one.id}: only {sides.left_title} sets this field; change it there."])
    shown = (None, None) if one.field is None else (one.left, one.right)
    return Verdict(one.key, one.field, take, *shown, _parsed(one, value) if value is not None else None)


def _impossible(one: Dispute, sides: Sides, chosen: Take) -> str:
    """Why this cannot be decided like that; empty if it can."""
    if not decidable(one):
        return f"{why_open(one, sides)}. That is done there, not here."
    if one.why is Why.EDITED and chosen is not Take.LEFT:
        remedy = f" Allow it with {sides.allowed_by}; the next run then carries it over." if sides.allowed_by else ""
        return f"{sides.left_title} may not be written for this field.{remedy}"
    if one.field is None and chosen is Take.VALUE:
        return "it is about a whole record: take one side."
    if one.field is None and chosen is Take.RIGHT and one.left:
        return f"syncdb deletes nothing in {sides.left_title}. Delete it there, or take {sides.left} to bring it back."
    if one.field is None and chosen is Take.RIGHT and not one.left and not sides.makes_left:
        return (
            f"it is gone from {sides.left_title}, where syncdb makes none. Make it there, or take {sides.left} to delete its row."
        )
    return ""


def _parsed(one: Dispute, text: str) -> Value:
    """A value as a person types it, of the kind that the field holds. Raises ConfigurationError."""
    like = next((type(shown) for shown in (one.left, one.right, one.base) if shown is not None), str)
    try:
        if like is bool:
            return {"yes": True, "no": False, "true": True, "false": False}[text.strip().lower()]
        if like is int:
            return int(text)
        if like is Decimal:
            return amount_meant(text, _decimals(one))
    except (KeyError, ValueError):
        raise ConfigurationError([f"{text!r}: {one.field} must be {_KINDS[like]}."]) from None
    if like is not str:
        raise ConfigurationError([f"{one.id}: moments are not set by hand."])
    return text


def _decimals(one: Dispute) -> int:
    """How many decimals its amounts have, as far as they show any."""
    shown = [value.as_tuple().exponent for value in (one.left, one.right, one.base) if isinstance(value, Decimal)]
    return max((-exponent for exponent in shown if isinstance(exponent, int)), default=2)


def take_back(path: Path, about: Sequence[Dispute], now: datetime) -> None:
    """Make these conflicts undecided again. Raises LedgerBusy while a run holds the ledger."""
    with Ledger.open(path, now) as ledger, ledger.transaction():
        for one in about:
            ledger.verdicts(one.pair).end([(one.key, one.field)], "taken back before a run carried it out", iso(now))


def decide(path: Path, about: Sequence[Dispute], verdicts: Sequence[Verdict], now: datetime) -> None:
    """Keep decisions for the next run, one for each of these conflicts. Raises LedgerBusy while a run holds the ledger."""
    with Ledger.open(path, now) as ledger, ledger.transaction():
        for one, verdict in zip(about, verdicts, strict=True):
            ledger.verdicts(one.pair).decide(verdict, iso(now))
            if one.order_id:
                ledger.orders.wait(one.pair, [one.order_id])
