"""Which field stands where, whose word counts, and a sample. What is chosen stands in the configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from syncdb.errors import LedgerUnusable
from syncdb.pairs import registry
from syncdb.pairs.base import Mapped
from syncdb.services.mapping_change import kinds_of, mapped_of
from syncdb.services.mapping_sample import sampled
from syncdb.services.pair_sides import sides_of
from syncdb.services.validation import UsablePair
from syncdb.web.access import Way
from syncdb.web.pages.mapping_draft import changes_of, drafted, rule_told
from syncdb.web.pages.mapping_edit import is_flag
from syncdb.web.rendering import asked, page, site

Samples = Mapping[tuple[str, str], Mapping[str, str]]


def mapping() -> Response:
    """By pair and kind of record: fields, rules, and the values of one record."""
    usable = site().usable()
    samples, age = _samples(usable)
    pairs = [
        {
            "name": one.pair.name,
            "title": one.pair.title,
            "about": one.implementation.selected(one.settings),
            "docs": one.pair.docs,
            "left": sides_of(one.pair).left_title,
            "right": sides_of(one.pair).right_title,
            "kinds": [_kind(kind, one, samples) for kind in mapped_of(one)],
            "editable": _editable(one),
            "left_out": _left_out(one),
            "switches": _switches(one),
        }
        for one in usable
    ]
    return page("mapping.html", "Mapping", command="validate --offline", age=age, pairs=pairs, drafted=len(drafted()))


def _editable(one: UsablePair) -> set[str]:
    editing = one.implementation.editing
    return {offered.id for offered in editing.offered(one.settings)} if editing else set()


def _left_out(one: UsablePair) -> list[tuple[str, str]]:
    """The kinds that could be kept in step and are not."""
    editing = one.implementation.editing
    kept = {kind.id for kind in mapped_of(one)}
    return [(each.id, each.entity) for each in editing.offered(one.settings) if each.id not in kept] if editing else []


def _switches(one: UsablePair) -> list[dict[str, Any]]:
    """What lets something be written, as it stands in the file."""
    editing, held = one.implementation.editing, changes_of().held()
    found = []
    for name, about in (editing.switches if editing else {}).items():
        value = held.get(name)
        shown = ", ".join(value) if isinstance(value, list) else str(value or "")
        flag = is_flag(registry.known_keys().by_name[name])
        found.append({"name": name, "about": about, "flag": flag, "value": shown, "on": shown.lower() in ("true", "yes", "1")})
    return found


def _samples(usable: Sequence[UsablePair]) -> tuple[Samples, str]:
    """Of each kind the values of one record, as far as there is a ledger."""
    try:
        with site().looking(asked().now) as look:
            found = {key: sampled(look.reader, kind) for key, kind in kinds_of(usable).items()}
            return {key: records[0].values for key, records in found.items() if records}, look.age
    except LedgerUnusable:
        return {}, "No run was made yet, so there are no samples."


def _kind(kind: Mapped, one: UsablePair, samples: Samples) -> dict[str, Any]:
    sample = samples.get((one.pair.name, kind.id), {})
    rows = [
        {
            "name": part.name,
            "there": part.there,
            "rule": rule_told(part.rule, one.pair),
            "sample": sample.get(part.key, ""),
        }
        for part in kind.fields
    ]
    return {"id": kind.id, "entity": kind.entity, "place": kind.place, "rows": rows, "sampled": bool(sample)}


WAYS = (Way("/mapping", mapping),)
