"""An answer whose data stay as they are written, to be read by their types where they are used."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from syncdb.values import canonical_text, parse_json

NOTHING = b"[]"


def outermost(text: bytes) -> dict[str, Any]:
    """What an answer says, but for the values of its data: those are `Raw`. Raises ValueError where it is no JSON object."""
    try:
        found = msgspec.json.decode(text, type=dict[str, Raw])
        data = msgspec.json.decode(found["data"], type=dict[str, Raw] | None) if "data" in found else None
    except msgspec.DecodeError:  # also for halves of characters, which JSON can spell
        return _written_again(parse_json(text))
    return {name: data if name == "data" else parse_json(bytes(value)) for name, value in found.items()}


def listed(values: Sequence[Raw]) -> bytes:
    """These values as one JSON list."""
    return b"[" + b",".join(map(bytes, values)) + b"]"


def _written_again(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or not isinstance(found.get("data"), dict | None):
        raise ValueError("it is no answer")
    data = found.get("data")
    return found if data is None else found | {"data": {name: Raw(_written(value)) for name, value in data.items()}}


def _written(value: Any) -> bytes:
    """A value of the data, or null for one in a list that cannot be stored: it counts as not answered."""
    if isinstance(value, list):
        return b"[" + b",".join(map(_written, value)) + b"]"
    try:
        return canonical_text(value)
    except UnicodeEncodeError:
        return b"null"
