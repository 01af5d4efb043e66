"""Records that a pair keeps of people beside the orders that were read into the ledger: whose they are, and what tells it.

Loaded with the declarations of the pairs, so it loads nothing itself.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CUSTOMER, ORDER, DRAFT = "Customer", "Order", "DraftOrder"
KINDS = (CUSTOMER, ORDER, DRAFT)
_SHORTEST = 6  # characters; anything shorter turns up in figures and ids by chance
_TEXTS = ("email", "who", "phone", "note", "name", "company", "address")
_PARTS = ("name", "address1", "address2", "company", "phone", "email")
_NESTED = ("address", "ships_to", "buyer")  # fields that hold several texts as JSON


@dataclass(frozen=True, slots=True)
class PersonalRecords:
    """What a pair keeps of people under one of its entities.

    `kind` is what the shop calls them (CUSTOMER, ORDER, DRAFT), `plain` are the fields that tell nothing of a person: all others
    go.
    """

    entity: str
    kind: str
    plain: frozenset[str]

    def personal(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of these fields those that may tell of a person."""
        return {name: value for name, value in fields.items() if name not in self.plain}

    def marks(self, pair: str, left: str | None, right: str | None) -> Iterator[str]:
        """By what a redacted record is known for good: its ids on both sides. An order of a shop by its number, as everywhere."""
        if left:
            yield left.rpartition("/")[2] if self.kind == ORDER else left
        if right:
            yield f"{pair}/{right}"


def telling(fields: Mapping[str, Any]) -> set[str]:
    """The texts by which the person could be found again in other places."""
    return {text for text in _texts_of(fields) if len(text.strip()) >= _SHORTEST}


def emails(fields: Mapping[str, Any]) -> frozenset[str]:
    """The e-mail addresses, in small letters."""
    found = [fields.get("email"), *(parts.get("email") for parts in _nested(fields))]
    return frozenset(str(one).strip().casefold() for one in found if one)


def phones(fields: Mapping[str, Any]) -> frozenset[str]:
    """The phone numbers, digits only."""
    found = [fields.get("phone"), *(parts.get("phone") for parts in _nested(fields))]
    return frozenset(digits for one in found if one and len(digits := re.sub(r"\D", "", str(one))) >= _SHORTEST)


def names(fields: Mapping[str, Any]) -> frozenset[str]:
    """The whole names, in small letters."""
    found = [_whole(fields), fields.get("name"), *(parts.get("name") or _whole(parts) for parts in _nested(fields))]
    return frozenset(" ".join(str(one).split()).casefold() for one in found if one)


def _whole(fields: Mapping[str, Any]) -> str:
    return " ".join(str(fields[part]) for part in ("first_name", "last_name") if fields.get(part))


def _texts_of(fields: Mapping[str, Any]) -> Iterator[str]:
    yield from _strings(fields, _TEXTS)
    for parts in _nested(fields):
        yield from _strings(parts, _PARTS)


def _nested(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in _NESTED:
        text = fields.get(name)
        if isinstance(text, str) and text.startswith("{"):
            yield json.loads(text)


def _strings(fields: Mapping[str, Any], wanted: Iterable[str]) -> Iterator[str]:
    """The texts under these names that are no JSON."""
    found = (value for name in wanted if isinstance(value := fields.get(name), str))
    yield from (value for value in found if not value.startswith("{"))
