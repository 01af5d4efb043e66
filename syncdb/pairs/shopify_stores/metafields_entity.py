"""The metafields of products as a kind of record of its own, and the text that they are together: an entry for each."""

import json
import re
from collections.abc import Iterable

from syncdb.connectors.shopify.products.whole import Metafield
from syncdb.mapping.entities import Entity, EntityField, ShownAs
from syncdb.model import Owner, Rule, Tie
from syncdb.values import Kind

EACH = Rule(Owner.BOTH, tie=Tie.EACH)  # what either store changed of each
METAFIELDS = Entity(
    "metafields", "Metafields", "product's metafields",
    (
        EntityField("metafields", "Metafields", Kind.TEXT, ShownAs.TEXT,
                    "All metafields of the product that mean the same in both stores.", rule=EACH),
    ),
)  # fmt: skip
_ENTRY = re.compile(r'(\S+)\.([^.\s]+) = (".*") \((\S+)\)')


def metafields_text(metafields: Iterable[Metafield]) -> str | None:
    """A line for each: its name, its value and its type. None where there is none."""
    lines = (f"{one.name} = {json.dumps(one.value, ensure_ascii=False)} ({one.type})" for one in metafields)
    return "\n".join(sorted(lines)) or None


def metafields_in(text: str | None) -> dict[str, Metafield]:
    """By name, the metafields in such a text. Raises ValueError for any other."""
    found = [_metafield(line) for line in (text or "").split("\n") if line]
    return {one.name: one for one in found}


def _metafield(line: str) -> Metafield:
    entry = _ENTRY.fullmatch(line)
    if entry is None:
        raise ValueError(f"{line!r} names no metafield")
    namespace, key, value, type = entry.groups()
    return Metafield(namespace, key, type, str(json.loads(value)))
