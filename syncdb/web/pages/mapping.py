"""Which field stands where, whose word counts, and a sample. What is chosen stands in the configuration."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from flask import Response

from syncdb.errors import LedgerUnusable
from syncdb.ledger.queries.catalogue import Things
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Owner, Rule, Tie
from syncdb.pairs.base import Mapped
from syncdb.services.display import shown
from syncdb.services.pair_sides import sides_of
from syncdb.services.validation import UsablePair
from syncdb.values import decode
from syncdb.web.access import Way
from syncdb.web.rendering import asked, page, site

_BOTH = {
    Tie.LEFT: "both; {left} wins where both changed it",
    Tie.RIGHT: "both; {right} wins where both changed it",
    Tie.NEWEST: "both; the newer one wins where both changed it",
    Tie.SUM: "both; where both changed it the movements are added",
    Tie.ASK: "both; you are asked where both changed it",
    Tie.MERGE: "both; where both changed it they are merged",
}


def mapping() -> Response:
    """By pair and kind of record: fields, rules, and the values of one record."""
    usable = site().usable()
    samples, age = _samples(usable)
    pairs = [
        {
            "title": one.pair.title,
            "about": one.implementation.selected(one.settings),
            "docs": one.pair.docs,
            "left": sides_of(one.pair).left_title,
            "right": sides_of(one.pair).right_title,
            "kinds": [_kind(kind, one, samples) for kind in _mapped(one)],
        }
        for one in usable
    ]
    return page("mapping.html", "Mapping", command="validate --offline", age=age, pairs=pairs)


def _mapped(one: UsablePair) -> Sequence[Mapped]:
    tell = one.implementation.mapped
    return tell(one.settings) if tell else ()


def _samples(usable: Sequence[UsablePair]) -> tuple[dict[str, Mapping[str, Any]], str]:
    """Of each kind that is kept in step, the agreed fields of one record, as far as there is a ledger."""
    try:
        with site().looking(asked().now) as look:
            kinds = {kind.entity for one in usable for kind in _mapped(one)}
            return {kind: fields for kind in kinds if (fields := _first(look.reader, kind))}, look.age
    except LedgerUnusable:
        return {}, "No run was made yet, so there are no samples."


def _first(reader: LedgerReader, kind: str) -> Mapping[str, Any]:
    return next((one.fields for one in islice(Things(reader).of(kind), 1)), {})


def _kind(kind: Mapped, one: UsablePair, samples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    sample = samples.get(kind.entity, {})
    rows = [
        {"name": part.name, "there": part.there, "rule": _rule(part.rule, one), "sample": _sample(sample, part.name)}
        for part in kind.fields
    ]
    return {"entity": kind.entity, "place": kind.place, "rows": rows, "sampled": any(row["sample"] for row in rows)}


def _rule(rule: Rule, one: UsablePair) -> str:
    sides = sides_of(one.pair)
    if rule.owner is Owner.BOTH:
        return _BOTH[rule.tie].format(left=sides.left_title, right=sides.right_title)
    return f"{sides.left_title if rule.owner is Owner.LEFT else sides.right_title} alone"


def _sample(fields: Mapping[str, Any], name: str) -> str:
    """A value by the field's name, or by its label."""
    value = fields.get(name, fields.get(name.lower().replace(" ", "_")))
    told = shown(decode(value)) if value is not None else ""
    return told if len(told) <= 80 else told[:77] + "..."


WAYS = (Way("/mapping", mapping),)
